//! The objects that live stacks need.
//!
//! Two results are combined, and an object in either one stays: the table of artifact properties
//! ([`cn_template::artifact::located`]), and a search for the object's key in every text that
//! CloudFormation has about a stack. The search is deliberately generous: it finds a key that
//! packaging made by its digest alone, and any other key by its last part, in every escaped form.

use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::AhoCorasick;
use cn_template::artifact::{Located, Takes, located};
use cn_template::tree::Template;
use cn_template::{Region, Source};

use super::inventory::digest_of;
use crate::package::{DIGEST_LENGTH, base_in};
use crate::s3::Bucket;

/// The objects that stacks may need, and their users.
#[derive(Clone, Debug)]
pub(crate) struct Needs {
    region: Region,
    bucket: Bucket,
    /// Keys that packaging made, by the digest in them.
    by_digest: BTreeMap<String, Vec<String>>,
    /// All other keys, with a searcher for their names.
    others: Vec<String>,
    searcher: Option<AhoCorasick>,
    /// For each pattern of the searcher, the index in `others`.
    pattern_of: Vec<usize>,
    uses: BTreeMap<String, BTreeSet<String>>,
    /// Templates and texts outside the inventory, which may mention more keys.
    pointed_at: BTreeSet<Pointer>,
}

/// A text in the bucket that a template references, and the stack of that template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pointer {
    /// The user of the object.
    pub user: String,
    /// The key.
    pub key: String,
}

impl Needs {
    /// Creates the state in which no object is needed.
    ///
    /// * `region`: the region of the stacks.
    /// * `bucket`: the bucket with the objects.
    /// * `keys`: every key that may be deleted. Other keys are not searched for.
    pub(crate) fn new<'k>(
        region: &Region,
        bucket: &Bucket,
        keys: impl IntoIterator<Item = &'k str>,
    ) -> Self {
        let mut by_digest: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut others = Vec::new();
        for key in keys {
            match digest_of(key) {
                Some(digest) => {
                    let of_digest = by_digest.entry(digest.to_owned()).or_default();
                    of_digest.push(key.to_owned());
                }
                None => others.push(key.to_owned()),
            }
        }
        let mut patterns = Vec::new();
        let mut pattern_of = Vec::new();
        for (at, key) in others.iter().enumerate() {
            for spelling in spellings(name_of(key)) {
                patterns.push(spelling);
                pattern_of.push(at);
            }
        }
        // `None` if there are more names than the searcher supports: then all of them stay.
        let searcher = AhoCorasick::new(&patterns).ok();
        Self {
            region: region.clone(),
            bucket: bucket.clone(),
            by_digest,
            others,
            searcher,
            pattern_of,
            uses: BTreeMap::new(),
            pointed_at: BTreeSet::new(),
        }
    }

    /// Records all objects that a text mentions as needed by `user`.
    pub(crate) fn note_text(&mut self, user: &str, text: &str) {
        self.note_mentions(user, text, &BTreeMap::new());
    }

    /// Records all objects that a template references or mentions as needed by `user`.
    ///
    /// A digest that occurs only in locations of other buckets is not a mention: stages with their
    /// own buckets run the same code.
    pub(crate) fn note_template(&mut self, user: &str, text: &str) {
        let parsed = Template::parse(&Source::new(user, text));
        let template = parsed.template.as_ref();
        let found = template.map(|template| located(template, &self.region, &[]));
        // If aliases were expanded, the occurrences in the text cannot be counted.
        let is_as_written = template.is_some_and(|it| it.source().text() == text);
        let mut elsewhere: BTreeMap<String, usize> = BTreeMap::new();
        for Located { location, takes } in found.unwrap_or_default() {
            if location.bucket == self.bucket.as_str() {
                if self.has(&location.key) {
                    note(&mut self.uses, &location.key, user);
                }
                if matches!(takes, Takes::Template | Takes::Text(_)) {
                    self.pointed_at.insert(Pointer {
                        user: user.to_owned(),
                        key: location.key,
                    });
                }
            } else if is_as_written && let Some(digest) = digest_of(&location.key) {
                *elsewhere.entry(digest.to_owned()).or_default() += 1;
            }
        }
        self.note_mentions(user, text, &elsewhere);
    }

    /// Records the keys that a text mentions as needed by `user`.
    ///
    /// * `elsewhere`: the number of locations in other buckets that contain each digest.
    fn note_mentions(&mut self, user: &str, text: &str, elsewhere: &BTreeMap<String, usize>) {
        let mut mentions: BTreeMap<&str, usize> = BTreeMap::new();
        for digest in digests(text) {
            *mentions.entry(digest).or_default() += 1;
        }
        for (digest, count) in mentions {
            if elsewhere.get(digest).is_some_and(|others| count <= *others) {
                continue;
            }
            for key in self.by_digest.get(digest).into_iter().flatten() {
                note(&mut self.uses, key, user);
            }
        }
        let Some(searcher) = &self.searcher else {
            for key in &self.others {
                note(&mut self.uses, key, user);
            }
            return;
        };
        for found in searcher.find_overlapping_iter(text) {
            let at = self.pattern_of[found.pattern().as_usize()];
            note(&mut self.uses, &self.others[at], user);
        }
    }

    /// Returns true if the object is in the inventory, and may be deleted if unneeded.
    fn has(&self, key: &str) -> bool {
        let of_digest = digest_of(key).map(|digest| self.by_digest.get(digest));
        let keys = of_digest.map_or(Some(&self.others), |keys| keys);
        keys.is_some_and(|keys| keys.iter().any(|known| known == key))
    }

    /// Returns the users of an object; empty if there are none.
    pub(crate) fn users(&self, key: &str) -> impl Iterator<Item = &str> {
        let users = self.uses.get(self.subject(key)).into_iter().flatten();
        users.map(String::as_str)
    }

    /// Returns the key of the object that decides if another is deleted.
    ///
    /// An index of packaging stays or is deleted with the object that it describes. If that object
    /// does not exist, the index is treated like any other object.
    pub(super) fn subject<'k>(&'k self, key: &'k str) -> &'k str {
        let name = name_of(key);
        let of_digest = base_in(name).and_then(|digest| self.by_digest.get(digest));
        let mut objects = of_digest.into_iter().flatten();
        let folder = key.strip_suffix(name);
        let found = objects.find(|it| it.strip_suffix(name_of(it)) == folder);
        found.map_or(key, String::as_str)
    }

    /// Returns the texts in the bucket that may mention more keys.
    ///
    /// These are the texts that templates reference, and the needed objects that are not archives.
    pub(super) fn texts(&self) -> BTreeSet<Pointer> {
        let of_inventory = self.uses.iter().flat_map(|(key, users)| {
            users.iter().map(move |user| Pointer {
                user: user.clone(),
                key: key.clone(),
            })
        });
        let texts = of_inventory.filter(|pointer| !is_archive(&pointer.key));
        texts.chain(self.pointed_at.iter().cloned()).collect()
    }
}

