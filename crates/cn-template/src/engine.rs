//! Looks at a template once, for all aims, and collects the hits of the rules.

mod seen;
mod settle;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

pub(crate) use self::seen::{Content, Seen};
use self::settle::Variant;
use crate::look::aim::{Aim, Aims};
use crate::look::condition::Conditions;
use crate::look::nested;
use crate::look::phrase::Phrase;
use crate::look::place::{Place, Section, Treatment};
use crate::look::scene::{Scene, whole_names};
use crate::look::subject::{Subject, View};
use crate::look::trial::{Origin, Passed, Reach, is_structural};
use crate::look::uses;
use crate::look::walk::{self, Site};
use crate::rules::model::{Absent, Hit, Hits, Look, Rule, Spot, Spots, To};
use crate::rules::shared::{arn, cases, host};
use crate::rules::{RULES, cn111_broken_form};
use crate::tree::{Node, Template};

/// Everything that the rules find in a template.
pub(crate) struct Looked<'t> {
    pub template: &'t Template,
    /// Texts with hits, and documents in strings, in the order of the template.
    pub texts: Vec<Seen<'t>>,
    /// Nodes with something to report.
    pub spots: Vec<Spot>,
}

/// Looks at a template, or at another document if it has no `Resources`.
///
/// Cost: one walk over the tree, whatever the number of aims. Each text is split into its parts
/// once, and only texts with something of interest are looked at for each aim.
pub(crate) fn look<'t>(template: &'t Template, aims: &[Aim<'_>], present: Aims) -> Looked<'t> {
    if template.root().get("Resources").is_none() {
        return look_at_document(template, aims, present);
    }
    let conditions: Vec<Conditions<'t>> = aims
        .iter()
        .map(|aim| Conditions::of(template, *aim))
        .collect();
    let of_principals = uses::of_principals(template);
    let mut texts = Vec::new();
    let reach = Reach::of(template, aims, &conditions);
    walk::template(template, aims, &conditions, present, &mut |site| {
        let serves_principals =
            matches!(site.place.section, Section::Parameters | Section::Mappings)
                && site
                    .place
                    .path
                    .first()
                    .is_some_and(|name| of_principals.contains(name));
        texts.extend(look_at_site(reach, site, serves_principals));
    });
    settle::drop_repeated(&mut texts);
    let spots = look_at_resources(&View::new(
        template,
        aims,
        &conditions,
        present,
        &LOOKS.types,
    ));
    Looked {
        template,
        texts,
        spots,
    }
}

/// A value passed to a nested template, with a hit of a rule in a text of that template.
pub(crate) struct PassedOn<'t> {
    /// The literal, in the template that passes the value.
    pub node: &'t Node,
    /// The bytes of the hit in the literal's text.
    pub range: Range<usize>,
    pub hit: Hit,
}

/// A function that returns the available nested templates, each with its stack's logical ID.
pub(crate) type Nested<'a, 't> = &'a dyn Fn(&'t Template) -> Vec<(String, &'t Template)>;

/// Maximum number of nested templates to look at for the values of one template.
const MOST_NESTED: usize = 64;

/// Looks at the texts of nested templates, at every level, that contain values of a template.
///
/// Cost: one walk over each nested template that receives a value which decides the meaning of a
/// text, for each path that leads there, at most [`MOST_NESTED`].
pub(crate) fn look_at_passed<'t>(
    template: &'t Template,
    nested: Nested<'_, 't>,
    aims: &[Aim<'_>],
) -> Vec<PassedOn<'t>> {
    let mut descent = Descent {
        nested,
        aims,
        way: vec![template],
        left: MOST_NESTED,
        found: Vec::new(),
    };
    descent.visit(template, None, Aims::of(0..aims.len()));
    descent.found
}

/// A descent through nested templates.
struct Descent<'a, 't> {
    nested: Nested<'a, 't>,
    aims: &'a [Aim<'a>],
    /// The templates on the path to the current one, outermost first.
    way: Vec<&'t Template>,
    /// Number of templates that may still be looked at.
    left: usize,
    found: Vec<PassedOn<'t>>,
}

