//! The references of a template: their places, their paths, and the edits for them.

use std::collections::HashMap;

use super::code;
use super::table::{Form, GLOBALS, INCLUDE, METADATA, Row, TABLE, Takes, WhenAbsent};
use super::turn::{self, Loop, Turn, Unknown};
use crate::diag::Diagnostic;
use crate::edit::Edit;
use crate::partition::Region;
use crate::s3::S3Location;
use crate::section;
use crate::source::{Source, Span};
use crate::tree::{Call, Function, Kind, Mapping, Node, Resource, Style, Template, quoted};

/// A property that points at a local file or folder, by its value or by its absence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The logical ID of the resource, or the name of the section instead.
    pub owner: String,
    /// The property's name, with dots if it is nested.
    pub property: String,
    /// The row of the table that makes the property a reference.
    pub row: Row,
    /// The path as written; empty for the template's own folder.
    pub path: String,
    /// The bytes that messages point at.
    pub span: Span,
    /// The place to write the location to.
    pub place: Place,
    /// The turn of the loops around the property, if its path differs in each turn.
    pub turn: Option<Turn>,
}

/// The place of a location in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Replaces these bytes.
    Replace(Span),
    /// A new entry before the first entry of a mapping, written between these texts.
    Insert {
        /// Offset of the first entry.
        offset: usize,
        /// The key and the colon.
        before: String,
        /// The separator to the entry that was first.
        after: String,
    },
}

impl Reference {
    /// Returns the edit that writes a location, outside of loops.
    pub(super) fn edit(&self, location: &S3Location, region: &Region) -> Edit {
        let text = location.text(&self.row.form, region);
        match &self.place {
            Place::Replace(span) => Edit::replace(*span, text),
            Place::Insert {
                offset,
                before,
                after,
            } => Edit::insert(*offset, format!("{before}{text}{after}")),
        }
    }
}

/// The references of a template.
#[derive(Clone, Debug, Default)]
pub struct References {
    /// The local files and folders, in the order written.
    pub local: Vec<Reference>,
    /// Edits for locations in S3 that the property needs in another form.
    pub remote: Vec<Edit>,
    /// The findings about the values.
    pub findings: Vec<Diagnostic>,
}

/// Lists the local files and folders that a template points at.
///
/// The list excludes values that are not local paths: mappings, intrinsic functions, `s3://`
/// locations, `https://` addresses of templates. It includes both branches of an `Fn::If`.
///
/// * `extra_rows`: properties in addition to those of [`TABLE`]. A row replaces the row of the
///   table, and any earlier extra row, for the same property.
pub fn references(template: &Template, extra_rows: &[Row]) -> References {
    let loops = turn::loops(template);
    let mut finder = Finder {
        source: template.source(),
        rows: rows_by_kind(extra_rows),
        globals: template.root().get("Globals"),
        takes_mappings: loops.is_empty() || section::is_open(template, "Mappings"),
        loops,
        mappings: own_mappings(template),
        found: References::default(),
    };
    finder.includes(template.root());
    finder.transform_section(template.root());
    for (section, rows) in [("Metadata", METADATA), ("Globals", GLOBALS)] {
        for row in rows {
            if let Some(properties) = template.root().at(&[section, &row.kind]) {
                finder.property(&row.kind, properties, row, &[]);
            }
        }
    }
    for resource in template.resources() {
        finder.resource(&resource);
    }
    finder.found
}

/// Returns the names of the template's own mappings, each with the span of its key.
fn own_mappings(template: &Template) -> HashMap<String, Span> {
    let mappings = template.root().get("Mappings");
    let entries = mappings.map(Node::entries).unwrap_or_default().iter();
    let named = entries.filter_map(|entry| Some((entry.key.as_str()?.to_owned(), entry.key.span)));
    named.collect()
}

