//! Each rule on a template of its own: `fixtures/portability/CASE`.
//!
//! `in.yaml` (or `in.json`) is what a person wrote, `out.…` what it becomes for
//! cn-north-1, `said.txt` what is found in it for both regions of China, one
//! finding a line. With `CN_BLESS=1` the last two are written.
#![expect(
    clippy::disallowed_methods,
    reason = "tests read the files that the crate itself never reads"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cn_template::portability::{Suppressions, check_template};
use cn_template::rules::RULES;
use cn_template::{Source, edit};

use crate::{fixed, parse, rewritten, target};

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/portability");
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder of fixtures")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}

fn input(case: &Path) -> (PathBuf, String) {
    let candidates = ["in.yaml", "in.json"].map(|name| case.join(name));
    let path = candidates
        .into_iter()
        .find(|path| path.exists())
        .expect("an input");
    let text = std::fs::read_to_string(&path).expect("text");
    (path, text)
}

/// What is found, one line each.
fn said(text: &str) -> String {
    let Some(template) = parse(text) else {
        return "no tree\n".to_owned();
    };
    let mut lines = Vec::new();
    for region in ["cn-north-1", "cn-northwest-1"] {
        let found = check_template(&template, &target(region));
        let left = Suppressions::of(&template).apply(template.source(), found);
        for finding in left.findings {
            let location = finding.location.expect("a place");
            let position = location.position();
            let severity = finding.severity.as_str();
            let id = finding.code.id;
            lines.push((
                position,
                format!(
                    "{}:{} {severity} {id} {}",
                    position.line, position.column, finding.message
                ),
                region,
            ));
        }
    }
    lines.sort();
    let mut out = String::new();
    for (position, line, region) in &lines {
        let is_in_both = lines.iter().filter(|(_, other, _)| other == line).count() > 1;
        let shown = if is_in_both {
            line.clone()
        } else {
            format!("{line} [{region}]")
        };
        if !out.ends_with(&format!("{shown}\n")) {
            out.push_str(&shown);
            out.push('\n');
        }
        let _ = position;
    }
    out
}

fn check(path: &Path, found: &str) {
    if std::env::var_os("CN_BLESS").is_some() {
        std::fs::write(path, found).expect("written");
        return;
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(found, expected, "{} (CN_BLESS=1 writes it)", path.display());
}

#[test]
fn every_fixture_becomes_what_it_should() {
    for case in cases() {
        let (path, text) = input(&case);
        let extension = path
            .extension()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        check(
            &case.join(format!("out.{extension}")),
            &rewritten(&text, "cn-north-1"),
        );
        check(&case.join("said.txt"), &said(&text));
    }
}

#[test]
fn every_fixture_is_neutral_and_stable() {
    for case in cases() {
        let (_, text) = input(&case);
        let name = case.display();
        let once = rewritten(&text, "cn-north-1");
        assert_eq!(rewritten(&once, "cn-north-1"), once, "{name}");
        let portable = fixed(&text);
        assert_eq!(fixed(&portable), portable, "{name}");
        if !text.contains("aws-cn")
            && !text.contains("amazonaws.com.cn")
            && !text.contains("amazonaws.cn")
        {
            assert_eq!(rewritten(&text, "us-east-1"), text, "{name}");
        }
    }
}

#[test]
fn every_rule_has_a_fixture_that_fires() {
    let mut seen = BTreeSet::new();
    for case in cases() {
        let (_, text) = input(&case);
        seen.extend(
            said(&text)
                .lines()
                .filter_map(|line| Some(line.split(' ').nth(2)?.to_owned())),
        );
    }
    // Artifacts are not templates, and have their test beside the code.
    let missing: Vec<&str> = RULES
        .iter()
        .map(|rule| rule.code.id)
        .filter(|id| !seen.contains(*id) && *id != "CN502")
        .collect();
    assert_eq!(missing, [""; 0], "rules without a fixture");
}

#[test]
fn spans_of_findings_are_the_literals() {
    for case in cases() {
        let (path, text) = input(&case);
        let source = Source::new(path.to_string_lossy().as_ref(), text.as_str());
        let Some(template) = cn_template::tree::Template::parse_document(&source).template else {
            continue;
        };
        let done = cn_template::portability::rewrite_template(&template, &target("cn-north-1"));
        let after = edit::apply(template.source().text(), &done.edits);
        assert!(
            after.len() >= text.len() || !done.edits.is_empty(),
            "{}",
            case.display()
        );
    }
}