impl<'t> Descent<'_, 't> {
    /// * `given`: the values passed to the template; `None` for the outermost.
    fn visit(&mut self, template: &'t Template, given: Option<&Passed<'t>>, present: Aims) {
        let aims = self.aims;
        let conditions: Vec<Conditions<'t>> = aims
            .iter()
            .map(|aim| Conditions::of(template, *aim))
            .collect();
        let reach = Reach {
            passed: given,
            ..Reach::of(template, aims, &conditions)
        };
        // The outermost template receives no values.
        if given.is_some() {
            self.look(reach, present);
        }
        for (stack, nested) in (self.nested)(template) {
            let is_circle = self.way.iter().any(|outer| std::ptr::eq(*outer, nested));
            let mut resources = template.resources();
            let resource = resources.find(|resource| resource.logical_id == stack);
            let Some(resource) = resource.filter(|_| self.left > 0 && !is_circle) else {
                continue;
            };
            let condition = resource.body.get("Condition").and_then(Node::as_str);
            let present = present
                .filter(|place| condition.is_none_or(|name| conditions[place].can_exist(name)));
            let passed = passed(reach, resource.body, present);
            if passed.is_empty() {
                continue;
            }
            self.left -= 1;
            self.way.push(nested);
            self.visit(nested, Some(&passed), present);
            self.way.pop();
        }
    }

    fn look(&mut self, reach: Reach<'_, 't>, present: Aims) {
        let (template, aims) = (reach.template, reach.aims);
        walk::template(template, aims, reach.conditions, present, &mut |site| {
            for seen in look_at_site(reach, site, false) {
                let Content::Hits { hits, .. } = seen.content else {
                    continue;
                };
                for hit in hits {
                    let written = seen.phrase.written(&hit.range);
                    let passed = written.filter(|written| written.origin == Origin::Passed);
                    self.found.extend(passed.map(|written| PassedOn {
                        node: written.scalar,
                        range: written.range,
                        hit,
                    }));
                }
            }
        });
    }
}

/// Returns the values that a stack passes on.
///
/// These are literals of the outermost template that decide the meaning of the text around them.
fn passed<'t>(reach: Reach<'_, 't>, stack: &'t Node, present: Aims) -> Passed<'t> {
    let is_given = |node: &Node| {
        reach.passed.is_none_or(|given| {
            let mut given = given.values().flatten();
            given.any(|(other, _)| std::ptr::eq(*other, node))
        })
    };
    let parameters = stack.at(&["Properties", "Parameters"]);
    let entries = parameters.map(Node::entries).unwrap_or_default().iter();
    entries
        .filter_map(|entry| {
            let mut texts = reach.texts(&entry.value, present);
            texts.retain(|(node, _)| node.as_str().is_some_and(is_structural) && is_given(node));
            Some((entry.key.as_str()?, texts)).filter(|(_, texts)| !texts.is_empty())
        })
        .collect()
}

/// Looks only at the resources of a template.
pub(crate) fn look_at_availability<'t>(template: &'t Template, aims: &[Aim<'_>]) -> Looked<'t> {
    let present = Aims::of(0..aims.len());
    let conditions: Vec<Conditions<'t>> = aims
        .iter()
        .map(|aim| Conditions::of(template, *aim))
        .collect();
    Looked {
        template,
        texts: Vec::new(),
        spots: look_at_resources(&View::new(
            template,
            aims,
            &conditions,
            present,
            &LOOKS.types,
        )),
    }
}

/// Looks at a document that is not a template.
pub(crate) fn look_at_document<'t>(
    document: &'t Template,
    aims: &[Aim<'_>],
    present: Aims,
) -> Looked<'t> {
    let conditions: Vec<Conditions<'t>> = aims.iter().map(|_| Conditions::default()).collect();
    let mut texts = Vec::new();
    let reach = Reach::of(document, aims, &conditions);
    walk::document(document, aims, &conditions, present, &mut |site| {
        texts.extend(look_at_site(reach, site, false));
    });
    settle::drop_repeated(&mut texts);
    Looked {
        template: document,
        texts,
        spots: Vec::new(),
    }
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
    look_at_text(&scene, LOOKS.words.seen_in(line), &[aim], Aims::one(0))
}