/// Returns the rows of each resource type; a later row replaces an earlier one of the same path.
pub(super) fn rows_by_kind(extra_rows: &[Row]) -> HashMap<&str, Vec<&Row>> {
    let mut rows: HashMap<&str, Vec<&Row>> = HashMap::new();
    for row in TABLE.iter().chain(extra_rows) {
        let of_kind = rows.entry(&row.kind).or_default();
        of_kind.retain(|known| known.path != row.path);
        of_kind.push(row);
    }
    rows
}

/// Returns true if a row's path leads to a property.
fn leads_to(path: &str, property: &str) -> bool {
    let wanted: Vec<&str> = path.split('.').collect();
    let keys: Vec<&str> = property.split('.').collect();
    let is_same = |(wanted, key): (&&str, &&str)| *wanted == "*" || wanted == key;
    wanted.len() == keys.len() && wanted.iter().zip(&keys).all(is_same)
}

/// Returns true if a property is the key of an object that an artifact's property names.
///
/// * `path`: the keys below `Properties`.
pub(crate) fn is_object_key(kind: &str, path: &[&str]) -> bool {
    let Some((last, above)) = path.split_last() else {
        return false;
    };
    let rows = TABLE.iter().filter(|row| row.kind == kind);
    let mut keys = rows.map(|row| match &row.form {
        Form::Members { key, .. } => (row, key.as_ref()),
        _ => (row, "Key"),
    });
    keys.any(|(row, key)| *last == key && leads_to(&row.path, &above.join(".")))
}

struct Finder<'a> {
    source: &'a Source,
    rows: HashMap<&'a str, Vec<&'a Row>>,
    globals: Option<&'a Node>,
    loops: Vec<Loop<'a>>,
    /// True if the locations of loop turns can be written into a mapping.
    takes_mappings: bool,
    /// The values that mappings are created for, by the name of the mapping.
    mappings: HashMap<String, Span>,
    found: References,
}

