//! Regions, partitions, ARNs, and the addresses derived from them.
//!
//! This is the only module that knows the names that a partition uses. It decides from names alone
//! and does not check that a region *exists*.
//!
//! # Source
//!
//! botocore 1.43.11 `partitions.json` for identifiers, region patterns and
//! suffixes; region-info 2.269.0 of the CDK for console hosts.

use std::fmt;
use std::str::FromStr;

/// A set of regions with its own accounts, ARNs and hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Partition {
    /// The commercial regions outside China, `aws`.
    Aws,
    /// Beijing and Ningxia, `aws-cn`.
    AwsCn,
    /// GovCloud, `aws-us-gov`.
    AwsUsGov,
    /// The European sovereign cloud, `aws-eusc`.
    AwsEusc,
    /// US ISO, `aws-iso`.
    AwsIso,
    /// US ISOB, `aws-iso-b`.
    AwsIsoB,
    /// EU ISOE, `aws-iso-e`.
    AwsIsoE,
    /// US ISOF, `aws-iso-f`.
    AwsIsoF,
}

impl Partition {
    /// All known partitions.
    pub const ALL: [Self; 8] = [
        Self::Aws,
        Self::AwsCn,
        Self::AwsUsGov,
        Self::AwsEusc,
        Self::AwsIso,
        Self::AwsIsoB,
        Self::AwsIsoE,
        Self::AwsIsoF,
    ];

    /// Returns the identifier: the second field of an ARN and the value of `AWS::Partition`.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsCn => "aws-cn",
            Self::AwsUsGov => "aws-us-gov",
            Self::AwsEusc => "aws-eusc",
            Self::AwsIso => "aws-iso",
            Self::AwsIsoB => "aws-iso-b",
            Self::AwsIsoE => "aws-iso-e",
            Self::AwsIsoF => "aws-iso-f",
        }
    }

    /// Returns the partition with that identifier.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|partition| partition.id() == id)
    }

    /// Returns the partition of a region's name.
    ///
    /// The name is a known prefix, lower-case words and a final number, joined by hyphens.
    pub fn of_region(name: &str) -> Option<Self> {
        let (words, number) = name.rsplit_once('-')?;
        let is_word =
            |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number || !words.contains('-') || !words.split('-').all(is_word) {
            return None;
        }
        let length = |partition: &Self| {
            let prefixes = partition.region_prefixes().iter();
            let fitting = prefixes.filter(|prefix| name.starts_with(**prefix));
            fitting.map(|prefix| prefix.len()).max()
        };
        let longest = Self::ALL.into_iter().max_by_key(length)?;
        length(&longest).map(|_| longest)
    }

    /// Returns the suffix of service hosts, the value of `AWS::URLSuffix`.
    pub const fn dns_suffix(self) -> &'static str {
        match self {
            Self::Aws | Self::AwsUsGov => "amazonaws.com",
            Self::AwsCn => "amazonaws.com.cn",
            Self::AwsEusc => "amazonaws.eu",
            Self::AwsIso => "c2s.ic.gov",
            Self::AwsIsoB => "sc2s.sgov.gov",
            Self::AwsIsoE => "cloud.adc-e.uk",
            Self::AwsIsoF => "csp.hci.ic.gov",
        }
    }

    /// Returns the region prefixes, each with its final hyphen.
    const fn region_prefixes(self) -> &'static [&'static str] {
        match self {
            Self::Aws => &[
                "us-", "eu-", "ap-", "sa-", "ca-", "me-", "af-", "il-", "mx-",
            ],
            Self::AwsCn => &["cn-"],
            Self::AwsUsGov => &["us-gov-"],
            Self::AwsEusc => &["eusc-"],
            Self::AwsIso => &["us-iso-"],
            Self::AwsIsoB => &["us-isob-"],
            Self::AwsIsoE => &["eu-isoe-"],
            Self::AwsIsoF => &["us-isof-", "eu-isof-"],
        }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// The name of a region, such as `cn-north-1`, and its partition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region {
    name: String,
    partition: Partition,
}

impl Region {
    /// Returns the two regions of China, Beijing and Ningxia.
    pub fn china() -> [Self; 2] {
        let [north, west] = ["cn-north-1", "cn-northwest-1"].map(str::to_owned);
        [north, west].map(|name| Self {
            name,
            partition: Partition::AwsCn,
        })
    }

