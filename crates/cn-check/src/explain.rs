//! What a code is about.

use cn_cli::wire::check::Explained;
use cn_cli::{Failure, FailureKind, Ui};
use cn_core::template::rules::{RULES, Rule, find};

pub(crate) fn rule(ui: &Ui, id: &str) -> Result<(), Failure> {
    let Some(rule) = find(id) else {
        let known: Vec<&str> = RULES.iter().map(|rule| rule.code.id).collect();
        let failure = Failure::new(FailureKind::Usage, format!("there is no rule `{id}`"));
        return Err(failure.hint(format!("rules: {}", known.join(", "))));
    };
    let body = Explained {
        code: rule.code.id,
        title: rule.code.title,
        reason: rule.why,
        source: "",
        before: "",
        after: "",
    };
    ui.result(&text(rule), "rule", body)
}

fn text(rule: &Rule) -> String {
    let mut lines = vec![
        format!("{}: {}", rule.code.id, rule.code.title),
        String::new(),
        format!("why     {}", rule.why),
    ];
    lines.push(String::new());
    lines.push(format!(
        "suppress it with `# cn:ignore {} why` on the line, or with `Metadata: {{cn: {{ignore: [{}]}}}}` on the resource",
        rule.code.id, rule.code.id
    ));
    lines.join("\n")
}