impl Finder<'_> {
    fn resource(&mut self, resource: &Resource<'_>) {
        let (Some(kind), Some(properties)) = (resource.kind, resource.properties()) else {
            return;
        };
        let rows = self.rows.get(kind).cloned().unwrap_or_default();
        for (at, row) in rows.iter().enumerate() {
            if row.absent == WhenAbsent::TemplateFolder && self.has_code_elsewhere(properties, row)
            {
                continue;
            }
            self.property(resource.logical_id, properties, row, &rows[at + 1..]);
        }
    }

    /// Returns true if a resource without the property gets its code from elsewhere.
    fn has_code_elsewhere(&self, properties: &Node, row: &Row) -> bool {
        if properties.get(&row.path).is_some() {
            return false;
        }
        let is_image =
            |node: &Node| node.get("PackageType").and_then(Node::as_str) == Some("Image");
        let from_globals = |globals: &Node| {
            globals
                .get("Function")
                .is_some_and(|function| function.get("CodeUri").is_some() || is_image(function))
        };
        properties.get("InlineCode").is_some()
            || properties.get("ImageUri").is_some()
            || is_image(properties)
            || properties.call().is_some()
            || row.kind == "AWS::Serverless::Function" && self.globals.is_some_and(from_globals)
    }

    /// * `later`: rows that take precedence if they lead to the same property, which `*` allows.
    fn property(&mut self, owner: &str, properties: &Node, row: &Row, later: &[&Row]) {
        let mut is_absent = true;
        for (property, value) in values(properties, &row.path) {
            if is_empty(value) {
                continue;
            }
            is_absent = false;
            if later.iter().any(|later| leads_to(&later.path, &property)) {
                continue;
            }
            let place = Property {
                owner,
                name: &property,
                row,
            };
            if row.form == Form::S3UriInList {
                self.list(place, value);
            } else {
                self.value(place, value);
            }
        }
        if is_absent && row.absent == WhenAbsent::TemplateFolder {
            self.whole_folder(owner, properties, row);
        }
    }

    fn value(&mut self, place: Property<'_>, value: &Node) {
        if let Some(call) = value.call() {
            return self.function(place, call, value.span);
        }
        match &value.kind {
            Kind::Scalar(scalar) => self.text(place, &scalar.value, value.span),
            Kind::Mapping(_) => {}
            Kind::Sequence(_) | Kind::Tagged(_) => self.not_a_path(place, value.span),
        }
    }

    /// Reads comma-separated paths and locations from one text.
    fn list(&mut self, place: Property<'_>, value: &Node) {
        let Kind::Scalar(scalar) = &value.kind else {
            return;
        };
        let raw = self.source.slice(value.span);
        let is_as_written = raw.find(&scalar.value);
        let mut offset = 0;
        for part in scalar.value.split(',') {
            let item = part.trim();
            let at = offset + part.find(item).unwrap_or(0);
            offset += part.len() + 1;
            if item.is_empty() || item.starts_with("s3://") {
                continue;
            }
            let Some(start) = is_as_written else {
                return self.not_packaged(
                    place,
                    value.span,
                    "the list contains escapes or spans several lines",
                );
            };
            let start = value.span.start + start + at;
            self.text(place, item, Span::new(start, start + item.len()));
        }
    }

    fn function(&mut self, place: Property<'_>, call: Call<'_>, span: Span) {
        match (call.function, call.argument.items()) {
            (Function::If, [_, then, otherwise]) => {
                self.value(place, then);
                self.value(place, otherwise);
            }
            (Function::Sub, items) => {
                let Some(text) = items.first().unwrap_or(call.argument).as_str() else {
                    return;
                };
                let is_local = text.starts_with("./") || text.starts_with("../");
                if is_local && items.is_empty() && self.turns(place, text, span) {
                    return;
                }
                if is_local {
                    let why = "a local path inside a function is not changed";
                    self.not_packaged(place, call.argument.span, why);
                }
            }
            _ => {}
        }
    }

    /// Reports a value that looks like a path and stays as it is.
    fn not_packaged(&mut self, place: Property<'_>, span: Span, why: &str) {
        let Property { owner, name, .. } = place;
        self.found.findings.push(
            Diagnostic::warning(
                code::PATH_IN_FUNCTION,
                format!("`{name}` of `{owner}` is not packaged"),
            )
            .at(self.source, span, why)
            .help("write the path without `Fn::Sub`, or choose between paths with `Fn::If`"),
        );
    }

    fn text(&mut self, place: Property<'_>, text: &str, span: Span) {
        let Property { owner, name, row } = place;
        if let Some(location) = S3Location::of_uri(text) {
            if let Form::Members {
                bucket,
                key,
                version,
            } = &row.form
            {
                let text = location.members(bucket, key, version.as_deref());
                self.found.remote.push(Edit::replace(span, text));
            }
            return;
        }
        let is_address = ["https://", "http://"]
            .iter()
            .any(|scheme| text.starts_with(scheme));
        let is_template = row.takes == Takes::Template;
        if is_template && (is_address || text.starts_with("s3://")) {
            return;
        }
        if is_address || text.starts_with("s3://") {
            return self.not_a_path(place, span);
        }
        if self.turns(place, text, span) {
            return;
        }
        self.found.local.push(Reference {
            owner: owner.to_owned(),
            property: name.to_owned(),
            row: row.clone(),
            path: text.to_owned(),
            span,
            place: Place::Replace(span),
            turn: None,
        });
    }

    /// Adds the references of a path that differs in each turn of the loops around it.
    ///
    /// Returns false if the path does not depend on a loop.
    fn turns(&mut self, place: Property<'_>, text: &str, span: Span) -> bool {
        let Property { owner, name, row } = place;
        let turns = match turn::turns(&self.loops, text, span) {
            None => return false,
            // A location in a list cannot be looked up in a mapping.
            Some(Ok(_)) if row.form == Form::S3UriInList => return false,
            Some(Ok(_)) if !self.takes_mappings => {
                self.unknown_turns(place, span, Unknown::Mapping);
                return true;
            }
            Some(Ok(turns)) => turns,
            Some(Err(unknown)) => {
                self.unknown_turns(place, span, unknown);
                return true;
            }
        };
        let mapping = self.mapping(&format!("Cn{owner}{name}"), span);
        for filled in turns {
            let pairs = filled.variables.iter().zip(&filled.values);
            let owner = pairs.fold(owner.to_owned(), |owner, (variable, value)| {
                turn::fill(&owner, variable, value).unwrap_or(owner)
            });
            self.found.local.push(Reference {
                owner,
                property: name.to_owned(),
                row: row.clone(),
                path: filled.path,
                span,
                place: Place::Replace(span),
                turn: Some(Turn {
                    mapping: mapping.clone(),
                    variables: filled.variables,
                    values: filled.values,
                }),
            });
        }
        true
    }

    /// Returns a name for the mapping of a value that no other value uses.
    fn mapping(&mut self, wanted: &str, span: Span) -> String {
        let bare: String = wanted.chars().filter(char::is_ascii_alphanumeric).collect();
        let is_own = |name: &String| *self.mappings.entry(name.clone()).or_insert(span) == span;
        let free = section::names(&bare).find(is_own);
        free.expect("the names never end")
    }

    fn unknown_turns(&mut self, place: Property<'_>, span: Span, unknown: Unknown) {
        let Property { owner, name, .. } = place;
        let (why, help) = match unknown {
            Unknown::Collection => (
                "the collection of the loop is not a list of literals",
                "write the collection as a list, such as `[orders, returns]`, or use one path for all iterations",
            ),
            Unknown::Value => (
                "a value of the loop cannot be a key of the mapping for the locations",
                "use only letters, digits, hyphens and dots in the collection",
            ),
            Unknown::Mapping => (
                "a mapping for the locations cannot be added to the section `Mappings`",
                "write `Mappings` as a mapping of names to mappings, or use one path for all iterations",
            ),
        };
        self.found.findings.push(
            Diagnostic::error(
                code::LOOP,
                format!(
                    "`{name}` of `{owner}` differs in each iteration of its loop and cannot be packaged"
                ),
            )
            .at(self.source, span, why)
            .help(help),
        );
    }

    fn not_a_path(&mut self, place: Property<'_>, span: Span) {
        let Property { owner, name, .. } = place;
        self.found.findings.push(
            Diagnostic::error(
                code::NOT_A_PATH,
                format!("`{name}` of `{owner}` cannot be packaged"),
            )
            .at(
                self.source,
                span,
                "neither a local path nor an `s3://bucket/key` location",
            )
            .help("write a path relative to the template, or an `s3://` location"),
        );
    }

    /// Reports a resource that needs code but names none, and adds the template's folder.
    ///
    /// The AWS CLI packages that folder, too.
    fn whole_folder(&mut self, owner: &str, properties: &Node, row: &Row) {
        // Such properties are directly below `Properties`.
        let name = &*row.path;
        let parent = properties;
        let present = parent.entry(name);
        let place = match (&parent.kind, present) {
            // A key without a value has no bytes to replace.
            (_, Some(entry)) if entry.value.span.is_empty() => Place::Insert {
                offset: self.after_colon(entry.key.span.end),
                before: " ".to_owned(),
                after: String::new(),
            },
            (_, Some(entry)) => Place::Replace(entry.value.span),
            (Kind::Mapping(mapping), None) => self.insertion(parent, mapping, name),
            _ => return,
        };
        let span = present.map_or(Span::new(parent.span.start, parent.span.start), |entry| {
            entry.key.span
        });
        self.found.findings.push(
            Diagnostic::warning(
                code::WHOLE_FOLDER,
                format!(
                    "`{owner}` has no `{name}`, so the whole folder of the template is packaged"
                ),
            )
            .at(
                self.source,
                span,
                "the archive contains everything next to the template",
            )
            .help(format!("set `{name}` to the folder that contains the code")),
        );
        self.found.local.push(Reference {
            owner: owner.to_owned(),
            property: name.to_owned(),
            row: row.clone(),
            path: String::new(),
            span,
            place,
            turn: None,
        });
    }

    fn after_colon(&self, offset: usize) -> usize {
        let rest = &self.source.text()[offset..];
        offset + rest.find(':').map_or(0, |colon| colon + 1)
    }

    fn insertion(&self, parent: &Node, mapping: &Mapping, name: &str) -> Place {
        let quoted_key = format!("{}: ", quoted(name));
        match mapping.entries.first() {
            None => Place::Insert {
                offset: parent.span.start + 1,
                before: quoted_key,
                after: String::new(),
            },
            Some(first) if mapping.flow => Place::Insert {
                offset: first.key.span.start,
                before: quoted_key,
                after: ", ".to_owned(),
            },
            Some(first) => {
                let key = first.key.span.start;
                // A key may be marked with `?`, which belongs to its entry.
                let before = self.source.text()[..key].trim_end_matches(' ');
                let offset = before.strip_suffix('?').map_or(key, str::len);
                let after = self.source.line_break_at(offset);
                Place::Insert {
                    offset,
                    before: format!("{name}: "),
                    after,
                }
            }
        }
    }

    /// Finds `Fn::Transform` anywhere: as a tag, as a mapping, or next to other keys.
    fn includes(&mut self, node: &Node) {
        match &node.kind {
            Kind::Scalar(_) => {}
            Kind::Sequence(items) => items.iter().for_each(|item| self.includes(item)),
            Kind::Tagged(tagged) => {
                if Function::from_tag(&tagged.tag) == Some(Function::Transform) {
                    self.transforms(&tagged.value);
                }
                self.includes(&tagged.value);
            }
            Kind::Mapping(mapping) => {
                for entry in &mapping.entries {
                    if entry.key.as_str() == Some("Fn::Transform") {
                        self.transforms(&entry.value);
                    }
                    self.includes(&entry.value);
                }
            }
        }
    }

    /// Reads the section `Transform`, which may include a file at the top level.
    fn transform_section(&mut self, root: &Node) {
        if let Some(section) = root.get("Transform") {
            self.transforms(section);
        }
    }

    /// Reads one transform or a list of transforms.
    fn transforms(&mut self, node: &Node) {
        for item in node.items() {
            self.transforms(item);
        }
        if node.get("Name").and_then(Node::as_str) == Some("AWS::Include") {
            self.property("AWS::Include", node, &INCLUDE, &[]);
        }
    }
}

