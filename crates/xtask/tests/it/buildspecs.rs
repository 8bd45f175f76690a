use camino::Utf8Path;
use cn_testkit::codebuild::{self, BuildReport, Buildspec, Compute};
use cn_testkit::{Python, Side, TestEnv, program, workspace_folder};

/// Creates a checkout of the sample application, with the programs on the path.
fn checkout() -> TestEnv {
    let env = TestEnv::new();
    env.copy_folder(workspace_folder().join("fixtures/sample-app"), "");
    env.git_init();
    install_programs(&env);
    env
}

/// Adds a link for each program to the search path, as `install.sh` does.
pub(crate) fn install_programs(env: &TestEnv) {
    let all = program("cn-tools");
    let folder = env.temporary_folder().join("bin");
    fs_err::create_dir_all(&folder).expect("folders can be made");
    for name in [
        "cn-check",
        "cn-cleanup",
        "cn-deploy",
        "cn-doctor",
        "cn-keys",
        "cn-package",
        "cn-profile",
    ] {
        std::os::unix::fs::symlink(&all, folder.join(name)).expect("links can be made");
    }
    env.set("PATH", &format!("{folder}:/usr/local/bin:/usr/bin:/bin"));
}

fn build(env: &TestEnv, file: &str) -> (BuildReport, String) {
    build_on(env, file, Compute::Container)
}

fn build_on(env: &TestEnv, file: &str, compute: Compute) -> (BuildReport, String) {
    let text = env.read(workspace_folder().join("buildspecs").join(file));
    codebuild::run(env, &text, compute)
}

#[test]
fn every_buildspec_runs_in_a_test() {
    let tests = include_str!("buildspecs.rs");
    for path in crate::tidy::files("buildspecs", &[".yml"]) {
        let name = path.file_name().unwrap_or_default();
        let run = format!("build(&env, \"{name}\")");
        let inside = run.replace("&env", "&inside");
        assert!(
            tests.contains(&run) || tests.contains(&inside),
            "nothing runs {path}"
        );
    }
}

fn artifacts(report: &BuildReport) -> Vec<&str> {
    report
        .artifacts
        .iter()
        .map(|path| Utf8Path::as_str(path))
        .collect()
}

#[test]
fn buildspec_china_deploys_the_sample_application() {
    let env = checkout();
    let seed = env.seed();
    env.unset("CN_REGION"); // cn.toml sets it
    env.set("CN_STACK_NAME", &env.name("orders"));
    let (report, log) = build(&env, "buildspec-china.yml");
    assert!(report.succeeded(), "{log}");
    assert_eq!(
        artifacts(&report),
        ["packaged.yaml", "packaged.yaml.manifest.json"]
    );
    let (group, cases) = &report.reports[0];
    assert_eq!((group.as_str(), cases.failed), ("deployment", 0));
    assert!(cases.total > 5, "{cases:?}");
    assert!(
        !log.contains(&seed.keys.secret),
        "the secret key is in the log"
    );
    env.assert_identities_kept_apart(&seed.keys);
    env.assert_no_secret_was_sent();
    let status = env
        .china()
        .stack_status(&env.name("orders"))
        .expect("answers");
    assert_eq!(status.as_deref(), Some("CREATE_COMPLETE"));
}

#[test]
fn buildspec_packages_the_same_template_for_home() {
    let env = checkout();
    let bucket = env.name("home-artifacts");
    env.home().create_bucket(&bucket).expect("created");
    env.set("S3_BUCKET", &bucket);
    let (report, log) = build(&env, "buildspec.yml");
    assert!(report.succeeded(), "{log}");
    assert_eq!(
        artifacts(&report),
        ["packaged.yaml", "packaged.yaml.manifest.json"]
    );
    assert!(!env.read("packaged.yaml").contains("aws-cn"));
    assert_eq!(
        env.requests().to(Side::China).count(),
        0,
        "{}",
        env.requests()
    );
}

#[test]
fn a_failed_package_never_leads_to_a_deployment() {
    for file in [
        "buildspec-china.yml",
        "buildspec-china-review.yml",
        "buildspec-china-batch.yml",
    ] {
        let env = checkout();
        env.seed();
        env.set("CN_STACK_NAME", &env.name("orders"));
        env.set("S3_BUCKET_SSM", "/there/is/none");
        // An earlier build may have left this in a cache.
        env.write("packaged.yaml", "Resources: {}\n");
        for compute in [Compute::Container, Compute::WithoutOnFailure] {
            let (report, log) = build_on(&env, file, compute);
            assert!(!report.succeeded(), "{log}");
            let changes = env.requests();
            let changes = changes.operation("CreateChangeSet");
            assert_eq!(changes.count(), 0, "{file}, {compute:?}:\n{log}");
        }
    }
}

