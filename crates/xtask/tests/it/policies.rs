//! The derived policies, compared with AWS's own tables and the templates that contain them.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::LazyLock;

use camino::Utf8Path;
use cn_testkit::{Call, Python, workspace_folder};
use serde::Deserialize;
use xtask::policies::{self, Account, Policies};

const TEMPLATES: [&str; 3] = ["china-account.yaml", "pipeline.yaml", "stage-account.yaml"];

/// The output of `statements.py`.
#[derive(Debug, Deserialize)]
struct Read {
    statements: Vec<Statement>,
    actions: BTreeMap<String, Option<Action>>,
}

#[derive(Debug, Deserialize)]
struct Statement {
    file: String,
    actions: Vec<String>,
    resources: Vec<String>,
    conditions: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Action {
    arns: Vec<String>,
    conditions: Vec<String>,
}

static READ: LazyLock<Read> = LazyLock::new(|| {
    let python = Python::policies().unwrap_or_else(|error| panic!("{}", cn_testkit::chain(&error)));
    let files = policies::files().expect("derived").into_keys();
    let policies = files.filter(|path| path.extension() == Some("json"));
    let templates = TEMPLATES.map(|name| Utf8Path::new("buildspecs").join(name));
    let output = Command::new(python.program("python"))
        .arg("crates/xtask/tests/it/statements.py")
        .args(policies.chain(templates))
        .current_dir(workspace_folder())
        .output()
        .expect("Python starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).expect("the script prints JSON")
});

fn derived() -> Policies {
    let calls = fs_err::read_to_string(Call::file()).expect("readable");
    Policies::derive(&Call::parse(&calls)).expect("derived")
}

/// Returns true if a resource of a policy can be of the type with this ARN.
fn fits(pattern: &str, resource: &str) -> bool {
    let field = |arn: &str, at: usize| arn.splitn(6, ':').nth(at).unwrap_or_default().to_owned();
    let literal = |text: &str| text.split("${").next().unwrap_or_default().to_owned();
    let (pattern, is_s3) = (field(pattern, 5), field(pattern, 2) == "s3");
    let resource = field(resource, 5);
    if is_s3 && !pattern.contains('/') {
        return !resource.contains('/');
    }
    // A parameter of the template may contain a part of the type's own text.
    let is_filled = resource.contains("${") && literal(&pattern).starts_with(&literal(&resource));
    if !(resource.starts_with(&literal(&pattern)) || is_filled) {
        return false;
    }
    let count = |text: &str| text.split(['/', ':']).count();
    resource.ends_with('*')
        || count(&resource) == count(&pattern)
        // Most names contain slashes.
        || (count(&resource) > count(&pattern) && pattern.ends_with('}'))
}

#[test]
fn policies_and_templates_are_as_they_are_derived() {
    let files = policies::files().expect("derived");
    for (path, expected) in &files {
        let text = fs_err::read_to_string(workspace_folder().join(path)).unwrap_or_default();
        assert!(
            text == *expected,
            "{path} is old: run `cargo xtask policies`"
        );
    }
    for path in crate::tidy::files("docs/policies", &[".json"]) {
        assert!(files.contains_key(&path), "{path} is of no task");
    }
}

#[test]
fn actions_exist_and_have_no_wildcard() {
    for (action, known) in &READ.actions {
        assert!(known.is_some(), "AWS has no action `{action}`");
    }
    assert!(READ.actions.len() > 50, "{:?}", READ.actions.keys());
}

#[test]
fn actions_take_the_resources_of_their_statements() {
    let mut wrong = Vec::new();
    for statement in &READ.statements {
        for action in &statement.actions {
            let arns = &READ.actions[action].as_ref().expect("known").arns;
            for resource in &statement.resources {
                let takes = match resource.as_str() {
                    "*" => arns.is_empty(),
                    // Attributes of the template's own resources.
                    other if other.starts_with("${") => !arns.is_empty(),
                    arn => arns.iter().any(|pattern| fits(pattern, arn)),
                };
                // The macros of a template are resources of its change set, but the tables lack
                // them.
                let is_macro = action == "cloudformation:CreateChangeSet"
                    && resource.contains(":aws:transform/");
                if !(takes || is_macro) {
                    wrong.push((&statement.file, action, resource, arns));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "actions do not take: {wrong:#?}");
}

#[test]
fn actions_know_the_condition_keys_of_their_statements() {
    for statement in &READ.statements {
        for (action, key) in statement
            .actions
            .iter()
            .flat_map(|action| statement.conditions.iter().map(move |key| (action, key)))
        {
            let known = &READ.actions[action].as_ref().expect("known").conditions;
            let is_known = key.starts_with("aws:")
                || known.iter().any(|known| {
                    let stem = known.split("${").next().unwrap_or_default();
                    known == key || (stem != known && key.starts_with(stem))
                });
            let file = &statement.file;
            assert!(is_known, "{file}: `{action}` does not know `{key}`");
        }
    }
}

#[test]
fn a_resource_fits_its_type_alone() {
    let stack = "arn:${Partition}:cloudformation:${Region}:${Account}:stack/${StackName}/${Id}";
    let bucket = "arn:${Partition}:s3:::${BucketName}";
    let object = "arn:${Partition}:s3:::${BucketName}/${ObjectName}";
    let group = "arn:${Partition}:logs:${Region}:${Account}:log-group:${LogGroupName}";
    for (pattern, resource, expected) in [
        (stack, "arn:aws:cloudformation:R:A:stack/orders*", true),
        (stack, "arn:aws:cloudformation:R:A:stack/orders/*", true),
        (stack, "arn:aws:cloudformation:R:A:stack/orders", false),
        (
            stack,
            "arn:aws:cloudformation:R:A:changeSet/orders/*",
            false,
        ),
        (bucket, "arn:aws:s3:::b", true),
        (bucket, "arn:aws:s3:::b/*", false),
        (object, "arn:aws:s3:::b", false),
        (object, "arn:aws:s3:::b/prefix/*", true),
        (
            group,
            "arn:aws:logs:R:A:log-group:/aws/lambda/orders*",
            true,
        ),
        (group, "arn:aws:logs:R:A:log-stream:x", false),
    ] {
        assert_eq!(fits(pattern, resource), expected, "{pattern} {resource}");
    }
}

/// Tests that the build's role at home can read the parameters of China, and package for home.
#[test]
fn the_role_of_the_builds_allows_what_the_builds_call() {
    let actions = |prefix: &str, file: &str| -> BTreeSet<&str> {
        let statements = READ.statements.iter();
        let of_file = statements.filter(|statement| statement.file.ends_with(file));
        let actions = of_file.flat_map(|statement| &statement.actions);
        let of_service = actions.filter(|action| action.starts_with(prefix));
        of_service.map(String::as_str).collect()
    };
    let policies = derived();
    let of = |account, tasks: &[&str], prefix: &str| -> BTreeSet<&str> {
        let all = policies.of(account, tasks).into_values().flatten();
        all.filter(|action| action.starts_with(prefix)).collect()
    };
    let tasks = [
        "cn-package",
        "cn-deploy",
        "cn-deploy-review",
        "cn-deploy-execute",
    ];
    let parameters = of(Account::Home, &tasks, "ssm:");
    assert_eq!(actions("ssm:", "pipeline.yaml"), parameters);
    let objects = of(Account::Target, &["cn-package"], "s3:");
    let allowed = actions("s3:", "pipeline.yaml");
    assert!(objects.is_subset(&allowed), "{objects:?} {allowed:?}");
}

/// Calls that are recorded under another name, or not at all.
const ELSEWHERE: [(&str, &str); 2] = [
    // The request is not signed, so no policy of an identity matters, only the role's trust policy.
    ("sts", "AssumeRoleWithWebIdentity"),
    // The action; the operation is `ListBuckets`.
    ("s3", "ListAllMyBuckets"),
];

/// Reads service and operation from the calls of the library, which name them for their errors.
#[test]
fn every_call_of_the_library_is_recorded_in_the_tests_of_a_program() {
    let calls = Call::parse(&fs_err::read_to_string(Call::file()).expect("readable"));
    let recorded: BTreeSet<(&str, &str)> = calls
        .iter()
        .map(|call| (call.service.as_str(), call.operation.as_str()))
        .collect();
    let mut missing = BTreeSet::new();
    for path in crate::tidy::files("crates/cn-core/src", &[".rs"]) {
        let text = fs_err::read_to_string(workspace_folder().join(&path)).expect("readable");
        let code = text.split("\n#[cfg(test)]\n").next().unwrap_or_default();
        for named in code.split(".call(\"").skip(1) {
            let mut names = named.split('"');
            let (service, operation) = (names.next(), names.nth(1));
            let call = (service.unwrap_or_default(), operation.unwrap_or_default());
            let is_test = path.as_str().contains("tests");
            if !is_test && !ELSEWHERE.contains(&call) && !recorded.contains(&call) {
                missing.insert(format!("{path}: {call:?}"));
            }
        }
    }
    assert!(
        missing.is_empty(),
        "no test of a program makes {missing:#?}"
    );
}
