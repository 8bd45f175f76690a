//! Signature version 4, for the requests that seed and inspect the emulators.
//!
//! A signer of our own keeps the SDK out of the tests' build and is a second
//! opinion on what the SDK sends. Source: AWS General Reference, "Signature
//! Version 4 signing process".

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

/// What the signature is scoped to.
pub(crate) struct Scope<'a> {
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
    /// `YYYYMMDDTHHMMSSZ`.
    pub(crate) moment: &'a str,
}

/// Returns the headers that make the request a signed one.
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

    // AWS's published cases sign no content digest, which S3 demands: the
    // expected value was computed with botocore 1.43.106 for this very request.
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
