//! Laws that apply to every text.
//!
//! The tests check them on generated texts and on real ones after mutation. `cargo xtask fuzz`
//! shares this file. A broken law panics.

use cn_template::artifact::{self, references};
use cn_template::diag::has_errors;
use cn_template::edit::{Edit, apply, merge};
use cn_template::portability::rewrite_template;
use cn_template::s3::S3Location;
use cn_template::tree::{Change, Kind, Node, Scalar, Style, Template, change_scalar};
use cn_template::{Region, Source, Span};

/// Upper bound of the bytes that aliases and merge keys may add; twice the limit in the tree.
const MOST_ADDED_BYTES: usize = 2 * 1024 * 1024;
/// Number of scalars of a text that are changed; each needs another parse.
const CHANGED_SCALARS: usize = 4;

/// A token of a tree, in the order written: a bracket, a tag, or a scalar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) text: String,
    span: Span,
    /// `None` for brackets and tags.
    scalar: Option<Scalar>,
    is_key: bool,
}

/// Returns the tree as a list; equal lists mean equal trees.
pub(crate) fn tokens(template: &Template) -> Vec<Token> {
    let mut found = Vec::new();
    collect(template.root(), false, &mut found);
    found
}

/// Returns the texts of tokens, without their places.
pub(crate) fn said(tokens: &[Token]) -> Vec<&str> {
    tokens.iter().map(|token| token.text.as_str()).collect()
}

fn collect(node: &Node, is_key: bool, found: &mut Vec<Token>) {
    let mut push = |text: String, scalar: Option<&Scalar>| {
        found.push(Token {
            text,
            span: node.span,
            scalar: scalar.cloned(),
            is_key,
        });
    };
    match &node.kind {
        Kind::Scalar(scalar) => {
            let is_plain = scalar.style == Style::Plain;
            let mark = if is_plain { "plain " } else { "text " };
            push(format!("{mark}{}", scalar.value), Some(scalar));
        }
        Kind::Sequence(items) => {
            push("[".to_owned(), None);
            for item in items {
                collect(item, false, found);
            }
            close("]", found);
        }
        Kind::Mapping(mapping) => {
            push("{".to_owned(), None);
            for entry in &mapping.entries {
                collect(&entry.key, true, found);
                collect(&entry.value, false, found);
            }
            close("}", found);
        }
        Kind::Tagged(tagged) => {
            push(tagged.tag.clone(), None);
            collect(&tagged.value, is_key, found);
        }
    }
}

fn close(bracket: &str, found: &mut Vec<Token>) {
    found.push(Token {
        text: bracket.to_owned(),
        span: Span::new(0, 0),
        scalar: None,
        is_key: false,
    });
}

fn parse(text: &str) -> Option<Template> {
    Template::parse_document(&Source::new("t.yaml", text)).template
}

/// Checks that any text is parsed or refused, and that every span lies in its text.
pub(crate) fn is_survived(text: &str) -> Option<Template> {
    let parsed = Template::parse(&Source::new("t.yaml", text));
    for finding in &parsed.findings {
        if let Some(place) = &finding.location {
            let slice = place.source.slice(place.span);
            assert!(
                place.position().line <= place.source.text().lines().count() + 1,
                "{slice}"
            );
        }
    }
    let is_refused = has_errors(&parsed.findings);
    assert!(
        parsed.template.is_some() || is_refused,
        "nothing, and no reason"
    );
    let template = parsed.template?;
    let length = template.source().text().len();
    assert!(
        length <= text.len() + MOST_ADDED_BYTES,
        "{length} bytes of {}",
        text.len()
    );
    nested(&template, template.root(), Span::new(0, length));
    let json = template.to_json();
    let value = serde_json::from_str::<serde_json::Value>(&json);
    // The JSON reader of the test stops at 128 levels; the tree goes a little deeper.
    let is_too_deep = |error: &serde_json::Error| error.to_string().contains("recursion limit");
    assert!(
        value.as_ref().err().is_none_or(is_too_deep),
        "{value:?}: {json}"
    );
    Some(template)
}

/// Checks that nodes with content lie in their parents, one after the other.
fn nested(template: &Template, node: &Node, parent: Span) {
    let slice = template.source().slice(node.span);
    assert!(
        node.span.is_empty() || parent.contains(node.span),
        "`{slice}` lies outside"
    );
    let mut children: Vec<&Node> = node.items().iter().collect();
    for entry in node.entries() {
        children.extend([&entry.key, &entry.value]);
    }
    if let Kind::Tagged(tagged) = &node.kind {
        assert_eq!(template.source().slice(tagged.tag_span), tagged.tag);
        children.push(&tagged.value);
    }
    let mut done = node.span.start;
    for child in children {
        nested(template, child, node.span);
        if !child.span.is_empty() {
            assert!(
                done <= child.span.start,
                "`{slice}` holds children that overlap"
            );
            done = child.span.end;
        }
    }
}

