//! The forms of secrets, and the search for all of them at once.

use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::view::{Encoding, Gap, Packed, View};

/// The replacement for a secret.
pub const REDACTED: &str = "****";

/// Number of characters from which a secret is replaced inside a longer text.
///
/// White space is not counted.
const SHORTEST_WITHIN: usize = 4;
/// Number of characters from which a line of a multi-line secret is itself a secret.
const SHORTEST_LINE: usize = 8;
/// Number of characters from which a secret is recognized with any white space inside.
///
/// White space is not counted. A shorter secret could match the words of an ordinary sentence.
const LONG: usize = 12;
/// Number of nested encodings to decode.
const DEPTH: usize = 2;
/// Number of searches of one text.
///
/// A replacement can cut an escape sequence, so that the following text becomes another secret; the
/// next search finds it.
const MOST_PASSES: usize = 3;

/// A search for many secrets at once.
pub(super) struct Finder {
    whole: BTreeSet<String>,
    needles: Vec<Needle>,
    automaton: AhoCorasick,
}

/// A form of a secret, without white space.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Needle {
    bytes: Vec<u8>,
    blanks: Blanks,
    /// True if the character before a match contains bits of the secret (base64).
    widens_before: bool,
    /// True if the character after a match contains bits of the secret (base64).
    widens_after: bool,
}

/// The places where a form may contain white space, in addition to line ends.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Blanks {
    Anywhere,
    /// Required at these offsets, and allowed nowhere else.
    At(Vec<usize>),
}

impl Finder {
    pub(super) fn new<'a>(values: impl Iterator<Item = &'a str> + Clone) -> Self {
        let mut needles = BTreeSet::new();
        for value in values.clone() {
            add(&mut needles, value);
            add_pointer(&mut needles, value);
            for line in lines(value) {
                add(&mut needles, line);
            }
        }
        let needles: Vec<Needle> = needles.into_iter().collect();
        // With few needles, the default takes tens of megabytes for a secret of 4 KB.
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(needles.iter().map(|needle| &needle.bytes))
            .expect("parameter values are far below the limit of 2^31 states");
        Self {
            whole: values.map(|value| value.trim().to_owned()).collect(),
            needles,
            automaton,
        }
    }

    pub(super) fn redact(&self, text: &str) -> String {
        if self.whole.contains(text.trim()) {
            return REDACTED.to_owned();
        }
        let mut text = text.to_owned();
        for _ in 0..MOST_PASSES {
            let mut spans = Vec::new();
            self.search(&View::new(&text), DEPTH, &mut spans);
            if spans.is_empty() {
                break;
            }
            text = without(&text, spans);
        }
        text
    }

    /// Searches a reading of a text, and its decoded readings.
    fn search(&self, view: &View, depth: usize, spans: &mut Vec<(usize, usize)>) {
        let packed = view.packed();
        for found in self.automaton.find_overlapping_iter(packed.bytes()) {
            let needle = &self.needles[found.pattern().as_usize()];
            if needle.fits(&packed, found.start(), found.end()) {
                let (start, end) = needle.widened(&packed, found.start(), found.end());
                spans.push(packed.source(start, end));
            }
        }
        if depth > 0 {
            for encoding in Encoding::ALL {
                if let Some(decoded) = view.decoded(encoding) {
                    self.search(&decoded, depth - 1, spans);
                }
            }
        }
    }
}

impl Needle {
    /// Returns true if the white space in a match is allowed in this form of the secret.
    fn fits(&self, packed: &Packed, start: usize, end: usize) -> bool {
        let Blanks::At(offsets) = &self.blanks else {
            return true;
        };
        let is_blank = |offset: usize| packed.gap(start + offset) != Gap::None;
        offsets.iter().all(|offset| is_blank(*offset))
            && (start + 1..end)
                .all(|at| packed.gap(at) != Gap::Blank || offsets.contains(&(at - start)))
    }

