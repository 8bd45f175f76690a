//! Every setting of every program, from every source: a wrong value is an input error whose message
//! names the source, and a credential is never used as a name.

use clap::{Arg, ArgAction, Command};
use cn_testkit::{Output, TestEnv};

use crate::TOOLS;

/// A value that every setting with a fixed form rejects.
const WRONG: &str = "?wrong?";

/// Settings that accept any text when the program starts. All other settings reject [`WRONG`].
/// Words of `parameter_overrides` and `tags` are read later: see `cn-deploy`'s tests.
const FREE: &[&str] = &[
    "administration_role",
    "baseline",
    "capabilities",
    "changeset_file",
    "config_env",
    "config_file",
    "empty_bucket",
    "env_file",
    "execute_changeset",
    "execution_role",
    "explain",
    "ignore",
    "key_file",
    "key_id",
    "kms_key",
    "kms_key_id",
    "manifest",
    "notification_arns",
    "operation",
    "output",
    "output_template_file",
    "outputs_file",
    "parameter_overrides",
    "paths",
    "prefix",
    "report",
    "revision",
    "role_arn",
    "rollback_triggers",
    "s3_prefix",
    "signing_key",
    "source_template",
    "stack_policy",
    "tags",
    "template_file",
    "web_identity_audience",
    "web_identity_session",
    "web_identity_subject",
];

/// Settings that cannot be set in a file, because they select it.
pub(crate) const NOT_IN_FILE: &[&str] = &["config_env", "config_file", "flags_only", "show_config"];

pub(crate) fn settings(command: &Command) -> impl Iterator<Item = &Arg> {
    let all = command.get_arguments();
    // Arguments after `--` are another program's command line.
    all.filter(|arg| !["help", "version", "flags_only"].contains(&arg.get_id().as_str()))
        .filter(|arg| !arg.is_last_set())
}

fn is_switch(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::SetTrue | ArgAction::SetFalse)
}

/// Returns true if the parser of a flag accepts a text.
fn takes(command: &Command, arg: &Arg, text: &str) -> bool {
    let lenient = command.clone().mut_args(|arg| arg.required(false));
    let typed = match arg.get_long() {
        Some(long) => vec![format!("--{long}={text}")],
        None => vec![text.to_owned()],
    };
    let argv = std::iter::once(command.get_name().to_owned()).chain(typed);
    lenient.try_get_matches_from(argv).is_ok()
}

fn run(env: &TestEnv, program: &str, arguments: &[String]) -> Output {
    let word = program.trim_start_matches("cn-").to_owned();
    let arguments = std::iter::once(word).chain(arguments.iter().cloned());
    env.run(TOOLS).args(arguments).output()
}

#[track_caller]
fn refused(output: Output, code: i32, place: &str) {
    let said = output.failed_with(code).stderr();
    assert!(said.contains(place), "{place} is not named: {said}");
}

#[test]
fn a_wrong_value_is_blamed_on_its_place_for_every_setting() {
    let env = TestEnv::new();
    let mut free = Vec::new();
    for program in &cn_tools::PROGRAMS {
        let command = (program.command)();
        for arg in settings(&command) {
            let id = arg.get_id().as_str();
            if !is_switch(arg) && takes(&command, arg, WRONG) {
                free.push(id.to_owned());
                continue;
            }
            env.write("cn.toml", "");
            // `cn-keys` requires an action.
            match id {
                _ if program.name != "cn-keys" || id == "action" => env.unset("CN_ACTION"),
                _ => env.set("CN_ACTION", "status"),
            }
            let wrong = format!("{id} = '{WRONG}'");
            let variable = match id {
                "config_env" => "CN_ENV".to_owned(),
                _ => format!("CN_{}", id.to_ascii_uppercase()),
            };
            if let Some(long) = arg.get_long().filter(|_| !is_switch(arg)) {
                let typed = [format!("--{long}={WRONG}")];
                refused(run(&env, program.name, &typed), 2, &format!("--{long}"));
            }
            let by_variable = env.run(TOOLS).arg(program.name).env(&variable, WRONG);
            refused(by_variable.output(), 4, &variable);
            if NOT_IN_FILE.contains(&id) {
                continue;
            }
            let table = program.name.trim_start_matches("cn-");
            for file in ["cn.toml", "samconfig.toml"] {
                env.write(file, format!("[default.{table}.parameters]\n{wrong}\n"));
                let typed = ["--config-file".to_owned(), file.to_owned()];
                let output = run(&env, program.name, &typed);
                // A wrong type of a setting that SAM may spell differently is only a warning.
                let is_warning = file == "samconfig.toml" && is_switch(arg);
                if is_warning {
                    assert!(
                        output.stderr().contains("samconfig.toml:2"),
                        "{}",
                        output.stderr()
                    );
                } else {
                    refused(output, 4, &format!("{file}:2"));
                }
            }
        }
    }
    free.sort();
    free.dedup();
    assert_eq!(free, FREE, "settings that take any text");
    assert_eq!(env.requests().count(), 0);
}

#[test]
fn a_refused_value_that_looks_like_a_key_is_not_shown() {
    /// The example of the AWS documentation.
    const KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let env = TestEnv::new();
    for program in &cn_tools::PROGRAMS {
        let command = (program.command)();
        let refusing =
            settings(&command).filter(|arg| !is_switch(arg) && !takes(&command, arg, KEY));
        for arg in refusing {
            let id = arg.get_id().as_str();
            let variable = format!("CN_{}", id.to_ascii_uppercase());
            let by_variable = env.run(TOOLS).arg(program.name).env(&variable, KEY);
            let mut said = by_variable.output().stderr();
            if let Some(long) = arg.get_long() {
                let typed = [format!("--{long}={KEY}")];
                said += &run(&env, program.name, &typed).stderr();
            }
            assert!(
                !said.contains("EXAMPLEKEY"),
                "{} {id}: {said}",
                program.name
            );
        }
    }
    assert_eq!(env.requests().count(), 0);
}
