//! `cargo xtask bench`: compares our programs with those that they replace.
//!
//! Both programs do the same work in turn, so that other load on the machine affects both alike.
//! The comparison is of whole processes; the report shows medians and their ratio.

mod chart;
mod checking;
mod delta;
mod deploying;
mod link;
mod meter;
mod packaging;
mod report;
mod setup;

use std::time::Duration;

use camino::Utf8PathBuf;
use cn_testkit::sink::{Sink, SinkOptions};
use cn_testkit::workload::Edit;
use cn_testkit::{Python, target_folder};

use self::checking::{Checking, Input};
use self::delta::Changed;
use self::deploying::Deploying;
use self::link::{Kernel, Path};
use self::meter::{Contender, Meter, Run};
use self::packaging::{LONG, Network, ROUND_TRIP};
use self::report::Row;
use self::setup::Bench;
pub(crate) use self::setup::Scale;
use crate::terminal::say;
use xtask::Trouble;

/// A row of the table.
struct Case {
    name: &'static str,
    /// The target, for people.
    reach: &'static str,
    job: Job,
    runs: usize,
}

/// The work of both programs.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Job {
    /// Print their version.
    Start,
    /// Package a generated project.
    Package {
        project: &'static str,
        network: Network,
        /// True if the bucket already has everything.
        is_repeated: bool,
    },
    /// Package a changed archive, of which the bucket has an earlier version.
    Delta { edit: Edit, is_over_link: bool },
    /// Check templates for cn-north-1; cfn-lint is the peer.
    Check(Input),
    /// Deploy a stack that needs no change.
    DeployAgain,
}

const fn case(name: &'static str, job: Job, reach: &'static str) -> Case {
    Case {
        name,
        reach,
        job,
        runs: 3,
    }
}

const fn package(project: &'static str, network: Network, is_repeated: bool) -> Job {
    Job::Package {
        project,
        network,
        is_repeated,
    }
}

const fn delta(edit: Edit, is_over_link: bool) -> Job {
    Job::Delta { edit, is_over_link }
}

/// Returns the cases for an archive of 200 MB that was sent before, and a changed one.
fn delta_cases() -> Vec<Case> {
    vec![
        case(
            "200 MB sent before, one file of 10 kB changed",
            delta(Edit::Changed, false),
            "< 12 MB sent",
        ),
        case(
            "the same, a file appended",
            delta(Edit::Appended, false),
            "< 12 MB sent",
        ),
        case(
            "the same, a file removed",
            delta(Edit::Removed, false),
            "< 12 MB sent",
        ),
        case(
            "the same, a folder renamed",
            delta(Edit::Renamed, false),
            "< 12 MB sent",
        ),
        case(
            "the same, 20 files of 10 kB changed",
            delta(Edit::Scattered, false),
            "< 100 MB sent",
        ),
        Case {
            runs: 1,
            ..case(
                "200 MB sent before, one file of 10 kB changed, 250 ms, 50 Mbit/s",
                delta(Edit::Changed, true),
                "12×",
            )
        },
    ]
}

/// Returns the cases for one archive of 60 MB over emulated links.
fn link_cases() -> Vec<Case> {
    let near = Path {
        round_trip: Duration::from_millis(10),
        rate_mbit: 1000,
        ..LONG
    };
    let middling = Path {
        round_trip: Duration::from_millis(80),
        rate_mbit: 200,
        loss_percent: 0.1,
        ..LONG
    };
    let lossy = Path {
        loss_percent: 1.0,
        ..LONG
    };
    let offers_bbr = |path| Path {
        kernel: Kernel::OffersBbr,
        ..path
    };
    let over_link = |name, path, reach| Case {
        runs: 1,
        ..case(
            name,
            package("one-large-file", Network::Link(path), false),
            reach,
        )
    };
    vec![
        over_link("60 MB, 250 ms round trip, 50 Mbit/s", LONG, "12.5 s"),
        over_link(
            "the same, and the kernel offers BBR",
            offers_bbr(LONG),
            "12.0 s",
        ),
        over_link("60 MB, 1 % of packets lost", lossy, "70 s"),
        over_link(
            "the same, and the kernel offers BBR",
            offers_bbr(lossy),
            "8×, 15 s",
        ),
        over_link(
            "60 MB, every 4th upload cut off",
            Path {
                reset_every: 4,
                ..LONG
            },
            "< 69 MB sent",
        ),
        over_link("60 MB, 10 ms round trip, 1 Gbit/s", near, "1×"),
        over_link(
            "60 MB, 80 ms round trip, 200 Mbit/s, 0.1 % lost",
            middling,
            "1×",
        ),
    ]
}

