//! The path from a KMS key at home to a deployment in China, without any access key.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use camino::Utf8PathBuf;
use cn_testkit::{Fault, Side, TestEnv, program};

const ISSUER: &str = "issuer.example.com/china";
const AUDIENCE: &str = "sts.amazonaws.com.cn";

/// Returns an environment with a role in China that trusts tokens with subject `cn:prod`, and its
/// settings.
pub(crate) fn world() -> TestEnv {
    let env = TestEnv::new();
    let key = env.home().create_signing_key("RSA_2048").unwrap();
    let name = env.name("web");
    let role = env
        .china()
        .create_web_identity_role(&name, ISSUER, AUDIENCE, "cn:prod");
    env.set("CN_REGION", "cn-north-1");
    env.set("CN_WEB_IDENTITY_ROLE", &role.unwrap());
    env.set("CN_WEB_IDENTITY_TOKEN", &format!("kms:{key}"));
    env.set("CN_WEB_IDENTITY_ISSUER", &format!("https://{ISSUER}"));
    env.set("CN_WEB_IDENTITY_SUBJECT", "cn:prod");
    env.set("CN_SIGNING_KEY", &key);
    env
}

#[test]
fn packages_and_deploys_without_an_access_key() {
    let env = world();
    env.write(
        "code/index.py",
        "def handler(event, context):\n    return 1\n",
    );
    env.write(
        "template.yaml",
        "Resources:\n  Object:\n    Type: AWS::SNS::Topic\n    Metadata: {x: 1}\n  \
         F:\n    Type: AWS::Lambda::Function\n    Properties:\n      Code: code\n      \
         Handler: index.handler\n      Runtime: python3.13\n      \
         Role: arn:aws:iam::444455556666:role/x\n",
    );
    let run = env.run(program("cn-package"));
    let run = run.args([
        "--template-file",
        "template.yaml",
        "--s3-bucket",
        env.bucket(),
    ]);
    let run = run.args(["--output-template-file", "packaged.yaml"]);
    drop(run.output().succeeded());
    let stack = env.name("keyless");
    let run = env.run(program("cn-deploy"));
    let run = run.args(["--template-file", "packaged.yaml", "--stack-name", &stack]);
    drop(run.output().succeeded());
    let status = env.china().stack_status(&stack).unwrap();
    assert_eq!(status.as_deref(), Some("CREATE_COMPLETE"));
    let requests = env.requests();
    assert_eq!(requests.service("ssm").count(), 0, "{requests}");
    assert!(!env.home_folder().join(".aws").exists());
    let kept_apart = requests.0.iter().all(|request| {
        let is_kms = request.service == "kms";
        is_kms == (request.side() == Side::Home)
    });
    assert!(kept_apart, "{requests}");
}

/// Tests a deployment that waits longer than its session lasts.
#[test]
fn a_session_that_ends_while_the_program_waits_is_replaced_with_a_new_token() {
    let env = world();
    let topic = "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n";
    env.write("template.yaml", topic);
    for operation in ["DescribeChangeSet", "DescribeStackEvents"] {
        env.fault(Fault::on(operation).answer(403, "ExpiredToken"));
    }
    let stack = env.name("long");
    let run = env.run(program("cn-deploy"));
    let run = run.args(["--template-file", "template.yaml", "--stack-name", &stack]);
    drop(run.output().succeeded());
    let exchanges = env.requests().operation("AssumeRoleWithWebIdentity");
    let tokens: BTreeSet<Option<String>> = exchanges
        .0
        .iter()
        .map(|request| request.field("WebIdentityToken"))
        .collect();
    assert_eq!(tokens.len(), 3, "{}", env.requests());
    assert_eq!(env.requests().operation("Sign").count(), 3);
}

/// Tests that KMS is called again if the home identity, which signs the tokens, expires too.
#[test]
fn a_token_that_kms_does_not_sign_at_once_does_not_end_the_wait() {
    let env = world();
    let topic = "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n";
    env.write("template.yaml", topic);
    env.fault(Fault::on("DescribeChangeSet").answer(403, "ExpiredToken"));
    env.fault(
        Fault::on("Sign")
            .skip(1)
            .answer(500, "KMSInternalException"),
    );
    let stack = env.name("kms");
    let run = env.run(program("cn-deploy"));
    let run = run.args(["--template-file", "template.yaml", "--stack-name", &stack]);
    drop(run.output().succeeded());
    assert_eq!(env.requests().operation("Sign").count(), 3);
}

