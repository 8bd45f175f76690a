//! Findings that the author suppresses.
//!
//! A suppression is written as `Metadata: {cn: {ignore: [CN301]}}` on a template or resource, or as
//! a comment `# cn:ignore CN301 why` on the line of the finding or on the line above it. Suppressed
//! values are not rewritten either. A suppression without effect is a finding.

use crate::diag::Diagnostic;
use crate::rules::cn601_unused_suppression;
use crate::source::{Source, Span};
use crate::tree::{Node, Template};

/// The word that starts a suppression in a comment.
const MARK: &str = "cn:ignore";

/// The suppressions of one template.
#[derive(Clone, Debug, Default)]
pub struct Suppressions {
    /// The text that contains the suppressions.
    source: Option<Source>,
    all: Vec<Suppression>,
    /// Indices into `all` of suppressions for the whole template.
    everywhere: Vec<usize>,
    /// Indices into `all` of suppressions for resources, and of those for lines.
    ///
    /// Within each group, both the starts and the ends of the scopes are in order.
    groups: [Vec<usize>; 2],
}

#[derive(Clone, Debug)]
struct Suppression {
    /// The rule ID, such as `CN301`, in capitals.
    id: String,
    /// The bytes of the suppression itself.
    span: Span,
    scope: Scope,
}

/// The scope of a suppression, in the author's text.
#[derive(Clone, Copy, Debug)]
enum Scope {
    Template,
    /// These bytes: a resource, or a line.
    Within(Span),
}

/// The result of applying suppressions.
#[derive(Clone, Debug)]
pub struct Suppressed {
    /// The remaining findings, and findings for suppressions without effect.
    pub findings: Vec<Diagnostic>,
    /// Number of suppressed findings.
    pub count: usize,
}

impl Suppressions {
    /// Reads the suppressions of a template.
    pub fn of(template: &Template) -> Self {
        let mut found = Vec::new();
        in_metadata(template.root(), Scope::Template, &mut found);
        for resource in template.resources() {
            let span = Span::new(resource.key.span.start, resource.body.span.end);
            in_metadata(resource.body, Scope::Within(span), &mut found);
        }
        let of_metadata = found.len();
        in_comments(template.source(), &mut found);
        for one in &mut found {
            if let Scope::Within(scope) = &mut one.scope {
                *scope = template.source().original(*scope).1;
            }
        }
        let mut sorted = Self {
            source: Some(template.source().clone()),
            all: found,
            ..Self::default()
        };
        for (index, one) in sorted.all.iter().enumerate() {
            match one.scope {
                Scope::Template => sorted.everywhere.push(index),
                Scope::Within(_) => sorted.groups[usize::from(index >= of_metadata)].push(index),
            }
        }
        sorted
    }

    /// Returns true if a code is suppressed at a place of the template's text.
    pub(crate) fn has(&self, id: &str, span: Span) -> bool {
        let source = self.source.as_ref();
        let span = source.map_or(span, |source| source.original(span).1);
        self.at(id, Some(span)).next().is_some()
    }

    /// Returns true if a finding is suppressed.
    pub(crate) fn cover(&self, finding: &Diagnostic) -> bool {
        self.of_finding(finding).next().is_some()
    }

    fn of_finding(&self, finding: &Diagnostic) -> impl Iterator<Item = usize> {
        let location = finding.location.as_ref();
        self.at(finding.code.id, location.map(|location| location.span))
    }

    /// Returns the indices into `all` of the suppressions of a code at a place.
    ///
    /// Cost: logarithmic in the number of suppressions, plus the number of those that apply there.
    fn at(&self, id: &str, span: Option<Span>) -> impl Iterator<Item = usize> {
        let within = |group| {
            let Some(span) = span else {
                return &[][..];
            };
            let scope = |index: &usize| match self.all[*index].scope {
                Scope::Template => Span::new(0, 0),
                Scope::Within(scope) => scope,
            };
            let group: &[usize] = group;
            let from = group.partition_point(|index| scope(index).end <= span.start);
            let to = group.partition_point(|index| scope(index).start <= span.start);
            group.get(from..to).unwrap_or_default()
        };
        let [resources, lines] = &self.groups;
        let indices = self
            .everywhere
            .iter()
            .chain(within(resources))
            .chain(within(lines));
        indices
            .copied()
            .filter(move |index| self.all[*index].id == id)
    }

    /// Removes suppressed findings, and reports suppressions without effect.
    pub fn apply(&self, source: &Source, findings: Vec<Diagnostic>) -> Suppressed {
        let mut is_used = vec![false; self.all.len()];
        let before = findings.len();
        let mut kept: Vec<Diagnostic> = findings
            .into_iter()
            .filter(|finding| {
                let mut is_suppressed = false;
                for index in self.of_finding(finding) {
                    is_used[index] = true;
                    is_suppressed = true;
                }
                !is_suppressed
            })
            .collect();
        let count = before - kept.len();
        let each = self.all.iter().zip(&is_used);
        for (suppression, _) in each.filter(|(_, is_used)| !**is_used) {
            kept.push(
                Diagnostic::warning(
                    cn601_unused_suppression::RULE.code,
                    format!("unused suppression of `{}`", suppression.id),
                )
                .at(source, suppression.span, "")
                .help(cn601_unused_suppression::RULE.help),
            );
        }
        Suppressed {
            findings: kept,
            count,
        }
    }
}

