//! The answers of the simulated service.

#![expect(
    clippy::format_collect,
    clippy::unnecessary_wraps,
    clippy::too_many_lines,
    reason = "a test double: short before fast"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use tokio::time::Instant;

use super::plant;
use super::world::{ACCOUNT, Beat, ChangeSet, Happened, Served, Stack, World, beat};

pub(super) fn error(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    )
}

fn invalid(message: String) -> (u16, &'static str, String) {
    (400, "ValidationError", message)
}

impl World {
    /// Applies all events that are due by now.
    pub(super) fn advance(&mut self) {
        let now = Instant::now();
        for stack in &mut self.stacks {
            while stack.timeline.front().is_some_and(|(at, _)| *at <= now) {
                let (_, event) = stack.timeline.pop_front().expect("just seen");
                if event.physical == stack.id {
                    stack.status.clone_from(&event.status);
                    if event.status.ends_with("ROLLBACK_COMPLETE") {
                        stack.content.clone_from(&stack.content_before);
                    }
                }
                stack.events.push(event);
            }
        }
    }

    /// Returns a stack: by ARN any stack, by name only a stack that is not deleted.
    pub fn stack(&mut self, name_or_id: &str) -> Option<&mut Stack> {
        self.stacks.iter_mut().find(|stack| {
            stack.id == name_or_id
                || (stack.name == name_or_id && stack.status != "DELETE_COMPLETE")
        })
    }

    pub(super) fn existing(
        &mut self,
        members: &BTreeMap<String, String>,
    ) -> Result<&mut Stack, (u16, &'static str, String)> {
        let name = members["StackName"].clone();
        let missing = invalid(format!("Stack with id {name} does not exist"));
        self.stack(&name).ok_or(missing)
    }

    fn change_set(
        &mut self,
        members: &BTreeMap<String, String>,
    ) -> Result<(usize, usize), (u16, &'static str, String)> {
        let name = &members["ChangeSetName"];
        for (at, stack) in self.stacks.iter().enumerate() {
            let is_named = |set: &ChangeSet| {
                set.id == *name
                    || (set.name == *name && members.get("StackName") == Some(&stack.name))
            };
            if let Some(set) = stack.change_sets.iter().position(is_named) {
                return Ok((at, set));
            }
        }
        Err((
            404,
            "ChangeSetNotFound",
            format!("ChangeSet [{name}] does not exist"),
        ))
    }

    pub(super) fn describe_stacks(&mut self, members: &BTreeMap<String, String>) -> Served {
        let masks = self.masks_parameters;
        self.existing(members)?;
        let reason = self.element("StackStatusReason", plant::STATUS_REASON, "");
        let description = self.element("Description", plant::OUTPUT_DESCRIPTION, "");
        let stack = self.existing(members)?;
        let parameters = parameters(&stack.parameters, masks);
        let tags: String = stack
            .tags
            .iter()
            .map(|(key, value)| format!("<member><Key>{key}</Key><Value>{value}</Value></member>"))
            .collect();
        Ok(format!(
            "<Stacks><member><StackId>{}</StackId><StackName>{}</StackName><StackStatus>{}</StackStatus>{reason}<Parameters>{parameters}</Parameters><Tags>{tags}</Tags><Outputs><member><OutputKey>Content</OutputKey><OutputValue>{}</OutputValue>{description}</member></Outputs></member></Stacks>",
            stack.id, stack.name, stack.status, stack.content
        ))
    }

