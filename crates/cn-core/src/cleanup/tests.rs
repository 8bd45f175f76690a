//! Plans over random inventories, and deletions in an in-memory bucket.

mod bucket;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bucket::{BUCKET, Memory};
use proptest::prelude::*;

use super::facts::{ArtifactFacts, BucketFacts, BucketInStack, Export, Facts, Resource, StackTree};
use super::inventory::{self, Scope, Upload, Version};
use super::needs::Needs;
use super::objects;
use super::plan::{Blocker, Deletion, Plan, Reason, plan};
use super::request::{Artifacts, Request};
use crate::s3::{Bucket, BucketNames};
use crate::stack::{Pace, StackStatus};
use crate::timestamp::Timestamp;

const NOW: Timestamp = Timestamp(1_795_388_709_000);
const DAY_MS: i64 = 86_400_000;

fn pace() -> Pace {
    Pace::standard(None, 7)
}

fn artifacts(of_stack: bool, older_than: Option<u64>) -> Artifacts {
    Artifacts {
        buckets: BucketNames::Given(vec![bucket()]),
        of_stack: of_stack.then(|| "dev".parse().unwrap()),
        older_than: older_than.map(|days| Duration::from_hours(24 * days)),
        unfinished_after: std::time::Duration::from_hours(24),
        prefixes: Vec::new(),
        whole_prefixes: Vec::new(),
    }
}

fn bucket() -> Bucket {
    BUCKET.parse().unwrap()
}

fn key(number: usize) -> String {
    format!("{}{number:064x}.zip", ["", "dev/"][number % 2])
}

