//! The whole pipeline, from a commit to production on both sides.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use camino::Utf8PathBuf;
use cn_testkit::pipeline::{Execution, Pause, Runner};
use cn_testkit::{Client, Fault, Keys, TestEnv, program, workspace_folder};
use serde_json::{Value, json};

use crate::buildspecs::install_programs;

/// Two accounts, prepared only with the templates.
struct World {
    env: TestEnv,
    app: String,
    access: Access,
}

/// The build's identity in China.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Keys,
    WebIdentity,
}

/// The result of the manual set-up.
enum Access {
    Keys(Keys),
    /// The signing key at home for tokens.
    WebIdentity(String),
}

/// Returns the outputs of a stack.
fn outputs(client: &Client, stack: &str) -> BTreeMap<String, String> {
    let outputs = client.stack_outputs(stack).expect("answers");
    outputs.into_iter().collect()
}

impl World {
    fn new(mode: Mode) -> Self {
        Self::with(mode, |_, template| template)
    }

    /// Prepares the accounts with templates that `change` edits by name.
    fn with(mode: Mode, change: impl Fn(&str, String) -> String) -> Self {
        let env = TestEnv::new();
        install_programs(&env);
        let app = env.name("o");
        let template = |name: &str| {
            let path = workspace_folder().join("buildspecs").join(name);
            change(name, env.read(path))
        };
        let access = match mode {
            Mode::Keys => {
                let of_account = prepare_china(&env, &app, &template, &[("Access", "Keys")]);
                // By hand, as the guide describes: the access key, and its two parameters.
                let keys = env.china().create_access_key(&of_account["BuildUserName"]);
                let keys = keys.expect("created");
                env.keep_secret(&keys.secret);
                let folder = env.parameter_name("China");
                let home = env.home();
                let written = [
                    home.put_secure_parameter(&format!("{folder}/UserAccessKey"), &keys.id),
                    home.put_secure_parameter(&format!("{folder}/UserSecretKey"), &keys.secret),
                ];
                assert!(written.iter().all(Result::is_ok), "{written:?}");
                let of_china = [
                    ("ChinaBucket", of_account["ArtifactsBucket"].as_str()),
                    ("ChinaDeployRoleArn", &of_account["DeployRoleArn"]),
                ];
                prepare_home(&env, &app, &template, &of_china);
                Access::Keys(keys)
            }
            // Home comes first, because China trusts its issuer; the names in China are known.
            Mode::WebIdentity => {
                let bucket = format!("{app}-artifacts-444455556666-cn-north-1");
                let role = |name: &str| format!("arn:aws-cn:iam::444455556666:role/{app}-{name}");
                let of_china = [
                    ("Access", "WebIdentity"),
                    ("ChinaBucket", &bucket),
                    ("ChinaDeployRoleArn", &role("deploy")),
                    ("ChinaBuildRoleArn", &role("build")),
                ];
                let of_home = prepare_home(&env, &app, &template, &of_china);
                let key = of_home["SigningKeyArn"].clone();
                publish(&env, &of_home);
                let issuer = [
                    ("Access", "WebIdentity"),
                    ("Issuer", of_home["Issuer"].as_str()),
                    ("IssuerSubject", &of_home["IssuerSubject"]),
                ];
                let of_account = prepare_china(&env, &app, &template, &issuer);
                assert_eq!(of_account["ArtifactsBucket"], bucket);
                assert_eq!(of_account["DeployRoleArn"], role("deploy"));
                assert_eq!(of_account["BuildRoleArn"], role("build"));
                Access::WebIdentity(key)
            }
        };
        Self { env, app, access }
    }

    /// Fails if an identity was used on the wrong side, or a secret was sent.
    fn assert_identities(&self) {
        match &self.access {
            Access::Keys(keys) => self.env.assert_identities_kept_apart(keys),
            Access::WebIdentity(key) => self.assert_tokens(key),
        }
        self.env.assert_no_secret_was_sent();
    }

