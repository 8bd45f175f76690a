//! The answers of CloudFormation for scripts.
//!
//! Shapes: AWS CloudFormation API reference, the data types `Stack`,
//! `StackEvent` and the result of `DescribeChangeSet`.

use super::answer::{Answer, element};
use crate::side::Side;

/// An answer to `DescribeStacks` with one stack.
#[derive(Clone, Debug)]
pub struct Stack {
    name: String,
    status: String,
    reason: Option<String>,
    parameters: Vec<(String, String)>,
    outputs: Vec<(String, String)>,
    tags: Vec<(String, String)>,
}

impl Stack {
    /// Creates a stack in China's account, in a status such as `CREATE_IN_PROGRESS`.
    #[must_use]
    pub fn new(name: &str, status: &str) -> Self {
        Self {
            name: name.to_owned(),
            status: status.to_owned(),
            reason: None,
            parameters: Vec::new(),
            outputs: Vec::new(),
            tags: Vec::new(),
        }
    }

    /// Sets the reason of the status.
    #[must_use]
    pub fn reason(mut self, reason: &str) -> Self {
        self.reason = Some(reason.to_owned());
        self
    }

    /// Adds a parameter.
    #[must_use]
    pub fn parameter(mut self, key: &str, value: &str) -> Self {
        self.parameters.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Adds an output.
    #[must_use]
    pub fn output(mut self, key: &str, value: &str) -> Self {
        self.outputs.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Adds a tag.
    #[must_use]
    pub fn tag(mut self, key: &str, value: &str) -> Self {
        self.tags.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Returns the id of the stack of that name, which is its ARN.
    pub fn id(name: &str) -> String {
        arn("stack", name)
    }

    /// Returns the id of a change set of that name.
    pub fn change_set_id(change_set: &str) -> String {
        arn("changeSet", change_set)
    }
}

impl From<Stack> for Answer {
    fn from(stack: Stack) -> Self {
        let reason = stack.reason.map(|text| element("StackStatusReason", &text));
        let inside = [
            element("StackId", &Stack::id(&stack.name)),
            element("StackName", &stack.name),
            element("StackStatus", &stack.status),
            reason.unwrap_or_default(),
            element("CreationTime", &moment(0)),
            pairs(
                "Parameters",
                ["ParameterKey", "ParameterValue"],
                &stack.parameters,
            ),
            pairs("Outputs", ["OutputKey", "OutputValue"], &stack.outputs),
            pairs("Tags", ["Key", "Value"], &stack.tags),
        ];
        let members = format!("<Stacks><member>{}</member></Stacks>", inside.concat());
        Self::raw_result("DescribeStacks", &members)
    }
}

/// An answer to `DescribeChangeSet`.
#[derive(Clone, Debug)]
pub struct ChangeSet {
    stack: String,
    status: String,
    execution_status: String,
    reason: Option<String>,
    changes: Vec<String>,
}

impl ChangeSet {
    /// Returns the answer to `CreateChangeSet` for a stack, with the name in the request.
    #[must_use]
    pub fn created(stack: &str) -> Answer {
        let id = Stack::change_set_id("{{CreateChangeSet.ChangeSetName}}");
        let members = [("Id", id.as_str()), ("StackId", &Stack::id(stack))];
        Answer::result("CreateChangeSet", &members)
    }

    /// Creates a change set in a status such as `CREATE_PENDING`, `CREATE_COMPLETE` or `FAILED`.
    ///
    /// Its name is that of the latest `CreateChangeSet`.
    #[must_use]
    pub fn new(stack: &str, status: &str) -> Self {
        let executable = status == "CREATE_COMPLETE";
        let execution_status = if executable {
            "AVAILABLE"
        } else {
            "UNAVAILABLE"
        };
        Self {
            stack: stack.to_owned(),
            status: status.to_owned(),
            execution_status: execution_status.to_owned(),
            reason: None,
            changes: Vec::new(),
        }
    }

    /// Sets the reason of the status.
    #[must_use]
    pub fn reason(mut self, reason: &str) -> Self {
        self.reason = Some(reason.to_owned());
        self
    }

    /// Adds elements to the last change, as XML.
    ///
    /// # Panics
    ///
    /// When there is no change yet.
    #[must_use]
    pub fn with(mut self, inside: &str) -> Self {
        let last = self.changes.last_mut().expect("a change");
        let end = last.len() - "</ResourceChange></member>".len();
        last.insert_str(end, inside);
        self
    }

    /// Adds a change: an action (`Add`, `Modify`, `Remove`), the logical ID and type of the
    /// resource, and for `Modify` its replacement (`True`, `False`, `Conditional`; empty for other
    /// actions).
    #[must_use]
    pub fn change(mut self, action: &str, logical_id: &str, kind: &str, replacement: &str) -> Self {
        let replacement = match replacement {
            "" => String::new(),
            text => element("Replacement", text),
        };
        self.changes.push(format!(
            "<member><Type>Resource</Type><ResourceChange>{}{}{}{replacement}</ResourceChange></member>",
            element("Action", action),
            element("LogicalResourceId", logical_id),
            element("ResourceType", kind),
        ));
        self
    }
}

impl From<ChangeSet> for Answer {
    fn from(change_set: ChangeSet) -> Self {
        let name = "{{CreateChangeSet.ChangeSetName}}";
        let reason = change_set.reason.map(|text| element("StatusReason", &text));
        let inside = [
            element("ChangeSetName", name),
            element("ChangeSetId", &Stack::change_set_id(name)),
            element("StackId", &Stack::id(&change_set.stack)),
            element("StackName", &change_set.stack),
            element("Status", &change_set.status),
            element("ExecutionStatus", &change_set.execution_status),
            reason.unwrap_or_default(),
            format!("<Changes>{}</Changes>", change_set.changes.concat()),
        ];
        Self::raw_result("DescribeChangeSet", &inside.concat())
    }
}

/// An answer to `DescribeStackEvents`. Events are added in the order they happened and answered
/// newest first, as the service does.
#[derive(Clone, Debug)]
pub struct Events {
    stack: String,
    token: String,
    next_token: Option<String>,
    members: Vec<String>,
}

impl Events {
    /// Creates an answer without events. The `ClientRequestToken` of its events is that of the
    /// latest `ExecuteChangeSet`.
    #[must_use]
    pub fn new(stack: &str) -> Self {
        Self {
            stack: stack.to_owned(),
            token: "{{ExecuteChangeSet.ClientRequestToken}}".to_owned(),
            next_token: None,
            members: Vec::new(),
        }
    }

    /// Sets another token for the events that are added next: that of an earlier operation.
    #[must_use]
    pub fn of_operation(mut self, token: &str) -> Self {
        token.clone_into(&mut self.token);
        self
    }

    /// Sets the token of a further page with older events.
    #[must_use]
    pub fn next_token(mut self, token: &str) -> Self {
        self.next_token = Some(token.to_owned());
        self
    }

    /// Adds an event; `reason` may be empty.
    #[must_use]
    pub fn event(mut self, logical_id: &str, kind: &str, status: &str, reason: &str) -> Self {
        let number = self.members.len();
        let reason = match reason {
            "" => String::new(),
            text => element("ResourceStatusReason", text),
        };
        let token = match self.token.as_str() {
            "" => String::new(),
            token => element("ClientRequestToken", token),
        };
        let inside = [
            element("EventId", &format!("{logical_id}-{status}-{number}")),
            element("StackId", &Stack::id(&self.stack)),
            element("StackName", &self.stack),
            element("LogicalResourceId", logical_id),
            element("PhysicalResourceId", &self.physical_id(logical_id)),
            element("ResourceType", kind),
            element("ResourceStatus", status),
            element("Timestamp", &moment(number)),
            reason,
            token,
        ];
        self.members
            .push(format!("<member>{}</member>", inside.concat()));
        self
    }

    /// Adds the properties of the resource to the last event, as JSON.
    ///
    /// # Panics
    ///
    /// When there is no event yet.
    #[must_use]
    pub fn properties(mut self, json: &str) -> Self {
        let last = self.members.last_mut().expect("an event");
        let end = last.len() - "</member>".len();
        last.insert_str(end, &element("ResourceProperties", json));
        self
    }

    /// Adds an event of the stack itself.
    #[must_use]
    pub fn stack_event(self, status: &str, reason: &str) -> Self {
        let name = self.stack.clone();
        self.event(&name, "AWS::CloudFormation::Stack", status, reason)
    }

    fn physical_id(&self, logical_id: &str) -> String {
        if logical_id == self.stack {
            return Stack::id(&self.stack);
        }
        format!("{}-{logical_id}", self.stack)
    }
}

impl From<Events> for Answer {
    fn from(events: Events) -> Self {
        let newest_first: String = events.members.into_iter().rev().collect();
        let next = events.next_token.map(|token| element("NextToken", &token));
        let inside = format!(
            "<StackEvents>{newest_first}</StackEvents>{}",
            next.unwrap_or_default(),
        );
        Self::raw_result("DescribeStackEvents", &inside)
    }
}

fn arn(kind: &str, name: &str) -> String {
    let side = Side::China;
    format!(
        "arn:{}:cloudformation:{}:{}:{kind}/{name}/11111111-2222-4333-8444-555555555555",
        side.partition(),
        side.region(),
        side.account(),
    )
}

/// Returns the time of the `number`-th event: one per second, long after any real clock.
fn moment(number: usize) -> String {
    format!("2030-01-01T00:{:02}:{:02}.000Z", number / 60, number % 60)
}

fn pairs(list: &str, [key_name, value_name]: [&str; 2], pairs: &[(String, String)]) -> String {
    let members: Vec<String> = pairs
        .iter()
        .map(|(key, value)| {
            let inside = element(key_name, key) + &element(value_name, value);
            format!("<member>{inside}</member>")
        })
        .collect();
    format!("<{list}>{}</{list}>", members.concat())
}
