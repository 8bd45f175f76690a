//! Readings of a text: decoded, and without white space.
//!
//! Every byte of a reading knows its range in the original text, so that a secret found in a
//! reading can be replaced in the original.

/// A text after decoding.
pub(super) struct View {
    bytes: Vec<u8>,
    /// For each byte, the start of its source in the original text.
    from: Vec<usize>,
    /// For each byte, the end of its source in the original text.
    to: Vec<usize>,
}

/// An encoding that a [`View`] can decode.
#[derive(Clone, Copy)]
pub(super) enum Encoding {
    /// `%41`.
    Percent,
    /// `%41`, and `+` for a space.
    Form,
    /// `\n`, `\"`, `\u4e2d`, `\u{4e2d}`, `\x41`.
    Escape,
    /// `&amp;`, `&#65;`, `&#x41;`.
    Entity,
}

impl Encoding {
    pub(super) const ALL: [Self; 4] = [Self::Percent, Self::Form, Self::Escape, Self::Entity];

    /// Decodes the unit at the start of `bytes`; `None` if they start with a literal character.
    fn decode(self, bytes: &[u8]) -> Option<(Unit, usize)> {
        match self {
            Self::Form if bytes.first() == Some(&b'+') => Some((Unit::Byte(b' '), 1)),
            Self::Percent | Self::Form => percent(bytes),
            Self::Escape => escape(bytes),
            Self::Entity => entity(bytes),
        }
    }
}

/// The smallest unit of an encoding.
enum Unit {
    Byte(u8),
    Character(char),
}

impl View {
    /// Returns the unchanged text.
    pub(super) fn new(text: &str) -> Self {
        let mut view = Self::with_capacity(text.len());
        for (at, letter) in text.char_indices() {
            view.push_character(letter, at, at + letter.len_utf8());
        }
        view
    }

    /// Returns this reading with one encoding decoded; `None` if it contains nothing encoded.
    pub(super) fn decoded(&self, encoding: Encoding) -> Option<Self> {
        // Without a `+`, `Form` equals `Percent`.
        if matches!(encoding, Encoding::Form) && !self.bytes.contains(&b'+') {
            return None;
        }
        let mut view = Self::with_capacity(self.bytes.len());
        let mut is_changed = false;
        let mut at = 0;
        while let Some(&byte) = self.bytes.get(at) {
            let Some((unit, length)) = encoding.decode(&self.bytes[at..]) else {
                view.push(byte, self.from[at], self.to[at]);
                at += 1;
                continue;
            };
            let (from, to) = (self.from[at], self.to[at + length - 1]);
            match unit {
                Unit::Byte(byte) => view.push(byte, from, to),
                Unit::Character(letter) => view.push_character(letter, from, to),
            }
            is_changed = true;
            at += length;
        }
        is_changed.then_some(view)
    }

    /// Returns this reading without white space and control characters.
    pub(super) fn packed(&self) -> Packed {
        let mut packed = Packed {
            view: Self::with_capacity(self.bytes.len()),
            gaps: Vec::with_capacity(self.bytes.len()),
        };
        let mut gap = Gap::None;
        let mut at = 0;
        let keep = |packed: &mut Packed, range: std::ops::Range<usize>, gap: &mut Gap| {
            for at in range {
                packed.view.push(self.bytes[at], self.from[at], self.to[at]);
                packed.gaps.push(std::mem::take(gap));
            }
        };
        for chunk in self.bytes.utf8_chunks() {
            for letter in chunk.valid().chars() {
                let end = at + letter.len_utf8();
                match Gap::of(letter) {
                    Gap::None => keep(&mut packed, at..end, &mut gap),
                    found => gap = gap.max(found),
                }
                at = end;
            }
            let end = at + chunk.invalid().len();
            keep(&mut packed, at..end, &mut gap);
            at = end;
        }
        packed
    }

    fn with_capacity(capacity: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(capacity),
            from: Vec::with_capacity(capacity),
            to: Vec::with_capacity(capacity),
        }
    }

    fn push(&mut self, byte: u8, from: usize, to: usize) {
        self.bytes.push(byte);
        self.from.push(from);
        self.to.push(to);
    }

    fn push_character(&mut self, letter: char, from: usize, to: usize) {
        for &byte in letter.encode_utf8(&mut [0; 4]).as_bytes() {
            self.push(byte, from, to);
        }
    }
}

