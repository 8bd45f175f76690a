//! Promises kept on real templates.
//!
//! The folder is named by `CN_CORPUS`, or lies beside the workspace as
//! `shared/corpus`; where it is absent there is nothing to test. No template
//! of it is part of this repository.
#![expect(
    clippy::disallowed_methods,
    reason = "tests read the files that the crate itself never reads"
)]

use std::path::{Path, PathBuf};

use cn_template::portability::{check_template, rewrite_template};
use cn_template::tree::{Kind, Node};

use crate::evaluate::evaluate;
use crate::{fixed, parse, rewritten, target};

fn corpus() -> Vec<(PathBuf, String)> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let folder = std::env::var_os("CN_CORPUS").map_or(beside, PathBuf::from);
    let mut found = Vec::new();
    let Ok(cases) = std::fs::read_dir(folder) else {
        return found;
    };
    for case in cases.flatten().filter(|case| case.path().is_dir()) {
        for file in std::fs::read_dir(case.path())
            .into_iter()
            .flatten()
            .flatten()
        {
            if let Ok(text) = std::fs::read_to_string(file.path()) {
                found.push((file.path(), text));
            }
        }
    }
    found.sort();
    found
}

fn globals() -> Vec<(PathBuf, String)> {
    let is_global = |path: &Path| path.file_stem().is_some_and(|stem| stem == "global");
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

/// The service principals of a template, from top to bottom.
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
