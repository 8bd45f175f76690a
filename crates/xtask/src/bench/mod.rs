//! `cargo xtask bench`: packaging side by side with the AWS CLI.
//!
//! Both programs package the same generated projects into the same sink, turn
//! by turn, so that whatever else the machine does meets both alike. What is
//! compared are whole processes; what is told are medians and their ratio.

mod chart;
mod contender;
mod link;
mod report;

use camino::{Utf8Path, Utf8PathBuf};
use cn_testkit::sink::{Sink, SinkOptions};
use cn_testkit::{Python, target_folder, workload};
use std::process::Command;
use std::time::Duration;

use self::contender::{Contenders, Run};
use self::link::Link;
use self::report::Row;
use crate::Trouble;
use crate::terminal::say;

/// How large the projects are and how often each is packaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    /// As the table of `docs/benchmarks.md` has it.
    Full,
    /// Just enough to see that everything runs.
    Quick,
}

/// One line of the table.
struct Case {
    name: &'static str,
    project: &'static str,
    /// What is wanted, for people.
    reach: &'static str,
    network: Network,
    /// Whether the bucket has everything already.
    is_repeated: bool,
    runs: usize,
    /// Arguments instead of packaging.
    instead: Option<&'static [&'static str]>,
}

/// What lies between the programs and the sink.
#[derive(Clone, Copy, Debug)]
enum Network {
    Loopback,
    /// A sink that answers after so long: a round trip for small requests.
    Slow(Duration),
    /// An emulated link.
    Link {
        loss_percent: f64,
        reset_every: u64,
    },
}

const ROUND_TRIP: Duration = Duration::from_millis(250);
const RATE_MBIT: u32 = 50;

const fn case(name: &'static str, project: &'static str, reach: &'static str) -> Case {
    Case {
        name,
        project,
        reach,
        network: Network::Loopback,
        is_repeated: false,
        runs: 3,
        instead: None,
    }
}

fn cases() -> Vec<Case> {
    let link = |loss_percent, reset_every| Network::Link {
        loss_percent,
        reset_every,
    };
    vec![
        Case {
            runs: 7,
            instead: Some(&["--version"]),
            ..case("start (`--version`)", "one-function", "50×")
        },
        Case {
            runs: 7,
            ..case("one small function", "one-function", "20×")
        },
        Case {
            runs: 5,
            ..case("100 functions, 20 files each", "functions", "15×")
        },
        Case {
            runs: 5,
            is_repeated: true,
            ..case("the same, nothing changed", "functions", "30×")
        },
        case("20,000 files, 200 MB", "many-files", "3×"),
        Case {
            is_repeated: true,
            ..case("the same, nothing changed", "many-files", "20×")
        },
        case("500 MB in ten files", "large-files", "4×"),
        case("200 nested templates", "nested", "20×"),
        case("one template of 1 MB", "long-template", "50×"),
        Case {
            network: Network::Slow(ROUND_TRIP),
            runs: 1,
            ..case("100 functions, 250 ms to each answer", "functions", "15×")
        },
        Case {
            network: link(0.0, 0),
            runs: 1,
            ..case(
                "60 MB, 250 ms round trip, 50 Mbit/s",
                "one-large-file",
                "11.3 s",
            )
        },
        Case {
            network: link(1.0, 0),
            runs: 1,
            ..case("the same, 1 % of packets lost", "one-large-file", "4×")
        },
        Case {
            network: link(0.0, 4),
            runs: 1,
            ..case(
                "the same, every 4th upload cut off",
                "one-large-file",
                "< 69 MB sent",
            )
        },
    ]
}

/// Runs all cases and writes `target/bench/`.
pub(crate) fn run(scale: Scale) -> Result<(), Trouble> {
    let folder = target_folder().join("bench");
    fs_err::create_dir_all(&folder)?;
    let contenders = Contenders::new(&folder, &Python::ready()?, build(scale)?)?;
    let mut rows = Vec::new();
    let mut skipped = Vec::new();
    for case in cases() {
        if let (Network::Link { .. }, Some(reason)) = (case.network, why_no_link(scale)) {
            say(&format!("{}: skipped, {reason}", case.name));
            skipped.push((case.name, reason));
            continue;
        }
        let project = project(&folder, case.project, scale)?;
        let row = measure(&case, &project, &contenders, scale)?;
        say(&row.line());
        rows.push(row);
    }
    let table = report::table(&rows, &skipped);
    fs_err::write(folder.join("table.md"), &table)?;
    fs_err::write(folder.join("chart.svg"), chart::svg(&rows))?;
    crate::terminal::result(&table);
    say(&format!("written to {folder}/table.md and chart.svg"));
    Ok(())
}

