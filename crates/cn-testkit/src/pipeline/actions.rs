//! The actions that the runner supports: sources, builds and change sets.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};

use super::declared::{Action, Pipeline};
use super::execution::{Execution, REVISION};
use crate::codebuild::{Build, Buildspec, Compute};
use crate::{Client, TestEnv, ambient, xml};

/// Runs an action; the error is the action's output.
pub(super) fn run(
    env: &TestEnv,
    pipeline: &Pipeline,
    action: &Action,
    execution: &mut Execution,
) -> Result<(), String> {
    let kind = &action.action_type_id;
    match (kind.category.as_str(), kind.provider.as_str()) {
        ("Source", _) => {
            let folder = execution.artifacts[REVISION].clone();
            for output in action.outputs() {
                execution
                    .artifacts
                    .insert(output.to_owned(), folder.clone());
            }
            Ok(())
        }
        ("Build" | "Test", "CodeBuild") => build(env, action, execution),
        ("Deploy", "CloudFormation") => {
            let role = action.role_arn.as_ref().unwrap_or(&pipeline.role_arn);
            let home = env.home();
            let keys = home.assume_existing_role(role);
            let keys = keys.map_err(|error| error.to_string())?;
            let result = change_set(&home.signing_as(keys), action, execution);
            result.map_err(|error| error.to_string())
        }
        (category, provider) => panic!("the runner has no {category} action of {provider}"),
    }
}

/// Runs a build in a new container: a copy of the source, an empty home folder,
/// and the role of the project.
fn build(env: &TestEnv, action: &Action, execution: &mut Execution) -> Result<(), String> {
    let project = project(env, &action.configuration["ProjectName"]);
    let number = ambient::unique_id();
    let folder = env.temporary_folder().join(format!("build-{number}"));
    let source = folder.join("source");
    let input = action.inputs().next().expect("a build has a source");
    copy(&execution.artifacts[input], &source);

    let mut variables = env.variables();
    variables.extend(listed(&project["environment"]["environmentVariables"]));
    if let Some(text) = action.configuration.get("EnvironmentVariables") {
        let text = serde_json::from_str(text);
        variables.extend(listed(&text.expect("the variables are JSON")));
    }
    let role = project["serviceRole"].as_str().unwrap_or_default();
    let role = role.rsplit('/').next().unwrap_or_default();
    let home = folder.join("home");
    fs_err::create_dir_all(&home).expect("folders can be made");
    let own = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", env.role_url(role)),
        (
            "CODEBUILD_BUILD_URL",
            format!("https://us-east-1.console.aws.amazon.com/codesuite/codebuild/{number}"),
        ),
        (
            "CODEBUILD_START_TIME",
            ambient::unix_time().as_millis().to_string(),
        ),
        ("HOME", home.to_string()),
    ];
    variables.extend(own.map(|(name, value)| (name.to_owned(), value)));

    let file = project["source"]["buildspec"]
        .as_str()
        .unwrap_or("buildspec.yml");
    let text = fs_err::read_to_string(source.join(file)).map_err(|error| error.to_string())?;
    let buildspec = Buildspec::parse(&text).map_err(|error| error.to_string())?;
    let log = folder.join("log");
    let report = Build {
        buildspec: &buildspec,
        source: &source,
        scratch: &folder.join("scratch"),
        variables,
        compute: Compute::Container,
        log: fs_err::File::create(&log).expect("writable").into_parts().0,
    };
    let report = report.run().map_err(|error| error.to_string())?;
    let log = fs_err::read_to_string(log).expect("the log is there");
    for secret in env.secrets() {
        assert!(
            !log.contains(&secret),
            "a secret is in the log of `{}`",
            action.name
        );
    }
    if !report.succeeded() {
        return Err(log);
    }
    for output in action.outputs() {
        let into = folder.join("output");
        fs_err::create_dir_all(&into).expect("folders can be made");
        let collected = report.collect(&buildspec, &source, &into);
        collected.map_err(|error| error.to_string())?;
        execution.artifacts.insert(output.to_owned(), into);
    }
    if let Some(namespace) = &action.namespace {
        for (name, value) in report.exported {
            execution
                .variables
                .insert(format!("{namespace}.{name}"), value);
        }
    }
    Ok(())
}

