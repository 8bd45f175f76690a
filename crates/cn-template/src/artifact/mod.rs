//! The properties that point at local files, and the replacements of their paths.
//!
//! One table, [`TABLE`], lists every such property. The functions here decide *which files to read*
//! ([`references`]) and *how to write a location* in the packaged template ([`S3Location::text`]);
//! they read no files themselves.
//!
//! # Source
//!
//! Resource types and forms: AWS CloudFormation resource reference, and the forms that the AWS CLI
//! (`aws cloudformation package`) and `sam package` accept.

mod edits;
mod located;
mod reference;
mod table;
mod turn;

pub use edits::edits;
pub use located::{Located, located};
pub(crate) use reference::is_object_key;
pub use reference::{Place, Reference, references};
pub use table::{Form, Row, RowError, TABLE, Takes, Text, WhenAbsent};
pub use turn::Turn;

use crate::diag::Code;
use crate::partition::Region;
use crate::s3::S3Location;
use crate::tree::quoted;

/// Codes of findings about artifacts.
pub mod code {
    use crate::diag::Code;

    /// The path does not exist.
    pub const MISSING: Code = Code {
        id: "CN521",
        title: "local file that does not exist",
    };
    /// The value can be neither a path nor a location.
    pub const NOT_A_PATH: Code = Code {
        id: "CN522",
        title: "value that is not a local path",
    };
    /// The property is absent, so the template's whole folder is packaged.
    pub const WHOLE_FOLDER: Code = Code {
        id: "CN523",
        title: "the template's folder is packaged",
    };
    /// A local path inside an intrinsic function.
    pub const PATH_IN_FUNCTION: Code = Code {
        id: "CN524",
        title: "path inside an intrinsic function",
    };
    /// A folder where a file is needed, or the reverse.
    pub const WRONG_KIND: Code = Code {
        id: "CN525",
        title: "folder instead of a file, or the reverse",
    };
    /// A template that contains itself.
    pub const CYCLE: Code = Code {
        id: "CN526",
        title: "nested templates that contain each other",
    };
    /// A file that cannot be put into an archive.
    pub const UNREADABLE: Code = Code {
        id: "CN527",
        title: "file that cannot be packaged",
    };
    /// The file is larger than the service accepts.
    pub const TOO_LARGE: Code = Code {
        id: "CN528",
        title: "artifact or template too large",
    };
    /// A path that differs in each turn of a loop that cannot be expanded.
    pub const LOOP: Code = Code {
        id: "CN529",
        title: "path in a loop that cannot be packaged",
    };
    /// A file outside of the project, which might be uploaded by mistake.
    pub const OUTSIDE: Code = Code {
        id: "CN530",
        title: "artifact outside the project",
    };
}

/// All codes of this module.
pub const CODES: &[Code] = &[
    code::MISSING,
    code::NOT_A_PATH,
    code::WHOLE_FOLDER,
    code::PATH_IN_FUNCTION,
    code::WRONG_KIND,
    code::CYCLE,
    code::UNREADABLE,
    code::TOO_LARGE,
    code::LOOP,
    code::OUTSIDE,
];

impl S3Location {
    /// Returns the location in a form, as text that is valid in YAML and JSON.
    ///
    /// * `region`: the bucket's region; gives the host of [`Form::HttpsUrl`].
    pub fn text(&self, form: &Form, region: &Region) -> String {
        let Self { bucket, key, .. } = self;
        match form {
            Form::S3Uri => quoted(&format!("s3://{bucket}/{key}")),
            Form::S3UriInList => format!("s3://{bucket}/{key}"),
            Form::HttpsUrl => quoted(&region.s3_url(bucket, key)),
            Form::Members {
                bucket,
                key,
                version,
            } => self.members(bucket, key, version.as_deref()),
        }
    }

    /// Returns the location as a mapping with these member names.
    fn members(&self, bucket: &str, key: &str, version: Option<&str>) -> String {
        let names = [Some(bucket), Some(key), version];
        let values = [Some(&self.bucket), Some(&self.key), self.version.as_ref()];
        let pairs: Vec<String> = names
            .into_iter()
            .zip(values)
            .filter_map(|(name, value)| Some(format!("{}: {}", quoted(name?), quoted(value?))))
            .collect();
        format!("{{{}}}", pairs.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_written_in_the_propertys_form() {
        let region: Region = "cn-north-1".parse().unwrap();
        let location = S3Location {
            bucket: "b".into(),
            key: "p/k".into(),
            version: None,
        };
        let members = Form::Members {
            bucket: "S3Bucket".into(),
            key: "S3Key".into(),
            version: Some("S3ObjectVersion".into()),
        };
        assert_eq!(location.text(&Form::S3Uri, &region), "\"s3://b/p/k\"");
        assert_eq!(
            location.text(&Form::HttpsUrl, &region),
            "\"https://s3.cn-north-1.amazonaws.com.cn/b/p/k\""
        );
        assert_eq!(
            location.text(&members, &region),
            r#"{"S3Bucket": "b", "S3Key": "p/k"}"#
        );
        let versioned = S3Location {
            version: Some("v".into()),
            ..location
        };
        assert_eq!(
            versioned.text(&members, &region),
            r#"{"S3Bucket": "b", "S3Key": "p/k", "S3ObjectVersion": "v"}"#
        );
    }
}
