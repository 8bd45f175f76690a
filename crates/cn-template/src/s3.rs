//! Objects in S3, in the forms that templates and people write.
//!
//! Sources of the forms: Amazon S3 user guide, "Virtual hosting of buckets".

use std::fmt;

use crate::partition::{Partition, Region};

/// An object in S3.
///
/// The bucket is plain text: a template may name any bucket, including one whose name newer rules
/// forbid.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct S3Location {
    /// The bucket's name.
    pub bucket: String,
    /// The object's key, not encoded.
    pub key: String,
    /// The object's version; `None` for the newest.
    pub version: Option<String>,
}

/// An error for an address that does not name an object in S3.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{address}` {why}")]
pub struct LocationError {
    /// The address, without its query, which may be a signature.
    pub address: String,
    /// The reason; a fragment.
    pub why: String,
}

impl S3Location {
    /// Parses `s3://bucket/key`, with an optional `?versionId=…`; `None` for any other text.
    ///
    /// Reads the text as CloudFormation does in a property.
    pub fn of_uri(text: &str) -> Option<Self> {
        let (bucket, rest) = text.strip_prefix("s3://")?.split_once('/')?;
        let (key, query) = rest.split_once('?').unwrap_or((rest, ""));
        if bucket.is_empty() || key.is_empty() {
            return None;
        }
        let mut versions = query
            .split('&')
            .filter_map(|part| part.strip_prefix("versionId="));
        let version = versions
            .next()
            .filter(|_| versions.next().is_none())
            .map(str::to_owned);
        Some(Self {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            version,
        })
    }

    /// Parses `s3://BUCKET/KEY` or an `https://` address of S3; `None` if the text is a path.
    ///
    /// Both forms may have `?versionId=`.
    ///
    /// * `region`: the stack's region. CloudFormation fetches only from its own partition.
    ///
    /// # Errors
    ///
    /// [`LocationError`] for an address that names no object in the region's partition.
    ///
    /// # Examples
    ///
    /// ```
    /// use cn_template::s3::S3Location;
    /// let region = "cn-north-1".parse()?;
    /// let address = "https://b.s3.cn-north-1.amazonaws.com.cn/t/a%20b.yaml";
    /// let location = S3Location::of_address(address, &region).expect("no path")?;
    /// assert_eq!((location.bucket.as_str(), location.key.as_str()), ("b", "t/a b.yaml"));
    /// assert_eq!(S3Location::of_address("packaged.yaml", &region), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of_address(text: &str, region: &Region) -> Option<Result<Self, LocationError>> {
        let (address, query) = match text.split_once('?') {
            Some((address, query)) => (address, Some(query)),
            None => (text, None),
        };
        let is_secure = address.starts_with("https://");
        if !is_secure && !address.starts_with("s3://") {
            let is_plain = address.starts_with("http://");
            return is_plain.then(|| {
                Err(refuse(
                    address,
                    "is not fetched over `http`; use `https://` or `s3://`",
                ))
            });
        }
        let version = match query.map(|query| query.strip_prefix("versionId=")) {
            None => None,
            Some(Some(version)) if !version.is_empty() && !version.contains('&') => {
                Some(version.to_owned())
            }
            Some(_) => {
                return Some(Err(refuse(
                    address,
                    "has a query other than `versionId`; CloudFormation does not accept presigned URLs",
                )));
            }
        };
        let place = if is_secure {
            of_https(address, region)
        } else {
            let rest = address.trim_start_matches("s3://");
            rest.split_once('/')
                .map(|(bucket, key)| (bucket.to_owned(), key.to_owned()))
                .ok_or_else(|| refuse(address, "contains no object key"))
        };
        Some(place.and_then(|(bucket, key)| {
            if bucket.is_empty() || key.is_empty() || key.ends_with('/') {
                return Err(refuse(address, "contains no object key"));
            }
            Ok(Self {
                bucket,
                key,
                version,
            })
        }))
    }

    /// Returns the URL that CloudFormation receives.
    pub fn url(&self, region: &Region) -> String {
        let url = region.s3_url(&self.bucket, &self.key);
        match &self.version {
            Some(version) => format!("{url}?versionId={version}"),
            None => url,
        }
    }
}

/// Formats the location as `s3://bucket/key`, without the version.
impl fmt::Display for S3Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}

fn refuse(address: &str, why: &str) -> LocationError {
    LocationError {
        address: address.to_owned(),
        why: why.to_owned(),
    }
}

