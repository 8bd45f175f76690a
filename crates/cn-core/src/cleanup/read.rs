//! Reads the inventory.

use std::collections::BTreeSet;

use super::access::{self, AccessFacts, Stored};
use super::error::CleanupError;
use super::facts::{ArtifactFacts, BucketFacts, BucketInStack, Facts, StackTree, Unseen};
use super::inventory::{self, Scope};
use super::needs::{Needs, Pointer};
use super::outcome::Event;
use super::patience::patiently;
use super::request::{Access, Artifacts, Request};
use super::stacks::{Described, Reader};
use super::tree;
use crate::call::{CallError, CallErrorKind, CallExt as _};
use crate::parameter::{ParameterName, read_present};
use crate::s3::{Bucket, BucketNames, Objects, Prefix};
use crate::session::{Identity, KeyStore, Session, SessionError, Target, VerifyError};
use crate::stack::{self, Pace};
use crate::timestamp::Timestamp;

/// Bytes of a text in S3 that are searched.
///
/// # Source
///
/// CloudFormation user guide, "Quotas": a template in S3 has at most 1 MB.
const LARGEST_TEXT: u64 = 1024 * 1024;

/// Reads all facts that a cleanup is planned from. Deletes nothing.
///
/// Verifies the target identity before it reads anything in the target.
///
/// * `now`: the current time, which the age of artifacts is measured from.
/// * `on_event`: called only for failed attempts at requests.
///
/// Cost: for artifacts, one listing of the bucket and about six requests for each stack of the
/// region.
///
/// # Errors
///
/// [`CleanupError`] if a part cannot be read: a plan is never based on an incomplete inventory.
pub async fn read(
    session: &Session,
    request: &Request,
    now: Timestamp,
    pace: &Pace,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<Facts, CleanupError> {
    let mut facts = Facts {
        now,
        stack: None,
        artifacts: None,
        parameters: present(session, &request.parameters).await?,
        access: None,
        unseen: Vec::new(),
    };
    let stored = match &request.access {
        Some(Access::Key(store)) => {
            Some((store, access::stored(session.home().await?, store).await?))
        }
        _ => None,
    };
    let needs_target =
        request.stack.is_some() || request.artifacts.is_some() || request.access.is_some();
    if !needs_target {
        return Ok(facts);
    }
    if is_out_of_reach(session, stored.as_ref()).await? {
        let left = stored.map(|(_, stored)| stored.without_key());
        facts.access = left.map(AccessFacts::Key);
        facts.unseen.push(Unseen::Target);
        return Ok(facts);
    }
    let caller = session.verify_target().await?;
    let target = session.target().await?;
    let mut told = |event| on_event(Event::Stack(event));
    facts.access = match (&request.access, stored) {
        (Some(Access::Role(arn)), _) => {
            let role = access::role(target, arn, caller).await?;
            role.map(AccessFacts::Role)
        }
        (_, Some((_, stored))) => Some(AccessFacts::Key(access::key(target, stored).await?)),
        _ => None,
    };
    let look = TargetReader {
        session,
        target,
        pace,
    };
    if request.stack.is_some() {
        facts.stack = look.stack(request, &mut told).await?;
    }
    if let Some(artifacts) = &request.artifacts {
        let buckets = look
            .buckets(request, &artifacts.buckets, &mut facts.unseen)
            .await?;
        let found = look.artifacts(artifacts, buckets, facts.stack.as_ref(), &mut told);
        facts.artifacts = Some(found.await?);
    }
    Ok(facts)
}

/// Returns the parameters that exist.
async fn present(
    session: &Session,
    names: &[ParameterName],
) -> Result<Vec<ParameterName>, CleanupError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let home = session.home().await?;
    let values = read_present(home.ssm(), home.region(), names).await?;
    let found = std::iter::zip(names, values).filter(|(_, value)| value.is_some());
    Ok(found.map(|(name, _)| name.clone()).collect())
}

