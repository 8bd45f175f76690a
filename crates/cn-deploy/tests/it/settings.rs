//! Settings, parameters and tags: merged over all sources, blamed on their source, never shown if
//! they may be secret.

use cn_testkit::{Answer, ChangeSet, Stack, TestEnv};

use crate::scripted::{cloudformation, scripted};
use crate::{TEMPLATE, deploy};

#[test]
fn the_result_of_a_review_without_changes_executes_nothing() {
    let env = TestEnv::new();
    let said = deploy(&env, &["--execute-changeset", "NO_CHANGES"]).succeeded();
    assert!(
        said.stderr().starts_with("No changes: "),
        "{}",
        said.stderr()
    );
    let strict = [
        "--execute-changeset",
        "NO_CHANGES",
        "--fail-on-empty-changeset",
    ];
    drop(deploy(&env, &strict).failed_with(3));
    let scripted = scripted(cloudformation());
    let empty = deploy(&scripted, &["--execute-changeset", ""]).failed_with(2);
    assert!(empty.stderr().contains("NO_CHANGES"), "{}", empty.stderr());
    assert_eq!(scripted.requests().service("cloudformation").count(), 0);
}

#[test]
fn the_arn_of_a_change_set_overrides_a_stack_name_of_the_file() {
    let arn = "arn:aws-cn:cloudformation:cn-north-1:444455556666:changeSet/review/1";
    let env = scripted(
        cloudformation()
            .on(
                "DescribeChangeSet",
                ChangeSet::new("orders", "CREATE_COMPLETE"),
            )
            .on("DescribeStacks", Stack::new("orders", "REVIEW_IN_PROGRESS")),
    );
    env.unset("CN_STACK_NAME");
    env.write(
        "cn.toml",
        "[default.deploy.parameters]\nstack_name = 'other'\n",
    );
    let said = deploy(&env, &["--execute-changeset", arn, "--max-wait", "1s"]);
    assert_eq!(
        env.requests().operation("ExecuteChangeSet").count(),
        1,
        "{}",
        said.stderr()
    );
    let typed = ["--execute-changeset", arn, "--stack-name", "other"];
    let refused = deploy(&env, &typed).failed_with(8);
    assert!(
        refused.stderr().contains("it belongs to stack `orders`"),
        "{}",
        refused.stderr()
    );
}

#[test]
fn a_template_packaged_for_another_region_is_refused_before_any_request() {
    for region in ["us-east-1", "cn-northwest-1"] {
        let env = scripted(cloudformation());
        let manifest =
            format!("{{\"region\": \"{region}\", \"bucket\": \"b\", \"artifacts\": []}}");
        env.write("packaged.yaml.manifest.json", &manifest);
        let refused = deploy(&env, &[]).failed_with(4);
        let expected = format!(
            "error: the template `packaged.yaml` was packaged for `{region}`, but the target is \
             `cn-north-1`\n"
        );
        assert!(
            refused.stderr().starts_with(&expected),
            "{}",
            refused.stderr()
        );
        assert_eq!(env.requests().count(), 0);
        env.write("other.json", manifest.replace(region, "cn-north-1"));
        let named = ["--manifest", "other.json", "--max-wait", "1s"];
        let other = deploy(&env, &named);
        assert!(
            !other.stderr().contains("was packaged for"),
            "{}",
            other.stderr()
        );
    }
}

#[test]
fn a_template_that_changed_after_packaging_is_warned_of() {
    let env = scripted(cloudformation().on("DescribeStacks", Answer::stack_missing("orders")));
    let manifest = "{\"region\": \"cn-north-1\", \"packaged-sha256\": \"of another text\"}";
    env.write("packaged.yaml.manifest.json", manifest);
    let said = deploy(&env, &["--max-wait", "1s"]).stderr();
    let warning = "warning[CN621]: `packaged.yaml` is not the text that `packaged.yaml.manifest.json` describes";
    assert!(said.contains(warning), "{said}");
}

