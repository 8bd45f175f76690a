//! `cn-package` is killed in the middle of an upload, and run again.

use std::collections::BTreeMap;
use std::time::Duration;

use cn_testkit::sink::{Request, Sink, SinkOptions};
use cn_testkit::{ALLOW_ALL, TestEnv};
use fs_err as fs;

use super::cn_package;

const MIB: usize = 1024 * 1024;
/// An arbitrary number that determines the moments, which are the same in every run.
const SEED: u64 = 20;
const MOMENTS: usize = 10;

const TEMPLATE: &str = "Resources:
  F: {Type: AWS::Lambda::Function, Properties: {Code: code}}
  J: {Type: AWS::Glue::Job, Properties: {Command: {Name: glueetl, ScriptLocation: data.bin}}}
";

/// Returns bytes that do not compress, and that differ between parts.
pub(super) fn noise(bytes: usize, seed: u64) -> Vec<u8> {
    let mut random = seed;
    let mut noise = Vec::with_capacity(bytes);
    while noise.len() < bytes {
        noise.extend(next(&mut random).to_le_bytes());
    }
    noise
}

/// Returns the next random number.
///
/// # Source
///
/// "splitmix64", Sebastiano Vigna, public domain.
fn next(random: &mut u64) -> u64 {
    *random = random.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *random;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// Creates a project with an archive of four parts and a file of four parts.
fn project() -> TestEnv {
    let env = TestEnv::new();
    let keys = env.china_user("deployer", ALLOW_ALL);
    env.write_profile("china", &keys, "cn-north-1");
    env.write("template.yaml", TEMPLATE);
    env.write("code/a.bin", noise(9 * MIB, 1));
    env.write("code/b.bin", noise(9 * MIB, 2));
    env.write("data.bin", noise(17 * MIB, 3));
    // Composed objects start over; the library tests crashes of those.
    env.set("CN_NO_DELTA", "true");
    env
}

fn sink() -> Sink {
    // Long enough that the test sees each request before the next one ends.
    let latency = Duration::from_millis(10);
    let options = SinkOptions {
        latency,
        verify: true,
        ..SinkOptions::default()
    };
    Sink::start("127.0.0.1:0", options).expect("a port is free")
}

const ARGS: [&str; 6] = [
    "--s3-bucket",
    "bkt",
    "--output-template-file",
    "out.yaml",
    "--concurrency",
    "2",
];

/// Kills a run after the sink has answered a number of its requests; returns true if the run was
/// still in progress.
fn kill(env: &TestEnv, sink: &Sink, requests: usize) -> bool {
    sink.forget_requests();
    let mut running = cn_package(env).args(ARGS).spawn();
    running.wait_until(|_| sink.requests().len() >= requests);
    running.kill();
    let output = running.output();
    output.snapshot().starts_with("killed by signal 9")
}

/// Returns the objects and parts that S3 received completely, each with the number of times.
fn taken(requests: &[Request]) -> BTreeMap<(String, Option<u32>), usize> {
    let is_body = |request: &&Request| {
        matches!(request.operation, "PutObject" | "UploadPart") && request.status == Some(200)
    };
    let mut taken = BTreeMap::new();
    for request in requests.iter().filter(is_body) {
        *taken
            .entry((request.key.clone(), request.part))
            .or_insert(0) += 1;
    }
    taken
}

fn names(folder: impl AsRef<std::path::Path>) -> Vec<String> {
    let entries = fs::read_dir(folder.as_ref()).expect("a folder");
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("readable")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn a_run_that_was_killed_at_any_moment_is_continued_by_the_next() {
    let env = project();
    let whole = sink();
    env.set("AWS_ENDPOINT_URL_S3", &whole.url());
    drop(cn_package(&env).args(ARGS).output().succeeded());
    let (objects, packaged) = (whole.objects(), env.read("out.yaml"));
    let count = whole.requests().len();
    assert_eq!((objects.len(), taken(&whole.requests()).len()), (2, 8));

    let mut random = SEED;
    let (mut killed, mut spared) = (0, 0);
    for _ in 0..MOMENTS {
        fs::remove_file(env.project().join("out.yaml")).unwrap();
        fs::remove_file(env.project().join("out.yaml.manifest.json")).unwrap();
        let sink = sink();
        env.set("AWS_ENDPOINT_URL_S3", &sink.url());
        // The last two requests complete the objects: by then, the upload is over.
        let moment = 1 + usize::try_from(next(&mut random)).unwrap() % (count - 2);
        killed += usize::from(kill(&env, &sink, moment));
        let before = taken(&sink.requests());
        let told = format!("killed after {moment} of {count} requests, {before:?}");
        assert!(!env.exists("out.yaml"), "written too early: {told}");
        sink.forget_requests();
        drop(cn_package(&env).args(ARGS).output().succeeded());
        let after = taken(&sink.requests());
        assert_eq!(sink.objects(), objects, "{told}");
        assert_eq!(env.read("out.yaml"), packaged, "{told}");
        // The parts received before are kept, and all of them are used.
        assert!(
            before.keys().all(|part| !after.contains_key(part)),
            "{told}, then {after:?}"
        );
        assert_eq!(before.len() + after.len(), 8, "{told}, then {after:?}");
        assert_eq!(sink.unfinished(), [], "{told}");
        spared += before.len();
        let expected = [
            "code",
            "data.bin",
            "out.yaml",
            "out.yaml.manifest.json",
            "template.yaml",
        ];
        assert_eq!(names(env.project()), expected, "{told}");
        assert_eq!(names(env.temporary_folder()), [""; 0], "{told}");
    }
    assert!(
        killed >= MOMENTS - 2,
        "only {killed} runs were killed while they ran"
    );
    assert!(spared > 10, "only {spared} parts need not be sent again");
}
