//! File names that attack their readers.

use cn_testkit::hostile::{assert_harmless, assert_visible, file_name};

use super::{cn_package, with_sample};

#[test]
fn names_of_files_are_shown_as_text() {
    let (env, _seed) = with_sample();
    env.write("cn.toml", "");
    let name = file_name();
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    env.write(format!("{name}/app.py"), "print('arn:aws:s3:::b')\n");
    let template = format!(
        "Resources:\n  F: {{Type: AWS::Lambda::Function, Properties: {{Code: {}, Role: 'arn:aws:iam::1:role/r'}}}}\n",
        quoted(&name)
    );
    let file = format!("{name}.yaml");
    env.write(&file, template);
    let missing = format!(
        "Resources:\n  F: {{Type: AWS::Lambda::Function, Properties: {{Code: {}}}}}\n",
        quoted(&format!("no {name}"))
    );
    env.write("missing.yaml", missing);
    let output = format!("out {name}.yaml");
    let typed = ["-t", &file, "--output-template-file", &output];
    for (place, more) in [
        ("plan", vec!["--dry-run"]),
        ("packaged", vec!["--verbose"]),
        ("JSON", vec!["--format", "json"]),
    ] {
        let shown = env.terminal(env!("CARGO_BIN_EXE_cn-package"));
        let shown = shown.args(["--color", "always"]).args(typed).args(&more);
        assert_harmless(
            &format!("{place}, terminal"),
            &shown.output().succeeded().stdout(),
        );
        let shown = cn_package(&env)
            .args(typed)
            .args(&more)
            .output()
            .succeeded();
        assert_harmless(place, &shown.stdout());
        assert_harmless(place, &shown.stderr());
    }
    for arguments in [
        vec!["-t", "missing.yaml"],
        vec!["-t", &name],
        vec!["-t", "no such file\u{1b}[2J"],
    ] {
        let shown = cn_package(&env).args(&arguments).output();
        assert!(shown.code() > 1, "{}", shown.stderr());
        assert_harmless("refused", &shown.stderr());
    }
    let manifest = env.read(format!("{output}.manifest.json"));
    assert_visible("manifest", &manifest);
    let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
    assert_eq!(
        manifest["artifacts"][0]["source"].as_str(),
        Some(name.as_str())
    );
}
