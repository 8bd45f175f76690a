//! Everything that CloudFormation knows about the objects that stacks need.

use std::collections::BTreeSet;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{
    self as wire, ChangeSetStatus, Stack, StackSetStatus, StackStatus, TemplateStage,
};
use futures_util::StreamExt as _;
use futures_util::stream;

use super::needs::Needs;
use super::patience::patiently;
use crate::call::{CallError, CallErrorKind, CallExt as _};
use crate::stack::facts::is_absent;
use crate::stack::{Event, Pace, StackName};

/// Number of stacks to read at once: CloudFormation throttles readers early.
const AT_ONCE: usize = 4;

/// A text about a stack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Text {
    /// A template.
    Template(String),
    /// Parameters and outputs.
    Other(String),
}

/// A stack with all texts about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Described {
    /// The name of the stack, or of another user of the objects.
    pub(super) user: String,
    pub(super) texts: Vec<Text>,
}

impl Described {
    /// Records the objects that the texts reference and mention.
    pub(super) fn note(&self, needs: &mut Needs) {
        for text in &self.texts {
            match text {
                Text::Template(text) => needs.note_template(&self.user, text),
                Text::Other(text) => needs.note_text(&self.user, text),
            }
        }
    }
}

/// A client, and the pace of its requests.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) client: &'a Client,
    pub(super) pace: &'a Pace,
}

