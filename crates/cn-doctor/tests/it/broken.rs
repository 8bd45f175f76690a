//! Set-ups that each lack one thing: the first failure is the root cause.

use cn_testkit::{Answer, Fault, Script, Side, Stack};

use crate::World;

/// A broken set-up.
struct Broken {
    /// The change that breaks the set-up.
    breaks: fn(&mut World),
    /// The check that finds it.
    check: &'static str,
    /// Part of the text of its first fault.
    says: &'static str,
}

const fn broken(breaks: fn(&mut World), check: &'static str, says: &'static str) -> Broken {
    Broken {
        breaks,
        check,
        says,
    }
}

/// Runs each set-up and compares the first check that did not pass.
fn check_all(verdict: &str, set_ups: &[Broken]) {
    for Broken {
        breaks,
        check,
        says,
    } in set_ups
    {
        let mut world = World::new();
        breaks(&mut world);
        let (output, checks) = world.checks();
        let all = output.stdout();
        let first = checks.iter().find(|check| check["verdict"] != "passed");
        let first = first.unwrap_or_else(|| panic!("nothing is found for {says}: {all}"));
        assert_eq!(first["check"], *check, "{says}: {all}");
        assert_eq!(first["verdict"], verdict, "{says}: {all}");
        let fault = &first["faults"][0];
        let said = format!("{} {}", fault["message"], fault["causes"]);
        assert!(said.contains(says), "{says}: {said}");
        let has_hint = fault["hints"]
            .as_array()
            .is_some_and(|hints| !hints.is_empty());
        assert!(has_hint, "no hint for {says}: {fault}");
        let code = if verdict == "failed" { 4 } else { 0 };
        assert_eq!(output.code(), code, "{says}: {all}");
    }
}

fn fault(world: &World, operation: &str, status: u16, code: &str) {
    world
        .env
        .fault(Fault::on(operation).answer(status, code).always());
}

