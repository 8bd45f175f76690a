use crate::{TEMPLATE, deploy, said, seeded};

#[test]
fn creates_then_leaves_alone_then_updates_cases_64_65_67() {
    let env = seeded(TEMPLATE);
    insta::assert_snapshot!(said(&deploy(&env, &[]).succeeded()));

    env.forget_requests();
    insta::assert_snapshot!("unchanged", said(&deploy(&env, &[]).succeeded()));
    let requests = env.requests().service("cloudformation");
    assert_eq!(
        requests.operations(),
        [
            "DescribeStacks",
            "CreateChangeSet",
            "DescribeChangeSet",
            "DeleteChangeSet"
        ]
    );
    let refused = deploy(&env, &["--fail-on-empty-changeset"]);
    insta::assert_snapshot!("unchanged_refused", said(&refused.failed_with(3)));

    let changed = deploy(
        &env,
        &["--parameter-overrides", "Delay=5", "--format", "json"],
    );
    insta::assert_snapshot!("updated_json", said(&changed.succeeded()));
    env.assert_no_secret_was_sent();
}

#[test]
fn an_update_that_fails_says_what_failed_first() {
    let env = seeded(TEMPLATE);
    drop(deploy(&env, &[]).succeeded());
    let broken = TEMPLATE.replace(
        "Outputs:",
        "  Handle:\n    Type: AWS::CloudFormation::WaitConditionHandle\n  Signal:\n    Type: AWS::CloudFormation::WaitCondition\n    Properties: {Handle: !Ref Handle, Timeout: '1'}\nOutputs:",
    );
    env.write("packaged.yaml", broken);
    insta::assert_snapshot!(said(&deploy(&env, &[]).failed_with(1)));
}

#[test]
fn a_change_set_for_review_is_left_and_a_preview_is_not() {
    let env = seeded(TEMPLATE);
    let stack = env.name("orders");
    insta::assert_snapshot!("preview", said(&deploy(&env, &["--plan"]).succeeded()));
    assert_eq!(env.china().stack_status(&stack).expect("answers"), None);
    insta::assert_snapshot!(
        "review",
        said(&deploy(&env, &["--no-execute-changeset"]).succeeded())
    );
    assert_eq!(env.requests().operation("ExecuteChangeSet").count(), 0);
}

#[test]
fn a_reviewed_change_set_is_executed_once_and_its_outputs_are_written() {
    let env = seeded(TEMPLATE);
    let review = deploy(&env, &["--no-execute-changeset"]).succeeded();
    let id = review.stdout().trim().to_owned();
    let executed = deploy(
        &env,
        &[
            "--execute-changeset",
            &id,
            "--outputs-file",
            "outputs.json",
            "--env-file",
            "outputs.env",
        ],
    );
    insta::assert_snapshot!("executed", said(&executed.succeeded()));
    insta::assert_snapshot!("outputs_json", env.redacted(&env.read("outputs.json")));
    insta::assert_snapshot!("outputs_env", env.redacted(&env.read("outputs.env")));
    // A retried action of a pipeline: the work is done, and its result is reported again.
    env.forget_requests();
    let again = deploy(&env, &["--execute-changeset", &id]);
    insta::assert_snapshot!("executed_again", said(&again.succeeded()));
    assert_eq!(env.requests().operation("ExecuteChangeSet").count(), 0);
}

#[test]
fn an_operation_that_has_succeeded_is_reported_when_attached_to() {
    let env = seeded(TEMPLATE);
    drop(deploy(&env, &[]).succeeded());
    insta::assert_snapshot!("attached", said(&deploy(&env, &["--attach"]).succeeded()));
    let nobody = deploy(&env, &["--attach", "--stack-name", "nobody"]);
    insta::assert_snapshot!("attached_to_nothing", said(&nobody.failed_with(1)));
}

#[test]
fn a_large_template_goes_through_the_bucket_of_the_parameter_cases_72_73() {
    let comment = format!("# {}\r\n", "x".repeat(51_200));
    let env = seeded(&format!("{comment}{TEMPLATE}"));
    let first = deploy(&env, &[]).succeeded();
    insta::assert_snapshot!(said(&first.without_digests()));
    let puts = env.requests().object_puts();
    assert_eq!(puts.count(), 1);
    env.forget_requests();
    drop(deploy(&env, &[]).succeeded());
    assert_eq!(env.requests().object_puts().count(), 0);
}
