use super::*;
use crate::deploy::request::DeclaredParameter;
use crate::deploy::{Gate, ParameterOverride, Refusal};
use crate::stack::{
    ChangeAction, ChangeDetail, ChangeSetName, Detail, Effect, Hook, Progress, PropertyValue,
    ResourceStatus, StackStatus,
};

const STACK: &str = "AWS::CloudFormation::Stack";

/// Returns an event; a stack's own path ends in `/`, a resource's path is `Inner/Queue`.
fn event(second: i64, path: &str, status: &str, why: &str) -> ResourceEvent {
    let mut path: Vec<String> = path.split('/').map(str::to_owned).collect();
    let mut id = path.pop().expect("never empty");
    let stack_id = format!("arn:stack/{}", path.join("-"));
    let is_stack = id.is_empty();
    if is_stack {
        id = path.last().cloned().unwrap_or("orders".to_owned());
    }
    ResourceEvent {
        id: format!("{second}-{id}-{status}"),
        at: Timestamp(second * 1000),
        physical_id: is_stack.then(|| stack_id.clone()),
        stack_id,
        resource_type: match id.as_str() {
            "orders" | "Inner" => STACK.to_owned(),
            _ => "AWS::SQS::Queue".to_owned(),
        },
        path,
        logical_id: id,
        status: status.into(),
        reason: (!why.is_empty()).then(|| why.to_owned()),
        background: None,
        hook: None,
        service_token: None,
    }
}

fn record(events: &[ResourceEvent]) -> Record {
    let mut record = Record::new(
        Some("orders".parse().unwrap()),
        Some("cn-north-1".parse().unwrap()),
    );
    record.add(&Event::Executing {
        stack_id: "arn:aws-cn:cloudformation:cn-north-1:1:stack/orders/1".into(),
        kind: ChangeSetKind::Create,
    });
    for event in events {
        record.add(&Event::Resource {
            event: Box::new(event.clone()),
            progress: Progress::default(),
        });
    }
    record
}

fn ended(end: End, events: &[ResourceEvent]) -> Report {
    let mut record = record(events);
    record.end(&outcome(end, events));
    record.report(&[], &[])
}

fn outcome(end: End, events: &[ResourceEvent]) -> Outcome {
    Outcome {
        stack: "orders".parse().unwrap(),
        stack_id: Some("arn:aws-cn:cloudformation:cn-north-1:1:stack/orders/1".into()),
        kind: ChangeSetKind::Create,
        change_set: Some(ChangeSetName::new("7", 1)),
        end,
        changes: vec![change("Queue"), change("Late")],
        validation: Validation::default(),
        events: events.to_vec(),
        is_tidy: true,
        elapsed: Duration::from_secs(12),
    }
}

fn change(id: &str) -> Change {
    Change {
        action: "Add".into(),
        path: Vec::new(),
        logical_id: id.into(),
        physical_id: None,
        resource_type: "AWS::SQS::Queue".into(),
        replacement: None,
        policy: None,
        details: vec![ChangeDetail {
            attribute: "Properties".into(),
            name: "/Properties/Tags".into(),
            recreation: "Never".into(),
            source: "DirectModification".into(),
            caused_by: None,
            before: Some(PropertyValue::new("old")),
            after: Some(PropertyValue::new("new")),
            drift: None,
            is_synced: false,
        }],
        drift: None,
        kept_drift: Vec::new(),
        nested_change_set_id: None,
    }
}

fn failed() -> End {
    End::Failed {
        status: Some(StackStatus::new("ROLLBACK_COMPLETE")),
        cause: None,
        reason: None,
    }
}

/// Returns path, state, seconds of work and marks of each node.
fn lines(report: &Report) -> Vec<String> {
    let line = |node: &Node| {
        format!(
            "{} {:?} {}{}{}",
            node.path,
            node.state,
            node.time()
                .map_or("-".to_owned(), |time| time.as_secs().to_string()),
            if node.is_slowest { " slowest" } else { "" },
            if node.is_cause { " cause" } else { "" },
        )
    };
    report.walk().map(line).collect()
}

