//! `cn-check`: checks templates for regions of China, and makes them portable.

mod args;
mod explain;
mod report;

use std::process::ExitCode;

use camino::Utf8Path;
use cn_cli::ui::plural;
use cn_cli::{Failure, FailureKind, Ui};
use cn_core::check::baseline::Baseline;
use cn_core::check::{self, Checked, Facts};
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
        let asked = request.clone();
        let mut facts = cn_cli::aside(move || check::read(&asked)).await?;
        if let Some(region) = &args.rewrite {
            return rewritten(ui, &facts, region);
        }
        if args.fix || args.diff {
            let fixed = check::fix(&facts);
            if args.diff {
                report::diff(ui, &fixed)?;
            }
            if !args.fix {
                return Ok(());
            }
            check::apply(&fixed)?;
            report::fixed(ui, &fixed);
            facts = check::after(&facts, &fixed);
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
                    "{} of `{path}` no longer occur; write it again with `--write-baseline`",
                    plural(unmatched, "finding")
                ));
            }
        }
        let tolerated = args.max_severity.tolerated();
        report::findings(ui, &request, &checked, args.format, tolerated)?;
        report::verdict(&checked, tolerated)
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

/// Prints one template as it would be packaged.
fn rewritten(ui: &Ui, facts: &Facts, region: &Region) -> Result<(), Failure> {
    let [file] = &facts.files[..] else {
        return Err(
            Failure::new(FailureKind::Usage, "`--rewrite` takes exactly one template")
                .hint("name one file"),
        );
    };
    let (text, findings) = check::rewrite(file, region);
    ui.document(
        &text,
        "rewritten",
        cn_cli::wire::check::Rewritten { text: &text },
    )?;
    for finding in findings {
        ui.detail(&finding.message);
    }
    Ok(())
}
