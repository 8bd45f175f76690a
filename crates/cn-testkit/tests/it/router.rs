use std::time::{Duration, Instant};

use cn_testkit::{CallError, Client, Fault, Keys, Side, TestEnv};

struct World {
    env: TestEnv,
    keys: Keys,
    china: Client,
}

impl World {
    fn new() -> Self {
        let env = TestEnv::new();
        let keys = env.seed().keys;
        let china = env.client(Side::China, keys.clone());
        Self { env, keys, china }
    }

    fn put(&self, body: &[u8]) -> Result<(), CallError> {
        self.china.put_object(self.env.bucket(), "k", body)
    }

    fn stored(&self) -> Option<Vec<u8>> {
        let object = self.env.china().object(self.env.bucket(), "k");
        object.expect("answers")
    }
}

#[test]
fn requests_of_the_aws_cli_go_to_the_side_of_their_region_and_are_recorded() {
    let World { env, keys, .. } = World::new();
    env.write_profile("china", &keys, "cn-north-1");
    env.write("small", "small");
    let name = env.parameter_name("DeploymentS3Bucket");
    let get = ["ssm", "get-parameter", "--name", &name];
    let _output = env.aws().args(get).output().succeeded();
    let put = ["put-object", "--key", "k", "--body", "small", "--bucket"];
    let run = env.aws().arg("s3api").args(put).arg(env.bucket());
    let run = run.args(["--profile", "china", "--region", "cn-north-1"]);
    let _output = run.output().succeeded();
    insta::assert_snapshot!(env.redacted(&env.requests().to_string()), @r"
    us-east-1 ssm GetParameter -> 200
    cn-north-1 s3 PutObject /artifacts-[ID]/k -> 200
    ");
    env.assert_identities_kept_apart(&keys);
    env.assert_no_secret_was_sent();
    let put = &env.requests().object_puts().0[0];
    assert_eq!(
        (put.body_length, put.body.as_deref()),
        (5, Some(&b"small"[..]))
    );
}

#[test]
#[should_panic(expected = "China's keys were sent to home")]
fn keys_sent_to_the_wrong_side_are_noticed() {
    let World { env, keys, .. } = World::new();
    let home = env.client(Side::Home, keys.clone());
    assert!(home.caller_arn().is_err());
    env.assert_identities_kept_apart(&keys);
}

#[test]
fn large_bodies_stream_through_and_their_signatures_hold() {
    let world = World::new();
    let content: Vec<u8> = (0..5_000_000_u32).map(|n| n.to_le_bytes()[1]).collect();
    world.put(&content).expect("written");
    assert!(world.stored().as_deref() == Some(&content[..]));
    let puts = world.env.requests().object_puts();
    assert_eq!(
        (puts.0[0].body_length, puts.0[0].body.as_deref()),
        (5_000_000, None)
    );
}

#[test]
fn a_busy_service_answers_in_its_own_form() {
    let world = World::new();
    world.env.fault(
        Fault::on("PutObject")
            .answer(503, "SlowDown")
            .times(2)
            .skip(1),
    );
    let codes = [(); 4].map(|()| world.put(b"x").map_err(|error| (error.status, error.code)));
    let busy = Err((503, "SlowDown".to_owned()));
    assert_eq!(codes, [Ok(()), busy.clone(), busy, Ok(())]);

    world.env.fault(Fault::on("GetParameter").throttled());
    let refusal = world.china.parameter("x").expect_err("refused");
    assert_eq!(
        (refusal.status, refusal.code.as_str()),
        (400, "ThrottlingException")
    );
    world.env.fault(
        Fault::on("GetCallerIdentity")
            .answer(403, "ExpiredToken")
            .service("sts"),
    );
    let refusal = world.china.caller_arn().expect_err("refused");
    assert_eq!(
        (refusal.status, refusal.code.as_str()),
        (403, "ExpiredToken")
    );
}

#[test]
fn a_reset_before_loses_the_request_and_one_after_only_the_answer() {
    let world = World::new();
    world.env.fault(Fault::on("PutObject").reset_before());
    let lost = world.put(b"x").expect_err("cut");
    assert!(lost.message.contains("reset"), "{}", lost.message);
    assert_eq!(world.stored(), None);

    world.env.fault(Fault::on("PutObject").reset_after());
    assert_eq!(world.put(b"x").expect_err("cut").status, 0);
    assert_eq!(world.stored().as_deref(), Some(&b"x"[..]));
    assert_eq!(world.env.requests().object_puts().0[1].status, None);
}

#[test]
fn an_answer_can_be_late() {
    let world = World::new();
    let pause = Duration::from_millis(50);
    world.env.fault(Fault::on("PutObject").delay(pause));
    let start = Instant::now();
    world.put(b"x").expect("written");
    assert!(start.elapsed() >= pause);
}
