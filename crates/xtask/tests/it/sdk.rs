//! The claims of the guides: every field of the deployment requests is a flag or has a reason not
//! to be, and tests show each row of the comparison with other tools.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use cn_testkit::workspace_folder;

use crate::rules::read;

const OPERATIONS: [(&str, &str); 3] = [
    ("CreateChangeSet", "create_change_set"),
    ("ExecuteChangeSet", "execute_change_set"),
    ("UpdateStack", "update_stack"),
];

/// Returns the folder of a package in the dependency graph.
fn package(name: &str) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(workspace_folder())
        .output()
        .expect("cargo runs");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let found = packages.iter().find(|it| it["name"] == name);
    let manifest = found.expect("a dependency")["manifest_path"].as_str();
    let manifest = manifest.expect("a path");
    manifest.trim_end_matches("Cargo.toml").to_owned()
}

/// Normalizes a field name: `NotificationARNs` and `notification_arns` are the same field.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.collect::<String>().to_ascii_lowercase()
}

/// Returns the fields that a builder of the SDK sets: it has `x`, `set_x` and `get_x` for each.
fn fields(source: &str) -> BTreeSet<String> {
    let methods = source.match_indices("pub fn set_").map(|(at, start)| {
        let rest = &source[at + start.len()..];
        plain(&rest[..rest.find('(').expect("a function")])
    });
    methods.collect()
}

/// Returns the rows of the guide: a field's name, its operations, and the way to set it.
fn rows() -> Vec<[String; 3]> {
    let page = read("docs/guide/deploying.md".into());
    let (_, section) = page
        .split_once("## Every setting of CloudFormation")
        .expect("the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
        let [field, operations, how] = cells[..] else {
            panic!("three cells: {line}");
        };
        [field, operations, how].map(|cell| cell.trim().to_owned())
    })
    .collect()
}

#[test]
fn the_guide_names_every_field_of_the_requests_that_deploy() {
    let folder = package("aws-sdk-cloudformation");
    let mut documented: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for [field, operations, _] in rows() {
        for (operation, _) in OPERATIONS {
            if operations == "all" || operations.contains(&format!("`{operation}`")) {
                let fields = documented.entry(operation).or_default();
                assert!(
                    fields.insert(plain(&field)),
                    "{operation}: {field} stands twice"
                );
            }
        }
    }
    for (operation, module) in OPERATIONS {
        let path = format!("{folder}src/operation/{module}/builders.rs");
        let source = fs_err::read_to_string(&path).expect("the SDK's source");
        let offered = fields(&source);
        assert!(offered.contains("stackname"), "{path}: {offered:?}");
        assert_eq!(
            documented[operation], offered,
            "docs/guide/deploying.md (left) and the SDK (right) differ about {operation}"
        );
    }
}

#[test]
fn a_field_is_reached_by_flags_that_exist_or_has_a_reason() {
    let arguments = read("crates/cn-deploy/src/args.rs".into());
    for [field, _, how] in rows() {
        let words = how.split('`').skip(1).step_by(2);
        let flags: Vec<&str> = words.filter_map(|word| word.strip_prefix("--")).collect();
        for flag in &flags {
            let name = flag.split(' ').next().unwrap_or_default();
            let argument = format!(" {}:", name.replace('-', "_"));
            assert!(arguments.contains(&argument), "{field}: --{flag}");
        }
        let has_reason = how.starts_with("Not supported") && how.contains([':', ','])
            || how.starts_with("Set by each run")
            || how.starts_with("Chosen from ");
        assert!(has_reason || !flags.is_empty(), "{field}: {how}");
    }
}

#[test]
fn a_builder_s_fields_are_found() {
    let source = "pub fn stack_name(self) {} pub fn set_stack_name(self) {} pub fn get_stack_name(&self) {} pub fn set_notification_arns(self) {}";
    let expected = ["notificationarns", "stackname"].map(str::to_owned);
    assert_eq!(fields(source), expected.into());
}

#[test]
fn each_row_of_the_peers_has_a_source_and_a_test_that_exists() {
    let page = read("docs/peers.md".into());
    let rows = page.lines().filter(|line| line.starts_with("| "));
    let rows: Vec<Vec<&str>> = rows
        .skip(2)
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    assert!(rows.len() > 20, "{}", rows.len());
    for row in rows {
        let [feature, _, _, _, own, source, shown] = row[..] else {
            panic!("seven cells: {row:?}");
        };
        let is_source = source.contains('#') || source.contains('`');
        assert!(is_source, "{feature}: {source}");
        if shown == "none" {
            assert!(
                own.starts_with("no"),
                "{feature}: only what is not done has no test"
            );
            continue;
        }
        let test = shown.trim_matches('`');
        let (path, name) = test.split_once("::").expect("PATH::TEST");
        let source = read(format!("crates/{path}").as_str().into());
        assert!(
            source.contains(&format!("fn {name}(")),
            "{feature}: {shown}"
        );
    }
}