fn note(all: &mut BTreeMap<String, BTreeSet<String>>, key: &str, user: &str) {
    if let Some(users) = all.get_mut(key) {
        if !users.contains(user) {
            users.insert(user.to_owned());
        }
    } else {
        all.insert(key.to_owned(), BTreeSet::from([user.to_owned()]));
    }
}

/// Returns the last part of a key; for the marker of a folder, the folder's name.
fn name_of(key: &str) -> &str {
    let key = key.trim_end_matches('/');
    key.rsplit('/').next().unwrap_or(key)
}

/// Returns the forms of a name in texts: plain, in JSON, in a URL.
fn spellings(name: &str) -> BTreeSet<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~!*'()".contains(&byte);
    let encoded: String = name
        .bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect();
    let json = serde_json::Value::from(name).to_string();
    let json = json.trim_matches('"').to_owned();
    let spelled = [name.to_owned(), encoded, json];
    spelled
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect()
}

/// Returns every run of as many hexadecimal digits as a digest has.
fn digests(text: &str) -> impl Iterator<Item = &str> {
    let is_hex = |letter: char| matches!(letter, '0'..='9' | 'a'..='f');
    let runs = text.split(move |letter| !is_hex(letter));
    runs.flat_map(|run| (DIGEST_LENGTH..=run.len()).map(|end| &run[end - DIGEST_LENGTH..end]))
}