    /// Fails unless each session in China came from a token that the key signed, and the issuer has
    /// published that key.
    fn assert_tokens(&self, key: &str) {
        let home = self.env.home();
        let bucket = &outputs(&home, &self.app)["IssuerBucket"];
        let published = home.object(bucket, ".well-known/jwks.json");
        let published = published.expect("answers").expect("published");
        let published: Value = serde_json::from_slice(&published).expect("JSON");
        let tokens: Vec<String> = self
            .env
            .requests()
            .operation("AssumeRoleWithWebIdentity")
            .0
            .iter()
            .filter_map(|request| request.field("WebIdentityToken"))
            .collect();
        assert!(tokens.len() > 3, "{}", self.env.requests());
        for token in tokens {
            let (input, signature) = token.rsplit_once('.').expect("three parts");
            let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).expect("encoded");
            let question = json!({
                "KeyId": key, "MessageType": "RAW",
                "SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256",
                "Message": BASE64_STANDARD.encode(input),
                "Signature": BASE64_STANDARD.encode(signature),
            });
            let verified = home.json("kms", "TrentService.Verify", &question);
            assert_eq!(verified.expect("answers")["SignatureValid"], true);
            let header = BASE64_URL_SAFE_NO_PAD.decode(input.split('.').next().unwrap_or_default());
            let header: Value = serde_json::from_slice(&header.expect("encoded")).expect("JSON");
            assert_eq!(header["kid"], published["keys"][0]["kid"]);
        }
        // Nobody in China has a key: there are only sessions.
        self.env
            .assert_identities_kept_apart(&Keys::new("none", "none"));
        let account = format!("{}-account", self.app);
        let resources = self.env.china().stack_resources(&account);
        let mut kinds = resources.expect("answers").into_iter();
        assert!(kinds.all(|resource| resource.kind != "AWS::IAM::User"));
    }

    /// Runs `cn-doctor` with the identity of the builds in China.
    fn examined(&self) -> String {
        let folder = self.env.parameter_name("China");
        let parameter = |name: &str| format!("{folder}/{name}");
        let run = self.env.run(program("cn-tools")).arg("cn-doctor");
        let run = run
            .env("CN_REGION", "cn-north-1")
            .env("CN_STACK_NAME", format!("{}-dev", self.app))
            .env("USER_ACCESS_KEY_SSM", parameter("UserAccessKey"))
            .env("USER_SECRET_KEY_SSM", parameter("UserSecretKey"))
            .env("S3_BUCKET_SSM", parameter("DeploymentS3Bucket"));
        run.output().succeeded().stdout()
    }

    /// Creates a revision of the application with the buildspecs, whose function has this time
    /// limit.
    fn revision(&self, seconds: u32, more: &str) -> Utf8PathBuf {
        let name = format!("revision-{seconds}-{}", more.len());
        self.env
            .copy_folder(workspace_folder().join("fixtures/sample-app"), &name);
        self.env
            .copy_folder(workspace_folder().join("buildspecs"), &name);
        let folder = self.env.project().join(&name);
        // Unique names for this test, because all tests share the emulators.
        let own = |text: String| text.replace("orders-", &format!("{}-", self.app));
        let template = own(self.env.read(folder.join("template.yaml")));
        let template = template
            .replace("[dev, prod]", "[dev, stage, prod]")
            .replace("Timeout: 30", &format!("Timeout: {seconds}"))
            .replace("\nOutputs:", &format!("{more}\nOutputs:"));
        self.env.write(folder.join("template.yaml"), template);
        let nested = own(self.env.read(folder.join("nested/monitoring.json")));
        self.env
            .write(folder.join("nested/monitoring.json"), nested);
        for stage in ["dev", "stage", "prod"] {
            let parameters = format!("{{\"Parameters\": {{\"Stage\": \"{stage}\"}}}}");
            self.env
                .write(folder.join(format!("deploy-{stage}.json")), parameters);
        }
        folder
    }

    fn statuses(&self, stage: &str) -> [Option<String>; 2] {
        let stack = format!("{}-{stage}", self.app);
        [self.env.home(), self.env.china()].map(|side| side.stack_status(&stack).expect("answers"))
    }

    fn seconds(&self, client: &Client, stage: &str) -> String {
        let path = format!("/2015-03-31/functions/{}-{stage}", self.app);
        let answer = client
            .rest("lambda", "GET", &path, "", Vec::new())
            .expect("answers");
        let answer: serde_json::Value = serde_json::from_slice(&answer).expect("JSON");
        answer["Configuration"]["Timeout"].to_string()
    }

    fn assert_complete(&self, stage: &str, status: &str) {
        let status = Some(status.to_owned());
        assert_eq!(self.statuses(stage), [status.clone(), status], "{stage}");
    }
}