#[test]
fn nested_resources_stand_in_their_stack_and_the_slowest_path_is_marked() {
    let report = ended(
        End::Done {
            outputs: Vec::new(),
            is_cleaning_up: false,
        },
        &[
            event(0, "", "CREATE_IN_PROGRESS", "User Initiated"),
            event(1, "Role", "CREATE_IN_PROGRESS", ""),
            event(1, "Queue", "CREATE_IN_PROGRESS", ""),
            event(3, "Queue", "CREATE_COMPLETE", ""),
            event(9, "Role", "CREATE_COMPLETE", ""),
            event(10, "Inner", "CREATE_IN_PROGRESS", ""),
            event(11, "Inner/", "CREATE_IN_PROGRESS", ""),
            event(12, "Inner/Topic", "CREATE_IN_PROGRESS", ""),
            event(12, "Inner/Bucket", "CREATE_IN_PROGRESS", ""),
            event(14, "Inner/Bucket", "CREATE_COMPLETE", ""),
            event(20, "Inner/Topic", "CREATE_COMPLETE", ""),
            event(21, "Inner/", "CREATE_COMPLETE", ""),
            event(22, "Inner", "CREATE_COMPLETE", ""),
            event(23, "", "CREATE_COMPLETE", ""),
        ],
    );
    assert_eq!(
        lines(&report),
        [
            "Queue Done 2",
            "Role Done 8 slowest",
            "Inner Done 12 slowest",
            "Inner/Bucket Done 2",
            "Inner/Topic Done 8 slowest",
            "Late Waiting -",
        ]
    );
    assert_eq!(report.verdict, Verdict::Done);
    assert_eq!(report.at(report.ended.unwrap()), Duration::from_secs(23));
    assert_eq!(
        report.root.as_ref().unwrap().time(),
        Some(Duration::from_secs(23))
    );
    assert_eq!(report.elapsed, Some(Duration::from_secs(23)));
    let counts = report.counts();
    assert_eq!((counts.all, counts.done, counts.waiting), (6, 5, 1));
    assert!(
        report
            .console
            .unwrap()
            .starts_with("https://cn-north-1.console.amazonaws.cn/")
    );
}

#[test]
fn a_failure_is_told_from_what_was_cancelled_and_undone_because_of_it() {
    let report = ended(
        failed(),
        &[
            event(0, "", "CREATE_IN_PROGRESS", ""),
            event(1, "Role", "CREATE_IN_PROGRESS", ""),
            event(2, "Role", "CREATE_COMPLETE", ""),
            event(3, "Inner", "CREATE_IN_PROGRESS", ""),
            event(3, "Queue", "CREATE_IN_PROGRESS", ""),
            event(4, "Inner/Topic", "CREATE_IN_PROGRESS", ""),
            event(4, "Inner/Bucket", "CREATE_IN_PROGRESS", ""),
            event(
                6,
                "Inner/Topic",
                "CREATE_FAILED",
                r#"Partition "aws" is not valid"#,
            ),
            event(
                6,
                "Inner/Bucket",
                "CREATE_FAILED",
                "Resource creation cancelled",
            ),
            event(7, "Inner/", "ROLLBACK_IN_PROGRESS", ""),
            event(8, "Inner", "CREATE_FAILED", "Embedded stack"),
            event(8, "Queue", "CREATE_FAILED", "Resource creation cancelled"),
            event(9, "", "ROLLBACK_IN_PROGRESS", "failed: [Inner]"),
            event(10, "Role", "DELETE_IN_PROGRESS", ""),
            event(11, "Role", "DELETE_COMPLETE", ""),
            event(12, "", "ROLLBACK_COMPLETE", ""),
        ],
    );
    assert_eq!(
        lines(&report),
        [
            "Role Undone 1 slowest",
            "Inner FailedInside 5 slowest",
            "Inner/Bucket Cancelled 2",
            "Inner/Topic Failed 2 slowest cause",
            "Queue Cancelled 5",
            "Late Waiting -",
        ]
    );
    let role = report.walk().next().unwrap();
    assert_eq!(role.status, Some(ResourceStatus::CreateComplete));
    let phases: Vec<Phase> = role.spans.iter().map(|span| span.phase).collect();
    assert_eq!(phases, [Phase::Work, Phase::Undo]);
    let root = report.root.as_ref().unwrap();
    assert_eq!(root.spans.len(), 2, "forward and back: {root:?}");
    assert!(matches!(report.advice, Some(Advice::Do(step)) if step.contains("cn-package")));
    let counts = report.counts();
    assert_eq!((counts.failed, counts.failed_inside), (1, 1));
    assert_eq!((counts.cancelled, counts.undone), (2, 1));
}

