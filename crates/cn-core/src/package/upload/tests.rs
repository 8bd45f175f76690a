use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use aws_sdk_s3::config::{BehaviorVersion, Credentials};
use camino::Utf8PathBuf;
use cn_testkit::sink::{Sink, SinkOptions, base64};

use aws_sdk_s3::Client;
use sha2::{Digest, Sha256};

use super::super::apply::apply;
use super::super::error::ApplyError;
use super::super::files::{FileFact, FileKind};
use super::super::key::ArtifactKey;
use super::super::options::{ObjectSettings, Options};
use super::super::outcome::{Event, Outcome};
use super::super::plan::{Body, Plan, Upload};
use super::super::request::Destination;
use super::part::{Part, parts};

pub(super) const MIB: usize = 1024 * 1024;

pub(super) fn sink(options: SinkOptions) -> Sink {
    let options = SinkOptions {
        verify: true,
        ..options
    };
    Sink::start("127.0.0.1:0", options).unwrap()
}

pub(super) fn client(sink: &Sink) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new(
            "AKIDEXAMPLE",
            "secret",
            None,
            None,
            "test",
        ))
        .region(aws_sdk_s3::config::Region::new("cn-north-1"))
        .endpoint_url(sink.url())
        .force_path_style(true)
        .build();
    Client::from_conf(config)
}

pub(super) fn options() -> Options {
    Options {
        owner: None,
        objects: ObjectSettings::default(),
        force: false,
        delta: false,
        concurrency: 4,
        max_bandwidth: None,
        origin: None,
    }
}

/// Returns options with one request at a time and a rate limit.
///
/// Such a run can be interrupted between parts.
fn limit(bytes_per_second: usize) -> Options {
    Options {
        concurrency: 1,
        max_bandwidth: NonZeroU64::new(bytes_per_second as u64),
        ..options()
    }
}

/// Returns bytes that differ in each MiB, so that no two parts are equal.
fn noise(bytes: usize) -> Vec<u8> {
    let mut noise = vec![0; bytes];
    for (chunk, digit) in noise.chunks_mut(MIB).zip(1..) {
        chunk.fill(digit);
    }
    noise
}

/// A file that is uploaded unchanged.
struct Large {
    _scratch: tempfile::TempDir,
    path: Utf8PathBuf,
    bytes: Vec<u8>,
}

impl Large {
    fn new(bytes: usize) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::try_from(scratch.path().join("large")).unwrap();
        let bytes = noise(bytes);
        fs_err::write(&path, &bytes).unwrap();
        Self {
            _scratch: scratch,
            path,
            bytes,
        }
    }

    fn upload(&self) -> Upload {
        let digest = Sha256::digest(&self.bytes);
        Upload {
            key: ArtifactKey::of_object(&"p".parse().unwrap(), &digest, "bin"),
            source: self.path.clone(),
            needed_by: vec!["F.Code".into()],
            body: Body::File(FileFact {
                name: "large".into(),
                path: self.path.clone(),
                bytes: self.bytes.len() as u64,
                kind: FileKind::Plain,
                digest: digest.into(),
                crc32: crc32fast::hash(&self.bytes),
            }),
        }
    }

    /// Returns the checksums of the parts that S3 must have.
    fn checksums(&self) -> Vec<String> {
        parts(self.bytes.len() as u64, &ObjectSettings::default())
            .iter()
            .map(|part| in_memory(&self.bytes, part))
            .map(|bytes| base64(&Sha256::digest(bytes)))
            .collect()
    }

    fn is_whole_in(&self, sink: &Sink) -> bool {
        let objects = sink.objects();
        let object = objects.get(self.upload().key.as_str());
        object.is_some_and(|object| {
            object.bytes == self.bytes.len() as u64 && object.sha256 == self.checksums()
        })
    }
}

fn in_memory<'a>(bytes: &'a [u8], part: &Part) -> &'a [u8] {
    &bytes[usize::try_from(part.range.start).unwrap()..usize::try_from(part.range.end).unwrap()]
}

pub(super) fn text(content: &str) -> Upload {
    Upload {
        key: ArtifactKey::of_object(&"p".parse().unwrap(), &Sha256::digest(content), "txt"),
        source: content.into(),
        needed_by: vec![],
        body: Body::Text(content.into()),
    }
}

