//! The uploads and the packaged template.

use cn_testkit::{Side, TestEnv};

use super::{cn_package, fixture, with_sample};

const FUNCTION: &str =
    "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties: {Code: code}\n";

#[test]
fn the_sample_application_is_packaged_with_the_settings_of_its_folder() {
    let (env, seed) = with_sample();
    let output = cn_package(&env).output();
    let snapshot = output.succeeded().without_digests().snapshot();
    insta::assert_snapshot!(with_sorted_uploads(&snapshot));
    env.assert_identities_kept_apart(&seed.keys);
    env.assert_no_secret_was_sent();
}

#[test]
fn only_the_lines_that_had_to_change_differ() {
    let (env, _seed) = with_sample();
    let packaged = packaged(&env);
    let source = fs_err::read_to_string(fixture("sample-app").join("template.yaml")).unwrap();
    let diff = changed_lines(&source, &packaged);
    insta::assert_snapshot!(env.redacted(&without_digests(&diff)));
}

#[test]
fn an_unchanged_tree_is_never_sent_twice() {
    let (env, _seed) = with_sample();
    let first = packaged(&env);
    assert_eq!(env.requests().object_puts().count(), 4);

    // A fresh clone, with other times and another order of creation.
    env.git_init();
    env.git(&["clone", "--quiet", ".", "../clone"]);
    env.forget_requests();
    let clone = env.project().join("../clone");
    let output = cn_package(&env).current_dir(clone).output();
    assert_eq!(
        output.succeeded().stdout(),
        "packaged.yaml
"
    );
    assert_eq!(
        env.requests().object_puts().count(),
        0,
        "{}",
        env.requests()
    );
    assert_eq!(env.read("../clone/packaged.yaml"), first);
}

#[test]
fn a_manifest_in_the_packaged_folder_is_no_part_of_it() {
    let env = TestEnv::new();
    env.write("t.yaml", FUNCTION);
    env.write("code/a.py", "x = 1\n");
    let run = || {
        let output = cn_package(&env)
            .args(["-t", "t.yaml", "--offline", "--s3-bucket", "bkt"])
            .args(["--region", "cn-north-1", "--manifest", "code/manifest.json"])
            .output();
        output.succeeded().stdout()
    };
    let first = run();
    env.write("code/manifest.json", "{}");
    assert_eq!(run(), first);
}

#[test]
fn what_is_uploaded_holds_no_global_partition() {
    let (env, _seed) = with_sample();
    assert!(!packaged(&env).contains("arn:aws:"));
    for key in env.china().object_keys(env.bucket()).unwrap() {
        if !key.contains(".zip") {
            let text = String::from_utf8(env.china().object(env.bucket(), &key).unwrap().unwrap())
                .unwrap();
            assert!(
                text.contains("arn:aws-cn:") && !text.contains("arn:aws:"),
                "{key}: {text}"
            );
        }
    }
}

#[test]
fn the_home_side_is_packaged_from_the_same_template_with_the_builds_role() {
    let (env, seed) = with_sample();
    let bucket = env.bucket();
    env.home().create_bucket(bucket).unwrap();
    let output = cn_package(&env)
        .args([
            "--config-env",
            "home",
            "--s3-bucket",
            bucket,
            "--region",
            "us-east-1",
        ])
        .env_remove("CN_REGION")
        .output();
    assert_eq!(output.succeeded().stdout(), "packaged.home.yaml\n");
    assert!(
        env.read("packaged.home.yaml")
            .contains("arn:aws:iam::aws:policy/")
    );
    assert_eq!(
        env.requests().to(Side::China).count(),
        0,
        "{}",
        env.requests()
    );
    env.assert_identities_kept_apart(&seed.keys);
}

#[test]
fn without_an_output_file_stdout_is_the_template_alone() {
    let (env, _seed) = with_sample();
    env.write(
        "t.yaml",
        "Resources: {T: {Type: AWS::SNS::Topic}} # 主题\r\n",
    );
    env.write("cn.toml", "");
    let output = cn_package(&env)
        .args(["-t", "t.yaml"])
        .env("LC_ALL", "C")
        .output();
    assert_eq!(
        output.succeeded().stdout(),
        "Resources: {T: {Type: AWS::SNS::Topic}} # 主题\r\n"
    );
}