#[test]
fn what_cannot_be_removed_after_an_update_is_left_behind() {
    let report = ended(
        End::Done {
            outputs: Vec::new(),
            is_cleaning_up: false,
        },
        &[
            event(0, "", "UPDATE_IN_PROGRESS", ""),
            event(1, "Queue", "UPDATE_IN_PROGRESS", ""),
            event(4, "Queue", "UPDATE_COMPLETE", ""),
            event(5, "", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", ""),
            event(6, "Queue", "DELETE_IN_PROGRESS", ""),
            event(9, "Queue", "DELETE_FAILED", "in use"),
            event(6, "Late", "DELETE_IN_PROGRESS", ""),
            event(7, "Late", "DELETE_FAILED", "in use"),
            event(7, "Late", "DELETE_IN_PROGRESS", ""),
            event(8, "Late", "DELETE_COMPLETE", ""),
            event(10, "", "UPDATE_COMPLETE", ""),
        ],
    );
    assert_eq!(
        lines(&report),
        ["Queue LeftBehind 3 slowest", "Late Done 2"]
    );
    let queue = report.walk().next().unwrap();
    assert_eq!(
        (
            queue.status.as_ref().map(ResourceStatus::as_str),
            queue.reason.as_deref()
        ),
        (Some("UPDATE_COMPLETE"), Some("in use"))
    );
    assert_eq!(queue.spans[1].phase, Phase::CleanUp);
    assert_eq!(report.counts().left_behind, 1);
}

#[test]
fn a_run_that_ends_early_reports_what_it_knows() {
    let nothing = Record::default().report(&["cannot find credentials".into()], &[]);
    assert_eq!(nothing.verdict, Verdict::Stopped);
    assert_eq!(nothing.failure, ["cannot find credentials"]);
    assert_eq!((nothing.stack, nothing.elapsed), (None, None));

    let running = record(&[
        event(0, "", "UPDATE_IN_PROGRESS", ""),
        event(1, "Queue", "UPDATE_IN_PROGRESS", ""),
        event(1, "Inner/Deep", "UPDATE_IN_PROGRESS", ""),
    ]);
    let running = running.report(&["interrupted by SIGTERM".into()], &[]);
    assert_eq!(running.verdict, Verdict::Running);
    assert_eq!(running.elapsed, Some(Duration::from_secs(1)));
    assert_eq!(
        lines(&running),
        [
            "Queue Running - slowest",
            "Inner Running -",
            "Inner/Deep Running -",
        ]
    );
}

#[test]
fn refusals_are_failures_of_the_resources_they_are_about() {
    let refusal = Refusal {
        gate: "delete".parse::<Gate>().unwrap(),
        logical_id: "Queue".into(),
        resource_type: "AWS::SQS::Queue".into(),
        why: "would be removed".into(),
        advice: None,
    };
    let gated = ended(
        End::Gated {
            refusals: vec![refusal],
        },
        &[],
    );
    assert_eq!(lines(&gated), ["Queue Failed - cause", "Late Waiting -"]);
    assert_eq!(
        gated.resources[0].reason.as_deref(),
        Some("would be removed (gate `delete`)")
    );
    let detail = |reason: &str| Detail {
        mode: None,
        logical_id: "Other".into(),
        resource_type: "AWS::S3::Bucket".into(),
        found_by: "NAME_CONFLICT".into(),
        reason: reason.into(),
        place: None,
    };
    let refused = ended(
        End::Refused {
            reason: "invalid".into(),
            details: vec![detail("exists"), detail("is taken")],
        },
        &[],
    );
    assert_eq!(refused.verdict, Verdict::Refused);
    assert_eq!(
        refused.resources[2].reason.as_deref(),
        Some("exists; is taken")
    );
}

#[test]
fn a_hook_that_fails_is_the_failure_and_one_that_warns_is_none() {
    let hook = |status: &str| {
        let mut event = event(1, "Queue", "CREATE_IN_PROGRESS", "");
        event.hook = Some(Hook {
            name: "Acme::Encryption".into(),
            status: status.into(),
            reason: Some("not encrypted".into()),
        });
        event
    };
    let stopped = record(&[
        hook("HOOK_COMPLETE_FAILED"),
        event(2, "Queue", "CREATE_FAILED", "The following hook(s) failed"),
    ]);
    let stopped = stopped.report(&[], &[]);
    assert_eq!(lines(&stopped), ["Queue Failed 1 slowest cause"]);
    assert_eq!(
        stopped.resources[0].reason.as_deref(),
        Some("hook `Acme::Encryption`: not encrypted")
    );
    let warned = ended(
        End::Done {
            outputs: Vec::new(),
            is_cleaning_up: false,
        },
        &[
            hook("HOOK_COMPLETE_FAILED"),
            event(2, "Queue", "CREATE_COMPLETE", ""),
        ],
    );
    assert_eq!(warned.resources[0].state, State::Done);
    assert_eq!(warned.cause, None);
}

#[test]
fn values_that_must_not_be_shown_are_nowhere_in_the_report() {
    let mut request = crate::deploy::tests::request("Resources: {}");
    request.declared.0.push(DeclaredParameter {
        key: "Password".into(),
        has_default: false,
        no_echo: true,
        span: None,
    });
    request.overrides.push(ParameterOverride {
        key: "Password".into(),
        value: "hunter2".into(),
    });
    let mut failing = event(2, "Queue", "CREATE_FAILED", "bad password hunter2");
    failing.physical_id = Some("queue-hunter2".into());
    failing.hook = Some(Hook {
        name: "Acme".into(),
        status: "HOOK_COMPLETE_FAILED".into(),
        reason: Some("hunter2 is weak".into()),
    });
    let events = [event(0, "", "CREATE_IN_PROGRESS", ""), failing];
    let mut outcome = outcome(failed(), &events);
    outcome.changes[0].details[0].after = Some(PropertyValue::new("hunter2"));
    let mut record = record(&events);
    record.request(&request);
    record.end(&outcome);
    let failure = ["rolled back".into(), "`Queue`: bad password hunter2".into()];
    let report = format!("{:?}", record.report(&failure, &[]));
    assert!(!report.contains("hunter2"), "{report}");
    assert!(report.contains("bad password ****"));
    outcome.end = End::Done {
        outputs: vec![Output {
            key: "Dsn".into(),
            value: "db://u:hunter2@host".into(),
            description: None,
            export: None,
        }],
        is_cleaning_up: false,
    };
    record.end(&outcome);
    assert_eq!(record.report(&[], &[]).outputs[0].value, "db://u:****@host");
}

#[test]
fn effects_and_causes_of_a_change_read_as_in_a_table() {
    let mut modified = change("Queue");
    assert_eq!(modified.effect(), Effect::Add);
    modified.action = ChangeAction::Modify;
    modified.policy = Some("Delete".into());
    modified.replacement = Some("Conditional".into());
    assert_eq!(modified.effect(), Effect::MayReplace);
    assert_eq!(modified.causes(), ["Tags", "policy action: Delete"]);
    modified.action = ChangeAction::Remove;
    assert_eq!(modified.effect(), Effect::Remove);
}

#[test]
fn a_template_tells_what_a_resource_waited_for() {
    let events = [
        event(0, "", "CREATE_IN_PROGRESS", ""),
        event(1, "Queue", "CREATE_IN_PROGRESS", ""),
        event(4, "Role", "CREATE_IN_PROGRESS", ""),
        event(9, "Role", "CREATE_COMPLETE", ""),
        event(9, "Queue", "CREATE_COMPLETE", ""),
        event(10, "Late", "CREATE_IN_PROGRESS", ""),
        event(11, "Late", "CREATE_COMPLETE", ""),
    ];
    let slowest = |record: &Record| -> Vec<String> {
        let report = record.report(&[], &[]);
        report.slowest().map(|node| node.path.clone()).collect()
    };
    let mut record = record(&events);
    assert_eq!(slowest(&record), ["Queue", "Late"], "by time alone");
    record.request(&crate::deploy::tests::request(
        "Resources: {Queue: {Type: a}, Role: {Type: b}, Late: {Type: c, DependsOn: Role}}",
    ));
    assert_eq!(slowest(&record), ["Role", "Late"]);
}
