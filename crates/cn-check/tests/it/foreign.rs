//! Foreign text, everywhere the program shows it.

use cn_testkit::TestEnv;
use cn_testkit::hostile::{
    assert_harmless, assert_visible, everything, file_name, markdown_structure,
};

use crate::cn_check;

/// Returns a template with findings at, next to and about a text.
fn template(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    let name = serde_json::Value::from(format!("Role {text}")).to_string();
    format!(
        "# {}\nResources:\n  {name}:\n    Type: AWS::IAM::Role\n    Properties:\n      \
         RoleName: \"arn:aws:iam::1:role/{}\" # {}\n      Description: {quoted}\n  \
         Service: {{Type: AWS::AppRunner::Service, Properties: {{ServiceName: {quoted}}}}}\n  \
         Other: {{Type: {quoted}}}\n  Bucket: {{Type: 'AWS::S3::Bucket', Properties: {{BucketName: {quoted}}}}}\n",
        comment(text),
        &quoted[1..quoted.len() - 1],
        comment(text),
    )
}

/// Returns the characters of a text that a YAML comment can contain.
fn comment(text: &str) -> String {
    let is_allowed =
        |letter: &char| !letter.is_ascii_control() && *letter != '\u{85}' && *letter != '\u{feff}';
    text.chars()
        .filter(is_allowed)
        .filter(|it| !"\u{2028}\u{2029}".contains(*it))
        .collect()
}

/// Creates a project that contains a text in every place that the program shows.
fn project(text: &str, folder: &str) -> TestEnv {
    let env = TestEnv::new();
    env.write(format!("{folder}/template.yaml"), template(text));
    env.write(
        format!("{folder}/broken.yaml"),
        format!("Resources:\n  A: {{Type: AWS::S3::Bucket\n  {text}: ]\n"),
    );
    env.write(
        format!("{folder}/bytes.yaml"),
        b"Resources: {A: {Type: 'AWS::S3::Bucket \xff'}}".as_slice(),
    );
    env
}

#[test]
fn templates_and_their_names_are_shown_as_text() {
    let (text, name) = (everything(), file_name());
    let typed = text.replace('\0', "");
    let env = project(&text, &name);
    let plain = project("plain", "plain");
    for format in ["text", "json", "sarif", "junit", "markdown"] {
        let arguments = ["--format", format, "--verbose"];
        let shown = env.terminal(env!("CARGO_BIN_EXE_cn-check"));
        let shown = shown
            .args(["--color", "always"])
            .args(arguments)
            .output()
            .failed_with(4);
        assert_harmless(&format!("{format}, terminal"), &shown.stdout());
        let shown = cn_check(&env).args(arguments).output().failed_with(4);
        assert_harmless(format, &shown.stdout());
        assert_harmless(format, &shown.stderr());
        if format == "markdown" {
            let expected = cn_check(&plain).args(arguments).output().stdout();
            let rows = |text: &str| {
                markdown_structure(text)
                    .iter()
                    .filter(|it| *it == "TableRow")
                    .count()
            };
            assert!(rows(&shown.stdout()) > 1, "{}", shown.stdout());
            assert!(
                markdown_structure(&shown.stdout())
                    .iter()
                    .all(|it| markdown_structure(&expected).contains(it)),
                "{}",
                shown.stdout()
            );
        }
    }
    for arguments in [
        vec!["--fix", "--diff"],
        vec!["--ignore", &typed],
        vec!["--baseline", &name],
        vec![&name, "--region", &typed],
    ] {
        let shown = env.terminal(env!("CARGO_BIN_EXE_cn-check"));
        let shown = shown.args(["--color", "always"]).args(&arguments).output();
        assert_harmless(&format!("{arguments:?}"), &shown.stdout());
    }
    let baseline = ["--baseline", "known.json", "--write-baseline"];
    drop(cn_check(&env).args(baseline).output().succeeded());
    assert_visible("baseline", &env.read("known.json"));
    let known = cn_check(&env).args(["--baseline", "known.json"]).output();
    assert!(
        known.stderr().contains("in the baseline"),
        "{}",
        known.stderr()
    );
}
