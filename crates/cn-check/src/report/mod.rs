//! Findings in the formats that people and CI systems read.

mod junit;
mod markdown;
mod sarif;
mod sum;

use camino::Utf8Path;
use cn_cli::ui::plural;
use cn_cli::{Failure, Shown, Ui, findings as shown};
use cn_core::check::{Checked, Fixed, Fixes, Left, Request};
use cn_core::template::{Diagnostic, Severity};
use similar::TextDiff;

use crate::args::Format;

pub(crate) use sum::verdict;

/// Prints the findings on stdout and their number on stderr.
pub(crate) fn findings(
    ui: &Ui,
    request: &Request,
    checked: &Checked,
    format: Format,
    tolerated: Option<Severity>,
) -> Result<(), Failure> {
    match format {
        Format::Text => text(ui, checked)?,
        Format::Json => {
            for finding in &checked.findings {
                ui.result("", "finding", shown::to_wire(finding))?;
            }
        }
        Format::Sarif => ui.result(Shown::document(&sarif::render(checked)), "", ())?,
        Format::Junit => {
            let text = junit::render(checked, tolerated);
            ui.result(Shown::document(&text), "", ())?;
        }
        Format::Markdown => {
            let text = markdown::render(request, checked);
            ui.result(Shown::document(&text), "", ())?;
        }
    }
    ui.status(sum::sum(request, checked));
    Ok(())
}

/// Prints the findings that need a person, and sums up the others in one line.
fn text(ui: &Ui, checked: &Checked) -> Result<(), Failure> {
    let listing = shown::list(&checked.findings, ui.is_verbose(), ui.is_quiet());
    let mut texts = listing.findings;
    texts.extend(listing.summary.map(Shown::from));
    if texts.is_empty() {
        return Ok(());
    }
    ui.result(texts.into_iter().collect::<Shown>(), "findings", ())
}

/// Prints the errors of files that cannot be fixed, and fails if there are any.
pub(crate) fn broken(
    ui: &Ui,
    findings: &[Diagnostic],
    tolerated: Option<Severity>,
) -> Result<(), Failure> {
    let failed = ui.findings(findings);
    if tolerated == Some(Severity::Error) {
        return Ok(());
    }
    failed
}

/// Prints the changes of the fixes.
pub(crate) fn diff(ui: &Ui, fixed: &[Fixed]) -> Result<(), Failure> {
    for fix in fixed {
        let path = fix.before.path();
        let diff = TextDiff::from_lines(fix.before.text(), &fix.after);
        let text = diff
            .unified_diff()
            .header(&patch_name("a", path), &patch_name("b", path))
            .to_string();
        ui.document(
            &text,
            "diff",
            cn_cli::wire::check::Diff {
                file: path.as_str(),
                diff: &text,
            },
        )?;
    }
    Ok(())
}

/// Returns the name of a file in a patch, quoted as Git does: a line end in a name would begin a
/// patch of another file.
fn patch_name(side: &str, path: &Utf8Path) -> String {
    let name = format!("{side}/{path}");
    let is_special = |letter: char| letter.is_control() || "\"\\".contains(letter);
    if !name.contains(is_special) {
        return name;
    }
    let mut quoted = String::from('"');
    for letter in name.chars() {
        if is_special(letter) {
            let mut bytes = [0; 4];
            let bytes = letter.encode_utf8(&mut bytes).bytes();
            quoted.extend(bytes.map(|byte| format!("\\{byte:03o}")));
        } else {
            quoted.push(letter);
        }
    }
    quoted.push('"');
    quoted
}

/// Reports what `--fix` does not change, and the reasons.
pub(crate) fn left(ui: &Ui, fixes: &Fixes) {
    for path in &fixes.aliased {
        ui.note(format!(
            "`--fix` does not change `{path}`, because it has YAML aliases or merge keys"
        ));
    }
    for Left {
        path,
        reason,
        lines,
    } in &fixes.left
    {
        ui.note(format!(
            "`--fix` cannot change {} of `{path}`, because {reason}: {}",
            plural(lines.len(), "line"),
            shown::few(lines)
        ));
    }
}

/// Reports the fixes.
pub(crate) fn fixed(ui: &Ui, fixed: &[Fixed]) {
    for fix in fixed {
        ui.status(format!(
            "Fixed {} in {}",
            plural(fix.changes, "literal"),
            fix.before.path()
        ));
    }
}
