//! Programs that a template points at: looked through, never changed.

use super::matches::{Aim, Match, Outcome};
use super::place::{Place, Section, Treatment};
use super::rewrite::{shown, token_around};
use super::rule::code;
use super::scene::Scene;
use super::{Target, phrase};
use crate::diag::Diagnostic;
use crate::source::{Source, Span};

/// How many findings of one file are worth a person's time.
const MOST_FINDINGS: usize = 20;

/// Lines longer than this are not written by people.
const LONGEST_LINE_BYTES: usize = 1000;

/// Finds literals of other partitions in a program.
///
/// Cost: one pass over the text; lines that no person wrote are skipped.
pub fn check_code(source: &Source, target: &Target) -> Vec<Diagnostic> {
    let place = Place {
        section: Section::Document,
        resource_type: "",
        properties: None,
        path: Vec::new(),
        statement: None,
        is_key: false,
    };
    let mut found = Vec::new();
    let mut start = 0;
    for line in source.text().split_inclusive('\n') {
        let is_of_interest =
            line.len() <= LONGEST_LINE_BYTES && (line.contains("arn") || line.contains("amazon"));
        if is_of_interest && !line.contains(phrase::is_mark) {
            let scene = Scene {
                place: &place,
                treatment: Treatment::Code,
                text: line,
                aim: Aim::Region(&target.region),
                siblings: &[],
                serves_principals: false,
            };
            let hits = scene.matches().into_iter().filter(is_certain);
            found.extend(hits.map(|hit| finding(source, target, line, start, &hit)));
        }
        start += line.len();
    }
    shortened(found)
}

/// The first findings of a file, and a note that counts those left out.
fn shortened(mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let left_out = found.split_off(MOST_FINDINGS.min(found.len()));
    let count = left_out.len();
    // One finding takes no more room than the note about it.
    if count <= 1 {
        found.extend(left_out);
        return found;
    }
    let first = left_out.into_iter().next();
    found.push(Diagnostic {
        location: first.and_then(|first| first.location),
        ..Diagnostic::note(
            code::ARTIFACT,
            format!("{count} more names in this file are not in the target's partition"),
        )
        .help("they are left out from here on: check again once those above are right")
    });
    found
}

fn is_certain(hit: &Match) -> bool {
    matches!(hit.outcome, Outcome::Replace(_)) || hit.rule.code == code::HOST_REGION
}

fn finding(source: &Source, target: &Target, line: &str, start: usize, hit: &Match) -> Diagnostic {
    let token = token_around(line, &hit.range);
    Diagnostic::note(
        code::ARTIFACT,
        format!("code names `{}`, which is not in partition `{}`", shown(&line[token]), target.region.partition()),
    )
    .at(source, Span::new(start + hit.range.start, start + hit.range.end), "")
    .help("ask at run time: the second field of any ARN is the partition, and SDKs find hosts by the region")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_arns_and_hosts_but_no_principals() {
        let text = "import boto3\na = 'arn:aws:s3:::b'\nb = f\"https://sqs.{region}.amazonaws.com/1\"\nc = 'lambda.amazonaws.com'\nd = 'https://sts.us-east-1.amazonaws.com'\n";
        let target = Target {
            region: "cn-north-1".parse().unwrap(),
        };
        let source = Source::new("f.py", text);
        let found: Vec<_> = check_code(&source, &target)
            .into_iter()
            .map(|finding| (finding.location.unwrap().position().line, finding.code.id))
            .collect();
        assert_eq!(found, [(2, "CN502"), (3, "CN502"), (5, "CN502")]);
    }

    #[test]
    fn says_how_many_findings_are_left_out() {
        let said = |lines: usize| {
            let target = Target {
                region: "cn-north-1".parse().unwrap(),
            };
            let source = Source::new("f.py", "a = 'arn:aws:s3:::b'\n".repeat(lines));
            let found = check_code(&source, &target);
            let last = found.last().unwrap();
            let line = last.location.as_ref().unwrap().position().line;
            (found.len(), line, last.message.clone())
        };
        let (count, line, message) = said(25);
        assert_eq!((count, line), (21, 21));
        assert_eq!(
            message,
            "5 more names in this file are not in the target's partition"
        );
        for lines in [20, 21] {
            let (count, line, message) = said(lines);
            assert_eq!((count, line), (lines, lines));
            assert!(
                message.starts_with("code names `arn:aws:s3:::b`"),
                "{message}"
            );
        }
    }
}
