//! The files of `--report`, for every kind of end.

use std::time::Duration;

use cn_testkit::{Answer, ChangeSet, Events, Output, Script, Stack, TestEnv};

use crate::scripted::{cloudformation, ready, role_fails, scripted};
use crate::{TEMPLATE, deploy, run, seeded};

/// Returns the three files of a report on a stack.
fn files(env: &TestEnv, stack: &str) -> [String; 3] {
    ["xml", "md", "html"]
        .map(|extension| env.read(format!("report/{stack}.cn-north-1.{extension}")))
}

#[test]
fn a_success_is_reported_with_its_outputs_then_that_nothing_changed() {
    let env = seeded(TEMPLATE);
    let stack = env.name("orders");
    let output = deploy(&env, &["--report", "report"]).succeeded();
    assert!(
        output.stderr().contains("Report: report/"),
        "{}",
        output.stderr()
    );
    let [junit, markdown, html] = files(&env, &stack);
    assert!(junit.contains(&format!(
        "<testcase classname=\"{stack}\" name=\"Queue (AWS::SQS::Queue)\""
    )));
    assert!(
        junit.contains("tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"0\""),
        "{junit}"
    );
    assert!(
        markdown.contains(&format!("{stack}: created")),
        "{markdown}"
    );
    assert!(
        markdown.contains("| `Partition` | `aws-cn` |"),
        "{markdown}"
    );
    assert!(html.contains("<h2>Outputs</h2>") && html.contains("console.amazonaws.cn"));

    drop(deploy(&env, &["--report", "report"]).succeeded());
    let [junit, markdown, _] = files(&env, &stack);
    assert!(junit.contains("tests=\"1\" failures=\"0\""), "{junit}");
    assert!(markdown.contains("unchanged"), "{markdown}");
    let refused = deploy(&env, &["--report", "report", "--fail-on-empty-changeset"]);
    drop(refused.failed_with(3));
    let [junit, ..] = files(&env, &stack);
    assert!(junit.contains("errors=\"1\""), "{junit}");

    drop(deploy(&env, &["--attach", "--report", "attached"]).succeeded());
    let attached = env.read(format!("attached/{stack}.cn-north-1.xml"));
    assert!(
        attached.contains("name=\"Queue (AWS::SQS::Queue)\""),
        "{attached}"
    );
}

/// A reason that contains markup and a secret.
const WHY: &str =
    "<script>alert(1)</script> ]]&gt; password hunter2 is weak (HandlerErrorCode: InvalidRequest)";

#[test]
fn a_failure_is_reported_with_its_cause_and_without_its_secret() {
    let env = scripted(role_fails(WHY));
    let template = TEMPLATE.replace(
        "Parameters:",
        "Parameters:\n  Password: {Type: String, NoEcho: true}",
    );
    env.write("packaged.yaml", template);
    let arguments = [
        "--parameter-overrides",
        "Password=hunter2",
        "--report",
        "report",
    ];
    drop(deploy(&env, &arguments).failed_with(1));
    let [junit, markdown, html] = files(&env, "orders");
    insta::assert_snapshot!("failure.xml", junit);
    insta::assert_snapshot!("failure.md", markdown);
    for text in [&junit, &markdown, &html] {
        assert!(
            text.contains("password **** is weak")
                || text.contains("password \\*\\*\\*\\* is weak")
        );
        assert!(!text.contains("hunter2") && !text.contains("<script"));
    }
}

#[test]
fn a_report_is_written_when_a_signal_ends_the_run() {
    let env = scripted(
        cloudformation()
            .on("DescribeStacks", Stack::new("orders", "CREATE_COMPLETE"))
            .on("DescribeChangeSet", ready())
            .on("DescribeStackEvents", Events::new("orders")),
    );
    let running = run(&env).args(["--report", "report"]).spawn();
    running.wait_for_request("DescribeStackEvents");
    running.signal("TERM");
    drop(running.output().failed_with(143));
    let [junit, markdown, _] = files(&env, "orders");
    assert!(junit.contains("interrupted by SIGTERM"), "{junit}");
    assert!(markdown.contains("still in progress"), "{markdown}");
    assert!(
        markdown.contains("cn-deploy --attach --stack-name orders"),
        "{markdown}"
    );
}

#[test]
fn a_refused_change_set_is_an_error_of_the_stack() {
    let failed =
        ChangeSet::new("orders", "FAILED").reason("Requires capabilities : [CAPABILITY_IAM]");
    let env = scripted(
        cloudformation()
            .on("DescribeStacks", Stack::new("orders", "CREATE_COMPLETE"))
            .on("DescribeChangeSet", failed),
    );
    drop(deploy(&env, &["--report", "report"]).failed_with(1));
    let [junit, markdown, html] = files(&env, "orders");
    assert!(junit.contains("errors=\"1\""), "{junit}");
    for text in [junit, markdown, html] {
        assert!(text.contains("CAPABILITY"), "{text}");
    }
}

#[test]
fn a_report_that_cannot_be_written_is_said_and_changes_no_exit_code() {
    let env = scripted(role_fails(WHY));
    env.write("packaged.yaml", TEMPLATE);
    env.write("file", "");
    let output = deploy(&env, &["--report", "file/report"]).failed_with(1);
    let errors = output.stderr();
    let warning = errors
        .find("warning: the report was not written: cannot write `file/report`")
        .unwrap_or_else(|| panic!("{errors}"));
    let failure = errors
        .find("error: stack `orders` rolled back")
        .expect("said");
    assert!(warning < failure, "what matters most comes last: {errors}");
    assert!(errors.contains("pass a writable folder with `--report`"));
    let env = seeded(TEMPLATE);
    env.write("file", "");
    let output = deploy(&env, &["--report", "file"]).succeeded();
    assert!(
        output
            .stderr()
            .contains("warning: the report was not written")
    );
}

