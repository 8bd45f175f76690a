//! The table of properties that point at local files.

use std::borrow::Cow;
use std::str::FromStr;

use crate::source::Source;
use crate::tree::{Parsed, Template};

/// The form of a location in a property.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// `s3://bucket/key`.
    S3Uri,
    /// `s3://bucket/key` in a comma-separated list.
    S3UriInList,
    /// `https://s3.REGION.SUFFIX/bucket/key`, the form that CloudFormation takes for templates.
    HttpsUrl,
    /// A mapping with these member names.
    Members {
        /// The member for the bucket.
        bucket: Cow<'static, str>,
        /// The member for the key.
        key: Cow<'static, str>,
        /// The member for the object's version, if the property has one.
        version: Option<Cow<'static, str>>,
    },
}

/// The kind of file that a property takes, which decides how the file is packaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Takes {
    /// Code, always as an archive: folders and files that are not archives yet are zipped.
    Archive,
    /// Anything: a file is uploaded as it is, a folder as an archive.
    Anything,
    /// A text that contains ARNs: rewritten for the target, then uploaded as a plain file.
    Text(Text),
    /// Another template: packaged itself, then uploaded.
    Template,
}

/// The kinds of texts whose ARNs and hosts follow the template's partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Text {
    /// A state machine in Amazon States Language.
    StateMachine,
    /// An OpenAPI definition.
    OpenApi,
    /// A part of a template, inserted by `AWS::Include`.
    Snippet,
}

impl Text {
    /// Parses a text of this kind; see [`Template::parse_definition`] for state machines.
    pub fn parse(self, source: &Source) -> Parsed {
        match self {
            Self::StateMachine => Template::parse_definition(source),
            Self::OpenApi | Self::Snippet => Template::parse_document(source),
        }
    }
}

/// The meaning of an absent property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WhenAbsent {
    /// Nothing to package.
    Skip,
    /// Package the folder that contains the template.
    TemplateFolder,
}

/// One property of one resource type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Row {
    /// The resource type, or the name of a template's metadata entry.
    pub kind: Cow<'static, str>,
    /// Keys from `Properties` down to the value, separated by dots; `*` matches any key.
    pub path: Cow<'static, str>,
    /// The kind of file that the property takes.
    pub takes: Takes,
    /// The meaning of an absent property.
    pub absent: WhenAbsent,
    /// The form of the location.
    pub form: Form,
}

/// An error for a text that is not a row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// There is no form after the equals sign, or no property after the dot.
    #[error(
        "`{0}` does not have the form `TYPE.PROPERTY=FORM`, such as `Custom::Site.Content=s3-uri`"
    )]
    Shape(String),
    /// The word before the colon of the form is unknown.
    #[error(
        "unknown kind of artifact `{0}`; use `archive`, `file`, `template`, `state-machine` or `openapi`"
    )]
    Takes(String),
    /// The form is unknown.
    #[error(
        "unknown form of a location `{0}`; use `s3-uri`, `s3-uri-list`, `https-url`, or the names of the members as `BUCKET/KEY` or `BUCKET/KEY/VERSION`"
    )]
    Form(String),
}

impl FromStr for Row {
    type Err = RowError;

    /// Parses `TYPE.PROPERTY=[TAKES:]FORM`, the form in which users write their own rows.
    ///
    /// Without `TAKES`, a file is uploaded as it is and a folder as an archive.
    ///
    /// # Examples
    ///
    /// ```
    /// use cn_template::artifact::Row;
    ///
    /// let row: Row = "Custom::Site.Source.Code=archive:Bucket/Key".parse()?;
    /// assert_eq!((&*row.kind, &*row.path), ("Custom::Site", "Source.Code"));
    /// # Ok::<(), cn_template::artifact::RowError>(())
    /// ```
    fn from_str(text: &str) -> Result<Self, RowError> {
        let shape = || RowError::Shape(text.to_owned());
        let (property, form) = text.split_once('=').ok_or_else(shape)?;
        let (kind, path) = property.split_once('.').ok_or_else(shape)?;
        if !kind.contains("::") || path.split('.').any(str::is_empty) {
            return Err(shape());
        }
        let (takes, form) = match form.split_once(':') {
            None => (Takes::Anything, form),
            Some((takes, form)) => (takes_of(takes)?, form),
        };
        Ok(Self {
            kind: Cow::Owned(kind.to_owned()),
            path: Cow::Owned(path.to_owned()),
            takes,
            absent: WhenAbsent::Skip,
            form: form_of(form)?,
        })
    }
}

