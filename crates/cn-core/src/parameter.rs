//! Values from SSM parameters of the home account, several in one request.
//!
//! Values are secret by default. A value is treated as if a person had typed it: one trailing line
//! ending is removed, and a value that must be a mistake is refused without being shown.

mod write;

use std::fmt;
use std::str::FromStr;

use aws_sdk_ssm::Client;
use aws_sdk_ssm::types::ParameterType;
use cn_template::Region;
use secrecy::{ExposeSecret, SecretString};

use crate::call::{CallError, CallExt};
use crate::malformed::Malformed;
use crate::secret::REDACTED;
use crate::timestamp::Timestamp;

pub(crate) use write::{settings, write};

/// Largest number of names in one `GetParameters` request.
///
/// # Source
///
/// AWS Systems Manager API reference, `GetParameters`, `Names`: at most 10.
const NAMES_PER_REQUEST: usize = 10;

/// The name of a parameter: a path or an ARN, optionally with `:VERSION` or `:LABEL`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParameterName(String);

impl ParameterName {
    /// Returns the name as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Checks that a new value can be written under the name.
    ///
    /// # Errors
    ///
    /// [`Malformed`] for an ARN, a version or a label.
    pub fn check_writable(&self) -> Result<(), Malformed> {
        if self.0.contains(':') {
            return Err(Malformed::new(
                &self.0,
                "cannot be written: a new value needs the plain name of a parameter, without account, version and label",
            ));
        }
        Ok(())
    }

    /// Returns the name of one version of a parameter.
    ///
    /// * `name`: the name without a version or label.
    pub(crate) fn of_version(name: &Self, version: i64) -> Self {
        Self(format!("{}:{version}", name.0))
    }
}

impl fmt::Display for ParameterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const CREDENTIAL: &str = "the value is an access key or a secret, not the name of an SSM parameter; in CodeBuild, a variable of type Parameter Store holds the value: set its type to Plaintext and its value to the name";

impl FromStr for ParameterName {
    type Err = Malformed;

    /// Reads a name. A refused text is not shown: people put the secret itself where its
    /// parameter's name belongs.
    fn from_str(name: &str) -> Result<Self, Malformed> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-/:".contains(&byte);
        if looks_like_credential(name) {
            return Err(Malformed::unseen(CREDENTIAL));
        }
        if name.is_empty() || !name.bytes().all(is_allowed) {
            return Err(Malformed::unseen(
                "the value is not the name of an SSM parameter: use letters, digits and `_.-/`, and `:` before a version",
            ));
        }
        Ok(Self(name.to_owned()))
    }
}

/// Returns true if a text looks like half of an access key, so that it cannot be a name.
///
/// The order of capitals, small letters and digits distinguishes a secret from a long name, which
/// consists of words. About one in 50,000 random secrets passes for a name.
///
/// # Source
///
/// IAM user guide, "IAM identifiers": access key IDs are `AKIA` or `ASIA` and
/// 16 more characters; secret access keys have 40 characters of Base64.
pub(crate) fn looks_like_credential(text: &str) -> bool {
    let is_id = (text.starts_with("AKIA") || text.starts_with("ASIA"))
        && text.len() == 20
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    if is_id || text.len() != 40 || !text.bytes().all(is_base64) {
        return is_id;
    }
    // No parameter name contains these characters, and a path starts with a slash.
    let is_path = text.starts_with('/');
    if text.contains(['+', '=']) || (text.contains('/') && !is_path) {
        return true;
    }
    randomness(text) >= if is_path { 18 } else { 11 }
}

/// Returns a measure of a text's randomness.
///
/// Words have vowels and rarely change their class of characters; random text has digits and single
/// letters inside, and runs of capitals.
fn randomness(text: &str) -> usize {
    let class = |byte: u8| match byte {
        b'A'..=b'Z' => 'A',
        b'a'..=b'z' => 'a',
        b'0'..=b'9' => '0',
        _ => '/',
    };
    let classes: Vec<char> = text.bytes().map(class).collect();
    let count = |of: usize, is: fn(&[char]) -> bool| {
        let windows = classes.windows(of);
        windows.filter(|window| is(window)).count()
    };
    let changes = count(2, |pair| pair[0] != pair[1]);
    let inner_digits = count(2, |pair| pair[0] == '0' && pair[1].is_ascii_alphabetic());
    let single_letters = count(3, |three| {
        three[1] == 'a'
            && [three[0], three[2]]
                .iter()
                .all(|side| matches!(side, 'A' | '0'))
    });
    let capitals = classes.chunk_by(|one, next| one == next);
    let capitals = capitals
        .filter(|run| run[0] == 'A' && run.len() > 1)
        .count();
    let vowels = text
        .matches(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O', 'U'])
        .count();
    (changes + 2 * inner_digits + 2 * single_letters + capitals).saturating_sub(vowels)
}

/// Redacts everything in a text that looks like half of an access key.
pub fn without_credentials(text: &str) -> String {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "+/=".contains(letter);
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        // A name may precede the value: `KEY=VALUE`.
        let value = word.split_once('=').map_or("", |(_, value)| value);
        let is_credential = looks_like_credential(word) || looks_like_credential(value);
        shown.push_str(if is_credential { REDACTED } else { word });
        let next = after.chars().next().map_or(0, char::len_utf8);
        shown.push_str(&after[..next]);
        rest = &after[next..];
    }
    shown
}