/// Returns true if an object is an archive, which mentions no keys.
fn is_archive(key: &str) -> bool {
    const ARCHIVES: [&str; 9] = ["zip", "jar", "war", "whl", "egg", "gz", "tgz", "tar", "bz2"];
    let extension = name_of(key)
        .rsplit_once('.')
        .map(|(_, extension)| extension);
    extension.is_some_and(|extension| {
        ARCHIVES
            .iter()
            .any(|archive| archive.eq_ignore_ascii_case(extension))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(letter: char) -> String {
        letter.to_string().repeat(DIGEST_LENGTH)
    }

    fn needed(keys: &[&str], text: &str) -> Vec<String> {
        let region = "cn-north-1".parse().unwrap();
        let mut needs = Needs::new(&region, &"bkt".parse().unwrap(), keys.iter().copied());
        needs.note_template("orders", text);
        let is_needed = |key: &&&str| needs.users(key).next() == Some("orders");
        keys.iter()
            .filter(is_needed)
            .map(|key| (*key).to_owned())
            .collect()
    }

    #[test]
    fn a_digest_keeps_its_object_wherever_it_stands() {
        let key = format!("p/{}.zip", digest('a'));
        for text in [
            format!("Code: {{S3Key: {key}}}"),
            format!("https://b/p%2F{}.zip", digest('a')),
            format!("!Sub \"${{Prefix}}{}${{Suffix}}\"", digest('a')),
            format!(r#"{{"x": "{}"}}"#, digest('a')),
            format!("# {}", digest('a')),
            // In a longer run of digits, the digest may begin anywhere.
            format!("00{}11", digest('a')),
        ] {
            assert_eq!(needed(&[&key], &text).concat(), key, "{text}");
        }
        for text in [
            digest('b'),
            digest('a')[1..].to_owned(),
            digest('A'),
            String::new(),
        ] {
            assert_eq!(needed(&[&key], &text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_location_in_another_bucket_is_no_mention() {
        let key = format!("{}.zip", digest('a'));
        let function = |bucket: &str| {
            format!(
                "  {bucket}: {{Type: AWS::Lambda::Function, Properties: {{Code: {{S3Bucket: {bucket}, S3Key: {key}}}}}}}\n"
            )
        };
        let needs = |text: String| !needed(&[&key], &text).is_empty();
        let (here, there) = (function("bkt"), function("other"));
        assert!(!needs(format!("Resources:\n{there}")));
        assert!(needs(format!("Resources:\n{here}")));
        assert!(needs(format!("Resources:\n{there}{here}")));
        assert!(needs(format!("# {key}\nResources:\n{there}")));
        let joined = function("x").replace("S3Bucket: x", "S3Bucket: !Ref Bucket");
        assert!(needs(format!("Resources:\n{there}{joined}")));
        // An alias occurs in one place and yields two locations.
        let aliased = format!(
            "Resources:\n{}  B: *a\n# {key}",
            there.replace("other: {", "other: &a {")
        );
        assert!(needs(aliased));
    }

    #[test]
    fn any_other_object_is_kept_by_its_name() {
        let keys = ["site/a b.html", "site/字.txt", "tools/setup.sh", "lib/"];
        let all = |text: &str| needed(&keys, text);
        assert_eq!(all("Url: https://b/site/a%20b.html"), ["site/a b.html"]);
        assert_eq!(
            all("!Join ['', [s3://b/, site, '/a b.html']]"),
            ["site/a b.html"]
        );
        assert_eq!(all("x: %E5%AD%97.txt"), ["site/字.txt"]);
        assert_eq!(all("curl s3://b/other/setup.sh"), ["tools/setup.sh"]);
        assert_eq!(all("from lib import x"), ["lib/"]);
        assert_eq!(all("nothing"), [""; 0]);
    }

    #[test]
    fn what_templates_point_at_is_to_be_read_too() {
        let nested = format!("{}.template", digest('a'));
        let archive = format!("{}.zip", digest('b'));
        let text = format!(
            "Resources:\n  N: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: \
             https://s3.cn-north-1.amazonaws.com.cn/bkt/{nested}}}}}\n  F: {{Type: \
             AWS::Serverless::Function, Properties: {{CodeUri: s3://bkt/{archive}}}}}\n  O: {{Type: \
             AWS::CloudFormation::Stack, Properties: {{TemplateURL: \
             https://s3.cn-north-1.amazonaws.com.cn/bkt/other/net.yaml}}}}\n"
        );
        let region = "cn-north-1".parse().unwrap();
        let mut needs = Needs::new(
            &region,
            &"bkt".parse().unwrap(),
            [nested.as_str(), archive.as_str()],
        );
        needs.note_template("orders", &text);
        let texts = needs.texts();
        let keys: Vec<&str> = texts.iter().map(|it| it.key.as_str()).collect();
        assert_eq!(keys, [nested.as_str(), "other/net.yaml"]);
    }
}
