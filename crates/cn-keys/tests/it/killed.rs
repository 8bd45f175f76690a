//! A rotation that SIGKILL ends at any of its requests, before or after the request is served,
//! leaves a working key, and the next run completes it.

use cn_testkit::{Fault, TestEnv};

use super::rotation::{assert_one_working_key, rotate};
use super::{cn_keys, csv, stored, world};

fn requests_of_a_rotation() -> usize {
    let (env, keys, _) = world();
    drop(cn_keys(&env, "put").stdin(csv(&keys)).output().succeeded());
    env.forget_requests();
    drop(rotate(&env).output().succeeded());
    env.requests().0.len()
}

/// Fails unless the stored key can sign.
fn assert_stored_key_works(env: &TestEnv, parameter: &str, what: &str) {
    let (id, secret) = stored(env, parameter);
    let keys = cn_testkit::Keys::new(&id, &secret);
    let arn = env.client(cn_testkit::Side::China, keys).caller_arn();
    assert!(arn.is_ok(), "{what}: the stored key does not work: {arn:?}");
}

#[test]
fn at_every_request() {
    let requests = requests_of_a_rotation();
    assert!(requests > 20, "{requests}");
    for at in 0..requests {
        // The library's tests cover both for each request.
        let is_served = at.is_multiple_of(2);
        let what = format!("killed at request {at}, served: {is_served}");
        let (env, keys, parameter) = world();
        drop(cn_keys(&env, "put").stdin(csv(&keys)).output().succeeded());
        env.forget_requests();
        let fault = Fault::on_any().skip(at);
        env.fault(if is_served {
            fault.hang_after()
        } else {
            fault.hang_before()
        });
        let mut running = rotate(&env).spawn();
        let answered = |status: Option<u16>| !is_served || status.is_some();
        running.wait_until(|seen| {
            seen.0.len() > at && seen.0.get(at).is_some_and(|seen| answered(seen.status))
        });
        running.kill();
        assert!(running.output().was_killed(), "{what}");
        assert_stored_key_works(&env, &parameter, &what);
        drop(rotate(&env).output().succeeded());
        let (id, secret) = stored(&env, &parameter);
        assert_one_working_key(&env, &env.name("deployer"), &id, &secret);
    }
}
