//! A CloudFormation that lives in memory and in tokio's clock, for tests.
//!
//! It plays what emulators cannot: operations that take time, roll back, get
//! stuck; answers that are lost, throttled or cut; events in pages. What it
//! says follows the API reference and the words the service is known to use.

#![expect(
    clippy::format_collect,
    clippy::unnecessary_wraps,
    reason = "a test double: short before fast"
)]

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_cloudformation::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use tokio::time::Instant;

/// 2026-11-22T23:05:09Z, when the simulation begins.
const EPOCH_MS: i64 = 1_795_388_709_000;
const ACCOUNT: &str = "arn:aws-cn:cloudformation:cn-north-1:123456789012";

/// One event of a script: after how many milliseconds which resource gets which status.
#[derive(Clone, Debug)]
pub(super) struct Beat {
    pub(super) after_ms: u64,
    /// Logical ID; empty for the stack itself; `Nested/Inner` for a resource of a nested stack.
    pub(super) id: &'static str,
    pub(super) kind: &'static str,
    pub(super) status: &'static str,
    pub(super) reason: &'static str,
}

pub(super) const fn beat(
    after_ms: u64,
    id: &'static str,
    kind: &'static str,
    status: &'static str,
    reason: &'static str,
) -> Beat {
    Beat {
        after_ms,
        id,
        kind,
        status,
        reason,
    }
}

/// What happens to a request instead of, or after, being served.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    /// Answered with this status and error code; not served.
    Answer(u16, &'static str),
    /// The connection breaks before the request is served.
    Reset,
    /// The request is served, and the connection breaks before the answer.
    LostAnswer,
}

#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) stacks: Vec<Stack>,
    /// Every request served or refused: action and members.
    pub(super) calls: Vec<(String, BTreeMap<String, String>)>,
    /// For the next request of that action.
    pub(super) faults: VecDeque<(&'static str, Fault)>,
    /// For the next operations; without one, operations succeed within 3 s.
    pub(super) scripts: VecDeque<Vec<Beat>>,
    /// How a change set without changes fails.
    pub(super) empty_reason: Option<&'static str>,
    /// How the next change sets fail, whatever is in them: `Some("")` without a reason.
    pub(super) change_set_fails: Option<&'static str>,
    /// The action of each change, in place of what the kind of change set suggests.
    pub(super) changes_as: Option<&'static str>,
    /// Events per page.
    pub(super) page: usize,
    /// Whether events carry the client token.
    pub(super) hides_tokens: bool,
    pub(super) executions: usize,
    /// So many requests are served; the next ones wait forever, unserved.
    pub(super) serves: Option<usize>,
    /// Whether a request waits forever.
    pub(super) is_frozen: bool,
    next_id: u64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Stack {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) status: String,
    pub(super) content: String,
    content_before: String,
    pub(super) parameters: Vec<(String, String)>,
    pub(super) change_sets: Vec<ChangeSet>,
    pub(super) events: Vec<Happened>,
    timeline: VecDeque<(Instant, Happened)>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct ChangeSet {
    pub(super) name: String,
    id: String,
    token: String,
    status: &'static str,
    execution: &'static str,
    reason: String,
    content: String,
    parameters: Vec<(String, String)>,
    kind: String,
    at_ms: i64,
    ready: Option<Instant>,
}

impl ChangeSet {
    pub(super) fn was_executed(&self) -> bool {
        self.execution.starts_with("EXECUTE_")
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Happened {
    number: u64,
    at_ms: i64,
    id: String,
    kind: String,
    status: String,
    reason: String,
    physical: String,
    token: String,
}

#[derive(Clone, Debug)]
pub(super) struct Sim {
    pub(super) world: Arc<Mutex<World>>,
    started: Instant,
}

impl Sim {
    pub(super) fn new() -> Self {
        Self {
            world: Arc::new(Mutex::new(World {
                page: 100,
                ..World::default()
            })),
            started: Instant::now(),
        }
    }

    /// With a stack of that name and status, as others left it.
    pub(super) fn with_stack(self, name: &str, status: &str) -> Self {
        let mut world = self.world.lock().unwrap();
        world.next_id += 1;
        let id = format!("{ACCOUNT}:stack/{name}/{}", world.next_id);
        world.stacks.push(Stack {
            id,
            name: name.to_owned(),
            status: status.to_owned(),
            content: "old".to_owned(),
            ..Stack::default()
        });
        drop(world);
        self
    }

    /// Ends the operation of somebody else on a stack after so many seconds.
    pub(super) fn end_of_others(&self, name: &str, seconds: u64, status: &str) {
        let mut world = self.world.lock().unwrap();
        let stack = world.stack(name).unwrap();
        let event = Happened {
            id: stack.name.clone(),
            physical: stack.id.clone(),
            status: status.to_owned(),
            ..Happened::default()
        };
        let due = Instant::now() + Duration::from_secs(seconds);
        stack.timeline.push_back((due, event));
    }

    pub(super) fn script(&self, beats: &[Beat]) {
        let mut world = self.world.lock().unwrap();
        world.scripts.push_back(beats.to_vec());
    }

    pub(super) fn fault(&self, action: &'static str, fault: Fault, times: usize) {
        let mut world = self.world.lock().unwrap();
        for _ in 0..times {
            world.faults.push_back((action, fault));
        }
    }

    /// The actions requested so far.
    pub(super) fn actions(&self) -> Vec<String> {
        let world = self.world.lock().unwrap();
        world
            .calls
            .iter()
            .map(|(action, _)| action.clone())
            .collect()
    }

    /// The members of the last request of that action.
    pub(super) fn last(&self, action: &str) -> BTreeMap<String, String> {
        let world = self.world.lock().unwrap();
        let found = world.calls.iter().rev().find(|(name, _)| name == action);
        found.expect("it was requested").1.clone()
    }

    pub(super) fn client(&self) -> aws_sdk_cloudformation::Client {
        let connector = SharedHttpConnector::new(self.clone());
        let config = aws_sdk_cloudformation::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("cn-north-1"))
            .credentials_provider(Credentials::new("AKID", "SECRET", None, None, "test"))
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .build();
        aws_sdk_cloudformation::Client::from_conf(config)
    }

    fn now_ms(&self) -> i64 {
        EPOCH_MS + i64::try_from(self.started.elapsed().as_millis()).unwrap()
    }
}

impl HttpConnector for Sim {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap_or_default();
        let members = parse_form(std::str::from_utf8(body).unwrap());
        {
            let mut world = self.world.lock().unwrap();
            if world.serves.is_some_and(|most| world.calls.len() >= most) {
                world.is_frozen = true;
                return HttpConnectorFuture::new(std::future::pending());
            }
        }
        let answer = self.answer(&members);
        HttpConnectorFuture::ready(answer.map(|(status, body)| {
            HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))
        }))
    }
}