#[test]
fn a_dry_run_shows_the_plan_and_sends_nothing() {
    let (env, _seed) = with_sample();
    let output = cn_package(&env)
        .args(["--dry-run", "--s3-bucket", "any-bucket"])
        .output();
    insta::assert_snapshot!(output.succeeded().without_digests().snapshot());
    assert_eq!(env.requests().count(), 0, "{}", env.requests());
    assert!(!env.exists("packaged.yaml"));
}

#[test]
fn what_sends_nothing_needs_nobodys_credentials() {
    let env = TestEnv::new();
    env.copy_folder(fixture("sample-app"), env.project());
    env.write("cn.toml", "");
    for flag in ["--offline", "--dry-run"] {
        let run = cn_package(&env).args([flag, "--region", "cn-north-1", "--s3-bucket", "bkt"]);
        drop(run.output().succeeded());
    }
    let output = cn_package(&env)
        .args(["--offline", "--s3-bucket", "bkt"])
        .output();
    let said = output.failed_with(4).stderr();
    assert!(said.contains("no target region is set"), "{said}");
    assert_eq!(env.requests().count(), 0);
}

#[test]
fn offline_gives_the_template_of_a_run_with_network_and_sends_nothing() {
    let (env, _seed) = with_sample();
    let bucket = env.bucket().to_owned();
    let output = cn_package(&env)
        .args(["--offline", "--s3-bucket", &bucket])
        .output();
    let snapshot = output.succeeded().without_digests().snapshot();
    insta::assert_snapshot!(snapshot);
    assert_eq!(env.requests().count(), 0, "{}", env.requests());
    let offline = env.read("packaged.yaml");
    assert_eq!(packaged(&env), offline);

    let output = cn_package(&env).arg("--offline").output();
    insta::assert_snapshot!("offline_needs_the_bucket", output.failed_with(4).snapshot());
}

#[test]
fn a_typed_parameter_overrides_the_bucket_of_a_variable() {
    let (env, seed) = with_sample();
    env.set("S3_BUCKET", "nobodys-bucket");
    let output = cn_package(&env)
        .args(["--s3-bucket-ssm", &seed.bucket_parameter])
        .output();
    drop(output.succeeded());
    assert!(env.read("packaged.yaml").contains(env.bucket()));
    // Both are variables of the same rank: the name takes precedence.
    let output = cn_package(&env).output().failed_with(1);
    assert!(output.stderr().contains("nobodys-bucket"));
}

#[test]
fn files_are_tried_before_anything_is_sent() {
    let (env, _seed) = with_sample();
    let output = cn_package(&env)
        .args(["--output-template-file", "nowhere/packaged.yaml"])
        .output();
    insta::assert_snapshot!(output.failed_with(4).snapshot());
    assert_eq!(env.requests().to(Side::China).count(), 0);
}

#[test]
fn offline_writes_a_manifest_that_says_that_nothing_was_sent() {
    let env = TestEnv::new();
    env.write("t.yaml", FUNCTION);
    env.write("code/a.py", "x = 1\n");
    let offline = || {
        cn_package(&env)
            .args(["-t", "t.yaml", "--offline", "--s3-bucket", "bkt"])
            .args(["--region", "cn-north-1"])
    };
    env.write("out.yaml.manifest.json", "stale");
    let output = offline()
        .args(["--output-template-file", "out.yaml"])
        .output();
    drop(output.succeeded());
    let manifest = env.read("out.yaml.manifest.json");
    insta::assert_snapshot!(without_digests(&manifest));
    drop(
        offline()
            .args(["--manifest", "m.json"])
            .output()
            .succeeded(),
    );
    assert_eq!(env.read("m.json"), manifest);
}

#[test]
fn a_typed_offline_wins_over_a_dry_run_in_the_file() {
    let env = TestEnv::new();
    env.write("t.yaml", FUNCTION);
    env.write("code/a.py", "x = 1\n");
    env.write("cn.toml", "[default.package.parameters]\ndry_run = true\n");
    let output = cn_package(&env)
        .args(["-t", "t.yaml", "--offline", "--s3-bucket", "bkt"])
        .args([
            "--region",
            "cn-north-1",
            "--output-template-file",
            "out.yaml",
        ])
        .output();
    drop(output.succeeded());
    assert!(env.exists("out.yaml"));
}

