//! China has no edge-optimized APIs.
//!
//! SAM makes its APIs regional in China by default, unless the template specifies `EDGE`.

use super::model::{Does, Look, Rule, Spots};
use crate::diag::{Code, Severity};
use crate::edit::Edit;
use crate::look::aim::Aims;
use crate::look::subject::Subject;
use crate::source::Span;
use crate::tree::{Format, Kind, Node};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN410",
        title: "edge-optimized API",
    },
    name: "edge",
    severity: Severity::Warning,
    why: "edge-optimized APIs are not available in China, and CloudFormation creates them by default",
    help: "set `EndpointConfiguration: {Types: [REGIONAL]}`",
    sources: &["cn-api-gateway", "sam-regions"],
    does: Does::FIXED.or_reported(),
    looks: &[Look::Resource(look)],
    ..Rule::BASE
};

const REGIONAL: &str = "EndpointConfiguration: {Types: [REGIONAL]}";

fn look(subject: &Subject<'_, '_>, spots: &mut Spots<'_>) {
    match subject.kind {
        "AWS::ApiGateway::RestApi" | "AWS::Serverless::Api" => {
            for (span, aims) in edges(subject) {
                let in_regions = subject.view.in_regions(aims);
                let regional = subject.source().slice(span).replace("EDGE", "REGIONAL");
                let edit = Edit::replace(span, regional);
                spots.restructure(span, in_regions, edit, "EDGE", "REGIONAL");
                make_portable(subject, span, aims, spots);
            }
            add_configuration(subject, spots);
        }
        "AWS::ApiGateway::DomainName" => domain_name(subject, spots),
        _ => {}
    }
}

/// Returns the aims that are the portable form.
fn portable(subject: &Subject<'_, '_>, aims: Aims) -> Aims {
    aims.filter(|index| subject.view.aims[index].region().is_none())
}

/// Makes the API regional only in China, so that it stays as it is elsewhere.
fn make_portable(subject: &Subject<'_, '_>, span: Span, aims: Aims, spots: &mut Spots<'_>) {
    let aims = portable(subject, aims);
    if aims.is_empty() || subject.kind != "AWS::ApiGateway::RestApi" {
        return;
    }
    let Some((condition, added)) = subject.view.is_china() else {
        return;
    };
    let raw = subject.source().slice(span);
    let text = if is_json(subject) {
        format!("{{\"Fn::If\": [\"{condition}\", \"REGIONAL\", {raw}]}}")
    } else {
        format!("!If [{condition}, REGIONAL, {raw}]")
    };
    let edit = Edit::replace(span, text.as_str());
    spots.restructure(span, aims, edit, raw, text);
    spots.last_needs(added.clone());
}

/// Adds the configuration to an API that has none.
fn add_configuration(subject: &Subject<'_, '_>, spots: &mut Spots<'_>) {
    if subject.kind != "AWS::ApiGateway::RestApi" {
        return;
    }
    let has_one = subject
        .aims_given(&["EndpointConfiguration"])
        .or(subject.aims_given(&["Parameters", "endpointConfigurationTypes"]));
    let aims = subject.present.filter(|index| !has_one.has(index));
    let in_regions = subject.view.in_regions(aims);
    let Some(first) = first_property(subject) else {
        return spots.report_as(
            Severity::Error,
            subject.kind_span,
            in_regions,
            "the API would be edge-optimized, which is not available in China",
            "add `EndpointConfiguration: {Types: [REGIONAL]}`",
        );
    };
    let json = "\"EndpointConfiguration\": {\"Types\": [\"REGIONAL\"]}";
    let edit = Edit::insert(first.span.start, inserted(subject, first, REGIONAL, json));
    spots.restructure(subject.kind_span, in_regions, edit, "", REGIONAL);

    let aims = portable(subject, aims);
    if aims.is_empty() {
        return;
    }
    let Some((condition, added)) = subject.view.is_china() else {
        return;
    };
    let yaml = format!(
        "EndpointConfiguration: !If [{condition}, {{Types: [REGIONAL]}}, !Ref AWS::NoValue]"
    );
    let json = format!(
        "\"EndpointConfiguration\": {{\"Fn::If\": [\"{condition}\", {{\"Types\": [\"REGIONAL\"]}}, {{\"Ref\": \"AWS::NoValue\"}}]}}"
    );
    let edit = Edit::insert(first.span.start, inserted(subject, first, &yaml, &json));
    spots.restructure(subject.kind_span, aims, edit, "", yaml);
    spots.last_needs(added.clone());
}

