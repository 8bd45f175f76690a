//! Mutates texts, like a fuzzer without coverage.

/// A random number generator with a seed; the numbers are the same on every machine.
#[derive(Clone, Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// Returns the next number.
    ///
    /// # Source
    ///
    /// "splitmix64", Sebastiano Vigna, public domain.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below a limit, which must not be zero.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).expect("it is below the limit")
    }
}

/// Pieces of YAML, JSON and templates.
const PIECES: [&str; 72] = [
    "&a ",
    "*a",
    "*a ",
    "<<: *a\n",
    "<<: [*a, *b]\n",
    "&b ",
    "*b",
    "!Sub ",
    "!Ref ",
    "!If [c, x, y]",
    "!GetAtt A.B",
    "!!str ",
    "!",
    "|\n",
    "|2-\n",
    ">+\n",
    ">\n",
    "'",
    "''",
    "\"",
    "\\",
    "\\u4e2d",
    "\\x",
    "\\\n",
    "{",
    "}",
    "[",
    "]",
    "{}",
    "[]",
    ": ",
    ":",
    ",",
    "- ",
    "-",
    "? ",
    "# ",
    "#",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "  ",
    " ",
    "\n\n",
    "\u{feff}",
    "---\n",
    "...\n",
    "%YAML 1.1\n",
    "中",
    "😀",
    "\u{85}",
    "\u{2028}",
    "\u{a0}",
    "\u{7f}",
    "\0",
    "null",
    "~",
    "0777",
    "Fn::Transform: ",
    "Fn::ForEach::A: ",
    "Fn::If: ",
    "{Name: AWS::Include, Parameters: {Location: a.yaml}}",
    "Resources:\n",
    "Properties: ",
    "Code: src\n",
    "Type: AWS::Lambda::Function\n",
    "Type: AWS::Serverless::Function\n",
    "arn:aws:s3:::b/*",
    "s3://b/k?versionId=1",
    "TemplateURL: n.yaml\n",
    "ec2.amazonaws.com",
];

/// Maximum length of a generated text; longer ones take more time and show nothing new.
const LONGEST_BYTES: usize = 20_000;

/// Returns one of the texts after some mutations; often it is still YAML.
pub(crate) fn mutated(texts: &[String], random: &mut Random) -> String {
    let any = |random: &mut Random| &texts[random.below(texts.len())];
    let mut text = window(any(random), random).to_owned();
    for _ in 0..=random.below(6) {
        let at = boundary(&text, random);
        match random.below(10) {
            0 => text.truncate(at),
            1 | 2 => {
                let end = nearby(&text, at, random);
                text.replace_range(at..end, "");
            }
            3 => {
                let end = nearby(&text, at, random);
                let piece = text[at..end].repeat(1 + random.below(3));
                text.insert_str(at, &piece);
            }
            4 => {
                let other = any(random);
                let from = boundary(other, random);
                let piece = &other[from..nearby(other, from, random)];
                text.insert_str(at, piece);
            }
            5 => {
                // Insert the piece many times, to reach deep nesting or long lists.
                let piece = PIECES[random.below(PIECES.len())].repeat(random.below(300));
                text.insert_str(at, &piece);
            }
            6 => text = lines_swapped(&text, random),
            _ => {
                let end = at + text[at..].chars().next().map_or(0, char::len_utf8);
                let end = if random.below(2) == 0 { at } else { end };
                text.replace_range(at..end, PIECES[random.below(PIECES.len())]);
            }
        }
    }
    let mut end = text.len().min(LONGEST_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

/// Returns a short text as a whole, or some lines of a long one, so that small parts change too.
fn window<'t>(text: &'t str, random: &mut Random) -> &'t str {
    if text.len() < 2_000 || random.below(4) == 0 {
        return text;
    }
    let starts: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
    let (from, to) = (random.below(starts.len()), 1 + random.below(60));
    &text[starts[from]..starts[(from + to).min(starts.len() - 1)]]
}

fn boundary(text: &str, random: &mut Random) -> usize {
    let mut at = random.below(text.len() + 1);
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Returns a character boundary after another, mostly close to it.
fn nearby(text: &str, at: usize, random: &mut Random) -> usize {
    let most = [3, 30, 300][random.below(3)];
    let mut end = (at + 1 + random.below(most)).min(text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    end
}

fn lines_swapped(text: &str, random: &mut Random) -> String {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    if lines.len() < 2 {
        return text.to_owned();
    }
    let (one, other) = (random.below(lines.len()), random.below(lines.len()));
    lines.swap(one, other);
    lines.concat()
}