/// Waits as a sink until nobody needs it any more: the other end of a link.
pub(crate) fn sink(address: &str, reset_every: &str) -> Result<(), Trouble> {
    let options = SinkOptions {
        reset_every: reset_every.parse()?,
        ..SinkOptions::default()
    };
    let sink = Sink::start(address, options)?;
    crate::terminal::result("up");
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    let requests = sink.requests();
    let puts = requests.iter().filter(|request| request.body_bytes > 0);
    let bytes: u64 = requests.iter().map(|request| request.body_bytes).sum();
    crate::terminal::result(&format!("{} {bytes}", puts.count()));
    Ok(())
}

/// Builds `cn-package`: as users get it, or for a quick run as tests have it.
fn build(scale: Scale) -> Result<Utf8PathBuf, Trouble> {
    if scale == Scale::Quick {
        return Ok(cn_testkit::program("cn-package"));
    }
    say("building cn-package as users get it");
    let status = Command::new("cargo")
        .args(["build", "--quiet", "--release", "-p", "cn-package"])
        .current_dir(cn_testkit::workspace_folder())
        .status()?;
    if !status.success() {
        return Err("cn-package cannot be built".into());
    }
    Ok(target_folder().join("release/cn-package"))
}

fn why_no_link(scale: Scale) -> Option<&'static str> {
    if scale == Scale::Quick {
        return Some("a quick run emulates no link");
    }
    link::unavailable()
}

/// The template of a project, which is generated where it is not there yet.
fn project(bench: &Utf8Path, name: &str, scale: Scale) -> Result<Utf8PathBuf, Trouble> {
    let folder = bench.join(format!("{scale:?}").to_lowercase()).join(name);
    let template = folder.join("template.yaml");
    // The template is written last.
    if template.is_file() {
        return Ok(template);
    }
    say(&format!("generating {name}"));
    if folder.exists() {
        fs_err::remove_dir_all(&folder)?;
    }
    fs_err::create_dir_all(&folder)?;
    let less = if scale == Scale::Quick { 50 } else { 1 };
    Ok(match name {
        "one-function" => workload::one_function(&folder)?,
        "functions" => workload::functions(&folder, 100 / less.min(10), 20)?,
        "many-files" => workload::many_files(&folder, 20_000 / less, 200_000_000 / less)?,
        "large-files" => workload::large_files(&folder, 500_000_000 / less)?,
        "nested" => workload::nested_templates(&folder, 200 / less)?,
        "long-template" => workload::long_template(&folder, 2_000 / less)?,
        _ => workload::one_large_file(&folder, 60_000_000 / less)?,
    })
}

/// Measures one case, the programs taking turns.
fn measure(
    case: &Case,
    template: &Utf8Path,
    contenders: &Contenders,
    scale: Scale,
) -> Result<Row, Trouble> {
    let runs = if scale == Scale::Quick { 1 } else { case.runs };
    let mut row = Row::new(case.name, case.reach);
    for turn in 0..=runs {
        // The first turn warms the caches, and fills the bucket.
        let is_counted = turn > 0;
        if !is_counted && matches!(case.network, Network::Link { .. }) {
            continue;
        }
        let aws = once(case, template, contenders, true)?;
        let ours = once(case, template, contenders, false)?;
        if is_counted {
            row.add(aws, ours);
        }
    }
    Ok(row)
}

fn once(
    case: &Case,
    template: &Utf8Path,
    contenders: &Contenders,
    is_aws: bool,
) -> Result<Run, Trouble> {
    if let Some(arguments) = case.instead {
        return contenders.start(is_aws, arguments);
    }
    let latency = match case.network {
        Network::Loopback => Duration::ZERO,
        Network::Slow(latency) => latency,
        Network::Link {
            loss_percent,
            reset_every,
        } => {
            let link = Link::new(ROUND_TRIP / 2, loss_percent, RATE_MBIT, reset_every)?;
            let mut run = contenders.package(is_aws, template, &Link::url(), link.wrapper())?;
            (run.puts, run.sent_bytes) = link.end()?;
            return Ok(run);
        }
    };
    let options = SinkOptions {
        latency,
        ..SinkOptions::default()
    };
    let sink = Sink::start("127.0.0.1:0", options)?;
    if case.is_repeated {
        contenders.package(is_aws, template, &sink.url(), &[])?;
        sink.forget_requests();
    }
    let mut run = contenders.package(is_aws, template, &sink.url(), &[])?;
    let requests = sink.requests();
    let is_sent = |operation: &str| matches!(operation, "PutObject" | "UploadPart");
    run.puts = requests
        .iter()
        .filter(|request| is_sent(request.operation))
        .count();
    run.sent_bytes = requests.iter().map(|request| request.body_bytes).sum();
    Ok(run)
}
