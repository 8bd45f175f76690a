use cn_testkit::{ALLOW_ALL, ALLOW_NOTHING, Ports, Side, TestEnv};

#[test]
fn each_side_has_its_own_partition_and_account() {
    let env = TestEnv::new();
    let arn = |client: cn_testkit::Client| client.caller_arn().expect("answers");
    assert_eq!(arn(env.home()), "arn:aws:iam::111122223333:root");
    assert_eq!(arn(env.china()), "arn:aws-cn:iam::444455556666:root");
}

#[test]
fn a_side_knows_only_its_own_keys() {
    let env = TestEnv::new();
    let keys = env.china_user("user", ALLOW_ALL);
    let china = env.china().signing_as(keys.clone());
    assert!(
        china
            .caller_arn()
            .expect("answers")
            .starts_with("arn:aws-cn:iam::444455556666:user/user-")
    );
    let home = Ports::shared().root(Side::Home).signing_as(keys);
    assert_eq!(
        home.caller_arn().expect_err("unknown there").code,
        "InvalidClientTokenId"
    );
}

#[test]
fn wrong_secrets_and_inactive_keys_are_refused() {
    let env = TestEnv::new();
    let keys = env.china_user("user", ALLOW_ALL);
    let mut wrong = keys.clone();
    wrong.secret = "wrong".to_owned();
    let refusal = env
        .china()
        .signing_as(wrong)
        .caller_arn()
        .expect_err("refused");
    assert_eq!(refusal.code, "SignatureDoesNotMatch");

    let set = env
        .china()
        .set_key_status(&env.name("user"), &keys.id, "Inactive");
    set.expect("answers");
    let refusal = env
        .china()
        .signing_as(keys)
        .caller_arn()
        .expect_err("refused");
    assert_eq!(refusal.code, "InvalidClientTokenId");
}

#[test]
fn policies_are_enforced() {
    let env = TestEnv::new();
    let user = env
        .china()
        .signing_as(env.china_user("user", ALLOW_NOTHING));
    let refusal = user.object_keys(env.bucket()).expect_err("refused");
    assert_eq!(
        (refusal.status, refusal.code.as_str()),
        (403, "AccessDenied")
    );
}

#[test]
fn seeds_and_reads_back() {
    let env = TestEnv::new();
    let seed = env.seed();
    let value = env.home().parameter(&seed.secret_key_parameter);
    assert_eq!(value.expect("answers"), Some(seed.keys.secret));
    assert_eq!(
        env.china()
            .parameter(&seed.secret_key_parameter)
            .expect("answers"),
        None
    );

    let key = "目录/a b+c.zip";
    env.china()
        .put_object(&seed.bucket, key, b"zip")
        .expect("written");
    let found = env.china().object(&seed.bucket, key).expect("answers");
    assert_eq!(found.as_deref(), Some(&b"zip"[..]));
    assert_eq!(
        env.china().object_keys(&seed.bucket).expect("answers"),
        [key]
    );
    assert_eq!(
        env.china().object(&seed.bucket, "none").expect("answers"),
        None
    );
    assert_eq!(
        env.china()
            .stack_status(&env.name("none"))
            .expect("answers"),
        None
    );
}