#[test]
fn a_report_is_tried_before_anything_is_done_and_destroys_no_other_file() {
    let env = scripted(role_fails(WHY));
    env.write("packaged.yaml", TEMPLATE);
    env.write("file", "");
    let output = deploy(&env, &["--report", "file/report"]).failed_with(1);
    let errors = output.stderr();
    let early = errors.find("warning: the report cannot be written");
    let begun = errors.find("Change set").or_else(|| errors.find("stack"));
    assert!(early.is_some_and(|early| Some(early) < begun), "{errors}");

    // The report would overwrite an input, through a link, or another result: nothing is sent and
    // nothing is lost.
    let env = scripted(role_fails(WHY));
    let template = env.write("packaged.yaml", TEMPLATE);
    env.write("report/kept", "");
    let page = env.project().join("report/orders.cn-north-1.html");
    std::os::unix::fs::symlink(&template, &page).expect("links can be made");
    let output = deploy(&env, &["--report", "report"]).failed_with(4);
    let errors = output.stderr();
    assert!(
        errors.contains("`packaged.yaml`, which this run reads"),
        "{errors}"
    );
    assert_eq!(env.read("packaged.yaml"), TEMPLATE);
    fs_err::remove_file(&page).expect("removed");
    let arguments = [
        "--report",
        "report",
        "--outputs-file",
        "report/orders.cn-north-1.xml",
    ];
    let errors = deploy(&env, &arguments).failed_with(4).stderr();
    assert!(
        errors.contains("two results would be written to one file"),
        "{errors}"
    );
    assert_eq!(env.requests().count(), 0);
}

/// Deploys with output files in a folder that is deleted before they are written.
fn without_folder(script: Script, gone_after: &str, arguments: &[&str]) -> Output {
    let env = scripted(script);
    env.write("out/kept", "");
    let running = run(&env)
        .args(["--outputs-file", "out/outputs.json"])
        .args([
            "--changeset-file",
            "out/changes.md",
            "--env-file",
            "out/env",
        ])
        .args(arguments)
        .spawn();
    running.wait_for_request(gone_after);
    fs_err::remove_dir_all(env.project().join("out")).expect("it is there");
    running.output()
}

#[test]
fn a_file_that_cannot_be_written_changes_nothing_about_how_the_run_ended() {
    let ready = || Answer::from(ready()).after(Duration::from_millis(500));
    let stack = |status: &str| Stack::new("orders", status).output("Url", "https://x");
    let updated = cloudformation()
        .on("DescribeStacks", stack("CREATE_COMPLETE"))
        .on("DescribeStacks", stack("UPDATE_COMPLETE"))
        .on("DescribeChangeSet", ready())
        .on(
            "DescribeStackEvents",
            Events::new("orders").stack_event("UPDATE_COMPLETE", ""),
        );
    let output = without_folder(updated.clone(), "CreateChangeSet", &[]).succeeded();
    assert_eq!(output.stdout(), "Url = https://x\n");
    let errors = output.stderr();
    let position = |text: &str| errors.find(text).unwrap_or_else(|| panic!("{errors}"));
    let told = position("Successfully updated");
    for file in ["changes.md", "outputs.json", "env"] {
        assert!(told < position(&format!("warning: cannot write `out/{file}`")));
    }

    let review = without_folder(updated, "CreateChangeSet", &["--no-execute-changeset"]);
    let output = review.succeeded();
    assert!(
        output.stdout().starts_with("arn:aws-cn:"),
        "{}",
        output.stdout()
    );

    let failing = role_fails("no such principal");
    let output = without_folder(failing, "ExecuteChangeSet", &[]).failed_with(1);
    let errors = output.stderr();
    assert!(
        errors.contains("warning: cannot write `out/changes.md`"),
        "{errors}"
    );
    assert!(
        errors.contains("caused by: `Role` (AWS::IAM::Role): no such principal"),
        "{errors}"
    );
}

#[test]
fn a_reviewed_change_set_is_reported_before_and_after_its_execution() {
    let env = seeded(TEMPLATE);
    let stack = env.name("orders");
    let review = deploy(&env, &["--no-execute-changeset", "--report", "report"]).succeeded();
    let [junit, markdown, _] = files(&env, &stack);
    assert!(junit.contains("skipped=\"2\""), "{junit}");
    assert!(markdown.contains("waits for review"), "{markdown}");
    let id = review.stdout().trim().to_owned();
    drop(deploy(&env, &["--execute-changeset", &id, "--report", "report"]).succeeded());
    let [junit, markdown, _] = files(&env, &stack);
    assert!(
        junit.contains("tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"0\""),
        "{junit}"
    );
    assert!(
        markdown.contains("| add | `Queue` | AWS::SQS::Queue |"),
        "{markdown}"
    );
}

#[test]
fn a_run_that_ends_before_the_stack_is_read_is_reported() {
    let env = TestEnv::new();
    env.set("CN_STACK_NAME", "orders");
    env.set("CN_REPORT", "report");
    env.write("packaged.yaml", TEMPLATE);
    let output = deploy(&env, &["--region", "cn-north-1", "--profile", "nobody"]).failed_with(5);
    let junit = env.read("report/orders.xml");
    assert!(junit.contains("errors=\"1\""), "{junit}");
    assert!(junit.contains("`nobody`"), "{junit}");
    let last = output.stderr();
    assert!(
        last.ends_with("exit: 5 access\n"),
        "the failure comes last: {last}"
    );
}