/// A property of a resource whose value is being read.
#[derive(Clone, Copy)]
struct Property<'a> {
    owner: &'a str,
    name: &'a str,
    row: &'a Row,
}

/// Returns the values at the end of a path, each with the path that led to it.
pub(super) fn values<'a>(node: &'a Node, path: &str) -> Vec<(String, &'a Node)> {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let is_wanted = |key: &str| first == "*" || key == first;
    let mut found = Vec::new();
    for entry in node.entries() {
        let Some(key) = entry.key.as_str().filter(|key| is_wanted(key)) else {
            continue;
        };
        if rest.is_empty() {
            found.push((key.to_owned(), &entry.value));
        } else {
            let below = values(&entry.value, rest).into_iter();
            found.extend(below.map(|(path, value)| (format!("{key}.{path}"), value)));
        }
    }
    found
}

/// Returns true if a value counts as absent: null, or an empty text, list or mapping.
pub(super) fn is_empty(value: &Node) -> bool {
    match &value.kind {
        Kind::Scalar(scalar) => {
            scalar.value.is_empty() || value.is_null() && scalar.style == Style::Plain
        }
        Kind::Sequence(items) => items.is_empty(),
        Kind::Mapping(mapping) => mapping.entries.is_empty(),
        Kind::Tagged(_) => false,
    }
}

#[cfg(test)]
mod tests;