    /// Extends a match by the neighbors that contain bits of the secret.
    fn widened(&self, packed: &Packed, start: usize, end: usize) -> (usize, usize) {
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte);
        let holds_bits = |at: usize| packed.bytes().get(at).copied().is_some_and(is_base64);
        let before = self.widens_before
            && start > 0
            && packed.gap(start) != Gap::Blank
            && holds_bits(start - 1);
        let mut end = end;
        if self.widens_after && holds_bits(end) && packed.gap(end) != Gap::Blank {
            end += 1;
            let padding = packed.bytes()[end..].iter().take(2);
            end += padding.take_while(|byte| **byte == b'=').count();
        }
        (start - usize::from(before), end)
    }
}

/// Returns the lines of a multi-line secret that are themselves secrets.
fn lines(value: &str) -> impl Iterator<Item = &str> {
    value
        .split(['\n', '\r'])
        .map(str::trim)
        .filter(move |line| *line != value.trim() && line.chars().count() >= SHORTEST_LINE)
}

/// Adds every form of a secret.
fn add(needles: &mut BTreeSet<Needle>, value: &str) {
    let packed = View::new(value).packed();
    let bytes = packed.bytes();
    let count = String::from_utf8_lossy(bytes).chars().count();
    if count < SHORTEST_WITHIN {
        return;
    }
    let blanks = if count >= LONG {
        Blanks::Anywhere
    } else {
        let has_gap = |at: &usize| packed.gap(*at) != Gap::None;
        Blanks::At((1..bytes.len()).filter(has_gap).collect())
    };
    needles.insert(Needle {
        bytes: bytes.to_vec(),
        blanks,
        widens_before: false,
        widens_after: false,
    });
    add_base64(needles, value.as_bytes());
    // A base64-encoded JSON document contains the secret in its escaped form.
    let quoted = serde_json::Value::from(value).to_string();
    let quoted = &quoted[1..quoted.len() - 1];
    if quoted != value {
        add_base64(needles, quoted.as_bytes());
    }
}

/// Adds the form in a property path, where a key can be a secret.
///
/// # Source
///
/// RFC 6901, JSON Pointer: `~` is `~0` and `/` is `~1`.
fn add_pointer(needles: &mut BTreeSet<Needle>, value: &str) {
    if value.contains(['~', '/']) {
        add(needles, &value.replace('~', "~0").replace('/', "~1"));
    }
}

/// Adds the characters that a value always has in base64.
///
/// They are the same at each of the three offsets in the encoded text; both alphabets are added.
fn add_base64(needles: &mut BTreeSet<Needle>, value: &[u8]) {
    for bytes_before in 0..3 {
        let mut padded = vec![0; bytes_before];
        padded.extend(value);
        let encoded = aws_smithy_types::base64::encode(&padded);
        let bits = padded.len() * 8;
        // A character encodes six bits; characters that contain other bits are excluded.
        let core = &encoded[(bytes_before * 8).div_ceil(6)..bits / 6];
        let blanks = || {
            if core.len() >= LONG {
                Blanks::Anywhere
            } else {
                Blanks::At(Vec::new())
            }
        };
        for bytes in [core.to_owned(), core.replace('+', "-").replace('/', "_")] {
            needles.insert(Needle {
                bytes: bytes.into_bytes(),
                blanks: blanks(),
                widens_before: bytes_before > 0,
                widens_after: !bits.is_multiple_of(6),
            });
        }
    }
}

/// Returns a text with [`REDACTED`] in place of the spans; adjacent spans become one.
fn without(text: &str, mut spans: Vec<(usize, usize)>) -> String {
    spans.sort_unstable();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let mut spans = spans.into_iter().peekable();
    while let Some((start, mut end)) = spans.next() {
        while let Some((_, next)) = spans.next_if(|next| next.0 <= end) {
            end = end.max(next);
        }
        out.push_str(&text[at..start]);
        out.push_str(REDACTED);
        at = end;
    }
    out.push_str(&text[at..]);
    out
}