fn in_metadata(body: &Node, scope: Scope, found: &mut Vec<Suppression>) {
    let Some(ignored) = body.at(&["Metadata", "cn", "ignore"]) else {
        return;
    };
    let items = ignored.items();
    let items = if items.is_empty() {
        std::slice::from_ref(ignored)
    } else {
        items
    };
    found.extend(items.iter().filter_map(|item| {
        Some(Suppression {
            id: item.as_str()?.trim().to_ascii_uppercase(),
            span: item.span,
            scope,
        })
    }));
}

fn in_comments(source: &Source, found: &mut Vec<Suppression>) {
    let text = source.text();
    for (at, _) in text.match_indices(MARK) {
        let line = source.line_span(at);
        let before = text[line.start..at].trim_end();
        let Some(before) = before.strip_suffix('#') else {
            continue;
        };
        // A comment on its own line applies to the line below.
        let is_alone = before.trim().is_empty();
        let next = text[line.end..]
            .find('\n')
            .map_or(text.len(), |found| line.end + found + 1);
        let end = if is_alone {
            source.line_span(next).end
        } else {
            line.end
        };
        let scope = Scope::Within(Span::new(line.start, end));
        let rest = &text[at + MARK.len()..line.end];
        let ids = rest
            .split([' ', ',', '\t', '\r'])
            .filter(|word| !word.is_empty());
        for word in ids.take_while(|word| is_code(word)) {
            let start = at + MARK.len() + (word.as_ptr() as usize - rest.as_ptr() as usize);
            found.push(Suppression {
                id: word.to_ascii_uppercase(),
                span: Span::new(start, start + word.len()),
                scope,
            });
        }
    }
}

fn is_code(word: &str) -> bool {
    let digits = word.strip_prefix("CN").or_else(|| word.strip_prefix("cn"));
    digits
        .is_some_and(|digits| digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit;
    use crate::partition::Region;
    use crate::portability::{check_template, make_portable, rewrite_template};

    fn codes(text: &str) -> Vec<&'static str> {
        let source = Source::new("t.yaml", text);
        let template = Template::parse(&source).template.unwrap();
        let [region, _] = Region::china();
        let findings = check_template(&template, &region);
        let left = Suppressions::of(&template)
            .apply(&source, findings)
            .findings;
        left.iter().map(|finding| finding.code.id).collect()
    }

    #[test]
    fn findings_are_suppressed_by_template_resource_and_line() {
        let body = "Resources:\n  R:\n    Type: AWS::SQS::Queue\n    Properties:\n      A: arn:aws:s3:::b\n";
        assert_eq!(codes(body), ["CN101"]);
        assert_eq!(
            codes(&format!("Metadata: {{cn: {{ignore: [CN101]}}}}\n{body}")),
            [""; 0]
        );
        assert_eq!(
            codes(&body.replace("    Type", "    Metadata: {cn: {ignore: cn101}}\n    Type")),
            [""; 0]
        );
        assert_eq!(
            codes(&body.replace(":::b", ":::b # cn:ignore CN101 known")),
            [""; 0]
        );
        assert_eq!(
            codes(&body.replace("      A:", "      # cn:ignore CN101, CN301 known\n      A:")),
            ["CN601"]
        );
    }

    #[test]
    fn what_is_accepted_is_neither_rewritten_nor_fixed() {
        let text = "Resources:\n  R:\n    Type: AWS::SQS::Queue\n    Properties:\n      A: arn:aws:s3:::a # cn:ignore CN101 stays at home\n      B: arn:aws:s3:::b\n      C: '{\"d\": \"arn:aws:s3:::c\"}' # cn:ignore CN101\n";
        let source = Source::new("t.yaml", text);
        let template = Template::parse(&source).template.unwrap();
        let [region, _] = Region::china();
        let rewritten = rewrite_template(&template, &region);
        assert_eq!(rewritten.rewrites.len(), 1);
        assert_eq!(
            edit::apply(text, &rewritten.edits),
            text.replace("B: arn:aws:", "B: arn:aws-cn:")
        );
        let portable = edit::apply(text, &make_portable(&template).edits);
        assert!(portable.contains("A: arn:aws:s3:::a #"), "{portable}");
        assert!(portable.contains("${AWS::Partition}:s3:::b"), "{portable}");
        assert!(portable.contains("arn:aws:s3:::c"), "{portable}");
    }

    #[test]
    fn what_suppresses_nothing_is_reported() {
        let body = "Resources:\n  R:\n    Type: AWS::SQS::Queue\n    Properties:\n      A: b # cn:ignore CN101\n";
        assert_eq!(codes(body), ["CN601"]);
    }
}
