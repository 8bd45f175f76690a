use cn_template::Source;
use cn_template::tree::Template;

use super::super::request::{DeclaredParameter, ParameterOverride, TemplateParameters};
use super::*;
use crate::stack::StackStatus;

/// Returns a request to deploy a text, which does not have to be a template.
pub(crate) fn request(text: &str) -> Request {
    let template = Source::new("app.yaml", "Resources: {Q: {Type: AWS::SQS::Queue}}");
    let template = Template::parse(&template).template.unwrap();
    let mut request = Request::new(
        "orders".parse().unwrap(),
        "cn-north-1".parse().unwrap(),
        &template,
        ChangeSetName::new("build-7", 0x0a1b_2c3d),
    );
    request.template = Source::new("app.yaml", text);
    request
}

fn bucket(always: bool) -> TemplateBucket {
    TemplateBucket {
        name: "bkt".parse().unwrap(),
        owner: None,
        prefix: crate::s3::Prefix::default(),
        kms_key_id: None,
        sse: None,
        force_upload: false,
        always,
    }
}

fn stack_in(status: &str) -> Facts {
    Facts {
        stack: Some(StackFacts {
            id: "arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/orders/1".into(),
            status: StackStatus::new(status),
            reason: None,
            parameter_keys: BTreeSet::from(["Old".to_owned()]),
            masked_keys: BTreeSet::new(),
            is_protected: false,
            is_express: false,
            change_set_id: None,
            tags: vec![Tag {
                key: "team".into(),
                value: "orders".into(),
            }],
            outputs: Vec::new(),
        }),
    }
}

pub(crate) const ABSENT: Facts = Facts { stack: None };

/// Returns the steps of the plan in one line.
fn steps(request: &Request, facts: &Facts) -> String {
    match plan(request, facts) {
        Err(stuck) => match stuck.advice {
            Advice::Do(step) => format!("stuck: {step}"),
            other => format!("stuck: {other:?}"),
        },
        Ok(planned) => {
            let plan = planned.unchecked();
            let mut words: Vec<String> = plan.prepare.iter().map(step).collect();
            words.push(format!("{:?}", plan.change_set.kind).to_lowercase());
            words.push(match plan.mode {
                Mode::Execute => format!("execute({:?})", plan.execution.disable_rollback),
                Mode::Review => "keep".to_owned(),
                Mode::Preview => "remove".to_owned(),
            });
            words.join(" ")
        }
    }
}

fn step(step: &Step) -> String {
    match step {
        Step::UploadTemplate { .. } => "upload".to_owned(),
        Step::DeleteStack { .. } => "delete".to_owned(),
        Step::ContinueRollback { .. } => "continue-rollback".to_owned(),
    }
}

fn spec(request: &Request, facts: &Facts) -> ChangeSetSpec {
    let planned = plan(request, facts).unwrap();
    planned.unchecked().change_set.clone()
}

#[test]
fn every_status_leads_to_its_documented_steps() {
    let request = request("");
    let mut table = String::new();
    for status in StackStatus::known() {
        use std::fmt::Write as _;
        let line = steps(&request, &stack_in(status.as_str()));
        writeln!(table, "{:<44} {line}", status.as_str()).unwrap();
    }
    insta::assert_snapshot!(table);
}

#[test]
fn a_missing_stack_and_one_in_review_are_created() {
    for facts in [ABSENT, stack_in("REVIEW_IN_PROGRESS")] {
        assert_eq!(steps(&request(""), &facts), "create execute(Some(false))");
    }
}

#[test]
fn replacing_can_be_forbidden() {
    let facts = stack_in("ROLLBACK_COMPLETE");
    let mut request = request("");
    assert_eq!(
        steps(&request, &facts),
        "delete create execute(Some(false))"
    );
    request.replace_failed = false;
    assert!(steps(&request, &facts).starts_with("stuck: Replace"));
}

