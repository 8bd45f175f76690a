//! Common mistakes, each with the message that helps to fix it.

use cn_testkit::{Answer, ChangeSet, Script, Stack};

use crate::deploy;
use crate::scripted::{cloudformation, ready, scripted};

#[test]
fn a_mark_at_the_start_of_the_aws_files_does_no_harm_and_a_fault_in_them_has_its_line() {
    let script = || {
        let missing = Answer::error("AccessDenied", "no");
        scripted(Script::of("cloudformation").on("DescribeStacks", missing))
    };
    let key = "aws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = example\n";
    for (file, text) in [
        ("credentials", format!("\u{feff}[china]\n{key}")),
        (
            "credentials",
            format!("\u{feff}[china]\r\n{}", key.replace('\n', "\r\n")),
        ),
        (
            "config",
            format!("\u{feff}[profile china]\nregion = cn-north-1\n{key}"),
        ),
    ] {
        let env = script();
        env.write(env.home_folder().join(".aws").join(file), text);
        drop(deploy(&env, &[]).failed_with(5));
        assert!(
            env.requests().signed_by("AKIAEXAMPLE").count() > 0,
            "{file}"
        );
    }
    for (text, line) in [
        (format!("[china]\n{key}oops\n"), "line 4"),
        (format!("[china\n{key}"), "line 1"),
        (format!("{key}[china]\n"), "line 1"),
    ] {
        let env = script();
        env.write(env.home_folder().join(".aws/credentials"), text);
        let said = deploy(&env, &[]).failed_with(4).stderr();
        assert!(said.contains(".aws/credentials`"), "{said}");
        assert!(
            said.contains(line) && !said.contains("AKIA"),
            "{line}: {said}"
        );
    }
}

#[test]
fn a_session_of_identity_center_that_nobody_opened_is_opened_by_a_login() {
    let session = "sso_account_id = 123456789012\nsso_role_name = r\n";
    for source in [
        format!(
            "sso_session = s\n{session}[sso-session s]\nsso_region = cn-north-1\nsso_start_url = https://x.example\n"
        ),
        format!("sso_region = cn-north-1\nsso_start_url = https://x.example\n{session}"),
    ] {
        let env = scripted(cloudformation());
        let folder = env.home_folder().join(".aws");
        env.write(folder.join("credentials"), "");
        env.write(
            folder.join("config"),
            format!("[profile china]\nregion = cn-north-1\n{source}"),
        );
        let said = deploy(&env, &[]).failed_with(5).stderr();
        assert!(said.contains("run `aws sso login`"), "{said}");
    }
}

#[test]
fn files_of_parameters_are_found_in_the_home_folder() {
    let look = || {
        cloudformation()
            .on("DescribeStacks", Stack::new("orders", "CREATE_COMPLETE"))
            .on("CreateChangeSet", ChangeSet::created("orders"))
            .on("DescribeChangeSet", ready())
    };
    for place in ["flag", "variable", "file"] {
        let env = scripted(look());
        env.write(env.home_folder().join("p.json"), "{\"Delay\": \"7\"}");
        let mut arguments = vec!["--plan"];
        match place {
            "flag" => arguments.extend(["--parameter-overrides", "file://~/p.json"]),
            "variable" => env.set("CN_PARAMETER_OVERRIDES", "file://~/p.json"),
            _ => {
                let text = "[default.deploy.parameters]\nparameter_overrides = 'file://~/p.json'\n";
                env.write("cn.toml", text);
            }
        }
        drop(deploy(&env, &arguments).succeeded());
        let sent = env.requests().operation("CreateChangeSet");
        let value = sent.0[0].field("Parameters.member.1.ParameterValue");
        assert_eq!(value.as_deref(), Some("7"), "{place}");
    }
}

#[test]
fn the_closest_region_is_named_for_one_that_does_not_exist() {
    for (typed, closest) in [
        ("cn-north-9", "cn-north-1"),
        ("cn-nort-1", "cn-north-1"),
        ("cn-northwest-2", "cn-northwest-1"),
        ("cn-northwst-1", "cn-northwest-1"),
    ] {
        let env = scripted(cloudformation());
        env.write("t.yaml", crate::TEMPLATE);
        let words = format!("unknown region `{typed}`; did you mean `{closest}`?");
        for (program, arguments) in [
            ("cn-deploy", vec!["--region", typed]),
            (
                "cn-package",
                vec![
                    "-t",
                    "t.yaml",
                    "--offline",
                    "--s3-bucket",
                    "bucket",
                    "--region",
                    typed,
                ],
            ),
            ("cn-check", vec!["--region", typed, "t.yaml"]),
        ] {
            let output = env
                .run(cn_testkit::program(program))
                .args(arguments)
                .output();
            let said = output.stderr();
            assert!(said.contains(&words), "{program}: {said}");
        }
        env.set("CN_REGION", typed);
        let said = deploy(&env, &[]).stderr();
        assert!(said.contains(&words), "{said}");
    }
    // Other partitions have regions that the program does not know.
    let env = scripted(cloudformation());
    let said = deploy(&env, &["--region", "us-east-9"]).stderr();
    assert!(!said.contains("closest"), "{said}");
}

#[test]
fn what_a_policy_denies_explicitly_needs_no_policy_that_allows_it() {
    for (message, is_explicit) in [
        (
            "User: u is not authorized to perform: cloudformation:CreateChangeSet with an explicit deny in a service control policy",
            true,
        ),
        (
            "User: u is not authorized to perform: cloudformation:CreateChangeSet because no identity-based policy allows it",
            false,
        ),
    ] {
        let env = scripted(
            Script::of("cloudformation")
                .on("DescribeStacks", Stack::new("orders", "CREATE_COMPLETE"))
                .on("CreateChangeSet", Answer::error("AccessDenied", message)),
        );
        let said = deploy(&env, &[]).failed_with(5).stderr();
        let denied = said.contains("explicitly denies `cloudformation:CreateChangeSet`");
        let allow = said.contains("allow `cloudformation:CreateChangeSet`");
        assert_eq!((denied, allow), (is_explicit, !is_explicit), "{said}");
        assert!(!said.contains("--sse"), "{said}");
    }
    // A bucket policy may require an encryption.
    let env = scripted(
        Script::of("cloudformation").on("DescribeStacks", Answer::stack_missing("orders")),
    );
    let denied = "<Error><Code>AccessDenied</Code><Message>User: u is not authorized to perform: s3:PutObject with an explicit deny in a resource-based policy</Message></Error>";
    env.script(
        Script::of("s3")
            .on("HeadObject", Answer::xml(404, ""))
            .on("PutObject", Answer::xml(403, denied)),
    );
    let said = deploy(&env, &["--s3-bucket", "artifacts"])
        .failed_with(5)
        .stderr();
    assert!(said.contains("explicitly denies `s3:PutObject`"), "{said}");
    assert!(said.contains("`--sse AES256`"), "{said}");
}
