//! Section shapes that CloudFormation refuses before it looks at any resource.
//!
//! # Source
//!
//! CloudFormation user guide, "Template sections" and "`Fn::ForEach`": entries of sections are
//! mappings, and a loop is a list of three items.

use super::node::{Kind, Node};
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
            if let Some(body) = self.root.get(section) {
                self.entries(section, body, &mut findings);
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

    /// Finds entries that are no mappings, those inside loops included.
    fn entries(&self, section: &str, body: &Node, findings: &mut Vec<Diagnostic>) {
        for entry in body.entries() {
            let Some(name) = entry.key.as_str() else {
                continue;
            };
            if !name.starts_with(LOOP) {
                if !name.starts_with("Fn::") {
                    let what = format!("`{name}` in `{section}`");
                    findings.extend(self.not_a_mapping(&what, section, &entry.key, &entry.value));
                }
            } else if let [_, _, repeated] = entry.value.items() {
                let what = format!("the third item of `{name}`");
                findings.extend(self.not_a_mapping(&what, section, &entry.key, repeated));
                self.entries(section, repeated, findings);
            }
        }
    }

    fn not_a_mapping(
        &self,
        what: &str,
        section: &str,
        key: &Node,
        value: &Node,
    ) -> Option<Diagnostic> {
        let is = match &value.kind {
            Kind::Mapping(_) | Kind::Tagged(_) => return None,
            Kind::Sequence(_) => "a list",
            Kind::Scalar(_) if value.is_null() => "empty",
            Kind::Scalar(_) => "a text",
        };
        let message = format!("{what} is {is}, not a mapping");
        let help = if section == "Resources" {
            "write `Type:` and `Properties:` below it, or remove it"
        } else {
            "write its keys below it, or remove it"
        };
        Some(
            Diagnostic::error(code::SHAPE, message)
                .at(
                    &self.source,
                    key.span,
                    "CloudFormation rejects the template",
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
                                format!("`{name}` has {count} items instead of 3"),
                            )
                            .at(&self.source, entry.key.span, "CloudFormation rejects the template")
                            .help("write a list of three items: the identifier, the collection, and the mapping to repeat"),
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
                "`Fn::ForEach::A` has 2 items instead of 3",
                "`Fn::ForEach::C` has 0 items instead of 3",
            ]
        );
    }

    #[test]
    fn entries_inside_loops_are_mappings() {
        let text = "Transform: AWS::LanguageExtensions\nResources:\n  Fn::ForEach::A: [X, [a], {'T${X}': 5}]\n  Fn::ForEach::B: [X, [a], null]\n  Fn::ForEach::C: [X, [a], {Fn::ForEach::D: [Y, [b], {'U${Y}': [1]}]}]\n";
        assert_eq!(
            messages(text),
            [
                "`T${X}` in `Resources` is a text, not a mapping",
                "the third item of `Fn::ForEach::B` is empty, not a mapping",
                "`U${Y}` in `Resources` is a list, not a mapping",
            ]
        );
    }
}