/// Days since the versions of an object were written, and the stacks that need it.
type Stored = (Vec<u8>, BTreeSet<&'static str>);

fn inventories() -> impl Strategy<Value = Vec<Stored>> {
    let users = prop::collection::btree_set(
        prop::sample::select(vec!["dev", "dev-net", "prod", "other"]),
        0..3,
    );
    let versions = prop::collection::vec(0u8..90, 1..4);
    prop::collection::vec((versions, users), 0..12)
}

fn version(days: u8, number: usize) -> Version {
    Version {
        id: format!("v{number}"),
        bytes: 10,
        modified: Timestamp(NOW.0 - i64::from(days) * DAY_MS),
        is_marker: number == 2,
    }
}

fn facts(stored: &[Stored], own: &[&str]) -> Facts {
    let mut objects = BTreeMap::new();
    for (number, (days, _)) in stored.iter().enumerate() {
        let versions = days.iter().enumerate();
        let versions: Vec<Version> = versions.map(|(at, days)| version(*days, at)).collect();
        objects.insert(key(number), versions);
    }
    let region = "cn-north-1".parse().unwrap();
    let mut needs = Needs::new(&region, &bucket(), objects.keys().map(String::as_str));
    for (number, (_, users)) in stored.iter().enumerate() {
        for user in users {
            needs.note_text(user, &key(number));
        }
    }
    Facts {
        now: NOW,
        stack: None,
        artifacts: Some(ArtifactFacts {
            buckets: vec![BucketFacts {
                bucket: bucket(),
                objects,
                uploads: Vec::new(),
                needs,
            }],
            own: own.iter().map(|name| (*name).to_owned()).collect(),
        }),
        parameters: Vec::new(),
        access: None,
        unseen: Vec::new(),
    }
}

proptest! {
    #[test]
    fn what_another_stack_needs_or_is_too_young_is_never_in_a_plan(
        stored in inventories(),
        of_stack in any::<bool>(),
        days in prop::option::of(0u64..90),
    ) {
        let own: &[&str] = if of_stack { &["dev", "dev-net"] } else { &[] };
        let facts = facts(&stored, own);
        let request = Request {
            artifacts: Some(artifacts(of_stack, days)),
            ..Request::default()
        };
        let plan = plan(&request, facts.clone());
        let found = &facts.artifacts.as_ref().unwrap().buckets[0].objects;
        for (number, (ages, users)) in stored.iter().enumerate() {
            let others = users.iter().any(|user| !own.contains(user));
            let is_own = users.iter().any(|user| own.contains(user));
            let youngest = u64::from(*ages.iter().min().unwrap());
            let is_old = days.is_some_and(|days| youngest >= days);
            let expected = match (others, is_own, is_old) {
                (true, ..) | (false, false, false) => None,
                (false, true, _) => Some(Reason::OfStack),
                (false, false, true) => Some(Reason::Old),
            };
            let mut planned = plan.objects.iter().filter(|it| it.key == key(number));
            let deletion = planned.next();
            prop_assert_eq!(deletion.map(|it| it.reason), expected);
            prop_assert!(planned.next().is_none());
            if let Some(deletion) = deletion {
                prop_assert_eq!(&deletion.versions, &found[&deletion.key]);
            }
        }
        prop_assert!(plan.objects.iter().all(|it| found.contains_key(&it.key)));
    }

    #[test]
    fn nothing_but_the_plan_is_deleted(
        stored in inventories(),
        page in 1usize..5,
        failing in prop::collection::vec(0usize..12, 0..3),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut memory = Memory::new(page);
            for (number, (days, _)) in stored.iter().enumerate() {
                for (at, days) in days.iter().enumerate() {
                    memory.put(&key(number), &version(*days, at));
                }
            }
            // Packaging did not make this key, so no run may delete it.
            memory.put("dev/readme.txt", &version(89, 0));
            let memory = memory.shared();
            let found = list(&memory).await;
            let mut facts = facts(&stored, &[]);
            let of_bucket = &mut facts.artifacts.as_mut().unwrap().buckets[0];
            prop_assert_eq!(&of_bucket.objects.keys().collect::<Vec<_>>(), &found.keys().collect::<Vec<_>>());
            of_bucket.objects = found;
            let request = Request {
                artifacts: Some(artifacts(false, Some(30))),
                ..Request::default()
            };
            let plan = plan(&request, facts);
            let before = memory.lock().unwrap().versions();
            let doomed: BTreeSet<(String, String)> = plan.objects.iter().flat_map(listed).collect();
            for number in failing {
                memory.lock().unwrap().refuse(&key(number));
            }
            // This version was written after the plan was made.
            memory.lock().unwrap().put(&key(0), &version(0, 9));
            let done = delete(&memory, &plan).await;
            let memory = memory.lock().unwrap();
            let after = memory.versions();
            let gone: BTreeSet<_> = before.difference(&after).cloned().collect();
            prop_assert!(gone.is_subset(&doomed), "{gone:?}");
            let refused: BTreeSet<_> =
                doomed.iter().filter(|(key, _)| memory.refused.contains(key)).cloned().collect();
            prop_assert_eq!(done.is_err(), !refused.is_empty());
            prop_assert_eq!(&(&doomed - &gone), &refused);
            prop_assert!(after.contains(&("dev/readme.txt".to_owned(), "v0".to_owned())));
            Ok(())
        })?;
    }
}

#[test]
fn an_index_stays_and_goes_with_its_archive() {
    let index = |of: usize| format!("dev/{:064x}.{of:064x}.delta", 99);
    // Archives: needed by a stack, old, young, and already deleted.
    let (needed, old, young, gone) = (1, 3, 5, 7);
    let stored = |days: u8, users: &[&'static str]| {
        (vec![days], users.iter().copied().collect::<BTreeSet<_>>())
    };
    let mut all = vec![stored(0, &["prod"]); 6];
    (all[needed], all[old], all[young]) = (stored(80, &["prod"]), stored(80, &[]), stored(2, &[]));
    let mut facts = facts(&all, &[]);
    let of_bucket = &mut facts.artifacts.as_mut().unwrap().buckets[0];
    for of in [needed, old, young, gone] {
        // An index is as young as the last upload of the same bytes.
        let days = if of == young { 80 } else { 40 };
        of_bucket.objects.insert(index(of), vec![version(days, 0)]);
    }
    let request = Request {
        artifacts: Some(artifacts(false, Some(30))),
        ..Request::default()
    };
    let plan = plan(&request, facts);
    let planned: Vec<&str> = plan.objects.iter().map(|it| it.key.as_str()).collect();
    assert_eq!(planned, [&key(old), &index(old), &index(gone)]);
}

