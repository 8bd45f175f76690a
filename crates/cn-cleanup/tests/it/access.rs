//! Parameters, the access key, and the role.

use cn_testkit::{ALLOW_ALL, Answer, Keys, Script, Seed, TestEnv};

use crate::{artifact, clean, create, keys, put, status};

fn world() -> (TestEnv, Seed, String) {
    let env = TestEnv::new();
    let seed = env.seed();
    put(&env, &artifact(&env, 'a'));
    let stack = create(&env, "dev", &artifact(&env, 'a'));
    env.set("CN_STACK_NAME", &stack);
    (env, seed, stack)
}

fn parameters(env: &TestEnv, seed: &Seed) -> Vec<Option<String>> {
    let names = [
        &seed.access_key_parameter,
        &seed.secret_key_parameter,
        &seed.bucket_parameter,
    ];
    let read = |name: &String| env.home().parameter(name).expect("answers");
    names.map(read).to_vec()
}

#[test]
fn everything_goes_with_the_key_last_and_a_second_run_has_nothing_to_do() {
    let (env, seed, stack) = world();
    let done = clean(&env, &["--everything"]).succeeded();
    insta::assert_snapshot!("everything", done.without_digests().snapshot());
    assert_eq!(status(&env, &stack), None);
    assert_eq!(keys(&env), [""; 0]);
    assert_eq!(parameters(&env, &seed), [None, None, None]);
    let user = env.name("deployer");
    assert_eq!(env.china().access_keys(&user).expect("answers"), []);
    let requests = env.requests();
    let operations = requests.operations();
    let at = |name: &str| operations.iter().position(|it| *it == name);
    assert!(at("DeleteStack") < at("DeleteObjects"), "{operations:?}");
    assert!(
        at("DeleteObjects") < at("DeleteAccessKey"),
        "{operations:?}"
    );
    env.assert_identities_kept_apart(&seed.keys);
    env.assert_no_secret_was_sent();

    env.forget_requests();
    let again = clean(&env, &["--everything"]).succeeded();
    insta::assert_snapshot!("everything_again", again.snapshot());
    let writes = env.requests().keep(|it| it.operation.starts_with("Delete"));
    assert_eq!(writes.count(), 0, "{writes}");
}

#[test]
fn a_key_is_deleted_by_an_administrator_and_the_other_key_stays() {
    let (env, seed, _) = world();
    let other = env.china().create_access_key(&env.name("deployer"));
    let other = other.expect("created");
    env.keep_secret(&other.secret);
    let admin = env.china_user("admin", ALLOW_ALL);
    env.write_profile("admin", &admin, "cn-north-1");
    let arguments = ["--key", "--profile", "admin"];
    let done = clean(&env, &arguments).succeeded();
    let said = done.stderr();
    assert!(said.contains("of the same user"), "{said}");
    let left = env
        .china()
        .access_keys(&env.name("deployer"))
        .expect("answers");
    assert_eq!(
        left.iter().map(|(id, _)| id).collect::<Vec<_>>(),
        [&other.id]
    );
    assert_eq!(parameters(&env, &seed)[..2], [None, None]);
    let again = clean(&env, &arguments).succeeded();
    assert_eq!(again.stdout().trim(), "Nothing to do");
    env.assert_identities_kept_apart(&admin);
}

#[test]
fn a_refused_key_that_no_run_marked_is_not_taken_for_deleted() {
    let (env, seed, _) = world();
    // A key of another partition: invalid in China, and powerful at home.
    let home = env.home();
    let foreign = home
        .create_user(&env.name("builder"), ALLOW_ALL)
        .expect("created");
    env.keep_secret(&foreign.secret);
    let Keys { id, secret, .. } = &foreign;
    let written = [
        home.put_secure_parameter(&seed.access_key_parameter, id),
        home.put_secure_parameter(&seed.secret_key_parameter, secret),
    ];
    assert!(written.iter().all(Result::is_ok), "{written:?}");
    drop(clean(&env, &["--everything"]).failed_with(5));
    assert!(parameters(&env, &seed).iter().all(Option::is_some));
}