pub(super) async fn run(
    sink: &Sink,
    uploads: Vec<Upload>,
    options: &Options,
) -> Result<(Outcome, Vec<Event>), ApplyError> {
    run_with(&client(sink), uploads, options).await
}

pub(super) async fn run_with(
    client: &Client,
    uploads: Vec<Upload>,
    options: &Options,
) -> Result<(Outcome, Vec<Event>), ApplyError> {
    let plan = Plan {
        template: "t.yaml".into(),
        destination: Destination {
            region: "cn-north-1".parse().unwrap(),
            bucket: "bkt".parse().unwrap(),
        },
        prefix: "p".parse().unwrap(),
        uploads,
        packaged: String::new(),
        rewrites: vec![],
        left_out: vec![],
    };
    let mut events = Vec::new();
    let mut on_event = |event: &Event| events.push(event.clone());
    let outcome = apply(client, plan, options, &mut on_event).await?;
    Ok((outcome, events))
}

/// Returns the numbers of the parts that arrived completely, once for each arrival.
fn whole_parts(sink: &Sink) -> Vec<u32> {
    let requests = sink.requests().into_iter();
    let whole = requests.filter(|request| request.status == Some(200));
    let mut parts: Vec<u32> = whole.filter_map(|request| request.part).collect();
    parts.sort_unstable();
    parts
}

pub(super) fn count(sink: &Sink, operation: &str) -> usize {
    let is_it = |request: &&cn_testkit::sink::Request| request.operation == operation;
    sink.requests().iter().filter(is_it).count()
}

#[tokio::test]
async fn a_large_object_goes_in_parts_that_s3_verifies() {
    let large = Large::new(17 * MIB);
    let sink = sink(SinkOptions::default());
    let (outcome, events) = run(&sink, vec![large.upload()], &options()).await.unwrap();
    assert!(large.is_whole_in(&sink));
    assert_eq!(count(&sink, "UploadPart"), 4);
    assert_eq!(count(&sink, "PutObject"), 0);
    let sent = &outcome.sent[0];
    assert_eq!(
        (sent.uploaded_bytes, sent.resumed_bytes),
        (Some(17 * MIB as u64), 0)
    );
    let told: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::Progress { sent_bytes, .. } => Some(*sent_bytes),
            _ => None,
        })
        .collect();
    assert!(told.is_sorted() && told.len() > 10, "{told:?}");
    assert_eq!(told.last(), Some(&(17 * MIB as u64)));
    assert!(matches!(events.last(), Some(Event::Uploaded(_))));
}

/// Ends a run in the middle, as a signal would: the future is dropped.
async fn interrupt(sink: &Sink, large: &Large, moment: impl Future<Output = ()>) {
    let options = limit(30 * MIB);
    tokio::select! {
        biased;
        () = moment => {}
        _ = run(sink, vec![large.upload()], &options) => panic!("it was not interrupted"),
    }
}

