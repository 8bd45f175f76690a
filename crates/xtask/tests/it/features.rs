//! The features of the library, and the AWS clients that each adds.

use std::collections::BTreeSet;
use std::process::Command;

use cn_testkit::workspace_folder;

/// Returns the service clients that the library compiles with some of its features.
fn clients(features: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(workspace_folder())
        .args(["tree", "--offline", "--package=cn-core", "--edges=normal"])
        .args(["--prefix=none", "--format={p}", "--no-default-features"])
        .arg(format!("--features={features}"))
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| line.strip_prefix("aws-sdk-")?.split(' ').next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn each_feature_of_the_library_brings_the_clients_it_needs_and_no_other() {
    // `aws-config` adds the clients of single sign-on.
    const ALWAYS: [&str; 6] = ["kms", "s3", "ssm", "sso", "ssooidc", "sts"];
    for (features, more) in [
        ("", &[][..]),
        ("package", &[]),
        ("deploy", &["cloudformation", "cloudwatchlogs"]),
        ("keys", &["cloudformation", "iam"]),
        ("inspect", &["cloudformation", "cloudwatchlogs", "lambda"]),
    ] {
        let expected = ALWAYS.iter().chain(more).map(|name| (*name).to_owned());
        assert_eq!(clients(features), expected.collect(), "`{features}`");
    }
}
