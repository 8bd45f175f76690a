//! Values of `samconfig.toml`, read as the SAM CLI reads them.
//!
//! # Source
//!
//! AWS SAM CLI, `samcli/cli/types.py`, `CfnParameterOverridesType` and `CfnTags`.

/// Settings whose texts the SAM CLI reads with its own grammar.
pub(super) const PAIRS: &[&str] = &["parameter_overrides", "tags"];

/// Settings of the SAM CLI that change a deployment and have no counterpart here: name, next step.
/// They are reported if they are on.
pub(super) const NOT_SUPPORTED: &[(&str, &str)] = &[
    (
        "confirm_changeset",
        "`cn-deploy` executes change sets without asking; for a review, use \
         `--no-execute-changeset`, then `--execute-changeset`",
    ),
    (
        "resolve_s3",
        "the programs do not create buckets; set `s3_bucket`",
    ),
    (
        "resolve_image_repos",
        "the programs do not create image repositories; use images that exist in the target region",
    ),
];

/// Returns the `KEY=VALUE` words of a text; `None` if a part of it is not a pair.
///
/// Quotes around a key or value are removed, and so is a backslash before a blank or quote. The SAM
/// CLI skips parts that are not pairs, which cuts values short.
///
/// * `id`: the setting, one of [`PAIRS`].
pub(super) fn pairs(id: &str, text: &str) -> Option<Vec<String>> {
    if text.starts_with("file://") {
        return Some(vec![text.to_owned()]);
    }
    let text = text.trim();
    if id == "tags" && text.matches('=').count() == 1 {
        let (key, value) = text.split_once('=')?;
        return Some(vec![format!("{}={}", unquoted(key), unquoted(value))]);
    }
    let mut rest = text;
    let mut pairs = Vec::new();
    while !rest.is_empty() {
        let (key, after_key) = match rest.strip_prefix("ParameterKey=") {
            Some(named) => named.split_once(",ParameterValue=")?,
            None => rest.split_once('=')?,
        };
        if key.is_empty() || key.contains(char::is_whitespace) {
            return None;
        }
        let end = end_of_value(after_key)?;
        let (value, after) = after_key.split_at(end);
        if !after.is_empty() && !after.starts_with(char::is_whitespace) {
            return None;
        }
        pairs.push(format!("{}={}", unquoted(key), unquoted(value)));
        rest = after.trim_start();
    }
    Some(pairs)
}

/// Returns the end of the value at the start of a text; `None` if a quote is not closed.
fn end_of_value(text: &str) -> Option<usize> {
    let quote = text
        .chars()
        .next()
        .filter(|first| matches!(first, '"' | '\''));
    let mut is_escaped = false;
    let body = text.char_indices().skip(usize::from(quote.is_some()));
    for (at, letter) in body {
        match (quote, letter) {
            _ if is_escaped => is_escaped = false,
            (_, '\\') => is_escaped = true,
            (Some(open), _) if letter == open => return Some(at + 1),
            (None, _) if letter.is_whitespace() => return Some(at),
            _ => {}
        }
    }
    quote.is_none().then_some(text.len())
}

fn unquoted(text: &str) -> String {
    let inner = ['"', '\''].into_iter().find_map(|quote| {
        let inner = text.strip_prefix(quote)?;
        inner.strip_suffix(quote)
    });
    let text = inner.unwrap_or(text);
    text.replace("\\ ", " ")
        .replace("\\\"", "\"")
        .replace("\\'", "'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_as_sam_reads_them() {
        for (text, expected) in [
            (r#"Msg="a b""#, &["Msg=a b"][..]),
            ("Msg='a b' Stage=dev", &["Msg=a b", "Stage=dev"]),
            (
                r#"ParameterKey=A,ParameterValue="1 2" ParameterKey=B,ParameterValue=3"#,
                &["A=1 2", "B=3"],
            ),
            (r"Path=C:\temp Name=a\ b", &[r"Path=C:\temp", "Name=a b"]),
            (r#""Key"="v\"w""#, &["Key=v\"w"]),
            ("Url=a=b,c  List=1,2 ", &["Url=a=b,c", "List=1,2"]),
            ("Empty= Next=1", &["Empty=", "Next=1"]),
            ("file://p.json", &["file://p.json"]),
            ("", &[]),
        ] {
            assert_eq!(
                pairs("parameter_overrides", text).unwrap(),
                expected,
                "{text}"
            );
        }
        for text in ["Msg=a b", "Msg=\"a b", "Msg", "A=1 =2", "A=\"b\"c"] {
            assert_eq!(pairs("parameter_overrides", text), None, "{text}");
        }
    }

    #[test]
    fn a_single_tag_keeps_its_blanks() {
        assert_eq!(pairs("tags", "Owner=a b").unwrap(), ["Owner=a b"]);
        assert_eq!(
            pairs("tags", "Owner=\"a b\" cn:team=订单").unwrap(),
            ["Owner=a b", "cn:team=订单"]
        );
    }
}