fn listed(deletion: &Deletion) -> Vec<(String, String)> {
    let ids = deletion.versions.iter().map(|version| version.id.clone());
    ids.map(|id| (deletion.key.clone(), id)).collect()
}

async fn list(memory: &bucket::Shared) -> BTreeMap<String, Vec<Version>> {
    let (client, bucket) = (bucket::client(memory), bucket());
    let everything = Scope {
        prefixes: &[],
        whole_prefixes: &[],
    };
    let objects = bucket::objects(&client, &bucket);
    inventory::objects(objects, everything, &pace(), &mut |_| ())
        .await
        .unwrap()
}

async fn delete(memory: &bucket::Shared, plan: &Plan) -> Result<usize, super::CleanupError> {
    let (client, bucket) = (bucket::client(memory), bucket());
    let deletions: Vec<&Deletion> = plan.objects.iter().collect();
    let objects = bucket::objects(&client, &bucket);
    objects::delete(objects, &deletions, &pace(), &mut |_| ()).await
}

/// Returns a plan for everything in the bucket.
fn all_of(found: BTreeMap<String, Vec<Version>>) -> Plan {
    let deletion = |(key, versions)| Deletion {
        bucket: bucket(),
        key,
        versions,
        reason: Reason::Old,
    };
    Plan {
        objects: found.into_iter().map(deletion).collect(),
        ..Plan::default()
    }
}

#[tokio::test(start_paused = true)]
async fn five_thousand_versions_and_markers_go_in_requests_of_a_thousand() {
    let mut memory = Memory::new(1000);
    for number in 0..2500 {
        memory.put(&key(number), &version(40, 0));
        memory.put(&key(number), &version(39, 2));
    }
    let memory = memory.shared();
    let found = list(&memory).await;
    assert_eq!(found.len(), 2500);
    assert_eq!(delete(&memory, &all_of(found)).await.unwrap(), 5000);
    let memory = memory.lock().unwrap();
    assert_eq!(memory.versions().len(), 0);
    // 5,000 versions, in pages and requests of 1,000.
    assert_eq!(memory.requests["DeleteObjects"], 5);
    assert_eq!(memory.requests["ListObjectVersions"], 5);
}

#[tokio::test(start_paused = true)]
async fn passing_failures_of_single_versions_are_tried_again() {
    let mut memory = Memory::new(1000);
    for number in 0..10 {
        memory.put(&key(number), &version(40, 0));
    }
    memory.passing.insert(key(3), 2);
    memory.passing.insert(key(4), 1);
    memory.throttles = 3;
    let memory = memory.shared();
    let found = list(&memory).await;
    assert_eq!(delete(&memory, &all_of(found)).await.unwrap(), 10);
    let memory = memory.lock().unwrap();
    assert_eq!(memory.versions().len(), 0);
    // Three throttled requests, and three rounds.
    assert_eq!(memory.requests["DeleteObjects"], 6);
}

#[tokio::test(start_paused = true)]
async fn lasting_failures_are_told_and_do_not_keep_the_others() {
    let mut memory = Memory::new(1000);
    for number in 0..2000 {
        memory.put(&key(number), &version(40, 0));
    }
    memory.refuse(&key(7));
    let memory = memory.shared();
    let found = list(&memory).await;
    let error = delete(&memory, &all_of(found)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "1 of 2000 versions in bucket `bkt` were not deleted"
    );
    assert_eq!(memory.lock().unwrap().versions().len(), 1);
}

fn tree() -> StackTree {
    StackTree {
        name: "dev".parse().unwrap(),
        id: "arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/dev/1".to_owned(),
        status: StackStatus::CreateComplete,
        is_protected: false,
        parent: None,
        nested: vec!["dev-net".parse().unwrap()],
        resources: Vec::new(),
        exports: Vec::new(),
        templates: Vec::new(),
    }
}

