//! Section shapes that CloudFormation refuses before it looks at any resource.
//!
//! # Source
//!
//! CloudFormation user guide, "Template sections" and "`Fn::ForEach`": entries of sections are
//! mappings, and a loop is a list of three items.

use super::node::{Entry, Kind, Node};
use super::{Template, code};
use crate::diag::Diagnostic;

/// Sections whose entries are mappings.
const SECTIONS: [&str; 4] = ["Parameters", "Mappings", "Resources", "Outputs"];

/// The prefix of a loop's key.
const LOOP: &str = "Fn::ForEach::";

impl Template {
    /// Finds entries of sections that are not mappings, and loops without exactly three items.
    ///
    /// A template for a macro that is not by AWS may have any shape.
    pub fn malformed(&self) -> Vec<Diagnostic> {
        if self.has_own_macro() {
            return Vec::new();
        }
        let mut findings = Vec::new();
        for section in SECTIONS {
            for entry in self
                .root
                .get(section)
                .map(Node::entries)
                .unwrap_or_default()
            {
                findings.extend(self.not_a_mapping(section, entry));
            }
        }
        self.loops(&self.root, &mut findings);
        findings
    }

    fn has_own_macro(&self) -> bool {
        let transforms = ["Transform", "Fn::Transform"];
        let given = transforms.iter().filter_map(|key| self.root.get(key));
        let mut names = given.flat_map(|node| match node.items() {
            [] => std::slice::from_ref(node),
            items => items,
        });
        names.any(|node| {
            let name = node.as_str().or_else(|| node.get("Name")?.as_str());
            name.is_none_or(|name| !name.starts_with("AWS::"))
        })
    }

    fn not_a_mapping(&self, section: &str, entry: &Entry) -> Option<Diagnostic> {
        let name = entry
            .key
            .as_str()
            .filter(|name| !name.starts_with("Fn::"))?;
        let is = match &entry.value.kind {
            Kind::Mapping(_) | Kind::Tagged(_) => return None,
            Kind::Sequence(_) => "a list",
            Kind::Scalar(_) if entry.value.is_null() => "empty",
            Kind::Scalar(_) => "a text",
        };
        let finding = Diagnostic::error(
            code::SHAPE,
            format!("`{name}` in `{section}` is {is}, not a mapping"),
        );
        let help = if section == "Resources" {
            "write `Type:` and `Properties:` below it, or remove it"
        } else {
            "write its keys below it, or remove it"
        };
        Some(
            finding
                .at(
                    &self.source,
                    entry.key.span,
                    "CloudFormation refuses the template",
                )
                .help(help),
        )
    }

    fn loops(&self, node: &Node, findings: &mut Vec<Diagnostic>) {
        match &node.kind {
            Kind::Scalar(_) => {}
            Kind::Tagged(tagged) => self.loops(&tagged.value, findings),
            Kind::Sequence(items) => items.iter().for_each(|item| self.loops(item, findings)),
            Kind::Mapping(mapping) => {
                for entry in &mapping.entries {
                    let name = entry.key.as_str().filter(|name| name.starts_with(LOOP));
                    let count = entry.value.items().len();
                    if let Some(name) = name.filter(|_| count != 3) {
                        findings.push(
                            Diagnostic::error(
                                code::SHAPE,
                                format!("`{name}` has {count} items instead of three"),
                            )
                            .at(&self.source, entry.key.span, "CloudFormation refuses the template")
                            .help("write the loop's variable, the list of its values, and the mapping that is repeated"),
                        );
                    }
                    self.loops(&entry.value, findings);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    fn messages(text: &str) -> Vec<String> {
        let parsed = Template::parse(&Source::new("t.yaml", text));
        parsed
            .findings
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    }

    #[test]
    fn entries_of_sections_are_mappings() {
        let text = "Parameters: {P: String}\nResources:\n  A: {Type: AWS::SNS::Topic}\n  B: [1]\n  C:\nOutputs: {O: null}\n";
        assert_eq!(
            messages(text),
            [
                "`P` in `Parameters` is a text, not a mapping",
                "`B` in `Resources` is a list, not a mapping",
                "`C` in `Resources` is empty, not a mapping",
                "`O` in `Outputs` is empty, not a mapping",
            ]
        );
        assert_eq!(messages(&format!("Transform: [Mine]\n{text}")), [""; 0]);
        assert_eq!(
            messages(&format!("Transform: AWS::LanguageExtensions\n{text}")).len(),
            4
        );
    }

    #[test]
    fn a_loop_has_three_items_wherever_it_stands() {
        let text = "Transform: AWS::LanguageExtensions\nResources:\n  Fn::ForEach::A: [X, [a]]\n  Fn::ForEach::B: [X, [a], {'T${X}': {Type: AWS::SNS::Topic, Properties: {Fn::ForEach::C: {a: 1}}}}]\n";
        assert_eq!(
            messages(text),
            [
                "`Fn::ForEach::A` has 2 items instead of three",
                "`Fn::ForEach::C` has 0 items instead of three",
            ]
        );
    }
}
