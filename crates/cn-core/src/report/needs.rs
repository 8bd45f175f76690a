//! The dependencies between resources, from the template.

use std::collections::{BTreeMap, BTreeSet};

use cn_template::Source;
use cn_template::tree::{Kind, Node, Template};

/// The resources that each resource of a template depends on; empty without a template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Needs(BTreeMap<String, BTreeSet<String>>);

impl Needs {
    /// Reads the dependencies from a template; an unreadable template has none.
    ///
    /// Every mention of a logical ID counts, in a function or in `DependsOn`: the dependencies only
    /// explain the order of times.
    pub(super) fn of(source: &Source) -> Self {
        let Some(template) = Template::parse(source).template else {
            return Self::default();
        };
        let ids: BTreeSet<&str> = template.resources().map(|it| it.logical_id).collect();
        let resources = template.resources().map(|resource| {
            let mut found = BTreeSet::new();
            collect(resource.body, &ids, &mut found);
            found.remove(resource.logical_id);
            (resource.logical_id.to_owned(), found)
        });
        Self(resources.collect())
    }

    /// Returns the dependencies of a resource; `None` if the template does not contain it.
    pub(super) fn of_resource(&self, id: &str) -> Option<&BTreeSet<String>> {
        self.0.get(id)
    }
}

fn collect(node: &Node, ids: &BTreeSet<&str>, found: &mut BTreeSet<String>) {
    if let Some(text) = node.as_str() {
        // `Id`, `Id.Attribute`, and `${Id}` or `${Id.Attribute}` in a text.
        let within = text.split("${").skip(1);
        for part in std::iter::once(text).chain(within) {
            let id = part.split(['.', '}']).next().unwrap_or_default();
            if ids.contains(id) {
                found.insert(id.to_owned());
            }
        }
        return;
    }
    if let Kind::Tagged(tagged) = &node.kind {
        collect(&tagged.value, ids, found);
    }
    for item in node.items() {
        collect(item, ids, found);
    }
    for entry in node.entries() {
        collect(&entry.value, ids, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_name_a_resource_counts() {
        let text = "\
Resources:
  Key: {Type: AWS::KMS::Key}
  Role: {Type: AWS::IAM::Role}
  Queue: {Type: AWS::SQS::Queue}
  Topic: {Type: AWS::SNS::Topic}
  Bucket: {Type: AWS::S3::Bucket}
  Function:
    Type: AWS::Lambda::Function
    DependsOn: [Topic]
    Properties:
      Key: !Ref Key
      Role: {Fn::GetAtt: [Role, Arn]}
      Name: !Sub 'x-${Queue.QueueName}-${AWS::Region}-${!Bucket}'
      Self: !GetAtt Function.Arn
";
        let needs = Needs::of(&Source::new("t.yaml", text));
        let found: Vec<&str> = needs
            .of_resource("Function")
            .unwrap()
            .iter()
            .map(String::as_str)
            .collect();
        assert_eq!(found, ["Key", "Queue", "Role", "Topic"]);
        assert!(needs.of_resource("Key").unwrap().is_empty());
        assert_eq!(needs.of_resource("Nobody"), None);
        assert_eq!(Needs::of(&Source::new("t.yaml", "{")), Needs::default());
    }
}