    pub(super) fn create_change_set(
        &mut self,
        members: &BTreeMap<String, String>,
        now_ms: i64,
    ) -> Served {
        let name = members["StackName"].clone();
        let kind = members["ChangeSetType"].clone();
        let express = (members.get("DeploymentConfig.Mode").map(String::as_str) == Some("EXPRESS"))
            .then(|| members["DeploymentConfig.DisableRollback"].clone());
        // Source: aws-sam-cli 9106.
        if express.is_some() && members.contains_key("OnStackFailure") {
            return Err(invalid(
                "OnStackFailure cannot be specified with DeploymentConfig".to_owned(),
            ));
        }
        let reverts_drift = members.contains_key("DeploymentMode");
        if self.stack(&name).is_none() {
            if kind == "UPDATE" {
                return Err(invalid(format!("Stack [{name}] does not exist")));
            }
            self.next_id += 1;
            let id = format!("{ACCOUNT}:stack/{name}/{}", self.next_id);
            self.stacks.push(Stack {
                id,
                name: name.clone(),
                status: "REVIEW_IN_PROGRESS".into(),
                ..Stack::default()
            });
        }
        self.next_id += 1;
        let number = self.next_id;
        let empty_reason = self.empty_reason.unwrap_or("The submitted information didn't contain changes. Submit different information to create a change set.");
        let fails = self.change_set_fails;
        let has_drifted = self.has_drifted;
        let most = self.most_change_sets.unwrap_or(usize::MAX);
        let stack = self.stack(&name).expect("just made");
        let set_name = members["ChangeSetName"].clone();
        if let Some(same) = stack.change_sets.iter().find(|set| set.name == set_name) {
            if same.token == members["ClientToken"] {
                return Ok(format!(
                    "<Id>{}</Id><StackId>{}</StackId>",
                    same.id, stack.id
                ));
            }
            return Err((
                400,
                "AlreadyExistsException",
                format!("ChangeSet {set_name} already exists"),
            ));
        }
        if stack.change_sets.len() >= most {
            return Err((
                400,
                "LimitExceededException",
                format!("Limit for the number of ChangeSets for stack [{name}] has been reached"),
            ));
        }
        let is_new = stack.status == "REVIEW_IN_PROGRESS";
        if is_new != (kind == "CREATE")
            || stack.status.contains("ROLLBACK_COMPLETE") && !stack.status.starts_with("UPDATE")
        {
            return Err(invalid(format!(
                "Stack:{} is in {} state and can not be updated.",
                stack.id, stack.status
            )));
        }
        if !is_new && stack.status.ends_with("_IN_PROGRESS") {
            return Err(invalid(format!(
                "Stack:{} is in {} state and can not be updated.",
                stack.id, stack.status
            )));
        }
        let content = members
            .get("TemplateBody")
            .or(members.get("TemplateURL"))
            .expect("a template")
            .clone();
        let mut parameters = Vec::new();
        for at in 1.. {
            let Some(key) = members.get(&format!("Parameters.member.{at}.ParameterKey")) else {
                break;
            };
            let value = members
                .get(&format!("Parameters.member.{at}.ParameterValue"))
                .cloned();
            let previous = || {
                stack
                    .parameters
                    .iter()
                    .find(|(name, _)| name == key)
                    .map(|(_, value)| value.clone())
            };
            parameters.push((key.clone(), value.or_else(previous).expect("a value")));
        }
        let is_changed = is_new || reverts_drift && has_drifted;
        let is_empty = !is_changed && content == stack.content && parameters == stack.parameters;
        let (status, reason) = match fails {
            Some(reason) => ("FAILED", reason.to_owned()),
            None if is_empty => ("FAILED", empty_reason.to_owned()),
            None => ("CREATE_COMPLETE", String::new()),
        };
        let id = format!("{ACCOUNT}:changeSet/{set_name}/{number}");
        let answer = format!("<Id>{id}</Id><StackId>{}</StackId>", stack.id);
        stack.change_sets.push(ChangeSet {
            name: set_name,
            id,
            token: members["ClientToken"].clone(),
            status,
            execution: if status == "FAILED" {
                "UNAVAILABLE"
            } else {
                "AVAILABLE"
            },
            reason,
            content,
            parameters,
            kind,
            express,
            reverts_drift,
            description: members["Description"].clone(),
            at_ms: now_ms,
            ready: Some(Instant::now() + Duration::from_millis(1500)),
        });
        Ok(answer)
    }