/// Returns true if an earlier run deleted the key that would sign.
///
/// In that case its parameters no longer exist, or they are marked and the key is refused.
async fn is_out_of_reach(
    session: &Session,
    stored: Option<&(&KeyStore, Stored)>,
) -> Result<bool, CleanupError> {
    let Some((store, stored)) = stored else {
        return Ok(false);
    };
    if stored.is_absent() {
        return Ok(*session.identity() == Identity::Parameters((*store).clone()));
    }
    if !stored.is_marked {
        return Ok(false);
    }
    match session.verify_target().await {
        Ok(_) => Ok(false),
        Err(SessionError::Verify { source, .. }) if is_refusal(&source) => Ok(true),
        // Only one of the two parameters is left.
        Err(SessionError::Keys { .. } | SessionError::Key(_)) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

fn is_refusal(error: &VerifyError) -> bool {
    matches!(error, VerifyError::Call(call) if call.kind == CallErrorKind::Credentials)
}

/// A reader of the target.
pub(super) struct TargetReader<'a> {
    pub(super) session: &'a Session,
    pub(super) target: &'a Target,
    pub(super) pace: &'a Pace,
}

impl TargetReader<'_> {
    pub(super) fn objects<'b>(&'b self, bucket: &'b Bucket) -> Objects<'b> {
        Objects {
            client: self.target.s3(),
            bucket,
            owner: self.session.account(),
            kms_key_id: None,
            sse: None,
        }
    }

    async fn stack(
        &self,
        request: &Request,
        on_event: &mut (dyn FnMut(stack::Event) + Send),
    ) -> Result<Option<StackTree>, CleanupError> {
        let Some(name) = &request.stack else {
            return Ok(None);
        };
        let client = self.target.cloudformation();
        let tree = tree::read(client, name, self.pace, on_event).await;
        let tree = tree.map_err(|source| CleanupError::ReadStack {
            stack: name.clone(),
            source,
        })?;
        let Some(mut tree) = tree else {
            return Ok(None);
        };
        for resource in &mut tree.resources {
            let bucket = resource
                .physical_id
                .as_deref()
                .and_then(|id| id.parse::<Bucket>().ok());
            let Some(bucket) = bucket.filter(|it| resource.is_deleted_bucket(it.as_str())) else {
                continue;
            };
            let named = [bucket.as_str(), resource.path.as_str()];
            let is_to_empty = named
                .iter()
                .any(|name| request.empty_buckets.contains(*name));
            let content = self.content(&bucket, is_to_empty, on_event).await?;
            resource.bucket = Some(content);
        }
        Ok(Some(tree))
    }

    async fn content(
        &self,
        bucket: &Bucket,
        is_to_empty: bool,
        on_event: &mut (dyn FnMut(stack::Event) + Send),
    ) -> Result<BucketInStack, CleanupError> {
        let content = if is_to_empty {
            let everything = Scope {
                prefixes: &[],
                whole_prefixes: &[Prefix::default()],
            };
            let found = inventory::objects(self.objects(bucket), everything, self.pace, on_event);
            found.await.map(BucketInStack::ToEmpty)
        } else {
            self.is_empty(bucket, on_event).await.map(|is_empty| {
                if is_empty {
                    BucketInStack::Empty
                } else {
                    BucketInStack::Full
                }
            })
        };
        match content {
            Err(error) if error.has_code("NoSuchBucket") => Ok(BucketInStack::Empty),
            other => other.map_err(|source| CleanupError::ReadBucket {
                bucket: bucket.clone(),
                source,
            }),
        }
    }

    async fn is_empty(
        &self,
        bucket: &Bucket,
        on_event: &mut (dyn FnMut(stack::Event) + Send),
    ) -> Result<bool, CallError> {
        let objects = self.objects(bucket);
        let request = objects
            .client
            .list_object_versions()
            .bucket(bucket.as_str())
            .max_keys(1)
            .set_expected_bucket_owner(objects.owner());
        let page = patiently(self.pace, on_event, async || {
            let answer = request.clone().send().await;
            answer.call("s3", "ListObjectVersions")
        })
        .await?;
        Ok(page.versions().is_empty() && page.delete_markers().is_empty())
    }

    /// Returns the buckets of artifacts.
    ///
    /// A parameter that is to be deleted anyway may be missing, because an earlier run deleted it.
    async fn buckets(
        &self,
        request: &Request,
        names: &BucketNames,
        unseen: &mut Vec<Unseen>,
    ) -> Result<Vec<Bucket>, CleanupError> {
        let BucketNames::Parameters(parameters) = names else {
            return Ok(names.read(self.session).await?);
        };
        let existing = present(self.session, parameters).await?;
        let is_missing =
            |name: &&ParameterName| request.parameters.contains(name) && !existing.contains(name);
        let missing: Vec<ParameterName> = parameters.iter().filter(is_missing).cloned().collect();
        let rest = parameters.iter().filter(|name| !missing.contains(name));
        let rest = BucketNames::Parameters(rest.cloned().collect());
        unseen.extend(missing.into_iter().map(Unseen::Bucket));
        Ok(rest.read(self.session).await?)
    }

    /// Lists the buckets first and reads the stacks afterwards.
    ///
    /// A stack that is created in the meantime can only need more objects.
    async fn artifacts(
        &self,
        request: &Artifacts,
        buckets: Vec<Bucket>,
        tree: Option<&StackTree>,
        on_event: &mut (dyn FnMut(stack::Event) + Send),
    ) -> Result<ArtifactFacts, CleanupError> {
        let mut own = BTreeSet::new();
        let mut deleted = None;
        if let (Some(name), Some(tree)) = (&request.of_stack, tree) {
            own.insert(name.to_string());
            own.extend(tree.nested.iter().map(ToString::to_string));
        } else if let Some(name) = &request.of_stack {
            // A live stack that is not being deleted keeps the objects that it needs.
            let client = self.target.cloudformation();
            let live = tree::describe(client, name.as_str(), self.pace, on_event).await;
            if live.map_err(CleanupError::ReadNeeds)?.is_none() {
                own.insert(name.to_string());
                deleted = Some(name);
            }
        }
        let scope = Scope {
            prefixes: &request.prefixes,
            whole_prefixes: &request.whole_prefixes,
        };
        let mut found = Vec::new();
        for bucket in buckets {
            let failed = |source| CleanupError::ReadBucket {
                bucket: bucket.clone(),
                source,
            };
            let of_bucket = self.objects(&bucket);
            let objects = inventory::objects(of_bucket, scope, self.pace, on_event);
            let objects = objects.await.map_err(failed)?;
            let uploads = inventory::uploads(of_bucket, scope, self.pace, on_event);
            let uploads = uploads.await.map_err(failed)?;
            let needs = Needs::new(
                self.target.region(),
                &bucket,
                objects.keys().map(String::as_str),
            );
            found.push(BucketFacts {
                bucket,
                objects,
                uploads,
                needs,
            });
        }
        let reader = Reader {
            client: self.target.cloudformation(),
            pace: self.pace,
        };
        let is_needed = found.iter().any(|bucket| !bucket.objects.is_empty());
        if is_needed {
            let described = reader.all(deleted, on_event).await;
            let described = described.map_err(CleanupError::ReadNeeds)?;
            for bucket in &mut found {
                let BucketFacts { bucket, needs, .. } = bucket;
                self.note(bucket, &described, needs, on_event).await?;
            }
        }
        Ok(ArtifactFacts {
            buckets: found,
            own,
        })
    }

    /// Records the objects of a bucket that stacks need.
    ///
    /// This includes objects that are mentioned in texts that the stacks reference.
    pub(super) async fn note(
        &self,
        bucket: &Bucket,
        described: &[Described],
        needs: &mut Needs,
        on_event: &mut (dyn FnMut(stack::Event) + Send),
    ) -> Result<(), CleanupError> {
        for stack in described {
            stack.note(needs);
        }
        let mut read = BTreeSet::new();
        loop {
            let unread = needs.texts();
            let unread: Vec<Pointer> = unread.difference(&read).cloned().collect();
            if unread.is_empty() {
                return Ok(());
            }
            for pointer in unread {
                let text = self.text(bucket, &pointer.key, on_event).await;
                if let Some(text) = text.map_err(CleanupError::ReadNeeds)? {
                    needs.note_template(&pointer.user, &text);
                }
                read.insert(pointer);
            }
        }
    }

    /// Returns the beginning of an object. `None` if it does not exist.
    async fn text(
        &self,
        bucket: &Bucket,
        key: &str,
        on_event: &mut (dyn FnMut(stack::Event) + Send),
    ) -> Result<Option<String>, CallError> {
        let objects = self.objects(bucket);
        let request = objects
            .client
            .get_object()
            .bucket(bucket.as_str())
            .key(key)
            .range(format!("bytes=0-{}", LARGEST_TEXT - 1))
            .set_expected_bucket_owner(objects.owner());
        let answer = patiently(self.pace, on_event, async || {
            let answer = request.clone().send().await.call("s3", "GetObject")?;
            let body = answer.body.collect().await;
            body.map_err(|error| CallError::broken_off("s3", "GetObject", error))
        });
        match answer.await {
            Ok(body) => Ok(Some(
                String::from_utf8_lossy(&body.into_bytes()).into_owned(),
            )),
            Err(error) if error.kind == CallErrorKind::NotFound => Ok(None),
            // A range of an empty object cannot be read.
            Err(error) if error.has_code("InvalidRange") => Ok(None),
            Err(error) => Err(error),
        }
    }
}
