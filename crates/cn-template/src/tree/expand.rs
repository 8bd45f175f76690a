//! Expands aliases and merge keys, which CloudFormation does not support.
//!
//! # Source
//!
//! AWS CloudFormation user guide, "Template formats": YAML aliases and hash merges are not
//! supported. The AWS CLI expands them, and users rely on it.

use std::collections::HashSet;

use super::code;
use super::node::{Entry, Kind, Mapping, Node, Scalar, Style};
use super::scalar::quoted;
use super::yaml::References;
use crate::diag::Diagnostic;
use crate::edit::{Edit, derive};
use crate::source::{Source, Span};

/// Maximum number of bytes that aliases may add; a document with more counts as an attack.
///
/// # Source
///
/// A template has at most 1 MB (CloudFormation quotas, "template body size in an Amazon S3
/// object"), so a larger one can never be deployed.
const MOST_ADDED_BYTES: usize = 1_048_576;

/// Maximum number of entries that merge keys may read; a document with more counts as an attack.
///
/// Merges of merges add no text if all keys are the same, but they take time.
const MOST_MERGED_ENTRIES: usize = 1_000_000;

type Expanded<T> = Result<T, Box<Diagnostic>>;

/// Returns the same document without anchors, aliases and merge keys.
pub(super) fn expand(source: &Source, root: &Node, references: &References) -> Expanded<Source> {
    let mut expander = Expander {
        source,
        references,
        edits: Vec::new(),
        added: 0,
        merged: 0,
    };
    for token in &references.anchor_tokens {
        expander.remove_anchor(*token);
    }
    expander.visit(root)?;
    Ok(derive(source, &expander.edits))
}

struct Expander<'a> {
    source: &'a Source,
    references: &'a References,
    edits: Vec<Edit>,
    /// Number of bytes that aliases have added so far.
    added: usize,
    /// Number of entries that merge keys have read so far.
    merged: usize,
}

impl<'a> Expander<'a> {
    /// Removes `&name` and the spaces after it, or before it at the end of a line.
    fn remove_anchor(&mut self, token: Span) {
        let text = self.source.text();
        let after = text[token.end..]
            .bytes()
            .take_while(|byte| *byte == b' ')
            .count();
        let ends_line = matches!(
            text.as_bytes().get(token.end + after),
            None | Some(b'\r' | b'\n')
        );
        let before = text[..token.start]
            .bytes()
            .rev()
            .take_while(|byte| *byte == b' ')
            .count();
        let span = if ends_line {
            Span::new(token.start - before, token.end)
        } else {
            Span::new(token.start, token.end + after)
        };
        self.edits.push(Edit::replace(span, ""));
    }

    /// Collects the edits for every alias and merge below a node.
    fn visit(&mut self, node: &'a Node) -> Expanded<()> {
        if let Some(target) = self.target(node)? {
            let text = self.flow(target)?;
            self.edits.push(Edit::replace(node.span, text));
            return Ok(());
        }
        match &node.kind {
            Kind::Scalar(_) => Ok(()),
            Kind::Tagged(tagged) => self.visit(&tagged.value),
            Kind::Sequence(items) => items.iter().try_for_each(|item| self.visit(item)),
            Kind::Mapping(mapping) => mapping.entries.iter().try_for_each(|entry| {
                if is_merge(entry) {
                    return self.merge(mapping, entry);
                }
                self.visit(&entry.key)?;
                self.visit(&entry.value)
            }),
        }
    }

    /// Replaces `<<: *x` with the entries of its value.
    fn merge(&mut self, mapping: &'a Mapping, entry: &'a Entry) -> Expanded<()> {
        let merged = self.merged_entries(mapping, entry)?;
        let span = Span::new(entry.key.span.start, entry.value.span.end);
        let separator = if mapping.flow {
            ", ".to_owned()
        } else {
            self.source.line_break_at(span.start)
        };
        let mut lines = Vec::with_capacity(merged.len());
        for (key, value) in merged {
            lines.push(format!("{}: {}", self.flow(key)?, self.flow(value)?));
        }
        if lines.is_empty() {
            return Err(self.refuse(span, "the merged mapping is empty"));
        }
        self.edits.push(Edit::replace(span, lines.join(&separator)));
        Ok(())
    }