/// A reading without white space.
pub(super) struct Packed {
    view: View,
    /// For each byte, the white space that was removed before it.
    gaps: Vec<Gap>,
}

/// White space between two characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    /// No white space.
    #[default]
    None,
    /// White space inside a line.
    Blank,
    /// White space with a line end or another control character.
    Break,
}

impl Gap {
    fn of(letter: char) -> Self {
        match letter {
            '\t' => Self::Blank,
            '\u{2028}' | '\u{2029}' => Self::Break,
            _ if letter.is_control() => Self::Break,
            _ if letter.is_whitespace() => Self::Blank,
            _ => Self::None,
        }
    }
}

impl Packed {
    /// Returns the remaining characters.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.view.bytes
    }

    /// Returns the white space that was removed before the byte at `at`.
    pub(super) fn gap(&self, at: usize) -> Gap {
        self.gaps[at]
    }

    /// Returns the range of the original text for a range of this reading.
    ///
    /// * `start`, `end`: must not be equal.
    pub(super) fn source(&self, start: usize, end: usize) -> (usize, usize) {
        (self.view.from[start], self.view.to[end - 1])
    }
}

fn percent(bytes: &[u8]) -> Option<(Unit, usize)> {
    let code = hex(bytes.strip_prefix(b"%")?.get(..2)?)?;
    Some((Unit::Byte(u8::try_from(code).ok()?), 3))
}

fn escape(bytes: &[u8]) -> Option<(Unit, usize)> {
    let rest = bytes.strip_prefix(b"\\")?;
    let letter = match rest.first()? {
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'0' => '\0',
        same @ (b'"' | b'\'' | b'\\' | b'/') => char::from(*same),
        b'x' => return Some((Unit::Character(char::from_u32(hex(rest.get(1..3)?)?)?), 4)),
        b'u' => {
            return unicode(&rest[1..]).map(|(letter, used)| (Unit::Character(letter), used + 2));
        }
        _ => return None,
    };
    Some((Unit::Character(letter), 2))
}

/// Decodes the text after `\u`; also returns the number of bytes used.
fn unicode(rest: &[u8]) -> Option<(char, usize)> {
    if let Some(rest) = rest.strip_prefix(b"{") {
        let length = rest.iter().take(7).position(|byte| *byte == b'}')?;
        return Some((char::from_u32(hex(&rest[..length])?)?, length + 2));
    }
    let unit = |at: usize| hex(rest.get(at..at + 4)?);
    let high = unit(0)?;
    if let Some(letter) = char::from_u32(high) {
        return Some((letter, 4));
    }
    let low = rest[4..].starts_with(b"\\u").then(|| unit(6))??;
    let pair = [u16::try_from(high).ok()?, u16::try_from(low).ok()?];
    let letter = char::decode_utf16(pair).next()?.ok()?;
    Some((letter, 10))
}

/// The named entities that encoders write.
const ENTITIES: [(&[u8], char); 6] = [
    (b"amp", '&'),
    (b"lt", '<'),
    (b"gt", '>'),
    (b"quot", '"'),
    (b"apos", '\''),
    (b"nbsp", '\u{a0}'),
];

fn entity(bytes: &[u8]) -> Option<(Unit, usize)> {
    let rest = bytes.strip_prefix(b"&")?;
    let length = rest.iter().take(10).position(|byte| *byte == b';')?;
    let name = &rest[..length];
    let letter = match name {
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(hex(digits)?)?,
        [b'#', digits @ ..] => char::from_u32(number(digits, 10)?)?,
        _ => ENTITIES.iter().find(|known| known.0 == name)?.1,
    };
    Some((Unit::Character(letter), length + 2))
}

fn hex(digits: &[u8]) -> Option<u32> {
    number(digits, 16)
}

/// Parses a number; `None` if not all characters are digits, or if the number is too large.
fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let is_number = digits.iter().all(|byte| char::from(*byte).is_digit(radix));
    let text = std::str::from_utf8(digits).ok().filter(|_| is_number)?;
    u32::from_str_radix(text, radix).ok()
}
