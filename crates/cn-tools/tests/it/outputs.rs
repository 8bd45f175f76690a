//! Every setting of every program that names a file: a result destroys no input, no other result
//! and nothing that is no regular file.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Arg;
use cn_cli::settings::RESULTS;
use cn_testkit::{Answer, ChangeSet, Events, Keys, Output, Script, Side, Stack, TestEnv};

use crate::TOOLS;
use crate::settings::settings;

/// Settings that name what a program reads, beside [`RESULTS`].
const INPUTS: [&str; 9] = [
    "config_file",
    "key_file",
    "paths",
    "signing_key",
    "source_template",
    "stack_policy",
    "template_file",
    "web_identity_token",
    "parameter_overrides",
];

/// A program with a setting for results, and the arguments of a run that writes it.
struct Row {
    program: &'static str,
    setting: &'static str,
    arguments: &'static [&'static str],
    /// The file below the folder that the setting names; empty when it names the file.
    below: &'static str,
    /// A setting that writes another file in the same run.
    beside: Option<&'static str>,
}

const PACKAGE: &[&str] = &["-t", "t.yaml", "--offline", "--s3-bucket", "bucket"];
const DEPLOY: &[&str] = &["-t", "t.yaml", "--stack-name", "orders"];
const FLEET: &[&str] = &["-t", "t.yaml", "--stack-set", "fleet"];
const ISSUER: &[&str] = &[
    "issuer",
    "--issuer",
    "https://issuer.example.com",
    "--signing-key",
    "alias/cn",
];

const ROWS: [Row; 9] = [
    row("check", "baseline", &["t.yaml", "--write-baseline"], None),
    row("package", "output_template_file", PACKAGE, Some("manifest")),
    row("package", "manifest", PACKAGE, Some("output_template_file")),
    row("deploy", "outputs_file", DEPLOY, Some("env_file")),
    row("deploy", "env_file", DEPLOY, Some("changeset_file")),
    row("deploy", "changeset_file", DEPLOY, Some("outputs_file")),
    Row {
        below: "orders.cn-north-1.html",
        ..row("deploy", "report", DEPLOY, Some("env_file"))
    },
    Row {
        below: "fleet.cn-north-1.xml",
        ..row("deploy", "report", FLEET, None)
    },
    Row {
        below: ".well-known/jwks.json",
        ..row("keys", "output", ISSUER, None)
    },
];

const fn row(
    program: &'static str,
    setting: &'static str,
    arguments: &'static [&'static str],
    beside: Option<&'static str>,
) -> Row {
    Row {
        program,
        setting,
        arguments,
        below: "",
        beside,
    }
}

impl Row {
    /// The value of the setting that has the run write a file, and the file.
    fn place(&self, file: &str) -> (String, Utf8PathBuf) {
        if self.below.is_empty() {
            return (file.to_owned(), file.into());
        }
        ("out".to_owned(), Utf8Path::new("out").join(self.below))
    }

    fn run(&self, env: &TestEnv, more: &[&str]) -> Output {
        let run = env.run(TOOLS).arg(self.program).args(self.arguments);
        run.args(more).output()
    }
}

fn flag(setting: &str) -> String {
    format!("--{}", setting.replace('_', "-"))
}

/// A stack that is updated, and a StackSet that is as it should be.
fn world() -> TestEnv {
    let env = TestEnv::new();
    env.set("CN_REGION", "cn-north-1");
    env.write_profile("china", &Keys::new("AKIAEXAMPLE", "example"), "cn-north-1");
    env.script(Script::of("sts").on("GetCallerIdentity", Answer::caller_identity(Side::China)));
    let script = Script::of("cloudformation")
        .on("DescribeStacks", Stack::new("orders", "CREATE_COMPLETE"))
        .on(
            "DescribeStacks",
            Stack::new("orders", "UPDATE_COMPLETE").output("Url", "u"),
        )
        .on("CreateChangeSet", ChangeSet::created("orders"))
        .on(
            "DescribeChangeSet",
            ChangeSet::new("orders", "CREATE_COMPLETE").change(
                "Modify",
                "T",
                "AWS::SNS::Topic",
                "False",
            ),
        )
        .on("DescribeEvents", Answer::error("AccessDenied", "no"))
        .on("ExecuteChangeSet", Answer::result("ExecuteChangeSet", &[]))
        .on(
            "DescribeStackEvents",
            Events::new("orders")
                .of_operation("{{ExecuteChangeSet.ClientRequestToken}}")
                .stack_event("UPDATE_COMPLETE", ""),
        );
    env.script(script);
    env.write(
        "t.yaml",
        "Resources: {T: {Type: AWS::SNS::Topic, Properties: {DisplayName: x}}}\n",
    );
    env.write("cn.toml", "");
    fs_err::create_dir(env.project().join("folder")).expect("made");
    env
}

