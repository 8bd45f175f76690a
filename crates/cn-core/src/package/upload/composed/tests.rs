use std::cell::Cell;
use std::collections::{BTreeMap, HashSet};

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use camino::Utf8PathBuf;
use cn_testkit::sink::{Sink, SinkOptions};
use proptest::prelude::*;

use super::super::super::archive::{self, Built};
use super::super::super::error::ApplyError;
use super::super::super::files::{FileFact, FileKind, folder};
use super::super::super::key::{ArtifactKey, digest_of};
use super::super::super::options::{ObjectSettings, Options};
use super::super::super::outcome::{Event, Sent};
use super::super::super::plan::{Body, Upload};
use super::super::super::request::Symlinks;
use super::super::tests::{MIB, client, count, options, run_with};
use super::*;

/// Files by name.
type Tree = BTreeMap<String, Vec<u8>>;

/// Returns bytes that do not shrink.
fn noise(bytes: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes()
    };
    let mut noise = Vec::with_capacity(bytes + 8);
    while noise.len() < bytes {
        noise.extend(next());
    }
    noise.truncate(bytes);
    noise
}

/// Returns a folder with the given number of files of 1 MiB.
fn tree(files: u64) -> Tree {
    let file = |at: u64| (format!("lib/{at:03}.bin"), noise(MIB, at));
    (1..=files).map(file).collect()
}

/// A folder on a disk.
struct Folder {
    _scratch: tempfile::TempDir,
    files: Vec<FileFact>,
}

impl Folder {
    fn new(tree: &Tree) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::try_from(scratch.path().to_path_buf()).unwrap();
        for (name, bytes) in tree {
            let path = root.join(name);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, bytes).unwrap();
        }
        let files = folder(&root, &HashSet::new(), Symlinks::Follow)
            .unwrap()
            .files;
        Self {
            _scratch: scratch,
            files,
        }
    }

    fn upload(&self) -> Upload {
        Upload {
            key: ArtifactKey::of_object(&"p".parse().unwrap(), &digest_of(&self.files), "zip"),
            source: "src".into(),
            needed_by: vec!["F.CodeUri".into()],
            body: Body::Archive(self.files.clone().into()),
        }
    }

    fn archive(&self) -> Vec<u8> {
        match archive::build(&self.files, None).unwrap() {
            Built::InMemory(bytes) => bytes,
            Built::InFile { file, .. } => fs_err::read(file.path()).unwrap(),
        }
    }

    fn is_whole_in(&self, sink: &Sink) -> bool {
        let objects = sink.objects();
        let object = objects.get(self.upload().key.as_str());
        object.is_some_and(|object| object.content() == self.archive())
    }
}

fn sink(denied: &[&str]) -> Sink {
    let options = SinkOptions {
        verify: true,
        keep: true,
        denied: denied
            .iter()
            .map(|&operation| operation.to_owned())
            .collect(),
        ..SinkOptions::default()
    };
    Sink::start("127.0.0.1:0", options).unwrap()
}

/// Returns a client that never retries.
fn impatient(sink: &Sink) -> Client {
    let config = client(sink).config().to_builder();
    Client::from_conf(config.retry_config(RetryConfig::disabled()).build())
}

fn with_delta() -> Options {
    Options {
        delta: true,
        ..options()
    }
}

async fn send(sink: &Sink, folder: &Folder) -> Result<(Sent, Vec<Event>), ApplyError> {
    send_with(sink, folder, &with_delta()).await
}

async fn send_with(
    sink: &Sink,
    folder: &Folder,
    options: &Options,
) -> Result<(Sent, Vec<Event>), ApplyError> {
    let sent = run_with(&impatient(sink), vec![folder.upload()], options).await;
    sent.map(|(mut outcome, events)| (outcome.sent.remove(0), events))
}

/// Returns the bytes of all request bodies, and clears the recorded requests.
fn travelled(sink: &Sink) -> u64 {
    let bytes = sink
        .requests()
        .iter()
        .map(|request| request.body_bytes)
        .sum();
    sink.forget_requests();
    bytes
}