fn domain_name(subject: &Subject<'_, '_>, spots: &mut Spots<'_>) {
    let types = subject.texts(&["EndpointConfiguration", "Types"]);
    let given = subject
        .at(&["EndpointConfiguration"])
        .iter()
        .fold(Aims::NONE, |all, (_, aims)| all.or(*aims));
    let mut wrong = subject.present.filter(|index| !given.has(index));
    for (text, _, aims) in &types {
        if *text == "EDGE" {
            wrong = wrong.or(*aims);
        }
    }
    spots.report_as(
        Severity::Error,
        types.first().map_or(subject.kind_span, |(_, span, _)| *span),
        subject.view.in_regions(wrong),
        "the domain name would be edge-optimized, which is not available in China",
        "set `EndpointConfiguration: {Types: [REGIONAL]}` and `RegionalCertificateArn`; a custom domain also needs ICP recordal",
    );
}

/// Returns the scalars that make an API edge-optimized.
fn edges(subject: &Subject<'_, '_>) -> Vec<(Span, Aims)> {
    let paths: &[&[&str]] = match subject.kind {
        "AWS::ApiGateway::RestApi" => &[
            &["EndpointConfiguration", "Types"],
            &["Parameters", "endpointConfigurationTypes"],
        ],
        _ => &[
            &["EndpointConfiguration"],
            &["EndpointConfiguration", "Type"],
            &["Domain", "EndpointConfiguration"],
        ],
    };
    paths
        .iter()
        .flat_map(|path| subject.texts(path))
        .filter(|(text, ..)| *text == "EDGE")
        .map(|(_, span, aims)| (span, aims))
        .collect()
}

/// Returns the key of the first property, if a property can be inserted before it.
fn first_property<'t>(subject: &Subject<'_, 't>) -> Option<&'t Node> {
    let properties = subject.properties?;
    let Kind::Mapping(mapping) = &properties.kind else {
        return None;
    };
    // A macro or a branch may set the configuration: a person has to decide.
    let is_open = mapping
        .entries
        .iter()
        .any(|entry| entry.key.as_str().is_none_or(|key| key.starts_with("Fn::")));
    let is_given = properties.entry("EndpointConfiguration").is_some();
    let first = mapping.entries.first()?;
    (!is_open && !is_given && properties.call().is_none()).then_some(&first.key)
}

/// Formats a new property in the style of the property after it.
fn inserted(subject: &Subject<'_, '_>, first: &Node, yaml: &str, json: &str) -> String {
    let is_flow = matches!(subject.properties.map(|node| &node.kind), Some(Kind::Mapping(mapping)) if mapping.flow);
    let text = subject.source().text();
    let line_start = text[..first.span.start].rfind('\n').map_or(0, |at| at + 1);
    let lead = &text[line_start..first.span.start];
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let is_alone = lead.trim().is_empty() && line_start > 0;
    match (is_json(subject), is_alone) {
        (true, true) => format!("{json},{end}{lead}"),
        (true, false) => format!("{json}, "),
        (false, _) if is_flow => format!("{yaml}, "),
        (false, _) => format!("{yaml}{end}{}", " ".repeat(lead.chars().count())),
    }
}

fn is_json(subject: &Subject<'_, '_>) -> bool {
    subject.view.template.format() == Format::Json
}