#[test]
fn a_review_or_preview_never_deletes_a_stack() {
    for mode in [Mode::Review, Mode::Preview] {
        let mut request = request("");
        request.mode = mode;
        assert_eq!(
            steps(&request, &stack_in("ROLLBACK_COMPLETE")),
            "stuck: ExecuteToReplace"
        );
    }
}

#[test]
fn a_protected_stack_is_not_replaced() {
    let mut facts = stack_in("ROLLBACK_COMPLETE");
    facts.stack.as_mut().unwrap().is_protected = true;
    assert!(steps(&request(""), &facts).starts_with("stuck: it is protected"));
}

#[test]
fn a_paused_stack_goes_on_with_rollback_disabled() {
    let mut request = request("");
    assert!(steps(&request, &stack_in("UPDATE_FAILED")).starts_with("stuck: ContinueOrRollBack"));
    request.on_failure = OnFailure::Keep;
    assert_eq!(
        steps(&request, &stack_in("UPDATE_FAILED")),
        "update execute(Some(true))"
    );
}

#[test]
fn the_rollback_flag_is_sent_as_asked() {
    let mut request = request("");
    request.on_failure = OnFailure::Delete;
    assert_eq!(steps(&request, &ABSENT), "create execute(None)");
    assert!(spec(&request, &ABSENT).delete_on_failure);
    let facts = stack_in("CREATE_COMPLETE");
    assert_eq!(steps(&request, &facts), "update execute(Some(false))");
    assert!(!spec(&request, &facts).delete_on_failure);
    assert_eq!(spec(&request, &facts).role_arn, None);
    assert_eq!(spec(&request, &facts).notification_arns, None);
}

#[test]
fn a_change_set_for_review_is_not_executed() {
    let mut request = request("");
    request.mode = Mode::Review;
    assert_eq!(steps(&request, &ABSENT), "create keep");
    request.mode = Mode::Preview;
    assert_eq!(steps(&request, &ABSENT), "create remove");
}

#[test]
fn size_is_counted_in_bytes() {
    let inline = "中".repeat(MAX_INLINE_TEMPLATE_BYTES / 3);
    let inline = format!("{inline}{}", "x".repeat(51_200 - inline.len()));
    assert!(check(&request(&inline)).is_empty());
    assert_eq!(
        spec(&request(&inline), &ABSENT).template,
        TemplateRef::Body(Source::new("app.yaml", inline.clone()))
    );

    let mut large = request(&format!("{inline}x"));
    let findings = check(&large);
    assert_eq!(
        findings[0].message,
        "template `app.yaml` has 51201 bytes; without a bucket, CloudFormation accepts at most \
         51200"
    );
    large.bucket = Some(bucket(false));
    assert!(check(&large).is_empty());
    assert_eq!(steps(&large, &ABSENT), "upload create execute(Some(false))");
}

#[test]
fn a_template_in_a_bucket_has_the_partitions_address() {
    let mut request = request("a: 1\r\n");
    request.bucket = Some(bucket(true));
    let key = "db9bda4272ee21cda5ff1d213fa8366a2cca3143c5a795bdcd5f75a85106033d.template";
    let host = "https://s3.cn-north-1.amazonaws.com.cn/bkt";
    let TemplateRef::Url(url) = spec(&request, &ABSENT).template else {
        panic!("not in the bucket");
    };
    assert_eq!(url, format!("{host}/{key}"));

    request.bucket.as_mut().unwrap().prefix = "team/".parse().unwrap();
    let TemplateRef::Url(with_prefix) = spec(&request, &ABSENT).template else {
        panic!("not in the bucket");
    };
    assert_eq!(with_prefix, format!("{host}/team/{key}"));
}

