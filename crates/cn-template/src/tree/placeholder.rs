//! Definition files with placeholders outside quotes.

use super::{Parsed, Template};
use crate::diag::Severity;
use crate::source::Source;

impl Template {
    /// Parses a text that may contain `${Name}` outside quotes.
    ///
    /// `DefinitionSubstitutions` of a state machine allow that.
    ///
    /// | the text | tree | findings |
    /// | --- | --- | --- |
    /// | parses | yes | those of the text |
    /// | parses once placeholders are masked | yes | those of the masked text |
    /// | has placeholders and still does not parse | none | warnings; errors if the text contains ARNs or hosts, which may need a rewrite |
    /// | has none and does not parse | none | errors |
    ///
    /// # Source
    ///
    /// CloudFormation template reference, `AWS::StepFunctions::StateMachine`,
    /// `DefinitionSubstitutions`: keys of the form `${key}` are replaced in the text.
    pub fn parse_definition(source: &Source) -> Parsed {
        let parsed = Self::parse_document(source);
        if parsed.template.is_some() {
            return parsed;
        }
        let Some(text) = masked(source.text()) else {
            return parsed;
        };
        let masked = Source::new(source.path(), text);
        let mut parsed = Self::parse_document(&masked);
        for finding in &mut parsed.findings {
            if let Some(location) = &mut finding.location {
                location.source = source.clone();
            }
        }
        if let Some(template) = &mut parsed.template {
            // Masking keeps the offsets of the source; expanding aliases does not.
            if template.source == masked {
                template.source = source.clone();
            }
            return parsed;
        }
        let is_to_rewrite = ["arn:", "amazonaws"]
            .iter()
            .any(|word| source.text().contains(word));
        if !is_to_rewrite {
            for finding in &mut parsed.findings {
                finding.severity = finding.severity.min(Severity::Warning);
            }
        }
        parsed
    }
}

/// Replaces each placeholder outside quotes with a word of the same length; `None` without any.
fn masked(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // A quote opens a string only where a value can begin.
    let (mut quote, mut can_begin) = (None, true);
    let mut is_masked = false;
    while let Some(character) = rest.chars().next() {
        let mut length = character.len_utf8();
        match (quote, character) {
            (Some('"'), '\\') => length += rest[1..].chars().next().map_or(0, char::len_utf8),
            (Some(open), _) if open == character => quote = None,
            (None, '"' | '\'') if can_begin => quote = Some(character),
            (None, '$') if rest.starts_with("${") => {
                if let Some(end) = rest
                    .find(['}', '\n'])
                    .filter(|end| rest[*end..].starts_with('}'))
                {
                    out.extend(rest[..=end].bytes().map(|byte| {
                        if byte.is_ascii_alphanumeric() {
                            char::from(byte)
                        } else {
                            '_'
                        }
                    }));
                    (rest, can_begin, is_masked) = (&rest[end + 1..], false, true);
                    continue;
                }
            }
            _ => {}
        }
        can_begin = character.is_whitespace() || "[{,:".contains(character);
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    is_masked.then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partition::Region;
    use crate::{edit, portability};

    /// Rewrites a definition for a region of China; `None` if it has no tree.
    fn rewritten(text: &str) -> Option<String> {
        let parsed = Template::parse_definition(&Source::new("d.asl.json", text));
        let template = parsed.template?;
        let [region, _] = Region::china();
        let done = portability::rewrite_document(&template, &region);
        Some(edit::apply(text, &done.edits))
    }

    #[test]
    fn placeholders_outside_quotes_do_not_hide_the_arns() {
        for text in [
            r#"{"TimeoutSeconds": ${Seconds}, "Resource": "arn:aws:states:::sns:publish"}"#,
            r#"{"A": ["${Q}", ${B}, ${C}], "Resource": "arn:aws:lambda:${AWS::Region}:1:x"}"#,
            r#"{"S": { ${More} }, ${Key}: 1, "it's \" ${x": "arn:aws:states:::aws-sdk:s3:getObject"}"#,
            "{\n  \"A\": ${键},\n  \"Resource\": \"arn:aws:states:::sns:publish\"\n}\n",
            "States: {A: {Seconds: ${S}, Resource: 'arn:aws:states:::sns:publish'}}\n",
        ] {
            assert_eq!(
                rewritten(text).unwrap(),
                text.replace("arn:aws:", "arn:aws-cn:")
            );
        }
    }

    #[test]
    fn what_still_does_not_parse_is_known_as_text_only_where_it_has_placeholders() {
        let severities = |text: &str| {
            let parsed = Template::parse_definition(&Source::new("d.json", text));
            assert!(parsed.template.is_none());
            let severities = parsed.findings.iter().map(|finding| finding.severity);
            severities.collect::<Vec<_>>()
        };
        assert_eq!(severities(r#"{"A": "x"${Rest}"#), [Severity::Warning]);
        assert_eq!(severities(r#"{"A": "x${Rest}" "b"}"#), [Severity::Error]);
        assert_eq!(severities("{\"A\": "), [Severity::Error]);
        assert_eq!(
            severities(r#"{"A": "arn:aws:s3:::b"${Rest}"#),
            [Severity::Error]
        );
    }
}
