//! The form of a rule: its name, its reason, and how it looks at a template.

use std::ops::Range;

use crate::china::Row;
use crate::diag::{Code, Severity};
use crate::edit::Edit;
use crate::look::aim::Aims;
use crate::look::scene::Scene;
use crate::look::subject::{Subject, View};
use crate::partition::Region;
use crate::rules::shared::arn::Arn;
use crate::rules::shared::cases::Case;
use crate::rules::shared::host::Host;
use crate::source::Span;

/// A difference between partitions, or a mistake in an input.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The code of findings and rewrites, with a one-line message.
    pub code: Code,
    /// The name in messages and documentation, in kebab case.
    pub name: &'static str,
    /// The severity of the findings, unless a case overrides it.
    pub severity: Severity,
    /// The reason why the rule matters, with the error that users get if it is known.
    pub why: &'static str,
    /// The next step, unless a case has a better one.
    pub help: &'static str,
    /// The sources of the facts: IDs for [`china::source`](crate::china::source).
    pub sources: &'static [&'static str],
    /// The programs that report the rule.
    pub programs: &'static [&'static str],
    /// The treatment of the places that the rule finds.
    pub does: Does,
    /// True if all findings in one template are merged into one.
    pub(crate) once: bool,
    pub(crate) looks: &'static [Look],
}

impl Rule {
    /// The default values of the fields.
    pub(crate) const BASE: Self = Self {
        code: Code { id: "", title: "" },
        name: "",
        severity: Severity::Error,
        why: "",
        help: "",
        sources: &[],
        programs: &["cn-check", "cn-package"],
        does: Does::REPORTED,
        once: false,
        looks: &[],
    };
}

impl Rule {
    /// Returns a short description of what a program does with the places that the rule finds.
    pub fn does_in(&self, program: &str) -> &'static str {
        match (program, self.does.rewritten, self.does.reported) {
            ("cn-package", true, true) => "rewrites or reports",
            ("cn-package", true, false) => "rewrites",
            _ => "reports",
        }
    }

    /// Returns the path of the rule's page in the repository.
    pub fn page(&self) -> String {
        let id = self.code.id;
        format!("docs/rules/{id}.md")
    }
}

/// The treatment of the places that a rule finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Does {
    /// `cn-package` rewrites some of the places for the region.
    pub rewritten: bool,
    /// `cn-check --fix` writes some of the places in portable form.
    pub fixed: bool,
    /// Some of the places are reported, and a person has to decide.
    pub reported: bool,
}

impl Does {
    /// All places are reported, and a person has to decide.
    pub(crate) const REPORTED: Self = Self {
        rewritten: false,
        fixed: false,
        reported: true,
    };
    /// `cn-package` rewrites, `--fix` cannot.
    pub(crate) const REWRITTEN: Self = Self {
        rewritten: true,
        fixed: false,
        reported: false,
    };
    /// `cn-package` rewrites, and `--fix` writes the portable form.
    pub(crate) const FIXED: Self = Self {
        rewritten: true,
        fixed: true,
        reported: false,
    };

    /// Adds that some of the places are reported as well.
    pub(crate) const fn or_reported(self) -> Self {
        Self {
            reported: true,
            ..self
        }
    }
}

