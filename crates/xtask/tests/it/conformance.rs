//! The table of behaviors names tests that exist, and no test name contains a case number.

use crate::rules::{files, read};

#[test]
fn every_row_of_the_conformance_table_names_a_test() {
    let table = read("docs/conformance.md".into());
    let rows = table.lines().filter(|line| line.starts_with("| "));
    let mut cases = 0;
    for row in rows.skip(1).filter(|row| !row.starts_with("| ---")) {
        let fields: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, case, name, file, _] = fields[..] else {
            panic!("not a row of three fields: {row}")
        };
        assert!(case.parse::<u32>().is_ok(), "{row}");
        let text = read(file.trim_matches('`').into());
        let head = format!("fn {}(", name.trim_matches('`'));
        let before = text.split_once(&head).map(|(before, _)| before);
        let before = before.unwrap_or_else(|| panic!("no such test: {row}"));
        let mut near = before.rsplit('\n').take(6);
        let is_mark = |line: &str| line.contains("test]") || line.contains("test(");
        assert!(near.any(is_mark), "not a test: {row}");
        cases += 1;
    }
    assert!(cases > 100, "only {cases} rows");
}

#[test]
fn no_test_is_named_by_a_number() {
    let mut numbered = Vec::new();
    for path in files("crates".into(), ".rs") {
        let text = read(&path);
        let names = text
            .lines()
            .filter_map(|line| line.split_once("fn ")?.1.split_once('('));
        for (name, _) in names {
            let mut parts = name.split('_').skip_while(|part| *part != "case").skip(1);
            let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
            if parts.next().is_some_and(is_number) {
                numbered.push(format!("{path}: {name}"));
            }
        }
    }
    assert!(numbered.is_empty(), "{}", numbered.join("\n"));
}
