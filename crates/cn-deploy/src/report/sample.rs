//! An operation on sixty resources and two nested stacks, as a sequence of events.
//!
//! Resources begin when their dependencies are done, and take about as long as resources of their
//! types do in a real account.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use cn_core::Timestamp;
use cn_core::deploy::{End, Outcome, Request};
use cn_core::failure::Cause;
use cn_core::report::{Record, Report};
use cn_core::stack::{
    Change, ChangeDetail, ChangeSetKind, ChangeSetName, Event, Output, Progress, Replacement,
    ResourceEvent, StackStatus, Validation,
};
use cn_core::template::Source;
use cn_core::template::tree::Template;

/// 2026-11-22T23:05:09Z.
const BEGAN: i64 = 1_795_388_709_000;
const STACK: &str = "AWS::CloudFormation::Stack";
const ROOT: &str = "arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/orders-prod/5b1c7a90-c0de-11f0-a1b2-06a1c2d3e4f5";

/// Stack, logical ID, type, action, seconds, and dependencies.
///
/// A nested stack takes as long as its resources.
const RESOURCES: &str = "\
 KeyAlias AWS::KMS::Alias Modify 4 DataKey
 DataKey AWS::KMS::Key Modify 22 -
 OrdersTable AWS::DynamoDB::Table Modify 34 DataKey
 AuditTable AWS::DynamoDB::Table Add 31 DataKey
 SessionsTable AWS::DynamoDB::Table Remove 12 -
 Network AWS::CloudFormation::Stack Modify 0 -
 Network/Vpc AWS::EC2::VPC Modify 6 -
 Network/PublicSubnetA AWS::EC2::Subnet Modify 4 Vpc
 Network/PublicSubnetB AWS::EC2::Subnet Modify 4 Vpc
 Network/PrivateSubnetA AWS::EC2::Subnet Add 5 Vpc
 Network/PrivateSubnetB AWS::EC2::Subnet Add 5 Vpc
 Network/NatAddress AWS::EC2::EIP Add 16 Vpc
 Network/NatGateway AWS::EC2::NatGateway Add 108 NatAddress,PublicSubnetA
 Network/PrivateRouteTable AWS::EC2::RouteTable Add 12 Vpc
 Network/PrivateRoute AWS::EC2::Route Add 7 NatGateway,PrivateRouteTable
 Network/RouteAssociationA AWS::EC2::SubnetRouteTableAssociation Add 3 PrivateRouteTable,PrivateSubnetA
 Network/RouteAssociationB AWS::EC2::SubnetRouteTableAssociation Add 3 PrivateRouteTable,PrivateSubnetB
 Network/S3Endpoint AWS::EC2::VPCEndpoint Add 18 PrivateRouteTable
 ServiceRole AWS::IAM::Role Modify 17 -
 TaskRole AWS::IAM::Role Modify 18 OrdersTable
 TaskPolicy AWS::IAM::Policy Modify 16 TaskRole
 ApiRole AWS::IAM::Role Modify 17 -
 ApiPolicy AWS::IAM::Policy Modify 17 ApiRole,OrdersTable
 ServiceSecurityGroup AWS::EC2::SecurityGroup Add 8 Network
 LoadBalancerSecurityGroup AWS::EC2::SecurityGroup Add 8 Network
 LoadBalancer AWS::ElasticLoadBalancingV2::LoadBalancer Add 131 LoadBalancerSecurityGroup
 TargetGroup AWS::ElasticLoadBalancingV2::TargetGroup Add 14 Network
 Listener AWS::ElasticLoadBalancingV2::Listener Add 5 LoadBalancer,TargetGroup
 ListenerRule AWS::ElasticLoadBalancingV2::ListenerRule Add 3 Listener
 Cluster AWS::ECS::Cluster Modify 9 -
 ServiceLogGroup AWS::Logs::LogGroup Modify 3 -
 ServiceTasks AWS::ECS::TaskDefinition Replace 3 TaskPolicy,ServiceLogGroup
 Service AWS::ECS::Service Modify 164 ServiceTasks,ListenerRule,ServiceSecurityGroup,Cluster
 ServiceScaling AWS::ApplicationAutoScaling::ScalableTarget Modify 5 Service
 ServiceScalingPolicy AWS::ApplicationAutoScaling::ScalingPolicy Modify 4 ServiceScaling
 OrdersApi AWS::ApiGateway::RestApi Modify 3 -
 OrdersApiDeployment8f2c41d907 AWS::ApiGateway::Deployment Add 2 OrdersApi,OrdersFunction
 OrdersApiStage AWS::ApiGateway::Stage Modify 4 OrdersApiDeployment8f2c41d907
 OrdersApiPermission AWS::Lambda::Permission Modify 3 OrdersFunction,OrdersApi
 OrdersFunction AWS::Lambda::Function Modify 8 ApiPolicy
 Workers AWS::CloudFormation::Stack Modify 0 OrdersTable,ServiceRole
 Workers/DeadLetters AWS::SQS::Queue Modify 61 -
 Workers/Queue AWS::SQS::Queue Modify 61 DeadLetters
 Workers/QueuePolicy AWS::SQS::QueuePolicy Modify 2 Queue
 Workers/Topic AWS::SNS::Topic Modify 3 -
 Workers/Subscription AWS::SNS::Subscription Modify 2 Topic,Queue
 Workers/InvoiceRole AWS::IAM::Role Modify 17 -
 Workers/InvoiceFunction AWS::Lambda::Function Modify 8 InvoiceRole,Queue
 Workers/InvoiceSource AWS::Lambda::EventSourceMapping Modify 24 InvoiceFunction
 Workers/InvoiceLogGroup AWS::Logs::LogGroup Modify 3 -
 Workers/ShippingRole AWS::IAM::Role Modify 18 -
 Workers/ShippingFunction AWS::Lambda::Function Modify 7 ShippingRole,Queue
 Workers/ShippingSource AWS::Lambda::EventSourceMapping Modify 22 ShippingFunction
 Workers/ShippingLogGroup AWS::Logs::LogGroup Modify 3 -
 Workers/RetryRule AWS::Events::Rule Modify 32 ShippingFunction
 Workers/RetryPermission AWS::Lambda::Permission Add 3 ShippingFunction
 Alarms AWS::CloudWatch::CompositeAlarm Modify 3 LatencyAlarm,ErrorAlarm
 LatencyAlarm AWS::CloudWatch::Alarm Modify 3 LoadBalancer
 ErrorAlarm AWS::CloudWatch::Alarm Modify 3 OrdersFunction
 Dashboard AWS::CloudWatch::Dashboard Modify 2 Alarms";