const EMPTY: &str = "its value is empty";
const NONE: &str =
    "its value is the word `None`, which is what the AWS CLI prints for a wrong query";
const LINES: &str = "its value has more than one line";
const BLANKS: &str = "its value starts or ends with a space";

/// Parameters that could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ParameterError {
    /// The request failed.
    #[error("cannot read the SSM parameter {} in `{region}`", list(names))]
    Call {
        /// The requested names.
        names: Vec<ParameterName>,
        /// The region.
        region: Region,
        /// The reason.
        source: Box<CallError>,
    },
    /// The parameters do not exist.
    #[error("there is no SSM parameter {} in `{region}`", list(names))]
    Missing {
        /// All names that do not exist.
        names: Vec<ParameterName>,
        /// The region.
        region: Region,
    },
    /// A parameter exists, but its value must be a mistake.
    #[error("cannot use the SSM parameter `{name}`")]
    Value {
        /// The parameter's name.
        name: ParameterName,
        /// The reason; never contains the value.
        source: Malformed,
    },
}

fn list(names: &[ParameterName]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(" or ")
}

/// The value of a parameter, with its kind, version and age.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    /// The value, without one trailing line ending.
    pub text: SecretString,
    /// True if it is stored encrypted, as a `SecureString`.
    pub is_secure: bool,
    /// The version, counted from 1.
    pub version: i64,
    /// The time at which this version was written.
    pub written: Option<Timestamp>,
}

/// Reads decrypted parameters, in the order of their names.
///
/// * `region`: the client's region, for messages.
/// * `names`: duplicates are requested only once.
///
/// Cost: one request for each ten names.
///
/// # Errors
///
/// [`ParameterError`]; a single error contains all names that do not exist.
pub(crate) async fn read(
    ssm: &Client,
    region: &Region,
    names: &[ParameterName],
) -> Result<Vec<Value>, ParameterError> {
    let found = read_present(ssm, region, names).await?;
    let mut missing: Vec<ParameterName> = std::iter::zip(names, &found)
        .filter(|(_, value)| value.is_none())
        .map(|(name, _)| name.clone())
        .collect();
    if !missing.is_empty() {
        missing.sort();
        missing.dedup();
        return Err(ParameterError::Missing {
            names: missing,
            region: region.clone(),
        });
    }
    let cleaned = std::iter::zip(names, found.into_iter().flatten()).map(|(name, value)| {
        let text = clean(value.text.expose_secret()).map(SecretString::from);
        text.map(|text| Value { text, ..value })
            .map_err(|why| ParameterError::Value {
                name: name.clone(),
                source: Malformed::unseen(why),
            })
    });
    cleaned.collect()
}

/// Reads decrypted parameters unchanged, in the order of their names.
///
/// The value of a missing parameter is `None`.
///
/// * `region`: the client's region, for messages.
///
/// Cost: one request for each ten names.
///
/// # Errors
///
/// [`ParameterError::Call`].
pub(crate) async fn read_present(
    ssm: &Client,
    region: &Region,
    names: &[ParameterName],
) -> Result<Vec<Option<Value>>, ParameterError> {
    let mut asked: Vec<ParameterName> = names.to_vec();
    asked.sort();
    asked.dedup();
    let mut found: Vec<(ParameterName, Value)> = Vec::new();
    for chunk in asked.chunks(NAMES_PER_REQUEST) {
        let answer = ssm
            .get_parameters()
            .set_names(Some(chunk.iter().map(|name| name.0.clone()).collect()))
            .with_decryption(true)
            .send()
            .await
            .call("ssm", "GetParameters")
            .map_err(|source| ParameterError::Call {
                names: chunk.to_vec(),
                region: region.clone(),
                source: Box::new(source),
            })?;
        let parameters = answer.parameters.unwrap_or_default();
        for name in chunk {
            let parameter = parameters.iter().find(|parameter| answers(name, parameter));
            found.extend(parameter.and_then(|parameter| {
                let value = Value {
                    text: SecretString::from(parameter.value()?),
                    is_secure: parameter.r#type() == Some(&ParameterType::SecureString),
                    version: parameter.version(),
                    written: parameter.last_modified_date().map(Timestamp::from),
                };
                Some((name.clone(), value))
            }));
        }
    }
    let value_of = |name: &ParameterName| {
        let of_name = found.iter().find(|(found, _)| found == name);
        of_name.map(|(_, value)| value.clone())
    };
    Ok(names.iter().map(value_of).collect())
}

