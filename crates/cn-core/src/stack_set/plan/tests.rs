use cn_template::tree::Template;
use cn_template::{Diagnostic, Source};

use super::super::facts::{Instance, Running};
use super::super::request::{AutoDeployment, Share, Targets};
use super::super::status::{OperationAction, OperationStatus};
use super::*;
use crate::deploy::ParameterOverride;

const A: &str = "111111111111";
const B: &str = "222222222222";
const C: &str = "333333333333";
const NORTH: &str = "cn-north-1";
const WEST: &str = "cn-northwest-1";
const TEMPLATE: &str = "Parameters:\n  Stage: {Type: String, Default: dev}\n  Key: {Type: String, NoEcho: true, Default: x}\nResources:\n  Q: {Type: AWS::SQS::Queue}\n";

fn request_of(text: &str, accounts: &[&str], units: &[&str]) -> Request {
    let template = Source::new("app.yaml", text);
    let template = Template::parse(&template).template.unwrap();
    let inputs = deploy::Request::new(
        "fleet".parse().unwrap(),
        NORTH.parse().unwrap(),
        &template,
        ChangeSetName::new("build-7", 0x0a1b_2c3d),
    );
    let targets = Targets {
        accounts: accounts.iter().map(|it| it.parse().unwrap()).collect(),
        units: units.iter().map(|it| it.parse().unwrap()).collect(),
        filter: AccountFilter::Intersection,
        regions: Targets::regions_beside(&inputs.region),
    };
    Request::new(inputs, targets)
}

fn request(accounts: &[&str]) -> Request {
    request_of(TEMPLATE, accounts, &[])
}

const ABSENT: Facts = Facts { set: None };

/// Returns the StackSet of the template, with instances in the given states.
fn present(instances: &[(&str, &str, &str)]) -> StackSetFacts {
    let instance = |(account, region, status): &(&str, &str, &str)| Instance {
        place: Place {
            account: (*account).to_owned(),
            region: (*region).to_owned(),
        },
        unit: None,
        status: (*status).into(),
    };
    StackSetFacts {
        template: TEMPLATE.to_owned(),
        parameters: [
            ("Stage".to_owned(), Some("dev".to_owned())),
            ("Key".to_owned(), None),
        ]
        .into(),
        model: Some(PermissionModel::SelfManaged),
        instances: instances.iter().map(instance).collect(),
        ..StackSetFacts::default()
    }
}

fn facts(set: StackSetFacts) -> Facts {
    Facts { set: Some(set) }
}

fn planned(request: &Request, facts: &Facts) -> Plan {
    plan(request, facts).expect("not busy").ready().unwrap()
}

fn messages(request: &Request, facts: &Facts) -> Vec<String> {
    let planned = plan(request, facts).expect("not busy");
    let shown = |it: &Diagnostic| format!("{}: {}", it.severity.as_str(), it.message);
    planned.findings().iter().map(shown).collect()
}

/// Returns the creations, each as `ACCOUNTS @ REGIONS`.
fn creations_of(request: &Request, facts: &Facts) -> Vec<String> {
    let shown = |creation: &Creation| {
        let scope = match &creation.scope {
            Scope::Accounts(accounts) => accounts.join(","),
            Scope::Units {
                units,
                accounts,
                filter,
            } => format!("{} {filter:?} {}", units.join(","), accounts.join(",")),
        };
        format!("{scope} @ {}", creation.regions.join(","))
    };
    let plan = plan(request, facts).expect("not busy");
    plan.unchecked().creations.iter().map(shown).collect()
}

#[test]
fn accounts_that_lack_the_same_regions_go_together() {
    let wanted = request(&[A, B, C, A]);
    assert_eq!(
        creations_of(&wanted, &ABSENT),
        [format!("{A},{B},{C} @ {NORTH},{WEST}")]
    );
    let ragged = facts(present(&[
        (A, NORTH, "CURRENT"),
        (A, WEST, "CURRENT"),
        (B, WEST, "CURRENT"),
    ]));
    assert_eq!(
        creations_of(&wanted, &ragged),
        [format!("{B} @ {NORTH}"), format!("{C} @ {NORTH},{WEST}")]
    );
}