    pub(super) fn describe_change_set(&mut self, members: &BTreeMap<String, String>) -> Served {
        if members["ChangeSetName"] == NESTED_CHANGE_SET && self.change_set_fails.is_some() {
            let reason = self.element(
                "StatusReason",
                plant::NESTED_REASON,
                "Template format error: unresolved resource",
            );
            return Ok(format!(
                "<ChangeSetId>{NESTED_CHANGE_SET}</ChangeSetId><StackName>orders-Net</StackName><Status>FAILED</Status>{reason}"
            ));
        }
        if members["ChangeSetName"] == NESTED_CHANGE_SET {
            return Ok(format!(
                "<ChangeSetId>{NESTED_CHANGE_SET}</ChangeSetId><Status>CREATE_COMPLETE</Status><Changes>{}</Changes>",
                resource_change("Remove", "Table", "AWS::DynamoDB::Table", "")
            ));
        }
        let (at, set) = self.change_set(members)?;
        let nested = if self.is_nested {
            let id = format!("<ChangeSetId>{NESTED_CHANGE_SET}</ChangeSetId>");
            resource_change("Modify", "Data", "AWS::CloudFormation::Stack", &id)
        } else {
            String::new()
        };
        let changes_as = self.changes_as;
        let has_drifted = self.has_drifted;
        let stack = self.stacks[at].clone();
        let set = &stack.change_sets[set];
        let is_ready = set.ready.is_none_or(|ready| ready <= Instant::now());
        let status = if is_ready {
            set.status
        } else {
            "CREATE_IN_PROGRESS"
        };
        let failed = if is_ready {
            set.reason.clone()
        } else {
            String::new()
        };
        let usual = if set.kind == "CREATE" {
            "Add"
        } else {
            "Modify"
        };
        let action = changes_as.unwrap_or(usual);
        // Always two pages, to catch programs that only look at the first.
        let (resource, next) = match members.get("NextToken") {
            None => ("Queue", "<NextToken>2</NextToken>"),
            Some(_) => ("Topic", ""),
        };
        let nested = if next.is_empty() {
            nested
        } else {
            String::new()
        };
        let changes = if status == "CREATE_COMPLETE" {
            let kind = format!("AWS::SQS::{resource}");
            let mut more = self.change_texts();
            if set.reverts_drift && has_drifted {
                more += DRIFT;
            }
            let change = resource_change(action, resource, &kind, &more);
            format!("<Changes>{change}{nested}</Changes>{next}")
        } else {
            String::new()
        };
        let reason = if failed.is_empty() {
            String::new()
        } else {
            self.element("StatusReason", plant::CHANGE_SET_REASON, &failed)
        };
        let parameters = parameters(&set.parameters, self.masks_parameters);
        let express = set.express.as_ref().map_or(String::new(), |disabled| {
            format!("<DeploymentConfig><Mode>EXPRESS</Mode><DisableRollback>{disabled}</DisableRollback></DeploymentConfig>")
        });
        Ok(format!(
            "{express}<ChangeSetId>{}</ChangeSetId><StackId>{}</StackId><Parameters>{parameters}</Parameters><Status>{status}</Status><ExecutionStatus>{}</ExecutionStatus>{reason}<CreationTime>{}</CreationTime>{changes}",
            set.id,
            stack.id,
            set.execution,
            time(set.at_ms)
        ))
    }

