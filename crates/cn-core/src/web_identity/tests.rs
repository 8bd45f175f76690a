//! Tokens from a simulated KMS, checked by a simulated STS that verifies every part.

use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_ASN1_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents, UnparsedPublicKey,
};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::claims::LIFETIME;
use super::issuer::JWKS_PATH;
use super::jwk::{PublicKey, WRONG_KIND};
use super::source::SourceSpelling;
use super::source::key_id_of;
use super::verify::{Problem, Served, of_discovery, of_key_set};
use super::*;

const NOW_S: i64 = 1_795_305_600;
const KEY_ARN: &str = "arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d-1111-4222-8333-444455556666";
const ISSUER: &str = "https://issuer.example.com/china";
const ROLE: &str = "arn:aws-cn:iam::444455556666:role/deploy";

/// A simulated KMS at home and a simulated STS in China.
#[derive(Clone, Debug)]
struct Services {
    key: Arc<Pair>,
    /// The key set that STS has fetched.
    keys: Value,
    now_s: i64,
    /// Number of exchanges that fail because STS does not reach the issuer.
    failures: Arc<std::sync::Mutex<u32>>,
}

#[derive(Debug)]
enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
}

fn ec_key(algorithm: &'static EcdsaSigningAlgorithm) -> EcdsaKeyPair {
    EcdsaKeyPair::generate(algorithm).unwrap()
}

impl Services {
    fn new() -> Self {
        Self::with(Pair::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()))
    }

    fn with(key: Pair) -> Self {
        let mut services = Self {
            key: Arc::new(key),
            keys: Value::Null,
            now_s: NOW_S,
            failures: Arc::default(),
        };
        let jwk = services.jwk();
        let [_, set] = ISSUER.parse::<IssuerUrl>().unwrap().files(&[jwk]);
        services.keys = serde_json::from_str(&set.text).unwrap();
        services
    }

    fn der(&self) -> Vec<u8> {
        let der: PublicKeyX509Der<'_> = match &*self.key {
            Pair::Rsa(key) => key.public_key().as_der(),
            Pair::Ec(key) => key.public_key().as_der(),
        }
        .unwrap();
        der.as_ref().to_vec()
    }

    fn jwk(&self) -> Jwk {
        Jwk::of_der(key_id_of(KEY_ARN), &self.der()).unwrap()
    }

    fn config(&self, region: &str) -> SdkConfig {
        let connector = SharedHttpConnector::new(self.clone());
        let home = Credentials::new("HOMEKEY", "home", None, None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(aws_types::region::Region::new(region.to_owned()))
            .credentials_provider(SharedCredentialsProvider::new(home))
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .build()
    }

    fn kms(&self) -> aws_sdk_kms::Client {
        aws_sdk_kms::Client::new(&self.config("us-east-1"))
    }

    /// Returns an STS client like that of a session: without credentials.
    fn sts(&self) -> aws_sdk_sts::Client {
        let mut config = self.config("cn-north-1").into_builder();
        config.set_credentials_provider(None);
        aws_sdk_sts::Client::new(&config.build())
    }

    fn kms_answer(&self, target: &str, input: &Value) -> String {
        if target == "TrentService.GetPublicKey" {
            return json!({
                "KeyId": KEY_ARN, "PublicKey": BASE64_STANDARD.encode(self.der()),
            })
            .to_string();
        }
        assert_eq!(target, "TrentService.Sign");
        let algorithm = match &*self.key {
            Pair::Rsa(_) => "RSASSA_PKCS1_V1_5_SHA_256",
            Pair::Ec(_) => "ECDSA_SHA_256",
        };
        assert_eq!(input["SigningAlgorithm"], algorithm);
        let message = input["Message"].as_str().unwrap();
        let message = BASE64_STANDARD.decode(message).unwrap();
        let signature = self.signature(&message);
        json!({"KeyId": KEY_ARN, "Signature": BASE64_STANDARD.encode(signature)}).to_string()
    }

    fn signature(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &*self.key {
            Pair::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .unwrap();
                signature
            }
            Pair::Ec(key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
        }
    }

    /// Checks a token in the order and with the messages of STS, where documented.
    fn judge(&self, token: &str) -> Result<(), (&'static str, String)> {
        let invalid = |text: &str| Err(("InvalidIdentityToken", text.to_owned()));
        let mut failures = self.failures.lock().unwrap();
        if *failures > 0 {
            *failures -= 1;
            return invalid("Couldn't retrieve verification key from your identity provider");
        }
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (header, claims) = signed.split_once('.').unwrap();
        let read = |part: &str| -> Value {
            serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
        };
        let (header, claims) = (read(header), read(claims));
        let keys = self.keys["keys"].as_array().unwrap();
        let Some(key) = keys.iter().find(|key| key["kid"] == header["kid"]) else {
            return invalid("No key of the provider has the token's kid");
        };
        let number = |name: &str| {
            BASE64_URL_SAFE_NO_PAD
                .decode(key[name].as_str().unwrap())
                .unwrap()
        };
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
        let signed = signed.as_bytes();
        let is_signed = match header["alg"].as_str() {
            Some("RS256") if key["kty"] == "RSA" => {
                let (n, e) = (number("n"), number("e"));
                let key = RsaPublicKeyComponents { n, e };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, signed, &signature)
                    .is_ok()
            }
            Some("ES256") if key["crv"] == "P-256" => {
                let point = [vec![4], number("x"), number("y")].concat();
                let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
                key.verify(signed, &signature).is_ok()
            }
            _ => false,
        };
        if !is_signed {
            return invalid("The token's signature is invalid");
        }
        if claims["exp"].as_i64().unwrap() + 300 < self.now_s {
            return Err(("ExpiredTokenException", "Token expired".to_owned()));
        }
        if claims["iss"] != ISSUER {
            return invalid("No OpenIDConnect provider found in your account for the issuer");
        }
        if claims["aud"] != "sts.amazonaws.com.cn" {
            return invalid("Incorrect token audience");
        }
        if claims["sub"] != "cn:prod" {
            return Err((
                "AccessDenied",
                "Not authorized to perform sts:AssumeRoleWithWebIdentity: the token's sub"
                    .to_owned(),
            ));
        }
        Ok(())
    }

    fn sts_answer(&self, body: &str) -> (u16, String) {
        let mut fields = body.split('&').filter_map(|pair| pair.split_once('='));
        let token = fields.find(|(name, _)| *name == "WebIdentityToken");
        match self.judge(&cn_testkit::decoded(token.unwrap().1)) {
            Ok(()) => (
                200,
                "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>\
                 <AccessKeyId>ASIASESSION</AccessKeyId><SecretAccessKey>session-secret</SecretAccessKey>\
                 <SessionToken>session-token</SessionToken><Expiration>2026-11-22T01:00:00Z</Expiration>\
                 </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
                    .to_owned(),
            ),
            Err((code, message)) => (
                400,
                format!(
                    "<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
                ),
            ),
        }
    }
}

