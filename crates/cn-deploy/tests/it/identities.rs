//! The separation of the identities: with all combinations of sources, no request is signed by the
//! wrong side.

use cn_testkit::{Answer, Keys, Script, Side, TestEnv, program};

const HOME: &str = "AKIAHOMEHOMEHOMEHOME";
const TARGET: &str = "AKIATARGETTARGETTARG";
const HOME_ROLE: &str = "arn:aws:iam::111122223333:role/build";

/// The places of home's key. Containers of CodeBuild and ECS have the relative address.
const HOMES: [&str; 6] = [
    "variables",
    "default profile",
    "named profile",
    "container",
    "container, relative",
    "web identity",
];

/// Homes whose key belongs to a session.
const SESSIONS: [&str; 3] = ["container", "container, relative", "web identity"];

/// The sources of profile `china`'s credentials, each with a key for `{KEY}`.
const SOURCES: [(&str, &str); 13] = [
    ("static", "{KEY}"),
    (
        "chain of 1",
        "role_arn = {ROLE}\nsource_profile = base\n[profile base]\n{KEY}",
    ),
    (
        "chain of 2",
        "role_arn = {ROLE}\nsource_profile = middle\n[profile middle]\nrole_arn = {ROLE}\n\
         source_profile = base\n[profile base]\n{KEY}",
    ),
    (
        "chain of 3",
        "role_arn = {ROLE}\nsource_profile = a\n[profile a]\nrole_arn = {ROLE}\n\
         source_profile = b\n[profile b]\nrole_arn = {ROLE}\nsource_profile = base\n\
         [profile base]\n{KEY}",
    ),
    ("process", "credential_process = {PROCESS}"),
    (
        "chain to a process",
        "role_arn = {ROLE}\nsource_profile = base\n[profile base]\ncredential_process = {PROCESS}",
    ),
    (
        "chain to the default profile",
        "role_arn = {ROLE}\nsource_profile = default",
    ),
    (
        "container",
        "role_arn = {ROLE}\ncredential_source = EcsContainer",
    ),
    (
        "environment",
        "role_arn = {ROLE}\ncredential_source = Environment",
    ),
    (
        "web identity",
        "role_arn = {ROLE}\nweb_identity_token_file = {TOKEN}",
    ),
    (
        "chain to a web identity",
        "role_arn = {ROLE}\nsource_profile = base\n[profile base]\nrole_arn = {ROLE}\n\
         web_identity_token_file = {TOKEN}",
    ),
    ("sso", SSO),
    (
        "chain to sso",
        "role_arn = {ROLE}\nsource_profile = base\n[profile base]\n{SSO}",
    ),
];

/// Sources that use the home identity, which must not sign requests to the target.
const AT_HOME: [&str; 3] = ["chain to the default profile", "container", "environment"];

/// A profile of IAM Identity Center, whose session is in the file that `aws sso login` writes.
const SSO: &str = "sso_session = corp\nsso_account_id = 123456789012\nsso_role_name = build\n\
    [sso-session corp]\nsso_region = cn-north-1\nsso_start_url = https://example.com/start";

/// The name of that file: the SHA-1 of `corp`.
const SSO_FILE: &str = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";

fn static_key(id: &str) -> String {
    format!("aws_access_key_id = {id}\naws_secret_access_key = example")
}