fn is_index(key: &str) -> bool {
    key.strip_prefix("p/").and_then(delta::base_in).is_some()
}

fn reason(events: &[Event]) -> Option<&NoDelta> {
    events.iter().find_map(|event| match event {
        Event::Whole { reason, .. } => Some(reason),
        _ => None,
    })
}

#[tokio::test]
async fn a_changed_file_costs_a_part_and_the_end_of_the_archive() {
    let sink = sink(&[]);
    let mut tree = tree(40);
    let (_, events) = send(&sink, &Folder::new(&tree)).await.unwrap();
    assert_eq!(reason(&events), Some(&NoDelta::NoBase));
    assert!(travelled(&sink) > 40 * MIB as u64);

    tree.insert("lib/020.bin".into(), noise(10_000, 77));
    let changed = Folder::new(&tree);
    let (sent, events) = send(&sink, &changed).await.unwrap();
    assert_eq!(reason(&events), None);
    assert!(changed.is_whole_in(&sink));
    assert!(sink.unfinished().is_empty());
    let bytes = changed.archive().len() as u64;
    assert_eq!(sent.uploaded_bytes, Some(bytes));
    assert!(bytes - sent.reused_bytes < 6 * MIB as u64, "{sent:?}");
    assert!(travelled(&sink) < 6 * MIB as u64);
    let mut told = events.iter().filter_map(|event| match event {
        Event::Progress {
            sent_bytes,
            total_bytes,
            ..
        } => Some((*sent_bytes, *total_bytes)),
        _ => None,
    });
    let all = bytes - sent.reused_bytes;
    assert_eq!(
        told.next_back(),
        Some((all, all)),
        "progress is that of what travels"
    );

    // Nothing is uploaded for an object in the bucket, and a composed object is a base like any
    // other.
    send(&sink, &changed).await.unwrap();
    assert_eq!(travelled(&sink), 0);
    tree.remove("lib/001.bin");
    let shorter = Folder::new(&tree);
    let (sent, _) = send(&sink, &shorter).await.unwrap();
    assert!(shorter.is_whole_in(&sink));
    assert!(sent.reused_bytes > 30 * MIB as u64, "{sent:?}");
}

/// Uploads a base, changes the bucket, and uploads a changed tree.
///
/// Returns the reason why it was uploaded whole.
async fn whole_after(denied: &[&str], then: impl FnOnce(&Sink, &str, &str)) -> Option<NoDelta> {
    let sink = sink(denied);
    let mut tree = tree(14);
    let base = Folder::new(&tree);
    send(&sink, &base).await.unwrap();
    let base = base.upload().key;
    let objects = sink.objects();
    let index = objects.keys().find(|key| is_index(key));
    then(&sink, base.as_str(), index.map_or("", String::as_str));
    tree.insert("lib/014.bin".into(), noise(10_000, 77));
    let changed = Folder::new(&tree);
    let (_, events) = send(&sink, &changed).await.unwrap();
    assert!(changed.is_whole_in(&sink));
    assert!(sink.unfinished().is_empty());
    reason(&events).cloned()
}

