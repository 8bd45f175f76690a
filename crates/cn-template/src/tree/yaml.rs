//! Turns text into nodes. This is the only module that uses the YAML parser.
//!
//! JSON is parsed the same way, because it is YAML in flow style. The meanings of plain scalars
//! (see [`Scalar`]) are left out on purpose, and so are comments, which no edit ever touches.

use std::collections::HashMap;

use granit_parser::{Event, Options, Parser, ScalarStyle, StructureStyle};

use super::code;
use super::node::{Entry, Kind, Mapping, Node, Scalar, Style, Tagged};
use crate::diag::Diagnostic;
use crate::source::{Source, Span};

/// The trees and findings built from the events of one text.
pub(super) struct Built {
    /// The first document; `None` if there is none.
    pub root: Option<Node>,
    /// The places of aliases and anchors.
    pub references: References,
    /// The findings about the text.
    pub findings: Vec<Diagnostic>,
}

/// The anchors of a text and the places that refer to them.
#[derive(Default)]
pub(super) struct References {
    /// The anchored nodes, by the parser's ID.
    pub anchors: HashMap<usize, Node>,
    /// The bytes of each `&name`.
    pub anchor_tokens: Vec<Span>,
    /// The bytes of each `*name` and the ID of its anchor.
    pub aliases: HashMap<Span, usize>,
}

/// Parses a text.
pub(super) fn build(source: &Source) -> Built {
    let mut options = Options::default();
    // Another crate may enable the parser's feature for comments.
    options.set_emit_comments(false);
    options.emit_anchor_events = true;
    // The limit prevents quadratic scans of YAML; JSON keys have no limit.
    options.simple_key_max_lookahead = 64 * 1024;
    let mut builder = Builder {
        source,
        events: Parser::new_from_str_with_options(source.text(), options),
        references: References::default(),
        findings: Vec::new(),
        done: 0,
    };
    let root = match builder.document() {
        Ok(root) => root,
        Err(finding) => {
            builder.findings.push(*finding);
            None
        }
    };
    Built {
        root,
        references: builder.references,
        findings: builder.findings,
    }
}

/// Maximum number of lines that the finding about a duplicate key lists.
const MOST_LINES: usize = 10;

type Parsed<T> = Result<T, Box<Diagnostic>>;

struct Builder<'s> {
    source: &'s Source,
    events: Parser<'s, granit_parser::StrInput<'s>>,
    references: References,
    findings: Vec<Diagnostic>,
    /// The end of the earlier nodes.
    done: usize,
}

