//! Checks each rule on its own templates.
//!
//! The fixtures are in `fixtures/rules/CODE` and, for more cases, `fixtures/rules/CODE/CASE`.
//! `in.yaml` (or `in.json`) is the template as a person wrote it, `cn-north-1.yaml` the packaged
//! text for that region, `portable.yaml` the text after `--fix`, and `findings.txt` all findings
//! for both regions of China. `CN_BLESS=1` writes all files except the first.
#![expect(
    clippy::disallowed_methods,
    reason = "tests read the files that the crate itself never reads"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use cn_template::diag::Diagnostic;
use cn_template::portability::{Suppressions, check_regions, make_portable, rewrite_template};
use cn_template::rules::{RULES, find};
use cn_template::{Region, Severity};

use crate::{fixed, parse, rewritten, target};

/// A fixture of a rule.
pub(crate) struct Case {
    pub(crate) folder: PathBuf,
    /// The code of the rule.
    pub(crate) code: String,
    /// True for the case that the rule's page shows.
    pub(crate) is_main: bool,
    pub(crate) text: String,
    pub(crate) extension: &'static str,
}

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/rules")
}

fn folders(below: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(below).expect("the folder of fixtures");
    let mut found: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    found.retain(|path| path.is_dir());
    found.sort();
    found
}

/// Returns every fixture, ordered by code, with the main case of a rule first.
pub(crate) fn cases() -> Vec<Case> {
    let mut found = Vec::new();
    for rule in folders(&folder()) {
        let code = name(&rule);
        found.extend(case(&rule, &code, true));
        for more in folders(&rule) {
            found.push(case(&more, &code, false).expect("a case has an input"));
        }
    }
    found
}

pub(crate) fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn case(folder: &Path, code: &str, is_main: bool) -> Option<Case> {
    let extension = ["yaml", "json"]
        .into_iter()
        .find(|extension| folder.join(format!("in.{extension}")).exists())?;
    let path = folder.join(format!("in.{extension}"));
    Some(Case {
        folder: folder.to_owned(),
        code: code.to_owned(),
        is_main,
        text: std::fs::read_to_string(path).expect("text"),
        extension,
    })
}

/// Returns the findings of a text for both regions of China.
fn findings(text: &str) -> Vec<Diagnostic> {
    let Some(template) = parse(text) else {
        return Vec::new();
    };
    let found = check_regions(&template, &Region::china());
    let mut left = Suppressions::of(&template)
        .apply(template.source(), found)
        .findings;
    left.sort_by_key(|finding| finding.location.as_ref().map(|location| location.span));
    left
}

/// Formats the findings of a text for `findings.txt`.
pub(crate) fn shown(text: &str) -> String {
    let mut out = String::new();
    for finding in findings(text) {
        let position = finding.location.as_ref().expect("a place").position();
        let _ = writeln!(
            out,
            "{}:{} {} {} {}",
            position.line,
            position.column,
            finding.severity.as_str(),
            finding.code.id,
            finding.message
        );
        if finding.is_rewritten {
            out.push_str("    rewritten automatically\n");
        }
        if !finding.label.is_empty() {
            let _ = writeln!(out, "    label: {}", finding.label);
        }
        if let Some(help) = &finding.help {
            let _ = writeln!(out, "    help: {help}");
        }
    }
    out
}

pub(crate) fn check(path: &Path, found: &str) {
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
        let file = |name: &str| case.folder.join(format!("{name}.{}", case.extension));
        check(&file("cn-north-1"), &rewritten(&case.text, "cn-north-1"));
        check(&file("portable"), &fixed(&case.text));
        check(&case.folder.join("findings.txt"), &shown(&case.text));
    }
}

#[test]
fn every_fixture_is_neutral_and_stable() {
    for case in cases() {
        let (text, name) = (&case.text, case.folder.display());
        let once = rewritten(text, "cn-north-1");
        assert_eq!(rewritten(&once, "cn-north-1"), once, "{name}");
        let portable = fixed(text);
        assert_eq!(fixed(&portable), portable, "{name}");
        let is_of_china = ["aws-cn", "amazonaws.com.cn", "amazonaws.cn"];
        if !is_of_china.iter().any(|word| text.contains(word)) {
            assert_eq!(&rewritten(text, "us-east-1"), text, "{name}");
        }
    }
}

/// Returns the behavior that the fixtures of a rule show: rewritten, fixed, reported.
fn seen() -> BTreeMap<&'static str, [bool; 3]> {
    let mut seen: BTreeMap<&'static str, [bool; 3]> = BTreeMap::new();
    for case in cases() {
        for finding in findings(&case.text) {
            let place = if finding.is_rewritten { 0 } else { 2 };
            seen.entry(finding.code.id).or_default()[place] = true;
        }
        let Some(template) = parse(&case.text) else {
            continue;
        };
        for rewrite in rewrite_template(&template, &target("cn-north-1")).rewrites {
            seen.entry(rewrite.rule.code.id).or_default()[0] = true;
        }
        for rewrite in make_portable(&template).rewrites {
            seen.entry(rewrite.rule.code.id).or_default()[1] = true;
        }
    }
    seen
}

#[test]
fn rules_do_what_they_say_they_do() {
    let seen = seen();
    let mut wrong = Vec::new();
    for rule in RULES {
        let id = rule.code.id;
        let Some([rewritten, fixed, reported]) = seen.get(id).copied() else {
            continue;
        };
        let does = rule.does;
        if (does.rewritten, does.fixed, does.reported) != (rewritten, fixed, reported) {
            wrong.push(format!(
                "{id} is rewritten {rewritten}, fixed {fixed}, reported {reported}; it says {does:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_about_templates_has_a_fixture_of_its_own_that_fires() {
    let mut fires: BTreeSet<String> = BTreeSet::new();
    for case in cases() {
        assert!(find(&case.code).is_some(), "{}", case.folder.display());
        let is_own = |finding: &Diagnostic| finding.code.id == case.code;
        if case.is_main && findings(&case.text).iter().any(is_own) {
            fires.insert(case.code.clone());
        }
    }
    // Rules of the parser, artifacts, parameters and settings have tests next to their code.
    let is_about_templates = |id: &str| matches!(&id[..3], "CN1" | "CN2" | "CN3" | "CN4");
    let mine = RULES.iter().map(|rule| rule.code.id);
    let missing: Vec<&str> = mine
        .filter(|id| is_about_templates(id) || ["CN501", "CN503", "CN601"].contains(id))
        .filter(|id| !fires.contains(*id))
        .collect();
    assert_eq!(missing, [""; 0], "rules without a main fixture that fires");
}

#[test]
fn findings_mark_the_literal_that_they_name() {
    let mut checked = 0;
    for case in cases() {
        for finding in findings(&case.text) {
            let location = finding.location.as_ref().expect("a place");
            let slice = location.source.slice(location.span);
            assert!(!slice.is_empty(), "{}: {finding:?}", case.folder.display());
            let Some(named) = finding.message.split('`').nth(1) else {
                continue;
            };
            // The source of a literal in pieces, or with escapes, differs from the message.
            let is_verbatim = case.text.contains(named) && finding.severity > Severity::Note;
            let is_added = finding.message.contains("is missing");
            if finding.is_rewritten && !is_added && is_verbatim && !slice.contains('\n') {
                assert!(
                    named.contains(slice) || slice.contains(named),
                    "{}: `{slice}` is marked, `{named}` is named",
                    case.folder.display()
                );
                checked += 1;
            }
        }
    }
    assert!(checked > 40, "{checked} findings were compared");
}
