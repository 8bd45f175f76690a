//! Faults that the router injects on demand.

use std::time::Duration;

use super::record::Recorded;
use crate::script::Answer;

/// A fault for requests of one operation. It happens once by default.
///
/// ```
/// use cn_testkit::Fault;
///
/// let busy = Fault::on("PutObject").answer(503, "SlowDown").times(2);
/// let lost = Fault::on("CreateChangeSet").reset_after();
/// ```
#[derive(Clone, Debug)]
pub struct Fault {
    operation: String,
    service: Option<String>,
    skip: usize,
    times: usize,
    effect: Effect,
}

#[derive(Clone, Debug)]
pub(crate) enum Effect {
    /// Answer in the service's own form instead of forwarding.
    Answer(u16, String),
    /// Answer like a proxy on the way; forward first if `is_served`.
    Foreign { answer: Answer, is_served: bool },
    /// Cut the connection; the emulator never sees the request.
    ResetBefore,
    /// Forward, then cut the connection instead of returning the answer.
    ResetAfter,
    /// Forward, then return only the first half of the answer.
    CutShort,
    /// Wait, then forward.
    Delay(Duration),
    /// Never answer; the emulator never sees the request.
    HangBefore,
    /// Forward, then never return the answer.
    HangAfter,
}

impl Fault {
    /// Creates a fault for an operation, such as `PutObject`; by default, it answers 500
    /// `InternalError`.
    #[must_use]
    pub fn on(operation: &str) -> Self {
        Self {
            operation: operation.to_owned(),
            service: None,
            skip: 0,
            times: 1,
            effect: Effect::Answer(500, "InternalError".to_owned()),
        }
    }

    /// Creates a fault for every operation; use it with [`service`](Self::service).
    #[must_use]
    pub fn on_any() -> Self {
        Self::on("")
    }

    /// Limits the fault to one service.
    #[must_use]
    pub fn service(mut self, service: &str) -> Self {
        self.service = Some(service.to_owned());
        self
    }

    /// Answers with an error in the service's own form.
    #[must_use]
    pub fn answer(mut self, status: u16, code: &str) -> Self {
        self.effect = Effect::Answer(status, code.to_owned());
        self
    }

    /// Answers like a service that is called too often.
    #[must_use]
    pub fn throttled(self) -> Self {
        // Query services answer 400, S3 answers 503 with its own name; SDKs look at the code.
        self.answer(400, "ThrottlingException")
    }

    /// Answers in place of the service, like a proxy or a captive portal.
    #[must_use]
    pub fn foreign(mut self, answer: Answer) -> Self {
        self.effect = Effect::Foreign {
            answer,
            is_served: false,
        };
        self
    }

    /// Lets the emulator act, then answers in its place.
    #[must_use]
    pub fn foreign_after(mut self, answer: Answer) -> Self {
        self.effect = Effect::Foreign {
            answer,
            is_served: true,
        };
        self
    }

    /// Cuts the connection before the emulator sees the request.
    #[must_use]
    pub fn reset_before(mut self) -> Self {
        self.effect = Effect::ResetBefore;
        self
    }

    /// Lets the emulator act, then cuts the connection.
    #[must_use]
    pub fn reset_after(mut self) -> Self {
        self.effect = Effect::ResetAfter;
        self
    }

    /// Lets the emulator act, then returns only the first half of its answer.
    #[must_use]
    pub fn cut_short(mut self) -> Self {
        self.effect = Effect::CutShort;
        self
    }

    /// Holds the connection open and never answers; the emulator never sees the request.
    #[must_use]
    pub fn hang_before(mut self) -> Self {
        self.effect = Effect::HangBefore;
        self
    }

    /// Lets the emulator act, then never returns its answer.
    #[must_use]
    pub fn hang_after(mut self) -> Self {
        self.effect = Effect::HangAfter;
        self
    }

    /// Delays the request, then forwards it.
    #[must_use]
    pub fn delay(mut self, time: Duration) -> Self {
        self.effect = Effect::Delay(time);
        self
    }

    /// Lets the first `count` matching requests pass.
    #[must_use]
    pub fn skip(mut self, count: usize) -> Self {
        self.skip = count;
        self
    }

    /// Applies to `count` requests instead of one.
    #[must_use]
    pub fn times(mut self, count: usize) -> Self {
        self.times = count;
        self
    }

    /// Applies to every matching request.
    #[must_use]
    pub fn always(self) -> Self {
        self.times(usize::MAX)
    }

    /// Returns the effect on a request, and counts the request if it matches.
    pub(crate) fn strike(&mut self, request: &Recorded) -> Option<Effect> {
        let is_meant = self.operation.is_empty() || request.operation == self.operation;
        let matches = is_meant
            && self
                .service
                .as_ref()
                .is_none_or(|name| *name == request.service);
        if !matches || self.times == 0 {
            return None;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        self.times -= 1;
        Some(self.effect.clone())
    }
}

/// Returns an error answer in the form that the clients of the service expect.
pub(crate) fn error_answer(service: &str, status: u16, code: &str, message: &str) -> Answer {
    match service {
        "ssm" | "logs" | "states" | "kms" => Answer::json(
            status,
            serde_json::json!({"__type": code, "message": message}).to_string(),
        ),
        "s3" => Answer::xml(
            status,
            format!(
                "<Error><Code>{code}</Code><Message>{message}</Message><RequestId>injected</RequestId></Error>"
            ),
        ),
        _ => Answer::xml(
            status,
            format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>injected</RequestId></ErrorResponse>"
            ),
        ),
    }
}
