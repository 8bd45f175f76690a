//! Packaging of generated projects, with a sink that accepts the uploads.

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use cn_testkit::sink::{Sink, SinkOptions};
use cn_testkit::workload;

use super::link::{Kernel, Link, Path};
use super::meter::{Contender, Program, Run};
use super::setup::{Bench, Scale};
use crate::terminal::say;
use xtask::BoxError;

/// One round trip to China on a good day.
pub(super) const ROUND_TRIP: Duration = Duration::from_millis(250);

/// The link between the programs and the sink.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Network {
    Loopback,
    /// A sink with this delay before each answer: a round trip for small requests.
    Slow(Duration),
    /// An emulated link.
    Link(Path),
}

/// The emulated link of most rows.
pub(super) const LONG: Path = Path {
    round_trip: ROUND_TRIP,
    rate_mbit: 50,
    loss_percent: 0.0,
    reset_every: 0,
    kernel: Kernel::Cubic,
};

/// Returns the template of a project, and generates the project if it does not exist.
pub(super) fn project(bench: &Utf8Path, name: &str, scale: Scale) -> Result<Utf8PathBuf, BoxError> {
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

/// Packages a project once.
///
/// * `is_repeated`: true if the bucket already has everything.
pub(super) fn once(
    bench: &Bench,
    contender: Contender,
    template: &Utf8Path,
    network: Network,
    is_repeated: bool,
) -> Result<Run, BoxError> {
    let latency = match network {
        Network::Loopback => Duration::ZERO,
        Network::Slow(latency) => latency,
        Network::Link(path) => {
            let link = Link::new(&path)?;
            let mut program = program(bench, contender, template, &Link::url());
            program.wrapper = link.wrapper().to_vec();
            let mut run = bench.meter.run(&program)?;
            (run.requests, run.sent_bytes) = link.end()?;
            return Ok(run);
        }
    };
    let options = SinkOptions {
        latency,
        ..SinkOptions::default()
    };
    let sink = Sink::start("127.0.0.1:0", options)?;
    let program = program(bench, contender, template, &sink.url());
    if is_repeated {
        bench.meter.run(&program)?;
        sink.forget_requests();
    }
    let mut run = bench.meter.run(&program)?;
    count(&mut run, &sink);
    Ok(run)
}

/// Records the uploads and bytes that a sink received.
pub(super) fn count(run: &mut Run, sink: &Sink) {
    let requests = sink.requests();
    let is_sent = |operation: &str| matches!(operation, "PutObject" | "UploadPart");
    run.requests = requests
        .iter()
        .filter(|request| is_sent(request.operation))
        .count();
    run.sent_bytes = requests.iter().map(|request| request.body_bytes).sum();
}

pub(super) fn program(
    bench: &Bench,
    contender: Contender,
    template: &Utf8Path,
    endpoint: &str,
) -> Program {
    let output = bench.folder.join("packaged.yaml");
    let same = [
        "--template-file",
        template.as_str(),
        "--output-template-file",
        output.as_str(),
        "--s3-bucket",
        "bench",
        "--region",
        "cn-north-1",
    ];
    let (path, own): (_, &[&str]) = match contender {
        Contender::Peer => (bench.python.program("aws"), &["cloudformation", "package"]),
        ours => (
            bench.program(ours, "cn-package"),
            &["--default-chain", "--no-identity-check"],
        ),
    };
    let mut program = bench.offline(path, &[own, &same].concat());
    // Paths are then like those of a build, which may run in any folder.
    program.folder = template
        .parent()
        .map_or_else(|| bench.folder.clone(), Into::into);
    let variables = [
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_ENDPOINT_URL", endpoint),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    program.variables.extend(variables);
    program
}