/// The bytes of every regular file of the project and the home folder.
fn files(env: &TestEnv) -> BTreeMap<Utf8PathBuf, Vec<u8>> {
    let mut folders = vec![env.project(), env.home_folder()];
    let mut found = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir_utf8().expect("read") {
            let entry = entry.expect("read");
            let kind = entry.file_type().expect("read");
            if kind.is_dir() {
                folders.push(entry.path().to_owned());
            } else if kind.is_file() {
                let bytes = fs_err::read(entry.path()).expect("read");
                found.insert(entry.path().to_owned(), bytes);
            }
        }
    }
    found
}

fn link(env: &TestEnv, target: impl AsRef<Utf8Path>, at: &Utf8Path) {
    let at = env.project().join(at);
    fs_err::create_dir_all(at.parent().expect("a folder")).expect("made");
    symlink(target.as_ref(), at).expect("links can be made");
}

/// Returns true if a setting names a file by its declaration.
fn names_a_file(arg: &Arg) -> bool {
    let is_path = arg.get_value_parser().type_id() == TypeId::of::<Utf8PathBuf>();
    let names = arg.get_value_names().unwrap_or_default().iter();
    is_path
        || names
            .into_iter()
            .any(|name| ["FILE", "DIR", "FOLDER", "PATH"].contains(&name.as_str()))
}

#[test]
fn every_setting_that_names_a_file_is_an_input_or_a_result_that_is_tried() {
    for program in &cn_tools::PROGRAMS {
        let command = (program.command)();
        for arg in settings(&command).filter(|arg| names_a_file(arg)) {
            let id = arg.get_id().as_str();
            let is_known = INPUTS.contains(&id) || RESULTS.contains(&id);
            assert!(is_known, "{}: `{id}` names a file", program.name);
            let word = program.name.trim_start_matches("cn-");
            let is_tried = ROWS
                .iter()
                .any(|row| (row.program, row.setting) == (word, id));
            // `cn-deploy` reads the manifest.
            let is_read = INPUTS.contains(&id) || (word, id) == ("deploy", "manifest");
            assert!(
                is_tried != is_read,
                "{}: `{id}` is tried or read",
                program.name
            );
        }
    }
}

#[test]
fn a_result_that_would_destroy_a_file_is_refused_with_its_setting_before_anything_is_done() {
    for row in &ROWS {
        let is_folder = !row.below.is_empty();
        let flag = flag(row.setting);
        let name = format!("{} {flag}", row.program);
        let refused = |env: &TestEnv, more: &[&str], expected: &[&str]| {
            env.forget_requests();
            let before = files(env);
            let said = row.run(env, more).failed_with(4).stderr();
            for text in expected {
                assert!(said.contains(text), "{name}: {text}: {said}");
            }
            assert!(said.contains(&flag), "{name}: {said}");
            assert!(before == files(env), "{name}: a file changed: {said}");
            assert_eq!(env.requests().count(), 0, "{name}");
        };
        for input in ["t.yaml", "cn.toml", ".aws/credentials", ".aws/config"] {
            // `cn-check` and the issuer's files have less to read.
            let is_read = match row.program {
                "check" => !input.starts_with('.'),
                "keys" => input != "t.yaml",
                _ => true,
            };
            if !is_read {
                continue;
            }
            let env = world();
            let real = match input.strip_prefix(".aws") {
                Some(_) => env.home_folder().join(input),
                None => env.project().join(input),
            };
            env.write("home", "");
            fs_err::write(env.home_folder().join(".aws/config"), "").expect("written");
            let (value, path) = row.place("linked");
            link(&env, &real, &path);
            refused(&env, &[&flag, &value], &["would overwrite", path.as_str()]);
            // A hard link is the same file, too.
            let env = world();
            let path = env.project().join(path);
            fs_err::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs_err::hard_link(env.project().join("cn.toml"), &path).expect("made");
            refused(&env, &[&flag, &value], &["would overwrite", "cn.toml"]);
        }
        if let Some(beside) = row.beside {
            let env = world();
            let (value, path) = row.place("same");
            let other = self::flag(beside);
            let arguments = [&flag, value.as_str(), &other, path.as_str()];
            refused(&env, &arguments, &["two results", path.as_str()]);
        }
        if row.setting == "report" {
            continue;
        }
        for (at, value) in [
            ("folder", "folder"),
            ("nowhere", "nowhere/x"),
            ("dangling", "dangling"),
            ("circle", "circle"),
            ("in a file", "t.yaml/x"),
        ] {
            let env = world();
            let value = if is_folder { "out" } else { value };
            match at {
                "dangling" => link(&env, "nowhere/x", "dangling".into()),
                "circle" => link(&env, "circle", "circle".into()),
                _ => {}
            }
            if is_folder {
                env.write("out", "a file");
            }
            refused(&env, &[&flag, value], &[value]);
        }
    }
}

