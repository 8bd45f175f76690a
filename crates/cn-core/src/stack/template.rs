//! A stack's template and the physical IDs of its resources.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::TemplateStage;

use crate::call::{CallError, CallExt as _, Pages};

/// Returns the template of a stack as it was sent.
pub(crate) async fn template_of(client: &Client, stack: &str) -> Result<String, CallError> {
    template_at(client, stack, TemplateStage::Original).await
}

pub(crate) async fn template_at(
    client: &Client,
    stack: &str,
    stage: TemplateStage,
) -> Result<String, CallError> {
    let answer = client
        .get_template()
        .stack_name(stack)
        .template_stage(stage)
        .send()
        .await
        .call("cloudformation", "GetTemplate")?;
    Ok(answer.template_body().unwrap_or_default().to_owned())
}

/// Returns the physical IDs of a stack's resources, by logical ID.
pub(crate) async fn physical_ids(
    client: &Client,
    stack: &str,
) -> Result<BTreeMap<String, String>, CallError> {
    let mut found = BTreeMap::new();
    let mut pages = Pages::of("cloudformation", "ListStackResources");
    let mut next = None;
    loop {
        let page = client
            .list_stack_resources()
            .stack_name(stack)
            .set_next_token(next)
            .send()
            .await
            .call("cloudformation", "ListStackResources")?;
        for resource in page.stack_resource_summaries.unwrap_or_default() {
            let names = (resource.logical_resource_id, resource.physical_resource_id);
            if let (Some(logical), Some(physical)) = names {
                found.insert(logical, physical);
            }
        }
        next = pages.next(page.next_token)?;
        if next.is_none() {
            return Ok(found);
        }
    }
}
