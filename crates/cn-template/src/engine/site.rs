//! Looks at one text of a template, or at every text that it can be.

use super::decide::{self, Variant};
use super::looks::{FoundWords, LOOKS};
use super::result::{Content, TextResult};
use crate::china::Row;
use crate::look::aim::{Aim, Aims};
use crate::look::nested;
use crate::look::phrase::Phrase;
use crate::look::place::{Place, Treatment};
use crate::look::scene::{Scene, whole_names};
use crate::look::trial::Reach;
use crate::look::walk::Site;
use crate::rules::cn111_broken_form;
use crate::rules::model::{Hit, Hits, To};
use crate::rules::shared::{arn, cases, host};
use crate::tree::{Node, Template};

/// Looks at one text, or at every text that it can be.
pub(crate) fn look_at_site<'t>(
    reach: Reach<'_, 't>,
    site: Site<'_, 't>,
    serves_principals: bool,
) -> Vec<TextResult<'t>> {
    let reader = Reader {
        reach,
        place: site.place,
        siblings: site.siblings,
        aims: site.aims,
        treatment: site.place.treatment(),
        serves_principals,
    };
    if reader.treatment == Treatment::Prose {
        return Vec::new();
    }
    let is_code = nested::is_code(site.place, &site.phrase.text, reader.treatment);
    let Expression {
        phrase,
        document,
        variants,
        is_all,
    } = reader.expression(site.node, site.phrase);
    let mut decision = decide::decide(&phrase, &variants, is_all, reach.aims);
    if document.is_none() && (variants.is_empty() || !is_all) {
        decision.body = reader.hits(&phrase, site.aims);
    }
    let mut found = Vec::new();
    for (phrase, mut hits) in decision.of_variants {
        // The meaning of a name depends on the document itself; an ARN is an ARN everywhere.
        hits.retain(|hit| document.is_none() || hit.rule.code.id.starts_with("CN1"));
        found.extend(reader.values(phrase, hits));
    }
    if document.is_some() && !phrase.unreplaced.is_empty() {
        // The document itself does not show that nothing replaces the parts in it.
        let mut hits = reader.hits(&phrase, site.aims);
        hits.retain(|hit| hit.rule.code == cn111_broken_form::RULE.code);
        found.extend(reader.values(phrase.clone(), hits));
    }
    let content = match document {
        Some((inner, is_template)) => Content::Document {
            inner: Box::new(inner),
            is_template,
            aims: site.aims,
        },
        None => Content::Hits {
            hits: decision.body,
            is_code,
        },
    };
    if !matches!(&content, Content::Hits { hits, .. } if hits.is_empty()) {
        found.push(reader.result(phrase, content, false));
    }
    found
}

/// Looks at a line of a program.
pub(crate) fn look_at_line(line: &str, place: &Place<'_>, aim: Aim<'_>) -> Vec<Hit> {
    let scene = Scene {
        place,
        treatment: Treatment::Code,
        text: line,
        holes: &[],
        unreplaced: &[],
        aim,
        siblings: &[],
        serves_principals: false,
    };
    look_at_text(&scene, LOOKS.words.find(line), &[aim], Aims::one(0))
}

/// An expression of a template.
struct Expression<'t> {
    /// The text as it is written, with a hole for every reference.
    phrase: Phrase<'t>,
    /// The document inside the text, and true if the document is a template.
    document: Option<(Template, bool)>,
    /// The texts that the expression can be; empty if it has no reference with a known value.
    variants: Vec<Variant<'t>>,
    /// True if the expression can be no other text.
    is_all: bool,
}

/// Reads every text that one site of a template can be.
struct Reader<'a, 't> {
    reach: Reach<'a, 't>,
    place: &'a Place<'t>,
    siblings: &'t [Node],
    aims: Aims,
    treatment: Treatment,
    serves_principals: bool,
}