/// One way in which a rule looks at a template.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Look {
    /// Each ARN in a text.
    Arn(fn(&Scene<'_, '_>, &Arn<'_>, &mut Hits<'_>)),
    /// Each AWS host name in a text, with its meaning in its place.
    Host(fn(&Scene<'_, '_>, &Host<'_>, &Case<'_>, &mut Hits<'_>)),
    /// Each text that contains one of these words.
    Words(&'static [&'static str], fn(&Scene<'_, '_>, &mut Hits<'_>)),
    /// Each text.
    Text(fn(&Scene<'_, '_>, &mut Hits<'_>)),
    /// Each whole occurrence of a value with this key in `china/data/names.tsv`.
    Named(&'static str),
    /// Each resource, for the regions of China and the portable form.
    Resource(fn(&Subject<'_, '_>, &mut Spots<'_>)),
    /// Resource types, properties and values that are not available in China.
    Absent(&'static [Absent]),
    /// The whole template, for the regions of China.
    Template(fn(&View<'_, '_>, &mut Spots<'_>)),
}

/// A resource type, property or value that is not available in China.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Absent {
    /// The resource type.
    pub kind: &'static str,
    /// The keys that lead to the property; empty for the type itself.
    pub path: &'static [&'static str],
    /// The values to report; empty for any value.
    pub values: &'static [&'static str],
    /// The severity; `None` for the rule's severity.
    pub severity: Option<Severity>,
    /// The message; empty for the rule's title.
    pub message: &'static str,
    /// The next step; empty for the rule's help.
    pub help: &'static str,
}

impl Absent {
    /// Creates a row for a resource type.
    pub(crate) const fn kind(kind: &'static str) -> Self {
        Self {
            kind,
            path: &[],
            values: &[],
            severity: None,
            message: "",
            help: "",
        }
    }

    /// Creates a row for a property with any value.
    pub(crate) const fn property(kind: &'static str, path: &'static [&'static str]) -> Self {
        Self {
            path,
            ..Self::kind(kind)
        }
    }

    /// Creates a row for some values of a property, which are compared regardless of case.
    pub(crate) const fn value(
        kind: &'static str,
        path: &'static [&'static str],
        values: &'static [&'static str],
    ) -> Self {
        Self {
            values,
            ..Self::property(kind, path)
        }
    }

    /// Sets the message.
    pub(crate) const fn saying(self, message: &'static str) -> Self {
        Self { message, ..self }
    }

    /// Sets the next step.
    pub(crate) const fn help(self, help: &'static str) -> Self {
        Self { help, ..self }
    }

    /// Sets the severity.
    pub(crate) const fn severity(self, severity: Severity) -> Self {
        Self {
            severity: Some(severity),
            ..self
        }
    }
}

/// A place in a text that a rule found.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    pub rule: &'static Rule,
    /// The bytes of the text.
    pub range: Range<usize>,
    /// The aims that the hit applies to.
    pub aims: Aims,
    pub outcome: Outcome,
}

impl Hit {
    /// Returns the key by which the hits of a text are sorted, from left to right.
    pub(crate) fn order(&self) -> (usize, usize, &'static str) {
        (self.range.start, self.range.end, self.rule.code.id)
    }
}

/// The treatment of a hit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Replaces the bytes.
    Replace(To),
    /// Reports the hit: a person has to decide.
    Report {
        severity: Severity,
        message: String,
        help: String,
    },
}

/// The replacement of a literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum To {
    /// The partition's identifier.
    Partition,
    /// The partition's host suffix.
    Suffix,
    /// The region, a dot, and the host suffix.
    RegionAndSuffix,
    /// The region.
    Region,
    /// The value of a table for the partition.
    Mapped(&'static Row),
    /// A text that is right only for the target.
    Text(String),
    /// Another value next to the text, which stays.
    Also(String),
    /// A regular expression for every partition; for one region, the partition's identifier.
    AnyPartition,
}

impl To {
    /// Returns the text for a region.
    pub(crate) fn literal(&self, region: &Region) -> String {
        let partition = region.partition();
        match self {
            Self::Partition | Self::AnyPartition => partition.id().to_owned(),
            Self::Suffix => partition.dns_suffix().to_owned(),
            Self::RegionAndSuffix => format!("{region}.{}", partition.dns_suffix()),
            Self::Region => region.as_str().to_owned(),
            Self::Mapped(row) => row.value(partition).unwrap_or_default().to_owned(),
            Self::Text(text) | Self::Also(text) => text.clone(),
        }
    }

    /// Returns the text for every partition; `None` if no text is right in all of them.
    pub(crate) fn portable(&self) -> Option<String> {
        match self {
            Self::Partition => Some("${AWS::Partition}".to_owned()),
            Self::Suffix => Some("${AWS::URLSuffix}".to_owned()),
            Self::AnyPartition => Some("aws(-[a-z]+)*".to_owned()),
            Self::Mapped(row) => Some(format!("${{{}}}", row.key)),
            Self::RegionAndSuffix | Self::Region | Self::Text(_) | Self::Also(_) => None,
        }
    }
}

impl Hit {
    /// Returns the replacement for a region; `None` for a report.
    pub(crate) fn literal(&self, region: &Region) -> Option<String> {
        match &self.outcome {
            Outcome::Replace(to) => Some(to.literal(region)),
            Outcome::Report { .. } => None,
        }
    }
}

/// Collects the hits of one rule in one text for one aim.
pub(crate) struct Hits<'a> {
    pub rule: &'static Rule,
    pub aims: Aims,
    pub found: &'a mut Vec<Hit>,
}

impl Hits<'_> {
    fn push(&mut self, range: Range<usize>, outcome: Outcome) {
        self.found.push(Hit {
            rule: self.rule,
            range,
            aims: self.aims,
            outcome,
        });
    }

    /// Adds a hit that replaces the bytes.
    pub(crate) fn replace(&mut self, range: Range<usize>, to: To) {
        self.push(range, Outcome::Replace(to));
    }

    /// Adds a report with the rule's severity and help.
    pub(crate) fn report(&mut self, range: Range<usize>, message: impl Into<String>) {
        self.report_as(self.rule.severity, range, message, self.rule.help);
    }

    /// Adds a report.
    pub(crate) fn report_as(
        &mut self,
        severity: Severity,
        range: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let (message, help) = (message.into(), help.into());
        self.push(
            range,
            Outcome::Report {
                severity,
                message,
                help,
            },
        );
    }
}

/// A node that a rule found.
#[derive(Clone, Debug)]
pub(crate) struct Spot {
    pub rule: &'static Rule,
    pub span: Span,
    /// The aims that the spot applies to.
    pub aims: Aims,
    pub outcome: SpotOutcome,
}

/// The treatment of a spot.
#[derive(Clone, Debug)]
pub(crate) enum SpotOutcome {
    /// Reports the spot: a person has to decide.
    Report {
        severity: Severity,
        message: String,
        label: String,
        help: String,
    },
    /// Changes the structure of the resource.
    Restructure {
        edit: Edit,
        /// The value before the change; empty if something is added.
        before: String,
        after: String,
        /// An edit to another section that the change needs; it is made only once.
        needs: Option<Edit>,
    },
}

/// Collects the spots of one rule.
pub(crate) struct Spots<'a> {
    pub rule: &'static Rule,
    pub found: &'a mut Vec<Spot>,
}

impl Spots<'_> {
    /// Adds a report with the rule's severity, title and help.
    pub(crate) fn report(&mut self, span: Span, aims: Aims) {
        self.report_as(
            self.rule.severity,
            span,
            aims,
            self.rule.code.title,
            self.rule.help,
        );
    }

    /// Adds a report with the rule's severity and help.
    pub(crate) fn report_message(&mut self, span: Span, aims: Aims, message: impl Into<String>) {
        self.report_as(self.rule.severity, span, aims, message, self.rule.help);
    }

    /// Adds a report.
    pub(crate) fn report_as(
        &mut self,
        severity: Severity,
        span: Span,
        aims: Aims,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let (message, help) = (message.into(), help.into());
        self.labelled(severity, span, aims, message, String::new(), help);
    }

    /// Adds a report with a label under the marked bytes.
    pub(crate) fn labelled(
        &mut self,
        severity: Severity,
        span: Span,
        aims: Aims,
        message: String,
        label: String,
        help: String,
    ) {
        if aims.is_empty() {
            return;
        }
        self.found.push(Spot {
            rule: self.rule,
            span,
            aims,
            outcome: SpotOutcome::Report {
                severity,
                message,
                label,
                help,
            },
        });
    }

    /// Adds a change to the structure of the resource.
    pub(crate) fn restructure(
        &mut self,
        span: Span,
        aims: Aims,
        edit: Edit,
        before: impl Into<String>,
        after: impl Into<String>,
    ) {
        if aims.is_empty() {
            return;
        }
        self.found.push(Spot {
            rule: self.rule,
            span,
            aims,
            outcome: SpotOutcome::Restructure {
                edit,
                before: before.into(),
                after: after.into(),
                needs: None,
            },
        });
    }

    /// Adds an edit to another section to the last restructuring.
    pub(crate) fn last_needs(&mut self, edit: Option<Edit>) {
        if let Some(Spot {
            outcome: SpotOutcome::Restructure { needs, .. },
            ..
        }) = self.found.last_mut()
        {
            *needs = edit;
        }
    }
}