fn cases() -> Vec<Case> {
    let cold = |project| package(project, Network::Loopback, false);
    let again = |project| package(project, Network::Loopback, true);
    let slow = Network::Slow(ROUND_TRIP);
    vec![
        Case {
            runs: 7,
            ..case("start (`--version`)", Job::Start, "50×")
        },
        Case {
            runs: 7,
            ..case("one small function", cold("one-function"), "20×")
        },
        Case {
            runs: 5,
            ..case("100 functions, 20 files each", cold("functions"), "15×")
        },
        Case {
            runs: 5,
            ..case("the same, nothing changed", again("functions"), "30×")
        },
        case("20,000 files, 200 MB", cold("many-files"), "3×"),
        case("the same, nothing changed", again("many-files"), "20×"),
        case("500 MB in ten files", cold("large-files"), "4×"),
        case("200 nested templates", cold("nested"), "20×"),
        case("one template of 1 MB", cold("long-template"), "50×"),
        Case {
            runs: 1,
            ..case(
                "100 functions, 250 ms to each answer",
                package("functions", slow, false),
                "15×",
            )
        },
        Case {
            runs: 7,
            ..case("deploying, nothing changed", Job::DeployAgain, "10×")
        },
        Case {
            runs: 1,
            ..case(
                "checking templates, with cfn-lint",
                Job::Check(Input::Templates),
                "30×",
            )
        },
        case(
            "hostile shape: one line of 1 MB, 4,000 findings",
            Job::Check(Input::OneLine),
            "< 1 s, < 150 MB",
        ),
        case(
            "hostile shape: one text, 5,000 ARNs",
            Job::Check(Input::OneText),
            "< 1 s, < 150 MB",
        ),
    ]
}

/// Runs the cases whose names contain `word`, and writes `target/bench/`.
///
/// With `before`, the programs in that folder replace the peers.
pub(crate) fn run(scale: Scale, word: &str, before: Option<&str>) -> Result<(), Trouble> {
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
    let all: Vec<Case> = cases()
        .into_iter()
        .chain(link_cases())
        .chain(delta_cases())
        .collect();
    for case in all.iter().filter(|case| case.name.contains(word)) {
        if let Some(reason) = bench.obstacle(case.job) {
            say(&format!("{}: skipped, {reason}", case.name));
            skipped.push((case.name, reason));
            continue;
        }
        let row = bench.measure(case)?;
        say(&row.line());
        rows.push(row);
        // Written after each case, because a run takes about an hour and may be interrupted.
        fs_err::write(
            bench.folder.join("table.md"),
            report::table(&rows, &skipped),
        )?;
        fs_err::write(bench.folder.join("chart.svg"), chart::svg(&rows))?;
    }
    crate::terminal::result(&report::table(&rows, &skipped));
    say(&format!(
        "written to {}/table.md and chart.svg",
        bench.folder
    ));
    Ok(())
}

/// Runs a sink until its standard input ends: the far end of a link.
pub(crate) fn sink(address: &str, reset_every: &str) -> Result<(), Trouble> {
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
    fn measure(&self, case: &Case) -> Result<Row, Trouble> {
        let once = self.prepared(case.job)?;
        let runs = if self.scale == Scale::Quick {
            1
        } else {
            case.runs
        };
        let mut row = Row::new(case.name, case.reach);
        // An extra first turn warms the caches, unless each run takes minutes.
        let is_long = matches!(
            case.job,
            Job::Check(Input::Templates)
                | Job::Package {
                    network: Network::Link(_),
                    ..
                }
                | Job::Delta {
                    is_over_link: true,
                    ..
                }
        );
        let first = match self.before {
            Some(_) => Contender::Before,
            None => Contender::Peer,
        };
        for turn in usize::from(is_long)..=runs {
            let peer = once(self, first)?;
            let ours = once(self, Contender::Ours)?;
            if turn > 0 {
                row.add(peer, ours);
            }
        }
        Ok(row)
    }

    /// Prepares everything that a case needs once; the result runs one program.
    fn prepared(&self, job: Job) -> Result<Box<Once>, Trouble> {
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
type Once = dyn Fn(&Bench, Contender) -> Result<Run, Trouble>;
