//! Large objects and many objects, with the emulator: the policies include their requests.

use cn_testkit::{Fault, TestEnv, workload};

use super::cn_package;

const TEMPLATE: &str = "Resources:
  J: {Type: AWS::Glue::Job, Properties: {Command: {Name: glueetl, ScriptLocation: data.bin}}}
";

#[test]
fn parts_that_s3_has_are_not_sent_again() {
    let env = TestEnv::new();
    env.seed();
    // One after the other, so that it is known which are accepted before one is refused.
    env.set("CN_CONCURRENCY", "1");
    env.write("template.yaml", TEMPLATE);
    env.write("data.bin", vec![7; 17 * 1024 * 1024]);
    let count = |operation: &str| env.requests().operation(operation).count();
    let refused = || Fault::on("UploadPart").answer(403, "AccessDenied");

    env.fault(refused().times(1));
    drop(cn_package(&env).output().failed_with(5));
    assert_eq!(count("AbortMultipartUpload"), 1, "{}", env.requests());

    env.forget_requests();
    env.fault(refused().skip(2).times(1));
    drop(cn_package(&env).output().failed_with(5));
    assert_eq!(count("AbortMultipartUpload"), 0, "{}", env.requests());

    env.forget_requests();
    drop(cn_package(&env).output().succeeded());
    assert_eq!(count("ListParts"), 1, "{}", env.requests());
    assert!(count("UploadPart") < 4, "{}", env.requests());
    assert_eq!(count("CompleteMultipartUpload"), 1);
}

#[test]
fn many_objects_are_looked_for_by_listing() {
    let env = TestEnv::new();
    env.seed();
    workload::functions(&env.project(), 40, 1).expect("written");
    drop(cn_package(&env).output().succeeded());
    env.forget_requests();
    drop(cn_package(&env).output().succeeded());
    let requests = env.requests();
    assert!(
        requests.operation("ListObjectsV2").count() > 0,
        "{requests}"
    );
    assert_eq!(requests.object_puts().count(), 0, "{requests}");
}
