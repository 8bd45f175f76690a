//! Answers from something on the way, in place of S3 or another service.

use cn_testkit::{Answer, Fault, TestEnv};

use super::regions::with_two_buckets;
use super::{cn_package, with_sample};

const PAGE: &str = "<html><body>Please sign in</body></html>";

/// The answers of proxies, captive portals and broken connections.
const ANSWERS: [(u16, &str); 6] = [
    (200, PAGE),
    (200, ""),
    (204, ""),
    (407, ""),
    (429, ""),
    (502, PAGE),
];

/// Every operation that a run in two regions calls in S3 and STS.
const OPERATIONS: [&str; 5] = [
    "PutObject",
    "HeadObject",
    "HeadBucket",
    "CopyObject",
    "GetCallerIdentity",
];

fn answers_once(env: &TestEnv, operation: &str, (status, body): (u16, &str), is_served: bool) {
    let answer = Answer::page(status, body);
    let fault = Fault::on(operation);
    env.fault(if is_served {
        fault.foreign_after(answer)
    } else {
        fault.foreign(answer)
    });
}

#[test]
fn no_object_counts_as_there_because_something_else_answered() {
    for (number, answer) in ANSWERS.into_iter().enumerate() {
        let env = with_two_buckets();
        for operation in OPERATIONS {
            answers_once(&env, operation, answer, number % 2 == 0);
        }
        drop(cn_package(&env).output().succeeded());
        let keys = env.china().object_keys(env.bucket()).expect("listed");
        assert_eq!(keys.len(), 4, "{answer:?}");
        for key in keys {
            assert!(env.china().object(env.bucket(), &key).is_ok(), "{answer:?}");
        }
    }
}

#[test]
fn a_path_that_never_answers_as_aws_does_is_no_refusal() {
    for (operation, answer) in [
        ("GetParameters", ANSWERS[0]),
        ("GetCallerIdentity", ANSWERS[1]),
        ("HeadBucket", ANSWERS[3]),
        ("PutObject", ANSWERS[0]),
    ] {
        let (env, _seed) = with_sample();
        env.set("AWS_MAX_ATTEMPTS", "2");
        let (status, body) = answer;
        env.fault(
            Fault::on(operation)
                .foreign(Answer::page(status, body))
                .always(),
        );
        let failed = cn_package(&env).output().failed_with(9);
        let said = failed.stderr();
        assert!(
            said.contains(&format!("HTTP {status} with ")),
            "{operation}: {said}"
        );
        assert!(said.contains("HTTPS_PROXY"), "{operation}: {said}");
        assert!(!said.contains("Please"), "{operation}: {said}");
    }
}

#[test]
fn an_error_inside_an_answer_that_says_success_is_retried_and_never_success() {
    // S3 sends the status before it knows the result of a copy or a completion.
    let failed = |operation: &str| Fault::on(operation).answer(200, "InternalError");
    let env = with_two_buckets();
    env.fault(failed("CopyObject"));
    drop(cn_package(&env).output().succeeded());
    assert_eq!(
        env.china().object_keys(env.bucket()).expect("listed").len(),
        4
    );

    let env = TestEnv::new();
    env.seed();
    env.write(
        "template.yaml",
        "Resources:\n  J: {Type: AWS::Glue::Job, Properties: {Command: {Name: glueetl, ScriptLocation: data.bin}}}\n",
    );
    env.write("data.bin", vec![7; 17 * 1024 * 1024]);
    env.set("AWS_MAX_ATTEMPTS", "2");
    env.fault(failed("CompleteMultipartUpload").always());
    let said = cn_package(&env).output().failed_with(9).stderr();
    assert!(said.contains("InternalError"), "{said}");
    let completed = env.requests().operation("CompleteMultipartUpload").count();
    assert_eq!(completed, 2, "{}", env.requests());
    assert!(!env.exists("packaged.yaml"));
}
