//! Import cycles: there are none between files, nor between rooms (top-level modules) of `cn-core`.

mod imports;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use camino::{Utf8Path, Utf8PathBuf};
use cn_testkit::workspace_folder;

use imports::{Imports, imports};

/// Nodes that reach each other, sorted, and the shortest cycle with its reasons.
#[derive(Debug, PartialEq, Eq)]
struct Circle {
    nodes: Vec<String>,
    way: String,
}

/// Finds the cycles of a graph.
///
/// * `edges`: from, to, and the reason.
fn circles(edges: &BTreeMap<(String, String), String>) -> Vec<Circle> {
    let mut next: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (from, to) in edges.keys() {
        next.entry(from).or_default().insert(to);
    }
    let reached: BTreeMap<&str, BTreeMap<&str, &str>> = next
        .keys()
        .map(|start| (*start, reached_from(start, &next)))
        .collect();
    let leads = |from: &str, to: &str| reached.get(from).is_some_and(|it| it.contains_key(to));
    let mut done = BTreeSet::new();
    let mut circles = Vec::new();
    for &start in reached.keys() {
        if !leads(start, start) || done.contains(start) {
            continue;
        }
        let is_with = |other: &&str| leads(start, other) && leads(other, start);
        let nodes: Vec<&str> = reached.keys().copied().filter(is_with).collect();
        done.extend(nodes.iter().copied());
        let ways = nodes.iter().map(|node| way(node, &reached[node]));
        let way = ways.min_by_key(Vec::len).expect("a circle has nodes");
        let told: Vec<String> = way
            .windows(2)
            .map(|step| {
                let edge = (step[0].to_owned(), step[1].to_owned());
                format!("{} imports {} ({})", step[0], step[1], edges[&edge])
            })
            .collect();
        circles.push(Circle {
            nodes: nodes.into_iter().map(str::to_owned).collect(),
            way: told.join(", "),
        });
    }
    circles
}

/// Returns the nodes reachable from a node, each with its predecessor on a shortest path.
fn reached_from<'a>(
    start: &'a str,
    next: &BTreeMap<&'a str, BTreeSet<&'a str>>,
) -> BTreeMap<&'a str, &'a str> {
    let mut before = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        for &other in next.get(node).into_iter().flatten() {
            if !before.contains_key(other) {
                before.insert(other, node);
                queue.push_back(other);
            }
        }
    }
    before
}

/// Returns the shortest path from a node back to itself.
fn way<'a>(node: &'a str, before: &BTreeMap<&'a str, &'a str>) -> Vec<&'a str> {
    let mut way = vec![node, before[node]];
    while way.last() != Some(&node) {
        way.push(before[way[way.len() - 1]]);
    }
    way.reverse();
    way
}

/// Returns the imports between the nodes that files belong to, without those within a node.
fn between(
    imports: &Imports,
    node: impl Fn(&Utf8Path) -> Option<String>,
) -> BTreeMap<(String, String), String> {
    let mut edges = BTreeMap::new();
    for ((from, to), reason) in imports {
        if let (Some(from_node), Some(to_node)) = (node(from), node(to))
            && from_node != to_node
        {
            let place = if from_node == short(from) {
                String::new()
            } else {
                format!("{}: ", short(from))
            };
            let edge = (from_node, to_node);
            edges.entry(edge).or_insert(format!("{place}{reason}"));
        }
    }
    edges
}

/// Returns a file's path without the parts that all paths share.
fn short(file: &Utf8Path) -> String {
    let path = file.as_str().replacen("/src/", "/", 1);
    path.trim_start_matches("crates/").to_owned()
}

/// Returns the top-level module that a file of a crate belongs to; `None` for the root itself.
fn room(folder: &Utf8Path, file: &Utf8Path) -> Option<String> {
    let inner = file.strip_prefix(folder).ok()?;
    let room = inner.components().next()?.as_str();
    let room = room.strip_suffix(".rs").unwrap_or(room);
    (!matches!(room, "lib" | "main")).then(|| room.to_owned())
}

fn read(path: &Utf8Path) -> Option<String> {
    fs_err::read_to_string(workspace_folder().join(path)).ok()
}

/// Returns the roots of all our crates, relative to the workspace.
fn roots() -> Vec<Utf8PathBuf> {
    let crates = workspace_folder().join("crates");
    let mut roots = Vec::new();
    for entry in crates.read_dir_utf8().expect("a folder") {
        let name = entry.expect("readable").file_name().to_owned();
        for root in ["lib.rs", "main.rs"] {
            let path = Utf8PathBuf::from("crates")
                .join(&name)
                .join("src")
                .join(root);
            if read(&path).is_some() {
                roots.push(path);
            }
        }
    }
    roots.sort();
    roots
}

/// Asserts that there is no cycle; the message shows the path of each.
fn assert_none(found: &[Circle]) {
    let circles: Vec<String> = found
        .iter()
        .map(|circle| format!("{:?}\n  {}", circle.nodes, circle.way))
        .collect();
    assert!(circles.is_empty(), "circles:\n{}", circles.join("\n"));
}

