//! The number of public items of `cn-core`, by room.

use std::collections::BTreeMap;

use camino::Utf8Path;
use cn_testkit::workspace_folder;

/// The maximum number of public items per room (top-level module): types, functions, constants and
/// modules, but no methods, variants or fields. Raising a number is a decision, so the commit
/// explains it.
const MOST: [(&str, usize); 24] = [
    ("advice", 1),
    ("call", 2),
    ("check", 13),
    ("cleanup", 27),
    ("deploy", 38),
    ("doctor", 6),
    ("failure", 3),
    ("file", 9),
    ("findings", 2),
    ("foreign", 4),
    ("inputs", 8),
    ("inspect", 14),
    ("keys", 28),
    ("manifest", 3),
    ("package", 29),
    ("parameter", 3),
    ("profile", 10),
    ("report", 8),
    ("s3", 7),
    ("secret", 2),
    ("session", 15),
    ("stack", 33),
    ("stack_set", 32),
    ("web_identity", 13),
];

/// The file that checks that futures of the library are `Send`.
const SEND: &str = "crates/cn-core/tests/it/send.rs";

const SOURCES: &str = "crates/cn-core/src";

/// Counts the public items of a module: its own, those it re-exports, and those of its public
/// modules.
fn count(module: &Utf8Path) -> usize {
    let folder = workspace_folder().join(SOURCES).join(module);
    let file = match folder.join("mod.rs") {
        file if file.is_file() => file,
        _ => folder.with_extension("rs"),
    };
    let text = fs_err::read_to_string(file).expect("a module has a file");
    let mut items = 0;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(item) = line.strip_prefix("pub ") else {
            continue;
        };
        if let Some(name) = item.strip_prefix("mod ") {
            items += 1 + count(&module.join(name.trim_end_matches(';')));
        } else if item.starts_with("use ") {
            let mut used = item.to_owned();
            while !used.ends_with(';') {
                used += lines.next().expect("a statement ends");
            }
            let names = used.split_once('{').map_or("one", |(_, names)| names);
            items += names.trim_end_matches([',', '}', ';']).split(',').count();
        } else {
            items += 1;
        }
    }
    items
}

#[test]
fn no_room_of_the_library_has_more_public_items_than_its_budget() {
    let text = fs_err::read_to_string(workspace_folder().join(SOURCES).join("lib.rs"));
    let text = text.expect("the library has a root");
    let rooms = text
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod "));
    let most = BTreeMap::from(MOST);
    let over: Vec<String> = rooms
        .map(|room| room.trim_end_matches(';'))
        .map(|room| (room, count(room.into()), most.get(room).copied()))
        .filter(|(_, found, most)| most.is_none_or(|most| *found > most))
        .map(|(room, found, most)| format!("{room}: {found} public items, budget {most:?}"))
        .collect();
    assert!(over.is_empty(), "{}", over.join("\n"));
}

#[test]
fn every_public_future_of_the_library_is_checked_to_be_send() {
    let read = |path: &Utf8Path| {
        let text = fs_err::read_to_string(workspace_folder().join(path));
        text.expect("a source is text")
    };
    let files = crate::rules::files(SOURCES.into(), ".rs");
    let futures = files.iter().map(|path| {
        let text = read(path);
        let lines = text.lines().map(str::trim_start);
        lines
            .filter(|line| line.starts_with("pub async fn "))
            .count()
    });
    let text = read(SEND.into());
    let checked = text.matches("is_send(").count() - 1;
    assert_eq!(futures.sum::<usize>(), checked, "add the new one to {SEND}");
}