fn planned(tree: StackTree, empty: &[&str]) -> Plan {
    let request = Request {
        stack: Some(tree.name.clone()),
        empty_buckets: empty.iter().map(|name| (*name).to_owned()).collect(),
        ..Request::default()
    };
    let mut facts = facts(&[], &[]);
    facts.artifacts = None;
    facts.stack = Some(tree);
    plan(&request, facts)
}

#[test]
fn what_is_in_the_way_of_a_stack_is_named_and_stops_the_plan() {
    let name = || tree().name;
    let blockers = |change: &dyn Fn(&mut StackTree)| {
        let mut tree = tree();
        change(&mut tree);
        let plan = planned(tree, &[]);
        let blockers = plan.blockers.clone();
        assert_eq!(plan.approve().is_err(), !blockers.is_empty());
        blockers
    };
    assert_eq!(blockers(&|_| ()), []);
    assert_eq!(
        blockers(&|tree| tree.is_protected = true),
        [Blocker::Protected(name())]
    );
    assert_eq!(
        blockers(&|tree| tree.status = StackStatus::UpdateInProgress),
        [Blocker::Busy(name(), StackStatus::UpdateInProgress)]
    );
    // An earlier run started the deletion, and this run follows it.
    assert_eq!(
        blockers(&|tree| tree.status = StackStatus::DeleteInProgress),
        []
    );
    assert_eq!(
        blockers(&|tree| tree.parent = Some(tree.id.replace("dev", "root"))),
        [Blocker::Nested(name(), "root".to_owned())]
    );
    let export = |importers: &[&str]| Export {
        name: "Vpc".to_owned(),
        importers: importers.iter().map(|name| (*name).to_owned()).collect(),
    };
    assert_eq!(
        blockers(&|tree| tree.exports = vec![export(&["dev-net", "prod"]), export(&["dev"])]),
        [Blocker::Imported {
            export: "Vpc".to_owned(),
            by: vec!["prod".to_owned()]
        }]
    );
}

#[test]
fn a_bucket_with_content_stops_the_plan_unless_it_is_named() {
    let with = |content: BucketInStack, is_kept: bool| {
        let mut tree = tree();
        tree.resources.push(Resource {
            path: "Net/Data".to_owned(),
            kind: "AWS::S3::Bucket".to_owned(),
            physical_id: Some(BUCKET.to_owned()),
            is_kept,
            is_snapshot: false,
            bucket: Some(content),
        });
        tree
    };
    let full = Blocker::BucketNotEmpty {
        path: "Net/Data".to_owned(),
        name: BUCKET.to_owned(),
    };
    assert_eq!(
        planned(with(BucketInStack::Full, false), &[]).blockers,
        [full]
    );
    assert_eq!(planned(with(BucketInStack::Empty, false), &[]).blockers, []);
    let objects = BTreeMap::from([("k".to_owned(), vec![version(1, 0)])]);
    let plan = planned(with(BucketInStack::ToEmpty(objects), false), &["Net/Data"]);
    assert_eq!((plan.blockers.len(), plan.emptied.len()), (0, 1));
    // A bucket that stays cannot be emptied, nor can a bucket that does not exist.
    let mut kept = with(BucketInStack::Empty, true);
    kept.resources[0].bucket = None;
    let unknown = planned(kept, &[BUCKET, "nobody"]).blockers;
    let expected = [BUCKET, "nobody"].map(|name| Blocker::NoSuchBucket(name.to_owned()));
    assert_eq!(unknown, expected);
}

#[test]
fn an_upload_in_progress_is_not_aborted() {
    let mut facts = facts(&[], &[]);
    let upload = |key: &str, hours: i64| Upload {
        key: key.to_owned(),
        id: "1".to_owned(),
        begun: Timestamp(NOW.0 - hours * 3_600_000),
    };
    let of_bucket = &mut facts.artifacts.as_mut().unwrap().buckets[0];
    of_bucket.uploads = vec![upload("young", 23), upload("old", 24)];
    let request = Request {
        artifacts: Some(artifacts(false, Some(0))),
        ..Request::default()
    };
    let plan = plan(&request, facts);
    let keys: Vec<&str> = plan.uploads.iter().map(|(_, it)| it.key.as_str()).collect();
    assert_eq!(keys, ["old"]);
}