#[test]
fn a_report_without_a_place_is_warned_of_and_changes_nothing_else() {
    for row in ROWS.iter().filter(|row| row.setting == "report") {
        for kind in ["file", "fifo", "dangling"] {
            let env = world();
            match kind {
                "file" => drop(env.write("out", "a file")),
                "fifo" => make(&env, &["mkfifo", "out"]),
                _ => link(&env, "nowhere/x", "out".into()),
            }
            let before = files(&env);
            let output = row.run(&env, &["--report", "out", "--max-wait", "5s"]);
            let said = output.stderr();
            assert!(
                said.contains("warning: the report cannot be written"),
                "{said}"
            );
            assert!(said.contains("`out") && said.contains("--report"), "{said}");
            assert!(before == files(&env), "{said}");
        }
    }
}

fn make(env: &TestEnv, command: &[&str]) {
    let mut program = Command::new(command[0]);
    let made = program.args(&command[1..]).current_dir(env.project());
    assert!(made.status().expect("it runs").success());
}

#[test]
fn a_device_and_a_pipe_stay_what_they_are_and_get_the_result() {
    for row in ROWS.iter().filter(|row| row.below.is_empty()) {
        let flag = flag(row.setting);
        let beside: Vec<String> = row.beside.iter().map(|beside| self::flag(beside)).collect();
        let arguments = |value: &'static str| {
            let beside = beside.iter().flat_map(|flag| [flag.as_str(), "beside"]);
            [flag.as_str(), value]
                .into_iter()
                .chain(beside)
                .collect::<Vec<_>>()
        };
        let env = world();
        make(&env, &["mkfifo", "fifo"]);
        let fifo = env.project().join("fifo");
        let reader = std::thread::spawn(move || fs_err::read_to_string(fifo).expect("read"));
        drop(row.run(&env, &arguments("fifo")).succeeded());
        assert_ne!(reader.join().expect("it ends"), "", "{flag}");
        let env = world();
        let null = env.project().join("null");
        let made = Command::new("mknod")
            .args([null.as_str(), "c", "1", "3"])
            .status();
        if made.expect("it runs").success() {
            drop(row.run(&env, &arguments("null")).succeeded());
            let kind = fs_err::symlink_metadata(&null).expect("there").file_type();
            assert!(kind.is_char_device(), "{flag}");
        }
        // What a link that leads nowhere yet points at is created, and the link stays.
        let env = world();
        link(&env, "folder/new", "link".into());
        drop(row.run(&env, &arguments("link")).succeeded());
        let link = fs_err::symlink_metadata(env.project().join("link")).expect("there");
        assert!(link.is_symlink() && env.exists("folder/new"), "{flag}");
    }
}

#[test]
fn the_place_of_a_setting_is_named_with_its_file() {
    let env = world();
    let settings =
        "[default.deploy.parameters]\noutputs_file = 'nowhere/o'\nstack_name = 'orders'\n";
    env.write("cn.toml", settings);
    let said = env.run(TOOLS).args(["deploy", "-t", "t.yaml"]).output();
    let said = said.failed_with(4).stderr();
    assert!(said.contains("`outputs_file` in cn.toml:2"), "{said}");
    let run = env.run(TOOLS).args(["deploy", "-t", "t.yaml"]);
    let said = run.env("CN_OUTPUTS_FILE", "t.yaml").output();
    let said = said.failed_with(4).stderr();
    assert!(said.contains("comes from `CN_OUTPUTS_FILE`"), "{said}");
}
