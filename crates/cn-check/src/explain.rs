//! The meaning of codes, and the sources of the facts.

use cn_cli::wire::check::{Explained, SourceOf, Version};
use cn_cli::{Failure, FailureKind, Ui};
use cn_core::template::china;
use cn_core::template::rules::{RULES, Rule, find};

/// Prints one rule.
pub(crate) fn rule(ui: &Ui, id: &str) -> Result<(), Failure> {
    let Some(rule) = find(id) else {
        let failure = Failure::new(FailureKind::Usage, format!("there is no rule `{id}`"));
        return Err(failure.hint("`cn-check --list-rules` lists the codes"));
    };
    ui.result(text(rule), "rule", Explained::of(rule))
}

/// Prints the list of all rules.
pub(crate) fn list(ui: &Ui) -> Result<(), Failure> {
    for rule in RULES {
        ui.result(line(rule), "rule", Explained::of(rule))?;
    }
    Ok(())
}

/// Prints the version, and with `--verbose` the sources of the facts.
pub(crate) fn version(ui: &Ui) -> Result<(), Failure> {
    let version = env!("CARGO_PKG_VERSION");
    ui.result(
        format!("cn-check {version}"),
        "version",
        Version { version },
    )?;
    if !ui.is_verbose() {
        return Ok(());
    }
    for source in china::sources() {
        let lines = vec![
            format!("{}  {}", source.seen, source.title),
            format!("            {}", source.url),
        ];
        ui.result(lines, "source", SourceOf::of(source))?;
    }
    Ok(())
}

fn line(rule: &Rule) -> String {
    let does = [
        ("rewritten", rule.does.rewritten),
        ("fixed", rule.does.fixed),
        ("reported", rule.does.reported),
    ];
    let does: Vec<&str> = does
        .into_iter()
        .filter(|(_, is)| *is)
        .map(|(what, _)| what)
        .collect();
    format!(
        "{}  {:<7}  {:<25}  {:<26}  {}",
        rule.code.id,
        rule.severity.as_str(),
        rule.name,
        does.join(", "),
        rule.programs.join(", ")
    )
}

fn text(rule: &Rule) -> Vec<String> {
    let id = rule.code.id;
    let mut lines = vec![
        format!("{id}: {}", rule.code.title),
        String::new(),
        format!("name       {}", rule.name),
        format!("severity   {}", rule.severity.as_str()),
        format!("why        {}", rule.why),
    ];
    if !rule.help.is_empty() {
        lines.push(format!("help       {}", rule.help));
    }
    for program in rule.programs {
        lines.push(format!("{program:<11}{}", rule.does_in(program)));
    }
    if rule.does.fixed {
        lines.push("--fix      writes the portable form".to_owned());
    }
    for source in rule.sources.iter().filter_map(|id| china::source(id)) {
        lines.push(format!(
            "source     {}, seen {}: {}",
            source.title, source.seen, source.url
        ));
    }
    lines.push(format!("page       {}", rule.page()));
    if rule.programs.contains(&"cn-check") {
        lines.push(String::new());
        lines.push(format!(
            "suppress it with `# cn:ignore {id} why` on the line, or with `Metadata: {{cn: {{ignore: [{id}]}}}}` on the resource"
        ));
    }
    lines
}
