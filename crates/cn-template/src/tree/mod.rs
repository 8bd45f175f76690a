//! A template as a tree whose nodes know their bytes.
//!
//! YAML (with short tags) and JSON produce the same tree. The tree is read-only: changes are
//! [`Edit`](crate::Edit)s to the text. On purpose, the module does not write templates from a tree,
//! except in [`Template::to_json`], and does not guess the meaning of plain scalars.

mod call;
pub mod code;
mod convert;
mod expand;
mod node;
mod placeholder;
mod scalar;
mod shape;
mod yaml;

pub use call::{Call, Function};
pub use node::{Entry, Kind, Mapping, Node, Scalar, Style, Tagged};
pub(crate) use scalar::changed;
pub use scalar::{Aligned, Change, change_scalar, quoted};

use crate::diag::{Code, Diagnostic, has_errors};
use crate::source::{Source, Span};

/// The format of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// YAML, including short tags.
    Yaml,
    /// JSON.
    Json,
}

/// A parsed text and the source that its spans refer to.
#[derive(Clone, Debug)]
pub struct Template {
    source: Source,
    root: Node,
    format: Format,
}

/// The result of a parse: the template, if there is one, and the findings.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The tree; `None` if the text has none.
    pub template: Option<Template>,
    /// The findings about the text; may contain errors even if there is a tree.
    pub findings: Vec<Diagnostic>,
}

impl Template {
    /// Parses a text as a template: a mapping with `Resources`.
    ///
    /// If the text has aliases or merge keys, which CloudFormation does not support, the tree is
    /// that of the expanded text. [`Template::source`] is then the expanded text, and a note
    /// reports it.
    ///
    /// Cost: linear in the text.
    ///
    /// # Examples
    ///
    /// ```
    /// use cn_template::{Source, tree::Template};
    ///
    /// let text = "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n";
    /// let parsed = Template::parse(&Source::new("template.yaml", text));
    /// let template = parsed.template.expect("the text is a template");
    /// assert_eq!(template.resources().next().unwrap().kind, Some("AWS::SNS::Topic"));
    /// ```
    pub fn parse(source: &Source) -> Parsed {
        let mut parsed = Self::parse_document(source);
        let Some(template) = &parsed.template else {
            return parsed;
        };
        let shape = template.shape();
        let malformed = template.malformed();
        parsed.findings.extend(shape.into_iter().chain(malformed));
        parsed
    }

    /// Parses a text as any YAML or JSON document that a template points at.
    ///
    /// Examples are a snippet, an API definition, or a state machine.
    pub fn parse_document(source: &Source) -> Parsed {
        let built = yaml::build(source);
        let mut findings = built.findings;
        if built.references.aliases.is_empty() && built.references.anchor_tokens.is_empty() {
            return Self::assemble(source.clone(), built.root, findings);
        }
        let Some(root) = built.root else {
            return Self::assemble(source.clone(), None, findings);
        };
        match expand::expand(source, &root, &built.references) {
            Ok(expanded) => {
                findings.push(
                    Diagnostic::note(code::ALIASES_EXPANDED, "YAML aliases and merge keys are expanded")
                        .help("nothing to do: CloudFormation does not support aliases, so `cn-package` expands them; `cn-check --fix` does not change such a file"),
                );
                let again = yaml::build(&expanded);
                findings.extend(again.findings);
                Self::assemble(expanded, again.root, findings)
            }
            Err(finding) => {
                findings.push(*finding);
                Self::assemble(source.clone(), None, findings)
            }
        }
    }

    fn assemble(source: Source, root: Option<Node>, mut findings: Vec<Diagnostic>) -> Parsed {
        let template = match root {
            Some(root) if !root.is_null() => {
                let format = format_of(source.text());
                Some(Self {
                    source,
                    root,
                    format,
                })
            }
            _ => {
                if !has_errors(&findings) {
                    findings.push(
                        Diagnostic::error(code::EMPTY, format!("`{}` is empty", source.path()))
                            .help("add a section `Resources` with at least one resource"),
                    );
                }
                None
            }
        };
        Parsed { template, findings }
    }

