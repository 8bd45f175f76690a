//! The templates that users deploy by hand.

use std::process::Command;

use cn_testkit::{Client, Python, Side, TestEnv, program, workspace_folder};
use serde_json::Value;

const BUCKET: &str = "artifacts-of-china";
const ROLE: &str = "arn:aws-cn:iam::444455556666:role/orders-deploy";

fn template(name: &str) -> String {
    let path = workspace_folder().join("buildspecs").join(name);
    fs_err::read_to_string(path).expect("the template is there")
}

fn deploy(client: &Client, stack: &str, name: &str, parameters: &[(&str, &str)]) {
    let created = client.create_stack(stack, &template(name), parameters);
    created.unwrap_or_else(|error| panic!("{name}: {error}"));
}

#[test]
fn cfn_lint_and_cn_check_find_nothing() {
    let python = Python::lint().unwrap_or_else(|error| panic!("{}", cn_testkit::chain(&error)));
    for (regions, files) in [
        (
            "us-east-1 eu-west-1",
            &["pipeline.yaml", "stage-account.yaml"][..],
        ),
        ("cn-north-1 cn-northwest-1", &["china-account.yaml"]),
    ] {
        let output = Command::new(python.program("cfn-lint"))
            .arg("--regions")
            .args(regions.split(' '))
            .arg("--template")
            .args(files)
            .current_dir(workspace_folder().join("buildspecs"))
            .output()
            .expect("cfn-lint starts");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.is_empty(), "{said}");
        let env = TestEnv::new();
        for file in files {
            let path = workspace_folder().join("buildspecs").join(file);
            let checked = env
                .run(program("cn-tools"))
                // The pipeline at home names the region in China intentionally: CN324.
                .args(["check", "--max-severity", "none", "--ignore", "CN324"]);
            let checked = checked
                .args(["--region", &regions.replace(' ', ",")])
                .arg(path);
            drop(checked.output().succeeded());
        }
    }
}

#[test]
fn the_account_in_china_has_no_key_in_its_template_and_the_right_partition() {
    let env = TestEnv::new();
    let app = env.name("o");
    for (access, stack) in [("Keys", env.name("keys")), ("WebIdentity", env.name("web"))] {
        let name = format!("{app}-{}", &access[..1].to_lowercase());
        let parameters = [
            ("Application", name.as_str()),
            ("Access", access),
            ("Issuer", "issuer.example.com/orders"),
            ("IssuerSubject", "cn:prod"),
        ];
        deploy(&env.china(), &stack, "china-account.yaml", &parameters);
        for resource in env.china().stack_resources(&stack).expect("answers") {
            assert_ne!(resource.kind, "AWS::IAM::AccessKey");
            assert!(!resource.physical_id.contains("arn:aws:"), "{resource:?}");
        }
    }
    let role = [("RoleName", format!("{app}-w-build"))];
    let role = role.each_ref().map(|(key, name)| (*key, name.as_str()));
    let answer = env.china().query("iam", "GetRole", &role).expect("answers");
    let trust = cn_testkit::decoded(&answer);
    assert!(trust.contains("arn:aws-cn:iam::444455556666:oidc-provider/issuer.example.com/orders"));
    assert!(trust.contains("issuer.example.com/orders:sub"), "{trust}");
}