    /// Returns the entries that a merge key adds: keys that the mapping itself does not have.
    ///
    /// If several sources have a key, the first takes precedence.
    fn merged_entries(
        &mut self,
        mapping: &'a Mapping,
        merge: &'a Entry,
    ) -> Expanded<Vec<(&'a Node, &'a Node)>> {
        let mut taken: HashSet<&str> = mapping
            .entries
            .iter()
            .filter(|entry| !is_merge(entry))
            .filter_map(|entry| entry.key.as_str())
            .collect();
        let sources = match &merge.value.kind {
            Kind::Sequence(items) => items.iter().collect(),
            _ => vec![&merge.value],
        };
        let mut merged = Vec::new();
        for node in sources {
            let node = self.target(node)?.unwrap_or(node);
            let Kind::Mapping(added) = &node.kind else {
                return Err(self.refuse(merge.key.span, "only mappings can be merged"));
            };
            self.merged += 1 + added.entries.len();
            if self.merged > MOST_MERGED_ENTRIES {
                let why = "the merge keys expand to more entries than a template can have";
                return Err(self.refuse(merge.key.span, why));
            }
            for entry in &added.entries {
                if is_merge(entry) {
                    for (key, value) in self.merged_entries(added, entry)? {
                        if key.as_str().is_none_or(|name| taken.insert(name)) {
                            merged.push((key, value));
                        }
                    }
                } else if entry.key.as_str().is_none_or(|name| taken.insert(name)) {
                    merged.push((&entry.key, &entry.value));
                }
            }
        }
        Ok(merged)
    }

    /// Returns the node that an alias refers to; `None` if the node is not an alias.
    fn target(&self, node: &'a Node) -> Expanded<Option<&'a Node>> {
        let Some(id) = self.references.aliases.get(&node.span) else {
            return Ok(None);
        };
        match self.references.anchors.get(id) {
            Some(target) if !target.span.contains(node.span) => Ok(Some(target)),
            _ => Err(self.refuse(node.span, "the alias is inside its own value")),
        }
    }

    /// Formats a node in one line, valid at any place of a YAML text.
    fn flow(&mut self, node: &'a Node) -> Expanded<String> {
        if let Some(target) = self.target(node)? {
            return self.flow(target);
        }
        let text = match &node.kind {
            Kind::Scalar(scalar) => flow_scalar(scalar),
            Kind::Tagged(tagged) => format!("{} {}", tagged.tag, self.flow(&tagged.value)?),
            Kind::Sequence(items) => {
                let items: Vec<String> = items
                    .iter()
                    .map(|item| self.flow(item))
                    .collect::<Expanded<_>>()?;
                format!("[{}]", items.join(", "))
            }
            Kind::Mapping(mapping) => {
                let mut parts = Vec::with_capacity(mapping.entries.len());
                for entry in &mapping.entries {
                    let pairs = if is_merge(entry) {
                        self.merged_entries(mapping, entry)?
                    } else {
                        vec![(&entry.key, &entry.value)]
                    };
                    for (key, value) in pairs {
                        parts.push(format!("{}: {}", self.flow(key)?, self.flow(value)?));
                    }
                }
                format!("{{{}}}", parts.join(", "))
            }
        };
        self.added += text.len();
        if self.added > MOST_ADDED_BYTES {
            return Err(self.refuse(
                node.span,
                "the expanded aliases exceed the size limit of a template",
            ));
        }
        Ok(text)
    }

    fn refuse(&self, span: Span, why: &str) -> Box<Diagnostic> {
        Box::new(
            Diagnostic::error(code::ALIAS, "cannot expand an alias or merge key")
                .at(self.source, span, why)
                .help("replace it with its value: CloudFormation does not support YAML aliases"),
        )
    }
}

fn is_merge(entry: &Entry) -> bool {
    matches!(&entry.key.kind, Kind::Scalar(scalar) if scalar.value == "<<" && scalar.style == Style::Plain)
}

/// Formats a scalar in one line.
///
/// A plain scalar stays plain, so that it keeps its meaning, unless it contains characters that
/// flow style would misread: then it is quoted.
fn flow_scalar(scalar: &Scalar) -> String {
    let misread = |text: &str| {
        text.contains(['[', ']', '{', '}', ',', '\n'])
            || text.contains(": ")
            || text.contains(" #")
            || text.ends_with(':')
    };
    match scalar.style {
        Style::Plain if scalar.value.is_empty() => "null".to_owned(),
        Style::Plain if !misread(&scalar.value) => scalar.value.clone(),
        _ => quoted(&scalar.value),
    }
}
