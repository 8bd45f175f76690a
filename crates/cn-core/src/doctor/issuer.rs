//! The check of the web identity tokens' source, and of the issuer's files.

use super::check::Findings;
use super::fault::Fault;
use super::request::Request;
use crate::session::Session;
use crate::web_identity::{Jwk, KmsToken, TokenSource, WebIdentity};

pub(super) async fn examine(
    request: &Request,
    session: &Session,
    identity: &WebIdentity,
) -> Findings {
    let mut findings = Findings::default();
    findings.fact("role", &identity.role);
    findings.fact("token", &identity.source);
    match &identity.source {
        TokenSource::Kms(token) => of_kms(request, session, token, &mut findings).await,
        TokenSource::File(_) | TokenSource::Command(_) => {
            // The next check verifies the token with STS.
            let token = identity
                .source
                .token(None, request.now.0 / 1000, "doctor")
                .await;
            findings.take(token.map_err(Fault::from));
        }
    }
    findings
}

async fn of_kms(request: &Request, session: &Session, token: &KmsToken, findings: &mut Findings) {
    findings.fact("issuer", &token.issuer);
    findings.fact("audience", &token.audience);
    findings.fact("subject", &token.subject);
    let Some(home) = findings.take(session.home().await.map_err(Fault::from)) else {
        return;
    };
    let signed = TokenSource::Kms(token.clone());
    let signed = signed
        .token(Some(home.kms()), request.now.0 / 1000, "doctor")
        .await;
    if findings.take(signed.map_err(Fault::from)).is_none() {
        return;
    }
    let key = Jwk::of_kms(home.kms(), &token.key).await;
    let key = key.map_err(|source| Fault::SigningKey {
        key: token.key.clone(),
        source,
    });
    let signers: Vec<_> = findings.take(key).into_iter().collect();
    let problems = token.issuer.verify(&signers, request.now.0 / 1000).await;
    for problem in findings
        .take(problems.map_err(Fault::from))
        .unwrap_or_default()
    {
        findings.fault(Fault::Problem(problem));
    }
}