/// Returns an environment in which home has its key in one place, and profile `china` takes `key`
/// from another.
fn world(home: &str, source: &str, key: &str) -> TestEnv {
    let env = TestEnv::new();
    let process = env.write(
        "process",
        format!(
            "#!/bin/sh\necho '{{\"Version\": 1, \"AccessKeyId\": \"{key}\", \"SecretAccessKey\": \"example\"}}'\n"
        ),
    );
    let token = env.write("token", "a.b.c");
    let sso = r#"{"accessToken": "t", "expiresAt": "2100-01-01T00:00:00Z"}"#;
    env.write(env.home_folder().join(SSO_FILE), sso);
    let config = source
        .replace("{KEY}", &static_key(key))
        .replace("{ROLE}", "arn:aws-cn:iam::123456789012:role/r")
        .replace("{PROCESS}", &format!("/bin/sh {process}"))
        .replace("{TOKEN}", token.as_str())
        .replace("{SSO}", SSO);
    let mut config = format!("[profile china]\nregion = cn-north-1\n{config}\n");
    let place = match home {
        "default profile" => Some("default"),
        "named profile" => Some("profile build"),
        _ => None,
    };
    if let Some(place) = place {
        config.extend(["[", place, "]\n", &static_key(HOME), "\n"]);
    }
    if home == "named profile" {
        env.set("AWS_PROFILE", "build");
    }
    if home == "variables" {
        env.set("AWS_ACCESS_KEY_ID", HOME);
        env.set("AWS_SECRET_ACCESS_KEY", "example");
    }
    if home == "container, relative" {
        let url = |name: &str| env.variables()[name].clone();
        let (full, router) = (
            url("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
            url("AWS_ENDPOINT_URL"),
        );
        env.unset("AWS_CONTAINER_CREDENTIALS_FULL_URI");
        let path = full.trim_start_matches(&router);
        env.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", path);
        // The address of the container's agent is not on this machine: the router plays it.
        env.set("http_proxy", &router);
        env.set("no_proxy", "127.0.0.1");
    }
    if home == "web identity" {
        env.set("AWS_WEB_IDENTITY_TOKEN_FILE", token.as_str());
        env.set("AWS_ROLE_ARN", HOME_ROLE);
    }
    env.write(env.home_folder().join(".aws/config"), config);
    let session = |operation: &str, key: &str| {
        let session = format!(
            "<Credentials><AccessKeyId>{key}</AccessKeyId>\
             <SecretAccessKey>example</SecretAccessKey><SessionToken>t</SessionToken>\
             <Expiration>2100-01-01T00:00:00Z</Expiration></Credentials>"
        );
        Answer::raw_result(operation, &session)
    };
    let exchange = "AssumeRoleWithWebIdentity";
    env.script(
        Script::of("sts")
            .on("AssumeRole", session("AssumeRole", "ASIASESSION"))
            .on("GetCallerIdentity", Answer::caller_identity(Side::China)),
    );
    // An exchange is not signed, so it belongs to no service.
    env.script(
        Script::of("")
            .when(exchange, &[("RoleArn", HOME_ROLE)], session(exchange, HOME))
            .on(exchange, session(exchange, "ASIASESSION")),
    );
    env.script(Script::of("sso").on(
        "GET /federation/credentials",
        Answer::json(
            200,
            r#"{"roleCredentials": {"accessKeyId": "ASIASESSION", "secretAccessKey": "example",
                "sessionToken": "t", "expiration": 4102444800000}}"#,
        ),
    ));
    env.script(
        Script::of("cloudformation").on("DescribeStacks", Answer::error("AccessDenied", "no")),
    );
    env.script(Script::of("s3").on("HeadBucket", Answer::error("AccessDenied", "no")));
    env.script(Script::of("ssm").on(
        "GetParameters",
        Answer::json(
            200,
            format!(
                r#"{{"Parameters": [{{"Name": "/p", "Value": "bucket", "Type": "String"}}, {{"Name": "/k",
                    "Value": "{{\"AccessKeyId\": \"{key}\", \"SecretAccessKey\": \"example\"}}",
                    "Type": "SecureString"}}], "InvalidParameters": []}}"#
            ),
        ),
    ));
    env.write("packaged.yaml", crate::TEMPLATE);
    env.write("template.yaml", crate::TEMPLATE);
    env
}

