//! API Gateway: no edge-optimized APIs in China.
//!
//! # Source
//!
//! AWS China documentation, API Gateway: only regional and private APIs. SAM's
//! transform makes its APIs regional in China by itself unless they say `EDGE`.

use super::super::rule::code;
use super::{Subject, is_no_value, rewrote};
use crate::diag::{Diagnostic, Severity};
use crate::edit::Edit;
use crate::portability::Rewritten;
use crate::source::{Source, Span};
use crate::tree::{Format, Kind, Node};

const REGIONAL: &str = "EndpointConfiguration: {Types: [REGIONAL]}";

pub(super) fn rewrite(subject: &Subject<'_, '_>, done: &mut Rewritten) {
    for (_, span) in edges(subject) {
        rewrote(
            done,
            code::EDGE,
            Edit::replace(span, replaced(subject.source, span)),
            span,
            "EDGE",
            "REGIONAL",
        );
    }
    if !lacks_configuration(subject) {
        return;
    }
    if let Some(edit) = insertion(subject) {
        rewrote(done, code::EDGE, edit, subject.kind_span, "", REGIONAL);
    }
}

/// Asks for a regional API in China alone, so that the API elsewhere stays as it is.
pub(super) fn make_portable(subject: &Subject<'_, '_>, condition: &str, done: &mut Rewritten) {
    let is_json = subject.template.format() == Format::Json;
    if subject.is(&["AWS::ApiGateway::RestApi"]) {
        for (_, span) in edges(subject) {
            let raw = subject.source.slice(span);
            let text = if is_json {
                format!("{{\"Fn::If\": [\"{condition}\", \"REGIONAL\", {raw}]}}")
            } else {
                format!("!If [{condition}, REGIONAL, {raw}]")
            };
            rewrote(
                done,
                code::EDGE,
                Edit::replace(span, text.clone()),
                span,
                raw,
                &text,
            );
        }
    }
    let Some(first) = first_property(subject).filter(|_| lacks_configuration(subject)) else {
        return;
    };
    let (yaml, json) = (
        format!(
            "EndpointConfiguration: !If [{condition}, {{Types: [REGIONAL]}}, !Ref AWS::NoValue]"
        ),
        format!(
            "\"EndpointConfiguration\": {{\"Fn::If\": [\"{condition}\", {{\"Types\": [\"REGIONAL\"]}}, {{\"Ref\": \"AWS::NoValue\"}}]}}"
        ),
    );
    let edit = Edit::insert(first.span.start, inserted(subject, first, &yaml, &json));
    rewrote(done, code::EDGE, edit, subject.kind_span, "", &yaml);
}

pub(super) fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    if subject.is(&["AWS::ApiGateway::RestApi"])
        && lacks_configuration(subject)
        && insertion(subject).is_none()
    {
        found.push(subject.found(
            code::EDGE,
            Severity::Error,
            subject.kind_span,
            "the API would be edge-optimized, which China does not have",
            "add `EndpointConfiguration: {Types: [REGIONAL]}`",
        ));
    }
    if subject.is(&["AWS::ApiGateway::DomainName"]) {
        let types: Vec<_> = subject.texts(&["EndpointConfiguration", "Types"]);
        if types.is_empty() && subject.at(&["EndpointConfiguration"]).is_empty()
            || types.iter().any(|(text, _)| *text == "EDGE")
        {
            found.push(subject.found(
                code::EDGE,
                Severity::Error,
                types.first().map_or(subject.kind_span, |(_, span)| *span),
                "the domain name would be edge-optimized, which China does not have",
                "set `EndpointConfiguration: {Types: [REGIONAL]}` and `RegionalCertificateArn`; a custom domain also needs ICP recordal",
            ));
        }
    }
}

/// The scalars that ask for an edge-optimized API.
fn edges<'t>(subject: &Subject<'_, 't>) -> Vec<(&'t str, Span)> {
    let paths: &[&[&str]] = match subject.kind {
        "AWS::ApiGateway::RestApi" => &[
            &["EndpointConfiguration", "Types"],
            &["Parameters", "endpointConfigurationTypes"],
        ],
        "AWS::Serverless::Api" => &[
            &["EndpointConfiguration"],
            &["EndpointConfiguration", "Type"],
            &["Domain", "EndpointConfiguration"],
        ],
        _ => &[],
    };
    paths
        .iter()
        .flat_map(|path| subject.texts(path))
        .filter(|(text, _)| *text == "EDGE")
        .collect()
}

fn replaced(source: &Source, span: Span) -> String {
    source.slice(span).replace("EDGE", "REGIONAL")
}

/// Whether a plain API says nothing of its endpoint.
fn lacks_configuration(subject: &Subject<'_, '_>) -> bool {
    if !subject.is(&["AWS::ApiGateway::RestApi"]) {
        return false;
    }
    let is_given = |path: &[&str]| subject.at(path).iter().any(|node| !is_no_value(node));
    !is_given(&["EndpointConfiguration"])
        && !is_given(&["Parameters", "endpointConfigurationTypes"])
}

/// Puts the configuration before the first property.
fn insertion(subject: &Subject<'_, '_>) -> Option<Edit> {
    let first = first_property(subject)?;
    let json = "\"EndpointConfiguration\": {\"Types\": [\"REGIONAL\"]}";
    Some(Edit::insert(
        first.span.start,
        inserted(subject, first, REGIONAL, json),
    ))
}

/// The key of the first property, where another can be put before it.
fn first_property<'t>(subject: &Subject<'_, 't>) -> Option<&'t Node> {
    let properties = subject.properties?;
    let Kind::Mapping(mapping) = &properties.kind else {
        return None;
    };
    // A macro or a branch may give the configuration: a person has to look.
    let is_open = mapping
        .entries
        .iter()
        .any(|entry| entry.key.as_str().is_none_or(|key| key.starts_with("Fn::")));
    let is_given = properties.entry("EndpointConfiguration").is_some();
    let first = mapping.entries.first()?;
    (!is_open && !is_given && properties.call().is_none()).then_some(&first.key)
}

/// A property in the form of the one it is put before.
fn inserted(subject: &Subject<'_, '_>, first: &Node, yaml: &str, json: &str) -> String {
    let is_flow = matches!(subject.properties.map(|node| &node.kind), Some(Kind::Mapping(mapping)) if mapping.flow);
    let text = subject.source.text();
    let line_start = text[..first.span.start].rfind('\n').map_or(0, |at| at + 1);
    let lead = &text[line_start..first.span.start];
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let is_alone = lead.trim().is_empty() && line_start > 0;
    match (subject.template.format() == Format::Json, is_alone) {
        (true, true) => format!("{json},{end}{lead}"),
        (true, false) => format!("{json}, "),
        (false, _) if is_flow => format!("{yaml}, "),
        (false, _) => format!("{yaml}{end}{}", " ".repeat(lead.chars().count())),
    }
}