impl HttpConnector for Services {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap_or_default();
        let (status, answer) = if let Some(target) = request.headers().get("x-amz-target") {
            let input = serde_json::from_slice(body).unwrap();
            (200, self.kms_answer(target, &input))
        } else {
            assert!(
                request.headers().get("authorization").is_none(),
                "the exchange is signed"
            );
            self.sts_answer(std::str::from_utf8(body).unwrap())
        };
        HttpConnectorFuture::ready(Ok(HttpResponse::new(
            status.try_into().unwrap(),
            SdkBody::from(answer),
        )))
    }
}

fn identity(change: impl FnOnce(&mut KmsToken)) -> WebIdentity {
    let mut token = KmsToken {
        key: "alias/cn-issuer".to_owned(),
        algorithm: Algorithm::Rs256,
        issuer: ISSUER.parse().unwrap(),
        audience: "sts.amazonaws.com.cn".to_owned(),
        subject: "cn:prod".to_owned(),
    };
    change(&mut token);
    WebIdentity {
        role: ROLE.parse().unwrap(),
        source: TokenSource::Kms(token),
        session_name: "cn-build".to_owned(),
    }
}

async fn exchange(services: &Services, identity: &WebIdentity) -> Result<String, String> {
    let kms = services.kms();
    let token = identity.source.token(Some(&kms), NOW_S, "once").await;
    let session = assume(&services.sts(), identity, &token.unwrap()).await;
    session
        .map(|session| session.access_key_id().to_owned())
        .map_err(|error| error.source.to_string())
}