/// The resource that fails in the failing sample.
const FAILS: &str = "Workers/InvoiceSource";
const WHY: &str = "Resource handler returned message: \"Invalid request provided: Partition \"aws\" is not valid for resource \"arn:aws:sqs:cn-north-1:123456789012:orders-prod-Queue\". (Service: Lambda, Status Code: 400, Request ID: 7d0c2f4e-6a1b-4d8e-9f57-1c3b5a7d9e20) (SDK Attempt Count: 1)\" (RequestToken: 0b9d5c1e, HandlerErrorCode: InvalidRequest)";

struct Resource {
    /// The path of its stack; empty for the root.
    stack: String,
    id: String,
    kind: String,
    action: String,
    began: i64,
    ended: i64,
}

impl Resource {
    fn path(&self) -> String {
        match self.stack.as_str() {
            "" => self.id.clone(),
            stack => format!("{stack}/{}", self.id),
        }
    }
}

/// Returns the start and the end of each resource, in milliseconds.
fn schedule() -> Vec<Resource> {
    let rows: Vec<(String, [&str; 5])> = RESOURCES
        .lines()
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let words: [&str; 5] = words.try_into().expect("five words");
            (words[0].to_owned(), words)
        })
        .collect();
    let mut times: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    // Each pass starts the resources whose dependencies the previous pass has finished.
    for _ in 0..rows.len() {
        for (path, [_, kind, _, seconds, needs]) in &rows {
            if times.contains_key(path) {
                continue;
            }
            let stack = path.rsplit_once('/').map_or("", |(stack, _)| stack);
            let Some(began) = begins(&times, stack, needs) else {
                continue;
            };
            let jitter = i64::try_from(path.len() * 137 % 900).expect("small");
            let began = began + 400 + jitter;
            if *kind == STACK {
                times.insert(format!("{path}/"), (began, began));
            }
            if let Some(ended) = ends(&rows, &times, path, kind, began, seconds) {
                times.insert(path.clone(), (began, ended + jitter));
            }
        }
    }
    rows.iter()
        .map(|(path, [_, kind, action, ..])| {
            let (stack, id) = path.rsplit_once('/').unwrap_or(("", path));
            let (began, ended) = times[path];
            Resource {
                stack: stack.to_owned(),
                id: id.to_owned(),
                kind: (*kind).to_owned(),
                action: (*action).to_owned(),
                began,
                ended,
            }
        })
        .collect()
}

