//! `cargo xtask`: the development tasks of this workspace.

mod bench;
mod china_data;
mod demo;
mod emulators;
mod fuzz;
mod record;
mod terminal;
mod test;

use std::process::ExitCode;

use xtask::BoxError;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

Commands:
  test        everything CI runs: formatting, lints, all tests, documentation
  dist        builds the files of a release into target/dist: wheel, archive, checksums;
              --profile NAME (release), --machine x86_64|aarch64, --native to link with
              this machine's own tools, --upload s3://BUCKET/PREFIX
  demo        deploys the sample application with the buildspec as it is, on emulators;
              with --wheel FILE it installs the programs from a wheel of `dist`
  bench       measures our programs side by side with the AWS CLI and cfn-lint, into
              target/bench; with a WORD only the cases that have it in their names,
              with --quick only to see that everything runs; --before FOLDER [WORD]
              compares with the programs of an earlier build in FOLDER instead
  china-data  writes the tables of what China has, from the packages that publish them
  docs        writes the reference pages from the code, and renders all pages as a book
              into target/docs
  fuzz TARGET the laws of templates (`parse`, `edit`), of `cn.toml` and `samconfig.toml`
              (`settings`) and of files of parameters (`parameters`) on texts nobody wrote;
              --seconds N (60), --seed N (1)
  policies    records the calls of the programs in their tests, and writes the IAM policies
              that allow them; with --render from the calls as they are recorded
  recording   draws a deployment that fails, from a real run, into docs/recording.svg
  emulators   keeps a pair of emulators running for `cargo test`, until Ctrl-C
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        ["test"] => test::run(),
        ["china-data"] => china_data::run(),
        ["dist", ref settings @ ..] => dist(settings),
        ["demo"] => demo::run(None),
        ["demo", "--wheel", path] => demo::run(Some(path.into())),
        ["bench"] => bench::run(bench::Scale::Full, "", None),
        ["bench", "--quick"] => bench::run(bench::Scale::Quick, "", None),
        ["bench", "--before", folder] => bench::run(bench::Scale::Full, "", Some(folder)),
        ["bench", "--before", folder, word] => bench::run(bench::Scale::Full, word, Some(folder)),
        ["bench", word] => bench::run(bench::Scale::Full, word, None),
        // The far end of an emulated link.
        ["bench-sink", address, reset_every] => bench::sink(address, reset_every),
        ["fuzz", target, ref settings @ ..] => fuzz(target, settings),
        ["policies"] => record::run(),
        ["policies", "--render"] => xtask::policies::write(),
        ["docs"] => docs(),
        ["recording"] => xtask::recording::write(),
        ["emulators"] => emulators::run(),
        ["--help" | "-h" | "help"] => {
            terminal::say(USAGE);
            Ok(())
        }
        _ => {
            terminal::say(USAGE);
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::say(&format!("error: {}", cn_testkit::chain(error.as_ref())));
            ExitCode::FAILURE
        }
    }
}

/// Reads the settings of `dist`, and runs it.
fn dist(settings: &[&str]) -> Result<(), BoxError> {
    let options = xtask::dist::Options::parse(settings)?;
    xtask::dist::run(&options, &mut |line| terminal::say(line))
}

/// Writes the reference by running the test that compares it, and renders the book.
fn docs() -> Result<(), BoxError> {
    let status = std::process::Command::new(env!("CARGO"))
        .args([
            "test",
            "--locked",
            "--package",
            "cn-tools",
            "--test",
            "it",
            "reference",
        ])
        .env("CN_BLESS", "1")
        .current_dir(cn_testkit::workspace_folder())
        .status()?;
    if !status.success() {
        return Err("the reference cannot be written".into());
    }
    let page = xtask::docs::render()?;
    terminal::say(&format!("open {page}"));
    Ok(())
}

/// Reads the settings of `fuzz`, and runs it.
fn fuzz(target: &str, settings: &[&str]) -> Result<(), BoxError> {
    let (mut seconds, mut seed) = (60, 1);
    for pair in settings.chunks(2) {
        match pair {
            ["--seconds", number] => seconds = number.parse()?,
            ["--seed", number] => seed = number.parse()?,
            _ => return Err(format!("`{}` is not understood", pair.join(" ")).into()),
        }
    }
    fuzz::run(target, seconds, seed)
}