#[tokio::test]
async fn whatever_is_in_the_way_of_a_delta_the_object_is_sent() {
    assert_eq!(whole_after(&[], |_, _, _| {}).await, None);
    let reason = whole_after(&[], |sink, _, index| sink.remove(index)).await;
    assert_eq!(reason, Some(NoDelta::NoBase));
    let reason = whole_after(&[], |sink, _, index| sink.spoil_object(index)).await;
    assert!(
        matches!(reason, Some(NoDelta::Damaged { .. })),
        "{reason:?}"
    );
    let reason = whole_after(&[], |sink, base, _| sink.remove(base)).await;
    assert!(
        matches!(reason, Some(NoDelta::BaseDeleted { .. })),
        "{reason:?}"
    );
    let reason = whole_after(&[], |sink, base, _| sink.put(base, 1)).await;
    assert!(
        matches!(reason, Some(NoDelta::BaseOverwritten { .. })),
        "{reason:?}"
    );
    let reason = whole_after(&[], |sink, base, _| sink.spoil_object(base)).await;
    assert!(
        matches!(reason, Some(NoDelta::Mismatch { .. })),
        "{reason:?}"
    );
    for operation in ["ListObjectsV2", "GetObject"] {
        let reason = whole_after(&[operation], |_, _, _| {}).await;
        assert!(
            matches!(reason, Some(NoDelta::Unreadable { .. })),
            "{reason:?}"
        );
    }
    let reason = whole_after(&["UploadPartCopy"], |_, _, _| {}).await;
    let Some(NoDelta::Refused { error }) = reason else {
        panic!("{reason:?}");
    };
    assert!(
        error.contains("s3:UploadPartCopy") && error.contains("AccessDenied"),
        "{error}"
    );
}

#[tokio::test]
async fn whatever_s3_has_against_a_copy_the_object_is_sent() {
    for (operation, status, code) in [
        ("UploadPartCopy", 400, "KMS.DisabledException"),
        ("UploadPartCopy", 400, "KMS.KMSInvalidStateException"),
        ("UploadPartCopy", 403, "InvalidObjectState"),
        ("UploadPartCopy", 404, "NoSuchVersion"),
        ("UploadPartCopy", 500, "InternalError"),
        ("UploadPartCopy", 501, "NotImplemented"),
        ("CompleteMultipartUpload", 400, "InvalidPart"),
    ] {
        let refuse = |sink: &Sink, _: &str, _: &str| sink.refuse(operation, status, code, 1);
        let reason = whole_after(&[], refuse).await;
        let Some(NoDelta::Refused { error }) = reason else {
            panic!("{code}: {reason:?}");
        };
        let expected = format!("`s3:{operation}`");
        assert!(error.contains(&expected) && error.contains(code), "{error}");
    }
}

#[tokio::test]
async fn an_upload_that_another_run_ended_is_begun_again() {
    let before = Folder::new(&tree(17));
    let mut tree = tree(17);
    tree.insert("lib/005.bin".into(), noise(10_000, 77));
    let changed = Folder::new(&tree);
    for delta in [true, false] {
        for force in [true, false] {
            let sink = sink(&[]);
            send(&sink, &before).await.unwrap();
            if force {
                sink.put(changed.upload().key.as_str(), 1);
            }
            sink.refuse("CompleteMultipartUpload", 404, "NoSuchUpload", 1);
            let options = Options {
                force,
                delta,
                ..options()
            };
            send_with(&sink, &changed, &options).await.unwrap();
            assert!(changed.is_whole_in(&sink), "delta {delta}, force {force}");
            assert_eq!(sink.unfinished(), []);
        }
    }
}

#[tokio::test]
async fn an_object_that_is_sent_again_is_not_taken_for_the_new_one() {
    let folder = Folder::new(&tree(17));
    let sink = sink(&[]);
    send(&sink, &folder).await.unwrap();
    let options = Options {
        force: true,
        ..options()
    };
    sink.refuse("CompleteMultipartUpload", 403, "AccessDenied", 1);
    let error = send_with(&sink, &folder, &options).await.unwrap_err();
    assert!(matches!(error, ApplyError::Object { .. }), "{error:?}");
}

#[tokio::test]
async fn an_object_with_nothing_in_common_is_sent_whole() {
    let sink = sink(&[]);
    send(&sink, &Folder::new(&tree(12))).await.unwrap();
    // The upload of the second is started for ranges, before it is known that there are none.
    for (bytes, seed, begun) in [(12 * MIB, 99, 0), (17 * MIB, 98, 2)] {
        let other: Tree = [("a".to_owned(), noise(bytes, seed))].into();
        let other = Folder::new(&other);
        sink.forget_requests();
        let (_, events) = send(&sink, &other).await.unwrap();
        assert_eq!(reason(&events), Some(&NoDelta::Different));
        assert!(other.is_whole_in(&sink));
        assert_eq!(count(&sink, "CreateMultipartUpload"), begun);
        assert_eq!(sink.unfinished(), []);
    }
}