fn begins(times: &BTreeMap<String, (i64, i64)>, stack: &str, needs: &str) -> Option<i64> {
    let start = match stack {
        "" => 1_200,
        stack => times.get(&format!("{stack}/"))?.0 + 1_500,
    };
    let mut began = start;
    for need in needs.split(',').filter(|need| *need != "-") {
        let path = match stack {
            "" => need.to_owned(),
            stack => format!("{stack}/{need}"),
        };
        began = began.max(times.get(&path)?.1);
    }
    Some(began)
}

fn ends(
    rows: &[(String, [&str; 5])],
    times: &BTreeMap<String, (i64, i64)>,
    path: &str,
    kind: &str,
    began: i64,
    seconds: &str,
) -> Option<i64> {
    if kind != STACK {
        return Some(began + seconds.parse::<i64>().expect("a number") * 1000);
    }
    let inside = format!("{path}/");
    let mut ended = began;
    for (row, _) in rows.iter().filter(|(row, _)| row.starts_with(&inside)) {
        ended = ended.max(times.get(row)?.1);
    }
    Some(ended + 2_400)
}

/// Builds the events of an operation.
#[derive(Default)]
struct Told(Vec<ResourceEvent>);

impl Told {
    fn stack_id(stack: &str) -> String {
        match stack {
            "" => ROOT.to_owned(),
            stack => ROOT.replace("orders-prod/", &format!("orders-prod-{stack}/")),
        }
    }

    fn of(&mut self, resource: &Resource, at: i64, status: &str, reason: &str) {
        let (stack, id) = (resource.stack.as_str(), resource.id.as_str());
        self.add(at, stack, id, &resource.kind, status, reason);
    }

    fn stack(&mut self, at: i64, stack: &str, status: &str, reason: &str) {
        self.add(at, stack, "", STACK, status, reason);
    }

    fn add(&mut self, at: i64, stack: &str, id: &str, kind: &str, status: &str, reason: &str) {
        let stack_id = Self::stack_id(stack);
        let (logical_id, physical_id) = match (id, kind) {
            ("", _) => ("orders-prod".to_owned(), stack_id.clone()),
            (id, STACK) => (id.to_owned(), Self::stack_id(id)),
            (id, _) => (id.to_owned(), format!("orders-prod-{id}-1QX7")),
        };
        self.0.push(ResourceEvent {
            id: self.0.len().to_string(),
            at: Timestamp(BEGAN + at),
            stack_id,
            path: stack
                .split('/')
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect(),
            logical_id,
            physical_id: Some(physical_id),
            resource_type: kind.to_owned(),
            status: status.into(),
            reason: (!reason.is_empty()).then(|| reason.to_owned()),
            background: None,
            hook: None,
            service_token: None,
        });
    }

    fn sorted(mut self) -> Vec<ResourceEvent> {
        self.0.sort_by_key(|event| event.at);
        self.0
    }
}

fn verb(resource: &Resource) -> &'static str {
    match resource.action.as_str() {
        "Add" => "CREATE",
        _ => "UPDATE",
    }
}

