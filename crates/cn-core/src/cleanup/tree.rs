//! The stack to delete, with the stacks nested in it.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::TemplateStage;
use cn_template::Source;
use cn_template::tree::Template;

use super::facts::{Export, Resource, StackTree};
use super::patience::patiently;
use crate::call::{CallError, CallErrorKind, CallExt as _};
use crate::stack::facts::{is_absent, stack_facts};
use crate::stack::{Event, Pace, StackFacts, StackName, StackStatus};

/// Maximum depth of nested stacks; CloudFormation refuses deeper nesting.
const DEEPEST: usize = 20;

/// Reads a stack with all its nested stacks. `None` if it does not exist.
///
/// # Errors
///
/// [`CallError`] if a part cannot be read.
pub(super) async fn read(
    client: &Client,
    name: &StackName,
    pace: &Pace,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<Option<StackTree>, CallError> {
    let Some((facts, parent)) = describe(client, name.as_str(), pace, on_event).await? else {
        return Ok(None);
    };
    if facts.status == StackStatus::DeleteComplete {
        return Ok(None);
    }
    let mut tree = StackTree {
        name: name.clone(),
        id: facts.id.clone(),
        status: facts.status.clone(),
        is_protected: facts.is_protected,
        parent,
        nested: Vec::new(),
        resources: Vec::new(),
        exports: Vec::new(),
        templates: Vec::new(),
    };
    let mut exports = exports(&facts);
    let mut rest = vec![(facts.id, String::new())];
    while let Some((stack, path)) = rest.pop() {
        let template = processed(client, &stack, pace, on_event).await?;
        let policies = template.as_deref().map(policies).unwrap_or_default();
        tree.templates.extend(template);
        for mut resource in resources(client, &stack, pace, on_event).await? {
            if let Some(policy) = policies.get(&resource.path) {
                resource.is_kept = policy != "Delete";
                resource.is_snapshot = policy == "Snapshot";
            }
            resource.path = format!("{path}{}", resource.path);
            let id = resource.physical_id.clone();
            let is_stack = resource.kind == "AWS::CloudFormation::Stack" && !resource.is_kept;
            if is_stack
                && path.matches('/').count() < DEEPEST
                && let Some(id) = id
                && let Some((nested, _)) = describe(client, &id, pace, on_event).await?
                && nested.status != StackStatus::DeleteComplete
            {
                exports.extend(self::exports(&nested));
                tree.nested.extend(id.parse::<StackName>());
                rest.push((id, format!("{}/", resource.path)));
            }
            tree.resources.push(resource);
        }
    }
    for name in exports {
        let importers = importers(client, &name, pace, on_event).await?;
        tree.exports.push(Export { name, importers });
    }
    tree.resources
        .sort_by(|one, other| one.path.cmp(&other.path));
    Ok(Some(tree))
}

/// Reads a stack and the ARN of its parent stack.
pub(super) async fn describe(
    client: &Client,
    name_or_id: &str,
    pace: &Pace,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<Option<(StackFacts, Option<String>)>, CallError> {
    let request = client.describe_stacks().stack_name(name_or_id);
    let answer = patiently(pace, on_event, async || {
        let answer = request.clone().send().await;
        answer.call("cloudformation", "DescribeStacks")
    });
    match answer.await {
        Ok(answer) => Ok(answer.stacks().first().map(|stack| {
            let parent = stack.parent_id().or(stack.root_id());
            (stack_facts(stack), parent.map(str::to_owned))
        })),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn exports(stack: &StackFacts) -> Vec<String> {
    let outputs = stack.outputs.iter();
    outputs.filter_map(|output| output.export.clone()).collect()
}

async fn processed(
    client: &Client,
    stack: &str,
    pace: &Pace,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<Option<String>, CallError> {
    let request = client.get_template().stack_name(stack);
    let request = request.template_stage(TemplateStage::Processed);
    let answer = patiently(pace, on_event, async || {
        let answer = request.clone().send().await;
        answer.call("cloudformation", "GetTemplate")
    });
    match answer.await {
        Ok(answer) => Ok(answer.template_body),
        // A stack in review has no template.
        Err(error) if error.kind == CallErrorKind::Refused => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns the `DeletionPolicy` of each resource whose template states one.
fn policies(template: &str) -> BTreeMap<String, String> {
    let parsed = Template::parse(&Source::new("template", template));
    let Some(template) = parsed.template else {
        return BTreeMap::new();
    };
    let resources = template.root().get("Resources");
    let entries = resources.map(cn_template::tree::Node::entries);
    let of = |entry: &cn_template::tree::Entry| {
        let policy = entry.value.get("DeletionPolicy")?.as_str()?.to_owned();
        Some((entry.key.as_str()?.to_owned(), policy))
    };
    entries.unwrap_or_default().iter().filter_map(of).collect()
}

async fn resources(
    client: &Client,
    stack: &str,
    pace: &Pace,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<Vec<Resource>, CallError> {
    let mut found = Vec::new();
    let mut next = None;
    loop {
        let request = client.list_stack_resources().stack_name(stack);
        let request = request.set_next_token(next);
        let answer = patiently(pace, on_event, async || {
            let answer = request.clone().send().await;
            answer.call("cloudformation", "ListStackResources")
        });
        let listed = match answer.await {
            Ok(listed) => listed,
            // A stack with a name but no resources has none.
            Err(error) if is_absent(&error) => return Ok(found),
            Err(error) => return Err(error),
        };
        for summary in listed.stack_resource_summaries.unwrap_or_default() {
            let status = summary
                .resource_status
                .as_ref()
                .map_or("", |it| it.as_str());
            if status == "DELETE_COMPLETE" {
                continue;
            }
            found.push(Resource {
                path: summary.logical_resource_id.unwrap_or_default(),
                kind: summary.resource_type.unwrap_or_default(),
                physical_id: summary.physical_resource_id.filter(|id| !id.is_empty()),
                is_kept: false,
                is_snapshot: false,
                bucket: None,
            });
        }
        next = listed.next_token;
        if next.is_none() {
            return Ok(found);
        }
    }
}

/// Returns the stacks that import an export.
///
/// # Source
///
/// CloudFormation API reference, `ListImports`; for an export that no stack imports, the response
/// is a `ValidationError` that states it.
async fn importers(
    client: &Client,
    export: &str,
    pace: &Pace,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<Vec<String>, CallError> {
    let mut found = Vec::new();
    let mut next = None;
    loop {
        let request = client
            .list_imports()
            .export_name(export)
            .set_next_token(next);
        let answer = patiently(pace, on_event, async || {
            let answer = request.clone().send().await;
            answer.call("cloudformation", "ListImports")
        });
        let listed = match answer.await {
            Ok(listed) => listed,
            Err(error) if is_not_imported(&error) => return Ok(found),
            Err(error) => return Err(error),
        };
        found.extend(listed.imports.unwrap_or_default());
        next = listed.next_token;
        if next.is_none() {
            return Ok(found);
        }
    }
}

fn is_not_imported(error: &CallError) -> bool {
    let message = error.message.as_deref().unwrap_or_default();
    error.has_code("ValidationError")
        && (message.contains("is not imported") || message.contains("does not exist"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_those_that_the_template_says() {
        let text = "Resources:\n  A: {Type: T, DeletionPolicy: Retain}\n  B: {Type: T}\n  \
                    C: {Type: T, DeletionPolicy: Snapshot}\n";
        let found = policies(text);
        let expected = [("A", "Retain"), ("C", "Snapshot")];
        let expected = expected.map(|(id, policy)| (id.to_owned(), policy.to_owned()));
        assert_eq!(found, expected.into());
    }
}