    /// Returns `us-east-1`, the region that templates are written for by default.
    pub fn global() -> Self {
        Self {
            name: "us-east-1".to_owned(),
            partition: Partition::Aws,
        }
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// Returns the partition that contains the region.
    pub const fn partition(&self) -> Partition {
        self.partition
    }

    /// Returns the path-style URL of an object, as CloudFormation accepts it for `TemplateURL`.
    ///
    /// The key is percent-encoded except for its slashes. The host is the partition's, whatever
    /// endpoint a client uses.
    ///
    /// # Examples
    ///
    /// ```
    /// let region: cn_template::Region = "cn-north-1".parse()?;
    /// assert_eq!(region.s3_url("b", "a b/k"), "https://s3.cn-north-1.amazonaws.com.cn/b/a%20b/k");
    /// # Ok::<(), cn_template::partition::RegionError>(())
    /// ```
    ///
    /// # Source
    ///
    /// S3 hosts of China: Amazon S3 in the China regions, "endpoints and ARNs".
    pub fn s3_url(&self, bucket: &str, key: &str) -> String {
        let mut url = format!(
            "https://s3.{}.{}/{bucket}/",
            self.name,
            self.partition.dns_suffix()
        );
        push_encoded(&mut url, key, b"/");
        url
    }

    /// Returns the URL of a stack in the partition's console.
    ///
    /// `None` if the console is not public.
    pub fn console_stack_url(&self, stack_id: &str) -> Option<String> {
        self.console_url("events", &[("stackId", stack_id)])
    }

    /// Returns the URL of a change set in the partition's console.
    ///
    /// `None` if the console is not public.
    pub fn console_change_set_url(&self, stack_id: &str, change_set_id: &str) -> Option<String> {
        let fields = [("stackId", stack_id), ("changeSetId", change_set_id)];
        self.console_url("changesets/changes", &fields)
    }

    /// Returns the URL of a page about a stack.
    fn console_url(&self, page: &str, fields: &[(&str, &str)]) -> Option<String> {
        let host = match self.partition {
            Partition::Aws => "console.aws.amazon.com",
            Partition::AwsCn => "console.amazonaws.cn",
            Partition::AwsUsGov => "console.amazonaws-us-gov.com",
            _ => return None,
        };
        let region = &self.name;
        let mut url =
            format!("https://{region}.{host}/cloudformation/home?region={region}#/stacks/{page}");
        for (at, (name, value)) in fields.iter().enumerate() {
            url.push(if at == 0 { '?' } else { '&' });
            url.extend([name, "="]);
            push_encoded(&mut url, value, b"");
        }
        Some(url)
    }
}

/// Appends a text to a URL, percent-encoded.
///
/// Unreserved characters and the bytes in `plain` are not encoded.
fn push_encoded(url: &mut String, text: &str, plain: &[u8]) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                url.push(char::from(byte));
            }
            _ if plain.contains(&byte) => url.push(char::from(byte)),
            _ => {
                url.push('%');
                url.push(char::from(HEX[usize::from(byte >> 4)]));
                url.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// An error for a text that is not the name of a region of a known partition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the name of a region of a known partition")]
pub struct RegionError(String);

impl FromStr for Region {
    type Err = RegionError;

    fn from_str(name: &str) -> Result<Self, RegionError> {
        let partition = Partition::of_region(name).ok_or_else(|| RegionError(name.to_owned()))?;
        Ok(Self {
            name: name.to_owned(),
            partition,
        })
    }
}

/// The fields of an ARN, borrowed from its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    /// Second field; may be an unknown partition.
    pub partition: &'a str,
    /// Third field, such as `iam`.
    pub service: &'a str,
    /// Fourth field; empty for services without regions.
    pub region: &'a str,
    /// Fifth field; empty or `aws` for resources that belong to no customer.
    pub account: &'a str,
    /// The rest, including colons.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Splits a text of the form `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`.
    ///
    /// `None` if the text has another form.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut fields = text.splitn(6, ':');
        let prefix = fields.next()?;
        let arn = Self {
            partition: fields.next()?,
            service: fields.next()?,
            region: fields.next()?,
            account: fields.next()?,
            resource: fields.next()?,
        };
        (prefix == "arn").then_some(arn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_names_its_partition() {
        assert_eq!(Partition::of_region("cn-north-1"), Some(Partition::AwsCn));
        assert_eq!(
            Partition::of_region("cn-northwest-1"),
            Some(Partition::AwsCn)
        );
        assert_eq!(Partition::of_region("us-east-1"), Some(Partition::Aws));
        assert_eq!(
            Partition::of_region("us-gov-west-1"),
            Some(Partition::AwsUsGov)
        );
        assert_eq!(
            Partition::of_region("us-isob-east-1"),
            Some(Partition::AwsIsoB)
        );
        assert_eq!(
            Partition::of_region("eusc-de-east-1"),
            Some(Partition::AwsEusc)
        );
    }

    #[test]
    fn what_is_not_a_region_is_refused() {
        for text in [
            "",
            "cn",
            "cn-",
            "cn-north",
            "cn-north-",
            "cn-1",
            "CN-north-1",
            "cn-north-1a",
            "xx-north-1",
            " cn-north-1",
            "cn--1",
        ] {
            assert_eq!(Partition::of_region(text), None, "{text}");
        }
    }

    #[test]
    fn addresses_are_the_partitions_own() {
        let region: Region = "cn-northwest-1".parse().unwrap();
        assert_eq!(
            region.s3_url("b", "p/中+.template"),
            "https://s3.cn-northwest-1.amazonaws.com.cn/b/p/%E4%B8%AD%2B.template"
        );
        assert_eq!(
            region
                .console_stack_url("arn:aws-cn:cloudformation:cn-northwest-1:1:stack/s/i")
                .unwrap(),
            "https://cn-northwest-1.console.amazonaws.cn/cloudformation/home?region=cn-northwest-1#/stacks/events?stackId=arn%3Aaws-cn%3Acloudformation%3Acn-northwest-1%3A1%3Astack%2Fs%2Fi"
        );
    }

    #[test]
    fn a_change_set_has_a_page_in_the_console() {
        let region: Region = "cn-north-1".parse().unwrap();
        assert_eq!(
            region.console_change_set_url("arn:s", "arn:c").unwrap(),
            "https://cn-north-1.console.amazonaws.cn/cloudformation/home?region=cn-north-1#/stacks/changesets/changes?stackId=arn%3As&changeSetId=arn%3Ac"
        );
    }

    #[test]
    fn an_arn_keeps_colons_in_its_resource() {
        let arn = Arn::parse("arn:aws-cn:logs:cn-north-1:123456789012:log-group:/a:*").unwrap();
        assert_eq!(
            (arn.partition, arn.account, arn.resource),
            ("aws-cn", "123456789012", "log-group:/a:*")
        );
        assert_eq!(Arn::parse("arn:aws:s3"), None);
    }
}