impl Reader<'_> {
    /// Reads the live stacks and the stack sets of the region, and the deleted stacks of a name.
    ///
    /// Nested stacks and stacks in review are included.
    ///
    /// For each stack, reads its original and its processed template, the templates of its change
    /// sets, its parameters and outputs, and the properties of its resources in every event. The
    /// events contain what earlier templates referenced.
    ///
    /// # Errors
    ///
    /// [`CallError`] if a text cannot be read: without it, the needed objects are not known.
    ///
    /// # Source
    ///
    /// CloudFormation API reference: `GetTemplate` returns the template of a deleted stack for 90
    /// days; `StackEvent`, `ResourceProperties`. How long the events of a live stack are kept is
    /// not documented.
    pub(super) async fn all(
        self,
        deleted: Option<&StackName>,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Vec<Described>, CallError> {
        let mut stacks: Vec<(String, String, Option<Stack>)> = Vec::new();
        let request = self.client.describe_stacks();
        let mut next = None;
        loop {
            let request = request.clone().set_next_token(next);
            let page = patiently(self.pace, on_event, async || {
                let answer = request.clone().send().await;
                answer.call("cloudformation", "DescribeStacks")
            })
            .await?;
            for stack in page.stacks.unwrap_or_default() {
                if stack.stack_status() != Some(&StackStatus::DeleteComplete) {
                    let name = stack.stack_name().unwrap_or_default().to_owned();
                    let id = stack.stack_id().unwrap_or_default().to_owned();
                    stacks.push((name, id, Some(stack)));
                }
            }
            next = page.next_token;
            if next.is_none() {
                break;
            }
        }
        if let Some(name) = deleted {
            let ids = self.deleted(name, on_event).await?;
            stacks.extend(ids.into_iter().map(|id| (name.to_string(), id, None)));
        }
        let mut described = self.stack_sets(on_event).await?;
        let stacks = &stacks;
        let reads = stream::iter(0..stacks.len()).map(async |at| {
            let (name, id, stack) = &stacks[at];
            let mut told = Vec::new();
            let texts = self
                .texts(name, id, stack.as_ref(), &mut |event| told.push(event))
                .await;
            (name, texts, told)
        });
        let mut reads = std::pin::pin!(reads.buffered(AT_ONCE));
        while let Some((user, texts, told)) = reads.next().await {
            told.into_iter().for_each(&mut *on_event);
            described.push(Described {
                user: user.clone(),
                texts: texts?,
            });
        }
        Ok(described)
    }

    /// Returns the IDs of the deleted stacks of a name, and of the stacks that were nested in them.
    async fn deleted(
        self,
        name: &StackName,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Vec<String>, CallError> {
        let mut all = Vec::new();
        let mut next = None;
        loop {
            let request = self.client.list_stacks();
            let request = request
                .stack_status_filter(StackStatus::DeleteComplete)
                .set_next_token(next);
            let page = patiently(self.pace, on_event, async || {
                let answer = request.clone().send().await;
                answer.call("cloudformation", "ListStacks")
            })
            .await?;
            all.extend(page.stack_summaries.unwrap_or_default());
            next = page.next_token;
            if next.is_none() {
                break;
            }
        }
        let is_named = |summary: &&wire::StackSummary| summary.stack_name() == Some(name.as_str());
        let roots: Vec<&str> = all
            .iter()
            .filter(is_named)
            .filter_map(|summary| summary.stack_id())
            .collect();
        let is_of_root = |summary: &&wire::StackSummary| {
            let ids = [summary.stack_id(), summary.root_id()];
            ids.iter().flatten().any(|id| roots.contains(id))
        };
        let found = all.iter().filter(is_of_root);
        Ok(found.filter_map(|it| it.stack_id.clone()).collect())
    }

    async fn texts(
        self,
        name: &str,
        id: &str,
        stack: Option<&Stack>,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Vec<Text>, CallError> {
        let mut texts: Vec<Text> = stack.map(values).into_iter().collect();
        // A stack in review has no templates except those of its change sets.
        let is_in_review =
            stack.and_then(Stack::stack_status) == Some(&StackStatus::ReviewInProgress);
        let stages = [TemplateStage::Original, TemplateStage::Processed];
        for stage in stages.iter().filter(|_| !is_in_review) {
            let template = self.template(id, None, stage, on_event).await?;
            texts.extend(template.map(Text::Template));
        }
        if stack.is_some() {
            for change_set in self.change_sets(name, on_event).await? {
                let stage = TemplateStage::Original;
                let template = self
                    .template(id, Some(&change_set), &stage, on_event)
                    .await?;
                texts.extend(template.map(Text::Template));
            }
        }
        texts.extend(self.properties(id, on_event).await?);
        Ok(texts)
    }

    /// Returns the template of a stack or of a change set. `None` if it does not exist.
    async fn template(
        self,
        stack: &str,
        change_set: Option<&str>,
        stage: &TemplateStage,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Option<String>, CallError> {
        let request = self
            .client
            .get_template()
            .stack_name(stack)
            .set_change_set_name(change_set.map(str::to_owned))
            .template_stage(stage.clone());
        let answer = patiently(self.pace, on_event, async || {
            let answer = request.clone().send().await;
            answer.call("cloudformation", "GetTemplate")
        });
        match answer.await {
            Ok(answer) => Ok(answer.template_body),
            Err(error) if is_gone(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns the change sets that can still be executed, or are being executed.
    async fn change_sets(
        self,
        stack: &str,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Vec<String>, CallError> {
        let mut found = Vec::new();
        let mut next = None;
        loop {
            let request = self.client.list_change_sets().stack_name(stack);
            let request = request.set_next_token(next);
            let answer = patiently(self.pace, on_event, async || {
                let answer = request.clone().send().await;
                answer.call("cloudformation", "ListChangeSets")
            });
            let page = match answer.await {
                Ok(page) => page,
                Err(error) if is_gone(&error) => return Ok(found),
                Err(error) => return Err(error),
            };
            let summaries = page.summaries.unwrap_or_default().into_iter();
            let usable = summaries.filter(|it| it.status() != Some(&ChangeSetStatus::Failed));
            found.extend(usable.filter_map(|summary| summary.change_set_id));
            next = page.next_token;
            if next.is_none() {
                return Ok(found);
            }
        }
    }

    /// Returns the properties of a stack's resources in all its events, each as a template.
    async fn properties(
        self,
        stack: &str,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<BTreeSet<Text>, CallError> {
        let mut found = BTreeSet::new();
        let mut next = None;
        loop {
            let request = self.client.describe_stack_events().stack_name(stack);
            let request = request.set_next_token(next);
            let answer = patiently(self.pace, on_event, async || {
                let answer = request.clone().send().await;
                answer.call("cloudformation", "DescribeStackEvents")
            });
            let page = match answer.await {
                Ok(page) => page,
                Err(error) if is_gone(&error) => return Ok(found),
                Err(error) => return Err(error),
            };
            found.extend(page.stack_events().iter().filter_map(as_template));
            next = page.next_token;
            if next.is_none() {
                return Ok(found);
            }
        }
    }

    /// Returns the stack sets of the account, whose instances may be anywhere.
    async fn stack_sets(
        self,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Vec<Described>, CallError> {
        let mut names = Vec::new();
        let mut next = None;
        loop {
            let request = self.client.list_stack_sets();
            let request = request.status(StackSetStatus::Active).set_next_token(next);
            let answer = patiently(self.pace, on_event, async || {
                let answer = request.clone().send().await;
                answer.call("cloudformation", "ListStackSets")
            });
            let page = match answer.await {
                Ok(page) => page,
                // A CloudFormation without support for stack sets has none.
                Err(error) if error.has_code("InvalidAction") => return Ok(Vec::new()),
                Err(error) => return Err(error),
            };
            let summaries = page.summaries.unwrap_or_default().into_iter();
            names.extend(summaries.filter_map(|summary| summary.stack_set_name));
            next = page.next_token;
            if next.is_none() {
                break;
            }
        }
        let mut described = Vec::new();
        for name in names {
            let request = self.client.describe_stack_set().stack_set_name(&name);
            let answer = patiently(self.pace, on_event, async || {
                let answer = request.clone().send().await;
                answer.call("cloudformation", "DescribeStackSet")
            });
            let set = match answer.await {
                Ok(answer) => answer.stack_set,
                Err(error) if error.has_code("StackSetNotFoundException") => None,
                Err(error) => return Err(error),
            };
            let Some(set) = set else { continue };
            let mut texts = vec![Text::Other(parameters(set.parameters()))];
            texts.extend(set.template_body.map(Text::Template));
            described.push(Described {
                user: format!("stack set {name}"),
                texts,
            });
        }
        Ok(described)
    }
}

/// Returns the properties in an event as a template with only that resource.
fn as_template(event: &wire::StackEvent) -> Option<Text> {
    let properties = event
        .resource_properties()
        .filter(|text| !text.is_empty())?;
    let kind = serde_json::Value::from(event.resource_type().unwrap_or_default());
    // Properties that are not JSON are still searched.
    Some(Text::Template(format!(
        r#"{{"Resources": {{"R": {{"Type": {kind}, "Properties": {properties}}}}}}}"#
    )))
}

/// Returns true if a stack, template or change set does not exist or no longer exists.
fn is_gone(error: &CallError) -> bool {
    error.kind == CallErrorKind::NotFound || is_absent(error)
}

/// Returns the values of a stack's parameters and outputs, which may contain keys.
fn values(stack: &Stack) -> Text {
    let outputs = stack.outputs().iter();
    let outputs: Vec<&str> = outputs.filter_map(wire::Output::output_value).collect();
    Text::Other(format!(
        "{}\n{}",
        parameters(stack.parameters()),
        outputs.join("\n")
    ))
}

fn parameters(all: &[wire::Parameter]) -> String {
    let values = all
        .iter()
        .flat_map(|it| [it.parameter_value(), it.resolved_value()]);
    let values: Vec<&str> = values.flatten().collect();
    values.join("\n")
}