#[test]
fn settings_and_home() {
    check_all(
        "failed",
        &[
            broken(
                |world| world.env.unset("CN_REGION"),
                "settings",
                "no target region",
            ),
            broken(
                |world| world.env.unset("CN_KEY_SSM"),
                "settings",
                "no credentials for",
            ),
            broken(
                |world| world.env.set("CN_PROFILE", "nowhere"),
                "settings",
                "no profile `nowhere`",
            ),
            broken(
                |world| {
                    world.env.write(
                        "../home/.aws/config",
                        "[profile empty]\nregion = cn-north-1\n",
                    );
                    world.env.set("CN_PROFILE", "empty");
                },
                "settings",
                "has no credentials",
            ),
            broken(
                |world| {
                    world.env.unset("AWS_REGION");
                    world.env.unset("AWS_DEFAULT_REGION");
                },
                "home",
                "no home region",
            ),
            broken(
                |world| world.env.unset("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
                "home",
                "cannot determine the home identity",
            ),
            broken(
                |world| {
                    let other = world.env.china_user("other", cn_testkit::ALLOW_ALL);
                    world.env.set("AWS_ACCESS_KEY_ID", &other.id);
                    world.env.set("AWS_SECRET_ACCESS_KEY", &other.secret);
                },
                "home",
                "InvalidClientTokenId",
            ),
        ],
    );
}

#[test]
fn credentials() {
    check_all(
        "failed",
        &[
            broken(
                |world| world.env.set("CN_KEY_SSM", "/nowhere"),
                "credentials",
                "there is no SSM parameter `/nowhere`",
            ),
            broken(
                |world| fault(world, "GetParameters", 400, "AccessDeniedException"),
                "credentials",
                "AccessDeniedException",
            ),
            broken(
                |world| world.store("not a key"),
                "credentials",
                "does not hold an access key as JSON",
            ),
            broken(
                |world| world.store("None"),
                "credentials",
                "the word `None`",
            ),
            broken(
                |world| {
                    let home = world.env.home();
                    let (id, secret) = (
                        world.env.parameter_name("id"),
                        world.env.parameter_name("secret"),
                    );
                    home.put_secure_parameter(&id, &world.keys.secret).unwrap();
                    home.put_secure_parameter(&secret, &world.keys.id).unwrap();
                    world.env.set("CN_KEY_SSM", &format!("{id},{secret}"));
                },
                "credentials",
                "swapped",
            ),
        ],
    );
    check_all(
        "warned",
        &[
            broken(
                |world| {
                    let plain = world.env.parameter_name("plain");
                    let home = world.env.home();
                    home.put_parameter(&plain, &world.json()).unwrap();
                    world.env.set("CN_KEY_SSM", &plain);
                },
                "credentials",
                "instead of SecureString",
            ),
            broken(
                |world| world.arguments = vec!["--max-key-age".into(), "0s".into()],
                "credentials",
                "the limit is",
            ),
        ],
    );
}

#[test]
fn target() {
    check_all(
        "failed",
        &[
            broken(
                |world| {
                    let mut other = world.keys.clone();
                    other.id = "AKIAIOSFODNN7EXAMPLE".into();
                    world.keys = other;
                    world.store(&world.json());
                },
                "target",
                "InvalidClientTokenId",
            ),
            broken(
                |world| world.env.set("CN_ACCOUNT", "999999999999"),
                "target",
                "not to `999999999999`",
            ),
            broken(
                |world| {
                    let elsewhere = Answer::caller_identity(Side::Home);
                    let script = Script::of("sts").when("GetCallerIdentity", &[], elsewhere);
                    world.env.script(script);
                },
                "target",
                "belongs to partition `aws`",
            ),
        ],
    );
}

#[test]
fn bucket() {
    check_all(
        "failed",
        &[
            broken(
                |world| world.env.unset("S3_BUCKET"),
                "bucket",
                "no artifact bucket",
            ),
            broken(
                |world| world.env.set("S3_BUCKET", "nobody-has-such-a-bucket"),
                "bucket",
                "NotFound",
            ),
            broken(
                |world| fault(world, "HeadBucket", 403, "AccessDenied"),
                "bucket",
                "HeadBucket",
            ),
            broken(
                |world| {
                    let parameter = world.env.parameter_name("bucket");
                    world
                        .env
                        .home()
                        .put_parameter(&parameter, "Not A Bucket")
                        .unwrap();
                    world.env.unset("S3_BUCKET");
                    world.env.set("S3_BUCKET_SSM", &parameter);
                },
                "bucket",
                "is not a valid bucket name",
            ),
            broken(
                |world| {
                    world.env.unset("S3_BUCKET");
                    world.env.set("S3_BUCKET_SSM", "/nowhere");
                },
                "bucket",
                "there is no SSM parameter",
            ),
            broken(
                |world| fault(world, "PutObject", 403, "AccessDenied"),
                "bucket",
                "cannot write and read",
            ),
        ],
    );
    check_all(
        "warned",
        &[
            broken(
                |world| fault(world, "ListObjectsV2", 403, "AccessDenied"),
                "bucket",
                "cannot list",
            ),
            broken(
                |world| fault(world, "DeleteObject", 403, "AccessDenied"),
                "bucket",
                "cannot delete the probe object",
            ),
            broken(
                |world| {
                    fault(
                        world,
                        "GetBucketEncryption",
                        404,
                        "ServerSideEncryptionConfigurationNotFoundError",
                    );
                },
                "bucket",
                "no default encryption",
            ),
            broken(
                |world| {
                    fault(
                        world,
                        "GetPublicAccessBlock",
                        404,
                        "NoSuchPublicAccessBlockConfiguration",
                    );
                },
                "bucket",
                "does not block public access",
            ),
        ],
    );
}

#[test]
fn stack_and_permissions() {
    fn stuck(world: &World, status: &str) {
        let name = world.env.name("orders");
        let script = Script::of("cloudformation").on("DescribeStacks", Stack::new(&name, status));
        world.env.script(script.otherwise_emulated());
    }
    check_all(
        "failed",
        &[
            broken(
                |world| fault(world, "DescribeStacks", 403, "AccessDenied"),
                "stack",
                "cannot read stack",
            ),
            broken(
                |world| stuck(world, "UPDATE_ROLLBACK_FAILED"),
                "stack",
                "UPDATE_ROLLBACK_FAILED",
            ),
            broken(
                |world| stuck(world, "UPDATE_IN_PROGRESS"),
                "stack",
                "UPDATE_IN_PROGRESS",
            ),
            broken(
                |world| {
                    fault(world, "SimulatePrincipalPolicy", 403, "AccessDenied");
                    fault(world, "ExecuteChangeSet", 403, "AccessDenied");
                },
                "permissions",
                "cloudformation:ExecuteChangeSet",
            ),
        ],
    );
}

#[test]
fn a_simulated_refusal_names_the_action() {
    let world = World::deciding("implicitDeny");
    let (output, checks) = world.checks();
    let failed = checks.iter().find(|check| check["verdict"] == "failed");
    let fault = failed.unwrap()["faults"][0]["message"].to_string();
    assert!(fault.contains("cloudformation:ExecuteChangeSet"), "{fault}");
    assert!(!fault.contains("CreateChangeSet"), "{fault}");
    drop(output.failed_with(4));
}

#[test]
fn template() {
    check_all(
        "failed",
        &[
            broken(
                |world| {
                    world.env.write("packaged.yaml", "Resources: {}\n");
                    world.env.write(
                        "packaged.yaml.manifest.json",
                        r#"{"region": "us-east-1", "bucket": "b", "artifacts": []}"#,
                    );
                },
                "template",
                "was packaged for `us-east-1`",
            ),
            broken(
                |world| {
                    world.env.write("packaged.yaml", "Resources: {}\n");
                    world.env.write("packaged.yaml.manifest.json", "{");
                },
                "template",
                "cannot use the manifest",
            ),
            broken(
                |world| {
                    world.env.write("code/index.py", "");
                    world.env.write("packaged.yaml", FUNCTION);
                },
                "template",
                "`packaged.yaml` names local files: it was never packaged",
            ),
            broken(
                |world| {
                    world.env.write("template.yaml", FUNCTION);
                },
                "template",
                "the template `template.yaml` has errors",
            ),
            broken(
                |world| world.env.set("CN_SOURCE_TEMPLATE", "nowhere.yaml"),
                "template",
                "cannot read the template `nowhere.yaml`",
            ),
        ],
    );
    check_all(
        "warned",
        &[broken(
            |world| {
                world.env.write("code/index.py", "");
                world.env.write("template.yaml", FUNCTION);
            },
            "template",
            "`template.yaml` is not packaged yet",
        )],
    );
}

/// The code is missing, unless a test writes it.
const FUNCTION: &str = "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n      \
                        Code: code\n      Handler: index.handler\n      Runtime: python3.13\n      \
                        Role: arn:aws:iam::444455556666:role/x\n";

#[test]
fn a_template_that_was_never_packaged_is_told_with_the_command() {
    let world = World::new();
    world.env.write("code/index.py", "");
    world.env.write(
        "src/template.yaml",
        FUNCTION.replace("Code: code", "Code: ../code"),
    );
    world.env.set("CN_TEMPLATE_FILE", "out.yaml");
    world.env.write(
        "cn.toml",
        "[default.package.parameters]\ntemplate_file = 'src/template.yaml'\n",
    );
    let command = "cn-package --template-file src/template.yaml --output-template-file out.yaml";
    let told = |output: String| assert!(output.contains(command), "{output}");
    told(world.run().output().succeeded().stdout());

    let run = world.env.run(cn_testkit::program("cn-package"));
    let run = run.env_remove("CN_TEMPLATE_FILE").env_remove("CN_KEY_SSM");
    let words = command.split(' ').skip(1).chain(["--offline"]);
    drop(run.args(words).output().succeeded());
    let (output, checks) = world.checks();
    assert_eq!(checks[1]["facts"]["packaged-for"], "cn-north-1");
    assert!(
        checks.iter().all(|check| check["verdict"] == "passed"),
        "{}",
        output.stdout()
    );
}
