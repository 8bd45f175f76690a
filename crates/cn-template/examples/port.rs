//! Development only: `port rewrite|check|list|bench REGION FILE...`.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a tool for the corpus"
)]
use cn_template::{Source, edit, portability, tree::Template};
fn main() {
    let args: Vec<String> = std::env::args().collect();
    for file in &args[3..] {
        one(&args[1], &args[2], file);
    }
}
fn one(what: &str, region: &str, file: &str) {
    let bytes = std::fs::read(file).expect("readable");
    let source = Source::new(file, String::from_utf8_lossy(&bytes));
    let parsed = Template::parse_document(&source);
    let Some(template) = parsed.template else {
        print!("{}", source.text());
        return;
    };
    let target = portability::Target {
        region: region.parse().expect("region"),
    };
    let mut rewritten = portability::rewrite_template(&template, &target);
    if what == "check" || what == "all" {
        rewritten.findings = portability::check_template(&template, &target);
    }
    match what {
        "rewrite" => print!(
            "{}",
            edit::apply(template.source().text(), &rewritten.edits)
        ),
        "list" => {
            for r in &rewritten.rewrites {
                println!(
                    "{}\t{}\t{}\t{}",
                    &file[file.len().saturating_sub(17)..],
                    r.rule,
                    r.before.trim(),
                    r.after.trim()
                );
            }
        }
        "findings" | "all" => {
            for d in &rewritten.findings {
                println!(
                    "{}:{}\t{}\t{}\t{}",
                    &file[file.len().saturating_sub(17)..],
                    d.location.as_ref().map_or(0, |l| l.position().line),
                    d.code.id,
                    d.severity.as_str(),
                    d.message
                );
            }
        }
        "bench" => {}
        _ => {
            for d in &rewritten.findings {
                let Some(l) = &d.location else {
                    println!("{}\t{}", d.code.id, d.message);
                    continue;
                };
                let end = l.source.position(l.span.end);
                println!(
                    "{}",
                    serde_json::json!({"code": d.code.id, "severity": d.severity.as_str(), "line": l.position().line, "end_line": end.line, "message": d.message, "help": d.help, "label": d.label})
                );
            }
        }
    }
}