#[test]
fn a_review_exports_the_change_set_and_its_execution_can_be_repeated() {
    let env = checkout();
    env.seed();
    let stack = env.name("orders");
    env.set("CN_STACK_NAME", &stack);
    let (report, log) = build(&env, "buildspec-china-review.yml");
    assert!(report.succeeded(), "{log}");
    let exported = |name: &str| {
        let mut all = report.exported.iter();
        all.find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
    };
    let change_set = exported("CHANGE_SET").expect("exported");
    assert!(
        change_set.starts_with("arn:aws-cn:cloudformation:"),
        "{log}"
    );
    assert_eq!(exported("CHANGES").as_deref(), Some("7"), "{log}");
    assert_eq!(exported("RISKS").as_deref(), Some("nothing"));

    env.set("CHANGE_SET", &change_set);
    for attempt in ["first", "second"] {
        let (report, log) = build(&env, "buildspec-china-execute.yml");
        assert!(report.succeeded(), "{attempt}:\n{log}");
    }
    let status = env.china().stack_status(&stack).expect("answers");
    assert_eq!(status.as_deref(), Some("CREATE_COMPLETE"));
}

#[test]
fn an_execution_without_a_change_set_is_refused_or_does_nothing() {
    let env = checkout();
    env.set("CHANGE_SET", "none");
    let (report, log) = build(&env, "buildspec-china-execute.yml");
    assert!(
        report.succeeded() && log.contains("nothing to change"),
        "{log}"
    );
    env.set("CHANGE_SET", "");
    let (report, log) = build(&env, "buildspec-china-execute.yml");
    assert!(!report.succeeded(), "{log}");
    assert_eq!(env.requests().count(), 0);
}

#[test]
fn a_batch_deploys_every_region_with_the_bucket_of_each() {
    let env = checkout();
    let seed = env.seed();
    env.set("CN_STACK_NAME", &env.name("orders"));
    env.set("S3_BUCKET_SSM", &env.parameter_name("buckets"));
    let text = env.read(workspace_folder().join("buildspecs/buildspec-china-batch.yml"));
    let builds = Buildspec::parse(&text).expect("a buildspec").batch();
    assert_eq!(builds.len(), 2);
    for variables in builds.iter().take(1) {
        let region = &variables["CN_REGION"];
        let name = format!("{}/{region}", env.parameter_name("buckets"));
        env.home()
            .put_parameter(&name, &seed.bucket)
            .expect("written");
        for (name, value) in variables {
            env.set(name, value);
        }
        // The sample has only the default table.
        env.unset("CN_ENV");
        let (report, log) = build(&env, "buildspec-china-batch.yml");
        assert!(report.succeeded(), "{log}");
    }
}

/// Tests the daily build: a young key stays, and an old key is replaced. A later run can make up
/// for a failed one.
#[test]
fn a_scheduled_build_replaces_an_old_key() {
    let env = TestEnv::new();
    install_programs(&env);
    let seed = env.seed();
    let (report, log) = build(&env, "buildspec-rotate-keys.yml");
    assert!(report.succeeded(), "{log}");
    assert!(log.contains("is not old enough to be rotated"), "{log}");
    assert_eq!(env.requests().operation("CreateAccessKey").count(), 0);

    let text = env.read(workspace_folder().join("buildspecs/buildspec-rotate-keys.yml"));
    let due = text.replace("--min-age 30d", "--min-age 0s --proof-interval 20ms");
    assert_ne!(due, text);
    let (report, log) = codebuild::run(&env, &due, Compute::Container);
    assert!(report.succeeded(), "{log}");
    let id = env.home().parameter(&seed.access_key_parameter);
    let id = id.expect("answers").expect("stored");
    assert_ne!(id, seed.keys.id);
    let secret = env.home().parameter(&seed.secret_key_parameter);
    let secret = secret.expect("answers").expect("stored");
    assert!(!log.contains(&secret), "the new secret is in the log");
    env.assert_identities_kept_apart(&seed.keys);
}

