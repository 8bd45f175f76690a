//! The form of messages: labels, lines of JSON, and the last lines of a run.
//!
//! The user interface and the signal thread share it.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use cn_core::foreign;
use serde::Serialize;

use crate::exit::FailureKind;
use crate::failure::Failure;
use crate::shown::Shown;
use crate::wire;

pub(crate) const ERROR: Style = AnsiColor::BrightRed.on_default().bold();
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const NOTE: Style = AnsiColor::BrightGreen.on_default().bold();
const HINT: Style = AnsiColor::BrightCyan.on_default().bold();

/// Indentation of the lines of a message after the first.
pub(crate) const INDENTATION: &str = "  ";

/// Formats a message after its label.
pub(crate) fn labeled(label: &str, style: Style, text: &str) -> Shown {
    let text = Shown::message(text, INDENTATION);
    Shown::styled(format!("{style}{label}{style:#}: {text}"))
}

/// Formats a line of JSON.
pub(crate) fn json(kind: &str, body: impl Serialize) -> Shown {
    let record = wire::Record {
        schema: wire::SCHEMA,
        kind,
        body,
    };
    let text = serde_json::to_string(&record);
    Shown::styled(foreign::json(
        &text.expect("wire types have text keys and no fallible parts"),
    ))
}

/// Formats a failure: its causes, notes, hints and exit code.
pub(crate) fn last_words(failure: &Failure, is_json: bool) -> Shown {
    let mut causes = failure.chain();
    let message = causes.remove(0);
    if is_json {
        let exit = failure.kind.exit_code();
        let body = wire::Failed {
            message: &message,
            causes,
            notes: &failure.notes,
            hints: &failure.hints,
            data: &failure.data,
            exit: exit.code,
            name: exit.name,
        };
        return json("failure", body);
    }
    let cause = |cause: &String| Shown::message(&format!("  caused by: {cause}"), "    ");
    let note = |note: &String| labeled("note", NOTE, note);
    let hint = |hint: &String| labeled("hint", HINT, hint);
    std::iter::once(labeled("error", ERROR, &message))
        .chain(causes.iter().map(cause))
        .chain(failure.notes.iter().map(note))
        .chain(failure.hints.iter().map(hint))
        .chain([exit_line(failure.kind)])
        .collect()
}

/// Formats the last line of every failure.
pub(crate) fn exit_line(kind: FailureKind) -> Shown {
    let exit = kind.exit_code();
    format!("exit: {} {}", exit.code, exit.name).into()
}

/// Prints to stderr. Errors are ignored: there is nowhere to report them.
pub(crate) fn stderr(text: &Shown) {
    drop(write_line(anstream::stderr().lock(), text));
}

/// Writes a text, and ends its last line.
pub(crate) fn write_line(mut stream: impl Write, text: &Shown) -> io::Result<()> {
    let text = text.as_str();
    stream.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        stream.write_all(b"\n")?;
    }
    stream.flush()
}
