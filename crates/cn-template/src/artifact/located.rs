//! Objects in S3 that a template points at, according to the table of properties.

use super::reference::{is_empty, rows_by_kind, values};
use super::table::{Form, GLOBALS, INCLUDE, METADATA, Row, Takes};
use crate::partition::Region;
use crate::s3::S3Location;
use crate::tree::{Function, Kind, Node, Template};

/// An object in S3 that a template points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The object.
    pub location: S3Location,
    /// The kind of file that the property takes. A template or a text may point at more objects.
    pub takes: Takes,
}

/// Lists the objects in S3 that a template points at, in the order of its resources.
///
/// Reads every form in which the table's properties take a location, and both branches of an
/// `Fn::If`. Locations built by other functions are not resolved: search the template's text for
/// such keys, too.
///
/// * `region`: the stack's region; decides which addresses belong to S3.
/// * `extra_rows`: properties in addition to those of [`TABLE`](super::TABLE).
///
/// # Examples
///
/// ```
/// use cn_template::{Source, artifact, tree::Template};
///
/// let text = "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    \
///             Properties: {Code: {S3Bucket: b, S3Key: k.zip}}\n";
/// let template = Template::parse(&Source::new("t.yaml", text)).template.unwrap();
/// let found = artifact::located(&template, &"cn-north-1".parse()?, &[]);
/// assert_eq!(found[0].location.to_string(), "s3://b/k.zip");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn located(template: &Template, region: &Region, extra_rows: &[Row]) -> Vec<Located> {
    let mut finder = Finder {
        region,
        found: Vec::new(),
    };
    finder.includes(template.root());
    for (section, rows) in [("Metadata", METADATA), ("Globals", GLOBALS)] {
        for row in rows {
            if let Some(properties) = template.root().at(&[section, &row.kind]) {
                finder.property(properties, row);
            }
        }
    }
    let rows = rows_by_kind(extra_rows);
    for resource in template.resources() {
        let (Some(kind), Some(properties)) = (resource.kind, resource.properties()) else {
            continue;
        };
        for row in rows.get(kind).into_iter().flatten() {
            finder.property(properties, row);
        }
    }
    finder.found
}

struct Finder<'a> {
    region: &'a Region,
    found: Vec<Located>,
}

impl Finder<'_> {
    fn property(&mut self, properties: &Node, row: &Row) {
        for (_, value) in values(properties, &row.path) {
            if !is_empty(value) {
                self.value(value, row);
            }
        }
    }

    fn value(&mut self, value: &Node, row: &Row) {
        if let Some(call) = value.call()
            && let (Function::If, [_, then, otherwise]) = (call.function, call.argument.items())
        {
            self.value(then, row);
            self.value(otherwise, row);
            return;
        }
        match &value.kind {
            Kind::Scalar(scalar) if row.form == Form::S3UriInList => {
                for part in scalar.value.split(',') {
                    self.text(part.trim(), row.takes);
                }
            }
            Kind::Scalar(scalar) => self.text(&scalar.value, row.takes),
            Kind::Mapping(_) => self.members(value, &row.form, row.takes),
            Kind::Sequence(_) | Kind::Tagged(_) => {}
        }
    }

    /// Reads a location written as one text: `s3://`, or an address of S3.
    fn text(&mut self, text: &str, takes: Takes) {
        let location = S3Location::of_uri(text)
            .or_else(|| S3Location::of_address(text, self.region).and_then(Result::ok));
        self.add(location, takes);
    }

    /// Reads a location written as a mapping; SAM has its own names for the members.
    fn members(&mut self, value: &Node, form: &Form, takes: Takes) {
        let own = match form {
            Form::Members {
                bucket,
                key,
                version,
            } => Some((&**bucket, &**key, version.as_deref())),
            _ => None,
        };
        let sam = ("Bucket", "Key", Some("Version"));
        let text = |name: &str| value.get(name).and_then(Node::as_str).map(str::to_owned);
        let location = own
            .into_iter()
            .chain([sam])
            .find_map(|(bucket, key, version)| {
                Some(S3Location {
                    bucket: text(bucket)?,
                    key: text(key)?,
                    version: version.and_then(text),
                })
            });
        self.add(location, takes);
    }

    fn add(&mut self, location: Option<S3Location>, takes: Takes) {
        let located = location.map(|location| Located { location, takes });
        self.found.extend(located);
    }

    /// Finds the files of every `AWS::Include` in the tree.
    fn includes(&mut self, node: &Node) {
        if node.get("Name").and_then(Node::as_str) == Some("AWS::Include") {
            self.property(node, &INCLUDE);
        }
        for entry in node.entries() {
            self.includes(&entry.value);
        }
        for item in node.items() {
            self.includes(item);
        }
        if let Kind::Tagged(tagged) = &node.kind {
            self.includes(&tagged.value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    fn found(text: &str) -> Vec<String> {
        let template = Template::parse(&Source::new("t.yaml", text)).template;
        let region = "cn-north-1".parse().unwrap();
        let all = located(&template.unwrap(), &region, &[]);
        let version = |location: &S3Location| location.version.clone().unwrap_or_default();
        all.iter()
            .map(|one| format!("{}{}", one.location, version(&one.location)))
            .collect()
    }

    #[test]
    fn every_form_of_the_table_is_read() {
        let text = "
Transform: {Name: AWS::Include, Parameters: {Location: s3://b/snippet.yaml}}
Globals: {Function: {CodeUri: s3://b/globals.zip}}
Resources:
  Lambda: {Type: AWS::Lambda::Function, Properties: {Code: {S3Bucket: b, S3Key: l.zip, S3ObjectVersion: v1}}}
  Sam: {Type: AWS::Serverless::Function, Properties: {CodeUri: {Bucket: b, Key: sam.zip}}}
  Either: {Type: AWS::Serverless::Function, Properties: {CodeUri: !If [C, s3://b/then.zip, s3://b/else.zip]}}
  Nested: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: https://s3.cn-north-1.amazonaws.com.cn/b/n.template}}
  Job: {Type: AWS::Glue::Job, Properties: {DefaultArguments: {--extra-py-files: 's3://b/a.py, s3://b/c.py'}}}
  Api: {Type: AWS::ApiGateway::RestApi, Properties: {BodyS3Location: {Bucket: b, Key: api.json}}}
  In: {'Fn::Transform': {Name: AWS::Include, Parameters: {Location: s3://b/in.yaml}}}
";
        assert_eq!(
            found(text),
            [
                "s3://b/snippet.yaml",
                "s3://b/in.yaml",
                "s3://b/globals.zip",
                "s3://b/l.zipv1",
                "s3://b/sam.zip",
                "s3://b/then.zip",
                "s3://b/else.zip",
                "s3://b/n.template",
                "s3://b/a.py",
                "s3://b/c.py",
                "s3://b/api.json",
            ]
        );
    }

    #[test]
    fn what_is_no_location_is_not_listed() {
        let text = "
Resources:
  Inline: {Type: AWS::Lambda::Function, Properties: {Code: {ZipFile: 'x'}}}
  Local: {Type: AWS::Serverless::Function, Properties: {CodeUri: src}}
  Joined: {Type: AWS::Lambda::Function, Properties: {Code: {S3Bucket: !Ref B, S3Key: k}}}
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: s3://b/k}}
";
        assert_eq!(found(text), [""; 0]);
    }
}