/// Returns the bucket and key of an address that has the bucket in the host or in the path.
fn of_https(address: &str, region: &Region) -> Result<(String, String), LocationError> {
    let rest = address.trim_start_matches("https://");
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let partition = region.partition();
    let of_partition = |partition: Partition| host.strip_suffix(partition.dns_suffix());
    let Some(service) = of_partition(partition) else {
        let why = match Partition::ALL
            .into_iter()
            .find(|it| of_partition(*it).is_some())
        {
            Some(other) => format!("is in partition `{other}`, but the stack is in `{partition}`"),
            None => "is not an S3 address".to_owned(),
        };
        return Err(refuse(address, &why));
    };
    let labels: Vec<&str> = service.trim_end_matches('.').split('.').collect();
    // The label of the service, after those of the bucket, whose name may have dots itself.
    let is_s3 = |label: &str| label == "s3" || label.starts_with("s3-");
    let Some(at) = labels.iter().rposition(|label| is_s3(label)) else {
        return Err(refuse(address, "is not an S3 address"));
    };
    let path = decoded(path);
    if at > 0 {
        return Ok((labels[..at].join("."), path));
    }
    path.split_once('/')
        .map(|(bucket, key)| (bucket.to_owned(), key.to_owned()))
        .ok_or_else(|| refuse(address, "contains no object key"))
}

/// Decodes percent-encoding; malformed sequences stay as they are.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        if let (b'%', Some(byte)) = (first, byte) {
            bytes.push(byte);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        let region = "cn-north-1".parse().unwrap();
        match S3Location::of_address(text, &region) {
            None => "path".to_owned(),
            Some(Ok(it)) => format!(
                "{} {} {}",
                it.bucket,
                it.key,
                it.version.unwrap_or_default()
            ),
            Some(Err(error)) => error.to_string(),
        }
    }

    #[test]
    fn every_form_of_address_is_known() {
        let suffix = "amazonaws.com.cn";
        for address in [
            "s3://b.c/t/a b.yaml".to_owned(),
            format!("https://b.c.s3.cn-north-1.{suffix}/t/a%20b.yaml"),
            format!("https://b.c.s3.{suffix}/t/a%20b.yaml"),
            format!("https://s3.cn-north-1.{suffix}/b.c/t/a%20b.yaml"),
            format!("https://s3.dualstack.cn-north-1.{suffix}/b.c/t/a%20b.yaml"),
            format!("https://s3-cn-north-1.{suffix}/b.c/t/a%20b.yaml"),
        ] {
            assert_eq!(said(&address), "b.c t/a b.yaml ", "{address}");
        }
        assert_eq!(said("s3://b/k?versionId=v1"), "b k v1");
        for path in ["packaged.yaml", "./s3:/x", "C:\\t.yaml"] {
            assert_eq!(said(path), "path");
        }
    }

    #[test]
    fn what_cannot_be_fetched_is_said() {
        assert_eq!(
            said("https://s3.us-east-1.amazonaws.com/b/k"),
            "`https://s3.us-east-1.amazonaws.com/b/k` is in partition `aws`, but the stack is in `aws-cn`"
        );
        assert_eq!(
            said("https://example.com/k"),
            "`https://example.com/k` is not an S3 address"
        );
        assert_eq!(said("s3://b"), "`s3://b` contains no object key");
        assert_eq!(
            said("s3://b/folder/"),
            "`s3://b/folder/` contains no object key"
        );
        let signed = said("https://s3.cn-north-1.amazonaws.com.cn/b/k?X-Amz-Signature=5ec2e7");
        assert!(signed.contains("has a query other than") && !signed.contains("5ec2e7"));
        assert!(said("http://s3.cn-north-1.amazonaws.com.cn/b/k").contains("`http`"));
    }

    #[test]
    fn locations_are_read_as_the_services_read_them() {
        let location = |text| S3Location::of_uri(text).map(|at| (at.bucket, at.key, at.version));
        let some = |key: &str, version: Option<&str>| {
            Some(("b".to_owned(), key.to_owned(), version.map(str::to_owned)))
        };
        assert_eq!(
            location("s3://b/k/a.zip?versionId=v1"),
            some("k/a.zip", Some("v1"))
        );
        assert_eq!(
            location("s3://b/k?versionId=1&versionId=2"),
            some("k", None)
        );
        assert_eq!(location("s3://b"), None);
        assert_eq!(location("s3://b/"), None);
        assert_eq!(location("./src"), None);
    }
}
