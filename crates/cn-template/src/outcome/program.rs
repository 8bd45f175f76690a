//! Checks programs that a template points at: reads them, never changes them.

use std::collections::BTreeMap;

use crate::diag::Diagnostic;
use crate::engine;
use crate::look::aim::Aim;
use crate::look::phrase;
use crate::look::place::Place;
use crate::look::shown::{shown, token_around};
use crate::partition::Region;
use crate::rules::model::{Hit, Outcome};
use crate::rules::{cn302_host_region, cn502_artifact};
use crate::source::{Source, Span};

/// Maximum number of findings to list for one file.
const MOST_FINDINGS: usize = 20;

/// Maximum length of a line; longer lines are not written by people.
const LONGEST_LINE_BYTES: usize = 1000;

/// Finds literals of other partitions in a program, for each region.
///
/// A finding that does not apply to every region names its regions.
///
/// Cost: one pass over the text for each region; lines too long to be written by people are
/// skipped.
pub fn check_code(source: &Source, regions: &[Region]) -> Vec<Diagnostic> {
    let place = Place::outside();
    let mut found: BTreeMap<(usize, usize, String), Vec<&Region>> = BTreeMap::new();
    let mut start = 0;
    for line in source.text().split_inclusive('\n') {
        let is_of_interest =
            line.len() <= LONGEST_LINE_BYTES && (line.contains("arn") || line.contains("amazon"));
        if is_of_interest && !line.contains(phrase::is_mark) {
            for region in regions {
                let hits = engine::look_at_line(line, &place, Aim::Region(region));
                for hit in hits.into_iter().filter(is_certain) {
                    let (from, to) = (start + hit.range.start, start + hit.range.end);
                    let key = (from, to, message(line, &hit, region));
                    let of_hit = found.entry(key).or_default();
                    if !of_hit.contains(&region) {
                        of_hit.push(region);
                    }
                }
            }
        }
        start += line.len();
    }
    let count = regions.len();
    let finding = |((from, to, message), of_hit): ((usize, usize, String), Vec<&Region>)| {
        let message = if of_hit.len() < count {
            let names: Vec<String> = of_hit.iter().map(|region| format!("`{region}`")).collect();
            format!("{message}, in {}", names.join(" and "))
        } else {
            message
        };
        Diagnostic::note(cn502_artifact::RULE.code, message)
            .at(source, Span::new(from, to), "")
            .help(cn502_artifact::RULE.help)
    };
    shortened(found.into_iter().map(finding).collect())
}

/// Keeps the first findings of a file, and adds a note with the number of the others.
fn shortened(mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let others = found.split_off(MOST_FINDINGS.min(found.len()));
    let count = others.len();
    // Listing one more finding takes no more space than the note.
    if count <= 1 {
        found.extend(others);
        return found;
    }
    let first = others.into_iter().next();
    found.push(Diagnostic {
        location: first.and_then(|first| first.location),
        ..Diagnostic::note(
            cn502_artifact::RULE.code,
            format!("{count} more names in this file are not in the target partition"),
        )
        .help("fix the listed findings, and check again to see the others")
    });
    found
}

fn is_certain(hit: &Hit) -> bool {
    matches!(hit.outcome, Outcome::Replace(_)) || hit.rule.code == cn302_host_region::RULE.code
}

fn message(line: &str, hit: &Hit, region: &Region) -> String {
    let token = token_around(line, &hit.range);
    format!(
        "code contains `{}`, which is not in partition `{}`",
        shown(&line[token], []),
        region.partition()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_arns_and_hosts_but_no_principals() {
        let text = "import boto3\na = 'arn:aws:s3:::b'\nb = f\"https://sqs.{region}.amazonaws.com/1\"\nc = 'lambda.amazonaws.com'\nd = 'https://sts.us-east-1.amazonaws.com'\n";
        let regions = Region::china();
        let source = Source::new("f.py", text);
        let found: Vec<_> = check_code(&source, &regions)
            .into_iter()
            .map(|finding| (finding.location.unwrap().position().line, finding.code.id))
            .collect();
        assert_eq!(found, [(2, "CN502"), (3, "CN502"), (5, "CN502")]);
    }

    #[test]
    fn a_region_without_findings_hides_none_of_another() {
        let source = Source::new("f.py", "a = 'arn:aws:s3:::b'\n");
        let [north, west] = Region::china();
        let found = check_code(&source, &[Region::global(), north]);
        let message =
            "code contains `arn:aws:s3:::b`, which is not in partition `aws-cn`, in `cn-north-1`";
        assert_eq!(found[0].message, message);
        assert_eq!(check_code(&source, &[west]).len(), 1);
    }

    #[test]
    fn says_how_many_findings_are_left_out() {
        let said = |lines: usize| {
            let regions = Region::china();
            let source = Source::new("f.py", "a = 'arn:aws:s3:::b'\n".repeat(lines));
            let found = check_code(&source, &regions);
            let last = found.last().unwrap();
            let line = last.location.as_ref().unwrap().position().line;
            (found.len(), line, last.message.clone())
        };
        let (count, line, message) = said(25);
        assert_eq!((count, line), (21, 21));
        assert_eq!(
            message,
            "5 more names in this file are not in the target partition"
        );
        for lines in [20, 21] {
            let (count, line, message) = said(lines);
            assert_eq!((count, line), (lines, lines));
            assert!(
                message.starts_with("code contains `arn:aws:s3:::b`"),
                "{message}"
            );
        }
    }
}
