//! Tests of the example `release`, as a program against the emulators.

use std::time::Duration;

use cn_testkit::{Fault, Output, Run, TestEnv};

const TEMPLATE: &str = "\
Resources:
  Layer:
    Type: AWS::Lambda::LayerVersion
    Properties: {Content: layer, LayerName: !Ref AWS::StackName}
  Queue:
    Type: AWS::SQS::Queue
Outputs:
  Address: {Value: !Ref Queue}
";

/// A project with a layer and a queue, and the profile of the deployer.
fn project() -> TestEnv {
    let env = TestEnv::new();
    let seed = env.seed();
    env.write_profile("china", &seed.keys, "cn-north-1");
    env.write("template.yaml", TEMPLATE);
    env.write("layer/python/x.py", "x = 1\n");
    env
}

fn release<'a>(env: &'a TestEnv, how: &str) -> Run<'a> {
    let arguments = ["china", env.bucket(), &env.name("orders"), how];
    env.run(cn_testkit::example("release")).args(arguments)
}

fn last_line(output: &Output) -> String {
    output
        .stdout()
        .lines()
        .last()
        .unwrap_or_default()
        .to_owned()
}

fn status(env: &TestEnv) -> Option<String> {
    let status = env.china().stack_status(&env.name("orders"));
    status.expect("the emulator answers")
}

#[test]
fn a_reviewed_release_is_executed_and_a_repeated_one_changes_nothing() {
    let env = project();
    let review = release(&env, "review").output().succeeded();
    let change_set = last_line(&review);
    assert!(change_set.contains(":changeSet/"), "{change_set}");
    assert!(review.stderr().contains("Uploaded("), "{}", review.stderr());
    assert_eq!(env.requests().operation("ExecuteChangeSet").count(), 0);

    let executed = release(&env, &change_set).output().succeeded();
    let outputs = last_line(&executed);
    assert!(outputs.starts_with("export Address='http"), "{outputs}");
    assert!(
        executed.stderr().contains("Resource {"),
        "progress is shown"
    );
    assert_eq!(status(&env).as_deref(), Some("CREATE_COMPLETE"));

    let again = release(&env, "deploy").output().succeeded();
    assert_eq!(last_line(&again), "no changes");
}

#[test]
fn gates_and_findings_stop_a_release() {
    let env = project();
    drop(release(&env, "deploy").output().succeeded());
    let (without_queue, _) = TEMPLATE.split_once("  Queue:").expect("a queue");
    env.write("template.yaml", without_queue);
    let gated = release(&env, "deploy").output().failed_with(1).stderr();
    assert!(gated.contains("Gated {"), "{gated}");
    assert_eq!(env.requests().operation("ExecuteChangeSet").count(), 1);

    env.write(
        "template.yaml",
        TEMPLATE.replace("Content: layer", "Content: missing"),
    );
    let refused = release(&env, "deploy").output().failed_with(1).stderr();
    assert!(refused.contains("`missing`"), "{refused}");
    assert!(refused.contains("CN521"), "{refused}");
}

#[test]
fn an_interrupted_release_cleans_up() {
    let env = project();
    let late = Fault::on("DescribeChangeSet").delay(Duration::from_secs(20));
    env.fault(late.times(1));
    let running = release(&env, "deploy").spawn();
    running.wait_for_request("DescribeChangeSet");
    running.signal("INT");
    let said = running.output().failed_with(1).stderr();
    assert!(said.contains("interrupted: Discarded"), "{said}");
    assert_eq!(env.requests().operation("DeleteChangeSet").count(), 1);
    assert_eq!(status(&env), None);
}