impl<'s> Builder<'s> {
    fn document(&mut self) -> Parsed<Option<Node>> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(root),
                Event::DocumentStart(..) if root.is_some() => {
                    let place = Span::new(span.start, span.end.max(span.start));
                    self.findings.push(
                        Diagnostic::error(
                            code::SEVERAL_DOCUMENTS,
                            "the text holds more than one document",
                        )
                        .at(self.source, place, "a second document starts here")
                        .help("a template is one document: move the rest to a file of its own"),
                    );
                    return Ok(root);
                }
                Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
                event => root = Some(self.node(event, span)?),
            }
        }
    }

    /// Returns the next event and its bytes.
    fn next(&mut self) -> Parsed<(Event<'s>, EventSpan)> {
        match self.events.next() {
            Some(Ok((event, span))) => {
                let byte =
                    |marker: granit_parser::Marker| marker.byte_offset().unwrap_or(self.done);
                let tag = span
                    .tag_span()
                    .map(|tag| Span::new(byte(tag.start), byte(tag.end)));
                Ok((
                    event,
                    EventSpan {
                        start: byte(span.start),
                        end: byte(span.end),
                        tag,
                    },
                ))
            }
            Some(Err(error)) => {
                let end = self.source.text().len();
                let at = error.marker().byte_offset().unwrap_or(end).min(end);
                let finding = Diagnostic::error(
                    code::SYNTAX,
                    "the text is neither valid YAML nor JSON",
                )
                .at(self.source, Span::new(at, at), error.info());
                Err(Box::new(finding))
            }
            None => Ok((
                Event::StreamEnd,
                EventSpan {
                    start: self.done,
                    end: self.done,
                    tag: None,
                },
            )),
        }
    }

    fn node(&mut self, event: Event<'s>, span: EventSpan) -> Parsed<Node> {
        let anchor = self.anchor(&event)?;
        let node = match event {
            Event::Alias(id) => self.alias(id, span),
            Event::Scalar(value, style, ..) => self.scalar(value.into_owned(), style, span),
            Event::SequenceStart(style, ..) => self.sequence(style, span)?,
            Event::MappingStart(style, ..) => self.mapping(style, span)?,
            // The other events never occur here; an empty scalar keeps the tree complete.
            _ => self.scalar(String::new(), ScalarStyle::Plain, span),
        };
        self.done = self.done.max(node.span.end);
        let node = self.tagged(node, span.tag);
        if let Some(id) = anchor {
            self.references.anchors.insert(id, node.clone());
        }
        Ok(node)
    }

    /// Consumes the anchor event after the event of an anchored node; returns the anchor's ID.
    fn anchor(&mut self, event: &Event<'s>) -> Parsed<Option<usize>> {
        let (Event::Scalar(_, _, id, _)
        | Event::SequenceStart(_, id, _)
        | Event::MappingStart(_, id, _)) = event
        else {
            return Ok(None);
        };
        if *id == 0 {
            return Ok(None);
        }
        let (_, token) = self.next()?;
        self.references
            .anchor_tokens
            .push(Span::new(token.start, token.end));
        self.done = self.done.max(token.end);
        Ok(Some(*id))
    }

    fn alias(&mut self, id: usize, span: EventSpan) -> Node {
        let span = Span::new(span.start, span.end);
        self.references.aliases.insert(span, id);
        let value = self.source.slice(span).to_owned();
        Node {
            span,
            kind: Kind::Scalar(Scalar {
                value,
                style: Style::Plain,
            }),
        }
    }

    fn scalar(&self, value: String, style: ScalarStyle, span: EventSpan) -> Node {
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::SingleQuoted,
            ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
        };
        let text = self.source.text();
        let span = match style {
            Style::Literal | Style::Folded => {
                let header = self
                    .done
                    .max(span.tag.map_or(0, |tag| tag.end))
                    .min(span.start);
                let indicator =
                    block_indicator(&text[header..span.start]).map_or(span.start, |at| header + at);
                let content = text[indicator..span.end].trim_end_matches([' ', '\t', '\r', '\n']);
                let end = indicator + content.len();
                Span::new(indicator, end)
            }
            Style::Plain | Style::SingleQuoted | Style::DoubleQuoted => {
                Span::new(span.start, span.end)
            }
        };
        Node {
            span,
            kind: Kind::Scalar(Scalar { value, style }),
        }
    }

    fn sequence(&mut self, style: StructureStyle, start: EventSpan) -> Parsed<Node> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::SequenceEnd) {
                let children =
                    items
                        .first()
                        .zip(items.last())
                        .map(|(first, last): (&Node, &Node)| {
                            Span::new(first.span.start, last.span.end)
                        });
                return Ok(Node {
                    span: collection(style, start, span, children),
                    kind: Kind::Sequence(items),
                });
            }
            if matches!(event, Event::StreamEnd) {
                return Err(self.truncated());
            }
            items.push(self.node(event, span)?);
        }
    }

    fn mapping(&mut self, style: StructureStyle, start: EventSpan) -> Parsed<Node> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                self.report_duplicates(&entries);
                let children = entries.first().zip(entries.last()).map(|(first, last)| {
                    Span::new(
                        first.key.span.start,
                        last.value.span.end.max(last.key.span.end),
                    )
                });
                let span = collection(style, start, span, children);
                let flow = style == StructureStyle::Flow;
                return Ok(Node {
                    span,
                    kind: Kind::Mapping(Mapping { entries, flow }),
                });
            }
            if matches!(event, Event::StreamEnd) {
                return Err(self.truncated());
            }
            let key = self.node(event, span)?;
            let (event, span) = self.next()?;
            let value = self.node(event, span)?;
            entries.push(Entry { key, value });
        }
    }

    fn report_duplicates(&mut self, entries: &[Entry]) {
        let names = entries.iter().filter_map(|entry| {
            let name = entry.key.as_str().filter(|name| *name != "<<");
            name.map(|name| (name, entry.key.span))
        });
        let mut names: Vec<(&str, Span)> = names.collect();
        names.sort_unstable();
        for same in names.chunk_by(|one, other| one.0 == other.0) {
            let [earlier @ .., (name, last)] = same else {
                continue;
            };
            if earlier.is_empty() {
                continue;
            }
            let line = |span: &Span| self.source.position(span.start).line.to_string();
            let earliest = earlier.iter().take(MOST_LINES);
            let mut lines: Vec<String> = earliest.map(|(_, span)| line(span)).collect();
            lines.dedup();
            if earlier.len() > MOST_LINES {
                lines.push(format!("{} more", earlier.len() - MOST_LINES));
            }
            let last_line = line(last);
            // A minified file has one line.
            let place = if lines == [last_line.as_str()] {
                format!("line {last_line}")
            } else {
                format!("lines {} and {last_line}", lines.join(", "))
            };
            let finding = Diagnostic::warning(
                code::DUPLICATE_KEY,
                format!(
                    "key `{name}` occurs {} times in one mapping, on {place}",
                    same.len(),
                ),
            )
            .at(self.source, *last, "only this last value takes effect")
            .help("keep one of the entries, or rename the others");
            self.findings.push(finding);
        }
    }

    fn tagged(&self, value: Node, tag: Option<Span>) -> Node {
        let Some(tag_span) = tag else { return value };
        let span = Span::new(tag_span.start, value.span.end.max(tag_span.end));
        let tag = self.source.slice(tag_span).to_owned();
        Node {
            span,
            kind: Kind::Tagged(Box::new(Tagged {
                tag,
                tag_span,
                value,
            })),
        }
    }

    fn truncated(&self) -> Box<Diagnostic> {
        let end = self.source.text().len();
        Box::new(
            Diagnostic::error(code::SYNTAX, "the text is neither valid YAML nor JSON").at(
                self.source,
                Span::new(end, end),
                "the text ends in the middle of a collection",
            ),
        )
    }
}

/// Returns the offset of a block scalar's `|` or `>` in the text before its content.
///
/// Comments and directives may come before it, and may contain either character.
fn block_indicator(text: &str) -> Option<usize> {
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let is_directive = line.starts_with('%');
        let comment = line
            .char_indices()
            .find(|(at, character)| {
                *character == '#' && (*at == 0 || line[..*at].ends_with([' ', '\t']))
            })
            .map_or(line.len(), |(at, _)| at);
        match line[..comment].find(['|', '>']) {
            Some(at) if !is_directive => return Some(offset + at),
            _ => offset += line.len(),
        }
    }
    None
}

/// The bytes of an event.
#[derive(Clone, Copy)]
struct EventSpan {
    start: usize,
    end: usize,
    tag: Option<Span>,
}

/// Returns the bytes of a collection.
///
/// Flow style includes the brackets; block style reaches from the first child to the last.
fn collection(
    style: StructureStyle,
    start: EventSpan,
    end: EventSpan,
    children: Option<Span>,
) -> Span {
    match (style, children) {
        (StructureStyle::Block, Some(children)) => children,
        (StructureStyle::Block, None) => Span::new(start.start, start.start),
        (StructureStyle::Flow, _) => Span::new(start.start, end.end),
    }
}
