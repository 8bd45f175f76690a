use cn_testkit::TestEnv;

use crate::{clean, cn_cleanup, deploy, keys, redeploy, with_sample};

#[test]
fn cleaning_up_dev_leaves_prod_and_a_second_run_has_nothing_to_do() {
    let env = with_sample();
    deploy(&env, "prod");
    let of_prod = keys(&env);
    let handler = env.read("src/handler.py");
    env.write("src/handler.py", format!("{handler}\n# dev\n"));
    deploy(&env, "dev");
    let of_both = keys(&env);
    assert_eq!(of_both.len(), of_prod.len() + 1, "{of_both:?}");

    let dev = env.name("dev");
    redact_random_names(&env, &dev);
    let parts = ["--stack", "--artifacts", "--stack-name", &dev];
    let shown = cn_cleanup(&env, &parts).output().succeeded();
    assert!(
        shown
            .stderr()
            .contains("nothing was deleted, because `--yes`")
    );
    insta::assert_snapshot!("dev_plan", shown.without_digests().snapshot());
    assert_eq!(keys(&env), of_both);

    let done = clean(&env, &parts).succeeded();
    insta::assert_snapshot!("dev_deleted", done.without_digests().snapshot());
    assert_eq!(keys(&env), of_prod);
    let status = |stage| env.china().stack_status(&env.name(stage)).expect("answers");
    assert_eq!(status("dev"), None);
    assert_eq!(status("prod").as_deref(), Some("CREATE_COMPLETE"));

    let again = clean(&env, &parts).succeeded();
    insta::assert_snapshot!("dev_again", again.snapshot());
    assert_eq!(keys(&env), of_prod);
    env.assert_no_secret_was_sent();
}

#[test]
fn after_a_collection_a_deployment_and_a_rollback_still_work() {
    let env = with_sample();
    let handler = env.read("src/handler.py");
    for version in ["one", "two"] {
        env.write("src/handler.py", format!("{handler}\n# {version}\n"));
        deploy(&env, "prod");
        env.write(format!("{version}.yaml"), env.read("prod.yaml"));
    }
    // Packaged and never deployed.
    env.write("src/handler.py", format!("{handler}\n# never\n"));
    let package = env.run(cn_testkit::program("cn-package"));
    let before = keys(&env);
    drop(package.output().succeeded());
    env.china()
        .put_object(env.bucket(), "notes/readme.txt", b"not ours")
        .expect("written");
    assert_eq!(keys(&env).len(), before.len() + 2);

    let collect = ["--artifacts-older-than", "0s"];
    drop(clean(&env, &["--artifacts-older-than", "1h"]).succeeded());
    assert_eq!(keys(&env).len(), before.len() + 2);
    let done = clean(&env, &collect).succeeded();
    insta::assert_snapshot!("collected", done.without_digests().snapshot());
    let mut left = before.clone();
    left.push("notes/readme.txt".to_owned());
    left.sort();
    assert_eq!(keys(&env), left);

    // A rollback to the previous template, and the next deployment.
    redeploy(&env, "prod", "one.yaml");
    redeploy(&env, "prod", "two.yaml");
    env.write("src/handler.py", format!("{handler}\n# three\n"));
    deploy(&env, "prod");
}

/// Redacts the names that the emulator generates for nested stacks and their resources.
fn redact_random_names(env: &TestEnv, stack: &str) {
    for resource in env.china().stack_resources(stack).expect("answers") {
        if resource.kind == "AWS::CloudFormation::Stack" {
            let name = resource
                .physical_id
                .split('/')
                .nth(1)
                .expect("a stack's ARN");
            env.redact(&env.redacted(name), "[NESTED]");
            redact_random_names(env, name);
        }
        if resource.kind == "AWS::SNS::TopicPolicy" {
            env.redact(&env.redacted(&resource.physical_id), "[POLICY]");
        }
    }
}