#[test]
fn units_are_known_by_their_instances_and_accounts_by_themselves() {
    let unit = "ou-ab12-0123abcd";
    let mut set = present(&[(A, NORTH, "CURRENT")]);
    set.model = Some(PermissionModel::ServiceManaged);
    set.instances[0].unit = Some(unit.to_owned());
    let set = facts(set);
    let of_unit = request_of(TEMPLATE, &[], &[unit, "r-ab12"]);
    assert_eq!(
        creations_of(&of_unit, &set),
        [
            format!("r-ab12 Intersection  @ {NORTH},{WEST}"),
            format!("{unit} Intersection  @ {WEST}"),
        ]
    );
    let mut of_accounts = request_of(TEMPLATE, &[A, B], &[unit]);
    assert_eq!(
        creations_of(&of_accounts, &set),
        [
            format!("{unit} Intersection {B} @ {NORTH},{WEST}"),
            format!("{unit} Intersection {A} @ {WEST}"),
        ]
    );
    of_accounts.targets.filter = AccountFilter::Difference;
    assert_eq!(
        creations_of(&of_accounts, &set),
        [format!("{unit} Difference {A},{B} @ {WEST}")]
    );
    let plan = planned(&of_accounts, &set);
    assert_eq!(plan.unnamed.len(), 1, "A is left out, and has an instance");
}

#[test]
fn only_a_difference_or_an_outdated_instance_is_an_update() {
    let current = || present(&[(A, NORTH, "CURRENT"), (A, WEST, "CURRENT")]);
    let step = |request: &Request, set: StackSetFacts| planned(request, &facts(set)).set;
    let same = request(&[A]);
    assert_eq!(step(&same, current()), SetStep::Keep);
    assert!(planned(&same, &facts(current())).is_empty());
    let outdated = present(&[(A, NORTH, "CURRENT"), (A, WEST, "OUTDATED")]);
    assert_eq!(step(&same, outdated), SetStep::Update);
    let inoperable = present(&[(A, NORTH, "INOPERABLE"), (A, WEST, "CURRENT")]);
    assert_eq!(step(&same, inoperable), SetStep::Keep);
    let with = |key: &str, value: &str| {
        let mut request = request(&[A]);
        let (key, value) = (key.to_owned(), value.to_owned());
        let given = ParameterOverride { key, value };
        request.inputs.overrides.push(given);
        request
    };
    assert_eq!(step(&with("Stage", "dev"), current()), SetStep::Keep);
    assert_eq!(step(&with("Stage", "prod"), current()), SetStep::Update);
    // The current value of the StackSet cannot be read.
    assert_eq!(step(&with("Key", "x"), current()), SetStep::Update);
    let changed = request_of(&format!("{TEMPLATE}# more\n"), &[A], &[]);
    assert_eq!(step(&changed, current()), SetStep::Update);
    let mut tagged = request(&[A]);
    tagged.inputs.revision = Some("0a1b".to_owned());
    let plan = planned(&tagged, &facts(current()));
    assert_eq!(plan.set, SetStep::Update);
    assert_eq!(plan.tags.unwrap()[0].key, REVISION_TAG);
    let mut roles = request(&[A]);
    roles.permissions.execution_role = Some("deployer".to_owned());
    assert_eq!(step(&roles, current()), SetStep::Update);
}

#[test]
fn an_administration_role_of_its_own_is_sent_again() {
    let mut set = present(&[]);
    let own = "arn:aws-cn:iam::111111111111:role/fleet-admin".to_owned();
    set.administration_role = Some(own.clone());
    let mut wanted = request(&[A]);
    let role = |request: &Request, set: &StackSetFacts| {
        let plan = planned(request, &facts(set.clone()));
        plan.permissions.administration_role
    };
    assert_eq!(role(&wanted, &set), Some(own));
    set.administration_role = Some(format!(
        "arn:aws-cn:iam::111111111111:role/{DEFAULT_ADMINISTRATION_ROLE}"
    ));
    assert_eq!(role(&wanted, &set), None);
    wanted.permissions.administration_role = Some("arn:other".to_owned());
    assert_eq!(role(&wanted, &set).as_deref(), Some("arn:other"));
}

#[test]
fn a_running_operation_stops_the_plan_unless_the_service_queues() {
    let mut set = present(&[]);
    set.running = Some(Running {
        id: "by-hand".to_owned(),
        action: OperationAction::Update,
        status: OperationStatus::Running,
    });
    let error = plan(&request(&[A]), &facts(set.clone())).unwrap_err();
    assert!(error.to_string().contains("by-hand"), "{error}");
    set.queues = true;
    assert!(plan(&request(&[A]), &facts(set)).is_ok());
}