#[test]
fn tags_that_were_not_given_are_not_sent() {
    let mut request = request("");
    assert_eq!(spec(&request, &ABSENT).tags, None);
    request.tags = Some(Vec::new());
    assert_eq!(spec(&request, &ABSENT).tags, Some(Vec::new()));
    request.tags = Some(vec![
        Tag {
            key: "aws:x".into(),
            value: String::new(),
        },
        Tag {
            key: String::new(),
            value: "v".repeat(257),
        },
    ]);
    let said: Vec<_> = check(&request).into_iter().map(|it| it.message).collect();
    assert_eq!(
        said,
        [
            "tag `aws:x` starts with `aws:`, which is reserved for AWS",
            "tag `` needs a key of 1 to 128 characters",
            "tag `` has a value of over 256 characters",
        ]
    );
}

#[test]
fn a_replaced_stack_passes_on_no_values_of_the_old_one() {
    let mut request = request("");
    request.declared = TemplateParameters(vec![DeclaredParameter {
        key: "Old".into(),
        has_default: false,
        no_echo: false,
        span: None,
    }]);
    let update = plan(&request, &stack_in("UPDATE_COMPLETE")).unwrap();
    assert!(update.findings().is_empty());
    let replace = plan(&request, &stack_in("ROLLBACK_COMPLETE")).unwrap();
    assert_eq!(replace.findings().len(), 1);
    assert!(replace.ready().is_err(), "an error keeps the plan closed");
    request.overrides = vec![ParameterOverride {
        key: "Old".into(),
        value: "1".into(),
    }];
    assert!(
        plan(&request, &stack_in("ROLLBACK_COMPLETE"))
            .unwrap()
            .findings()
            .is_empty()
    );
}

#[test]
fn a_failed_rollback_is_continued_only_when_asked() {
    let facts = stack_in("UPDATE_ROLLBACK_FAILED");
    let mut request = request("");
    assert!(steps(&request, &facts).starts_with("stuck: ContinueRollback"));
    request.continue_rollback = true;
    assert_eq!(
        steps(&request, &facts),
        "continue-rollback update execute(Some(false))"
    );
    assert_eq!(
        steps(&request, &stack_in("CREATE_COMPLETE")),
        "update execute(Some(false))"
    );
    request.mode = Mode::Preview;
    assert!(steps(&request, &facts).starts_with("stuck: ExecuteToContinueRollback"));
}

