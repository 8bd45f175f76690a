//! Checks that templates in published shapes get exactly the expected errors and warnings.
//!
//! A comment in `fixtures/published/*.yaml`, such as `# expect: CN303`, names the codes of its
//! line.
#![expect(
    clippy::disallowed_methods,
    reason = "tests read the files that the crate itself never reads"
)]

use std::collections::BTreeSet;
use std::path::Path;

use cn_template::portability::check_regions;
use cn_template::{Region, Severity};

use crate::parse;

/// Returns the codes that the comments of a text name, each with its line.
fn expected(text: &str) -> BTreeSet<(usize, String)> {
    let of_line = |(index, line): (usize, &str)| {
        let codes = line.split_once("# expect: ").map_or("", |(_, codes)| codes);
        let codes: Vec<_> = codes.split(' ').filter(|code| !code.is_empty()).collect();
        codes
            .into_iter()
            .map(|code| (index + 1, code.to_owned()))
            .collect::<Vec<_>>()
    };
    text.lines().enumerate().flat_map(of_line).collect()
}

/// Returns the codes of errors and warnings for both regions of China, each with its line.
fn found(text: &str) -> BTreeSet<(usize, String)> {
    let template = parse(text).expect("a template");
    check_regions(&template, &Region::china())
        .into_iter()
        .filter(|finding| finding.severity > Severity::Note)
        .map(|finding| {
            let location = finding.location.as_ref().expect("a place");
            (location.position().line, finding.code.id.to_owned())
        })
        .collect()
}

#[test]
fn published_shapes_get_the_expected_errors_and_warnings_and_no_others() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/published");
    let entries = std::fs::read_dir(folder).expect("the folder of fixtures");
    let (mut wrong, mut right) = (Vec::new(), 0);
    for entry in entries.flatten() {
        let text = std::fs::read_to_string(entry.path()).expect("text");
        let (expected, found) = (expected(&text), found(&text));
        right += expected.intersection(&found).count();
        let name = entry.file_name().to_string_lossy().into_owned();
        for (line, code) in found.difference(&expected) {
            wrong.push(format!("{name}:{line}: {code} is a false alarm"));
        }
        for (line, code) in expected.difference(&found) {
            wrong.push(format!("{name}:{line}: {code} is missed"));
        }
    }
    wrong.sort();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(right >= 20, "{right} findings were compared");
}
