//! Foreign text, everywhere the program shows it.

use cn_testkit::hostile::{
    assert_harmless, assert_visible, everything, file_name, markdown_structure,
};
use cn_testkit::{Answer, ChangeSet, Events, Output, Script, Stack, TestEnv};

use crate::scripted::{cloudformation, rolled_back, scripted};
use crate::{TEMPLATE, run};

/// Runs a script on a terminal, then with JSON and into pipes, and checks the output of both.
fn assert_shown(
    place: &str,
    script: &Script,
    arguments: &[&str],
    prepare: impl Fn(&TestEnv),
) -> TestEnv {
    let world = || {
        let env = scripted(script.clone());
        prepare(&env);
        env
    };
    let env = world();
    let shown = env.terminal(env!("CARGO_BIN_EXE_cn-deploy"));
    let shown = shown.args(["--color", "always"]).args(arguments).output();
    assert_streams(&format!("{place}, terminal"), &shown);
    let env = world();
    let shown = run(&env)
        .args(["--format", "json", "--verbose"])
        .args(arguments)
        .output();
    assert_streams(&format!("{place}, JSON"), &shown);
    for line in shown.stderr().lines().chain(shown.stdout().lines()) {
        let record: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("{place}: no JSON: {line}"));
        assert!(record["kind"].is_string(), "{line}");
    }
    let env = world();
    let shown = run(&env).arg("--verbose").args(arguments).output();
    assert_streams(&format!("{place}, pipes"), &shown);
    env
}

fn assert_streams(place: &str, shown: &Output) {
    assert!(shown.code() != 70, "{place}: {}", shown.stderr());
    assert_harmless(place, &shown.stdout());
    assert_harmless(place, &shown.stderr());
}

/// Returns the number of lines that do not continue a line before.
fn heads(text: &str) -> usize {
    text.lines().filter(|line| !line.starts_with("  ")).count()
}

fn changes(text: &str) -> ChangeSet {
    ChangeSet::new("orders", "CREATE_COMPLETE")
        .change("Modify", text, text, text)
        .change(text, "Queue", text, "")
        .change("Remove", "Table", "AWS::DynamoDB::Table", "")
}

const FILES: [&str; 10] = [
    "--changeset-file",
    "changes.md",
    "--changeset-file",
    "changes.json",
    "--outputs-file",
    "outputs.json",
    "--env-file",
    "outputs.sh",
    "--report",
    "report",
];

#[test]
fn a_success_shows_names_changes_events_and_outputs() {
    let script = |text: &str| {
        cloudformation()
            .on("DescribeStacks", Stack::new("orders", "CREATE_COMPLETE"))
            .on(
                "DescribeStacks",
                Stack::new("orders", "UPDATE_COMPLETE")
                    .output("Url", text)
                    .tag("Team", text),
            )
            .on("DescribeChangeSet", changes(text))
            .on(
                "DescribeStackEvents",
                Events::new("orders")
                    .stack_event("UPDATE_IN_PROGRESS", text)
                    .event(text, text, "UPDATE_IN_PROGRESS", text)
                    .event(text, text, text, text)
                    .stack_event("UPDATE_COMPLETE", text),
            )
    };
    let text = everything();
    let env = assert_shown("success", &script(&text), &FILES, |_| ());
    let plain = scripted(script("plain"));
    let expected = run(&plain).args(FILES).output().succeeded();
    let shown = run(&env).arg("--verbose").args(FILES).output().succeeded();
    assert_eq!(heads(&shown.stdout()), heads(&expected.stdout()));
    for file in [
        "changes.md",
        "changes.json",
        "outputs.json",
        "report/orders.cn-north-1.xml",
        "report/orders.cn-north-1.html",
        "report/orders.cn-north-1.md",
    ] {
        assert_visible(file, &env.read(file));
    }
    for file in ["changes.md", "report/orders.cn-north-1.md"] {
        let [shown, plain] = [&env, &plain].map(|env| markdown_structure(&env.read(file)));
        assert_eq!(shown, plain, "{file}");
    }
    // A file that programs read contains exactly the service's text.
    let outputs: serde_json::Value = serde_json::from_str(&env.read("outputs.json")).expect("JSON");
    assert_eq!(outputs["orders"]["Url"].as_str(), Some(text.as_str()));
}