impl<'t> Reader<'_, 't> {
    fn hits(&self, phrase: &Phrase<'t>, present: Aims) -> Vec<Hit> {
        let words = LOOKS.words.find(&phrase.text);
        let first = self.aims.indices().next();
        let Some(first) = first.filter(|_| words.is_of_interest(&phrase.text)) else {
            return Vec::new();
        };
        let scene = Scene {
            place: self.place,
            treatment: self.treatment,
            text: &phrase.text,
            holes: &phrase.holes,
            unreplaced: &phrase.unreplaced,
            aim: self.reach.aims[first],
            siblings: self.siblings,
            serves_principals: self.serves_principals,
        };
        look_at_text(&scene, words, self.reach.aims, present)
    }

    /// Returns the texts that a node can be, with the hits in each.
    fn expression(&self, node: &'t Node, phrase: Phrase<'t>) -> Expression<'t> {
        let (texts, is_all) = if phrase.holes.is_empty() {
            (Vec::new(), true)
        } else {
            Phrase::variants(node, self.reach, self.aims)
        };
        let document = self.document(&phrase);
        // Read a document that can be only one text as that text.
        if document.is_some()
            && let [(only, aims)] = texts.as_slice()
            && *aims == self.aims
            && only.is_own()
        {
            return Expression {
                phrase: only.clone(),
                document: self.document(only),
                variants: Vec::new(),
                is_all,
            };
        }
        let variant = |(phrase, aims)| {
            let hits = self.hits(&phrase, aims);
            Variant::new(phrase, aims, hits)
        };
        Expression {
            phrase,
            document,
            variants: texts.into_iter().map(variant).collect(),
            is_all,
        }
    }

    /// Returns the document inside a text, and true if the document is a template.
    fn document(&self, phrase: &Phrase<'t>) -> Option<(Template, bool)> {
        let source = self.reach.template.source();
        let text = phrase.text.as_str();
        let is_read = nested::is_document(text, self.treatment)
            && LOOKS.words.find(text).is_of_interest(text);
        is_read.then(|| nested::parse(source, phrase, self.treatment))?
    }

    fn result(&self, phrase: Phrase<'t>, content: Content, is_variant: bool) -> TextResult<'t> {
        TextResult {
            siblings: self.siblings,
            treatment: self.treatment,
            section: self.place.section,
            is_key: self.place.is_key,
            is_of_stack: self.place.is_of_stack(),
            phrase,
            content,
            is_variant,
        }
    }

    /// Returns hits in values; `None` if there are none.
    ///
    /// CloudFormation inserts these values before any program reads them, so they are never code.
    fn values(&self, phrase: Phrase<'t>, hits: Vec<Hit>) -> Option<TextResult<'t>> {
        let is_code = false;
        (!hits.is_empty()).then(|| self.result(phrase, Content::Hits { hits, is_code }, true))
    }
}

/// Runs every rule on a text and returns their hits from left to right.
fn look_at_text(
    scene: &Scene<'_, '_>,
    words: FoundWords,
    aims: &[Aim<'_>],
    present: Aims,
) -> Vec<Hit> {
    let looks = &*LOOKS;
    let text = scene.text;
    let arns = if words.has(FoundWords::AWS) {
        arn::all(text)
    } else {
        Vec::new()
    };
    let hosts = if words.has(FoundWords::HOST) {
        host::all(text)
    } else {
        Vec::new()
    };
    let worded = words
        .readers()
        .filter_map(|reader| looks.worded.get(reader));
    let of_tables = |reader: usize| reader.checked_sub(looks.worded.len());
    let named = words.readers().filter_map(of_tables);
    let named = named.filter_map(|reader| looks.named.get(reader));
    let mut found = Vec::new();
    for index in present.indices() {
        let scene = Scene {
            aim: aims[index],
            ..*scene
        };
        let aims = Aims::one(index);
        let found = &mut found;
        if arn::apply_to(&scene, &arns) {
            for arn in &arns {
                for (rule, look) in &looks.arn {
                    look(&scene, arn, &mut Hits { rule, aims, found });
                }
            }
        }
        for host in &hosts {
            for case in cases::of(&scene, host) {
                for (rule, look) in &looks.host {
                    look(&scene, host, &case, &mut Hits { rule, aims, found });
                }
            }
        }
        for (rule, row) in named.clone() {
            names(&scene, row, &mut Hits { rule, aims, found });
        }
        for (rule, _, look) in worded.clone() {
            look(&scene, &mut Hits { rule, aims, found });
        }
        for (rule, look) in &looks.text {
            look(&scene, &mut Hits { rule, aims, found });
        }
    }
    merged(found)
}

/// Finds the values of other partitions that have a counterpart in a table.
fn names(scene: &Scene<'_, '_>, row: &'static Row, hits: &mut Hits<'_>) {
    let own = scene
        .aim
        .region()
        .map(|region| row.value(region.partition()));
    if own == Some(None) {
        return;
    }
    let mut seen: Vec<&str> = Vec::new();
    for (partition, name) in &row.values {
        if scene.aim.fits(*partition) || own == Some(Some(name)) || seen.contains(name) {
            continue;
        }
        seen.push(name);
        for at in whole_names(scene.text, name) {
            hits.replace(at..at + name.len(), To::Mapped(row));
        }
    }
}

/// Merges equal hits of several aims into one, and sorts the hits.
fn merged(mut found: Vec<Hit>) -> Vec<Hit> {
    found.sort_by_key(Hit::order);
    let mut merged: Vec<Hit> = Vec::with_capacity(found.len());
    for hit in found {
        let same = merged
            .iter_mut()
            .rev()
            .take_while(|other| other.order() == hit.order())
            .find(|other| other.outcome == hit.outcome);
        match same {
            Some(other) => other.aims = other.aims.or(hit.aims),
            None => merged.push(hit),
        }
    }
    merged
}
