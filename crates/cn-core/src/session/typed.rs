//! Reading an access key from what people have.

use secrecy::{ExposeSecret, SecretString};

use super::stored::from_json;
use crate::access_key::AccessKey;
use crate::malformed::Malformed;

const NO_KEY: Malformed = Malformed::unseen(
    "the input holds no access key: expected the CSV file of the IAM console, the JSON of `aws iam create-access-key`, or the access key ID and the secret on separate lines",
);

impl AccessKey {
    /// Parses an access key from the usual forms: a CSV file, JSON, or two lines.
    ///
    /// # Errors
    ///
    /// [`Malformed`], which never shows the text.
    ///
    /// # Source
    ///
    /// The IAM console's "Download .csv file": a byte order mark, the header
    /// `Access key ID,Secret access key`, and one line with both values.
    pub fn parse(input: &SecretString) -> Result<Self, Malformed> {
        if let Some(key) = from_json(input) {
            return Ok(key);
        }
        let text = input.expose_secret().trim_start_matches('\u{feff}');
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let first = lines.next().ok_or(NO_KEY)?;
        let (id, secret) = if first.to_ascii_lowercase().contains("access key id") {
            of_csv(first, lines.next().ok_or(NO_KEY)?).ok_or(NO_KEY)?
        } else {
            (first, lines.next().ok_or(NO_KEY)?)
        };
        if lines.next().is_some() {
            return Err(NO_KEY);
        }
        Self::new(&id.into(), secret.into()).map_err(|_| NO_KEY)
    }
}

fn of_csv<'a>(header: &str, values: &'a str) -> Option<(&'a str, &'a str)> {
    let unquoted = |field: &'a str| field.trim().trim_matches('"');
    let columns: Vec<String> = header
        .split(',')
        .map(|name| name.trim().trim_matches('"').to_ascii_lowercase())
        .collect();
    let fields: Vec<&str> = values.split(',').map(unquoted).collect();
    let field = |name: &str| {
        let at = columns.iter().position(|column| column == name)?;
        fields.get(at).copied()
    };
    Some((field("access key id")?, field("secret access key")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expected: Option<(&str, &str)>) {
        let parsed = AccessKey::parse(&input.into());
        let shown = parsed
            .as_ref()
            .ok()
            .map(|key| (key.id(), key.secret().expose_secret()));
        assert_eq!(shown, expected, "{input}");
    }

    #[test]
    fn reads_what_people_have() {
        let key = Some(("AKIA1", "wJalr/+x"));
        check(
            "\u{feff}Access key ID,Secret access key\r\nAKIA1,wJalr/+x\r\n",
            key,
        );
        check(
            "User name,Password,Access key ID,Secret access key,Console login link\n\
             u,,AKIA1,wJalr/+x,https://example.com\n",
            key,
        );
        check("AKIA1\nwJalr/+x\n", key);
        check("\n  AKIA1 \r\n wJalr/+x", key);
        check(
            r#"{"AccessKey": {"AccessKeyId": "AKIA1", "SecretAccessKey": "wJalr/+x"}}"#,
            key,
        );
        check(
            r#"{"Version": 1, "AccessKeyId": "AKIA1", "SecretAccessKey": "wJalr/+x"}"#,
            key,
        );
        for nothing in [
            "",
            "AKIA1",
            "wJalr/+x\nAKIA1",
            "a\nb\nc",
            "Access key ID,Secret access key\n",
        ] {
            check(nothing, None);
        }
    }
}