/// Returns true if a parameter in the answer is the requested one.
///
/// The answer contains the plain name and, separately, the selector with its colon. For a parameter
/// requested by ARN, it contains the ARN as the name or in addition to it.
fn answers(asked: &ParameterName, parameter: &aws_sdk_ssm::types::Parameter) -> bool {
    let selector = parameter.selector().unwrap_or_default();
    [parameter.name(), parameter.arn()]
        .into_iter()
        .flatten()
        .any(|name| asked.0.strip_suffix(selector) == Some(name))
}

/// Returns a value without one trailing line ending.
fn clean(value: &str) -> Result<&str, &'static str> {
    let value = value.strip_suffix('\n').unwrap_or(value);
    let value = value.strip_suffix('\r').unwrap_or(value);
    if value.trim().is_empty() {
        return Err(EMPTY);
    }
    if value == "None" {
        return Err(NONE);
    }
    if value.contains(['\n', '\r']) {
        return Err(LINES);
    }
    if value.trim() != value {
        return Err(BLANKS);
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;
    use aws_sdk_ssm::config::{BehaviorVersion, Config, Region as SdkRegion};
    use aws_smithy_http_client::test_util::{ReplayEvent, StaticReplayClient};
    use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
    use aws_smithy_types::body::SdkBody;
    use serde_json::{Value, json};

    use super::*;

    /// Reads from a service that gives these answers, and returns the requested names.
    async fn read_from(
        answers: Vec<Value>,
        asked: &[&str],
    ) -> (Result<Vec<String>, String>, Vec<Value>) {
        let event = |answer: Value| {
            let body = SdkBody::from(answer.to_string());
            let answer = HttpResponse::new(200.try_into().unwrap(), body);
            ReplayEvent::new(HttpRequest::new(SdkBody::empty()), answer)
        };
        let service = StaticReplayClient::new(answers.into_iter().map(event).collect());
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(SdkRegion::new("us-east-1"))
            .credentials_provider(Credentials::for_tests())
            .http_client(service.clone())
            .build();
        let names: Vec<ParameterName> = asked.iter().map(|name| name.parse().unwrap()).collect();
        let region = "us-east-1".parse().unwrap();
        let values = read(&Client::from_conf(config), &region, &names).await;
        let values = values.map(|values| {
            let shown = values
                .iter()
                .map(|value| value.text.expose_secret().to_owned());
            shown.collect()
        });
        let bodies = service
            .actual_requests()
            .map(|request| serde_json::from_slice(request.body().bytes().unwrap()).unwrap());
        (values.map_err(|error| error.to_string()), bodies.collect())
    }

    fn parameter(name: &str, value: &str) -> Value {
        let arn = format!("arn:aws:ssm:us-east-1:111122223333:parameter{name}");
        json!({"Name": name, "ARN": arn, "Value": value, "Type": "SecureString"})
    }

    #[test]
    fn a_credential_is_no_name() {
        for credential in [
            "AKIAIOSFODNN7EXAMPLE",
            "ASIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY",
            "/vKx3Rz9TqLm2Wf8YbNc5Hd7JsGp4Ua6EiOo1XyZ",
        ] {
            let refused = credential.parse::<ParameterName>().unwrap_err();
            assert_eq!(refused, Malformed::unseen(CREDENTIAL), "{credential}");
            assert!(!refused.to_string().contains(credential));
        }
        for name in [
            "/China/Development/Application/SecretKey",
            "/china/production/orders/useraccesskeyid",
            "AKIA",
            "ChinaProductionOrdersUserSecretAccessKey",
            "/ChinaNorth1/Orders2/UserSecretAccessKey",
            "/china/prod1/orders/user/secretaccesskey",
        ] {
            name.parse::<ParameterName>().unwrap();
        }
    }

    /// Returns random texts, the same in every run.
    fn random(alphabet: &str, length: usize, count: u64) -> impl Iterator<Item = String> {
        let alphabet = alphabet.as_bytes().to_vec();
        (0..count).map(move |seed| {
            let letter = |at: usize| {
                let digest = <sha2::Sha256 as sha2::Digest>::digest(format!("{seed} {at}"));
                alphabet[usize::from(digest[0]) % alphabet.len()] as char
            };
            (0..length).map(letter).collect()
        })
    }

    #[test]
    fn generated_keys_are_no_names_and_are_redacted_in_any_text() {
        let base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let ids = random("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16, 500);
        let ids = ids.flat_map(|id| [format!("AKIA{id}"), format!("ASIA{id}")]);
        for key in ids.chain(random(base64, 40, 2_000)) {
            let refused = key.parse::<ParameterName>();
            assert_eq!(refused, Err(Malformed::unseen(CREDENTIAL)), "{key}");
            for text in [
                key.clone(),
                format!("/id,{key}"),
                format!("{{\"Key\": \"{key}\"}}"),
                format!("Key={key} x"),
            ] {
                assert!(!without_credentials(&text).contains(&key), "{text}");
            }
        }
        let plain = "a=b, `/China/Development/Application/SecretKey` 订单 ";
        assert_eq!(without_credentials(plain), plain);
    }

    #[tokio::test]
    async fn values_come_in_the_order_of_their_names() {
        let answer = json!({"Parameters": [parameter("/b", "two\n"), parameter("/a", "one")]});
        let (values, asked) = read_from(vec![answer], &["/b", "/a", "/b"]).await;
        assert_eq!(values.unwrap(), ["two", "one", "two"]);
        assert_eq!(
            asked,
            [json!({"Names": ["/a", "/b"], "WithDecryption": true})]
        );
    }

    #[tokio::test]
    async fn a_parameter_is_known_by_version_label_and_arn() {
        let answer = json!({"Parameters": [
            {"Name": "/a", "Selector": ":live", "Value": "live"},
            {"Name": "/a", "Selector": ":3", "Value": "old"},
            parameter("/a", "new"),
            parameter("/shared", "shared"),
        ]});
        let asked = [
            "/a",
            "/a:3",
            "/a:live",
            "arn:aws:ssm:us-east-1:111122223333:parameter/shared",
        ];
        let (values, _) = read_from(vec![answer], &asked).await;
        assert_eq!(values.unwrap(), ["new", "old", "live", "shared"]);
    }

    #[tokio::test]
    async fn all_missing_parameters_are_named() {
        let answer =
            json!({"Parameters": [parameter("/a", "one")], "InvalidParameters": ["/b", "/c"]});
        let (values, _) = read_from(vec![answer], &["/c", "/a", "/b"]).await;
        assert_eq!(
            values.unwrap_err(),
            "there is no SSM parameter `/b` or `/c` in `us-east-1`"
        );
    }

    #[tokio::test]
    async fn eleven_names_are_two_requests() {
        let names: Vec<String> = (10..21).map(|number| format!("/{number}")).collect();
        let answer = |range: std::ops::Range<usize>| {
            let parameters = names[range].iter().map(|name| parameter(name, name));
            json!({"Parameters": parameters.collect::<Vec<_>>()})
        };
        let asked: Vec<&str> = names.iter().map(String::as_str).collect();
        let (values, requests) = read_from(vec![answer(0..10), answer(10..11)], &asked).await;
        assert_eq!(values.unwrap(), names);
        assert_eq!(requests[1]["Names"], json!(["/20"]));
    }

    #[test]
    fn a_secret_in_the_place_of_a_name_is_not_shown() {
        let error = "wJalr+secret=".parse::<ParameterName>().unwrap_err();
        assert!(!error.to_string().contains("wJalr"));
    }

    #[test]
    fn one_line_ending_is_not_part_of_a_value() {
        assert_eq!(clean("abc/+=#; x\n"), Ok("abc/+=#; x"));
        assert_eq!(clean("abc\r\n"), Ok("abc"));
        assert_eq!(clean("-abc\tdef"), Ok("-abc\tdef"));
    }

    #[test]
    fn values_nobody_meant_are_refused() {
        assert_eq!(clean(""), Err(EMPTY));
        assert_eq!(clean(" \n"), Err(EMPTY));
        assert_eq!(clean("None\n"), Err(NONE));
        assert_eq!(clean("a\nb"), Err(LINES));
        assert_eq!(clean("a\n\n"), Err(LINES));
        assert_eq!(clean("a\rb"), Err(LINES));
        assert_eq!(clean("a "), Err(BLANKS));
    }
}
