//! HTTP tasks that call third parties are not available in China.

use super::model::{Hits, Look, Rule};
use crate::diag::{Code, Severity};
use crate::look::scene::{Scene, occurrences};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN423",
        title: "HTTP task of a state machine",
    },
    name: "http-task",
    severity: Severity::Warning,
    why: "HTTP tasks, which call third-party APIs, are not available in China",
    help: "call the third-party API from a Lambda task in China",
    sources: &["cn-step-functions"],
    looks: &[Look::Words(&[NAME], look)],
    ..Rule::BASE
};

const NAME: &str = ":states:::http:invoke";

fn look(scene: &Scene<'_, '_>, hits: &mut Hits<'_>) {
    if let Some(at) = occurrences(scene.text, NAME)
        .next()
        .filter(|_| scene.aim.is_china())
    {
        hits.report(
            at + 1..at + NAME.len(),
            "HTTP tasks of state machines are not available in China",
        );
    }
}
