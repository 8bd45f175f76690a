//! The objects that a collection keeps, for every kind of reference and spelling.

use std::time::Duration;

use cn_testkit::{Answer, Fault, Script, TestEnv};

use crate::{artifact, clean, cn_cleanup, create, keys, pointing_at, put, status};

const COLLECT: [&str; 2] = ["--artifacts-older-than", "0s"];

fn world(letters: &str) -> TestEnv {
    let env = TestEnv::new();
    env.seed();
    for letter in letters.chars() {
        put(&env, &artifact(&env, letter));
    }
    env
}

/// Returns the letters of the remaining artifacts.
fn left(env: &TestEnv) -> String {
    keys(env)
        .iter()
        .filter_map(|key| key.chars().next())
        .collect()
}

#[test]
fn a_change_set_that_waits_keeps_what_it_points_at() {
    let env = world("ab");
    let template = pointing_at(&env, &artifact(&env, 'a'));
    let stack = env.name("review");
    let fields = [
        ("StackName", stack.as_str()),
        ("ChangeSetName", "review"),
        ("ChangeSetType", "CREATE"),
        ("TemplateBody", &template),
    ];
    let made = env
        .china()
        .query("cloudformation", "CreateChangeSet", &fields);
    made.expect("change sets can be made");
    assert_eq!(status(&env, &stack).as_deref(), Some("REVIEW_IN_PROGRESS"));
    drop(clean(&env, &COLLECT).succeeded());
    assert_eq!(left(&env), "a");
}

#[test]
fn a_parameter_and_a_nested_template_keep_what_they_mention() {
    let env = world("ab");
    let bucket = env.bucket().to_owned();
    // A template in the bucket that a live stack references, and that has references itself.
    let nested = artifact(&env, 'c').replace(".zip", ".template");
    let inner = pointing_at(&env, &artifact(&env, 'a'));
    let written = env.china().put_object(&bucket, &nested, inner.as_bytes());
    written.expect("written");
    let address = format!("https://s3.cn-north-1.amazonaws.com.cn/{bucket}/{nested}");
    let outer = format!(
        "Parameters: {{Key: {{Type: String}}, Other: {{Type: String}}}}\nResources:\n  Q:\n    \
         Type: AWS::SQS::Queue\n    Metadata: {{Template: '{address}'}}\n"
    );
    put(&env, &artifact(&env, 'd'));
    let parameters = [("Key", &*artifact(&env, 'd')), ("Other", "x")];
    let created = env
        .china()
        .create_stack(&env.name("outer"), &outer, &parameters);
    created.expect("created");
    drop(clean(&env, &COLLECT).succeeded());
    assert_eq!(left(&env), "acd");
}

// `ListStackSets`, `DescribeStackSet`: the emulator has no stack sets.
#[test]
fn a_stack_set_keeps_what_it_points_at() {
    let env = world("ab");
    let template = pointing_at(&env, &artifact(&env, 'a'));
    let sets = "<Summaries><member><StackSetName>fleet</StackSetName><Status>ACTIVE</Status></member></Summaries>";
    let set = format!(
        "<StackSet><StackSetName>fleet</StackSetName><TemplateBody>{template}</TemplateBody></StackSet>"
    );
    let script = Script::of("cloudformation")
        .on("ListStackSets", Answer::raw_result("ListStackSets", sets))
        .on(
            "DescribeStackSet",
            Answer::raw_result("DescribeStackSet", &set),
        )
        .otherwise_emulated();
    env.script(script);
    let output = clean(&env, &COLLECT).succeeded();
    assert_eq!(left(&env), "a");
    assert!(output.stderr().contains("needed by stack set fleet"));
}

#[test]
fn nothing_is_deleted_when_the_needs_cannot_be_read() {
    for operation in [
        "GetTemplate",
        "DescribeStackEvents",
        "ListChangeSets",
        "ListStackSets",
    ] {
        let env = world("ab");
        create(&env, "live", &artifact(&env, 'a'));
        let fault = Fault::on(operation).answer(403, "AccessDenied");
        env.fault(fault.always());
        let output = clean(&env, &COLLECT).failed_with(5);
        let said = output.stderr();
        assert!(said.contains("cannot determine which artifacts"), "{said}");
        assert!(
            said.contains(&format!("allow `cloudformation:{operation}`")),
            "{said}"
        );
        assert_eq!(left(&env), "ab", "{operation}");
    }
}

