//! Checks of the rules: one registry of codes, and each fact in one place.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use cn_template::china;
use cn_template::rules::{RULES, find};
use cn_testkit::workspace_folder;

/// The age in days after which a source must be checked again.
const OLD_DAYS: i64 = 180;

pub(super) fn read(path: &Utf8Path) -> String {
    fs_err::read_to_string(workspace_folder().join(path)).expect("the file is there")
}

/// Returns the files below a folder with an ending.
pub(super) fn files(folder: &Utf8Path, ending: &str) -> Vec<Utf8PathBuf> {
    let entries = workspace_folder().join(folder).read_dir_utf8();
    let mut found = Vec::new();
    for entry in entries.expect("a folder") {
        let name = entry.expect("readable").file_name().to_owned();
        let path = folder.join(&name);
        if workspace_folder().join(&path).is_dir() {
            found.extend(files(&path, ending));
        } else if name.ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn sources_of(krate: &str) -> Vec<Utf8PathBuf> {
    files(&Utf8PathBuf::from(format!("crates/{krate}/src")), ".rs")
}

/// Returns the code of a file without comments and unit tests.
fn code_of(path: &Utf8Path) -> String {
    let text = read(path);
    let text = text.split("\n#[cfg(test)]\n").next().unwrap_or_default();
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

fn is_test(path: &Utf8Path) -> bool {
    path.file_name() == Some("tests.rs") || path.as_str().contains("/tests/")
}

#[test]
fn every_code_that_a_program_prints_is_in_the_registry() {
    let mut seen = BTreeSet::new();
    for krate in [
        "cn-template",
        "cn-core",
        "cn-cli",
        "cn-check",
        "cn-package",
        "cn-deploy",
    ] {
        for path in sources_of(krate).into_iter().filter(|path| !is_test(path)) {
            let code = code_of(&path);
            for (at, _) in code.match_indices("\"CN") {
                let id = &code[at + 1..code.len().min(at + 6)];
                let is_code = id.len() == 5 && id[2..].bytes().all(|byte| byte.is_ascii_digit());
                if is_code {
                    let rule = find(id).unwrap_or_else(|| panic!("{path}: {id} has no rule"));
                    let title = format!("id: \"{id}\",\n    title: \"");
                    if let Some((_, rest)) = code.split_once(&title) {
                        let own = rest.split('"').next().unwrap_or_default();
                        assert_eq!(own, rule.code.title, "{path}: {id}");
                    }
                    seen.insert(id.to_owned());
                }
            }
        }
    }
    let unknown: Vec<&str> = RULES
        .iter()
        .map(|rule| rule.code.id)
        .filter(|id| !seen.contains(*id))
        .collect();
    assert_eq!(unknown, [""; 0], "rules that no source names");
}

#[test]
fn only_partition_and_china_know_the_names_of_china() {
    let names = [
        "\"aws-cn\"",
        "\"amazonaws.com.cn\"",
        "\".amazonaws.com.cn\"",
        "\".com.cn\"",
        "\".cn\"",
        "\"cn-north-1\"",
        "\"cn-northwest-1\"",
    ];
    let at_home = ["src/partition.rs", "src/china/"];
    for path in sources_of("cn-template") {
        if is_test(&path) || at_home.iter().any(|home| path.as_str().contains(home)) {
            continue;
        }
        let code = code_of(&path);
        for name in names {
            // The name of an endpoint service, `transcribe.cn`, is not a suffix of a host.
            let is_endpoint = path.file_name() == Some("cn320_endpoint.rs") && name == "\".cn\"";
            assert!(is_endpoint || !code.contains(name), "{path} knows {name}");
        }
    }
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the age of a source is measured from today, and old ones are a warning"
)]
fn sources_have_an_age_that_is_told() {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let today = i64::try_from(now.expect("after 1970").as_secs() / 86_400).expect("small");
    for source in china::sources() {
        let day = source.day().expect("a date");
        if today - day > OLD_DAYS {
            eprintln!(
                "warning: nobody has looked at `{}` since {}: {}",
                source.id, source.seen, source.url
            );
        }
    }
}

#[test]
fn every_source_has_a_reader() {
    let mut read: BTreeSet<&str> = RULES
        .iter()
        .flat_map(|rule| rule.sources)
        .copied()
        .collect();
    read.extend(china::tables().into_iter().flat_map(|(_, ids)| ids));
    let unread: Vec<&str> = china::sources()
        .iter()
        .map(|source| source.id)
        .filter(|id| !read.contains(id))
        .collect();
    assert_eq!(unread, [""; 0], "sources that no rule and no table names");
}

#[test]
fn every_declared_dependency_is_used() {
    for krate in workspace_folder()
        .join("crates")
        .read_dir_utf8()
        .expect("a folder")
    {
        let name = krate.expect("readable").file_name().to_owned();
        let folder = Utf8PathBuf::from(format!("crates/{name}"));
        let manifest: toml::Table = read(&folder.join("Cargo.toml")).parse().expect("TOML");
        let text: String = files(&folder, ".rs")
            .iter()
            .map(|path| read(path))
            .collect();
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(declared) = manifest.get(section).and_then(toml::Value::as_table) else {
                continue;
            };
            for dependency in declared.keys() {
                let word = dependency.replace('-', "_");
                let is_used = text
                    .match_indices(&word)
                    .any(|(at, _)| text[at + word.len()..].starts_with("::"))
                    || text.contains(&format!("use {word};"))
                    || text.contains(&format!("use {word} as "));
                assert!(is_used, "{name}: `{dependency}` is declared and not used");
            }
        }
    }
}