#[tokio::test]
async fn an_upload_that_was_started_for_an_unusable_archive_is_ended() {
    let sink = sink(&[]);
    let folder = Folder::new(&tree(24));
    // Its bytes no longer match the digest, which shows when most of the archive is built.
    fs_err::write(&folder.files[23].path, noise(MIB, 77)).unwrap();
    let error = send(&sink, &folder).await.unwrap_err();
    assert!(matches!(error, ApplyError::Archive { .. }), "{error:?}");
    assert_eq!(count(&sink, "CreateMultipartUpload"), 1);
    assert_eq!(sink.unfinished(), []);
}

#[tokio::test]
async fn an_index_is_stored_once_and_has_the_etag_of_its_object() {
    let encrypted = Options {
        objects: ObjectSettings {
            kms_key_id: Some("k".into()),
            ..ObjectSettings::default()
        },
        ..with_delta()
    };
    // The `ETag` of an encrypted object is known only when the object is complete.
    for (options, stored) in [(with_delta(), 1), (encrypted, 2)] {
        let sink = sink(&[]);
        let mut tree = tree(18);
        for seed in [1, 2, 3] {
            sink.forget_requests();
            tree.insert("lib/005.bin".into(), noise(10_000, seed));
            let folder = Folder::new(&tree);
            let (_, events) = send_with(&sink, &folder, &options).await.unwrap();
            assert!(folder.is_whole_in(&sink));
            let expected = (seed == 1).then_some(&NoDelta::NoBase);
            assert_eq!(reason(&events), expected, "build {seed}");
            assert_eq!(count(&sink, "PutObject"), stored, "build {seed}");
        }
    }
}

#[tokio::test]
async fn an_index_of_an_object_that_was_never_completed_does_no_harm() {
    let sink = sink(&[]);
    let mut tree = tree(18);
    let first = Folder::new(&tree);
    sink.refuse("CompleteMultipartUpload", 403, "AccessDenied", 1);
    send(&sink, &first).await.unwrap_err();
    assert!(sink.objects().keys().all(|key| is_index(key)));
    tree.insert("lib/005.bin".into(), noise(10_000, 77));
    let second = Folder::new(&tree);
    let (_, events) = send(&sink, &second).await.unwrap();
    assert!(
        matches!(reason(&events), Some(NoDelta::BaseDeleted { .. })),
        "{events:?}"
    );
    // The interrupted build continues, from its own parts or the other object.
    for folder in [&first, &second] {
        send(&sink, folder).await.unwrap();
        assert!(folder.is_whole_in(&sink));
    }
    assert_eq!(sink.unfinished(), []);
}

#[tokio::test]
async fn without_delta_no_index_is_read_or_written() {
    let sink = sink(&[]);
    let folder = Folder::new(&tree(12));
    run_with(&impatient(&sink), vec![folder.upload()], &options())
        .await
        .unwrap();
    assert_eq!(sink.objects().len(), 1);
    assert_eq!(count(&sink, "ListObjectsV2"), 0);
}

#[tokio::test]
async fn a_crash_at_any_request_leaves_nothing_behind_after_the_next_run() {
    let mut tree = tree(14);
    let base = Folder::new(&tree);
    tree.insert("lib/007.bin".into(), noise(10_000, 77));
    let changed = Folder::new(&tree);
    for is_last_done in [true, false] {
        for requests in 1.. {
            let sink = sink(&[]);
            send(&sink, &base).await.unwrap();
            sink.end_after(requests, is_last_done);
            let first = send(&sink, &changed).await;
            let was_cut = sink.revive();
            assert!(first.is_err() <= was_cut, "request {requests}: {first:?}");
            send(&sink, &changed).await.unwrap();
            assert!(changed.is_whole_in(&sink), "request {requests}");
            assert_eq!(sink.unfinished(), [], "request {requests}");
            let strange = |key: &&String| digest_in(key, "p/").is_none();
            assert_eq!(sink.objects().keys().find(strange), None);
            if !was_cut {
                assert!(requests > 8, "only {requests} requests");
                break;
            }
        }
    }
}

