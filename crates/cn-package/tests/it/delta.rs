//! Archives that are mostly in the bucket already, with the emulator.

use cn_testkit::{Fault, TestEnv};

use super::cn_package;
use super::killed::noise;
use super::regions::with_two_buckets;

const MIB: usize = 1024 * 1024;
const TEMPLATE: &str = "Resources:
  F: {Type: AWS::Lambda::Function, Properties: {Code: code}}
";

/// Packages a folder of 16 MiB, then changes one small file in it.
fn changed_after_the_first_run(env: &TestEnv) {
    env.write("template.yaml", TEMPLATE);
    for (name, seed) in [("a", 1), ("c", 2)] {
        env.write(format!("code/{name}.bin"), noise(8 * MIB, seed));
    }
    env.write("code/b.py", "x = 1\n");
    let output = cn_package(env).output().succeeded();
    let said = output.stderr();
    let expected = "whole    code as ";
    assert!(said.contains(expected), "{said}");
    assert!(
        said.contains("the bucket has no earlier object of this source"),
        "{said}"
    );
    env.write("code/b.py", "x = 2\n");
    env.forget_requests();
}

fn project() -> TestEnv {
    let env = TestEnv::new();
    env.seed();
    changed_after_the_first_run(&env);
    env
}

fn archives(env: &TestEnv, bucket: &str) -> Vec<(String, Vec<u8>)> {
    let china = env.china();
    let keys = china.object_keys(bucket).expect("buckets can be listed");
    let archives = keys.into_iter().filter(|key| !key.contains(".delta"));
    let read = archives.map(|key| {
        let body = china.object(bucket, &key).expect("objects can be read");
        (key, body.expect("it is listed"))
    });
    read.collect()
}

#[test]
fn what_an_earlier_archive_has_does_not_travel_again() {
    let env = project();
    let count = |operation: &str| env.requests().operation(operation).count();
    let look = cn_package(&env).arg("--dry-run").output().succeeded();
    let plan = look.stdout();
    let travels = "\n  would send 5.3 MB; S3 would copy 11.4 MB from an earlier object\n";
    assert!(plan.contains(travels), "{plan}");
    assert_eq!(env.requests().object_puts().count(), 0);
    let look = cn_package(&env)
        .args(["--dry-run", "--format", "json"])
        .output();
    let look = look.succeeded();
    let plan: serde_json::Value =
        serde_json::from_str(look.stdout().lines().last().expect("a line")).expect("JSON");
    let upload = &plan["uploads"][0];
    let travels = ["sent-bytes", "copied-bytes"].map(|name| upload[name].as_u64());

    env.forget_requests();
    let output = cn_package(&env).output().succeeded();
    let said = output.stderr();
    let sizes = "(5.3 MB, and 11.4 MB copied from an earlier object)";
    assert!(said.contains(sizes), "{said}");
    assert!(said.contains("1 object uploaded (5.3 MB)"), "{said}");
    assert!(count("UploadPartCopy") > 0, "{}", env.requests());
    let composed = archives(&env, env.bucket());
    assert_eq!(composed.len(), 2);
    let sizes = travels.map(Option::unwrap_or_default);
    let is_of_size = |(_, body): &(String, Vec<u8>)| body.len() as u64 == sizes[0] + sizes[1];
    assert!(composed.iter().all(is_of_size), "{sizes:?}");

    // The same archive, sent whole, has the same key and bytes.
    let run = cn_package(&env).args(["--force-upload", "--no-delta"]);
    drop(run.output().succeeded());
    assert!(archives(&env, env.bucket()) == composed, "the bytes differ");
    let look = cn_package(&env).arg("--dry-run").output().succeeded();
    let plan = look.stdout();
    assert!(
        plan.contains("would send nothing: it is already in the bucket"),
        "{plan}"
    );
}

#[test]
fn without_permission_to_copy_the_archive_travels_whole() {
    let env = project();
    env.fault(Fault::on("UploadPartCopy").answer(403, "AccessDenied"));
    let output = cn_package(&env).output().succeeded();
    let said = output.stderr();
    let reason = "S3 could not compose it: `s3:UploadPartCopy` answered AccessDenied";
    assert!(said.contains(reason), "{said}");
    assert!(said.contains("1 object uploaded (16.7 MB)"), "{said}");
    assert_eq!(env.requests().operation("AbortMultipartUpload").count(), 1);
    assert_eq!(archives(&env, env.bucket()).len(), 2);
}

/// The bucket keeps versions, and locks each for a day.
fn with_versions_and_lock(env: &TestEnv) {
    let set = |what: &str, xml: &str| {
        let body = xml.as_bytes().to_vec();
        let path = format!("/{}", env.bucket());
        let answer = env.china().rest("s3", "PUT", &path, what, body);
        drop(answer.expect("the bucket can be set up"));
    };
    set(
        "versioning=",
        "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
    );
    set(
        "object-lock=",
        "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule>\
         <DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention>\
         </Rule></ObjectLockConfiguration>",
    );
}

/// The unfinished uploads, as S3 lists them.
fn unfinished(env: &TestEnv) -> String {
    let path = format!("/{}", env.bucket());
    let answer = env.china().rest("s3", "GET", &path, "uploads=", Vec::new());
    String::from_utf8_lossy(&answer.expect("they can be listed")).into_owned()
}

