//! A portable form with a mistake fails in every partition.

use super::model::{Hits, Look, Rule};
use super::shared::help;
use crate::diag::{Code, Severity};
use crate::look::phrase::{ACCOUNT, HOLE, PARTITION, REGION, SUFFIX, is_mark};
use crate::look::place::Treatment;
use crate::look::scene::{Scene, occurrences};
use crate::look::shown::token_around;
use crate::partition::Partition;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN111",
        title: "pseudo parameter that is not replaced or is misplaced",
    },
    name: "broken-form",
    severity: Severity::Warning,
    why: "CloudFormation replaces `${AWS::Partition}` only in `Fn::Sub`, and an ARN or host name with a missing or extra separator fails in every partition",
    help: "write `!Sub arn:${AWS::Partition}:SERVICE:...` for an ARN and `.${AWS::URLSuffix}` for a host name",
    sources: &["cfn-pseudo"],
    looks: &[Look::Text(look)],
    ..Rule::BASE
};

/// Misspellings of `${AWS::…}` that `Fn::Sub` does not replace.
const NOT_REPLACED: [&str; 4] = ["{AWS::", "$AWS::", "$(AWS::", "!Ref AWS::"];

fn look(scene: &Scene<'_, '_>, hits: &mut Hits<'_>) {
    if !matches!(scene.treatment, Treatment::Value | Treatment::Pattern) {
        return;
    }
    let text = scene.text;
    let has_reference = !text.is_ascii() || !scene.holes.is_empty() || !scene.unreplaced.is_empty();
    if !has_reference && !text.contains("AWS::") {
        return;
    }
    if let Some(at) = scene
        .unreplaced
        .iter()
        .copied()
        .find(|at| is_address(text, *at))
    {
        let token = token_around(text, &(at..at + PARTITION.len_utf8()));
        let message = format!(
            "CloudFormation does not replace the pseudo parameter in `{}` without `Fn::Sub`",
            scene.shown(&token)
        );
        return hits.report_as(
            RULE.severity,
            token,
            message,
            help::at(scene, "add `Fn::Sub` to the text"),
        );
    }
    let ends = text
        .char_indices()
        .filter(|(_, character)| is_mark(*character));
    for (at, mark) in ends {
        let (before, after) = (&text[..at], &text[at + mark.len_utf8()..]);
        let is_broken = match mark {
            PARTITION => is_broken_partition(before, after),
            SUFFIX => is_broken_suffix(before, after),
            _ => false,
        };
        if is_broken {
            let token = token_around(text, &(at..at + mark.len_utf8()));
            let message = format!(
                "`{}` is neither a valid ARN nor a valid host name",
                scene.shown(&token)
            );
            return hits.report(token, message);
        }
    }
    for form in NOT_REPLACED {
        if let Some(at) = occurrences(text, form).next() {
            let token = token_around(text, &(at..at + form.len()));
            let message = format!("CloudFormation does not replace `{}`", scene.shown(&token));
            return hits.report(token, message);
        }
    }
    let misspelled = scene
        .holes
        .iter()
        .find(|hole| hole.name.starts_with("AWS:") && !KNOWN.contains(&hole.name.as_str()));
    if let Some(hole) = misspelled {
        let range = hole.at..hole.at + HOLE.len_utf8();
        let message = format!("CloudFormation has no pseudo parameter `{}`", hole.name);
        hits.report(range, message);
    }
}

/// Pseudo parameters without a mark in phrases.
const KNOWN: [&str; 4] = [
    "AWS::NoValue",
    "AWS::NotificationARNs",
    "AWS::StackId",
    "AWS::StackName",
];

/// Returns true if a mark is part of an ARN or a host name.
fn is_address(text: &str, at: usize) -> bool {
    let Some(mark) = text[at..].chars().next() else {
        return false;
    };
    let token = &text[token_around(text, &(at..at + mark.len_utf8()))];
    match mark {
        PARTITION | SUFFIX => true,
        REGION | ACCOUNT => token.contains("arn:") || token.contains("amazonaws.com"),
        _ => false,
    }
}

fn is_broken_partition(before: &str, after: &str) -> bool {
    let is_word = |rest: &str| {
        !rest.ends_with(|last: char| last.is_ascii_alphanumeric() || "-_".contains(last))
    };
    let follows = |end: &str| before.strip_suffix(end).is_some_and(is_word);
    let goes_on = after.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '-');
    follows("arn")
        || follows("arn::")
        || follows("arn:aws:")
        || follows("arn:aws-cn:")
        || follows("arn:aws-us-gov:")
        || follows("arn:aws-")
        || follows("arn:aws")
        || (follows("arn:") || follows("arn\\:")) && goes_on
}

fn is_broken_suffix(before: &str, after: &str) -> bool {
    before
        .ends_with(|last: char| last.is_ascii_alphanumeric() || [REGION, PARTITION].contains(&last))
        || Partition::ALL.iter().any(|partition| {
            let ending = partition.dns_suffix().rsplit_once('.');
            ending.is_some_and(|(_, ending)| {
                let rest = after.strip_prefix('.');
                rest.is_some_and(|rest| rest.starts_with(ending))
            })
        })
}