/// Runs a program as far as it gets, and checks which key signed which request.
fn assert_kept_apart(env: &TestEnv, program: &str, arguments: &[&str], place: &str) -> Signed {
    env.forget_requests();
    // Runs through a shell: assuming the role of a profile needs a separate permission, which the
    // policies of the programs lack.
    let output = env
        .run("/bin/sh")
        .args(["-c", "exec \"$0\" \"$@\"", self::program(program).as_str()])
        .args(arguments)
        .output();
    let requests = env.requests();
    for (key, side) in [(HOME, Side::China), (TARGET, Side::Home)] {
        let wrong = requests.signed_by(key).to(side).count();
        assert_eq!(wrong, 0, "{place}:\n{requests}\n{}", output.snapshot());
    }
    // The keys of the container's role have other names.
    for request in &requests.to(Side::China).0 {
        let key = request.access_key_id.as_str();
        let is_targets = [TARGET, "ASIASESSION", ""].contains(&key);
        assert!(is_targets, "{place}: {key}\n{requests}");
    }
    let to_home = requests.to(Side::Home);
    let by_target = ["ASIASESSION", TARGET].map(|key| requests.signed_by(key).count());
    Signed {
        by_home: to_home
            .keep(|request| !request.access_key_id.is_empty())
            .count(),
        by_target: by_target.iter().sum(),
    }
}

/// Numbers of requests that each side signed.
struct Signed {
    by_home: usize,
    by_target: usize,
}

#[test]
fn neither_identity_signs_for_the_other() {
    let deploy = [
        "--stack-name",
        "orders",
        "--parameter-overrides",
        "Delay=ssm:/p",
    ];
    let runs: [(&str, &[&str]); 3] = [
        ("cn-deploy", &deploy),
        (
            "cn-deploy",
            &["--stack-name", "orders", "--profile", "china"],
        ),
        (
            "cn-package",
            &["--s3-bucket-ssm", "/p", "--profile", "china"],
        ),
    ];
    // One of these in each cell, so that each runs with every home and with every source.
    let others: [(&str, &[&str]); 4] = [
        ("cn-profile", &["exec", "--profile", "china", "--", "true"]),
        (
            "cn-doctor",
            &["--s3-bucket-ssm", "/p", "--profile", "china"],
        ),
        (
            "cn-cleanup",
            &["--stack", "--stack-name", "orders", "--profile", "china"],
        ),
        (
            "cn-keys",
            &["status", "--region", "cn-north-1", "--key-ssm", "/k"],
        ),
    ];
    let mut signed = [0; SOURCES.len()];
    std::thread::scope(|scope| {
        let homes = HOMES.into_iter().enumerate();
        let worlds: Vec<_> = homes
            .map(|(place, home)| {
                scope.spawn(move || {
                    let mut by_target = [0; SOURCES.len()];
                    let mut by_home = 0;
                    for (at, (name, source)) in SOURCES.into_iter().enumerate() {
                        // With home's key in place of the target's, nothing may be signed for the
                        // target.
                        for key in [TARGET, HOME] {
                            let has_key = source.contains("{KEY}") || source.contains("{PROCESS}");
                            if key == HOME && (!has_key || SESSIONS.contains(&home)) {
                                continue;
                            }
                            let env = world(home, source, key);
                            let other = others[(at + place) % others.len()];
                            for (program, arguments) in runs.into_iter().chain([other]) {
                                let cell =
                                    format!("{program}, home: {home}, china: {name} of {key}");
                                let signed = assert_kept_apart(&env, program, arguments, &cell);
                                by_home += signed.by_home;
                                // `cn-keys` takes its key from a parameter, whatever the profile
                                // contains.
                                if program != "cn-keys" {
                                    by_target[at] += signed.by_target;
                                }
                            }
                        }
                    }
                    assert!(by_home > 20, "{home}: home signed {by_home} requests");
                    by_target
                })
            })
            .collect();
        for world in worlds {
            let by_target = world.join().expect("kept apart");
            for (sum, count) in signed.iter_mut().zip(by_target) {
                *sum += count;
            }
        }
    });
    for ((name, _), signed) in SOURCES.iter().zip(signed) {
        assert_eq!(signed == 0, AT_HOME.contains(name), "{name}: {signed}");
    }
}