    pub(super) fn execute_change_set(
        &mut self,
        members: &BTreeMap<String, String>,
        now_ms: i64,
    ) -> Served {
        let (at, set_at) = self.change_set(members)?;
        let set = self.stacks[at].change_sets[set_at].clone();
        if set.execution != "AVAILABLE" {
            return Err((
                400,
                "InvalidChangeSetStatus",
                format!(
                    "ChangeSet [{}] cannot be executed in its current status",
                    set.id
                ),
            ));
        }
        if set.express.is_some() && members.contains_key("DisableRollback") {
            return Err(invalid(
                "DisableRollback cannot be specified with DeploymentConfig".to_owned(),
            ));
        }
        self.executions += 1;
        let script = self
            .scripts
            .pop_front()
            .unwrap_or_else(|| success(&set.kind, set.express.is_some()));
        let token = members["ClientRequestToken"].clone();
        let hides = self.hides_tokens;
        let mut number = self.next_id;
        let stack = &mut self.stacks[at];
        stack.change_sets.retain(|other| other.id == set.id);
        stack.change_sets[0].execution = "EXECUTE_IN_PROGRESS";
        stack.content_before = std::mem::replace(&mut stack.content, set.content.clone());
        stack.parameters.clone_from(&set.parameters);
        let root = stack.id.clone();
        let root_name = stack.name.clone();
        let mut nested: BTreeMap<String, Vec<(Instant, Happened)>> = BTreeMap::new();
        for beat in script {
            number += 1;
            let due = Instant::now() + Duration::from_millis(beat.after_ms);
            let (parent, id) = beat.id.rsplit_once('/').unwrap_or(("", beat.id));
            let owner = if parent.is_empty() {
                root.clone()
            } else {
                nested_id(parent)
            };
            let physical = match (id, beat.kind) {
                ("", _) => owner.clone(),
                (_, "AWS::CloudFormation::Stack") => nested_id(beat.id),
                _ => format!("physical-{id}"),
            };
            let logical = match id {
                "" if parent.is_empty() => root_name.clone(),
                "" => parent.to_owned(),
                id => id.to_owned(),
            };
            let event = Happened {
                number,
                at_ms: now_ms + i64::try_from(beat.after_ms).unwrap(),
                id: logical,
                kind: if id.is_empty() {
                    "AWS::CloudFormation::Stack"
                } else {
                    beat.kind
                }
                .to_owned(),
                status: beat.status.to_owned(),
                reason: beat.reason.to_owned(),
                physical,
                token: if hides || !parent.is_empty() {
                    String::new()
                } else {
                    token.clone()
                },
            };
            if parent.is_empty() {
                stack.timeline.push_back((due, event));
            } else {
                nested.entry(owner).or_default().push((due, event));
            }
        }
        for (id, events) in nested {
            self.stacks.push(Stack {
                name: id.clone(),
                id,
                status: "CREATE_IN_PROGRESS".into(),
                timeline: events.into(),
                ..Stack::default()
            });
        }
        self.next_id = number;
        self.advance();
        Ok(String::new())
    }

    pub(super) fn delete_change_set(&mut self, members: &BTreeMap<String, String>) -> Served {
        if let Ok((at, set)) = self.change_set(members) {
            self.stacks[at].change_sets.remove(set);
        }
        Ok(String::new())
    }

    pub(super) fn list_change_sets(&mut self, members: &BTreeMap<String, String>) -> Served {
        let stack = self.existing(members)?;
        // Pages of two, to catch programs that only look at the first.
        let from: usize = members
            .get("NextToken")
            .map_or(0, |token| token.parse().unwrap());
        let next = if from + 2 < stack.change_sets.len() {
            format!("<NextToken>{}</NextToken>", from + 2)
        } else {
            String::new()
        };
        let members: String = stack
            .change_sets
            .iter()
            .skip(from)
            .take(2)
            .map(|set| format!("<member><ChangeSetName>{}</ChangeSetName><ChangeSetId>{}</ChangeSetId><Description>{}</Description><ExecutionStatus>{}</ExecutionStatus><CreationTime>{}</CreationTime></member>", set.name, set.id, set.description, set.execution, time(set.at_ms)))
            .collect();
        Ok(format!("<Summaries>{members}</Summaries>{next}"))
    }

    pub(super) fn set(&mut self, members: &BTreeMap<String, String>) -> Served {
        self.existing(members)?;
        Ok(String::new())
    }

