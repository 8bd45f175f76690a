//! Reports in JUnit XML, for CodeBuild's report groups and other CI systems.
//!
//! # Source
//!
//! CodeBuild user guide, "Create a test report", report type `JUNITXML`; the
//! elements are those of Jenkins' `junit-10.xsd`, without any of its extensions.

use std::fmt::Write as _;
use std::time::Duration;

use super::markup;

/// A report file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The suites, in the order shown.
    pub suites: Vec<Suite>,
}

/// Cases that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suite {
    /// Its name.
    pub name: String,
    /// The start, in UTC without a zone; `None` if unknown.
    pub began: Option<String>,
    /// The cases, in the order shown.
    pub cases: Vec<Case>,
}

/// A test case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The name of the group.
    pub class: String,
    /// Its name.
    pub name: String,
    /// The duration; `None` if unknown.
    pub time: Option<Duration>,
    /// The result of the case.
    pub result: CaseResult,
}

/// The result of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseResult {
    /// The case passed.
    Passed {
        /// A remark about a case that passed; may be empty.
        said: String,
    },
    /// The case failed.
    Failed(Problem),
    /// The result could not be determined.
    Error(Problem),
    /// The case was skipped, for this reason.
    Skipped(String),
}

/// A failure or an error of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The kind, in one word.
    pub kind: String,
    /// The message, on one line.
    pub message: String,
    /// The full text.
    pub text: String,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Counts {
    fn of<'a>(cases: impl Iterator<Item = &'a Case>) -> Self {
        let mut counts = Self::default();
        for case in cases {
            counts.tests += 1;
            match case.result {
                CaseResult::Passed { .. } => {}
                CaseResult::Failed(_) => counts.failures += 1,
                CaseResult::Error(_) => counts.errors += 1,
                CaseResult::Skipped(_) => counts.skipped += 1,
            }
        }
        counts
    }

    fn attributes(self) -> String {
        let Self {
            tests,
            failures,
            errors,
            skipped,
        } = self;
        format!(
            "tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\""
        )
    }
}

/// Renders the file.
pub fn render(report: &Report) -> String {
    let all = report.suites.iter().flat_map(|suite| &suite.cases);
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {}>\n",
        Counts::of(all).attributes()
    );
    for suite in &report.suites {
        render_suite(&mut out, suite);
    }
    out.push_str("</testsuites>\n");
    out
}

fn render_suite(out: &mut String, suite: &Suite) {
    let counts = Counts::of(suite.cases.iter()).attributes();
    let _ = write!(
        out,
        "  <testsuite name=\"{}\" {counts}",
        attribute(&suite.name)
    );
    if let Some(began) = &suite.began {
        let _ = write!(out, " timestamp=\"{}\"", attribute(began));
    }
    out.push_str(">\n");
    for case in &suite.cases {
        render_case(out, case);
    }
    out.push_str("  </testsuite>\n");
}

fn render_case(out: &mut String, case: &Case) {
    let _ = write!(
        out,
        "    <testcase classname=\"{}\" name=\"{}\"",
        attribute(&case.class),
        attribute(&case.name)
    );
    if let Some(time) = case.time {
        let _ = write!(
            out,
            " time=\"{}.{:03}\"",
            time.as_secs(),
            time.subsec_millis()
        );
    }
    let inside = match &case.result {
        CaseResult::Passed { said } if said.is_empty() => {
            out.push_str("/>\n");
            return;
        }
        CaseResult::Passed { said } => format!("<system-out>{}</system-out>", markup(said)),
        CaseResult::Failed(problem) => render_problem("failure", problem),
        CaseResult::Error(problem) => render_problem("error", problem),
        CaseResult::Skipped(why) => format!("<skipped message=\"{}\"/>", attribute(why)),
    };
    let _ = writeln!(out, ">\n      {inside}\n    </testcase>");
}

fn render_problem(element: &str, problem: &Problem) -> String {
    format!(
        "<{element} type=\"{}\" message=\"{}\">{}</{element}>",
        attribute(&problem.kind),
        attribute(&problem.message),
        markup(&problem.text)
    )
}

/// Escapes a text for an attribute. Readers turn line ends in attributes into spaces unless they
/// are escaped.
fn attribute(text: &str) -> String {
    markup(text).replace('\n', "&#10;").replace('\t', "&#9;")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str =
        "<script>alert('1')</script> & \"]]>\" \u{0}\u{1b}[31m \u{ffff}\nsecond\tline";
    const HARMLESS: &str =
        "<script>alert('1')</script> & \"]]>\" \\u{0}\\u{1b}[31m \\u{ffff}\nsecond\tline";

    #[test]
    fn an_xml_parser_reads_back_what_was_hostile() {
        let problem = Problem {
            kind: HOSTILE.into(),
            message: HOSTILE.into(),
            text: HOSTILE.into(),
        };
        let case = |result| Case {
            class: HOSTILE.into(),
            name: HOSTILE.into(),
            time: Some(Duration::from_millis(1_050)),
            result,
        };
        let report = Report {
            suites: vec![Suite {
                name: HOSTILE.into(),
                began: Some("2026-11-22T23:05:09".into()),
                cases: vec![
                    case(CaseResult::Failed(problem.clone())),
                    case(CaseResult::Error(problem)),
                    case(CaseResult::Skipped(HOSTILE.into())),
                    case(CaseResult::Passed {
                        said: HOSTILE.into(),
                    }),
                    case(CaseResult::Passed {
                        said: String::new(),
                    }),
                ],
            }],
        };
        let text = render(&report);
        let document = roxmltree::Document::parse(&text).expect("well-formed");
        let root = document.root_element();
        for (name, count) in [
            ("tests", "5"),
            ("failures", "1"),
            ("errors", "1"),
            ("skipped", "1"),
        ] {
            assert_eq!(root.attribute(name), Some(count), "{name}");
        }
        let element = |name: &str| {
            let found = document.descendants().find(|node| node.has_tag_name(name));
            found.unwrap_or_else(|| panic!("no {name}"))
        };
        assert_eq!(element("testsuite").attribute("name"), Some(HARMLESS));
        assert_eq!(element("testcase").attribute("classname"), Some(HARMLESS));
        assert_eq!(element("testcase").attribute("time"), Some("1.050"));
        for name in ["failure", "error"] {
            assert_eq!(element(name).attribute("message"), Some(HARMLESS), "{name}");
            assert_eq!(element(name).text(), Some(HARMLESS), "{name}");
        }
        assert_eq!(element("skipped").attribute("message"), Some(HARMLESS));
        assert_eq!(element("system-out").text(), Some(HARMLESS));
        assert!(
            !document
                .descendants()
                .any(|node| node.has_tag_name("script"))
        );
    }
}