#[test]
fn properties_of_users_are_packaged_like_those_everybody_has() {
    let (env, _seed) = with_sample();
    env.write("site/index.html", "<p>你好</p>");
    env.write("one.txt", "1");
    env.write(
        "t.yaml",
        "Resources:\n  S:\n    Type: Custom::Site\n    Properties:\n      Content: site\n      Source: {One: one.txt}\n",
    );
    env.write(
        "cn.toml",
        "[default.package.parameters]\ntemplate_file = \"t.yaml\"\n[default.package.parameters.artifact]\n\"Custom::Site.Content\" = \"archive:Bucket/Key\"\n\"Custom::Site.Source.One\" = \"s3-uri\"\n",
    );
    let output = cn_package(&env).output();
    insta::assert_snapshot!(env.redacted(&output.succeeded().without_digests().stdout()));
    assert_eq!(env.requests().object_puts().count(), 2);

    let output = cn_package(&env)
        .args(["--artifact", "Custom::Site.Content"])
        .output();
    insta::assert_snapshot!("a_row_needs_a_form", output.failed_with(2).snapshot());
}

#[test]
fn json_and_ascii_are_spelled_when_asked() {
    let (env, _seed) = with_sample();
    env.write("cn.toml", "");
    env.write(
        "t.yaml",
        "Resources: {T: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Sub 主题}}}\n",
    );
    let run = |flags: &[&str]| {
        let output = cn_package(&env).args(["-t", "t.yaml"]).args(flags).output();
        output.succeeded().stdout()
    };
    let json: serde_json::Value = serde_json::from_str(&run(&["--use-json"])).unwrap();
    assert_eq!(
        json["Resources"]["T"]["Properties"]["DisplayName"]["Fn::Sub"],
        "主题"
    );
    assert!(run(&["--escape-non-ascii"]).contains(r#"!Sub "\u4e3b\u9898""#));
    assert!(run(&["--use-json", "--escape-non-ascii"]).is_ascii());
}

#[test]
fn what_the_region_lacks_stops_packaging_unless_it_is_accepted() {
    let (env, _seed) = with_sample();
    env.write("cn.toml", "");
    let text = "Resources:\n  U:\n    Type: AWS::Lambda::Url\n    Properties: {TargetFunctionArn: f, AuthType: NONE}\n";
    env.write("t.yaml", text);
    let run = || cn_package(&env).args(["-t", "t.yaml"]);
    insta::assert_snapshot!(run().output().failed_with(4).snapshot());
    assert_eq!(
        run()
            .args(["--ignore", "cn301,CN412"])
            .output()
            .succeeded()
            .stdout(),
        text
    );
}

#[test]
fn help_says_what_can_be_set() {
    let (env, _seed) = with_sample();
    insta::assert_snapshot!(
        cn_package(&env)
            .arg("--help")
            .output()
            .succeeded()
            .snapshot()
    );
}

/// Returns the text with the lines of uploads sorted: their order depends on the end of each
/// upload.
fn with_sorted_uploads(text: &str) -> String {
    let (mut uploads, mut lines) = (Vec::new(), Vec::new());
    for line in text.lines() {
        if line.starts_with("uploaded ") {
            &mut uploads
        } else {
            &mut lines
        }
        .push(line);
    }
    uploads.sort_unstable();
    let last = lines.len() - 1;
    lines.splice(last..last, uploads);
    lines.join("\n")
}

/// Returns the template that a run writes.
fn packaged(env: &TestEnv) -> String {
    assert_eq!(
        cn_package(env).output().succeeded().stdout(),
        "packaged.yaml\n"
    );
    env.read("packaged.yaml")
}

/// Returns the lines in which two texts differ, as `-` and `+` lines.
fn changed_lines(before: &str, after: &str) -> String {
    let mut lines = Vec::new();
    for change in similar::TextDiff::from_lines(before, after).iter_all_changes() {
        if change.tag() != similar::ChangeTag::Equal {
            lines.push(format!("{}{change}", change.tag()));
        }
    }
    lines.concat()
}

/// Replaces every word of 64 hexadecimal digits by `[DIGEST]`.
fn without_digests(text: &str) -> String {
    text.split_inclusive(|character: char| !character.is_ascii_hexdigit())
        .map(|word| {
            let digits = word.trim_end_matches(|character: char| !character.is_ascii_hexdigit());
            if digits.len() == 64 {
                word.replace(digits, "[DIGEST]")
            } else {
                word.to_owned()
            }
        })
        .collect()
}