#[test]
fn a_revision_is_added_to_the_tags_the_stack_has() {
    let said = |request: &Request, facts: &Facts| {
        let tags = spec(request, facts).tags.unwrap();
        tags.iter()
            .map(|tag| format!("{}={}", tag.key, tag.value))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let mut request = request("");
    request.revision = Some("4f0c".into());
    let facts = stack_in("CREATE_COMPLETE");
    assert_eq!(
        said(&request, &facts),
        "team=orders cn:source-revision=4f0c"
    );
    assert_eq!(said(&request, &ABSENT), "cn:source-revision=4f0c");
    request.tags = Some(Vec::new());
    assert_eq!(said(&request, &facts), "cn:source-revision=4f0c");
    request.revision = Some("x".repeat(257));
    assert_eq!(
        check(&request)[0].message,
        "tag `cn:source-revision` has a value of over 256 characters"
    );
}

#[test]
fn protection_is_set_only_when_it_is_another() {
    let mut request = request("");
    let mut facts = stack_in("CREATE_COMPLETE");
    let wanted = |request: &Request, facts: &Facts| {
        let planned = plan(request, facts).unwrap();
        planned
            .unchecked()
            .execution
            .settings
            .termination_protection
    };
    assert_eq!(wanted(&request, &facts), None);
    request.termination_protection = Some(true);
    assert_eq!(wanted(&request, &facts), Some(true));
    facts.stack.as_mut().unwrap().is_protected = true;
    assert_eq!(wanted(&request, &facts), None);
    request.termination_protection = Some(false);
    assert_eq!(wanted(&request, &facts), Some(false));
    assert_eq!(wanted(&request, &ABSENT), None);
}

#[test]
fn rollback_triggers_are_checked_before_any_call() {
    let mut request = request("");
    let said = |request: &Request| -> Vec<String> {
        check(request).into_iter().map(|it| it.message).collect()
    };
    let good = "arn:aws-cn:cloudwatch:cn-north-1:123456789012:alarm:errors";
    let of = |texts: &[&str]| Some(texts.iter().map(|text| (*text).into()).collect());
    request.rollback_triggers = of(&[good, &format!("composite:{good}")]);
    assert_eq!(said(&request), [""; 0]);
    request.rollback_triggers = of(&[
        "errors",
        "arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors",
        "arn:aws-cn:sns:cn-north-1:123456789012:topic",
        good,
        good,
        good,
    ]);
    assert_eq!(
        said(&request),
        [
            "6 rollback triggers are given; CloudFormation accepts at most 5",
            "rollback trigger `errors` is not an ARN",
            "rollback trigger `arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors` is in \
             partition `aws`, but the stack is in `aws-cn`",
            "rollback trigger `arn:aws-cn:sns:cn-north-1:123456789012:topic` is not a CloudWatch \
             alarm",
        ]
    );
}

#[test]
fn a_template_at_an_address_is_fetched_from_there() {
    let large = "x".repeat(60_000);
    let mut request = request(&large);
    request.template_url = Some("https://s3.cn-north-1.amazonaws.com.cn/b/t.yaml".into());
    request.bucket = Some(bucket(true));
    assert!(check(&request).is_empty());
    assert_eq!(steps(&request, &ABSENT), "create execute(Some(false))");
    let url = request.template_url.clone().unwrap();
    assert_eq!(spec(&request, &ABSENT).template, TemplateRef::Url(url));
}

#[test]
fn gates_look_into_nested_stacks() {
    let mut request = request("");
    assert!(!spec(&request, &ABSENT).include_nested_stacks);
    request.gates = vec!["delete".parse().unwrap()];
    assert!(spec(&request, &ABSENT).include_nested_stacks);
}

#[test]
fn settings_that_exclude_each_other_are_refused_and_a_missing_validation_is_warned_of() {
    let found = |change: &dyn Fn(&mut Request)| -> Vec<String> {
        let mut request = request("Resources: {}");
        change(&mut request);
        let findings = check(&request);
        let line = |it: &Diagnostic| format!("{:?} {}", it.severity, it.message);
        findings.iter().map(line).collect()
    };
    let express = found(&|request| {
        request.completion = Completion::Express;
        request.on_failure = OnFailure::Delete;
    });
    assert_eq!(
        express,
        ["Error Express mode cannot delete a stack whose creation fails"]
    );
    let unchecked = found(&|request| {
        request.disable_validation = true;
        request.gates = vec!["validation-warning=Q".parse().unwrap()];
    });
    assert_eq!(
        unchecked,
        ["Error gate `validation-warning=Q` needs CloudFormation's validation, which is off"]
    );
    let warned = found(&|request| request.disable_validation = true);
    assert!(warned[0].starts_with("Warning CloudFormation's validation is off"));
    let fine = found(&|request| {
        request.completion = Completion::Express;
        request.on_failure = OnFailure::Keep;
        request.gates = vec!["validation-warning".parse().unwrap()];
    });
    assert_eq!(fine, [""; 0]);
}

#[test]
fn a_stack_that_failed_in_express_mode_goes_on_only_in_express_mode() {
    for status in ["CREATE_FAILED", "UPDATE_FAILED"] {
        let mut facts = stack_in(status);
        facts.stack.as_mut().unwrap().is_express = true;
        for (completion, on_failure, goes_on) in [
            (Completion::Standard, OnFailure::Keep, false),
            (Completion::Express, OnFailure::Rollback, false),
            (Completion::Express, OnFailure::Keep, true),
        ] {
            let mut request = request("Resources: {}");
            request.completion = completion;
            request.on_failure = on_failure;
            let steps = steps(&request, &facts);
            let expected = if goes_on {
                "update execute(None)"
            } else {
                "stuck: ContinueInExpress"
            };
            assert_eq!(steps, expected, "{status} {completion:?} {on_failure:?}");
        }
    }
}
