//! Verification of the code that functions run.

use cn_testkit::{Client, Side, TestEnv, program};

use crate::{deploy, said, seeded};

const TEMPLATE: &str = "\
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - {Effect: Allow, Action: sts:AssumeRole, Principal: {Service: lambda.amazonaws.com}}
  Orders:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: !Sub ${AWS::StackName}-orders
      Runtime: python3.13
      Handler: index.handler
      Role: !GetAtt Role.Arn
      Code: src
  Inline:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.13
      Handler: index.handler
      Role: !GetAtt Role.Arn
      Code: {ZipFile: 'def handler(event, context): pass'}
  Jobs:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: nested.yaml
      Parameters: {Role: !GetAtt Role.Arn}
";
const NESTED: &str = "\
Parameters:
  Role: {Type: String}
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.13
      Handler: index.handler
      Role: !Ref Role
      Code: src
";

/// Returns an environment with a packaged application that is deployed.
fn deployed() -> TestEnv {
    let env = seeded("");
    env.write("template.yaml", TEMPLATE);
    env.write("nested.yaml", NESTED);
    env.write(
        "src/index.py",
        "def handler(event, context):\n    return 1\n",
    );
    package(&env, Side::China);
    let output = deploy(&env, &["--capabilities", "CAPABILITY_IAM", "--verify"]).succeeded();
    assert!(
        output
            .stderr()
            .contains("the code of 2 functions as packaged"),
        "{}",
        output.stderr()
    );
    env
}

fn package(env: &TestEnv, side: Side) {
    let run = env.run(program("cn-package")).args([
        "--template-file",
        "template.yaml",
        "--region",
        side.region(),
        "--s3-bucket",
        env.bucket(),
        "--output-template-file",
        "packaged.yaml",
    ]);
    drop(run.output().succeeded());
}

/// Returns key and digest of the archive from the manifest.
fn code_in_manifest(env: &TestEnv) -> (String, Option<String>) {
    let manifest = env.read("packaged.yaml.manifest.json");
    let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
    let artifacts = manifest["artifacts"].as_array().expect("a list");
    let code = artifacts.iter().find(|it| it["source"] == "src");
    let code = code.expect("it was packaged");
    let text = |name: &str| code[name].as_str().map(str::to_owned);
    (text("key").expect("a key"), text("sha256"))
}

/// Replaces the code of a function outside of CloudFormation.
fn update_behind_the_back(china: &Client, name: &str, bucket: &str, key: &str) {
    let code = serde_json::json!({"S3Bucket": bucket, "S3Key": key}).to_string();
    let path = format!("/2015-03-31/functions/{name}/code");
    china
        .rest("lambda", "PUT", &path, "", code.into_bytes())
        .expect("updated");
}

#[test]
fn code_that_came_from_elsewhere_is_found() {
    let env = deployed();
    let (key, digest) = code_in_manifest(&env);
    assert!(digest.is_some());
    let object = env.china().object(env.bucket(), &key).expect("read");
    let mut other = object.expect("there");
    other.extend_from_slice(b"more");
    env.china()
        .put_object(env.bucket(), "other.zip", &other)
        .expect("put");
    let name = format!("{}-orders", env.name("orders"));
    update_behind_the_back(&env.china(), &name, env.bucket(), "other.zip");

    // CloudFormation has nothing to change, and a run that sends nothing does not know the digest.
    package(&env, Side::China);
    assert_eq!(code_in_manifest(&env), (key, None));
    let flags = ["--capabilities", "CAPABILITY_IAM"];
    drop(deploy(&env, &flags).succeeded());
    let verified = deploy(&env, &[&flags[..], &["--verify"]].concat()).failed_with(1);
    let said = said(&verified);
    assert!(
        said.contains("runs different code than its template names, in 1 function"),
        "{said}"
    );
    assert!(said.contains("caused by: `Orders` (function `"), "{said}");
}

#[test]
fn a_manifest_that_is_none_is_refused_before_anything_is_changed() {
    let env = seeded(crate::TEMPLATE);
    env.write("m.json", "{}");
    for (manifest, why) in [
        ("m.json", "so `cn-package` did not write it"),
        ("absent.json", "absent.json"),
    ] {
        let output = deploy(&env, &["--verify", "--manifest", manifest]).failed_with(4);
        assert!(output.stderr().contains(why), "{}", output.stderr());
    }
    assert_eq!(env.requests().count(), 0);
}

#[test]
fn stacks_that_differ_in_a_nested_template_alone_are_told_apart() {
    let env = deployed();
    env.home().create_bucket(env.bucket()).expect("created");
    let deploy_home = || {
        package(&env, Side::Home);
        let flags = ["--region", "us-east-1", "--capabilities", "CAPABILITY_IAM"];
        drop(deploy(&env, &flags).succeeded());
    };
    deploy_home();
    let both = ["--compare", "us-east-1", "cn-north-1"];
    drop(deploy(&env, &both).succeeded());
    env.write("nested.yaml", NESTED.replace("python3.13", "python3.12"));
    deploy_home();
    let output = deploy(&env, &both).failed_with(4);
    let differs = "`cn-north-1` runs a different template than `us-east-1`";
    assert!(output.stderr().contains(differs), "{}", output.stderr());
}