#[test]
fn a_profile_of_the_target_never_signs_for_a_role_of_home() {
    let env = world("named profile", "{KEY}", TARGET);
    let config = env.home_folder().join(".aws/config");
    for chain in [
        "source_profile = china\n",
        "source_profile = other\n[profile other]\nrole_arn = arn:aws:iam::123456789012:role/o\n\
         source_profile = china\n",
        "source_profile = copy\n[profile copy]\naws_access_key_id = AKIATARGETTARGETTARG\n\
         aws_secret_access_key = example\n",
    ] {
        let target = format!(
            "[profile china]\nregion = cn-north-1\n{}\n",
            static_key(TARGET)
        );
        let home = "[profile build]\nrole_arn = arn:aws:iam::123456789012:role/h\n";
        env.write(&config, format!("{target}{home}{chain}"));
        let arguments = ["--s3-bucket-ssm", "/p", "--home-profile", "build"];
        assert_kept_apart(&env, "cn-package", &arguments, chain);
    }
}

#[test]
fn a_parameter_with_the_key_of_home_never_signs_for_the_target() {
    let env = TestEnv::new();
    let seed = env.seed();
    let keys = Keys::new(&seed.keys.id, &seed.keys.secret);
    env.set("AWS_ACCESS_KEY_ID", &keys.id);
    env.set("AWS_SECRET_ACCESS_KEY", &keys.secret);
    let text = format!(
        r#"{{"Parameters": [{{"Name": "{}", "Value": "{}", "Type": "String"}},
            {{"Name": "{}", "Value": "{}", "Type": "SecureString"}}], "InvalidParameters": []}}"#,
        seed.access_key_parameter, keys.id, seed.secret_key_parameter, keys.secret
    );
    env.script(Script::of("ssm").on("GetParameters", Answer::json(200, text)));
    env.write("packaged.yaml", crate::TEMPLATE);
    let output = crate::deploy(&env, &["--stack-name", "orders"]).failed_with(5);
    let requests = env.requests();
    let abroad = requests.signed_by(&keys.id).to(Side::China).count();
    assert_eq!(abroad, 0, "{requests}\n{}", output.snapshot());
}

#[test]
fn commands_for_credentials_inherit_no_values_of_parameters() {
    let env = world("default profile", "{KEY}", TARGET);
    let process = env.write(
        "tool",
        "#!/bin/sh\nenv > \"$1\"\necho \"{\\\"Version\\\": 1, \\\"AccessKeyId\\\": \\\"$2\\\", \
         \\\"SecretAccessKey\\\": \\\"example\\\"}\"\n",
    );
    let (of_home, of_target) = (
        env.project().join("home.txt"),
        env.project().join("target.txt"),
    );
    env.write(
        env.home_folder().join(".aws/config"),
        format!(
            "[default]\ncredential_process = /bin/sh {process} {of_home} {HOME}\n\
             [profile china]\nregion = cn-north-1\n\
             credential_process = /bin/sh {process} {of_target} {TARGET}\n"
        ),
    );
    let parameters = "Delay: {Type: String}\n  Word: {Type: String}";
    let template = crate::TEMPLATE.replace("Delay: {Type: Number, Default: 0}", parameters);
    env.write("packaged.yaml", template);
    env.set("CN_PARAMETER_OVERRIDES", "Delay=ssm:/p Word=HUNTER2SECRET");
    let arguments = ["--stack-name", "orders", "--profile", "china"];
    assert_kept_apart(&env, "cn-deploy", &arguments, "commands");
    for file in [of_home, of_target] {
        let inherited = env.read(&file);
        assert!(inherited.contains("PATH="), "{file}: {inherited}");
        assert!(!inherited.contains("HUNTER2SECRET"), "{file}: {inherited}");
    }
}
