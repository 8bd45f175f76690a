//! Signature version 4, for the requests that seed and inspect the emulators.
//!
//! Our own signer keeps the SDK out of the tests' build, and checks what the SDK sends. Source: AWS
//! General Reference, "Signature Version 4 signing process".

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::keys::Keys;

/// A request about to be signed; `path` and `query` are already percent-encoded.
pub(crate) struct Unsigned<'a> {
    pub(crate) method: &'a str,
    pub(crate) host: &'a str,
    pub(crate) path: &'a str,
    /// `name=value` pairs joined by `&`, sorted by name.
    pub(crate) query: &'a str,
    pub(crate) body: &'a [u8],
}

/// The scope of the signature.
pub(crate) struct Scope<'a> {
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
    /// `YYYYMMDDTHHMMSSZ`.
    pub(crate) moment: &'a str,
}

/// Returns the headers that sign the request.
pub(crate) fn sign(
    request: &Unsigned<'_>,
    scope: &Scope<'_>,
    keys: &Keys,
) -> Vec<(&'static str, String)> {
    let digest = hex(&Sha256::digest(request.body));
    let moment = scope.moment;
    let mut headers = vec![
        ("host", request.host.to_owned()),
        ("x-amz-content-sha256", digest.clone()),
        ("x-amz-date", moment.to_owned()),
    ];
    if let Some(token) = &keys.session_token {
        headers.push(("x-amz-security-token", token.clone()));
    }
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let signed_names = names.join(";");
    let lines: Vec<String> = headers.iter().map(|(n, v)| format!("{n}:{v}\n")).collect();
    let canonical = format!(
        "{}\n{}\n{}\n{}\n{signed_names}\n{digest}",
        request.method,
        request.path,
        request.query,
        lines.concat(),
    );

    let day = &moment[..8];
    let reach = format!("{day}/{}/{}/aws4_request", scope.region, scope.service);
    let text = format!(
        "AWS4-HMAC-SHA256\n{moment}\n{reach}\n{}",
        hex(&Sha256::digest(canonical)),
    );
    let secret = format!("AWS4{}", keys.secret);
    let signing_key = [day, scope.region, scope.service, "aws4_request"]
        .iter()
        .fold(secret.into_bytes(), |key, part| mac(&key, part));
    let signature = hex(&mac(&signing_key, &text));
    headers.push((
        "authorization",
        format!(
            "AWS4-HMAC-SHA256 Credential={}/{reach}, SignedHeaders={signed_names}, Signature={signature}",
            keys.id,
        ),
    ));
    headers
}

/// A request as a server receives it.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// The path, percent-encoded.
    pub path: &'a str,
    /// The query string without `?`.
    pub query: &'a str,
    /// The header fields.
    pub headers: &'a [(String, String)],
    /// The body.
    pub body: &'a [u8],
}

impl Received<'_> {
    /// Returns the access key ID that signed; `None` for an unsigned request.
    pub fn access_key_id(&self) -> Option<&str> {
        self.credential()?.split('/').next()
    }

    /// Returns the service in the credential scope; `None` for an unsigned request.
    pub fn service(&self) -> Option<&str> {
        self.credential()?.split('/').nth(3)
    }

    /// Returns true if this secret made the request's signature.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        self.signature_with(secret).is_some_and(|signature| {
            self.header("authorization")
                .is_some_and(|header| header.ends_with(&format!("Signature={signature}")))
        })
    }

    fn credential(&self) -> Option<&str> {
        let (_, rest) = self.header("authorization")?.split_once("Credential=")?;
        rest.split(',').next()
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.headers.iter();
        fields
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    fn signature_with(&self, secret: &str) -> Option<String> {
        let header = self.header("authorization")?;
        let (_, names) = header.split_once("SignedHeaders=")?;
        let names = names.split(',').next()?;
        let mut scope = self.credential()?.split('/').skip(1);
        let (day, region, service) = (scope.next()?, scope.next()?, scope.next()?);
        let lines: Vec<String> = names
            .split(';')
            .map(|name| format!("{name}:{}\n", self.header(name).unwrap_or_default().trim()))
            .collect();
        let mut query: Vec<&str> = self.query.split('&').collect();
        query.sort_unstable();
        let digest = match self.header("x-amz-content-sha256") {
            Some(digest) => digest.to_owned(),
            None => hex(&Sha256::digest(self.body)),
        };
        let canonical = format!(
            "{}\n{}\n{}\n{}\n{names}\n{digest}",
            self.method,
            self.path,
            query.join("&"),
            lines.concat(),
        );
        let moment = self.header("x-amz-date")?;
        let text = format!(
            "AWS4-HMAC-SHA256\n{moment}\n{day}/{region}/{service}/aws4_request\n{}",
            hex(&Sha256::digest(canonical)),
        );
        let secret = format!("AWS4{secret}");
        let signing_key = [day, region, service, "aws4_request"]
            .iter()
            .fold(secret.into_bytes(), |key, part| mac(&key, part));
        Some(hex(&mac(&signing_key, &text)))
    }
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    nibbles
        .filter_map(|nibble| char::from_digit(nibble.into(), 16))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // AWS's published cases sign no content digest, which S3 requires: the expected value was
    // computed with botocore 1.43.106 for this very request.
    #[test]
    fn signs_as_botocore_does() {
        let request = Unsigned {
            method: "GET",
            host: "example.amazonaws.com",
            path: "/",
            query: "",
            body: b"",
        };
        let scope = Scope {
            region: "us-east-1",
            service: "s3",
            moment: "20150830T123600Z",
        };
        let keys = Keys::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        let headers = sign(&request, &scope, &keys);
        let (_, authorization) = headers.last().expect("there is one");
        insta::assert_snapshot!(authorization, @"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=4a57a9b66302b918923f101b20f6be667a12693f84a1e13a9a8b877028bef358");
    }
}