    pub(super) fn continue_rollback(
        &mut self,
        members: &BTreeMap<String, String>,
        now_ms: i64,
    ) -> Served {
        let script = self.scripts.pop_front().unwrap_or_else(|| {
            vec![
                beat(0, "", "", "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated"),
                beat(2000, "", "", "UPDATE_ROLLBACK_COMPLETE", ""),
            ]
        });
        let mut number = self.next_id;
        let stack = self.existing(members)?;
        if stack.status != "UPDATE_ROLLBACK_FAILED" {
            return Err(invalid(format!(
                "Stack:{} is in {} state and can not continue its rollback",
                stack.id, stack.status
            )));
        }
        for beat in script {
            number += 1;
            let is_stack = beat.id.is_empty();
            let event = Happened {
                number,
                at_ms: now_ms + i64::try_from(beat.after_ms).unwrap(),
                id: if is_stack { &stack.name } else { beat.id }.to_owned(),
                kind: if is_stack {
                    "AWS::CloudFormation::Stack"
                } else {
                    beat.kind
                }
                .to_owned(),
                status: beat.status.to_owned(),
                reason: beat.reason.to_owned(),
                physical: if is_stack { &stack.id } else { beat.id }.to_owned(),
                token: members["ClientRequestToken"].clone(),
            };
            let due = Instant::now() + Duration::from_millis(beat.after_ms);
            stack.timeline.push_back((due, event));
        }
        self.next_id = number;
        self.advance();
        Ok(String::new())
    }

    pub(super) fn describe_events(&mut self, members: &BTreeMap<String, String>) -> Served {
        if !self.offers_details {
            return Err((403, "AccessDenied", "not authorized".to_owned()));
        }
        // Always two pages, to catch programs that only look at the first.
        if !members.contains_key("NextToken") {
            return Ok("<OperationEvents><member><EventId>0</EventId><EventType>STACK_EVENT</EventType><OperationType>CREATE_CHANGESET</OperationType></member></OperationEvents><NextToken>2</NextToken>".to_owned());
        }
        let mode = if self.change_set_fails.is_some() {
            "FAIL"
        } else {
            "WARN"
        };
        let reason = self.element(
            "ValidationStatusReason",
            plant::DETAIL_REASON,
            "a queue of that name exists",
        );
        let path = self.element(
            "ValidationPath",
            plant::DETAIL_PATH,
            "/Resources/Queue/Properties/QueueName",
        );
        Ok(format!(
            "<OperationEvents><member><EventId>1</EventId><LogicalResourceId>Queue</LogicalResourceId><ResourceType>AWS::SQS::Queue</ResourceType><ValidationName>NAME_CONFLICT_VALIDATION</ValidationName><ValidationFailureMode>{mode}</ValidationFailureMode><ValidationStatus>FAILED</ValidationStatus>{reason}{path}</member></OperationEvents>"
        ))
    }

    pub(super) fn delete_stack(
        &mut self,
        members: &BTreeMap<String, String>,
        now_ms: i64,
    ) -> Served {
        let Ok(stack) = self.existing(members) else {
            return Ok(String::new());
        };
        if stack.status == "REVIEW_IN_PROGRESS" {
            stack.status = "DELETE_COMPLETE".into();
            return Ok(String::new());
        }
        stack.status = "DELETE_IN_PROGRESS".into();
        let gone = Happened {
            number: 0,
            at_ms: now_ms,
            id: stack.name.clone(),
            kind: "AWS::CloudFormation::Stack".into(),
            status: "DELETE_COMPLETE".into(),
            physical: stack.id.clone(),
            ..Happened::default()
        };
        stack
            .timeline
            .push_back((Instant::now() + Duration::from_secs(2), gone));
        Ok(String::new())
    }

    pub(super) fn describe_stack_events(&mut self, members: &BTreeMap<String, String>) -> Served {
        let page = self.page;
        let stack = self.existing(members)?.clone();
        let from: usize = members
            .get("NextToken")
            .map_or(0, |token| token.parse().unwrap());
        let mut out = String::from("<StackEvents>");
        for event in stack.events.iter().rev().skip(from).take(page) {
            write!(
                out,
                "<member><StackId>{}</StackId><EventId>{}-{}</EventId><LogicalResourceId>{}</LogicalResourceId><ResourceType>{}</ResourceType><Timestamp>{}</Timestamp><ResourceStatus>{}</ResourceStatus>",
                stack.id, event.id, event.number, event.id, event.kind, time(event.at_ms), event.status
            )
            .unwrap();
            out.push_str(&self.event_texts(event));
            if !event.token.is_empty() {
                write!(
                    out,
                    "<ClientRequestToken>{}</ClientRequestToken>",
                    event.token
                )
                .unwrap();
            }
            out.push_str("</member>");
        }
        out.push_str("</StackEvents>");
        if from + page < stack.events.len() {
            write!(out, "<NextToken>{}</NextToken>", from + page).unwrap();
        }
        Ok(out)
    }
}