/// The only permissions of the key pair: uploads.
const UPLOAD_ONLY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:ListBucket","s3:GetObject","s3:PutObject"],"Resource":"*"}]}"#;

/// Tests the alternative without a key pair that may deploy: the build runs in China.
#[test]
fn a_build_inside_china_deploys_what_home_packaged() {
    let env = checkout();
    let seed = env.seed();
    let stack = env.name("orders");
    env.set("CN_STACK_NAME", &stack);
    let keys = env.china_user("uploader", UPLOAD_ONLY);
    let home = env.home();
    let written = [
        home.put_secure_parameter(&seed.access_key_parameter, &keys.id),
        home.put_secure_parameter(&seed.secret_key_parameter, &keys.secret),
    ];
    assert!(written.iter().all(Result::is_ok), "{written:?}");
    let aws = Python::ready().expect("installed").program("aws");
    let aws = aws.parent().map(Utf8Path::to_owned).expect("a folder");
    let path = env.variables()["PATH"].clone();
    env.set("PATH", &format!("{path}:{aws}"));
    env.set("SOURCE", &format!("s3://{}/source.zip", seed.bucket));
    let (report, log) = build(&env, "buildspec-to-china.yml");
    assert!(report.succeeded(), "{log}");
    env.assert_identities_kept_apart(&keys);

    // In China: nothing of home is available, and the role's keys come from the container.
    let source = env
        .china()
        .object(&seed.bucket, "source.zip")
        .expect("answers");
    let role = env.china().assume_role("build-in-china").expect("assumed");
    let inside = TestEnv::new();
    install_programs(&inside);
    let archive = inside.write("source.zip", source.expect("written"));
    let unpacked = inside
        .run("/usr/bin/env")
        .args(["python3", "-m", "zipfile", "-e"]);
    drop(unpacked.arg(&archive).arg(".").output().succeeded());
    let session_token = role.session_token.unwrap_or_default();
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", role.id.as_str()),
        ("AWS_DEFAULT_REGION", "cn-north-1"),
        ("AWS_REGION", "cn-north-1"),
        ("AWS_SECRET_ACCESS_KEY", role.secret.as_str()),
        ("AWS_SESSION_TOKEN", session_token.as_str()),
        ("CN_CAPABILITIES", "CAPABILITY_NAMED_IAM"),
        ("CN_REGION", "cn-north-1"),
        ("CN_S3_BUCKET", seed.bucket.as_str()),
        ("CN_STACK_NAME", stack.as_str()),
    ] {
        inside.set(name, value);
    }
    inside.unset("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    let (report, log) = build(&inside, "buildspec-in-china.yml");
    assert!(report.succeeded(), "{log}");
    assert_eq!(inside.requests().to(Side::Home).count(), 0);
    let status = env.china().stack_status(&stack).expect("answers");
    assert_eq!(status.as_deref(), Some("CREATE_COMPLETE"));
}

/// Tests the daily collection of artifacts, and the clean-up of a stack whose branch was deleted.
#[test]
fn buildspec_cleanup_collects_artifacts_and_deletes_a_stack_that_is_named() {
    let env = checkout();
    let seed = env.seed();
    let stack = env.name("orders");
    env.set("CN_STACK_NAME", &stack);
    let (report, log) = build(&env, "buildspec-china.yml");
    assert!(report.succeeded(), "{log}");
    let needed = env.china().object_keys(&seed.bucket).expect("answers");

    env.unset("CN_STACK_NAME");
    env.set("CN_ARTIFACTS_OLDER_THAN", "0s");
    let garbage = format!("{}.zip", "0".repeat(64));
    let written = env.china().put_object(&seed.bucket, &garbage, b"old");
    written.expect("written");
    let (report, log) = build(&env, "buildspec-cleanup.yml");
    assert!(report.succeeded(), "{log}");
    let left = env.china().object_keys(&seed.bucket).expect("answers");
    assert_eq!(left, needed, "{log}");

    env.set("CN_STACK_NAME", &stack);
    for attempt in ["first", "second"] {
        let (report, log) = build(&env, "buildspec-cleanup.yml");
        assert!(report.succeeded(), "{attempt}:\n{log}");
        let left = env.china().object_keys(&seed.bucket).expect("answers");
        assert_eq!(left, [""; 0], "{attempt}:\n{log}");
    }
    let status = env.china().stack_status(&stack).expect("answers");
    assert_eq!(status, None);
    env.assert_identities_kept_apart(&seed.keys);
}