#[test]
fn named_parameters_go_and_those_of_the_key_stay() {
    let (env, seed, _) = world();
    let extra = env.parameter_name("extra");
    env.home().put_parameter(&extra, "x").expect("written");
    let arguments = ["--parameters", "--parameter", &extra];
    drop(clean(&env, &arguments).succeeded());
    let left = parameters(&env, &seed);
    assert!(
        left[0].is_some() && left[1].is_some() && left[2].is_none(),
        "{left:?}"
    );
    assert_eq!(env.home().parameter(&extra).expect("answers"), None);
    let again = clean(&env, &arguments).succeeded();
    assert_eq!(again.stdout().trim(), "Nothing to do");
}

#[test]
fn a_role_is_deleted_by_an_administrator_alone() {
    let (env, _, _) = world();
    let (china, name) = (env.china(), env.name("deploy"));
    let role = china.create_web_identity_role(&name, "issuer.example.com", "sts", "cn");
    let role = role.expect("created");
    // IAM does not delete a role with an attached policy.
    let policy = [("PolicyName", name.as_str()), ("PolicyDocument", ALLOW_ALL)];
    china
        .query("iam", "CreatePolicy", &policy)
        .expect("created");
    let account = cn_testkit::Side::China.account();
    let policy = format!("arn:aws-cn:iam::{account}:policy/{name}");
    let attached = [("RoleName", name.as_str()), ("PolicyArn", &policy)];
    china
        .query("iam", "AttachRolePolicy", &attached)
        .expect("attached");
    let admin = env.china_user("admin", ALLOW_ALL);
    env.write_profile("admin", &admin, "cn-north-1");
    let arguments = ["--key", "--role", &role, "--profile", "admin"];
    let done = clean(&env, &arguments).succeeded();
    assert_eq!(done.stdout().trim(), format!("Deleted role {role}"));
    let gone = china.query("iam", "GetRole", &[("RoleName", &name)]);
    assert_eq!(gone.expect_err("gone").code, "NoSuchEntity");
    let again = clean(&env, &arguments).succeeded();
    assert_eq!(again.stdout().trim(), "Nothing to do");
}

// `DescribeStackResources` with a physical ID: the emulator finds stacks only by name.
#[test]
fn a_role_of_a_stack_and_a_role_that_signs_are_in_the_way() {
    let (env, _, _) = world();
    let (china, name) = (env.china(), env.name("made"));
    let role = china.create_web_identity_role(&name, "issuer.example.com", "sts", "cn");
    let role = role.expect("created");
    let admin = env.china_user("admin", ALLOW_ALL);
    env.write_profile("admin", &admin, "cn-north-1");
    let resources = format!(
        "<StackResources><member><StackName>roles</StackName><LogicalResourceId>Role\
         </LogicalResourceId><PhysicalResourceId>{name}</PhysicalResourceId></member></StackResources>"
    );
    let answer = Answer::raw_result("DescribeStackResources", &resources);
    let script = Script::of("cloudformation").on("DescribeStackResources", answer);
    env.script(script.otherwise_emulated());
    let arguments = ["--key", "--role", &role, "--profile", "admin"];
    let blocked = clean(&env, &arguments).failed_with(8);
    let said = blocked.stderr();
    assert!(said.contains("stack `roles` created role"), "{said}");

    let session = env.china().assume_role("signer").expect("assumed");
    env.keep_secret(&session.secret);
    let folder = env.home_folder().join(".aws");
    let credentials = format!(
        "[signer]\naws_access_key_id = {}\naws_secret_access_key = {}\naws_session_token = {}\n",
        session.id,
        session.secret,
        session.session_token.clone().unwrap_or_default(),
    );
    env.write(folder.join("credentials"), credentials);
    let role = format!(
        "arn:aws-cn:iam::{}:role/signer",
        cn_testkit::Side::China.account()
    );
    let arguments = [
        "--key",
        "--role",
        &role,
        "--profile",
        "signer",
        "--region",
        "cn-north-1",
    ];
    let blocked = clean(&env, &arguments).failed_with(8);
    assert!(
        blocked.stderr().contains("cannot delete itself"),
        "{}",
        blocked.stderr()
    );
}