fn takes_of(word: &str) -> Result<Takes, RowError> {
    Ok(match word {
        "archive" => Takes::Archive,
        "file" => Takes::Anything,
        "template" => Takes::Template,
        "state-machine" => STATES,
        "openapi" => OPEN_API,
        _ => return Err(RowError::Takes(word.to_owned())),
    })
}

fn form_of(word: &str) -> Result<Form, RowError> {
    let name = |part: &str| Cow::Owned(part.to_owned());
    let parts: Vec<&str> = word.split('/').collect();
    Ok(match (word, &parts[..]) {
        ("s3-uri", _) => Form::S3Uri,
        ("s3-uri-list", _) => Form::S3UriInList,
        ("https-url", _) => Form::HttpsUrl,
        (_, [bucket, key, version @ ..]) if version.len() < 2 && !parts.contains(&"") => {
            Form::Members {
                bucket: name(bucket),
                key: name(key),
                version: version.first().copied().map(name),
            }
        }
        _ => return Err(RowError::Form(word.to_owned())),
    })
}

const fn members(bucket: &'static str, key: &'static str, version: Option<&'static str>) -> Form {
    Form::Members {
        bucket: Cow::Borrowed(bucket),
        key: Cow::Borrowed(key),
        version: match version {
            Some(name) => Some(Cow::Borrowed(name)),
            None => None,
        },
    }
}

const LAMBDA: Form = members("S3Bucket", "S3Key", Some("S3ObjectVersion"));
const BUNDLE: Form = members("S3Bucket", "S3Key", None);
const VERSIONED: Form = members("Bucket", "Key", Some("Version"));
const OBJECT_VERSIONED: Form = members("Bucket", "Key", Some("ObjectVersion"));

const fn row(kind: &'static str, path: &'static str, takes: Takes, form: Form) -> Row {
    Row {
        kind: Cow::Borrowed(kind),
        path: Cow::Borrowed(path),
        takes,
        absent: WhenAbsent::Skip,
        form,
    }
}

const fn code(kind: &'static str, path: &'static str, form: Form) -> Row {
    Row {
        kind: Cow::Borrowed(kind),
        path: Cow::Borrowed(path),
        takes: Takes::Archive,
        absent: WhenAbsent::TemplateFolder,
        form,
    }
}

const OPEN_API: Takes = Takes::Text(Text::OpenApi);
const STATES: Takes = Takes::Text(Text::StateMachine);

/// Every property that may name a local file. Users can add their own rows.
///
/// # Source
///
/// The resource reference of each type; `TemplateFolder` follows the AWS CLI for the types that
/// need code.
pub const TABLE: &[Row] = &[
    code("AWS::Serverless::Function", "CodeUri", Form::S3Uri),
    code("AWS::Serverless::LayerVersion", "ContentUri", Form::S3Uri),
    code("AWS::Lambda::Function", "Code", LAMBDA),
    code("AWS::Lambda::LayerVersion", "Content", LAMBDA),
    row(
        "AWS::CodeCommit::Repository",
        "Code.S3",
        Takes::Archive,
        OBJECT_VERSIONED,
    ),
    Row {
        kind: Cow::Borrowed("AWS::ElasticBeanstalk::ApplicationVersion"),
        path: Cow::Borrowed("SourceBundle"),
        takes: Takes::Anything,
        absent: WhenAbsent::TemplateFolder,
        form: BUNDLE,
    },
    row(
        "AWS::Glue::Job",
        "Command.ScriptLocation",
        Takes::Anything,
        Form::S3Uri,
    ),
    row(
        "AWS::Glue::Job",
        "DefaultArguments.--extra-py-files",
        Takes::Anything,
        Form::S3UriInList,
    ),
    row(
        "AWS::Glue::Job",
        "DefaultArguments.--extra-jars",
        Takes::Anything,
        Form::S3UriInList,
    ),
    row(
        "AWS::Glue::Job",
        "DefaultArguments.--extra-files",
        Takes::Anything,
        Form::S3UriInList,
    ),
    row(
        "AWS::Serverless::GraphQLApi",
        "SchemaUri",
        Takes::Anything,
        Form::S3Uri,
    ),
    row(
        "AWS::Serverless::GraphQLApi",
        "Functions.*.CodeUri",
        Takes::Anything,
        Form::S3Uri,
    ),
    row(
        "AWS::Serverless::GraphQLApi",
        "Resolvers.*.*.CodeUri",
        Takes::Anything,
        Form::S3Uri,
    ),
    row(
        "AWS::Serverless::Api",
        "DefinitionUri",
        OPEN_API,
        Form::S3Uri,
    ),
    row(
        "AWS::Serverless::HttpApi",
        "DefinitionUri",
        OPEN_API,
        Form::S3Uri,
    ),
    row(
        "AWS::ApiGateway::RestApi",
        "BodyS3Location",
        OPEN_API,
        VERSIONED,
    ),
    row(
        "AWS::ApiGatewayV2::Api",
        "BodyS3Location",
        OPEN_API,
        VERSIONED,
    ),
    row(
        "AWS::AppSync::GraphQLSchema",
        "DefinitionS3Location",
        Takes::Anything,
        Form::S3Uri,
    ),
    row(
        "AWS::AppSync::Resolver",
        "RequestMappingTemplateS3Location",
        Takes::Anything,
        Form::S3Uri,
    ),
    row(
        "AWS::AppSync::Resolver",
        "ResponseMappingTemplateS3Location",
        Takes::Anything,
        Form::S3Uri,
    ),
    row(
        "AWS::AppSync::Resolver",
        "CodeS3Location",
        Takes::Anything,
        Form::S3Uri,
    ),
    row(
        "AWS::AppSync::FunctionConfiguration",
        "RequestMappingTemplateS3Location",
        Takes::Anything,
        Form::S3Uri,
    ),
    row(
        "AWS::AppSync::FunctionConfiguration",
        "ResponseMappingTemplateS3Location",
        Takes::Anything,
        Form::S3Uri,
    ),
    row(
        "AWS::AppSync::FunctionConfiguration",
        "CodeS3Location",
        Takes::Anything,
        Form::S3Uri,
    ),
    row(
        "AWS::StepFunctions::StateMachine",
        "DefinitionS3Location",
        STATES,
        VERSIONED,
    ),
    row(
        "AWS::Serverless::StateMachine",
        "DefinitionUri",
        STATES,
        VERSIONED,
    ),
    row(
        "AWS::CloudFormation::Stack",
        "TemplateURL",
        Takes::Template,
        Form::HttpsUrl,
    ),
    row(
        "AWS::CloudFormation::StackSet",
        "TemplateURL",
        Takes::Template,
        Form::HttpsUrl,
    ),
    row(
        "AWS::Serverless::Application",
        "Location",
        Takes::Template,
        Form::HttpsUrl,
    ),
    row(
        "AWS::CloudFormation::ModuleVersion",
        "ModulePackage",
        Takes::Archive,
        Form::S3Uri,
    ),
    row(
        "AWS::CloudFormation::ResourceVersion",
        "SchemaHandlerPackage",
        Takes::Archive,
        Form::S3Uri,
    ),
];

