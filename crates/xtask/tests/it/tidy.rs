//! Checks of the repository itself.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use cn_testkit::codebuild::{Buildspec, PhaseName};
use cn_testkit::workspace_folder;
use toml::Table;

/// The dependency budget. Raising it is a decision, so the commit explains it.
const MAX_PACKAGES: usize = 376;

const OURS: [&str; 7] = [
    "cn-cleanup",
    "cn-doctor",
    "cn-keys",
    "cn-profile",
    "cn-check",
    "cn-package",
    "cn-deploy",
];

fn read(path: impl AsRef<Utf8Path>) -> String {
    fs_err::read_to_string(workspace_folder().join(path)).expect("the file is there")
}

fn table(path: impl AsRef<Utf8Path>) -> Table {
    read(path).parse().expect("TOML")
}

/// Returns the names in a folder, sorted.
fn names(folder: impl AsRef<Utf8Path>) -> Vec<String> {
    let entries = workspace_folder()
        .join(folder)
        .read_dir_utf8()
        .expect("a folder");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("readable").file_name().to_owned())
        .collect();
    names.sort();
    names
}

/// Returns the files below a folder whose names end in one of `endings`.
pub(crate) fn files(folder: impl AsRef<Utf8Path>, endings: &[&str]) -> Vec<Utf8PathBuf> {
    let folder = folder.as_ref();
    let mut found = Vec::new();
    for name in names(folder) {
        let path = folder.join(&name);
        if workspace_folder().join(&path).is_dir() {
            found.extend(files(&path, endings));
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
    found
}

#[test]
fn the_visible_top_level_is_what_it_should_be() {
    let visible: Vec<String> = names("")
        .into_iter()
        .filter(|name| !name.starts_with('.') && name != "target")
        .collect();
    let expected = [
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE",
        "README.md",
        "README.zh-CN.md",
        "SECURITY.md",
        "buildspecs",
        "crates",
        "docs",
        "fixtures",
        "rust-toolchain.toml",
    ];
    assert_eq!(visible, expected);
}

#[test]
fn the_changelog_has_the_current_version() {
    let manifest = table("Cargo.toml");
    let version = manifest["workspace"]["package"]["version"].as_str();
    let heading = format!("## [{}]", version.expect("a string"));
    assert!(read("CHANGELOG.md").contains(&heading), "no `{heading}`");
}

#[test]
fn every_crate_inherits_lints_and_pins_nothing_itself() {
    for name in names("crates") {
        let manifest = table(format!("crates/{name}/Cargo.toml"));
        let inherits = manifest
            .get("lints")
            .and_then(|lints| lints.get("workspace"));
        assert_eq!(
            inherits.and_then(toml::Value::as_bool),
            Some(true),
            "{name}: `[lints]`"
        );
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(dependencies) = manifest.get(section).and_then(toml::Value::as_table) else {
                continue;
            };
            for (dependency, value) in dependencies {
                let workspace = value.get("workspace").and_then(toml::Value::as_bool);
                assert_eq!(workspace, Some(true), "{name}: version of `{dependency}`");
            }
        }
    }
}

#[test]
fn cn_template_is_pure() {
    let manifest = table("crates/cn-template/Cargo.toml");
    let dependencies = manifest["dependencies"].as_table().expect("a table");
    let impure = |name: &&String| {
        let effects = ["clap", "fs-err", "hyper", "tempfile", "tokio"];
        name.starts_with("cn-") || name.starts_with("aws-") || effects.contains(&name.as_str())
    };
    let found: Vec<&String> = dependencies.keys().filter(impure).collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn files_are_short_and_finished() {
    // Written in two halves, so that this file passes its own check.
    let unfinished = [concat!("TO", "DO"), concat!("FIX", "ME")];
    for path in files("crates", &[".rs", ".py", ".toml"]) {
        let text = read(&path);
        assert!(
            text.lines().count() <= 800,
            "{path} has more than 800 lines"
        );
        for word in unfinished {
            assert!(!text.contains(word), "{path} holds `{word}`");
        }
    }
}

/// Tests that doc comments begin with a verb or a noun phrase.
#[test]
fn doc_comments_do_not_begin_with_a_question_word() {
    let questions = ["What", "Whether", "Who", "How"];
    let is_doc = |line: &str| line.starts_with("///") || line.starts_with("//!");
    let mut found = Vec::new();
    for path in files("crates", &[".rs"]) {
        let text = read(&path);
        let mut before = "";
        for (at, line) in text.lines().map(str::trim_start).enumerate() {
            let first = line.get(4..).and_then(|text| text.split([' ', ',']).next());
            if is_doc(line) && !is_doc(before) && first.is_some_and(|it| questions.contains(&it)) {
                found.push(format!("{path}:{}: {line}", at + 1));
            }
            before = line;
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn buildspecs_install_in_one_way_and_then_call_our_programs() {
    let mut installs = BTreeMap::new();
    let specs = names("buildspecs");
    for name in specs.iter().filter(|name| name.starts_with("buildspec")) {
        let buildspec = Buildspec::parse(&read(format!("buildspecs/{name}")));
        let buildspec = buildspec.unwrap_or_else(|error| panic!("{name}: {error}"));
        for (phase, commands) in buildspec.phases.present() {
            if phase == PhaseName::Install {
                installs.insert(commands.commands[0].0.clone(), name);
                continue;
            }
            for command in commands.commands.iter().chain(&commands.finally) {
                let mut words = command.0.split_whitespace();
                let program = words.next().unwrap_or_default();
                let (_, program) = program.rsplit_once("=$(").unwrap_or(("", program));
                let shell = ["test", "case", "export", "grep", "python3", "aws"].contains(&program);
                let plain = program.contains("=${");
                assert!(
                    OURS.contains(&program) || shell || plain,
                    "{name}: `{command}`"
                );
            }
        }
    }
    assert_eq!(
        installs.len(),
        1,
        "one way to install: {:?}",
        installs.values()
    );
}

#[test]
fn the_number_of_dependencies_is_within_its_budget() {
    let lock = table("Cargo.lock");
    let count = lock["package"].as_array().expect("an array").len();
    assert!(
        count <= MAX_PACKAGES,
        "{count} packages, budget {MAX_PACKAGES}"
    );
}

#[test]
fn the_readme_shows_both_commands_and_ci_runs_one_of_them() {
    let readme = read("README.md");
    for command in ["cargo xtask demo", "cargo xtask test"] {
        assert!(readme.contains(command), "no `{command}`");
    }
    let script = read(".ci/run");
    assert_eq!(script.lines().last(), Some("exec cargo xtask test"));
}
