//! Whether a stack has the template it was given.

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::TemplateStage;

use super::error::DeployError;
use super::request::StackName;
use crate::call::{CallError, CallExt as _};

/// The first line in which two templates differ; a text is absent after its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Counted from 1.
    pub line: usize,
    /// Of the template that is deployed.
    pub deployed: Option<String>,
    /// Of the template that was to be deployed.
    pub wanted: Option<String>,
}

/// Compares the template a stack has, as it was sent, with the one it should have.
///
/// Line endings and the end of the text do not count: they may change on the way.
///
/// # Errors
///
/// When the stack's template cannot be read.
pub async fn verify_template(
    client: &Client,
    stack: &StackName,
    wanted: &str,
) -> Result<Option<Difference>, DeployError> {
    let deployed = template_of(client, stack.as_str()).await;
    let deployed = deployed.map_err(|source| {
        DeployError::new(format!("read the template of stack `{stack}`"), source)
    })?;
    Ok(difference(&deployed, wanted))
}

/// The template of a stack as it was sent.
pub(super) async fn template_of(client: &Client, stack: &str) -> Result<String, CallError> {
    let answer = client
        .get_template()
        .stack_name(stack)
        .template_stage(TemplateStage::Original)
        .send()
        .await
        .call("cloudformation", "GetTemplate")?;
    Ok(answer.template_body().unwrap_or_default().to_owned())
}

fn difference(deployed: &str, wanted: &str) -> Option<Difference> {
    let mut left = deployed.trim_end().lines();
    let mut right = wanted.trim_end().lines();
    let mut line = 0;
    loop {
        line += 1;
        match (left.next(), right.next()) {
            (None, None) => return None,
            (left, right) if left == right => {}
            (left, right) => {
                return Some(Difference {
                    line,
                    deployed: left.map(str::to_owned),
                    wanted: right.map(str::to_owned),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_differs_is_told() {
        assert_eq!(difference("a\nb\n", "a\r\nb"), None);
        let found = difference("a\nb", "a\nc\nd").unwrap();
        assert_eq!(found.line, 2);
        assert_eq!(found.deployed.as_deref(), Some("b"));
        assert_eq!(found.wanted.as_deref(), Some("c"));
        assert_eq!(difference("a", "a\nb").unwrap().deployed, None);
    }
}