    /// Returns a finding if the document is not a template.
    fn shape(&self) -> Option<Diagnostic> {
        let path = self.source.path();
        if !self.root.is_mapping() {
            let start = self.root.span.start;
            let first = self.source.slice(self.root.span).chars().next();
            let first = Span::new(start, start + first.map_or(0, char::len_utf8));
            return Some(
                Diagnostic::error(code::NOT_A_MAPPING, format!("`{path}` is not a template"))
                    .at(&self.source, first, "expected a mapping")
                    .help("start the template with `Resources:`"),
            );
        }
        let Some(entry) = self.root.entry("Resources") else {
            return self.without_resources();
        };
        match &entry.value.kind {
            Kind::Mapping(mapping) if !mapping.entries.is_empty() => None,
            Kind::Tagged(_) => None,
            Kind::Mapping(_) => Some(self.no_resources(entry, "empty")),
            _ if entry.value.is_null() => Some(self.no_resources(entry, "empty")),
            _ => Some(
                Diagnostic::error(
                    code::SHAPE,
                    format!("`Resources` of `{path}` is not a mapping"),
                )
                .at(
                    &self.source,
                    entry.key.span,
                    "expected a mapping of logical IDs",
                )
                .help("write `LogicalId:` with `Type:` and `Properties:` below it"),
            ),
        }
    }

    /// Returns true if the template uses a macro other than CloudFormation's language extensions.
    pub fn has_macros(&self) -> bool {
        let is_macro = |name: &Node| name.as_str() != Some("AWS::LanguageExtensions");
        let given = self.root.get("Transform");
        let named = given.is_some_and(|node| match node.items() {
            [] => is_macro(node),
            names => names.iter().any(is_macro),
        });
        named || has_transform(&self.root)
    }

    /// Returns the finding about a template without `Resources`; `None` if a macro may add them.
    ///
    /// A template that only names files, such as that of a published application, can be packaged.
    fn without_resources(&self) -> Option<Diagnostic> {
        let is_filled = ["Transform", "Fn::Transform"]
            .iter()
            .filter_map(|key| self.root.get(key))
            .any(may_add_resources);
        if is_filled {
            return None;
        }
        let message = format!("`{}` has no `Resources`", self.source.path());
        let application = ["Metadata", "AWS::ServerlessRepo::Application"];
        let is_packaged = self.root.at(&application).is_some() || has_transform(&self.root);
        Some(if is_packaged {
            Diagnostic::warning(code::NO_RESOURCES, message)
                .help("add at least one resource before you deploy the template; its local files are packaged anyway")
        } else {
            Diagnostic::error(code::NO_RESOURCES, message)
                .help("check that this is the right file, or add a section `Resources` with at least one resource")
        })
    }

    fn no_resources(&self, entry: &Entry, label: &str) -> Diagnostic {
        Diagnostic::error(
            code::NO_RESOURCES,
            format!("`{}` has no resources", self.source.path()),
        )
        .at(&self.source, entry.key.span, label)
        .help("add at least one resource")
    }

    /// Returns the text that the spans refer to.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Returns the outermost node.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// Returns the format of the text.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Returns the resources in the order written, including those inside `Fn::ForEach` loops.
    pub fn resources(&self) -> impl Iterator<Item = Resource<'_>> {
        let mut found = Vec::new();
        if let Some(resources) = self.root.get("Resources") {
            collect_resources(resources, &mut found);
        }
        found.into_iter()
    }

    /// Returns the parameters in the order written.
    pub fn parameters(&self) -> impl Iterator<Item = Parameter<'_>> {
        let entries = self
            .root
            .get("Parameters")
            .map(Node::entries)
            .unwrap_or_default();
        entries.iter().filter_map(|entry| {
            Some(Parameter {
                name: entry.key.as_str()?,
                kind: entry
                    .value
                    .get("Type")
                    .and_then(Node::as_str)
                    .unwrap_or("String"),
                default: entry.value.get("Default"),
                no_echo: entry
                    .value
                    .get("NoEcho")
                    .and_then(Node::as_str)
                    .is_some_and(|text| text.eq_ignore_ascii_case("true")),
                key: &entry.key,
            })
        })
    }
}

