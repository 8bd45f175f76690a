//! Every program at the most verbose level of its log. Each run searches its streams, the files
//! below its folders, and the command lines and environments of processes for the secrets of this
//! and every other test.

use cn_testkit::{Run, TestEnv, program};

use super::{cn_keys, csv, keyless, world};

const TRACE: &str = "trace,aws_config=trace,aws_runtime=trace,aws_sigv4=trace,\
    aws_smithy_runtime=trace,aws_smithy_runtime_api=trace,aws_sdk_cloudformation=trace,\
    aws_sdk_iam=trace,aws_sdk_kms=trace,aws_sdk_s3=trace,aws_sdk_ssm=trace,aws_sdk_sts=trace,h2=trace,\
    hyper=trace,hyper_util=trace";

const TEMPLATE: &str = "Parameters:
  Password: {Type: String, NoEcho: true}
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Password}}
Outputs:
  Topic: {Value: !Ref Topic}
";

fn runs(run: Run<'_>) {
    let said = run.output().succeeded().stderr();
    assert!(said.contains("DEBUG cn_core"), "the log is silent: {said}");
}

fn other<'a>(env: &'a TestEnv, name: &str, arguments: &[&str]) -> Run<'a> {
    env.run(program(name)).args(arguments)
}

#[test]
fn nothing_of_any_program_shows_a_secret() {
    let (env, keys, parameter) = world();
    env.set("CN_LOG", TRACE);
    env.set("CN_REGION", "cn-north-1");
    env.set("CN_S3_BUCKET", env.bucket());
    env.keep_secret("swordfish-of-the-stack");
    env.write("template.yaml", TEMPLATE);
    runs(cn_keys(&env, "put").stdin(csv(&keys)));
    runs(cn_keys(&env, "status"));
    let at_once = [
        "--min-age",
        "0s",
        "--grace",
        "0s",
        "--proof-interval",
        "10ms",
    ];
    runs(cn_keys(&env, "rotate").args(at_once));
    let output = ["--output-template-file", "packaged.yaml"];
    runs(other(&env, "cn-package", &output));
    let secret = env.parameter_name("password");
    let written = env
        .home()
        .put_secure_parameter(&secret, "swordfish-of-the-stack");
    written.expect("parameters can be written");
    let value = format!("Password=ssm:{secret}");
    let stack = env.name("trace");
    let arguments = [
        "--stack-name",
        &stack,
        "--parameter-overrides",
        &value,
        "--report",
        "report",
        "--changeset-file",
        "changes.md",
        "changes.json",
        "--outputs-file",
        "outputs.json",
    ];
    runs(other(&env, "cn-deploy", &arguments));
    assert!(env.exists("changes.json") && env.exists("report"));
    let profile = format!("china={parameter}");
    for form in ["--write-process", "--session", "--quiet"] {
        runs(other(&env, "cn-profile", &["--profile", &profile, form]));
    }
    runs(other(&env, "cn-doctor", &["--stack-name", &stack]));
    runs(other(
        &env,
        "cn-cleanup",
        &["--stack", "--stack-name", &stack, "--yes"],
    ));
    let process = other(&env, "cn-profile", &["--credential-process"]);
    runs(process.may_show_secrets());
    let exec = ["exec", "--key-ssm", &parameter, "--", "sleep", "0.1"];
    runs(other(&env, "cn-profile", &exec));
}

#[test]
fn nothing_of_any_program_shows_a_token_or_a_session() {
    let env = keyless::world();
    env.set("CN_LOG", TRACE);
    env.set("CN_S3_BUCKET", env.bucket());
    env.write(
        "template.yaml",
        "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n",
    );
    let output = ["--output-template-file", "packaged.yaml"];
    runs(other(&env, "cn-package", &output));
    let stack = env.name("token");
    let report = ["--stack-name", &stack, "--report", "report"];
    runs(other(&env, "cn-deploy", &report));
    runs(other(&env, "cn-profile", &["--session"]));
    runs(other(&env, "cn-profile", &["exec", "--", "sleep", "0.1"]));
    runs(other(
        &env,
        "cn-cleanup",
        &["--stack", "--stack-name", &stack, "--yes"],
    ));
    let tokens = env.requests().operation("AssumeRoleWithWebIdentity");
    let token = tokens.0[0].field("WebIdentityToken").unwrap_or_default();
    assert!(
        token.starts_with("eyJhbGciOi"),
        "each run is searched for this"
    );
}