#[test]
fn a_stack_that_comes_to_need_an_artifact_after_the_plan_keeps_it() {
    let env = world("ab");
    let slow = Fault::on("DescribeStacks")
        .skip(1)
        .delay(Duration::from_secs(5));
    env.fault(slow);
    let run = cn_cleanup(&env, &COLLECT).arg("--yes");
    let mut running = run.spawn();
    let is_applying = running.wait_until(|seen| seen.operation("DescribeStacks").count() > 1);
    assert!(is_applying);
    create(&env, "late", &artifact(&env, 'b'));
    let output = running.output().succeeded();
    assert!(
        output
            .stderr()
            .contains("has needed it since the plan was made")
    );
    assert_eq!(left(&env), "b");
}

#[test]
fn only_named_prefixes_are_looked_under_and_foreign_objects_need_a_prefix_of_their_own() {
    let env = world("a");
    for key in [
        &*format!("dev/{}", artifact(&env, 'b')),
        "dev/readme.txt",
        "site/index.html",
        "site/app.js",
    ] {
        put(&env, key);
    }
    let template = pointing_at(&env, "site/app.js");
    env.china()
        .create_stack(&env.name("site"), &template, &[])
        .expect("created");
    let collect = |more: &[&str]| {
        let arguments = [&COLLECT[..], more].concat();
        drop(clean(&env, &arguments).succeeded());
        keys(&env)
    };
    let after_dev = collect(&["--s3-prefix", "dev"]);
    let expected = [
        &*artifact(&env, 'a'),
        "dev/readme.txt",
        "site/app.js",
        "site/index.html",
    ];
    assert_eq!(after_dev, expected);
    let after_site = collect(&["--s3-prefix", "dev", "--prefix", "site"]);
    assert_eq!(
        after_site,
        [&*artifact(&env, 'a'), "dev/readme.txt", "site/app.js"]
    );
}

#[test]
fn the_artifacts_of_a_live_stack_that_is_not_deleted_stay() {
    let env = world("a");
    let stack = create(&env, "live", &artifact(&env, 'a'));
    let output = clean(&env, &["--artifacts", "--stack-name", &stack]).succeeded();
    assert_eq!(output.stdout().trim(), "Nothing to do");
    assert_eq!(left(&env), "a");
}

#[test]
fn every_version_of_an_unneeded_artifact_goes() {
    let env = TestEnv::new();
    env.seed();
    let (china, bucket) = (env.china(), env.bucket().to_owned());
    let on = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    let path = format!("/{bucket}");
    let versioned = china.rest("s3", "PUT", &path, "versioning=", on.to_vec());
    versioned.expect("versioned");
    for letter in ['a', 'a', 'b', 'b'] {
        put(&env, &artifact(&env, letter));
    }
    // A delete marker.
    let path = format!("/{bucket}/{}", artifact(&env, 'b'));
    china
        .rest("s3", "DELETE", &path, "", Vec::new())
        .expect("deleted");
    create(&env, "live", &artifact(&env, 'a'));
    let output = clean(&env, &COLLECT).succeeded();
    assert!(
        output.stdout().contains("1 object (3 versions"),
        "{}",
        output.stdout()
    );
    let answer = china.rest("s3", "GET", &format!("/{bucket}"), "versions=", Vec::new());
    let answer = String::from_utf8(answer.expect("answers").to_vec()).expect("UTF-8");
    assert_eq!(answer.matches("<VersionId>").count(), 2, "{answer}");
    assert!(!answer.contains(&artifact(&env, 'b')), "{answer}");
}

#[test]
fn an_unfinished_upload_is_aborted_by_its_age() {
    let env = TestEnv::new();
    env.seed();
    let path = format!("/{}/{}", env.bucket(), artifact(&env, 'a'));
    let begun = env
        .china()
        .rest("s3", "POST", &path, "uploads=", Vec::new());
    begun.expect("begun");
    let stack = env.name("gone");
    let parts = ["--artifacts", "--stack-name", &stack];
    let young = clean(&env, &parts).succeeded();
    assert_eq!(young.stdout().trim(), "Nothing to do");
    let arguments = [&parts[..], &["--unfinished-older-than", "0s"]].concat();
    let output = clean(&env, &arguments).succeeded();
    assert_eq!(output.stdout().trim(), "Deleted 1 unfinished upload");
    let again = clean(&env, &arguments).succeeded();
    assert_eq!(again.stdout().trim(), "Nothing to do");
}
