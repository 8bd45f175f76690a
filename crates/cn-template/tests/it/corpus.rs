//! Checks promises on templates like those of real teams: `fixtures/corpus`.
//!
//! `CN_CORPUS` names a folder of additional templates outside this repository; a file `china.*` in
//! it is written for China.
#![expect(
    clippy::disallowed_methods,
    reason = "tests read the files that the crate itself never reads"
)]

use std::path::{Path, PathBuf};

use cn_template::portability::{check_template, rewrite_template};
use cn_template::tree::{Kind, Node};

use crate::evaluate::evaluate;
use crate::{fixed, parse, rewritten, target};

/// Returns every file below a folder, with its text.
fn texts(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(texts(&path));
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            found.push((path, text));
        }
    }
    found.sort();
    found
}

fn corpus() -> Vec<(PathBuf, String)> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/corpus");
    let mut found = texts(&own);
    if let Some(more) = std::env::var_os("CN_CORPUS") {
        found.extend(texts(Path::new(&more)));
    }
    found
}

#[test]
fn the_corpus_holds_templates() {
    let templates = corpus()
        .iter()
        .filter(|(_, text)| parse(text).is_some())
        .count();
    assert!(
        templates >= 8,
        "{templates} templates: the laws would hold for nothing"
    );
}

/// Returns the templates that were written outside China.
fn globals() -> Vec<(PathBuf, String)> {
    let is_global = |path: &Path| path.file_stem().is_none_or(|stem| stem != "china");
    corpus()
        .into_iter()
        .filter(|(path, _)| is_global(path))
        .collect()
}

#[test]
fn packaging_for_the_commercial_partition_changes_nothing() {
    for (path, text) in globals() {
        let is_for_china =
            text.contains("cn-north-1") && !text.contains("arn:aws:") && text.contains("aws-cn");
        if is_for_china {
            continue;
        }
        let Some(template) = parse(&text) else {
            continue;
        };
        let done = rewrite_template(&template, &target("us-east-1"));
        assert!(done.rewrites.is_empty(), "{}", path.display());
        assert_eq!(done.edits, [], "{}", path.display());
    }
}

#[test]
fn a_second_rewrite_changes_nothing() {
    for (path, text) in corpus() {
        for region in ["cn-north-1", "cn-northwest-1"] {
            let once = rewritten(&text, region);
            assert!(
                parse(&once).is_some() || parse(&text).is_none(),
                "{}",
                path.display()
            );
            assert_eq!(rewritten(&once, region), once, "{}", path.display());
        }
    }
}

#[test]
fn a_second_fix_changes_nothing_and_the_first_reads_back() {
    for (path, text) in corpus() {
        let once = fixed(&text);
        assert!(
            parse(&once).is_some() || parse(&text).is_none(),
            "{}",
            path.display()
        );
        assert_eq!(fixed(&once), once, "{}", path.display());
    }
}

/// Collects the service principals of a template, from top to bottom.
fn principals<'t>(node: &'t Node, found: &mut Vec<&'t str>) {
    for entry in node.entries() {
        if entry.key.as_str() == Some("Service") {
            let items = entry.value.items();
            let items = if items.is_empty() {
                std::slice::from_ref(&entry.value)
            } else {
                items
            };
            found.extend(
                items
                    .iter()
                    .filter_map(Node::as_str)
                    .filter(|text| text.ends_with(".amazonaws.com")),
            );
        }
        principals(&entry.value, found);
    }
    for item in node.items() {
        principals(item, found);
    }
    if let Kind::Tagged(tagged) = &node.kind {
        principals(&tagged.value, found);
    }
}

#[test]
fn service_principals_keep_their_suffix() {
    for (path, text) in globals() {
        let (Some(before), Some(after)) = (parse(&text), parse(&rewritten(&text, "cn-north-1")))
        else {
            continue;
        };
        let (mut expected, mut found) = (Vec::new(), Vec::new());
        principals(before.root(), &mut expected);
        principals(after.root(), &mut found);
        expected
            .retain(|text| !["ec2.amazonaws.com", "elasticmapreduce.amazonaws.com"].contains(text));
        found
            .retain(|text| !["ec2.amazonaws.com", "elasticmapreduce.amazonaws.com"].contains(text));
        assert_eq!(found, expected, "{}", path.display());
    }
}

#[test]
fn comments_stay() {
    let comments = |text: &str| -> Vec<String> {
        text.lines()
            .filter(|line| line.trim_start().starts_with('#'))
            .map(|line| line.trim().to_owned())
            .collect()
    };
    for (path, text) in globals() {
        let Some(template) = parse(&text) else {
            continue;
        };
        let text = template.source().text();
        assert_eq!(
            comments(&rewritten(text, "cn-north-1")),
            comments(text),
            "{}",
            path.display()
        );
        assert_eq!(comments(&fixed(text)), comments(text), "{}", path.display());
    }
}

#[test]
fn checking_never_fails() {
    for (path, text) in corpus() {
        let Some(template) = parse(&text) else {
            continue;
        };
        for region in [
            "cn-north-1",
            "cn-northwest-1",
            "us-east-1",
            "us-gov-west-1",
            "eu-west-1",
        ] {
            for finding in check_template(&template, &target(region)) {
                let location = finding.location.expect("each finding has its place");
                assert!(
                    location.span.end <= template.source().text().len(),
                    "{}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn portable_form_means_the_same_in_the_commercial_partition() {
    for (path, text) in globals() {
        let (Some(before), Some(after)) = (parse(&text), parse(&fixed(&text))) else {
            continue;
        };
        let is_for_china = text.contains("arn:aws-cn:");
        if !is_for_china {
            assert_eq!(
                evaluate(&after, "aws", "us-east-1"),
                evaluate(&before, "aws", "us-east-1"),
                "{}",
                path.display()
            );
        }
    }
}
