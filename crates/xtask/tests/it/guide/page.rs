//! A page of the guide as a list of the reader's actions.

use std::ops::Range;

/// A page of the guide.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// The initial state of the page: `<!-- begins with: application, set-up -->`.
    pub(super) world: Vec<String>,
    /// The blocks that the test executes, in the order of the page.
    pub(super) blocks: Vec<Block>,
}

/// A code block with an effect.
#[derive(Debug)]
pub(super) enum Block {
    /// A file to write: the block after `<!-- file: PATH -->`.
    File { path: String, text: String },
    /// Commands of a `console` block.
    Commands(Vec<Step>),
    /// A block of commands that is neither executed nor marked as such.
    Unmarked { line: usize },
}

/// A command and its output.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) command: String,
    pub(super) output: Vec<String>,
    /// The lines of the output in the page, counted from 0.
    pub(super) lines: Range<usize>,
    /// The blanks before the fence of the block.
    pub(super) indent: usize,
}

/// A comment that describes the next block.
enum Mark {
    File(String),
    NotRun,
}

impl Page {
    /// Reads a page.
    pub(super) fn parse(text: &str) -> Self {
        let lines: Vec<&str> = text.lines().collect();
        let mut page = Self::default();
        let mut mark = None;
        let mut at = 0;
        while at < lines.len() {
            let line = lines[at].trim();
            at += 1;
            if let Some(words) = comment(line, "begins with:") {
                page.world = words
                    .split(',')
                    .map(|word| word.trim().to_owned())
                    .collect();
            } else if let Some(path) = comment(line, "file:") {
                mark = Some(Mark::File(path.to_owned()));
            } else if comment(line, "not run:").is_some_and(|reason| !reason.is_empty()) {
                mark = Some(Mark::NotRun);
            } else if let Some(language) = line.strip_prefix("```") {
                let indent = lines[at - 1].len() - lines[at - 1].trim_start().len();
                let rest = &lines[at..];
                let length = rest.iter().position(|line| line.trim() == "```");
                let length = length.unwrap_or(rest.len());
                let body: Vec<&str> = rest[..length]
                    .iter()
                    .map(|line| line.get(indent..).unwrap_or_default())
                    .collect();
                page.take(mark.take(), language, &body, at, indent);
                at += length + 1;
            } else if !line.is_empty() {
                mark = None;
            }
        }
        page
    }

    fn take(
        &mut self,
        mark: Option<Mark>,
        language: &str,
        body: &[&str],
        start: usize,
        indent: usize,
    ) {
        let is_commands = ["console", "sh", "bash", "shell"].contains(&language);
        match mark {
            Some(Mark::File(path)) => {
                let text = body.iter().flat_map(|line| [*line, "\n"]).collect();
                self.blocks.push(Block::File { path, text });
            }
            None if language == "console" => match steps(body, start, indent) {
                Some(steps) => self.blocks.push(Block::Commands(steps)),
                None => self.blocks.push(Block::Unmarked { line: start }),
            },
            None if is_commands => self.blocks.push(Block::Unmarked { line: start }),
            Some(Mark::NotRun) | None => {}
        }
    }
}

fn comment<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let inside = line.strip_prefix("<!--")?.strip_suffix("-->")?.trim();
    inside.strip_prefix(name).map(str::trim)
}

/// Splits a block into commands (`$ `, continued by `> `) and their output.
fn steps(body: &[&str], start: usize, indent: usize) -> Option<Vec<Step>> {
    let mut steps: Vec<Step> = Vec::new();
    for (offset, line) in body.iter().enumerate() {
        let next = start + offset + 1;
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step {
                command: command.to_owned(),
                output: Vec::new(),
                lines: next..next,
                indent,
            });
            continue;
        }
        let step = steps.last_mut()?;
        match line.strip_prefix("> ").or((*line == ">").then_some("")) {
            Some(more) if step.output.is_empty() => {
                step.command.push('\n');
                step.command.push_str(more);
                step.lines = next..next;
            }
            _ => {
                step.output.push((*line).to_owned());
                step.lines.end = next;
            }
        }
    }
    (!steps.is_empty()).then_some(steps)
}

/// Returns true if lines are as expected: `…` stands for any characters of a line, and alone in a
/// line for any number of lines.
pub(super) fn matches(expected: &[String], actual: &[String]) -> bool {
    match (expected, actual) {
        ([], []) => true,
        ([first, rest @ ..], _) if first.trim() == "…" => {
            (0..=actual.len()).any(|skipped| matches(rest, &actual[skipped..]))
        }
        ([first, rest @ ..], [line, more @ ..]) => {
            line_matches(first.trim_end(), line.trim_end()) && matches(rest, more)
        }
        _ => false,
    }
}

fn line_matches(expected: &str, actual: &str) -> bool {
    let Some((before, after)) = expected.split_once('…') else {
        return expected == actual;
    };
    let Some(rest) = actual.strip_prefix(before) else {
        return false;
    };
    let mut ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    ends.any(|at| line_matches(after, &rest[at..]))
}

#[test]
fn a_page_is_read_in_the_order_of_its_blocks() {
    let page = Page::parse(
        "<!-- begins with: application, set-up -->\n\n<!-- file: a.toml -->\n\n```toml\na = 1\n```\n\
         1. Run\n\n   ```console\n   $ cat \\\n   > a.toml\n   a = 1\n   $ true\n   ```\n\n\
         <!-- not run: it needs a browser -->\n```sh\nopen\n```\n\n```sh\nls\n```\n",
    );
    assert_eq!(page.world, ["application", "set-up"]);
    let [
        Block::File { path, text },
        Block::Commands(steps),
        Block::Unmarked { line: 22 },
    ] = &page.blocks[..]
    else {
        panic!("{page:#?}");
    };
    assert_eq!((path.as_str(), text.as_str()), ("a.toml", "a = 1\n"));
    assert_eq!(steps[0].command, "cat \\\na.toml");
    assert_eq!(steps[0].output, ["a = 1"]);
    assert_eq!(steps[0].lines, 12..13);
    assert!(steps[1].output.is_empty());
}

#[test]
fn an_ellipsis_stands_for_what_is_left_out() {
    let lines = |text: &str| -> Vec<String> { text.lines().map(str::to_owned).collect() };
    let actual = lines("one\ntwo 12 bytes\nthree\nfour");
    for expected in [
        "one\n…\nfour",
        "…",
        "one\ntwo … bytes\nthree\nfour",
        "…\nfour\n…",
    ] {
        assert!(matches(&lines(expected), &actual), "{expected}");
    }
    for expected in ["one\n…\nthree", "one\ntwo … bits\nthree\nfour", "one"] {
        assert!(!matches(&lines(expected), &actual), "{expected}");
    }
}
