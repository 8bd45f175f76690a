//! The program on a correct set-up, and on set-ups that each lack one thing.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

mod broken;
mod keyless;

use cn_testkit::{ALLOW_ALL, Answer, Keys, Output, Run, Script, Side, TestEnv};
use insta::assert_snapshot;
use serde_json::Value;

/// The documented set-up.
pub(crate) struct World {
    pub(crate) env: TestEnv,
    pub(crate) keys: Keys,
    /// The parameter with the access key.
    pub(crate) parameter: String,
    /// Arguments of the program.
    pub(crate) arguments: Vec<String>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::deciding("allowed")
    }

    /// Creates the set-up.
    ///
    /// * `decision`: IAM's decision about `cloudformation:ExecuteChangeSet`.
    pub(crate) fn deciding(decision: &str) -> Self {
        let env = TestEnv::new();
        let keys = env.china_user("deployer", ALLOW_ALL);
        let parameter = env.parameter_name("key");
        let world = Self {
            keys,
            parameter,
            arguments: Vec::new(),
            env,
        };
        world.store(&world.json());
        world.env.set("CN_KEY_SSM", &world.parameter);
        world.env.set("CN_REGION", "cn-north-1");
        world.env.set("CN_STACK_NAME", &world.env.name("orders"));
        world.env.set("S3_BUCKET", world.env.bucket());
        world.env.script(blocks_public_access());
        world.env.script(simulated(decision));
        world
    }

    /// Returns the key in the form of a single parameter.
    pub(crate) fn json(&self) -> String {
        format!(
            r#"{{"AccessKeyId": "{}", "SecretAccessKey": "{}"}}"#,
            self.keys.id, self.keys.secret
        )
    }

    pub(crate) fn store(&self, value: &str) {
        let home = self.env.home();
        home.put_secure_parameter(&self.parameter, value).unwrap();
    }

    pub(crate) fn run(&self) -> Run<'_> {
        let run = self.env.run(env!("CARGO_BIN_EXE_cn-doctor"));
        run.args(&self.arguments)
    }

    /// Returns the output and its checks, in order.
    pub(crate) fn checks(&self) -> (Output, Vec<Value>) {
        let output = self.run().args(["--format", "json"]).output();
        let lines = output.stdout();
        let checks = lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap());
        (output, checks.collect())
    }
}

/// Returns a script of S3 that blocks public access, which emulated buckets do not.
fn blocks_public_access() -> Script {
    let parts = [
        "BlockPublicAcls",
        "IgnorePublicAcls",
        "BlockPublicPolicy",
        "RestrictPublicBuckets",
    ];
    let parts: String = parts.map(|part| format!("<{part}>true</{part}>")).concat();
    Script::of("s3")
        .on(
            "GetPublicAccessBlock",
            Answer::xml(
                200,
                format!("<PublicAccessBlockConfiguration>{parts}</PublicAccessBlockConfiguration>"),
            ),
        )
        .otherwise_emulated()
}

/// Returns a script of IAM with this decision about `cloudformation:ExecuteChangeSet`; it allows
/// the rest.
fn simulated(decision: &str) -> Script {
    let member = |action: &str, decision: &str| {
        format!(
            "<member><EvalActionName>cloudformation:{action}</EvalActionName>\
             <EvalDecision>{decision}</EvalDecision></member>"
        )
    };
    let members = member("ExecuteChangeSet", decision) + &member("CreateChangeSet", "allowed");
    Script::of("iam")
        .on(
            "SimulatePrincipalPolicy",
            Answer::raw_result(
                "SimulatePrincipalPolicy",
                &format!("<EvaluationResults>{members}</EvaluationResults>"),
            ),
        )
        .otherwise_emulated()
}

#[test]
fn finds_nothing_in_a_right_set_up_and_leaves_nothing_behind() {
    let world = World::new();
    let before = world.env.china().object_keys(world.env.bucket()).unwrap();
    let (output, checks) = world.checks();
    let verdicts: Vec<&str> = checks
        .iter()
        .map(|check| check["verdict"].as_str().unwrap())
        .collect();
    assert!(
        verdicts.iter().all(|verdict| *verdict == "passed"),
        "{}",
        output.stdout()
    );
    assert_eq!(verdicts.len(), 9);
    drop(output.succeeded());
    let after = world.env.china().object_keys(world.env.bucket()).unwrap();
    assert_eq!(before, after);
    world.env.assert_identities_kept_apart(&world.keys);
}

#[test]
fn tells_the_time_of_the_first_upload() {
    let world = World::new();
    world.env.write("code/data", vec![0; 4_000_000]);
    world.env.write(
        "template.json",
        r#"{"Resources": {"L": {"Type": "AWS::Lambda::LayerVersion", "Properties": {"Content": "code"}}}}"#,
    );
    let (output, checks) = world.checks();
    let bucket = checks.iter().find(|check| check["check"] == "bucket");
    let upload = bucket.unwrap()["facts"]["upload"].to_string();
    assert!(
        upload.contains("the first upload of 4.0 MB before compression in about "),
        "{upload}"
    );
    assert_eq!(checks[1]["facts"]["source"], "template.json");
    drop(output.succeeded());
}

#[test]
fn says_what_is_wrong_and_what_mends_it() {
    let world = World::new();
    world.env.unset("S3_BUCKET");
    let output = world.run().output().failed_with(4);
    assert_snapshot!(hide_times(&output.snapshot()));
}

/// Redacts times and rates, which differ between runs.
fn hide_times(text: &str) -> String {
    let lines = text.lines().map(|line| {
        if line.contains("link") {
            "ok       link         [TIMES]".to_owned()
        } else {
            line.to_owned()
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn writes_junit_for_report_groups() {
    let world = World::new();
    world.env.unset("S3_BUCKET");
    let output = world.run().args(["--format", "junit"]).output();
    let xml = output.failed_with(4).stdout();
    assert!(xml.contains("<testsuite "), "{xml}");
    assert_eq!(xml.matches("<failure").count(), 1, "{xml}");
    assert!(xml.contains("no artifact bucket is set"), "{xml}");
}

#[test]
fn a_profile_needs_no_home_identity() {
    let world = World::new();
    world.env.unset("CN_KEY_SSM");
    world.env.unset("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    world.env.write_profile("china", &world.keys, "cn-north-1");
    let (output, checks) = world.checks();
    drop(output.succeeded());
    assert!(checks.iter().all(|check| check["check"] != "home"));
    assert_eq!(world.env.requests().to(Side::Home).count(), 0);
}