const NESTED_CHANGE_SET: &str =
    "arn:aws-cn:cloudformation:cn-north-1:123456789012:changeSet/nested/1";

fn resource_change(action: &str, id: &str, kind: &str, more: &str) -> String {
    format!(
        "<member><Type>Resource</Type><ResourceChange><Action>{action}</Action><LogicalResourceId>{id}</LogicalResourceId><ResourceType>{kind}</ResourceType>{more}</ResourceChange></member>"
    )
}

fn parameters(parameters: &[(String, String)], masks: bool) -> String {
    parameters
        .iter()
        .map(|(key, value)| {
            let value = if masks { "****" } else { value };
            format!("<member><ParameterKey>{key}</ParameterKey><ParameterValue>{value}</ParameterValue></member>")
        })
        .collect()
}

fn nested_id(path: &str) -> String {
    format!("{ACCOUNT}:stack/nested-{}/1", path.replace('/', "-"))
}

/// The drift of a property that no longer matches the template: API reference,
/// `ResourceTargetDefinition` and `LiveResourceDrift`.
const DRIFT: &str = "<ResourceDriftStatus>MODIFIED</ResourceDriftStatus><ResourceDriftIgnoredAttributes><member><Path>/Properties/Capacity</Path><Reason>MANAGED_BY_AWS</Reason></member></ResourceDriftIgnoredAttributes><Details><member><Target><Attribute>Properties</Attribute><Path>/Properties/Delay</Path><BeforeValue>9</BeforeValue><AfterValue>1</AfterValue><BeforeValueFrom>ACTUAL_STATE</BeforeValueFrom><Drift><PreviousValue>1</PreviousValue><ActualValue>9</ActualValue></Drift><AttributeChangeType>Modify</AttributeChangeType></Target></member></Details>";

/// The reason with which Express mode completes a resource (aws-cdk-cli 1689).
pub const IN_BACKGROUND: &str = "Resource operation completed using Express Mode. It may continue becoming available in the background.";

fn success(kind: &str, is_express: bool) -> Vec<Beat> {
    let mut beats = usual(kind);
    let is_done = |beat: &&mut Beat| !beat.id.is_empty() && beat.status.ends_with("_COMPLETE");
    for beat in beats.iter_mut().filter(|beat| is_express && is_done(beat)) {
        beat.reason = IN_BACKGROUND;
    }
    beats
}

fn usual(kind: &str) -> Vec<Beat> {
    if kind == "CREATE" {
        vec![
            beat(0, "", "", "CREATE_IN_PROGRESS", "User Initiated"),
            beat(500, "Queue", "AWS::SQS::Queue", "CREATE_IN_PROGRESS", ""),
            beat(2000, "Queue", "AWS::SQS::Queue", "CREATE_COMPLETE", ""),
            beat(2000, "Topic", "AWS::SQS::Topic", "CREATE_COMPLETE", ""),
            beat(3000, "", "", "CREATE_COMPLETE", ""),
        ]
    } else {
        vec![
            beat(0, "", "", "UPDATE_IN_PROGRESS", "User Initiated"),
            beat(2000, "Queue", "AWS::SQS::Queue", "UPDATE_COMPLETE", ""),
            beat(2000, "Topic", "AWS::SQS::Topic", "UPDATE_COMPLETE", ""),
            beat(2500, "", "", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", ""),
            beat(3000, "", "", "UPDATE_COMPLETE", ""),
        ]
    }
}

fn time(ms: i64) -> String {
    let moment = aws_smithy_types::DateTime::from_millis(ms);
    moment
        .fmt(aws_smithy_types::date_time::Format::DateTime)
        .unwrap()
}
