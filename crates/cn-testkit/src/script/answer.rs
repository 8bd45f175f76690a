//! One canned answer.

use std::time::Duration;

use crate::side::Side;
use crate::xml;

/// An HTTP answer: status, content type, body and delay.
#[derive(Clone, Debug)]
pub struct Answer {
    status: u16,
    content_type: &'static str,
    body: String,
    delay: Duration,
}

impl Answer {
    /// Creates an answer with XML.
    pub fn xml(status: u16, body: impl Into<String>) -> Self {
        Self {
            status,
            content_type: "text/xml",
            body: body.into(),
            delay: Duration::ZERO,
        }
    }

    /// Creates an answer with JSON.
    pub fn json(status: u16, body: impl Into<String>) -> Self {
        Self {
            content_type: "application/x-amz-json-1.1",
            ..Self::xml(status, body)
        }
    }

    /// Creates an answer with an HTML page, as no service sends it; an empty page has no content
    /// type.
    pub fn page(status: u16, body: impl Into<String>) -> Self {
        let body = body.into();
        Self {
            content_type: if body.is_empty() { "" } else { "text/html" },
            ..Self::xml(status, body)
        }
    }

    /// Creates the answer of a query service, with the members of the result in `fields`.
    ///
    /// ```
    /// use cn_testkit::Answer;
    ///
    /// let created = Answer::result("CreateChangeSet", &[("Id", "arn:…"), ("StackId", "arn:…")]);
    /// ```
    pub fn result(operation: &str, fields: &[(&str, &str)]) -> Self {
        let members: Vec<String> = fields
            .iter()
            .map(|(name, value)| element(name, value))
            .collect();
        Self::raw_result(operation, &members.concat())
    }

    /// Creates an answer like [`result`](Self::result), with the content of the result as XML.
    pub fn raw_result(operation: &str, inside: &str) -> Self {
        Self::xml(
            200,
            format!(
                "<{operation}Response><{operation}Result>{inside}</{operation}Result>\
                 <ResponseMetadata><RequestId>scripted</RequestId></ResponseMetadata></{operation}Response>"
            ),
        )
    }

    /// Creates an error with status 400, as query services send it.
    pub fn error(code: &str, message: &str) -> Self {
        Self::xml(
            400,
            format!(
                "<ErrorResponse><Error><Type>Sender</Type>{}{}</Error><RequestId>scripted</RequestId></ErrorResponse>",
                element("Code", code),
                element("Message", message),
            ),
        )
    }

    /// Creates the error of `DescribeStacks` for a stack that does not exist.
    pub fn stack_missing(stack: &str) -> Self {
        let message = format!("Stack with id {stack} does not exist");
        Self::error("ValidationError", &message)
    }

    /// Creates the answer to `GetCallerIdentity` for a user of that side's account.
    pub fn caller_identity(side: Side) -> Self {
        let account = side.account();
        let arn = format!("arn:{}:iam::{account}:user/deployer", side.partition());
        Self::result(
            "GetCallerIdentity",
            &[
                ("Arn", &arn),
                ("UserId", "AIDAEXAMPLE"),
                ("Account", account),
            ],
        )
    }

    /// Delays the answer.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    pub(crate) fn content_type(&self) -> &'static str {
        self.content_type
    }

    pub(crate) fn delay(&self) -> Duration {
        self.delay
    }

    pub(crate) fn into_body(self) -> String {
        self.body
    }

    /// Replaces each `{{Operation.Field}}` by the result of `lookup`, or by nothing.
    pub(crate) fn filled_in(self, lookup: impl Fn(&str, &str) -> Option<String>) -> Self {
        let mut pieces = self.body.split("{{");
        let mut body = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (place, after) = piece.split_once("}}").unwrap_or((piece, ""));
            let (operation, field) = place.split_once('.').unwrap_or((place, ""));
            body.push_str(&xml::escaped(&lookup(operation, field).unwrap_or_default()));
            body.push_str(after);
        }
        Self { body, ..self }
    }
}

/// Renders `<name>text</name>`.
pub(super) fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", xml::escaped(text))
}