type Answer = Result<(u16, String), ConnectorError>;

impl Sim {
    fn answer(&self, members: &BTreeMap<String, String>) -> Answer {
        let action = members["Action"].clone();
        let mut world = self.world.lock().unwrap();
        world.calls.push((action.clone(), members.clone()));
        let at = world.faults.iter().position(|(name, _)| *name == action);
        let fault = at
            .and_then(|at| world.faults.remove(at))
            .map(|(_, fault)| fault);
        let reset = || Err(ConnectorError::io("connection reset by peer".into()));
        match fault {
            Some(Fault::Answer(status, code)) => return Ok((status, error(code, "scripted"))),
            Some(Fault::Reset) => return reset(),
            Some(Fault::LostAnswer) | None => {}
        }
        world.advance();
        let now_ms = self.now_ms();
        let served = match action.as_str() {
            "DescribeStacks" => world.describe_stacks(members),
            "CreateChangeSet" => world.create_change_set(members, now_ms),
            "DescribeChangeSet" => world.describe_change_set(members),
            "ExecuteChangeSet" => world.execute_change_set(members, now_ms),
            "DeleteChangeSet" => world.delete_change_set(members),
            "ListChangeSets" => world.list_change_sets(members),
            "DeleteStack" => world.delete_stack(members, now_ms),
            "DescribeStackEvents" => world.describe_stack_events(members),
            "DescribeEvents" => Err((403, "AccessDenied", "not authorized".to_owned())),
            _ => Err((400, "InvalidAction", action.clone())),
        };
        if matches!(fault, Some(Fault::LostAnswer)) {
            return reset();
        }
        Ok(match served {
            Ok(result) => (
                200,
                format!(
                    "<{action}Response><{action}Result>{result}</{action}Result></{action}Response>"
                ),
            ),
            Err((status, code, message)) => (status, error(code, &message)),
        })
    }
}

type Served = Result<String, (u16, &'static str, String)>;

fn error(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    )
}

fn invalid(message: String) -> (u16, &'static str, String) {
    (400, "ValidationError", message)
}

impl World {
    /// Lets the time that passed happen.
    fn advance(&mut self) {
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

    /// By ARN any stack; by name only one that is not deleted.
    pub(super) fn stack(&mut self, name_or_id: &str) -> Option<&mut Stack> {
        self.stacks.iter_mut().find(|stack| {
            stack.id == name_or_id
                || (stack.name == name_or_id && stack.status != "DELETE_COMPLETE")
        })
    }

    fn existing(
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

    fn describe_stacks(&mut self, members: &BTreeMap<String, String>) -> Served {
        let stack = self.existing(members)?;
        let parameters: String = stack
            .parameters
            .iter()
            .map(|(key, value)| format!("<member><ParameterKey>{key}</ParameterKey><ParameterValue>{value}</ParameterValue></member>"))
            .collect();
        Ok(format!(
            "<Stacks><member><StackId>{}</StackId><StackName>{}</StackName><StackStatus>{}</StackStatus><Parameters>{parameters}</Parameters><Outputs><member><OutputKey>Content</OutputKey><OutputValue>{}</OutputValue></member></Outputs></member></Stacks>",
            stack.id, stack.name, stack.status, stack.content
        ))
    }

    fn create_change_set(&mut self, members: &BTreeMap<String, String>, now_ms: i64) -> Served {
        let name = members["StackName"].clone();
        let kind = members["ChangeSetType"].clone();
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
        let is_empty = !is_new && content == stack.content && parameters == stack.parameters;
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
            at_ms: now_ms,
            ready: Some(Instant::now() + Duration::from_millis(1500)),
        });
        Ok(answer)
    }