/// Entries of a template's `Metadata` that may name a local file.
pub(super) const METADATA: &[Row] = &[
    row(
        "AWS::ServerlessRepo::Application",
        "ReadmeUrl",
        Takes::Anything,
        Form::S3Uri,
    ),
    row(
        "AWS::ServerlessRepo::Application",
        "LicenseUrl",
        Takes::Anything,
        Form::S3Uri,
    ),
];

/// Entries of a SAM template's `Globals`; `kind` is the key below `Globals`.
pub(super) const GLOBALS: &[Row] = &[
    row("Function", "CodeUri", Takes::Archive, Form::S3Uri),
    row("Api", "DefinitionUri", OPEN_API, Form::S3Uri),
];

/// `Parameters.Location` of an `AWS::Include` transform.
pub(super) const INCLUDE: Row = row(
    "AWS::Include",
    "Parameters.Location",
    Takes::Text(Text::Snippet),
    Form::S3Uri,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_users_are_read() {
        let read = |text: &str| text.parse::<Row>();
        let row = read("AWS::Glue::Job.DefaultArguments.--extra-x=s3-uri-list").unwrap();
        assert_eq!(
            (&*row.kind, &*row.path, row.takes, row.form),
            (
                "AWS::Glue::Job",
                "DefaultArguments.--extra-x",
                Takes::Anything,
                Form::S3UriInList
            )
        );
        let row = read("Custom::Site.Code=archive:Bucket/Key/Version").unwrap();
        assert_eq!((row.takes, row.form), (Takes::Archive, VERSIONED));
        assert_eq!(
            read("Custom::S.T=template:https-url").unwrap().takes,
            Takes::Template
        );
    }

    #[test]
    fn what_is_no_row_is_refused() {
        for text in [
            "",
            "Custom::S",
            "Custom::S.A",
            "Custom::S=s3-uri",
            "S.A=s3-uri",
            "Custom::S.=s3-uri",
            "Custom::S.A..B=s3-uri",
            "Custom::S.A=",
            "Custom::S.A=s3",
            "Custom::S.A=zip:s3-uri",
            "Custom::S.A=archive:",
            "Custom::S.A=B//V",
            "Custom::S.A=B/K/V/W",
        ] {
            assert!(text.parse::<Row>().is_err(), "{text}");
        }
    }
}