#[test]
fn a_failure_shows_reasons() {
    let text = everything();
    let events = Events::new("orders")
        .stack_event("CREATE_IN_PROGRESS", "User Initiated")
        .event("Role", &text, "CREATE_FAILED", &text)
        .event(&text, &text, "CREATE_FAILED", &text);
    let script = rolled_back(changes(&text), events);
    let env = assert_shown("failure", &script, &FILES, |_| ());
    for file in ["xml", "html", "md"] {
        assert_visible(file, &env.read(format!("report/orders.cn-north-1.{file}")));
    }
}

#[test]
fn a_refusal_and_an_error_of_the_service_show_their_words() {
    let text = everything();
    let refused = cloudformation()
        .on("DescribeStacks", Stack::new("orders", "CREATE_COMPLETE"))
        .on(
            "DescribeChangeSet",
            ChangeSet::new("orders", "FAILED").reason(&text),
        );
    assert_shown("refused", &refused, &FILES, |_| ());
    let failing = cloudformation().on("DescribeStacks", Answer::error("Validation", &text));
    assert_shown("service error", &failing, &FILES, |_| ());
    let gated = cloudformation()
        .on("DescribeStacks", Stack::new("orders", "CREATE_COMPLETE"))
        .on("DescribeChangeSet", changes(&text));
    assert_shown(
        "gate",
        &gated,
        &["--deny", "deletions", "--deny", "replacements"],
        |_| (),
    );
}

#[test]
fn file_names_parameters_tags_and_settings_are_shown_as_text() {
    let script = cloudformation()
        .on("DescribeStacks", Stack::new("orders", "CREATE_COMPLETE"))
        .on(
            "DescribeChangeSet",
            ChangeSet::new("orders", "FAILED").reason("no updates are to be performed"),
        );
    let text = everything().replace('\0', "");
    let file = file_name();
    let template = format!("{file}.yaml");
    let parameter = format!("Delay{text}=1");
    let tag = format!("Team={text}");
    let quoted = serde_json::Value::from(text.as_str()).to_string();
    let write = |env: &TestEnv| {
        env.write(
            &template,
            TEMPLATE.replace(
                "Description: ",
                &format!("Metadata: {quoted}\nDescription: "),
            ),
        );
    };
    for (place, arguments) in [
        (
            "template and parameter",
            vec![
                "--template-file",
                &template,
                "--parameter-overrides",
                &parameter,
            ],
        ),
        ("missing template", vec!["--template-file", &file]),
        (
            "parameter file",
            vec!["--parameter-overrides", &format!("file://{file}")],
        ),
        ("tag", vec!["--tags", &tag]),
        ("wrong tag", vec!["--tags", &text]),
        ("bucket", vec!["--s3-bucket", &text]),
        ("region", vec!["--region", &text]),
        ("role", vec!["--role-arn", &text]),
        ("stack", vec!["--stack-name", &text]),
        ("change set", vec!["--execute-changeset", &text]),
        ("policy", vec!["--stack-policy", &text]),
        ("policy file", vec!["--stack-policy", &file]),
        ("profile", vec!["--profile", &text]),
        ("report", vec!["--report", &file]),
        ("config file", vec!["--config-file", &file]),
        ("environment", vec!["--config-env", &text]),
        ("unknown flag", vec![&text]),
        (
            "all settings",
            vec!["--tags", &tag, "--s3-prefix", &text, "--show-config"],
        ),
    ] {
        assert_shown(place, &script, &arguments, write);
    }
    let toml = format!(
        "[default.deploy.parameters]\n{quoted} = 1\nformat = {quoted}\ntags = [{quoted}]\n[{quoted}]\nx = 1\n"
    );
    let write = |env: &TestEnv| drop(env.write("cn.toml", &toml));
    assert_shown("cn.toml", &script, &[], write);
    let toml = format!(
        "[default.deploy.parameters]\ns3_prefix = {quoted}\ntags = {{{quoted} = {quoted}}}\n"
    );
    let write = |env: &TestEnv| drop(env.write("cn.toml", &toml));
    assert_shown("cn.toml, shown", &script, &["--show-config"], write);
    let write = |env: &TestEnv| drop(env.write("cn.toml", format!("x = {text}\n")));
    assert_shown("cn.toml, broken", &script, &[], write);
    let write =
        |env: &TestEnv| drop(env.write("packaged.yaml", format!("A: [{text}\nB: {text}\n")));
    assert_shown("broken template", &script, &[], write);
    let write = |env: &TestEnv| {
        let template = format!("{quoted}: 1\nResources: {{{quoted}: {{Type: {quoted}}}}}\n");
        env.write("packaged.yaml", template);
    };
    assert_shown("template", &script, &[], write);
}