#[test]
fn parameters_and_tags_of_all_places_are_merged_and_shown_with_their_origin() {
    let env = scripted(cloudformation().on("DescribeStacks", Answer::stack_missing("orders")));
    let parameter = |name: &str| format!("  {name}: {{Type: String}}\n");
    let names: String = ["A", "B", "C", "D", "E"].map(parameter).concat();
    let secret = "  Pw: {Type: String, NoEcho: true}\n";
    env.write(
        "packaged.yaml",
        TEMPLATE.replace("Parameters:\n", &format!("Parameters:\n{names}{secret}")),
    );
    env.write("e.env", "E=from a file\n");
    env.write(
        "cn.toml",
        "[default.deploy.parameters]\nparameter_overrides = { A = 'file', B = 'file', C = 'file', Pw = 'HUNTER2' }\n\
         tags = { team = 'orders', stage = 'file' }\n\
         [prod.deploy.parameters]\nparameter_overrides = ['D=prod', 'file://e.env']\n",
    );
    env.set("CN_ENV", "prod");
    env.set("CN_PARAMETER_OVERRIDES", "B=variable C=variable");
    env.set("CN_TAGS", "Key=stage,Value=prod");
    let output = deploy(
        &env,
        &["--parameter-overrides", "C=flag", "--max-wait", "1s"],
    );
    let said = output.stderr();
    for line in [
        "parameters    A = file  (cn.toml:2)",
        "B = variable  (CN_PARAMETER_OVERRIDES)",
        "C = flag  (command line)",
        "D = prod  (cn.toml:5)",
        "E = from a file  (e.env)",
        "Pw = ****  (cn.toml:2)",
        "tags          stage=prod, team=orders",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    assert!(!said.contains("HUNTER2"), "{said}");
}

#[test]
fn a_wrong_word_is_blamed_on_its_place() {
    let env = scripted(cloudformation().on("DescribeStacks", Answer::stack_missing("orders")));
    let refused = |arguments: &[&str], code: i32, expected: &str| {
        let said = deploy(&env, arguments).failed_with(code).stderr();
        assert!(said.contains(expected), "{expected}: {said}");
        assert!(!said.contains("HUNTER2"), "{said}");
    };
    refused(
        &["--tags", "a=b", "Environment:dev"],
        2,
        "`--tags`: word 2 is not",
    );
    refused(
        &["--parameter-overrides", "Pw=abc", "HUNTER2"],
        2,
        "word 2 is not",
    );
    env.set("CN_TAGS", "Environment:HUNTER2");
    refused(&[], 4, "cannot read `--tags` from `CN_TAGS`: word 1");
    env.unset("CN_TAGS");
    env.write(
        "cn.toml",
        "[default.deploy.parameters]\ntags = ['Environment:HUNTER2']\n",
    );
    refused(&[], 4, "cannot read `--tags` from `cn.toml:2`: word 1");
    env.write("cn.toml", "");
    env.set("CN_CONFIG_FILE", "samconfig.toml");
    env.write(
        "samconfig.toml",
        "[default.deploy.parameters]\nparameter_overrides = 'HUNTER2'\n",
    );
    refused(&[], 4, "samconfig.toml:2");
    env.unset("CN_CONFIG_FILE");
    env.set("CN_PARAMETER_OVERRIDES", "{\"Pw\": \"HUNTER2\" oops}");
    refused(&[], 4, "CN_PARAMETER_OVERRIDES:1:");
    env.set("CN_PARAMETER_OVERRIDES", "{\"Delay\": \"1 2\"}");
    let fine = deploy(&env, &["--max-wait", "1s"]);
    assert!(
        fine.stderr()
            .contains("Delay = 1 2  (CN_PARAMETER_OVERRIDES)"),
        "{}",
        fine.stderr()
    );
    env.set("CN_PARAMETER_OVERRIDES", "'Delay=1 Delay=2'");
    let tags = ["--max-wait", "1s", "--tags", "Project=shop,Stage=dev"];
    let swallowed = deploy(&env, &tags);
    let of_tag = "the value of tag `Project` contains `Stage=`";
    assert!(
        swallowed.stderr().contains(of_tag),
        "{}",
        swallowed.stderr()
    );
    assert!(
        swallowed.stderr().contains("contains `Delay=`"),
        "{}",
        swallowed.stderr()
    );
}

/// Standard variables that the programs or the SDK read.
const STANDARD: &[&str] = &[
    "AWS_CA_BUNDLE",
    "AWS_CONFIG_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_DEFAULT_REGION",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_ENDPOINT_URL_CLOUDFORMATION",
    "AWS_ENDPOINT_URL_STS",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_MAX_ATTEMPTS",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_RETRY_MODE",
    "AWS_ROLE_ARN",
    "AWS_SESSION_TOKEN",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "ALL_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

#[test]
fn an_empty_variable_is_an_unset_one() {
    let present = || Stack::new("orders", "CREATE_COMPLETE");
    let reason = "The submitted information didn't contain changes.";
    let env = scripted(cloudformation().on("DescribeStacks", present()).on(
        "DescribeChangeSet",
        ChangeSet::new("orders", "FAILED").reason(reason),
    ));
    for name in STANDARD {
        if !env.variables().contains_key(*name) {
            env.set(name, "");
        }
    }
    drop(deploy(&env, &[]).succeeded());
}

#[test]
fn an_endpoint_without_a_scheme_is_wrong_input() {
    let env = scripted(cloudformation().on("DescribeStacks", Answer::stack_missing("orders")));
    for (name, value) in [
        ("AWS_ENDPOINT_URL_CLOUDFORMATION", "localhost:4566"),
        ("AWS_ENDPOINT_URL_STS", "//localhost"),
        (
            "AWS_ENDPOINT_URL_S3",
            "cloudformation.cn-north-1.amazonaws.com.cn",
        ),
        ("AWS_ENDPOINT_URL", "localhost"),
    ] {
        let output = env
            .run(env!("CARGO_BIN_EXE_cn-deploy"))
            .env(name, value)
            .output()
            .failed_with(4);
        let expected = format!("error: cannot use `{name}`, or `endpoint_url`");
        assert!(output.stderr().contains(&expected), "{}", output.stderr());
    }
    assert_eq!(env.requests().count(), 0);
}