type Template<'a> = &'a dyn Fn(&str) -> String;

/// Deploys the template for China and returns its outputs.
fn prepare_china(
    env: &TestEnv,
    app: &str,
    template: Template<'_>,
    access: &[(&str, &str)],
) -> BTreeMap<String, String> {
    let account = format!("{app}-account");
    let parameters = [access, &[("Application", app)]].concat();
    let created = env
        .china()
        .create_stack(&account, &template("china-account.yaml"), &parameters);
    created.expect("the account is prepared");
    outputs(&env.china(), &account)
}

/// Deploys the template of the pipeline and returns its outputs.
fn prepare_home(
    env: &TestEnv,
    app: &str,
    template: Template<'_>,
    of_china: &[(&str, &str)],
) -> BTreeMap<String, String> {
    let (folder, names) = (env.parameter_name("China"), env.parameter_name("US"));
    let own = [
        ("Application", app),
        ("Source", "S3"),
        ("ChinaParameters", folder.as_str()),
        ("HomeParameters", names.as_str()),
        ("Tools", ""),
    ];
    let parameters = [&own, of_china].concat();
    let created = env
        .home()
        .create_stack(app, &template("pipeline.yaml"), &parameters);
    created.expect("the pipeline is created");
    outputs(&env.home(), app)
}

/// Follows the output `NextStep`: writes the issuer's files and uploads them.
fn publish(env: &TestEnv, of_home: &BTreeMap<String, String>) {
    let step = &of_home["NextStep"];
    let (write, upload) = step.split_once(" && ").expect("two commands");
    let run = env.run(program("cn-tools")).args(write.split(' '));
    drop(run.output().succeeded());
    let bucket = &of_home["IssuerBucket"];
    assert!(upload.contains(&format!("s3://{bucket} ")), "{upload}");
    assert!(
        upload.ends_with("--content-type application/json"),
        "{upload}"
    );
    for path in [".well-known/openid-configuration", ".well-known/jwks.json"] {
        let text = env.read(format!("site/{path}"));
        let written = env.home().put_object(bucket, path, text.as_bytes());
        written.expect("written");
    }
    env.forget_requests();
}

fn approved(runner: &mut Runner<'_>, execution: &mut Execution) -> String {
    let pause = runner.proceed(execution);
    let Pause::Waiting { stage, text, link } = pause else {
        panic!("{pause:?}");
    };
    assert_eq!(stage, "Prod");
    assert!(link.starts_with("https://"), "{link}");
    runner.approve(execution);
    text
}

#[test]
fn a_commit_goes_through_dev_stage_and_an_approval_to_production_on_both_sides() {
    commit_to_production(Mode::Keys);
}

#[test]
fn without_any_key_a_commit_goes_to_production_on_both_sides() {
    commit_to_production(Mode::WebIdentity);
}