#[tokio::test(start_paused = true)]
async fn a_token_that_kms_signs_is_exchanged_for_a_session() {
    let services = Services::new();
    for key in ["alias/cn-issuer", KEY_ARN, key_id_of(KEY_ARN)] {
        let identity = identity(|token| key.clone_into(&mut token.key));
        assert_eq!(exchange(&services, &identity).await.unwrap(), "ASIASESSION");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_an_elliptic_key_signs_is_exchanged_for_a_session() {
    let services = Services::with(Pair::Ec(ec_key(&ECDSA_P256_SHA256_ASN1_SIGNING)));
    let [discovery, _] = ISSUER
        .parse::<IssuerUrl>()
        .unwrap()
        .files(&[services.jwk()]);
    assert!(discovery.text.contains("\"ES256\""), "{}", discovery.text);
    // Numbers of a signature are sometimes shorter, and sometimes have a leading zero.
    for _ in 0..64 {
        let identity = identity(|token| {
            token.algorithm = Algorithm::Es256;
            key_id_of(KEY_ARN).clone_into(&mut token.key);
        });
        assert_eq!(exchange(&services, &identity).await.unwrap(), "ASIASESSION");
    }
    let set = served("set", &services.keys.to_string());
    assert_eq!(of_key_set(&[services.jwk()], &set), []);
    let other = Services::with(Pair::Ec(ec_key(&ECDSA_P256_SHA256_ASN1_SIGNING)));
    assert!(matches!(
        &of_key_set(&[other.jwk()], &set)[..],
        [Problem::Other { .. }]
    ));
}

#[tokio::test(start_paused = true)]
async fn sts_says_which_part_of_a_token_is_wrong() {
    let mut services = Services::new();
    let refused = async |services: &Services, change: fn(&mut KmsToken)| {
        exchange(services, &identity(change)).await.unwrap_err()
    };
    let wrong = refused(&services, |token| token.audience = "other".to_owned()).await;
    assert!(wrong.contains("audience"), "{wrong}");
    let wrong = refused(&services, |token| token.subject = "cn:dev".to_owned()).await;
    assert!(wrong.contains("token's sub"), "{wrong}");
    let other = |token: &mut KmsToken| token.issuer = "https://other.example.com".parse().unwrap();
    let wrong = refused(&services, other).await;
    assert!(wrong.contains("provider found"), "{wrong}");
    services.now_s = NOW_S + 900;
    let wrong = refused(&services, |_| ()).await;
    assert!(wrong.contains("expired"), "{wrong}");
    services.now_s = NOW_S;
    let published = services.keys.clone();
    services.keys["keys"][0]["kid"] = json!("another");
    let wrong = refused(&services, |_| ()).await;
    assert!(wrong.contains("kid"), "{wrong}");
    services.keys = published;
    services.key = Services::new().key;
    let wrong = refused(&services, |_| ()).await;
    assert!(wrong.contains("signature"), "{wrong}");
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_is_not_reached_for_a_moment_is_tried_again() {
    let services = Services::new();
    *services.failures.lock().unwrap() = 3;
    assert!(exchange(&services, &identity(|_| ())).await.is_ok());
    *services.failures.lock().unwrap() = 50;
    assert!(exchange(&services, &identity(|_| ())).await.is_err());
}

#[tokio::test]
async fn tokens_come_from_files_and_commands() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = camino::Utf8Path::from_path(scratch.path()).unwrap();
    let path = folder.join("token");
    fs_err::write(&path, "a.b.c\n").unwrap();
    let read = async |source: TokenSource| {
        let token = source.token(None, NOW_S, "once").await;
        token.map(|token| token.expose_secret().to_owned())
    };
    assert_eq!(
        read(TokenSource::File(path.clone())).await.unwrap(),
        "a.b.c"
    );
    let command = |text: &str| match text.parse().unwrap() {
        SourceSpelling::Command(words) => TokenSource::Command(words),
        other => panic!("{other:?}"),
    };
    let cat = command(&format!("command:cat {path}"));
    assert_eq!(read(cat).await.unwrap(), "a.b.c");
    let failed = read(command("command:ls /no/such/folder"))
        .await
        .unwrap_err();
    assert!(failed.to_string().contains("`ls`"), "{failed}");
    let missing = read(command("command:no-such-program")).await.unwrap_err();
    assert!(missing.to_string().contains("no-such-program"), "{missing}");
    fs_err::write(&path, "not a token").unwrap();
    let shapeless = read(TokenSource::File(path)).await.unwrap_err();
    assert!(
        !shapeless.to_string().contains("not a token"),
        "{shapeless}"
    );
    for (text, expected) in [
        ("kms:ES256:alias/x", ("alias/x", Algorithm::Es256)),
        ("kms:RS256:x", ("x", Algorithm::Rs256)),
        ("kms:arn:aws:kms:x", ("arn:aws:kms:x", Algorithm::Rs256)),
    ] {
        let (key, algorithm) = (expected.0.to_owned(), expected.1);
        assert_eq!(text.parse(), Ok(SourceSpelling::Kms { key, algorithm }));
    }
    for text in ["kms", "kms:", "kms:ES256:", "other:x", ""] {
        assert!(text.parse::<SourceSpelling>().is_err(), "{text}");
    }
}

fn served(url: &str, body: &str) -> Served {
    Served {
        url: url.to_owned(),
        status: 200,
        content_type: "application/json; charset=utf-8".to_owned(),
        cache_control: "max-age=300".to_owned(),
        date: "Sun, 22 Nov 2026 00:00:30 GMT".to_owned(),
        body: body.as_bytes().to_vec(),
    }
}

#[tokio::test]
async fn the_files_of_an_issuer_are_judged_as_sts_would() {
    let services = Services::new();
    let issuer: IssuerUrl = ISSUER.parse().unwrap();
    let key = Jwk::of_kms(&services.kms(), "alias/cn-issuer")
        .await
        .unwrap();
    let [discovery, set] = issuer.files(std::slice::from_ref(&key));
    let discovery = served("discovery", &discovery.text);
    let set = served("set", &set.text);
    let signers = [key.clone()];
    assert_eq!(
        of_discovery(&issuer, &discovery, NOW_S),
        (Vec::new(), Some(format!("{ISSUER}/{JWKS_PATH}")))
    );
    assert_eq!(of_key_set(&signers, &set), []);

    let (problems, _) = of_discovery(&"https://x.example.com".parse().unwrap(), &discovery, NOW_S);
    assert!(
        matches!(&problems[..], [Problem::Issuer { .. }]),
        "{problems:?}"
    );
    let (problems, _) = of_discovery(&issuer, &discovery, NOW_S + 400);
    assert!(
        matches!(&problems[..], [Problem::Clock { seconds: 370 }]),
        "{problems:?}"
    );
    let text = Served {
        content_type: "binary/octet-stream".to_owned(),
        cache_control: "public, max-age=604800".to_owned(),
        ..set.clone()
    };
    let problems = of_key_set(&signers, &text);
    assert!(
        matches!(
            &problems[..],
            [Problem::ContentType { .. }, Problem::Cache { .. }]
        ),
        "{problems:?}"
    );
    let missing = Served {
        status: 403,
        ..set.clone()
    };
    assert!(matches!(
        &of_key_set(&[], &missing)[..],
        [Problem::Status { status: 403, .. }]
    ));
    let other = Jwk {
        key_id: "other".to_owned(),
        ..key.clone()
    };
    assert!(matches!(
        &of_key_set(&[other], &set)[..],
        [Problem::Missing { .. }]
    ));
    let replaced = Jwk {
        public: PublicKey::Rsa {
            modulus: "AQAB".to_owned(),
            exponent: "AQAB".to_owned(),
        },
        ..key
    };
    assert!(matches!(
        &of_key_set(&[replaced], &set)[..],
        [Problem::Other { .. }]
    ));
    for (url, count) in [
        ("https://issuer.example.com", 0),
        ("https://issuer.example.com:8443/x", 1),
        ("http://127.0.0.1:99", 2),
        ("https://localhost", 1),
    ] {
        let url: IssuerUrl = url.parse().unwrap();
        assert_eq!(url.problems().len(), count, "{url}");
    }
    assert!("issuer.example.com".parse::<IssuerUrl>().is_err());
}

#[test]
fn only_a_key_that_sts_supports_is_published() {
    assert_eq!(Jwk::of_der("x", b"nonsense"), Err(WRONG_KIND));
    let other = ec_key(&ECDSA_P384_SHA384_ASN1_SIGNING);
    let der: PublicKeyX509Der<'_> = other.public_key().as_der().unwrap();
    assert_eq!(Jwk::of_der("x", der.as_ref()), Err(WRONG_KIND));
    assert!(LIFETIME <= Duration::from_mins(5));
}
