use camino::Utf8Path;
use cn_testkit::codebuild::{Build, BuildReport, Buildspec, Compute};
use cn_testkit::{Side, TestEnv, program, workspace_folder};

/// The sample application, checked out, with the programs on the path.
fn checkout() -> TestEnv {
    let env = TestEnv::new();
    env.copy_folder(workspace_folder().join("fixtures/sample-app"), "");
    env.git_init();
    let programs = ["cn-profile", "cn-package", "cn-deploy"].map(program);
    let folder = programs[0].parent().expect("a program lies in a folder");
    env.set("PATH", &format!("{folder}:/usr/local/bin:/usr/bin:/bin"));
    env
}

fn build(env: &TestEnv, file: &str) -> (BuildReport, String) {
    let text = env.read(workspace_folder().join("buildspecs").join(file));
    let buildspec = Buildspec::parse(&text).expect("a buildspec");
    let log = env.temporary_folder().join("log");
    let build = Build {
        buildspec: &buildspec,
        source: &env.project(),
        scratch: &env.temporary_folder().join("build"),
        variables: env.variables(),
        compute: Compute::Container,
        log: fs_err::File::create(&log).expect("writable").into_parts().0,
    };
    let report = build.run().expect("shells start");
    (report, env.read(log))
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
    env.unset("CN_REGION"); // cn.toml says it
    env.set("CN_STACK_NAME", &env.name("orders"));
    let (report, log) = build(&env, "buildspec-china.yml");
    assert!(report.succeeded(), "{log}");
    assert_eq!(
        artifacts(&report),
        ["packaged.yaml", "packaged.yaml.manifest.json"]
    );
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
    assert_eq!(artifacts(&report), ["packaged.yaml"]);
    assert!(!env.read("packaged.yaml").contains("aws-cn"));
    assert_eq!(
        env.requests().to(Side::China).count(),
        0,
        "{}",
        env.requests()
    );
}