/// A file of so many MiB that goes as it is, and where it lies.
fn file(files: u64, changed: Option<u64>) -> (tempfile::TempDir, Upload) {
    let mut tree = tree(files);
    if let Some(seed) = changed {
        tree.insert("lib/005.bin".into(), noise(10_000, seed));
    }
    let bytes: Vec<u8> = tree.into_values().flatten().collect();
    let scratch = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::try_from(scratch.path().join("file")).unwrap();
    fs_err::write(&path, &bytes).unwrap();
    let digest = Sha256::digest(&bytes);
    let upload = Upload {
        key: ArtifactKey::of_object(&"p".parse().unwrap(), &digest, "bin"),
        source: "file".into(),
        needed_by: vec!["J.Command.ScriptLocation".into()],
        body: Body::File(FileFact {
            name: "file".into(),
            path,
            bytes: bytes.len() as u64,
            kind: FileKind::Plain,
            digest: digest.into(),
            crc32: crc32fast::hash(&bytes),
        }),
    };
    (scratch, upload)
}

/// Crashes twice, at any two requests, and runs again.
async fn crash_twice(files: u64, options: &Options) {
    let (_folder, before) = file(files, None);
    let (_other_folder, upload) = file(files, Some(77));
    let sink = sink(&[]);
    let client = impatient(&sink);
    let send = async |upload: &Upload| run_with(&client, vec![upload.clone()], options).await;
    send(&before).await.unwrap();
    let base = sink.objects();
    for first in 1.. {
        let mut was_cut = false;
        for second in 1.. {
            sink.end_after(first, true);
            send(&upload).await.ok();
            was_cut = sink.revive();
            sink.end_after(second, true);
            send(&upload).await.ok();
            let was_cut_again = sink.revive();
            send(&upload).await.unwrap();
            let told = format!("requests {first} and {second}");
            let objects = sink.objects();
            assert_eq!(sink.unfinished(), [], "{told}");
            let is_sent = objects.get(upload.key.as_str()).map(|it| it.crc32);
            let Body::File(file) = &upload.body else {
                unreachable!("it is a file");
            };
            assert_eq!(is_sent, Some(file.crc32), "{told}");
            for made in objects.keys().filter(|key| !base.contains_key(*key)) {
                sink.remove(made);
            }
            if !was_cut_again {
                break;
            }
        }
        if !was_cut {
            assert!(first > 8, "only {first} requests");
            break;
        }
    }
}

#[tokio::test]
async fn two_crashes_of_composing_leave_nothing_behind_after_the_next_run() {
    crash_twice(10, &with_delta()).await;
}

#[tokio::test]
async fn two_crashes_of_sending_leave_nothing_behind_after_the_next_run() {
    crash_twice(18, &options()).await;
}

#[tokio::test]
async fn unfinished_uploads_of_an_object_that_is_there_are_ended() {
    let folder = Folder::new(&tree(9));
    let key = folder.upload().key;
    for options in [with_delta(), options()] {
        let sink = sink(&[]);
        send_with(&sink, &folder, &options).await.unwrap();
        // Two runs that were killed; at another object, a run may still be at work.
        let other = format!("{key}.zip");
        for key in [key.as_str(), key.as_str(), &other] {
            sink.begin(key, "2999-01-01T00:00:00.000Z");
        }
        sink.forget_requests();
        send_with(&sink, &folder, &options).await.unwrap();
        assert_eq!(sink.unfinished(), [(other, 0)]);
        assert_eq!(count(&sink, "ListMultipartUploads"), 1);
    }
}

