//! `cargo xtask bench`: compares our programs with those that they replace.
//!
//! Both programs do the same work in turn, so that other load on the machine affects both alike.
//! The comparison is of whole processes; the report shows medians and their ratio.

mod cases;
mod chart;
mod checking;
mod delta;
mod deploying;
mod link;
mod machine;
mod meter;
mod packaging;
mod report;
mod setup;

use camino::Utf8PathBuf;
use cn_testkit::sink::{Sink, SinkOptions};
use cn_testkit::{Python, target_folder};

use self::cases::{Case, Job};
use self::checking::Checking;
use self::delta::Changed;
use self::deploying::Deploying;
use self::meter::{Contender, Meter, Run};
use self::packaging::Network;
use self::report::Row;
use self::setup::Bench;
pub(crate) use self::setup::Scale;
use crate::terminal::say;
use xtask::BoxError;

/// Runs the cases whose names contain `word`, and writes `target/bench/`.
///
/// With `before`, the programs in that folder replace the peers.
pub(crate) fn run(scale: Scale, word: &str, before: Option<&str>) -> Result<(), BoxError> {
    let folder = target_folder().join("bench");
    fs_err::create_dir_all(&folder)?;
    let python = Python::ready()?;
    let bench = Bench {
        scale,
        before: before.map(Utf8PathBuf::from),
        meter: Meter::new(&folder, &python)?,
        python,
        folder,
    };
    bench.build()?;
    let mut rows = Vec::new();
    let mut skipped = Vec::new();
    let mut cases = cases::all();
    cases.retain(|case| case.name.contains(word));
    let is_lint =
        |case: &Case| matches!(case.job, Job::Check(_)) && bench.obstacle(case.job).is_none();
    let notes = machine::notes(&bench, cases.iter().any(is_lint))?;
    for case in &cases {
        if let Some(reason) = bench.obstacle(case.job) {
            say(&format!("{}: skipped, {reason}", case.name));
            skipped.push((case.name, reason));
            continue;
        }
        let row = bench.measure(case)?;
        say(&row.line());
        rows.push(row);
        // Written after each case, because a run takes half an hour and may be interrupted.
        let page = report::page(&rows, &skipped, &notes);
        fs_err::write(bench.folder.join("table.md"), page)?;
        fs_err::write(bench.folder.join("chart.svg"), chart::svg(&rows))?;
    }
    crate::terminal::result(&report::page(&rows, &skipped, &notes));
    say(&format!(
        "written to {}/table.md and chart.svg",
        bench.folder
    ));
    Ok(())
}

/// Runs a sink until its standard input ends: the far end of a link.
pub(crate) fn sink(address: &str, reset_every: &str) -> Result<(), BoxError> {
    let options = SinkOptions {
        reset_every: reset_every.parse()?,
        keep: true,
        ..SinkOptions::default()
    };
    let sink = Sink::start(address, options)?;
    crate::terminal::result("up");
    for line in std::io::stdin().lines() {
        line?;
        sink.forget_requests();
        crate::terminal::result("forgotten");
    }
    let requests = sink.requests();
    let puts = requests.iter().filter(|request| request.body_bytes > 0);
    let bytes: u64 = requests.iter().map(|request| request.body_bytes).sum();
    crate::terminal::result(&format!("{} {bytes}", puts.count()));
    Ok(())
}

impl Bench {
    /// Returns the reason that a case cannot run here; `None` if it can.
    fn obstacle(&self, job: Job) -> Option<&'static str> {
        match job {
            Job::Package {
                network: Network::Link(_),
                ..
            }
            | Job::Delta {
                is_over_link: true, ..
            } => match self.scale {
                Scale::Quick => Some("a quick run emulates no link"),
                Scale::Full => link::unavailable(),
            },
            Job::Check(_) if self.scale == Scale::Quick => Some("a quick run installs no cfn-lint"),
            _ => None,
        }
    }

    /// Measures one case, running the programs in turn.
    fn measure(&self, case: &Case) -> Result<Row, BoxError> {
        let once = self.prepared(case.job)?;
        let runs = if self.scale == Scale::Quick {
            1
        } else {
            case.runs
        };
        let mut row = Row::new(case.name, case.goals);
        let first = match self.before {
            Some(_) => Contender::Before,
            None => Contender::Peer,
        };
        // An extra first turn warms the caches, unless each run takes long.
        for turn in usize::from(case.job.is_long())..=runs {
            let peer = once(self, first)?;
            let ours = once(self, Contender::Ours)?;
            if turn > 0 {
                row.add(peer, ours);
            }
        }
        Ok(row)
    }

    /// Prepares everything that a case needs once; the result runs one program.
    fn prepared(&self, job: Job) -> Result<Box<Once>, BoxError> {
        Ok(match job {
            Job::Start => Box::new(|bench, contender| {
                let path = match contender {
                    Contender::Peer => bench.python.program("aws"),
                    ours => bench.program(ours, "cn-package"),
                };
                bench.meter.run(&bench.offline(path, &["--version"]))
            }),
            Job::Package {
                project,
                network,
                is_repeated,
            } => {
                let template = packaging::project(&self.folder, project, self.scale)?;
                Box::new(move |bench, contender| {
                    packaging::once(bench, contender, &template, network, is_repeated)
                })
            }
            Job::Delta { edit, is_over_link } => {
                let changed = Changed::new(self, edit)?;
                Box::new(move |bench, contender| changed.once(bench, contender, is_over_link))
            }
            Job::Check(input) => {
                let checking = Checking::new(&self.folder, input)?;
                Box::new(move |bench, contender| checking.once(bench, contender))
            }
            Job::DeployAgain => {
                let deploying = Deploying::new(self)?;
                Box::new(move |bench, contender| deploying.once(bench, contender))
            }
        })
    }
}

/// Runs one of the two programs of a case.
type Once = dyn Fn(&Bench, Contender) -> Result<Run, BoxError>;
