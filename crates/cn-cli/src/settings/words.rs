//! Texts that contain several values, in `samconfig.toml` and variables.

/// Splits a text at blanks like a shell, without expanding anything.
///
/// Returns `None` if a quote is not closed.
pub(crate) fn split(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (Some('\''), _) => word.get_or_insert_default().push(character),
            (Some(_), '\\') => {
                let next = characters.next()?;
                let word = word.get_or_insert_default();
                if !matches!(next, '"' | '\\' | '$' | '`') {
                    word.push('\\');
                }
                word.push(next);
            }
            (None, '\\') => word.get_or_insert_default().push(characters.next()?),
            (None, '"' | '\'') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, _) if character.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

/// Parses a switch in a variable, from the usual words for on and off.
pub(crate) fn switch(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "t" | "yes" | "y" | "on" => Some(true),
        "0" | "false" | "f" | "no" | "n" | "off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_as_a_shell_does() {
        let check = |text: &str, expected: &[&str]| {
            assert_eq!(split(text).unwrap(), expected, "{text}");
        };
        check("", &[]);
        check("  A=1\tB=2\n", &["A=1", "B=2"]);
        check(
            r#"Name="a b" Other='c "d"' X=\ y"#,
            &["Name=a b", "Other=c \"d\"", "X= y"],
        );
        check(r#"A="x\"y\n" B="""#, &["A=x\"y\\n", "B="]);
        check("环境=生产", &["环境=生产"]);
        assert_eq!(split("A='x"), None);
        assert_eq!(split("A=\\"), None);
    }
}
