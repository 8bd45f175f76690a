//! The objects that are already in the bucket.

use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::super::key::ArtifactKey;
use super::super::plan::Upload;
use super::uploader::{Failed, Uploader};
use crate::call::{CallError, CallErrorKind, CallExt};

/// The result of a listing.
#[derive(Default)]
struct Listed {
    keys: BTreeSet<String>,
    /// The last listed key; `None` if the listing is complete.
    up_to: Option<String>,
}

impl Listed {
    /// Returns true if the listing shows whether this key exists.
    fn covers(&self, key: &ArtifactKey) -> bool {
        self.up_to
            .as_deref()
            .is_none_or(|last| key.as_str() <= last)
    }
}

impl Uploader<'_> {
    /// Returns the keys that are already in the bucket.
    ///
    /// Looks up a few keys one by one, in parallel. For many keys, lists the prefix, for at most as
    /// many pages as single lookups would take rounds. If listing is denied or too long, looks up
    /// the remaining keys one by one.
    pub(in super::super) async fn present(
        &self,
        uploads: &[Upload],
    ) -> Result<BTreeSet<ArtifactKey>, Failed> {
        if self.options.force {
            return Ok(BTreeSet::new());
        }
        let rounds = uploads.len().div_ceil(self.concurrency());
        let listed = if rounds > 1 {
            let keys: Vec<&ArtifactKey> = uploads.iter().map(|upload| &upload.key).collect();
            self.list(&keys, rounds)
                .await
                .map_err(|error| self.failed(&uploads[0], error.into()))?
        } else {
            None
        };
        let (told, asked): (Vec<&Upload>, Vec<&Upload>) = uploads.iter().partition(|upload| {
            listed
                .as_ref()
                .is_some_and(|listed| listed.covers(&upload.key))
        });
        let mut present: BTreeSet<ArtifactKey> = told
            .into_iter()
            .map(|upload| &upload.key)
            .filter(|key| {
                listed
                    .as_ref()
                    .is_some_and(|listed| listed.keys.contains(key.as_str()))
            })
            .cloned()
            .collect();
        let answers: Vec<Option<ArtifactKey>> = stream::iter(0..asked.len())
            .map(async |at| {
                let upload = asked[at];
                let is_present = self
                    .is_present(&upload.key)
                    .await
                    .map_err(|error| self.failed(upload, error.into()))?;
                Ok::<_, Failed>(is_present.then(|| upload.key.clone()))
            })
            .buffer_unordered(self.concurrency())
            .try_collect()
            .await?;
        present.extend(answers.into_iter().flatten());
        Ok(present)
    }

    /// Returns true if the bucket has an object. A denied lookup counts as absent.
    pub(super) async fn is_present(&self, key: &ArtifactKey) -> Result<bool, CallError> {
        let _permit = self.requests.acquire().await;
        self.objects.exists(key.as_str()).await
    }

    /// Lists the keys from the first of `keys`. `None` if listing is denied.
    async fn list(
        &self,
        keys: &[&ArtifactKey],
        most_pages: usize,
    ) -> Result<Option<Listed>, CallError> {
        let texts = || keys.iter().map(|key| key.as_str());
        let (Some(first), Some(last)) = (texts().min(), texts().max()) else {
            return Ok(None);
        };
        // A listing starts after the given key, and a prefix of a key sorts before the key.
        let before_first = &first[..first.len() - 1];
        let mut listed = Listed::default();
        let mut next = None;
        for _ in 0..most_pages {
            let answer = self
                .objects
                .client
                .list_objects_v2()
                .bucket(self.objects.bucket.as_str())
                .prefix(self.prefix.as_str())
                .set_start_after(next.is_none().then(|| before_first.to_owned()))
                .set_continuation_token(next)
                .set_expected_bucket_owner(self.objects.owner())
                .send()
                .await
                .call("s3", "ListObjectsV2");
            let page = match answer {
                Ok(page) => page,
                Err(error) if error.kind == CallErrorKind::Denied => return Ok(None),
                Err(error) => return Err(error),
            };
            listed.up_to = page
                .contents()
                .last()
                .and_then(|object| object.key())
                .map(str::to_owned);
            let found = page.contents.unwrap_or_default().into_iter();
            listed.keys.extend(found.filter_map(|object| object.key));
            let is_past = listed.up_to.as_deref().is_some_and(|key| key >= last);
            next = page.next_continuation_token;
            if is_past {
                return Ok(Some(listed));
            }
            if next.is_none() {
                listed.up_to = None;
                return Ok(Some(listed));
            }
        }
        Ok(Some(listed))
    }
}
