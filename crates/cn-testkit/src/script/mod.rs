//! Exact answers for operations that no emulator supports.
//!
//! The emulator finishes a stack before it answers, and never rolls back a first deployment. A
//! script plays such sequences word for word. Each use names the behavior of AWS that it
//! reproduces.

mod answer;
mod cloudformation;

use std::collections::VecDeque;

pub use answer::Answer;
pub use cloudformation::{ChangeSet, Events, Stack};

use crate::router::Recorded;

/// The answers of one service, by operation.
///
/// Answers to one operation are given in order, and the last answer is repeated. An answer may
/// contain `{{Operation.Field}}`, which is replaced by that form field of the latest such request:
/// an event can have the token that the program under test generated. An operation without an
/// answer gets an error that names it.
///
/// ```
/// use cn_testkit::{Answer, Script, Stack};
///
/// let script = Script::of("cloudformation")
///     .on("DescribeStacks", Answer::stack_missing("orders"))
///     .on("DescribeStacks", Stack::new("orders", "CREATE_IN_PROGRESS"))
///     .on("DescribeStacks", Stack::new("orders", "ROLLBACK_COMPLETE"));
/// ```
#[derive(Clone, Debug)]
pub struct Script {
    service: String,
    lines: Vec<Line>,
    emulates_the_rest: bool,
}

#[derive(Clone, Debug)]
struct Line {
    operation: String,
    /// Form fields and the values they must have.
    conditions: Vec<(String, String)>,
    answers: VecDeque<Answer>,
}

impl Script {
    /// Creates an empty script for a service, named as in credential scopes (`cloudformation`).
    #[must_use]
    pub fn of(service: &str) -> Self {
        Self {
            service: service.to_owned(),
            lines: Vec::new(),
            emulates_the_rest: false,
        }
    }

    /// Adds the next answer to an operation.
    #[must_use]
    pub fn on(self, operation: &str, answer: impl Into<Answer>) -> Self {
        self.when(operation, &[], answer)
    }

    /// Adds the next answer to an operation whose form fields have these values.
    ///
    /// Lines with conditions are tried before those without.
    #[must_use]
    pub fn when(
        mut self,
        operation: &str,
        conditions: &[(&str, &str)],
        answer: impl Into<Answer>,
    ) -> Self {
        let conditions: Vec<(String, String)> = conditions
            .iter()
            .map(|(field, value)| ((*field).to_owned(), (*value).to_owned()))
            .collect();
        let same = |line: &&mut Line| line.operation == operation && line.conditions == conditions;
        if let Some(line) = self.lines.iter_mut().find(same) {
            line.answers.push_back(answer.into());
            return self;
        }
        self.lines.push(Line {
            operation: operation.to_owned(),
            conditions,
            answers: VecDeque::from([answer.into()]),
        });
        self
    }

    /// Leaves operations without an answer to the emulator.
    #[must_use]
    pub fn otherwise_emulated(mut self) -> Self {
        self.emulates_the_rest = true;
        self
    }

    /// Returns the answer to a request; `None` if the script is not responsible for it.
    pub(crate) fn play(&mut self, request: &Recorded, seen: &[Recorded]) -> Option<Answer> {
        if request.service != self.service {
            return None;
        }
        self.lines.sort_by_key(|line| line.conditions.is_empty());
        let Some(line) = self.lines.iter_mut().find(|line| line.fits(request)) else {
            let missing = Answer::error(
                "NotScripted",
                &format!("the test scripted no answer to {}", request.operation),
            );
            return (!self.emulates_the_rest).then_some(missing);
        };
        let answer = if line.answers.len() > 1 {
            line.answers.pop_front()
        } else {
            line.answers.front().cloned()
        };
        answer.map(|answer| answer.filled_in(|operation, field| latest(seen, operation, field)))
    }
}

impl Line {
    fn fits(&self, request: &Recorded) -> bool {
        let holds =
            |(field, value): &(String, String)| request.field(field).as_ref() == Some(value);
        request.operation == self.operation && self.conditions.iter().all(holds)
    }
}

fn latest(seen: &[Recorded], operation: &str, field: &str) -> Option<String> {
    let mut requests = seen.iter().rev();
    requests
        .find(|request| request.operation == operation)
        .and_then(|request| request.field(field))
}
