//! `cn-check`: says what in a template will not work in a region of China, and makes it portable.

mod args;
mod explain;
mod report;

use std::process::ExitCode;

use cn_cli::{Failure, FailureKind, Ui};
use cn_core::check::{self, Facts};
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
        let checked = cn_cli::aside(move || check::check(&asked, &facts)).await;
        report::findings(ui, &request, &checked, args.max_severity.tolerated())?;
        report::verdict(&checked, args.max_severity.tolerated())
    })
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