#[test]
fn an_elliptic_key_signs_tokens_too() {
    let env = world();
    let key = env.home().create_signing_key("ECC_NIST_P256").unwrap();
    let run = env.run(program("cn-profile")).arg("exec");
    let run = run.env("CN_WEB_IDENTITY_TOKEN", format!("kms:ES256:{key}"));
    drop(run.args(["--", "true"]).output().succeeded());
    let run = env.run(env!("CARGO_BIN_EXE_cn-keys"));
    let run = run.args(["issuer", "--issuer", "https://issuer.example.com"]);
    let shown = run.args(["--signing-key", &key]).output().succeeded();
    let shown = shown.stdout();
    assert!(
        shown.contains("\"P-256\"") && shown.contains("ES256"),
        "{shown}"
    );
    assert!(!shown.contains("RS256"), "{shown}");
}

#[test]
fn a_wrong_subject_is_refused() {
    let env = world();
    let run = env.run(program("cn-profile")).arg("exec");
    let run = run.env("CN_WEB_IDENTITY_SUBJECT", "cn:dev");
    let output = run.args(["--", "true"]).output().failed_with(5);
    let said = output.stderr();
    assert!(said.contains("sts:AssumeRoleWithWebIdentity"), "{said}");
}

#[test]
fn a_command_gets_the_session_and_nothing_of_the_home_identity() {
    let env = world();
    let run = env.run(program("cn-profile")).arg("exec");
    let shown = run.args(["--", "env"]).may_show_secrets().output();
    let shown = shown.succeeded().stdout();
    assert!(shown.contains("AWS_SESSION_TOKEN="), "{shown}");
    assert!(shown.contains("AWS_REGION=cn-north-1"), "{shown}");
    assert!(!shown.contains("AWS_CONTAINER"), "{shown}");
    let aws = cn_testkit::Python::ready().unwrap().program("aws");
    let run = env
        .run(program("cn-profile"))
        .arg("exec")
        .args(["--", aws.as_str()]);
    let said = run.args(["sts", "get-caller-identity"]).output();
    let said = said.succeeded().stdout();
    assert!(said.contains(":assumed-role/"), "{said}");
}

#[test]
fn a_profile_serves_sessions_to_the_aws_cli() {
    let env = world();
    let run = env.run(program("cn-profile")).arg("--write-process");
    drop(run.output().succeeded());
    for name in ["ROLE", "TOKEN", "ISSUER", "SUBJECT"] {
        env.unset(&format!("CN_WEB_IDENTITY_{name}"));
    }
    let call = ["sts", "get-caller-identity", "--profile", "china"];
    let run = env.aws().args(call).args(["--region", "cn-north-1"]);
    let said = run.output().succeeded().stdout();
    assert!(said.contains(":assumed-role/"), "{said}");
}

#[test]
fn a_session_can_be_written_for_the_aws_cli() {
    let env = world();
    let run = env.run(program("cn-profile")).arg("--session");
    let said = run.output().succeeded().stderr();
    assert!(said.contains("ends at"), "{said}");
    let call = ["sts", "get-caller-identity", "--profile", "china"];
    let run = env.aws().args(call).args(["--region", "cn-north-1"]);
    let said = run.output().succeeded().stdout();
    assert!(said.contains(":assumed-role/"), "{said}");
}

/// Serves a folder on loopback, all files with one content type.
fn serve(folder: Utf8PathBuf, content_type: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut line = String::new();
            BufReader::new(&stream).read_line(&mut line).unwrap();
            let path = line.split(' ').nth(1).unwrap_or_default();
            let text = fs_err::read_to_string(folder.join(path.trim_start_matches('/')));
            let (status, body) = match text {
                Ok(text) => ("200 OK", text),
                Err(_) => ("404 Not Found", String::new()),
            };
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\
                 connection: close\r\n\r\n{body}",
                body.len(),
            );
            drop(stream.write_all(answer.as_bytes()));
        }
    });
    port
}

#[test]
fn an_issuer_is_written_and_verified() {
    let env = world();
    let folder = env.project().join("site");
    let port = serve(folder.clone(), "application/json");
    let issuer = format!("http://127.0.0.1:{port}");
    let cn_keys = |arguments: &[&str]| {
        let run = env.run(env!("CARGO_BIN_EXE_cn-keys")).arg("issuer");
        run.args(["--issuer", &issuer]).args(arguments).output()
    };
    let unreachable = cn_keys(&["--verify"]).failed_with(4);
    assert!(
        unreachable.stderr().contains("status 404"),
        "{}",
        unreachable.stderr()
    );
    drop(cn_keys(&["--output", "site"]).succeeded());
    // These are the problems of a server on loopback, and there are no others.
    let verified = cn_keys(&["--verify"]).failed_with(4);
    assert!(
        verified.stdout().contains("3 problems"),
        "{}",
        verified.stderr()
    );
    let said = verified.stderr();
    for problem in ["names a port", "begin with `https://`"] {
        assert!(said.contains(problem), "{said}");
    }
    let other = env.home().create_signing_key("RSA_2048").unwrap();
    let rotated = cn_keys(&["--verify", "--signing-key", &other]).failed_with(4);
    assert!(
        rotated.stderr().contains("lacks the key"),
        "{}",
        rotated.stderr()
    );
}