fn commit_to_production(mode: Mode) {
    let world = World::new(mode);
    let mut runner = Runner::new(&world.env, &world.app, "Pipeline");

    let mut first = runner.start(world.revision(30, ""));
    let pause = runner.proceed(&mut first);
    let Pause::Waiting { text, .. } = &pause else {
        panic!("{pause:?}");
    };
    let head = format!("{}-prod: 7 changes in cn-north-1.", world.app);
    assert!(text.starts_with(&head), "{text}");
    assert!(text.contains("there: nothing."), "{text}");
    world.assert_complete("dev", "CREATE_COMPLETE");
    world.assert_complete("stage", "CREATE_COMPLETE");
    world.assert_complete("prod", "REVIEW_IN_PROGRESS");

    // The reviewed change set stays: a newer run waits in front of the stage.
    let mut second = runner.start(world.revision(31, ""));
    let blocked = Pause::Blocked {
        stage: "Prod".to_owned(),
    };
    assert_eq!(runner.proceed(&mut second), blocked);
    world.assert_complete("prod", "REVIEW_IN_PROGRESS");
    runner.approve(&mut first);
    assert_eq!(runner.proceed(&mut first), Pause::Done);
    world.assert_complete("prod", "CREATE_COMPLETE");

    // The change.
    let text = approved(&mut runner, &mut second);
    assert!(text.contains(" changes in cn-north-1"), "{text}");
    assert_eq!(runner.proceed(&mut second), Pause::Done);
    world.assert_complete("prod", "UPDATE_COMPLETE");
    for client in [world.env.home(), world.env.china()] {
        assert_eq!(world.seconds(&client, "prod"), "31");
    }

    // The rollback of production runs the same stage with the artifacts of the first run.
    let mut back = runner.roll_back("Prod", &first);
    approved(&mut runner, &mut back);
    assert_eq!(runner.proceed(&mut back), Pause::Done);
    for client in [world.env.home(), world.env.china()] {
        assert_eq!(world.seconds(&client, "prod"), "30");
        assert_eq!(world.seconds(&client, "dev"), "31");
    }
    world.assert_identities();
}

#[test]
fn a_failed_action_names_its_cause_and_a_retry_goes_on_from_there() {
    failure_and_retry(Mode::Keys);
}

#[test]
fn without_any_key_a_failed_action_names_its_cause_and_can_be_retried() {
    failure_and_retry(Mode::WebIdentity);
}

fn failure_and_retry(mode: Mode) {
    let world = World::new(mode);
    let mut runner = Runner::new(&world.env, &world.app, "Pipeline");

    // China refuses an upload: nothing is proposed there, and nothing is executed on either side.
    world.env.fault(
        Fault::on("PutObject")
            .service("s3")
            .answer(403, "AccessDenied")
            .times(1),
    );
    let mut execution = runner.start(world.revision(30, ""));
    let pause = runner.proceed(&mut execution);
    let Pause::Failed { action, log, .. } = &pause else {
        panic!("{pause:?}");
    };
    assert!(log.contains("AccessDenied"), "{action}: {log}");
    assert!(
        world
            .statuses("dev")
            .iter()
            .all(|status| status.as_deref() != Some("CREATE_COMPLETE"))
    );
    let pause = runner.proceed(&mut execution);
    assert!(matches!(pause, Pause::Waiting { .. }), "{pause:?}");
    world.assert_complete("dev", "CREATE_COMPLETE");

    // A name that is taken only in China.
    let taken = "\n  Taken:\n    Type: AWS::CodeBuild::Project\n    Properties: &project\n      Name: NAME\n      ServiceRole: !GetAtt OrdersRole.Arn\n      Source: {Type: NO_SOURCE, BuildSpec: '{}'}\n      Artifacts: {Type: NO_ARTIFACTS}\n      Environment: {Type: LINUX_CONTAINER, ComputeType: BUILD_GENERAL1_SMALL, Image: 'aws/codebuild/standard:7.0'}\n";
    let taken = taken
        .replace(" &project", "")
        .replace("NAME", &format!("'{}-${{Stage}}'", world.app));
    let taken = taken.replace("Name: '", "Name: !Sub '");
    let project = serde_json::json!({
        "name": format!("{}-dev", world.app), "serviceRole": "arn:aws-cn:iam::444455556666:role/r",
        "source": {"type": "NO_SOURCE", "buildspec": "{}"}, "artifacts": {"type": "NO_ARTIFACTS"},
        "environment": {"type": "LINUX_CONTAINER", "computeType": "BUILD_GENERAL1_SMALL", "image": "aws/codebuild/standard:7.0"},
    });
    let target = "CodeBuild_20161006.CreateProject";
    world
        .env
        .china()
        .json("codebuild", target, &project)
        .expect("created");
    runner.approve(&mut execution);
    assert_eq!(runner.proceed(&mut execution), Pause::Done);

    // The same revision again: neither side has anything to change.
    let mut same = runner.start(world.revision(30, ""));
    let text = approved(&mut runner, &mut same);
    assert!(text.contains("-prod: 0 changes"), "{text}");
    assert_eq!(same.variable("ChinaProd.CHANGE_SET"), Some("none"));
    assert_eq!(runner.proceed(&mut same), Pause::Done);
    world.assert_complete("prod", "CREATE_COMPLETE");

    let mut failing = runner.start(world.revision(30, &taken));
    let pause = runner.proceed(&mut failing);
    let Pause::Failed { stage, action, log } = &pause else {
        panic!("{pause:?}");
    };
    assert_eq!((stage.as_str(), action.as_str()), ("Dev", "ChinaExecute"));
    assert!(
        log.contains("Taken") && log.contains("already exists"),
        "{log}"
    );

    // A change set is executed once: after the name is free again, all actions of the stage are
    // retried.
    let name = serde_json::json!({"name": format!("{}-dev", world.app)});
    let target = "CodeBuild_20161006.DeleteProject";
    world
        .env
        .china()
        .json("codebuild", target, &name)
        .expect("deleted");
    runner.retry_all(&mut failing);
    let pause = runner.proceed(&mut failing);
    assert!(matches!(pause, Pause::Waiting { .. }), "{pause:?}");
    world.assert_complete("dev", "UPDATE_COMPLETE");
}

