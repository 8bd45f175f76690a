//! Generates `docs/rules` from the rules and their fixtures: a page for each code, and the index.
#![expect(
    clippy::disallowed_methods,
    reason = "tests read the files that the crate itself never reads"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use cn_template::Source;
use cn_template::china;
use cn_template::diag::sentence;
use cn_template::portability::{Reason, make_portable};
use cn_template::rules::{RULES, Rule};
use cn_template::tree::Template;
use similar::TextDiff;

use crate::fixtures::{Case, cases, check, name, shown};
use crate::{fixed, rewritten};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rules")
}

/// Returns a table with one row for what each program does with a rule's places.
fn programs(rule: &Rule) -> String {
    let mut out = String::from("\n| program | what it does |\n| --- | --- |\n");
    for program in rule.programs {
        let what = rule.does_in(program);
        let _ = writeln!(out, "| `{program}` | {what} |");
    }
    if rule.does.fixed {
        out.push_str("| `cn-check --fix` | writes the portable form |\n");
    }
    out
}

fn block(language: &str, text: &str) -> String {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    format!("\n```{language}\n{text}{end}```\n")
}

/// Returns the changed lines of a text.
fn changes(before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    diff.unified_diff().context_radius(0).to_string()
}

fn page(rule: &Rule, cases: &[Case]) -> String {
    let id = rule.code.id;
    let mut out = format!(
        "<!-- Written by CN_BLESS=1 cargo test -p cn-template from the rule and its fixture. -->\n\n# {id}: {}\n\n`{}`, {} by default.\n",
        sentence(rule.code.title).trim_end_matches('.'),
        rule.name,
        rule.severity.as_str()
    );
    let _ = writeln!(out, "\n{}", sentence(rule.why));
    out.push_str(&programs(rule));
    if !rule.help.is_empty() {
        let _ = writeln!(out, "\n## What to do\n\n{}", sentence(rule.help));
    }
    let mine: Vec<&Case> = cases.iter().filter(|case| case.code == id).collect();
    if let Some(main) = mine.iter().find(|case| case.is_main) {
        out.push_str("\n## Example\n");
        out.push_str(&block(main.extension, &main.text));
        out.push_str("\nFindings of `cn-check` for both regions of China:\n");
        out.push_str(&block("text", &shown(&main.text)));
        let region = rewritten(&main.text, "cn-north-1");
        if region == main.text {
            out.push_str("\n`cn-package` does not change the template.\n");
        } else {
            out.push_str("\nChanges of `cn-package` for `cn-north-1`:\n");
            out.push_str(&block("diff", &changes(&main.text, &region)));
        }
        let portable = fixed(&main.text);
        if portable == main.text && region != main.text {
            let reason = reason(&main.text);
            let _ = writeln!(
                out,
                "\n`cn-check --fix` does not change the template, because {reason}."
            );
        } else if portable == main.text {
            out.push_str("\n`cn-check --fix` does not change the template.\n");
        } else {
            out.push_str("\nChanges of `cn-check --fix`:\n");
            out.push_str(&block("diff", &changes(&main.text, &portable)));
        }
    }
    let more: Vec<String> = mine
        .iter()
        .filter(|case| !case.is_main)
        .map(|case| name(&case.folder))
        .map(|name| format!("[{name}](../../fixtures/rules/{id}/{name})"))
        .collect();
    if !more.is_empty() {
        let _ = writeln!(out, "\nMore cases: {}.", more.join(", "));
    }
    if !rule.sources.is_empty() {
        out.push_str("\n## Sources\n\n");
        for id in rule.sources {
            let source = china::source(id).expect("a source");
            let _ = writeln!(
                out,
                "- [{}]({}), seen {}",
                source.title, source.url, source.seen
            );
        }
    }
    let _ = writeln!(
        out,
        "\n## Suppress it\n\nWrite `# cn:ignore {id} why` on the line or the line above it, or `Metadata: {{cn: {{ignore: [{id}]}}}}` on the resource or template."
    );
    out
}

fn group(id: &str) -> &'static str {
    match &id[..3] {
        "CN0" => "Reading a template",
        "CN1" => "ARNs",
        "CN2" => "Principals",
        "CN3" => "Hosts and names",
        "CN4" => "Availability",
        "CN5" => "Code and files",
        _ => "Suppressions, parameters and settings",
    }
}

fn index() -> String {
    let mut out = String::from(
        "<!-- Written by CN_BLESS=1 cargo test -p cn-template from the rules. -->\n\n# Rules\n\nAll codes that the programs report. `cn-check --list-rules` prints this list, and `cn-check --explain CODE` prints the page of a code.\n",
    );
    let mut last = "";
    for rule in RULES {
        let id = rule.code.id;
        if group(id) != last {
            last = group(id);
            let _ = write!(
                out,
                "\n## {last}\n\n| code | name | severity | rewritten | fixed | about |\n| --- | --- | --- | --- | --- | --- |\n"
            );
        }
        let mark = |is: bool| if is { "yes" } else { "" };
        let _ = writeln!(
            out,
            "| [{id}]({id}.md) | `{}` | {} | {} | {} | {} |",
            rule.name,
            rule.severity.as_str(),
            mark(rule.does.rewritten),
            mark(rule.does.fixed),
            rule.code.title
        );
    }
    out.push_str("\n## Tables of facts\n\n| table | sources |\n| --- | --- |\n");
    for (subject, ids) in china::tables() {
        let links: Vec<String> = ids
            .iter()
            .filter_map(|id| china::source(id))
            .map(|source| format!("[{}]({}), seen {}", source.title, source.url, source.seen))
            .collect();
        let _ = writeln!(out, "| {subject} | {} |", links.join("; "));
    }
    out
}

#[test]
fn every_rule_has_its_page() {
    let cases = cases();
    for rule in RULES {
        check(
            &folder().join(format!("{}.md", rule.code.id)),
            &page(rule, &cases),
        );
    }
    check(&folder().join("README.md"), &index());
}

#[test]
fn every_page_has_its_rule() {
    let entries = std::fs::read_dir(folder()).expect("docs/rules").flatten();
    for entry in entries {
        let name = name(&entry.path());
        let id = name.trim_end_matches(".md");
        let is_known = id == "README" || RULES.iter().any(|rule| rule.code.id == id);
        assert!(is_known, "docs/rules/{name} is about no rule");
    }
}

/// Returns the reason why the portable form leaves a text as it is.
fn reason(text: &str) -> Reason {
    let template = Template::parse(&Source::new("in.yaml", text)).template;
    let left = make_portable(&template.expect("a template")).left;
    left.first().map_or(Reason::NoForm, |left| left.reason)
}
