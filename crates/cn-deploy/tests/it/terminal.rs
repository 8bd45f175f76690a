//! What a person at a terminal sees.

use cn_testkit::{Events, Python, Stack};

use crate::scripted::{cloudformation, ready, scripted};

/// Runs a program on a terminal of its own and gives back what that shows.
const PTY: &str = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:], lambda fd: os.read(fd, 1024), lambda fd: os.read(0, 1024))))";

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
    let python = Python::ready().expect("installed");
    let program = env!("CARGO_BIN_EXE_cn-deploy");
    let run = || env.run(python.program("python3"));
    let output = run().args(["-c", PTY, program]).output().succeeded();
    let shown = output.stdout();
    let row = "   0s UPDATE_IN_PROGRESS Queue AWS::SQS::Queue";
    let (_, after) = shown.rsplit_once(row).expect("it is shown");
    assert!(after.contains("\u{1b}[2K"), "it is wiped out: {after:?}");
    let end = "Successfully updated stack orders";
    assert!(after.contains(end), "{after}");

    // Who wants it quiet gets none of it.
    let arguments = ["-c", PTY, program, "--attach", "--quiet"];
    let output = run().args(arguments).output().succeeded();
    assert!(
        !output.stdout().contains("IN_PROGRESS"),
        "{}",
        output.stdout()
    );
}