/// Interrupts a run after the given number of parts has arrived.
async fn interrupt_with_parts(sink: &Sink, large: &Large, parts: usize) {
    let moment = async {
        while sink.unfinished().iter().all(|(_, has)| *has < parts) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    interrupt(sink, large, moment).await;
}

#[tokio::test]
async fn a_run_that_was_killed_at_any_moment_is_continued() {
    let large = Large::new(22 * MIB);
    let sink = sink(SinkOptions::default());
    interrupt(&sink, &large, tokio::time::sleep(Duration::from_millis(20))).await;
    for parts in 1..4 {
        interrupt_with_parts(&sink, &large, parts).await;
        assert!(sink.objects().is_empty(), "half an object is visible");
    }
    let (outcome, _) = run(&sink, vec![large.upload()], &options()).await.unwrap();
    assert!(large.is_whole_in(&sink));
    assert_eq!(sink.unfinished(), []);
    assert_eq!(whole_parts(&sink), [1, 2, 3, 4, 5], "a part was sent twice");
    assert!(outcome.sent[0].resumed_bytes > 0);
}

#[tokio::test]
async fn parts_of_an_earlier_run_are_compared_not_trusted() {
    let large = Large::new(22 * MIB);
    let sink = sink(SinkOptions::default());
    interrupt_with_parts(&sink, &large, 2).await;
    sink.spoil(large.upload().key.as_str(), 1);
    sink.forget_requests();
    run(&sink, vec![large.upload()], &options()).await.unwrap();
    assert!(large.is_whole_in(&sink));
    let again = whole_parts(&sink);
    assert!(again.contains(&1) && again.len() < 5, "{again:?}");
    assert_eq!(
        sink.unfinished(),
        [],
        "an upload begun in vain is left over"
    );
}

#[tokio::test]
async fn an_upload_with_other_settings_is_not_continued() {
    let large = Large::new(22 * MIB);
    let sink = sink(SinkOptions::default());
    interrupt_with_parts(&sink, &large, 1).await;
    let encrypted = Options {
        objects: ObjectSettings {
            kms_key_id: Some("k".into()),
            ..ObjectSettings::default()
        },
        ..options()
    };
    let (outcome, _) = run(&sink, vec![large.upload()], &encrypted).await.unwrap();
    assert_eq!(outcome.sent[0].resumed_bytes, 0);
    assert_eq!(
        sink.objects()[large.upload().key.as_str()].bytes,
        22 * MIB as u64
    );
}

#[tokio::test]
async fn connections_that_break_cost_little_more_than_their_part() {
    let large = Large::new(40 * MIB);
    let sink = sink(SinkOptions {
        reset_every: 4,
        ..SinkOptions::default()
    });
    run(&sink, vec![large.upload()], &options()).await.unwrap();
    assert!(large.is_whole_in(&sink));
    let sent: u64 = sink
        .requests()
        .iter()
        .map(|request| request.body_bytes)
        .sum();
    assert!(sent < 40 * MIB as u64 * 115 / 100, "{sent}");
}

#[tokio::test]
async fn a_busy_service_is_asked_again() {
    let large = Large::new(17 * MIB);
    let sink = sink(SinkOptions {
        fail_every: 5,
        ..SinkOptions::default()
    });
    run(&sink, vec![large.upload(), text("a")], &options())
        .await
        .unwrap();
    assert!(large.is_whole_in(&sink));
}

#[tokio::test]
async fn what_s3_never_took_is_not_left_over() {
    let large = Large::new(17 * MIB);
    let sink = sink(SinkOptions {
        denied: vec!["UploadPart".into()],
        ..SinkOptions::default()
    });
    let error = run(&sink, vec![large.upload()], &options())
        .await
        .unwrap_err();
    assert!(matches!(error, ApplyError::Object { .. }), "{error:?}");
    assert_eq!(sink.unfinished(), []);
}

#[tokio::test]
async fn a_file_that_changes_meanwhile_is_not_completed() {
    let large = Large::new(17 * MIB);
    let upload = large.upload();
    let mut changed = large.bytes.clone();
    changed[17 * MIB - 1] ^= 1;
    fs_err::write(&large.path, changed).unwrap();
    let sink = sink(SinkOptions::default());
    let error = run(&sink, vec![upload], &options()).await.unwrap_err();
    assert!(matches!(error, ApplyError::Changed { .. }), "{error:?}");
    assert!(sink.objects().is_empty() && sink.unfinished().is_empty());

    let small = Large::new(MIB);
    let upload = small.upload();
    fs_err::write(&small.path, vec![9; MIB]).unwrap();
    let error = run(&sink, vec![upload], &options()).await.unwrap_err();
    assert!(error.to_string().contains("cannot upload"), "{error}");
    assert!(sink.objects().is_empty());
}

#[tokio::test]
async fn uploads_that_nobody_continues_are_given_up_after_a_day() {
    let large = Large::new(17 * MIB);
    let sink = sink(SinkOptions::default());
    let ours = |digit: &str, prefix: &str| format!("{prefix}/{}.zip", digit.repeat(64));
    sink.begin(&ours("a", "p"), "2020-01-01T00:00:00.000Z");
    sink.begin(&ours("b", "p"), "2999-01-01T00:00:00.000Z");
    sink.begin(&ours("a", "q"), "2020-01-01T00:00:00.000Z");
    sink.begin("p/another", "2020-01-01T00:00:00.000Z");
    // An upload of a run that was killed before its first part; this run uploads the same object.
    sink.begin(large.upload().key.as_str(), "2020-01-01T00:00:00.000Z");
    run(&sink, vec![large.upload()], &options()).await.unwrap();
    let mut left: Vec<_> = sink.unfinished().into_iter().map(|(key, _)| key).collect();
    left.sort();
    assert_eq!(
        left,
        ["p/another".to_owned(), ours("b", "p"), ours("a", "q")]
    );
}

#[tokio::test]
async fn many_keys_are_looked_up_in_a_listing_and_few_one_by_one() {
    let texts =
        |count: usize| -> Vec<Upload> { (0..count).map(|at| text(&at.to_string())).collect() };
    let listing = sink(SinkOptions::default());
    run(&listing, texts(20), &options()).await.unwrap();
    listing.forget_requests();
    let (outcome, _) = run(&listing, texts(21), &options()).await.unwrap();
    let uploaded = outcome
        .sent
        .iter()
        .filter(|sent| sent.uploaded_bytes.is_some());
    assert_eq!(uploaded.count(), 1);
    assert_eq!(
        (
            count(&listing, "ListObjectsV2"),
            count(&listing, "HeadObject")
        ),
        (1, 0)
    );

    listing.forget_requests();
    run(&listing, texts(4), &options()).await.unwrap();
    assert_eq!(
        (
            count(&listing, "ListObjectsV2"),
            count(&listing, "HeadObject")
        ),
        (0, 4)
    );

    let writing = sink(SinkOptions {
        denied: vec!["ListObjectsV2".into(), "HeadObject".into()],
        ..SinkOptions::default()
    });
    run(&writing, texts(5), &options()).await.unwrap();
    assert_eq!(
        (count(&writing, "HeadObject"), count(&writing, "PutObject")),
        (5, 5)
    );
}

#[tokio::test]
async fn a_listing_longer_than_the_round_trips_it_saves_is_left() {
    let sink = sink(SinkOptions::default());
    for at in 0..9000 {
        sink.put(text(&format!("old {at}")).key.as_str(), 1);
    }
    let new: Vec<Upload> = (0..8).map(|at| text(&format!("new {at}"))).collect();
    run(&sink, new.clone(), &options()).await.unwrap();
    sink.forget_requests();
    let (outcome, _) = run(&sink, new, &options()).await.unwrap();
    assert!(
        outcome
            .sent
            .iter()
            .all(|sent| sent.uploaded_bytes.is_none())
    );
    assert_eq!(count(&sink, "ListObjectsV2"), 2);
    let asked = count(&sink, "HeadObject");
    assert!((1..8).contains(&asked), "{asked}");
}

#[tokio::test]
async fn round_trips_are_shared() {
    let sink = sink(SinkOptions {
        latency: Duration::from_millis(200),
        ..SinkOptions::default()
    });
    let uploads: Vec<Upload> = (0..25).map(|at| text(&at.to_string())).collect();
    let wide = Options {
        concurrency: 25,
        ..options()
    };
    run(&sink, uploads, &wide).await.unwrap();
    // Sequential requests would never overlap.
    assert!(sink.most_at_once() > 5, "{}", sink.most_at_once());
}

#[tokio::test]
async fn the_limit_holds_across_objects() {
    let sink = sink(SinkOptions::default());
    let uploads = ["a", "b", "c", "d"]
        .map(|name| text(&name.repeat(50_000)))
        .to_vec();
    let start = Instant::now();
    run(&sink, uploads, &limit(1_000_000)).await.unwrap();
    let elapsed = start.elapsed();
    assert!(elapsed > Duration::from_millis(180), "{elapsed:?}");
    assert!(sink.objects().values().all(|object| object.bytes == 50_000));
}

#[tokio::test]
async fn an_empty_file_is_an_object() {
    let sink = sink(SinkOptions::default());
    let (outcome, _) = run(&sink, vec![text("")], &options()).await.unwrap();
    assert_eq!(outcome.sent[0].uploaded_bytes, Some(0));
    assert_eq!(sink.objects().len(), 1);
}