#[test]
fn a_composed_archive_has_the_key_and_tags_of_one_that_was_sent() {
    let env = TestEnv::new();
    env.seed();
    with_versions_and_lock(&env);
    let input = serde_json::json!({});
    let key = env.china().json("kms", "TrentService.CreateKey", &input);
    let key = key.expect("keys can be created")["KeyMetadata"]["Arn"].clone();
    let key = key.as_str().expect("an ARN").to_owned();
    env.set("CN_KMS_KEY_ID", &key);
    env.set("CN_OBJECT_TAGS", "team=orders,cost=a/b");
    changed_after_the_first_run(&env);
    let output = cn_package(&env).output().succeeded();
    let said = output.stderr();
    assert!(said.contains("copied from an earlier object"), "{said}");

    let requests = env.requests();
    let created = requests.operation("CreateMultipartUpload");
    let index = requests.operation("PutObject");
    assert_eq!((created.count(), index.count()), (1, 1), "{requests}");
    for request in created.0.iter().chain(&index.0) {
        let field = |name| request.header(name);
        assert_eq!(field("x-amz-server-side-encryption"), Some("aws:kms"));
        let name = "x-amz-server-side-encryption-aws-kms-key-id";
        assert_eq!(field(name), Some(key.as_str()));
        let tags = field("x-amz-tagging").unwrap_or_default();
        let mut tags: Vec<&str> = tags.split('&').collect();
        tags.sort_unstable();
        assert_eq!(tags, ["cost=a%2Fb", "team=orders"]);
    }
    // A bucket with a lock takes no bytes without a checksum.
    let bodies = requests.keep(|it| it.body_length > 0 && it.method == "PUT");
    assert!(bodies.count() > 1, "{requests}");
    for request in &bodies.0 {
        let mut names = request.headers.iter().map(|(name, _)| name.as_str());
        let has_checksum = names.any(|name| name.starts_with("x-amz-checksum-"));
        assert!(has_checksum, "{request}");
    }
    assert_eq!(archives(&env, env.bucket()).len(), 2);
}

#[test]
fn a_base_with_a_newer_version_is_not_copied() {
    for is_deleted in [false, true] {
        let env = TestEnv::new();
        env.seed();
        with_versions_and_lock(&env);
        changed_after_the_first_run(&env);
        let (base, bytes) = archives(&env, env.bucket()).remove(0);
        let reason = if is_deleted {
            let path = format!("/{}/{base}", env.bucket());
            let answer = env.china().rest("s3", "DELETE", &path, "", Vec::new());
            drop(answer.expect("a marker hides it"));
            "was deleted"
        } else {
            // As large as the base, and not the same.
            let other = vec![1; bytes.len()];
            let put = env.china().put_object(env.bucket(), &base, &other);
            put.expect("a version is added");
            "was overwritten"
        };
        let output = cn_package(&env).output().succeeded();
        let said = output.stderr();
        assert!(said.contains(reason), "{said}");
        assert!(said.contains("1 object uploaded (16.7 MB)"), "{said}");
        assert!(!unfinished(&env).contains("<Upload>"));
    }
}

#[test]
fn an_upload_whose_beginning_was_not_answered_is_ended() {
    let env = project();
    env.fault(Fault::on("CreateMultipartUpload").reset_after());
    drop(cn_package(&env).output().succeeded());
    assert!(env.requests().operation("CreateMultipartUpload").count() > 1);
    let left = unfinished(&env);
    assert!(!left.contains("<Upload>"), "{left}");
}

#[test]
fn a_dry_run_without_credentials_says_that_the_bytes_are_not_known() {
    let env = TestEnv::new();
    env.write("template.yaml", TEMPLATE);
    env.write("code/a.bin", noise(9 * MIB, 1));
    let dry_run = ["--dry-run", "--region", "cn-north-1", "--s3-bucket", "bkt"];
    let output = cn_package(&env).args(dry_run).output().succeeded();
    let said = output.stderr();
    assert!(said.contains("the bytes to send are unknown: "), "{said}");
    let output = cn_package(&env).args(dry_run).arg("--no-delta").output();
    let said = output.succeeded().stderr();
    assert!(!said.contains("not known"), "{said}");
}

#[test]
fn the_second_region_gets_all_of_it_from_the_first() {
    let env = with_two_buckets();
    changed_after_the_first_run(&env);
    let look = cn_package(&env).arg("--dry-run").output().succeeded();
    let plan = look.stdout();
    let all = "\n  would send 0 B; S3 would copy 16.7 MB from an earlier object\n";
    assert!(plan.contains(all), "{plan}");
    drop(cn_package(&env).output().succeeded());
    let requests = env.requests();
    assert_eq!(requests.operation("CopyObject").count(), 1, "{requests}");
    assert_eq!(requests.operation("UploadPart").count(), 2, "{requests}");
}

#[test]
fn where_regions_do_not_copy_each_has_its_own_earlier_archive() {
    let env = with_two_buckets();
    env.fault(Fault::on("CopyObject").answer(403, "AccessDenied").always());
    changed_after_the_first_run(&env);
    drop(cn_package(&env).output().succeeded());
    let requests = env.requests();
    let copied = requests.operation("UploadPartCopy");
    let bucket = |path: &str| {
        path.trim_start_matches('/')
            .split('/')
            .next()
            .map(String::from)
    };
    let mut buckets: Vec<_> = copied.0.iter().map(|it| bucket(&it.path)).collect();
    for request in &copied.0 {
        let source = request.header("x-amz-copy-source").unwrap_or_default();
        assert_eq!(bucket(source), bucket(&request.path), "{request}");
    }
    buckets.dedup();
    assert_eq!(buckets.len(), 2, "{requests}");
}
