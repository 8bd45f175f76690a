//! One run for several regions.

use cn_testkit::{Fault, TestEnv};

use super::{cn_package, with_sample};

const BEIJING: &str = "cn-north-1";
const NINGXIA: &str = "cn-northwest-1";

/// Returns an environment with the sample application, a bucket in each region, and the buckets'
/// names in the settings.
pub(super) fn with_two_buckets() -> TestEnv {
    let (env, _seed) = with_sample();
    let beijing = env.bucket().to_owned();
    let ningxia = format!("{beijing}-nx");
    env.china()
        .in_region(NINGXIA)
        .create_bucket(&ningxia)
        .expect("buckets can be created");
    env.set("CN_REGION", &format!("{BEIJING},{NINGXIA}"));
    env.set("CN_S3_BUCKET", &format!("{beijing},{ningxia}"));
    env
}

#[test]
fn artifacts_cross_the_border_once_and_are_copied_inside() {
    let env = with_two_buckets();
    let output = cn_package(&env).output();
    assert_eq!(
        output.succeeded().stdout(),
        "packaged.cn-north-1.yaml\npackaged.cn-northwest-1.yaml\n"
    );
    let count = |operation: &str| env.requests().operation(operation).count();
    assert_eq!(
        (count("PutObject"), count("CopyObject")),
        (4, 4),
        "{}",
        env.requests()
    );

    let beijing = env.read("packaged.cn-north-1.yaml");
    let ningxia = env.read("packaged.cn-northwest-1.yaml");
    let moved = beijing
        .replace(&format!("s3.{BEIJING}."), &format!("s3.{NINGXIA}."))
        .replace(env.bucket(), &format!("{}-nx", env.bucket()));
    assert_eq!(moved, ningxia);
    assert_ne!(beijing, ningxia);
    let [here, there] = [env.china(), env.china().in_region(NINGXIA)];
    let bucket = format!("{}-nx", env.bucket());
    let keys = here
        .object_keys(env.bucket())
        .expect("buckets can be listed");
    assert_eq!(
        there.object_keys(&bucket).expect("buckets can be listed"),
        keys
    );
    for key in keys {
        let sent = here
            .object(env.bucket(), &key)
            .expect("objects can be read");
        let copied = there.object(&bucket, &key).expect("objects can be read");
        assert!(sent == copied, "{key} differs");
    }
    let manifest = env.read("packaged.cn-northwest-1.yaml.manifest.json");
    assert!(manifest.contains("\"copied\": true"), "{manifest}");

    env.forget_requests();
    assert_eq!(cn_package(&env).output().succeeded().code(), 0);
    assert_eq!(env.requests().object_puts().count(), 0);
}

#[test]
fn what_cannot_be_copied_is_sent() {
    let env = with_two_buckets();
    env.fault(Fault::on("CopyObject").answer(403, "AccessDenied").times(4));
    let output = cn_package(&env).output().succeeded();
    assert!(
        output.stderr().contains("4 objects uploaded"),
        "{}",
        output.stderr()
    );
    assert_eq!(env.requests().operation("PutObject").count(), 8);
}

#[test]
fn each_region_needs_a_bucket_and_a_file() {
    let env = with_two_buckets();
    let one = cn_package(&env).args(["--s3-bucket", "only-one"]).output();
    insta::assert_snapshot!(one.failed_with(4).snapshot());
    env.write("cn.toml", "");
    let stdout = cn_package(&env).output();
    insta::assert_snapshot!(
        "stdout_takes_one_template",
        stdout.failed_with(2).snapshot()
    );
    assert_eq!(env.requests().count(), 0);
}

#[test]
fn the_region_stands_where_the_name_of_the_file_wants_it() {
    let env = with_two_buckets();
    let output = cn_package(&env)
        .args([
            "--offline",
            "--output-template-file",
            "out-{region}.template",
        ])
        .output();
    assert_eq!(
        output.succeeded().stdout(),
        "out-cn-north-1.template\nout-cn-northwest-1.template\n"
    );
}