#[test]
fn what_the_service_refuses_is_an_error_before_any_request() {
    let unit = ["ou-ab12-0123abcd"];
    let nothing = messages(&request(&[]), &ABSENT);
    assert!(nothing[0].contains("no account was given"), "{nothing:?}");
    let mut service = request(&[A]);
    service.permissions.model = Some(PermissionModel::ServiceManaged);
    let mut own = request_of(TEMPLATE, &[], &unit);
    own.permissions.model = Some(PermissionModel::SelfManaged);
    let mut roles = request_of(TEMPLATE, &[], &unit);
    roles.permissions.execution_role = Some("deployer".to_owned());
    let mut automatic = request(&[A]);
    automatic.permissions.auto_deployment = Some(AutoDeployment::Delete);
    let mut abroad = request(&[A]);
    abroad.targets.regions.push("us-east-1".parse().unwrap());
    let mut without = request(&[A]);
    without.targets.filter = AccountFilter::Difference;
    let mut none = request(&[A]);
    none.preferences.max_concurrent = Some(Share::Count(0));
    let sam = format!("Transform: AWS::Serverless-2016-10-31\n{TEMPLATE}");
    let include = "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://b/k}}}}}";
    for (request, expected) in [
        (service, "need organizational units"),
        (own, "need accounts instead of organizational units"),
        (roles, "CloudFormation uses its own roles"),
        (automatic, "need service-managed ones"),
        (abroad, "is in partition `aws`"),
        (without, "can be excluded only"),
        (none, "at least one account"),
        (request_of(&sam, &[], &unit), "uses a macro"),
        (request_of(include, &[], &unit), "uses a macro"),
    ] {
        let found = messages(&request, &ABSENT);
        let is_error = |it: &String| it.starts_with("error: ") && it.contains(expected);
        assert!(found.iter().any(is_error), "{expected}: {found:?}");
    }
    let extended = format!("Transform: AWS::LanguageExtensions\n{TEMPLATE}");
    assert_eq!(
        messages(&request_of(&extended, &[], &unit), &ABSENT),
        [""; 0]
    );
    assert_eq!(messages(&request_of(&sam, &[A], &[]), &ABSENT), [""; 0]);
    let other = messages(
        &request_of(TEMPLATE, &[], &unit),
        &facts(StackSetFacts {
            model: None,
            ..present(&[])
        }),
    );
    assert_eq!(other, [""; 0]);
    let mut model = request_of(TEMPLATE, &[], &unit);
    model.permissions.model = Some(PermissionModel::ServiceManaged);
    let changed = messages(&model, &facts(present(&[])));
    assert!(
        changed[0].contains("is SELF_MANAGED, but SERVICE_MANAGED"),
        "{changed:?}"
    );
}

#[test]
fn what_surprises_is_a_warning() {
    let mut slow = request(&[A]);
    slow.preferences.max_concurrent = Some(Share::Count(5));
    let found = messages(&slow, &ABSENT);
    assert!(
        found[0].contains("1 account at a time, not on 5"),
        "{found:?}"
    );
    slow.preferences.is_soft = true;
    assert_eq!(messages(&slow, &ABSENT), [""; 0]);
    slow.preferences.is_soft = false;
    slow.preferences.failure_tolerance = Some(Share::Count(4));
    assert_eq!(messages(&slow, &ABSENT), [""; 0]);
    let mut packaged = request(&[A]);
    packaged.packaged_for = Some(NORTH.to_owned());
    let found = messages(&packaged, &ABSENT);
    assert!(
        found[0].contains("instances in `cn-northwest-1`"),
        "{found:?}"
    );
    packaged.targets.regions.pop();
    assert_eq!(messages(&packaged, &ABSENT), [""; 0]);
    let broken = facts(present(&[(B, NORTH, "INOPERABLE")]));
    let found = messages(&request(&[A]), &broken);
    assert!(found[0].starts_with("warning: ") && found[0].contains("INOPERABLE"));
    assert_eq!(planned(&request(&[A]), &broken).unnamed.len(), 1);
    assert!(planned(&request(&[]), &broken).unnamed.is_empty());
}

#[test]
fn a_stored_plan_holds_all_but_the_secrets() {
    let given = |key: &str, value: &str| ParameterOverride {
        key: key.into(),
        value: value.into(),
    };
    let mut request = request(&[A, B]);
    request.inputs.overrides = vec![given("Key", "hunter2 \"x\""), given("Stage", "prod")];
    request.permissions.execution_role = Some("role-of-hunter2 \"x\"".to_owned());
    request.preferences.max_concurrent = Some(Share::Percent(20));
    let stored = |request: &Request| serde_json::to_value(planned(request, &ABSENT)).unwrap();
    let plan = stored(&request);
    assert!(!plan.to_string().contains("hunter2"), "{plan}");
    assert_eq!(plan["set"], "create");
    assert_eq!(plan["parameters"]["Key"]["value"], "****");
    assert_eq!(plan["parameters"]["Stage"]["value"], "prod");
    assert_eq!(plan["permissions"]["execution-role"], "role-of-****");
    assert_eq!(plan["preferences"]["max-concurrent"], "20%");
    assert_eq!(plan["creations"][0]["scope"]["accounts"][1], B);
    assert_eq!(plan, stored(&request));
    request.inputs.overrides[1].value = "dev".to_owned();
    assert_ne!(plan, stored(&request));
}