/// One entry of `Resources`.
#[derive(Clone, Copy, Debug)]
pub struct Resource<'a> {
    /// The logical ID; inside a loop it may contain the loop's variable.
    pub logical_id: &'a str,
    /// The value of `Type`.
    pub kind: Option<&'a str>,
    /// The whole body.
    pub body: &'a Node,
    /// The key, which contains the logical ID.
    pub key: &'a Node,
}

impl<'a> Resource<'a> {
    /// Returns the value of `Properties`; `None` if it is absent or null.
    pub fn properties(&self) -> Option<&'a Node> {
        self.body.get("Properties").filter(|node| !node.is_null())
    }
}

/// One entry of `Parameters`.
#[derive(Clone, Copy, Debug)]
pub struct Parameter<'a> {
    /// The parameter's name.
    pub name: &'a str,
    /// The value of `Type`; `String` if it is missing.
    pub kind: &'a str,
    /// The value of `Default`.
    pub default: Option<&'a Node>,
    /// True if the value must never be shown.
    pub no_echo: bool,
    /// The key, which contains the name.
    pub key: &'a Node,
}

/// Collects resources; the value of `Fn::ForEach::Name` is `[variable, collection, resources]`.
fn collect_resources<'a>(resources: &'a Node, found: &mut Vec<Resource<'a>>) {
    for entry in resources.entries() {
        let Some(logical_id) = entry.key.as_str() else {
            continue;
        };
        if logical_id.starts_with("Fn::ForEach::") {
            if let [_, _, inner] = entry.value.items() {
                collect_resources(inner, found);
            }
            continue;
        }
        let kind = entry.value.get("Type").and_then(Node::as_str);
        found.push(Resource {
            logical_id,
            kind,
            body: &entry.value,
            key: &entry.key,
        });
    }
}

/// Returns true if one of these transforms may add sections.
///
/// These are `AWS::Include`, which is a mapping, and macros that are not by AWS. The macros of AWS
/// need `Resources` to work on.
fn may_add_resources(transforms: &Node) -> bool {
    match transforms.as_str() {
        Some(name) => !name.is_empty() && !name.starts_with("AWS::"),
        None => transforms.is_mapping() || transforms.items().iter().any(may_add_resources),
    }
}

/// Returns true if a macro is called anywhere in a node.
fn has_transform(node: &Node) -> bool {
    let is_call = node
        .call()
        .is_some_and(|call| call.function == Function::Transform);
    let in_entries = node
        .entries()
        .iter()
        .any(|entry| entry.key.as_str() == Some("Fn::Transform") || has_transform(&entry.value));
    let in_tag = matches!(&node.kind, Kind::Tagged(tagged) if has_transform(&tagged.value));
    is_call || in_entries || in_tag || node.items().iter().any(has_transform)
}

/// Returns the format of a text.
///
/// A text is JSON if a JSON parser accepts it; otherwise, a text in braces is YAML in flow style.
fn format_of(text: &str) -> Format {
    let text = text.trim_start_matches('\u{feff}');
    let is_json = text.trim_start().starts_with('{')
        && serde_json::from_str::<serde_json::Value>(text).is_ok();
    if is_json { Format::Json } else { Format::Yaml }
}

/// All codes of this module.
pub const CODES: &[Code] = &[
    code::SYNTAX,
    code::EMPTY,
    code::NOT_A_MAPPING,
    code::NO_RESOURCES,
    code::SEVERAL_DOCUMENTS,
    code::DUPLICATE_KEY,
    code::ALIASES_EXPANDED,
    code::ALIAS,
    code::SHAPE,
];

#[cfg(test)]
mod tests;