/// The place of one text, to look at every text that it can be.
struct Spotlight<'a, 't> {
    reach: Reach<'a, 't>,
    place: &'a Place<'t>,
    siblings: &'t [Node],
    aims: Aims,
    treatment: Treatment,
    serves_principals: bool,
}

impl<'t> Spotlight<'_, 't> {
    fn hits(&self, phrase: &Phrase<'t>, present: Aims) -> Vec<Hit> {
        let words = LOOKS.words.seen_in(&phrase.text);
        let first = self.aims.places().next();
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

    /// Returns the document inside a text, and true if the document is a template.
    fn document(&self, phrase: &Phrase<'t>) -> Option<(Template, bool)> {
        let source = self.reach.template.source();
        is_of_interest(&phrase.text).then(|| nested::parse(source, phrase, self.treatment))?
    }

    fn seen(&self, phrase: Phrase<'t>, content: Content, is_variant: bool) -> Seen<'t> {
        Seen {
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
    fn values(&self, phrase: Phrase<'t>, hits: Vec<Hit>) -> Option<Seen<'t>> {
        let is_code = false;
        (!hits.is_empty()).then(|| self.seen(phrase, Content::Hits { hits, is_code }, true))
    }
}

/// Looks at one text, or at every text that it can be.
fn look_at_site<'t>(
    reach: Reach<'_, 't>,
    site: Site<'_, 't>,
    serves_principals: bool,
) -> Vec<Seen<'t>> {
    let light = Spotlight {
        reach,
        place: site.place,
        siblings: site.siblings,
        aims: site.aims,
        treatment: site.place.treatment(),
        serves_principals,
    };
    if light.treatment == Treatment::Prose {
        return Vec::new();
    }
    let mut phrase = site.phrase;
    let is_code = nested::is_code(site.place, &phrase.text, light.treatment);
    let (mut texts, is_all) = if phrase.holes.is_empty() {
        (Vec::new(), true)
    } else {
        Phrase::variants(site.node, reach, site.aims)
    };
    let mut document = light.document(&phrase);
    // Read a document that can be only one text as that text.
    if document.is_some()
        && let [(only, aims)] = texts.as_slice()
        && *aims == site.aims
        && only.is_own()
    {
        phrase = only.clone();
        document = light.document(&phrase);
        texts.clear();
    }
    let is_one = texts.is_empty();
    let variants: Vec<Variant<'t>> = texts
        .into_iter()
        .map(|(phrase, aims)| {
            let hits = light.hits(&phrase, aims);
            Variant::new(phrase, aims, hits)
        })
        .collect();
    let mut settled = settle::settled(&phrase, &variants, is_all, reach.aims);
    if document.is_none() && (is_one || !is_all) {
        settled.body = light.hits(&phrase, site.aims);
    }
    let mut found = Vec::new();
    for (phrase, mut hits) in settled.of_variants {
        // The meaning of a name depends on the document itself; an ARN is an ARN everywhere.
        hits.retain(|hit| document.is_none() || hit.rule.code.id.starts_with("CN1"));
        found.extend(light.values(phrase, hits));
    }
    if document.is_some() && !phrase.unreplaced.is_empty() {
        // The document itself does not show that nothing replaces the parts in it.
        let mut hits = light.hits(&phrase, site.aims);
        hits.retain(|hit| hit.rule.code == cn111_broken_form::RULE.code);
        found.extend(light.values(phrase.clone(), hits));
    }
    let content = match document {
        Some((inner, is_template)) => Content::Document {
            inner: Box::new(inner),
            is_template,
            aims: site.aims,
        },
        None => Content::Hits {
            hits: settled.body,
            is_code,
        },
    };
    if !matches!(&content, Content::Hits { hits, .. } if hits.is_empty()) {
        found.push(light.seen(phrase, content, false));
    }
    found
}

/// Returns true if a text is short or contains a word that a rule reads.
fn is_of_interest(text: &str) -> bool {
    LOOKS.words.seen_in(text).is_of_interest(text)
}

/// Runs every rule on a text and returns their hits from left to right.
fn look_at_text(scene: &Scene<'_, '_>, seen: Worded, aims: &[Aim<'_>], present: Aims) -> Vec<Hit> {
    let looks = &*LOOKS;
    let text = scene.text;
    let arns = if seen.has(Worded::AWS) {
        arn::all(text)
    } else {
        Vec::new()
    };
    let hosts = if seen.has(Worded::HOST) {
        host::all(text)
    } else {
        Vec::new()
    };
    let mut readers = 0..;
    let mut is_read = || readers.next().is_some_and(|reader| seen.has(reader));
    let worded: Vec<_> = looks.worded.iter().filter(|_| is_read()).collect();
    let named: Vec<_> = looks.named.iter().filter(|_| is_read()).collect();
    let mut found = Vec::new();
    for place in present.places() {
        let scene = Scene {
            aim: aims[place],
            ..*scene
        };
        let aims = Aims::one(place);
        let found = &mut found;
        if arn::is_asked(&scene, &arns) {
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
        for (rule, row) in &named {
            names(&scene, row, &mut Hits { rule, aims, found });
        }
        for (rule, _, look) in &worded {
            look(&scene, &mut Hits { rule, aims, found });
        }
        for (rule, look) in &looks.text {
            look(&scene, &mut Hits { rule, aims, found });
        }
    }
    merged(found)
}

/// Finds the values of other partitions that have a counterpart in a table.
fn names(scene: &Scene<'_, '_>, row: &'static crate::china::Row, hits: &mut Hits<'_>) {
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
    let order = |hit: &Hit| (hit.range.start, hit.range.end, hit.rule.code.id);
    found.sort_by(|left, right| order(left).cmp(&order(right)));
    let mut merged: Vec<Hit> = Vec::with_capacity(found.len());
    for hit in found {
        let same = merged
            .iter_mut()
            .rev()
            .take_while(|other| order(other) == order(&hit))
            .find(|other| other.outcome == hit.outcome);
        match same {
            Some(other) => other.aims = other.aims.or(hit.aims),
            None => merged.push(hit),
        }
    }
    merged
}

fn look_at_resources(view: &View<'_, '_>) -> Vec<Spot> {
    let looks = &*LOOKS;
    let mut found = Vec::new();
    view.each(|subject| {
        let found = &mut found;
        for (rule, look) in &looks.resource {
            look(subject, &mut Spots { rule, found });
        }
        for (rule, absent) in looks.absent.get(subject.kind).into_iter().flatten() {
            look_for_absent(subject, absent, &mut Spots { rule, found });
        }
    });
    for (rule, look) in &looks.template {
        let found = &mut found;
        look(view, &mut Spots { rule, found });
    }
    found
}

/// Reports the matches of one row of a rule's table.
fn look_for_absent(subject: &Subject<'_, '_>, absent: &Absent, spots: &mut Spots<'_>) {
    let rule = spots.rule;
    let or = |own: &'static str, of_rule: &'static str| if own.is_empty() { of_rule } else { own };
    let (message, help) = (
        or(absent.message, rule.code.title),
        or(absent.help, rule.help),
    );
    let severity = absent.severity.unwrap_or(rule.severity);
    let places = if absent.path.is_empty() {
        vec![(subject.kind_span, subject.present)]
    } else if absent.values.is_empty() {
        subject.given(absent.path)
    } else {
        let is_meant = |text: &str| {
            let mut values = absent.values.iter();
            values.any(|value| value.eq_ignore_ascii_case(text))
        };
        subject
            .texts(absent.path)
            .into_iter()
            .filter(|(text, ..)| is_meant(text))
            .map(|(_, span, aims)| (span, aims))
            .collect()
    };
    for (span, aims) in places {
        spots.report_as(severity, span, subject.view.in_regions(aims), message, help);
    }
}

/// Length limit of texts that are of interest even without a word that a rule looks for.
///
/// Regions, zones and bare policy names are short.
const LONGEST_NAME_BYTES: usize = 80;

/// Words of which every ARN and every AWS host contains at least one.
const OF_AWS: [&str; 3] = ["arn", "aws", "amazon"];

/// The words that rules look for, found in one pass over a text.
#[derive(Default)]
struct Words {
    automaton: Option<AhoCorasick>,
    /// For each word, the bits of its readers.
    readers: Vec<u32>,
}

/// The words of a text, as the bits of their readers.
#[derive(Clone, Copy)]
struct Worded(u32);

impl Worded {
    /// Bit of the words that belong to AWS.
    const AWS: u32 = 31;
    /// Bit of the host suffixes.
    const HOST: u32 = 30;

    const fn has(self, reader: u32) -> bool {
        self.0 >> reader & 1 == 1
    }

    /// Returns true if a text with these words can contain anything that a rule looks for.
    const fn is_of_interest(self, text: &str) -> bool {
        self.0 != 0 || text.len() <= LONGEST_NAME_BYTES
    }
}

impl Words {
    fn of(readers: impl IntoIterator<Item = (&'static str, u32)>) -> Self {
        let mut masks: BTreeMap<&str, u32> = BTreeMap::new();
        for (word, reader) in readers {
            *masks.entry(word).or_default() |= 1 << reader;
        }
        Self {
            automaton: AhoCorasick::new(masks.keys()).ok(),
            readers: masks.into_values().collect(),
        }
    }

    fn seen_in(&self, text: &str) -> Worded {
        let found = self.automaton.iter();
        let found = found.flat_map(|automaton| automaton.find_overlapping_iter(text));
        Worded(found.fold(0, |all, word| all | self.readers[word.pattern().as_usize()]))
    }
}

type ByArn = fn(&Scene<'_, '_>, &arn::Arn<'_>, &mut Hits<'_>);
type ByHost = fn(&Scene<'_, '_>, &host::Host<'_>, &cases::Case<'_>, &mut Hits<'_>);
type ByText = fn(&Scene<'_, '_>, &mut Hits<'_>);
type ByResource = fn(&Subject<'_, '_>, &mut Spots<'_>);
type ByTemplate = fn(&View<'_, '_>, &mut Spots<'_>);

/// The looks of all rules, grouped by what they look at.
#[derive(Default)]
struct Looks {
    arn: Vec<(&'static Rule, ByArn)>,
    host: Vec<(&'static Rule, ByHost)>,
    worded: Vec<(&'static Rule, &'static [&'static str], ByText)>,
    text: Vec<(&'static Rule, ByText)>,
    named: Vec<(&'static Rule, &'static crate::china::Row)>,
    resource: Vec<(&'static Rule, ByResource)>,
    absent: HashMap<&'static str, Vec<(&'static Rule, &'static Absent)>>,
    template: Vec<(&'static Rule, ByTemplate)>,
    /// Resource types that a row names.
    types: HashSet<&'static str>,
    /// The words and their readers: indices into `worded`, then into `named` after them.
    words: Words,
}

static LOOKS: LazyLock<Looks> = LazyLock::new(|| {
    let mut looks = Looks::default();
    for &rule in RULES {
        for look in rule.looks {
            match look {
                Look::Arn(look) => looks.arn.push((rule, *look)),
                Look::Host(look) => looks.host.push((rule, *look)),
                Look::Words(words, look) => looks.worded.push((rule, words, *look)),
                Look::Text(look) => looks.text.push((rule, *look)),
                Look::Named(key) => {
                    looks.named.push((rule, crate::china::row(key)));
                }
                Look::Resource(look) => looks.resource.push((rule, *look)),
                Look::Absent(rows) => {
                    for row in *rows {
                        if row.path.is_empty() {
                            looks.types.insert(row.kind);
                        }
                        looks.absent.entry(row.kind).or_default().push((rule, row));
                    }
                }
                Look::Template(look) => looks.template.push((rule, *look)),
            }
        }
    }
    let of_rules = looks.worded.iter().map(|(_, words, _)| words.to_vec());
    let values = |row: &crate::china::Row| row.values.iter().map(|(_, value)| *value).collect();
    let of_tables = looks.named.iter().map(|(_, row)| values(row));
    let of_readers = (0..).zip(of_rules.chain(of_tables));
    let of_hosts = (Worded::HOST, host::suffixes());
    let of_aws = (Worded::AWS, OF_AWS.to_vec());
    looks.words = Words::of(of_readers.chain([of_hosts, of_aws]).flat_map(
        |(reader, words): (u32, Vec<&str>)| words.into_iter().map(move |word| (word, reader)),
    ));
    looks
});

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::partition::Region;
    use crate::source::Source;

    #[test]
    fn every_word_that_a_rule_looks_for_makes_a_long_text_interesting() {
        let is_of_interest = |text: &str| LOOKS.words.seen_in(text).is_of_interest(text);
        for (rule, words, _) in &LOOKS.worded {
            for word in *words {
                let text = format!("{}{word}", " ".repeat(100));
                assert!(is_of_interest(&text), "{}: {word}", rule.code.id);
            }
        }
        assert!(!is_of_interest(&" ".repeat(100)));
        let readers = LOOKS.worded.len() + LOOKS.named.len();
        assert!(readers <= Worded::HOST as usize, "{readers} readers");
    }

    /// Returns the templates of a rule's fixture.
    #[expect(
        clippy::disallowed_methods,
        reason = "tests read the files that the crate itself never reads"
    )]
    fn fixtures(id: &str) -> Vec<Template> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/rules");
        let text = std::fs::read_to_string(folder.join(id).join("in.yaml")).unwrap_or_default();
        let parsed = Template::parse(&Source::new("in.yaml", text));
        parsed.template.into_iter().collect()
    }

    #[test]
    fn every_row_of_every_table_finds_something_in_the_fixture_of_its_rule() {
        let [north, _] = Region::china();
        let aims = [Aim::Region(&north)];
        let present = Aims::one(0);
        for (rule, absent) in LOOKS.absent.values().flatten() {
            let mut found = Vec::new();
            for template in fixtures(rule.code.id) {
                let conditions = [Conditions::of(&template, aims[0])];
                let view = View::new(&template, &aims, &conditions, present, &LOOKS.types);
                view.each(|subject| {
                    if subject.kind == absent.kind {
                        let found = &mut found;
                        look_for_absent(subject, absent, &mut Spots { rule, found });
                    }
                });
            }
            assert!(!found.is_empty(), "{}: {absent:?}", rule.code.id);
        }
    }

    #[test]
    fn a_finding_of_one_region_names_it_and_one_of_all_regions_names_none() {
        let text = "Resources:\n  Q: {Type: AWS::SQS::Queue, Properties: {A: 'arn:aws:s3:::b'}}\n";
        let template = Template::parse(&Source::new("t.yaml", text))
            .template
            .unwrap();
        let [north, west] = Region::china();
        let regions = [Region::global(), north, west];
        let of_three = crate::portability::check_regions(&template, &regions);
        assert_eq!(of_three.len(), 1);
        assert_eq!(
            of_three[0].message,
            "`arn:aws:s3:::b` does not fit partition `aws-cn`, in `cn-north-1` and `cn-northwest-1`"
        );
        let of_two = crate::portability::check_regions(&template, &Region::china());
        assert_eq!(
            of_two[0].message,
            "`arn:aws:s3:::b` does not fit partition `aws-cn`"
        );
    }
}
