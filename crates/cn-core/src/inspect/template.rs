//! Comparison of a stack's template with the expected one.

use super::error::{InspectError, InspectStep};
use crate::secret::{REDACTED, Secrets};
use crate::stack::StackName;
use crate::stack::template::template_of;

use aws_sdk_cloudformation::Client;

use cn_template::Source;
use cn_template::tree::Template;

/// The first line in which two templates differ; a line is `None` after the end of its template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The number of the line, counted from 1.
    pub line: usize,
    /// The line of the deployed template.
    pub deployed: Option<String>,
    /// The line of the expected template.
    pub wanted: Option<String>,
}

/// Compares the template of a stack, as it was sent, with the expected template.
///
/// Ignores differences that CloudFormation ignores, in comments and spelling, and characters beyond
/// ASCII, which the service may return as `?`.
///
/// * `secrets`: the values to redact from the lines and from an error.
///
/// # Errors
///
/// Fails if the stack's template cannot be read.
pub async fn verify_template(
    client: &Client,
    stack: &StackName,
    wanted: &str,
    secrets: &Secrets,
) -> Result<Option<Difference>, InspectError> {
    let deployed = template_of(client, stack.as_str()).await;
    let deployed = deployed.map_err(|source| {
        let stack = stack.clone();
        InspectStep::Template(stack)
            .failed(source)
            .redacted(secrets)
    })?;
    if meaning(&deployed) == meaning(wanted) {
        return Ok(None);
    }
    Ok(difference(&deployed, wanted).map(|found| Difference {
        line: found.line,
        deployed: found
            .deployed
            .map(|line| redacted(&line, found.line, &deployed, secrets)),
        wanted: found
            .wanted
            .map(|line| redacted(&line, found.line, wanted, secrets)),
    }))
}

/// Redacts a line together with the rest of the text: a secret may span lines.
fn redacted(line: &str, number: usize, text: &str, secrets: &Secrets) -> String {
    let text = text.trim_end();
    let shown = secrets.text(text);
    if shown.lines().count() == text.lines().count() {
        let line = shown.lines().nth(number - 1);
        return line.unwrap_or(REDACTED).to_owned();
    }
    let is_shown = shown.lines().any(|other| other == line);
    (if is_shown { line } else { REDACTED }).to_owned()
}

/// Returns a template as JSON, in which each run of characters beyond ASCII is one `?`.
fn meaning(text: &str) -> String {
    let parsed = Template::parse(&Source::new("template", text)).template;
    let json = parsed.map(|template| template.to_json());
    let mut meaning = String::new();
    for letter in json
        .unwrap_or_else(|| text.trim_end().replace("\r\n", "\n"))
        .chars()
    {
        let letter = if letter.is_ascii() { letter } else { '?' };
        if letter != '?' || !meaning.ends_with('?') {
            meaning.push(letter);
        }
    }
    meaning
}

fn difference(deployed: &str, wanted: &str) -> Option<Difference> {
    let mut left = deployed.trim_end().lines();
    let mut right = wanted.trim_end().lines();
    let mut line = 0;
    loop {
        line += 1;
        match (left.next(), right.next()) {
            (None, None) => return None,
            (left, right) if left == right => {}
            (left, right) => {
                return Some(Difference {
                    line,
                    deployed: left.map(str::to_owned),
                    wanted: right.map(str::to_owned),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_spelling_and_what_the_service_garbles_make_no_difference() {
        let wanted = "# 订单\nResources:\n  Q: {Type: 'AWS::SQS::Queue', Metadata: 订单队列}\n";
        for same in [
            "Resources:\r\n  Q:\r\n    Type: AWS::SQS::Queue\r\n    Metadata: 订单队列",
            "# ??\nResources:\n  Q: {Type: AWS::SQS::Queue, Metadata: ????}",
        ] {
            assert_eq!(meaning(same), meaning(wanted));
        }
        assert_ne!(
            meaning("Resources: {Q: {Type: AWS::SQS::Queue}}"),
            meaning(wanted)
        );
        assert_eq!(meaning("no: [template"), meaning("no: [template\r\n"));
    }

    #[test]
    fn the_first_line_that_differs_is_told() {
        assert_eq!(difference("a\nb\n", "a\r\nb"), None);
        let found = difference("a\nb", "a\nc\nd").unwrap();
        assert_eq!(found.line, 2);
        assert_eq!(found.deployed.as_deref(), Some("b"));
        assert_eq!(found.wanted.as_deref(), Some("c"));
        assert_eq!(difference("a", "a\nb").unwrap().deployed, None);
    }
}