/// Tests that each permission is needed: without it, the run stops with an error that names it.
#[test]
fn without_a_permission_the_run_stops_and_names_it() {
    use Mode::{Keys, WebIdentity};
    for (mode, file, permission, action) in [
        (Keys, "pipeline.yaml", "ssm:GetParameters", "ChinaReview"),
        (WebIdentity, "pipeline.yaml", "kms:Sign", "ChinaReview"),
        (
            Keys,
            "pipeline.yaml",
            "cloudformation:CreateChangeSet",
            "HomeReview",
        ),
        (Keys, "china-account.yaml", "s3:PutObject", "ChinaReview"),
        (
            Keys,
            "china-account.yaml",
            "cloudformation:CreateChangeSet",
            "ChinaReview",
        ),
        (
            Keys,
            "china-account.yaml",
            "cloudformation:ExecuteChangeSet",
            "ChinaExecute",
        ),
        (
            Keys,
            "china-account.yaml",
            "cloudformation:DescribeStacks",
            "ChinaReview",
        ),
    ] {
        // Another action replaces it, so that the policy stays valid.
        let world = World::with(mode, |name, template| {
            if name == file {
                template.replace(permission, "sts:GetCallerIdentity")
            } else {
                template
            }
        });
        let mut runner = Runner::new(&world.env, &world.app, "Pipeline");
        let mut execution = runner.start(world.revision(30, ""));
        let pause = runner.proceed(&mut execution);
        let Pause::Failed {
            action: failed,
            log,
            ..
        } = &pause
        else {
            panic!("{permission}: {pause:?}");
        };
        assert_eq!(failed, action, "{permission}: {log}");
        assert!(
            log.contains("not authorized") && log.contains(permission),
            "{permission}: {log}"
        );
    }
}

#[test]
fn the_doctor_finds_nothing_in_what_the_templates_prepare() {
    let world = World::new(Mode::Keys);
    let said = world.examined();
    let is_well = |line: &str| line.starts_with("ok ");
    assert!(said.lines().all(is_well), "{said}");
}

/// Tests that only the intended role can deploy in China.
#[test]
fn a_change_set_without_the_deploy_role_is_refused() {
    let world = World::with(Mode::Keys, |_, template| {
        template.replace("CN_ROLE_ARN", "CN_NO_SUCH_SETTING")
    });
    let mut runner = Runner::new(&world.env, &world.app, "Pipeline");
    let mut execution = runner.start(world.revision(30, ""));
    let pause = runner.proceed(&mut execution);
    let Pause::Failed { action, log, .. } = &pause else {
        panic!("{pause:?}");
    };
    assert_eq!(action, "ChinaReview");
    assert!(log.contains("cloudformation:CreateChangeSet"), "{log}");
}