/// Checks that the expanded text of a template needs no expansion and has the same tree.
pub(crate) fn is_expanded(template: &Template) {
    let text = template.source().text();
    let again = Template::parse_document(&Source::new("t.yaml", text));
    let codes: Vec<&str> = again
        .findings
        .iter()
        .map(|finding| finding.code.id)
        .collect();
    assert!(
        !codes.contains(&"CN007") && !codes.contains(&"CN008"),
        "{codes:?}: {text}"
    );
    let again = again.template.expect("it was parsed before");
    assert_eq!(said(&tokens(&again)), said(&tokens(template)));
}

/// Checks that edits of scalars change these scalars and nothing else.
///
/// * `pick`: returns any numbers; they choose scalars and new values.
pub(crate) fn is_edited(template: &Template, mut pick: impl FnMut() -> usize) {
    const TEXTS: [&str; 8] = ["aws-cn", "", "中文", "a: b #", "'\"\\", "${X}", "-", "null"];
    let (source, text) = (template.source(), template.source().text());
    let before = tokens(template);
    let scalars: Vec<usize> = (0..before.len())
        .filter(|at| before[*at].scalar.is_some() && !before[*at].span.is_empty())
        .collect();
    if scalars.is_empty() {
        return;
    }
    for _ in 0..CHANGED_SCALARS {
        let place = scalars[pick() % scalars.len()];
        let Token {
            span,
            scalar,
            is_key,
            ..
        } = before[place].clone();
        let scalar = scalar.expect("brackets were left out");
        let new = TEXTS[pick() % TEXTS.len()];
        // An edited key may become a duplicate or a merge key; values are enough.
        if is_key {
            continue;
        }
        let replaced = Edit::replace(span, serde_json::Value::from(new).to_string());
        let whole = apply(text, &[replaced]);
        assert_changed(&before, place, new, &whole);

        let boundaries: Vec<usize> = (0..=scalar.value.len())
            .filter(|at| scalar.value.is_char_boundary(*at))
            .collect();
        let ends = [0; 2].map(|_| boundaries[pick() % boundaries.len()]);
        let range = ends[0].min(ends[1])..ends[0].max(ends[1]);
        let mut value = scalar.value.clone();
        value.replace_range(range.clone(), new);
        let change = Change {
            range,
            text: new.to_owned(),
        };
        let part = apply(text, &change_scalar(source, span, &scalar, &[change]));
        assert_changed(&before, place, &value, &part);
    }
}

fn assert_changed(before: &[Token], place: usize, value: &str, after: &str) {
    let Some(after_tree) = parse(after) else {
        panic!("no tree any more: {after:?}");
    };
    let after_tokens = tokens(&after_tree);
    let new = after_tokens
        .get(place)
        .and_then(|token| token.scalar.as_ref());
    assert_eq!(
        new.map(|scalar| scalar.value.as_str()),
        Some(value),
        "{after:?}"
    );
    let (mut expected, mut found) = (said(before), said(&after_tokens));
    expected[place] = "";
    found[place] = "";
    assert_eq!(found, expected, "{after:?}");
}

/// Checks that a text in ASCII has the same values.
pub(crate) fn is_escaped(template: &Template) {
    let after = apply(template.source().text(), &template.ascii_edits());
    let Some(after_tree) = parse(&after) else {
        panic!("no tree any more: {after:?}");
    };
    let values = |template: &Template| -> Vec<String> {
        let tokens = tokens(template).into_iter();
        tokens
            .map(|token| token.scalar.map_or(token.text, |scalar| scalar.value))
            .collect()
    };
    assert_eq!(values(&after_tree), values(template), "{after:?}");
}

/// Checks that packaging leaves no local path, and that packaging again changes nothing.
pub(crate) fn is_packaged(template: &Template) {
    let [region, _] = Region::china();
    let edit_all = |template: &Template| {
        let found = references(template, &[]);
        let location = S3Location {
            bucket: "bucket".to_owned(),
            key: "prefix/key".to_owned(),
            version: None,
        };
        let located: Vec<_> = found
            .local
            .iter()
            .map(|one| (one, location.clone()))
            .collect();
        let mut edits = artifact::edits(template, &located, &region);
        let count = located.len();
        edits.extend(found.remote);
        let rewritten = rewrite_template(template, &region);
        let edits = merge(edits, rewritten.edits);
        (apply(template.source().text(), &edits), count)
    };
    let (once, _) = edit_all(template);
    let Some(packaged) = parse(&once) else {
        panic!("no tree any more: {once:?}");
    };
    let (twice, left) = edit_all(&packaged);
    assert_eq!(left, 0, "paths are left: {once}");
    assert_eq!(twice, once);
}
