//! `docs/china.md` lists the rules as they are.
#![expect(
    clippy::disallowed_methods,
    reason = "tests read the files that the crate itself never reads"
)]

use std::fmt::Write as _;
use std::path::Path;

use cn_template::china;
use cn_template::rules::RULES;

const BEGIN: &str = "<!-- rules: written by CN_BLESS=1 cargo test -p cn-template -->\n";
const END: &str = "<!-- end of rules -->\n";

fn rendered() -> String {
    let mut out = String::from("\n| what | source |\n| --- | --- |\n");
    for (what, source) in china::sources() {
        let source = source.split("; written").next().unwrap_or(source);
        let _ = writeln!(out, "| {what} | {source} |");
    }
    let mut hundred = "";
    for rule in RULES.iter() {
        let id = rule.code.id;
        if &id[..3] != hundred {
            hundred = &id[..3];
            let title = match hundred {
                "CN1" => "ARNs",
                "CN2" => "Principals",
                "CN3" => "Hosts and names",
                "CN4" => "What a region does not have",
                "CN5" => "Code and files",
                _ => "Suppressions",
            };
            let _ = writeln!(out, "\n### {title}");
        }
        let _ = writeln!(
            out,
            "\n#### {id}: {}\n\n{}.",
            rule.code.title,
            sentence(rule.reason)
        );
        if !rule.before.is_empty() {
            let _ = writeln!(out, "\n```text\n{}", rule.before);
            if !rule.after.is_empty() {
                let _ = writeln!(out, "-> {}", rule.after);
            }
            let _ = writeln!(out, "```");
        }
        let _ = writeln!(out, "\nSource: {}.", rule.source);
    }
    out.push('\n');
    out
}

fn sentence(reason: &str) -> String {
    let mut characters = reason.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters).collect()
}

#[test]
fn the_page_on_china_lists_every_rule() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/china.md");
    let text = std::fs::read_to_string(&path).expect("docs/china.md");
    let (before, rest) = text
        .split_once(BEGIN)
        .expect("the mark where the rules begin");
    let (listed, after) = rest.split_once(END).expect("the mark where the rules end");
    if std::env::var_os("CN_BLESS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{}{END}{after}", rendered()))
            .expect("written");
        return;
    }
    assert_eq!(listed, rendered(), "CN_BLESS=1 writes it");
}