#[test]
fn every_source_and_other_accounts_deploy_and_grant_bucket_and_key() {
    let env = TestEnv::new();
    for (at, source) in ["CodeCommit", "Connection", "S3"].iter().enumerate() {
        let app = format!("{}{at}", env.name("o"));
        let folder = env.parameter_name(source);
        let parameters = [
            ("Application", app.as_str()),
            ("Source", source),
            ("Repository", "team/orders"),
            (
                "ConnectionArn",
                "arn:aws:codeconnections:us-east-1:111122223333:connection/1",
            ),
            ("ChinaBucket", BUCKET),
            ("ChinaDeployRoleArn", ROLE),
            ("ChinaParameters", folder.as_str()),
            ("HomeParameters", folder.as_str()),
            ("StageAccount", "222233334444"),
            ("ProdAccount", "333344445555"),
        ];
        deploy(&env.home(), &app, "pipeline.yaml", &parameters);
        let name = format!("/cn-testkit/{app}/Pipeline");
        let pipeline = env.home().parameter(&name).expect("answers").expect("kept");
        let pipeline: Value = serde_json::from_str(&pipeline).expect("JSON");
        let review = &pipeline["Stages"][4]["Actions"][0];
        let role = format!("arn:aws:iam::333344445555:role/{app}-pipeline");
        assert_eq!(review["RoleArn"], role.as_str());

        let bucket = format!("{app}-pipeline-{}-us-east-1", Side::Home.account());
        let policy = env
            .home()
            .rest("s3", "GET", &format!("/{bucket}"), "policy=", Vec::new());
        let policy = String::from_utf8_lossy(&policy.expect("answers")).into_owned();
        let key = env.home().json(
            "kms",
            "TrentService.GetKeyPolicy",
            &serde_json::json!({"KeyId": format!("alias/{app}-pipeline"), "PolicyName": "default"}),
        );
        let key = key.expect("answers").to_string();
        for account in ["222233334444", "333344445555"] {
            for role in ["pipeline", "deploy"] {
                let arn = format!("arn:aws:iam::{account}:role/{app}-{role}");
                assert!(policy.contains(&arn), "bucket: {arn}\n{policy}");
                assert!(key.contains(&arn), "key: {arn}\n{key}");
            }
        }
    }
}

#[test]
fn the_account_of_a_stage_deploys() {
    let env = TestEnv::new();
    let app = env.name("s");
    let parameters = [
        ("Application", app.as_str()),
        ("PipelineRoleArn", "arn:aws:iam::111122223333:role/pipeline"),
        ("ArtifactsBucket", "artifacts"),
        ("KeyArn", "arn:aws:kms:us-east-1:111122223333:key/1"),
    ];
    deploy(&env.home(), &app, "stage-account.yaml", &parameters);
}

/// Tests that the guide lists the types that the emulators only store, and statements with a `*`.
#[test]
fn the_guide_lists_stubs_and_exceptions() {
    let read = |path: &str| fs_err::read_to_string(workspace_folder().join(path));
    let guide = read("docs/guide/pipeline.md").expect("readable");
    let corrections = read("crates/cn-testkit/python/corrections.py").expect("readable");
    let stubs = corrections.split("KEPT_TYPES = {").nth(1).expect("there");
    let stubs = stubs.split("\n}").next().unwrap_or_default();
    let stubs: Vec<&str> = stubs
        .split('"')
        .filter(|word| word.starts_with("AWS::"))
        .collect();
    for word in stubs.iter().chain(&BROAD) {
        assert!(guide.contains(&format!("`{word}`")), "{word}");
    }
}

/// Statements that may have `*` as a resource; the guide explains each.
const BROAD: [&str; 4] = ["Account", "OtherAccounts", "WithoutResource", "OnlyTls"];

/// Tests that actions are named in full, and that `*` is a resource only where the guide explains
/// it.
#[test]
fn policies_name_their_actions_and_resources() {
    for name in ["china-account.yaml", "stage-account.yaml", "pipeline.yaml"] {
        let text = template(name);
        let mut sid = "";
        for line in text.lines().map(str::trim) {
            sid = line.strip_prefix("- Sid: ").unwrap_or(sid);
            let excepted = BROAD.contains(&sid);
            let wide = ["Action: \"*\"", "Resource: \"*\"", ":*\"", "Action: kms:*"];
            let wide = wide
                .iter()
                .any(|wide| line.starts_with("Action") && line.contains(wide))
                || line.starts_with("Resource: \"*\"");
            assert!(!wide || excepted, "{name}, {sid}: {line}");
        }
    }
}