/// A change of a tree.
#[derive(Clone, Debug)]
enum Edit {
    Change(usize, usize),
    Insert(usize, usize),
    Append(usize),
    Remove(usize),
    Rename(usize),
    Nest(usize),
}

impl Edit {
    fn apply(&self, tree: &mut Tree, seed: u64) {
        let name = |at: usize| tree.keys().nth(at % tree.len()).unwrap().clone();
        match *self {
            Self::Change(file, at) => {
                let bytes = tree.get_mut(&name(file)).unwrap();
                let at = at % bytes.len();
                bytes[at] ^= 0x55;
            }
            Self::Insert(file, at) => {
                let bytes = tree.get_mut(&name(file)).unwrap();
                let at = at % bytes.len();
                bytes.splice(at..at, noise(100, seed));
            }
            Self::Append(bytes) => drop(tree.insert(format!("z{seed}"), noise(bytes, seed))),
            Self::Remove(file) => {
                let name = name(file);
                if tree.len() > 2 {
                    tree.remove(&name);
                }
            }
            Self::Rename(file) => {
                let name = name(file);
                let bytes = tree.remove(&name).unwrap();
                tree.insert(format!("n{seed}/{name}"), bytes);
            }
            // A wheel or jar that contains a file that was separate before, and a new file.
            Self::Nest(file) => {
                let name = name(file);
                let bytes = tree.remove(&name).unwrap();
                let inner: Tree = [(name.clone(), bytes), ("new".into(), noise(500, seed))].into();
                tree.insert(format!("{name}.whl"), Folder::new(&inner).archive());
            }
        }
    }
}

fn edit() -> impl Strategy<Value = Edit> {
    let file = 0_usize..8;
    prop_oneof![
        (file.clone(), any::<usize>()).prop_map(|(file, at)| Edit::Change(file, at)),
        (file.clone(), any::<usize>()).prop_map(|(file, at)| Edit::Insert(file, at)),
        (1_usize..300_000).prop_map(Edit::Append),
        file.clone().prop_map(Edit::Remove),
        file.clone().prop_map(Edit::Rename),
        file.prop_map(Edit::Nest),
    ]
}

#[test]
fn a_composed_object_has_the_bytes_of_the_archive() {
    let files = (1_usize..4_000_000, prop::bool::weighted(0.2));
    let files = prop::collection::vec(files, 6..12);
    let builds = prop::collection::vec(prop::collection::vec(edit(), 1..4), 1..4);
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    let composed = Cell::new(0);
    proptest!(ProptestConfig::with_cases(8), |(files in files, builds in builds)| {
        let mut tree: Tree = files.iter().zip(0_u64..).map(|((bytes, is_text), seed)| {
            let content = if *is_text {
                format!("line {seed} of a text\n").repeat(bytes / 20 + 1).into_bytes()
            } else {
                noise(*bytes, seed)
            };
            (format!("f{}/{seed}", seed % 3), content)
        }).collect();
        runtime.block_on(async {
            let sink = sink(&[]);
            send(&sink, &Folder::new(&tree)).await.unwrap();
            for (edits, build) in builds.iter().zip(1_u64..) {
                for (edit, place) in edits.iter().zip(0_u64..) {
                    edit.apply(&mut tree, 1000 * build + place);
                }
                sink.forget_requests();
                let folder = Folder::new(&tree);
                let (sent, _) = send(&sink, &folder).await.unwrap();
                prop_assert!(folder.is_whole_in(&sink));
                prop_assert!(sink.unfinished().is_empty());
                composed.set(composed.get() + usize::from(sent.reused_bytes > 0));
                let most = sent.uploaded_bytes.map_or(0, |bytes| bytes - sent.reused_bytes);
                let index = 60_000;
                prop_assert!(travelled(&sink) <= most + index);
            }
            Ok(())
        })?;
    });
    assert!(composed.get() > 0, "nothing was composed");
}