/// Returns the operation that succeeds.
pub(super) fn updated() -> Report {
    let resources = schedule();
    let over = resources.iter().map(|it| it.ended).max().expect("some") + 1_100;
    let mut told = Told::default();
    told.stack(0, "", "UPDATE_IN_PROGRESS", "User Initiated");
    for it in resources.iter().filter(|it| it.action != "Remove") {
        let verb = verb(it);
        told.of(it, it.began, &format!("{verb}_IN_PROGRESS"), "");
        told.of(it, it.ended, &format!("{verb}_COMPLETE"), "");
        if it.kind == STACK {
            told.stack(it.began + 900, &it.id, "UPDATE_IN_PROGRESS", "");
            told.stack(it.ended - 900, &it.id, "UPDATE_COMPLETE", "");
        }
    }
    told.stack(over, "", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "");
    for it in resources.iter().filter(|it| it.action == "Remove") {
        told.of(it, over + 1_300, "DELETE_IN_PROGRESS", "");
        told.of(it, over + 13_700, "DELETE_COMPLETE", "");
    }
    for it in resources.iter().filter(|it| it.action == "Replace") {
        told.of(it, over + 1_300, "DELETE_IN_PROGRESS", "");
        told.of(it, over + 3_100, "DELETE_COMPLETE", "");
    }
    told.stack(over + 15_000, "", "UPDATE_COMPLETE", "");
    let outputs = vec![
        output(
            "ApiUrl",
            "https://0a1b2c3d4e.execute-api.cn-north-1.amazonaws.com.cn/prod",
            "Where orders are taken",
            "",
        ),
        output(
            "LoadBalancerName",
            "orders-prod-1234567890.cn-north-1.elb.amazonaws.com.cn",
            "",
            "orders-prod-lb",
        ),
        output(
            "OrdersTableArn",
            "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/orders-prod-OrdersTable-1QX7",
            "",
            "orders-prod-table",
        ),
        output(
            "QueueUrl",
            "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/orders-prod-Queue",
            "",
            "",
        ),
    ];
    let end = End::Done {
        outputs,
        is_cleaning_up: false,
    };
    report(&resources, end, told.sorted(), over + 15_000, &[])
}

/// Returns the change set before it is executed.
pub(super) fn reviewable() -> Report {
    let end = End::Reviewable {
        change_set_id: "arn:change-set".into(),
    };
    report(&schedule(), end, Vec::new(), 4_000, &[])
}

/// Returns the operation that fails in a nested stack and is rolled back.
pub(super) fn failed() -> Report {
    let resources = schedule();
    let failing = resources.iter().find(|it| it.path() == FAILS);
    let failing = failing.expect("it is there");
    let at = failing.began + 6_200;
    let turned = at + 2_600;
    let mut told = Told::default();
    told.stack(0, "", "UPDATE_IN_PROGRESS", "User Initiated");
    let begun = |it: &&Resource| it.action != "Remove" && it.began < at;
    for it in resources.iter().filter(begun) {
        let verb = verb(it);
        told.of(it, it.began, &format!("{verb}_IN_PROGRESS"), "");
        if it.kind == STACK {
            told.stack(it.began + 900, &it.id, "UPDATE_IN_PROGRESS", "");
        }
        if it.path() == FAILS {
            told.of(it, at, "UPDATE_FAILED", WHY);
        } else if it.ended < at {
            told.of(it, it.ended, &format!("{verb}_COMPLETE"), "");
        } else if it.kind == STACK {
            let why = "Embedded stack was not successfully updated: The following resource(s) failed to update: [InvoiceSource].";
            told.of(it, at + 1_900, "UPDATE_FAILED", why);
        } else {
            let (after, why) = match it.stack.as_str() {
                "" => (2_200, "Resource update cancelled"),
                _ => (300, "Resource update cancelled"),
            };
            told.of(it, at + after, &format!("{verb}_FAILED"), why);
        }
    }
    let why = "The following resource(s) failed to update: [Workers, Service].";
    told.stack(turned, "", "UPDATE_ROLLBACK_IN_PROGRESS", why);
    told.stack(
        at + 1_200,
        "Workers",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "The following resource(s) failed to update: [InvoiceSource].",
    );
    let over = undo(&mut told, &resources, turned, at);
    told.stack(over, "", "UPDATE_ROLLBACK_COMPLETE", "");
    let events = told.sorted();
    let end = End::Failed {
        status: Some(StackStatus::new("UPDATE_ROLLBACK_COMPLETE")),
        cause: Cause::of(&events).map(Box::new),
        reason: None,
    };
    let failure = ["stack `orders-prod` rolled back", WHY];
    report(&resources, end, events, over, &failure)
}

/// Restores the updated resources, then deletes the created resources.
fn undo(told: &mut Told, resources: &[Resource], turned: i64, at: i64) -> i64 {
    let mut over = turned;
    let begun: Vec<&Resource> = resources
        .iter()
        .filter(|it| it.action != "Remove" && it.began < at)
        .collect();
    for it in begun.iter().filter(|it| verb(it) == "UPDATE") {
        let took = ((it.ended - it.began) / 3).min(21_000);
        told.of(it, turned + 900, "UPDATE_IN_PROGRESS", "");
        told.of(it, turned + 900 + took, "UPDATE_COMPLETE", "");
        over = over.max(turned + 900 + took);
    }
    let clean = over + 1_000;
    told.stack(
        clean,
        "",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "",
    );
    for it in begun.iter().filter(|it| verb(it) == "CREATE") {
        let took = ((it.ended - it.began) / 3).min(34_000);
        told.of(it, clean + 700, "DELETE_IN_PROGRESS", "");
        told.of(it, clean + 700 + took, "DELETE_COMPLETE", "");
        over = over.max(clean + 700 + took);
    }
    over + 1_400
}

