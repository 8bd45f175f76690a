//! The whole pipeline, from a commit to production on both sides.

use camino::Utf8PathBuf;
use cn_testkit::pipeline::{Execution, Pause, Runner};
use cn_testkit::{Client, Fault, Keys, TestEnv, workspace_folder};

use crate::buildspecs::install_programs;

/// Two accounts, prepared with the templates alone.
struct World {
    env: TestEnv,
    app: String,
    keys: Keys,
}

impl World {
    fn new() -> Self {
        Self::with(|_, template| template)
    }

    /// Prepares the accounts with templates that were changed by their names.
    fn with(change: impl Fn(&str, String) -> String) -> Self {
        let env = TestEnv::new();
        install_programs(&env);
        let app = env.name("o");
        let folder = env.parameter_name("China");
        let china = env.china();
        let account = format!("{app}-account");
        let template = |name: &str| {
            let path = workspace_folder().join("buildspecs").join(name);
            change(name, env.read(path))
        };
        let parameters = [("Application", app.as_str())];
        let created = china.create_stack(&account, &template("china-account.yaml"), &parameters);
        created.expect("the account is prepared");
        let outputs = china.stack_outputs(&account).expect("answers");
        let output = |name: &str| {
            let found = outputs.iter().find(|(key, _)| key == name);
            found.expect("the template has the output").1.clone()
        };
        // By hand, as the guide says: the access key, and its two parameters.
        let keys = china
            .create_access_key(&output("BuildUserName"))
            .expect("created");
        env.keep_secret(&keys.secret);
        let home = env.home();
        let written = [
            home.put_secure_parameter(&format!("{folder}/UserAccessKey"), &keys.id),
            home.put_secure_parameter(&format!("{folder}/UserSecretKey"), &keys.secret),
        ];
        assert!(written.iter().all(Result::is_ok), "{written:?}");
        let parameters = [
            ("Application", app.as_str()),
            ("Source", "S3"),
            ("ChinaBucket", &output("ArtifactsBucket")),
            ("ChinaDeployRoleArn", &output("DeployRoleArn")),
            ("ChinaParameters", &folder),
            ("HomeParameters", &env.parameter_name("US")),
            ("Tools", ""),
        ];
        let created = home.create_stack(&app, &template("pipeline.yaml"), &parameters);
        created.expect("the pipeline is created");
        Self { env, app, keys }
    }

    /// A revision of the application with the buildspecs, whose function has a time limit of its own.
    fn revision(&self, seconds: u32, more: &str) -> Utf8PathBuf {
        let name = format!("revision-{seconds}-{}", more.len());
        self.env
            .copy_folder(workspace_folder().join("fixtures/sample-app"), &name);
        self.env
            .copy_folder(workspace_folder().join("buildspecs"), &name);
        let folder = self.env.project().join(&name);
        // Names of this test, since all tests share the emulators.
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
    let world = World::new();
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

    // What was reviewed stays: a newer run waits in front of the stage.
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

    // The rollback of production: the same stage with the artifacts of the first run.
    let mut back = runner.roll_back("Prod", &first);
    approved(&mut runner, &mut back);
    assert_eq!(runner.proceed(&mut back), Pause::Done);
    for client in [world.env.home(), world.env.china()] {
        assert_eq!(world.seconds(&client, "prod"), "30");
        assert_eq!(world.seconds(&client, "dev"), "31");
    }
    world.env.assert_identities_kept_apart(&world.keys);
    world.env.assert_no_secret_was_sent();
}

#[test]
fn a_failed_action_names_its_cause_and_a_retry_goes_on_from_there() {
    let world = World::new();
    let mut runner = Runner::new(&world.env, &world.app, "Pipeline");

    // China refuses an upload: nothing is proposed there, and nothing executed on either side.
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

    // A name that is taken in China, and only there.
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

    // The same revision again: nothing to change on either side.
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

    // A change set is executed once: with the name free again, all actions of the stage are retried.
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

/// Each permission is there because the run stops without it, naming what is missing.
#[test]
fn without_a_permission_the_run_stops_and_names_it() {
    for (file, permission, action) in [
        ("pipeline.yaml", "ssm:GetParameters", "ChinaReview"),
        (
            "pipeline.yaml",
            "cloudformation:CreateChangeSet",
            "HomeReview",
        ),
        ("china-account.yaml", "s3:PutObject", "ChinaReview"),
        (
            "china-account.yaml",
            "cloudformation:CreateChangeSet",
            "ChinaReview",
        ),
        (
            "china-account.yaml",
            "cloudformation:ExecuteChangeSet",
            "ChinaExecute",
        ),
        (
            "china-account.yaml",
            "cloudformation:DescribeStacks",
            "ChinaReview",
        ),
    ] {
        // Another action in its place, so that the policy stays one.
        let world = World::with(|name, template| {
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

/// Nothing may be deployed in China but with the role that is meant for it.
#[test]
fn a_change_set_without_the_deploy_role_is_refused() {
    let world = World::with(|_, template| template.replace("CN_ROLE_ARN", "CN_NO_SUCH_SETTING"));
    let mut runner = Runner::new(&world.env, &world.app, "Pipeline");
    let mut execution = runner.start(world.revision(30, ""));
    let pause = runner.proceed(&mut execution);
    let Pause::Failed { action, log, .. } = &pause else {
        panic!("{pause:?}");
    };
    assert_eq!(action, "ChinaReview");
    assert!(log.contains("cloudformation:CreateChangeSet"), "{log}");
}
