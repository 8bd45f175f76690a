//! The output on a terminal.

use cn_testkit::{Events, Stack};

use crate::scripted::{cloudformation, ready, scripted};

#[test]
fn what_is_in_progress_stands_below_the_events_and_is_gone_at_the_end() {
    let running = || {
        Events::new("orders")
            .stack_event("UPDATE_IN_PROGRESS", "User Initiated")
            .event("Queue", "AWS::SQS::Queue", "UPDATE_IN_PROGRESS", "")
    };
    let env = scripted(
        cloudformation()
            .on("DescribeStacks", Stack::new("orders", "CREATE_COMPLETE"))
            .on("DescribeStacks", Stack::new("orders", "UPDATE_COMPLETE"))
            .on("DescribeChangeSet", ready())
            .on("DescribeStackEvents", running())
            .on("DescribeStackEvents", running())
            .on("DescribeStackEvents", running())
            .on(
                "DescribeStackEvents",
                running()
                    .event("Queue", "AWS::SQS::Queue", "UPDATE_COMPLETE", "")
                    .stack_event("UPDATE_COMPLETE", ""),
            ),
    );
    env.unset("CODEBUILD_BUILD_ID");
    env.set("TERM", "xterm");
    let run = || env.terminal(env!("CARGO_BIN_EXE_cn-deploy"));
    let output = run().output().succeeded();
    let shown = output.stdout();
    let row = "   0s UPDATE_IN_PROGRESS Queue AWS::SQS::Queue";
    let (_, after) = shown.rsplit_once(row).expect("it is shown");
    assert!(after.contains("\u{1b}[2K"), "it is wiped out: {after:?}");
    let end = "Successfully updated stack orders";
    assert!(after.contains(end), "{after}");

    // With `--quiet`, none of it is shown.
    let output = run().args(["--attach", "--quiet"]).output().succeeded();
    assert!(
        !output.stdout().contains("IN_PROGRESS"),
        "{}",
        output.stdout()
    );
}
