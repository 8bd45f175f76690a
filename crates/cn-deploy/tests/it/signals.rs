//! The leftovers after a signal, and the message about them.

use std::time::Duration;

use cn_testkit::{Answer, ChangeSet, Script, Stack};

use crate::scripted::{cloudformation, ready, scripted};
use crate::{run, said};

/// Returns the hint and the number of deletions of an update that gets SIGTERM while it waits for
/// an answer.
fn terminated(script: Script, operation: &str, flags: &[&str]) -> (String, usize) {
    let env = scripted(script.on("DescribeStacks", Stack::new("orders", "CREATE_COMPLETE")));
    let running = run(&env).args(flags).spawn();
    running.wait_for_request(operation);
    running.signal("TERM");
    let said = said(&running.output().failed_with(143));
    let hint = said.lines().find(|line| line.starts_with("hint:"));
    let removals = env.requests().operation("DeleteChangeSet").count();
    (hint.expect("a hint").to_owned(), removals)
}

fn late(operation: &str) -> Answer {
    Answer::result(operation, &[]).after(Duration::from_secs(20))
}

#[test]
fn a_change_set_that_may_be_being_executed_is_looked_at() {
    let script = || Script::of("cloudformation").on("ExecuteChangeSet", late("ExecuteChangeSet"));
    let script = |execution: &str| {
        let fields = [
            ("ChangeSetId", Stack::change_set_id("x")),
            ("StackId", Stack::id("orders")),
            ("Status", "CREATE_COMPLETE".to_owned()),
            ("ExecutionStatus", execution.to_owned()),
        ];
        let fields = fields
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        script()
            .on("CreateChangeSet", ChangeSet::created("orders"))
            .on("DescribeChangeSet", ready())
            .on(
                "DescribeChangeSet",
                Answer::result("DescribeChangeSet", &fields),
            )
            .on("DeleteChangeSet", Answer::result("DeleteChangeSet", &[]))
    };
    let (hint, removals) = terminated(script("EXECUTE_IN_PROGRESS"), "ExecuteChangeSet", &[]);
    assert_eq!(
        hint,
        "hint: the operation on stack `orders` continues; follow it with `cn-deploy --attach \
         --stack-name orders --region cn-north-1`"
    );
    assert_eq!(removals, 0);
    let (hint, removals) = terminated(script("AVAILABLE"), "ExecuteChangeSet", &[]);
    assert!(
        hint.contains("nothing was changed in stack `orders`; change set"),
        "{hint}"
    );
    assert_eq!(removals, 1);
}

#[test]
fn a_signal_ends_a_run_that_reads_a_pipe() {
    let env = crate::seeded(crate::TEMPLATE);
    let fifo = env.project().join("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.expect("mkfifo runs").success());
    for arguments in [
        ["--parameter-overrides", "file://fifo"],
        ["--tags", "file://./fifo"],
        ["--template-file", "fifo"],
    ] {
        for (signal, code) in [("HUP", 129), ("INT", 130), ("TERM", 143)] {
            let running = run(&env).args(arguments).spawn();
            running.wait_for_handler(signal);
            // Handled from the start; a moment later the run waits for the pipe.
            std::thread::sleep(Duration::from_millis(300));
            let start = std::time::Instant::now();
            running.signal(signal);
            let said = running.output().failed_with(code).stderr();
            assert!(start.elapsed() < Duration::from_secs(4), "{arguments:?}");
            assert!(
                said.contains(&format!("interrupted by SIG{signal}")),
                "{said}"
            );
        }
    }
    // No other option reads from a pipe, so none of them can block.
    for option in ["--stack-policy", "--config-file"] {
        let output = run(&env).args([option, "fifo"]).output();
        let said = output.failed_with(4).stderr();
        assert!(said.contains("it is a FIFO"), "{option}: {said}");
    }
}

#[test]
fn a_change_set_that_is_not_removed_is_not_said_to_be() {
    let pending = || ChangeSet::new("orders", "CREATE_IN_PROGRESS");
    let refused = Script::of("cloudformation")
        .on("CreateChangeSet", ChangeSet::created("orders"))
        .on("DescribeChangeSet", pending())
        .on("DeleteChangeSet", Answer::error("AccessDenied", "no"));
    let (hint, _) = terminated(refused, "DescribeChangeSet", &[]);
    assert!(
        hint.contains("may be left over") && !hint.contains("was deleted"),
        "{hint}"
    );
    // A change set that was never reported is not left for a reviewer.
    let review = cloudformation().on("DescribeChangeSet", pending());
    let (hint, removals) = terminated(review, "DescribeChangeSet", &["--no-execute-changeset"]);
    assert!(hint.contains("was deleted"), "{hint}");
    assert_eq!(removals, 1);
}

#[test]
fn what_was_set_before_is_not_called_nothing() {
    let script = cloudformation()
        .on("DescribeChangeSet", ready())
        .on("SetStackPolicy", Answer::result("SetStackPolicy", &[]))
        .on(
            "UpdateTerminationProtection",
            late("UpdateTerminationProtection"),
        );
    let flags = [
        "--stack-policy",
        r#"{"Statement": [{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}]}"#,
        "--termination-protection",
    ];
    let (hint, _) = terminated(script, "UpdateTerminationProtection", &flags);
    assert!(
        hint.contains("nothing else was changed in stack `orders`, but its stack policy was set"),
        "{hint}"
    );
}

#[test]
fn an_update_that_was_not_cancelled_is_not_said_to_be() {
    let script = cloudformation()
        .on("DescribeChangeSet", ready())
        .on("DescribeStackEvents", late("DescribeStackEvents"))
        .on(
            "CancelUpdateStack",
            Answer::error("AccessDenied", "not allowed"),
        );
    let flags = ["--on-interrupt", "cancel"];
    let (hint, _) = terminated(script, "DescribeStackEvents", &flags);
    assert!(
        hint.contains("could not be canceled and continues"),
        "{hint}"
    );
    assert!(hint.contains("--stack-name orders"), "{hint}");
}
