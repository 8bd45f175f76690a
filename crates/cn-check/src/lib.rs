//! `cn-check`: checks templates for regions of China, and makes them portable.

mod args;
mod explain;
mod report;

use std::process::ExitCode;

use camino::Utf8Path;
use cn_cli::args::warn_if_unknown;
use cn_cli::ui::plural;
use cn_cli::{Failure, FailureKind, Ui};
use cn_core::check::Baseline;
use cn_core::check::{self, Checked, Facts};
use cn_core::file::check_outputs;
use cn_core::template::Region;

/// Returns the command line, for manual pages and completions.
pub fn command() -> clap::Command {
    cn_cli::command::<args::Args>()
}

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    cn_cli::main(async |args: args::Args, ui| {
        if let Some(id) = &args.explain {
            return explain::rule(ui, id);
        }
        if args.version {
            return explain::version(ui);
        }
        if args.list_rules {
            return explain::list(ui);
        }
        let request = args.request();
        for region in request.regions.iter().chain(&args.rewrite) {
            warn_if_unknown(region, ui);
        }
        let asked = request.clone();
        let mut facts = cn_cli::aside(move || check::read(&asked)).await?;
        if let Some(path) = args.baseline.as_ref().filter(|_| args.write_baseline) {
            let read = facts
                .files
                .iter()
                .flat_map(|file| file.code.iter().chain([&file.source]));
            let mut inputs: Vec<_> = read.map(|source| source.path().to_owned()).collect();
            inputs.extend(ui.settings().file().map(Into::into));
            check_outputs("".into(), std::slice::from_ref(path), &inputs)?;
        }
        if let Some(region) = &args.rewrite {
            return rewritten(ui, &facts, region);
        }
        if args.fix || args.diff {
            let fixes = check::fix(&request, &facts);
            report::left(ui, &fixes);
            if args.diff {
                report::diff(ui, &fixes.fixed)?;
                return report::broken(ui, &facts.broken(), args.max_severity.tolerated());
            }
            fixes.apply()?;
            report::fixed(ui, &fixes.fixed);
            facts = facts.after(&fixes);
        }
        let asked = request.clone();
        let mut checked = cn_cli::aside(move || check::check(&asked, &facts)).await;
        if let Some(path) = &args.baseline {
            if args.write_baseline {
                return record(ui, path, &checked);
            }
            let unmatched = Baseline::read(path)?.apply(&mut checked);
            if unmatched > 0 {
                ui.note(format!(
                    "{} in `{path}` no longer occur: update the baseline with `--write-baseline`",
                    plural(unmatched, "finding")
                ));
            }
        }
        let tolerated = args.max_severity.tolerated();
        report::findings(ui, &request, &checked, args.format, tolerated)?;
        report::verdict(&checked, tolerated, args.fix)
    })
}

/// Records the findings in a baseline.
fn record(ui: &Ui, path: &Utf8Path, checked: &Checked) -> Result<(), Failure> {
    let baseline = Baseline::of(&checked.findings);
    baseline.write(path)?;
    let count = plural(baseline.len(), "finding");
    ui.status(format!("Recorded {count} in `{path}`"));
    Ok(())
}

/// Prints one template in its packaged form.
fn rewritten(ui: &Ui, facts: &Facts, region: &Region) -> Result<(), Failure> {
    let [file] = &facts.files[..] else {
        return Err(
            Failure::new(FailureKind::Usage, "`--rewrite` takes exactly one template")
                .hint("name one file"),
        );
    };
    let (text, findings) = file.rewrite(region);
    if let Some(text) = text {
        let wire = cn_cli::wire::check::Rewritten { text: &text };
        ui.document(&text, "rewritten", wire)?;
    }
    ui.findings(&findings)
}