fn project(env: &TestEnv, name: &str) -> Value {
    let target = "CodeBuild_20161006.BatchGetProjects";
    let answer = env
        .home()
        .json("codebuild", target, &json!({"names": [name]}));
    let mut answer = answer.expect("home answers");
    let project = answer["projects"][0].take();
    assert!(project.is_object(), "there is no project `{name}`");
    project
}

/// Reads variables of a project or an action; only plain variables are supported.
fn listed(variables: &Value) -> BTreeMap<String, String> {
    let variables = variables.as_array().cloned().unwrap_or_default();
    let pair = |variable: &Value| {
        let kind = variable["type"].as_str().unwrap_or("PLAINTEXT");
        assert_eq!(
            kind, "PLAINTEXT",
            "the runner has no variables of this type"
        );
        let text = |key: &str| variable[key].as_str().unwrap_or_default().to_owned();
        (text("name"), text("value"))
    };
    variables.iter().map(pair).collect()
}

/// Replaces a change set, or executes it.
fn change_set(
    client: &Client,
    action: &Action,
    execution: &Execution,
) -> Result<(), Box<dyn std::error::Error>> {
    let setting = |name: &str| action.configuration.get(name).map_or("", String::as_str);
    let stack = ("StackName", setting("StackName"));
    let name = ("ChangeSetName", setting("ChangeSetName"));
    match setting("ActionMode") {
        "CHANGE_SET_REPLACE" => {
            let status = client.stack_status(stack.1)?;
            let is_new = status.is_none_or(|status| status == "REVIEW_IN_PROGRESS");
            if !is_new {
                client.query("cloudformation", "DeleteChangeSet", &[stack, name])?;
            }
            let template = fs_err::read_to_string(file(execution, setting("TemplatePath")))?;
            let configuration = file(execution, setting("TemplateConfiguration"));
            let configuration: Value =
                serde_json::from_str(&fs_err::read_to_string(configuration)?)?;
            let parameters = configuration["Parameters"].as_object();
            let mut fields = vec![
                stack,
                name,
                ("ChangeSetType", if is_new { "CREATE" } else { "UPDATE" }),
                ("TemplateBody", template.as_str()),
                ("RoleARN", setting("RoleArn")),
                ("Capabilities.member.1", setting("Capabilities")),
            ];
            let keys: Vec<[String; 2]> = (1..)
                .take(parameters.map_or(0, serde_json::Map::len))
                .map(|at| {
                    ["Key", "Value"].map(|part| format!("Parameters.member.{at}.Parameter{part}"))
                })
                .collect();
            for ((name, value), [key, field]) in parameters.into_iter().flatten().zip(&keys) {
                fields.push((key, name));
                fields.push((field, value.as_str().unwrap_or_default()));
            }
            client.query("cloudformation", "CreateChangeSet", &fields)?;
            let answer = client.query("cloudformation", "DescribeChangeSet", &[stack, name])?;
            match xml::first(&answer, "Status").as_deref() {
                Some("CREATE_COMPLETE") => Ok(()),
                _ if is_empty(&answer) => Ok(()),
                _ => Err(answer.into()),
            }
        }
        "CHANGE_SET_EXECUTE" => {
            let answer = client.query("cloudformation", "DescribeChangeSet", &[stack, name])?;
            if is_empty(&answer) {
                return Ok(());
            }
            client.query("cloudformation", "ExecuteChangeSet", &[stack, name])?;
            match client.settled(stack.1)?.as_str() {
                "CREATE_COMPLETE" | "UPDATE_COMPLETE" => Ok(()),
                other => Err(format!("the stack is in {other}").into()),
            }
        }
        other => panic!("the runner has no mode `{other}`"),
    }
}

/// Returns true if a change set has nothing to change.
///
/// Both actions then succeed. AWS does not document this; it is an assumption of the runner.
fn is_empty(answer: &str) -> bool {
    let reason = xml::first(answer, "StatusReason").unwrap_or_default();
    reason.contains("contain changes")
}

/// Returns the path of the file in `ARTIFACT::FILE`.
fn file(execution: &Execution, place: &str) -> Utf8PathBuf {
    let (artifact, path) = place.split_once("::").expect("ARTIFACT::FILE");
    execution.artifacts[artifact].join(path)
}

fn copy(from: &Utf8Path, to: &Utf8Path) {
    fs_err::create_dir_all(to).expect("folders can be made");
    for entry in from.read_dir_utf8().expect("the folder can be read") {
        let path = entry.expect("the folder can be read").into_path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs_err::copy(&path, &target).expect("files can be copied");
        }
    }
}