fn output(key: &str, value: &str, description: &str, export: &str) -> Output {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Output {
        key: key.into(),
        value: value.into(),
        description: some(description),
        export: some(export),
    }
}

fn report(
    resources: &[Resource],
    end: End,
    events: Vec<ResourceEvent>,
    elapsed: i64,
    failure: &[&str],
) -> Report {
    let mut record = Record::default();
    record.request(&request());
    for event in &events {
        record.add(&Event::Resource {
            event: Box::new(event.clone()),
            progress: Progress::default(),
        });
    }
    let root = resources.iter().filter(|it| it.stack.is_empty());
    record.end(&Outcome {
        stack: "orders-prod".parse().expect("a name"),
        stack_id: Some(ROOT.to_owned()),
        kind: ChangeSetKind::Update,
        change_set: Some(ChangeSetName::new("orders-42", 0x00c0_ffee)),
        end,
        changes: root.map(change).collect(),
        validation: Validation::default(),
        events,
        is_tidy: true,
        elapsed: Duration::from_millis(u64::try_from(elapsed).expect("positive")),
    });
    let failure: Vec<String> = failure.iter().map(|line| (*line).to_owned()).collect();
    record.report(&failure, &[])
}

/// Returns a request with the template, as far as it determines the dependencies.
fn request() -> Request {
    let mut text = "Resources:\n".to_owned();
    for line in RESOURCES.lines().filter(|line| !line.contains('/')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [id, kind, _, _, needs] = words.as_slice() else {
            panic!("five words");
        };
        let needs = needs.trim_start_matches('-');
        writeln!(text, "  {id}: {{Type: '{kind}', DependsOn: [{needs}]}}").expect("a text");
    }
    let template = Template::parse(&Source::new("packaged.yaml", text));
    Request::new(
        "orders-prod".parse().expect("a name"),
        "cn-north-1".parse().expect("a region"),
        &template.template.expect("a template"),
        ChangeSetName::new("orders-42", 0x00c0_ffee),
    )
}

/// Returns the change of a resource, as a change set describes it.
fn change(resource: &Resource) -> Change {
    let kind = resource.kind.as_str();
    let is_replaced = resource.action == "Replace";
    let name = match kind.rsplit("::").next().unwrap_or_default() {
        "Role" | "Policy" => "PolicyDocument",
        "Function" => "Code",
        "TaskDefinition" => "ContainerDefinitions",
        "Service" => "TaskDefinition",
        "Table" => "PointInTimeRecoverySpecification",
        "Stack" => "TemplateURL",
        _ => "Tags",
    };
    let caused_by = match kind {
        "AWS::ECS::Service" => Some("ServiceTasks"),
        "AWS::ECS::TaskDefinition" => Some("ImageTag"),
        _ => None,
    };
    let detail = ChangeDetail {
        attribute: "Properties".into(),
        name: format!("/Properties/{name}"),
        recreation: if is_replaced { "Always" } else { "Never" }.into(),
        source: "DirectModification".into(),
        caused_by: caused_by.map(str::to_owned),
        before: None,
        after: None,
        drift: None,
        is_synced: false,
    };
    let is_modified = matches!(resource.action.as_str(), "Modify" | "Replace");
    Change {
        path: Vec::new(),
        action: if is_replaced {
            "Modify".into()
        } else {
            resource.action.as_str().into()
        },
        logical_id: resource.id.clone(),
        physical_id: None,
        resource_type: kind.to_owned(),
        replacement: is_modified.then_some(if is_replaced {
            Replacement::True
        } else {
            Replacement::False
        }),
        policy: match resource.action.as_str() {
            "Remove" => Some("Retain".into()),
            "Replace" => Some("Delete".into()),
            _ => None,
        },
        details: if is_modified {
            vec![detail]
        } else {
            Vec::new()
        },
        drift: None,
        kept_drift: Vec::new(),
        nested_change_set_id: None,
    }
}