#[test]
fn no_files_import_each_other() {
    let mut found = Vec::new();
    for root in roots() {
        let imports = imports(&root, &read);
        found.extend(circles(&between(&imports, |file| Some(short(file)))));
    }
    assert_none(&found);
}

#[test]
fn no_rooms_of_the_library_import_each_other() {
    let folder = Utf8Path::new("crates/cn-core/src");
    let imports = imports(&folder.join("lib.rs"), &read);
    let edges = between(&imports, |file| room(folder, file));
    assert!(edges.contains_key(&("deploy".into(), "stack".into())));
    assert_none(&circles(&edges));
}

/// Returns the imports of a crate made of these files, including `lib.rs`, as `from > to`.
fn of(files: &[(&str, &str)]) -> Vec<String> {
    let files: BTreeMap<&str, &str> = files.iter().copied().collect();
    let read = |path: &Utf8Path| {
        let name = path.strip_prefix("src").ok()?;
        files.get(name.as_str()).map(|text| (*text).to_owned())
    };
    let imports = imports(Utf8Path::new("src/lib.rs"), &read);
    imports
        .keys()
        .map(|(from, to)| format!("{from} > {to}").replace("src/", ""))
        .collect()
}

#[test]
fn an_import_counts_for_the_file_that_defines_the_item() {
    let found = of(&[
        ("lib.rs", "mod a; mod b; pub use a::Thing;"),
        (
            "a/mod.rs",
            "mod inner; mod other; pub use inner::{Thing as Renamed, Thing}; pub use other::*;",
        ),
        ("a/inner.rs", "pub struct Thing; use super::Other;"),
        ("a/other.rs", "pub enum Other { One }"),
        (
            "b.rs",
            "use crate::{a::{self, Renamed}, Thing}; fn f() { a::Other::One; }",
        ),
    ]);
    assert_eq!(
        found,
        [
            "a/inner.rs > a/other.rs",
            "b.rs > a/inner.rs",
            "b.rs > a/other.rs"
        ]
    );
}

#[test]
fn paths_in_code_count_and_those_of_tests_do_not() {
    let found = of(&[
        ("lib.rs", "mod a; mod b; mod c; mod d; mod e;"),
        (
            "a.rs",
            "fn f(x: crate::b::B) -> Vec<u8> { println!(\"{}\", super::c::c()); x.d(); Vec::<u8>::new() }",
        ),
        (
            "b.rs",
            "pub struct B; impl B { #[cfg(test)] fn t() { crate::a::f() } }",
        ),
        (
            "c.rs",
            "pub fn c() { use crate::d::D; } #[cfg(test)] mod tests { use crate::a::f; } #[cfg(test)] mod more;",
        ),
        ("d.rs", "pub struct D; fn d(e: u8) -> u8 { e }"),
        (
            "e.rs",
            "use std::fmt; use serde::d::D; fn e() { 'a: loop { break 'a } } type T = super::d::D;",
        ),
    ]);
    assert_eq!(
        found,
        ["a.rs > b.rs", "a.rs > c.rs", "c.rs > d.rs", "e.rs > d.rs"]
    );
}

#[test]
fn a_module_and_a_function_of_one_name_are_told_apart() {
    let found = of(&[
        ("lib.rs", "mod plan; mod user; mod late;"),
        (
            "plan/mod.rs",
            "mod plan; mod step; pub use plan::plan; pub(crate) use step::step;",
        ),
        ("plan/plan.rs", "pub fn plan() { super::step() }"),
        ("plan/step.rs", "pub fn step() {}"),
        ("user.rs", "use crate::plan; fn f() { plan::plan(); }"),
        // Used by the parent itself, not only re-exported.
        (
            "late/mod.rs",
            "mod inner; pub use inner::Late; fn f() -> Late { Late }",
        ),
        ("late/inner.rs", "pub struct Late; use super::f;"),
    ]);
    assert_eq!(
        found,
        [
            "late/inner.rs > late/mod.rs",
            "late/mod.rs > late/inner.rs",
            "plan/plan.rs > plan/step.rs",
            "user.rs > plan/plan.rs",
        ]
    );
}

#[test]
fn circles_are_found_and_told() {
    let edge = |from: &str, to: &str| ((from.to_owned(), to.to_owned()), "why".to_owned());
    let edges = BTreeMap::from([
        edge("a", "b"),
        edge("b", "c"),
        edge("c", "a"),
        edge("c", "d"),
        edge("d", "e"),
        edge("e", "d"),
        edge("e", "f"),
    ]);
    let found = circles(&edges);
    let nodes: Vec<String> = found.iter().map(|circle| circle.nodes.join(" ")).collect();
    assert_eq!(nodes, ["a b c", "d e"]);
    assert_eq!(found[1].way, "d imports e (why), e imports d (why)");
    assert!(circles(&BTreeMap::from([edge("a", "b"), edge("b", "c")])).is_empty());
}

#[test]
#[should_panic(expected = "circles:\n[\"a\", \"b\"]")]
fn a_circle_fails() {
    let circle = Circle {
        nodes: vec!["a".into(), "b".into()],
        way: String::new(),
    };
    assert_none(&[circle]);
}