    fn describe_change_set(&mut self, members: &BTreeMap<String, String>) -> Served {
        let (at, set) = self.change_set(members)?;
        let changes_as = self.changes_as;
        let stack = &self.stacks[at];
        let set = &stack.change_sets[set];
        let is_ready = set.ready.is_none_or(|ready| ready <= Instant::now());
        let status = if is_ready {
            set.status
        } else {
            "CREATE_IN_PROGRESS"
        };
        let reason = if is_ready && !set.reason.is_empty() {
            format!("<StatusReason>{}</StatusReason>", set.reason)
        } else {
            String::new()
        };
        let usual = if set.kind == "CREATE" {
            "Add"
        } else {
            "Modify"
        };
        let action = changes_as.unwrap_or(usual);
        // Two pages, always: what only looks at the first is found out.
        let (resource, next) = match members.get("NextToken") {
            None => ("Queue", "<NextToken>2</NextToken>"),
            Some(_) => ("Topic", ""),
        };
        let changes = if status == "CREATE_COMPLETE" {
            format!(
                "<Changes><member><Type>Resource</Type><ResourceChange><Action>{action}</Action><LogicalResourceId>{resource}</LogicalResourceId><ResourceType>AWS::SQS::{resource}</ResourceType></ResourceChange></member></Changes>{next}"
            )
        } else {
            String::new()
        };
        Ok(format!(
            "<ChangeSetId>{}</ChangeSetId><StackId>{}</StackId><Status>{status}</Status><ExecutionStatus>{}</ExecutionStatus>{reason}<CreationTime>{}</CreationTime>{changes}",
            set.id,
            stack.id,
            set.execution,
            time(set.at_ms)
        ))
    }

    fn execute_change_set(&mut self, members: &BTreeMap<String, String>, now_ms: i64) -> Served {
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
        self.executions += 1;
        let script = self
            .scripts
            .pop_front()
            .unwrap_or_else(|| success(&set.kind));
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

    fn delete_change_set(&mut self, members: &BTreeMap<String, String>) -> Served {
        if let Ok((at, set)) = self.change_set(members) {
            self.stacks[at].change_sets.remove(set);
        }
        Ok(String::new())
    }

    fn list_change_sets(&mut self, members: &BTreeMap<String, String>) -> Served {
        let stack = self.existing(members)?;
        let members: String = stack
            .change_sets
            .iter()
            .map(|set| format!("<member><ChangeSetName>{}</ChangeSetName><ChangeSetId>{}</ChangeSetId></member>", set.name, set.id))
            .collect();
        Ok(format!("<Summaries>{members}</Summaries>"))
    }

    fn delete_stack(&mut self, members: &BTreeMap<String, String>, now_ms: i64) -> Served {
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

    fn describe_stack_events(&mut self, members: &BTreeMap<String, String>) -> Served {
        let page = self.page;
        let stack = self.existing(members)?;
        let from: usize = members
            .get("NextToken")
            .map_or(0, |token| token.parse().unwrap());
        let mut out = String::from("<StackEvents>");
        for event in stack.events.iter().rev().skip(from).take(page) {
            write!(
                out,
                "<member><StackId>{}</StackId><EventId>{}-{}</EventId><LogicalResourceId>{}</LogicalResourceId><PhysicalResourceId>{}</PhysicalResourceId><ResourceType>{}</ResourceType><Timestamp>{}</Timestamp><ResourceStatus>{}</ResourceStatus>",
                stack.id, event.id, event.number, event.id, event.physical, event.kind, time(event.at_ms), event.status
            )
            .unwrap();
            if !event.reason.is_empty() {
                write!(
                    out,
                    "<ResourceStatusReason>{}</ResourceStatusReason>",
                    event.reason
                )
                .unwrap();
            }
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

fn nested_id(path: &str) -> String {
    format!("{ACCOUNT}:stack/nested-{}/1", path.replace('/', "-"))
}

fn success(kind: &str) -> Vec<Beat> {
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

/// Reads `application/x-www-form-urlencoded` text.
fn parse_form(text: &str) -> BTreeMap<String, String> {
    let decode = |part: &str| {
        let part = part.replace('+', " ");
        let mut bytes = Vec::new();
        let mut rest = part.bytes();
        while let Some(byte) = rest.next() {
            if byte == b'%' {
                let hex = [rest.next().unwrap(), rest.next().unwrap()];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
            } else {
                bytes.push(byte);
            }
        }
        String::from_utf8(bytes).unwrap()
    };
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (decode(key), decode(value)))
        .collect()
}
