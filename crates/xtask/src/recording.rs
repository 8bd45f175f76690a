//! `cargo xtask recording`: a failed deployment, as a picture of a terminal.
//!
//! The run is real: two emulators, a stack, and an update with a wait condition that nobody
//! signals.

use std::fmt::Write as _;

use cn_testkit::{ALLOW_ALL, TestEnv, program, workspace_folder};

use crate::BoxError;

/// The path of the picture.
pub const FILE: &str = "docs/recording.svg";

const TEMPLATE: &str = "\
Resources:
  Orders:
    Type: AWS::SQS::Queue
  Alarms:
    Type: AWS::SNS::Topic
";

const MORE: &str = "  Worker:
    Type: AWS::CloudFormation::WaitConditionHandle
  WorkerReady:
    Type: AWS::CloudFormation::WaitCondition
    Properties: {Handle: !Ref Worker, Timeout: '2'}
";

/// Columns of the terminal.
const COLUMNS: usize = 104;

/// Pixels between lines.
const LINE: usize = 19;

/// Runs the deployment, and returns the picture.
///
/// # Errors
///
/// When the emulators cannot be started or refuse a request.
///
/// # Panics
///
/// When the deployment does not fail.
pub fn draw() -> Result<String, BoxError> {
    let deploy = program("cn-deploy");
    let env = TestEnv::alone()?;
    let keys = env.china().create_user("orders-build", ALLOW_ALL)?;
    env.write_profile("china", &keys, env.china().side().region());
    let settings = "[default.deploy.parameters]\nstack_name = \"orders-dev\"\n";
    env.write("cn.toml", settings);
    env.write("packaged.yaml", TEMPLATE);
    drop(env.run(&deploy).output().succeeded());
    env.write("packaged.yaml", format!("{TEMPLATE}{MORE}"));
    let output = env.run(&deploy).args(["--color", "always"]).output();
    let text = output.failed_with(1).stderr();
    let lines: Vec<Vec<Span>> = text.lines().flat_map(wrapped).collect();
    Ok(svg("cn-deploy", &lines))
}

/// Draws the picture and writes it.
///
/// # Errors
///
/// When the file cannot be written, and the errors of [`draw`].
pub fn write() -> Result<(), BoxError> {
    fs_err::write(workspace_folder().join(FILE), draw()?)?;
    Ok(())
}

/// A text in one style.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Span {
    /// The names of its classes.
    look: String,
    text: String,
}

/// Splits a line at its escape sequences for colors, and wraps it at the last column.
fn wrapped(line: &str) -> Vec<Vec<Span>> {
    let mut lines: Vec<Vec<Span>> = vec![Vec::new()];
    let (mut bold, mut color) = (false, "");
    let mut column = 0;
    for (at, part) in line.split("\u{1b}[").enumerate() {
        let text = match part.split_once('m') {
            Some((codes, text)) if at > 0 => {
                for code in codes.split(';') {
                    match code {
                        "1" => bold = true,
                        "31" | "91" => color = "red",
                        "32" | "92" => color = "green",
                        "33" | "93" => color = "yellow",
                        "34" | "36" | "94" | "96" => color = "blue",
                        "2" => color = "dim",
                        _ => (bold, color) = (false, ""),
                    }
                }
                text
            }
            _ => part,
        };
        let look = format!("{}{color}", if bold { "bold " } else { "" });
        let look = look.trim();
        for letter in text.chars() {
            if column == COLUMNS {
                lines.push(Vec::new());
                column = 0;
            }
            column += 1;
            let line = lines.last_mut().expect("there is a first line");
            match line.last_mut() {
                Some(span) if span.look == look => span.text.push(letter),
                _ => line.push(Span {
                    look: look.to_owned(),
                    text: letter.to_string(),
                }),
            }
        }
    }
    lines
}

/// Draws a terminal in which a command prints lines one after the other.
fn svg(command: &str, lines: &[Vec<Span>]) -> String {
    const STYLE: &str = "\
rect { fill: #fbfbfc; stroke: #d1d9e0 } circle { fill: #d1d9e0 } text { fill: #1f2328; white-space: pre }
.bold { font-weight: 700 } .red { fill: #b3261e } .green { fill: #1a7f37 } .yellow { fill: #8a6100 } .blue { fill: #0a58a8 } .dim { fill: #59636e }
@media (prefers-color-scheme: dark) { rect { fill: #0d1117; stroke: #3d444d } circle { fill: #3d444d } text { fill: #e6edf3 }
.red { fill: #ff7b72 } .green { fill: #56d364 } .yellow { fill: #e3b341 } .blue { fill: #79c0ff } .dim { fill: #9198a1 } }
@media (prefers-reduced-motion: no-preference) { g text { animation: appear .01s both; animation-delay: calc(var(--n) * .22s) } }
@keyframes appear { from { opacity: 0 } to { opacity: 1 } }";
    let height = (lines.len() + 1) * LINE + 60;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 900 {height}\" font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"13.6\" role=\"img\" aria-label=\"A deployment that fails and names its root cause\">\n<style>\n{STYLE}\n</style>\n<rect x=\".5\" y=\".5\" width=\"899\" height=\"{}\" rx=\"9\"/>\n<circle cx=\"20\" cy=\"20\" r=\"5.5\"/><circle cx=\"38\" cy=\"20\" r=\"5.5\"/><circle cx=\"56\" cy=\"20\" r=\"5.5\"/>\n<text x=\"20\" y=\"54\"><tspan class=\"dim\">$</tspan> {command}</text>\n<g>\n",
        height - 1
    );
    for (at, spans) in lines.iter().enumerate() {
        let parts = spans.iter().map(|span| {
            let text = escaped(&span.text);
            match span.look.as_str() {
                "" => text,
                look => format!("<tspan class=\"{look}\">{text}</tspan>"),
            }
        });
        let line = format!(
            "<text x=\"20\" y=\"{}\" style=\"--n: {}\">{}</text>\n",
            54 + (at + 1) * LINE,
            at + 2,
            parts.collect::<String>()
        );
        svg.write_str(&line)
            .expect("writing to a text does not fail");
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_become_classes_and_long_lines_are_wrapped() {
        let span = |look: &str, text: &str| Span {
            look: look.to_owned(),
            text: text.to_owned(),
        };
        let line = "\u{1b}[1m\u{1b}[91merror\u{1b}[0m: a <b>";
        assert_eq!(
            wrapped(line),
            [[span("bold red", "error"), span("", ": a <b>")]]
        );
        let long = wrapped(&"x".repeat(COLUMNS + 1));
        assert_eq!(long[1], [span("", "x")]);
        let picture = svg("cn-deploy", &wrapped(line));
        assert!(
            picture.contains("<tspan class=\"bold red\">error</tspan>: a &lt;b>"),
            "{picture}"
        );
    }
}
