//! The rules for an ID token (OpenID Connect Core §3.1.3.7), each with its name.

use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::{
    AdditionalClaims, ClaimsVerificationError, ClientId, IdToken, IdTokenClaims, IdTokenVerifier, IssuerUrl,
    Nonce, SignatureVerificationError,
    core::{CoreGenderClaim, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm},
};
use serde::{Deserialize, Serialize};

/// How far the provider's clock may be off.
const SKEW: TimeDelta = TimeDelta::seconds(30);

/// Asymmetric algorithms only: with one of these, knowing the public key does not let anybody sign.
pub(crate) const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Claims beyond the standard set.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct SidClaim {
    /// The provider's session (Back-Channel Logout 1.0 §2.1).
    pub sid: Option<String>,
}
impl AdditionalClaims for SidClaim {}

pub(super) type OidcIdToken =
    IdToken<SidClaim, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
pub(super) type OidcClaims = IdTokenClaims<SidClaim, CoreGenderClaim>;

/// The rule an ID token broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenError {
    /// There is none.
    #[error("id_token_missing")]
    Missing,
    /// It cannot be read.
    #[error("id_token_malformed")]
    Malformed,
    /// `iss` is not the provider (rule 2).
    #[error("id_token_issuer")]
    Issuer,
    /// `aud` does not name us, or names others too (rule 3), or `azp` is another client (rules 4, 5).
    #[error("id_token_audience")]
    Audience,
    /// No key of that `kid`, even after fetching the keys again (rule 6).
    #[error("id_token_unknown_key")]
    UnknownKey,
    /// The signature is wrong (rule 6).
    #[error("id_token_signature")]
    Signature,
    /// `alg` is `none`, symmetric, or otherwise not allowed (rules 7, 8).
    #[error("id_token_algorithm")]
    Algorithm,
    /// `exp` has passed (rule 9).
    #[error("id_token_expired")]
    Expired,
    /// `iat` lies in the future (rule 10).
    #[error("id_token_not_yet_valid")]
    NotYetValid,
    /// `nonce` is missing or another flow's (rule 11).
    #[error("id_token_nonce")]
    Nonce,
    /// `sub` is empty, or longer than 255 characters (OpenID Connect Core §2).
    #[error("id_token_subject")]
    Subject,
    /// Any other rule.
    #[error("id_token_claims")]
    Claims,
}

/// Longest `sub` there may be, characters (OpenID Connect Core §2); a `sid` has no business to be longer either.
const MAX_SUBJECT: usize = 255;

/// Whether a `sub` or `sid` has a length that the specification allows.
#[must_use]
pub fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.len() <= 4 * MAX_SUBJECT && text.chars().count() <= MAX_SUBJECT
}

/// Checks an ID token against every rule. `nonce` is `None` for one that came with a refresh, which need
/// not carry one (OpenID Connect Core §12.2).
///
/// # Errors
/// The first rule it breaks.
pub(super) fn verify(
    token: &OidcIdToken,
    client_id: &str,
    issuer: &IssuerUrl,
    jwks: &CoreJsonWebKeySet,
    nonce: Option<&str>,
    now: DateTime<Utc>,
) -> Result<OidcClaims, IdTokenError> {
    let verifier =
        IdTokenVerifier::new_public_client(ClientId::new(client_id.into()), issuer.clone(), jwks.clone())
            .set_allowed_algs(ALGORITHMS)
            .set_time_fn(move || now - SKEW)
            .set_issue_time_verifier_fn(move |issued_at| {
                if issued_at > now + SKEW { Err(NOT_YET_VALID.to_owned()) } else { Ok(()) }
            });
    let expected = |found: Option<&Nonce>| match nonce {
        Some(nonce) if found.is_none_or(|found| found.secret() != nonce) => Err("another nonce".to_owned()),
        _ => Ok(()),
    };
    let claims = token.clone().into_claims(&verifier, expected).map_err(|error| name(&error))?;
    // The library leaves `azp` (rules 4 and 5) to us.
    if claims.authorized_party().is_some_and(|party| party.as_str() != client_id) {
        return Err(IdTokenError::Audience);
    }
    let sid = claims.additional_claims().sid.as_deref();
    if !is_identifier(claims.subject().as_str()) || sid.is_some_and(|sid| !is_identifier(sid)) {
        return Err(IdTokenError::Subject);
    }
    Ok(claims)
}

/// How the verifier reports our own rule about `iat`.
const NOT_YET_VALID: &str = "issued in the future";

fn name(error: &ClaimsVerificationError) -> IdTokenError {
    use ClaimsVerificationError as E;
    use SignatureVerificationError as S;
    match error {
        E::Expired(text) if text == NOT_YET_VALID => IdTokenError::NotYetValid,
        E::Expired(_) => IdTokenError::Expired,
        E::InvalidAudience(_) => IdTokenError::Audience,
        E::InvalidIssuer(_) => IdTokenError::Issuer,
        E::InvalidNonce(_) => IdTokenError::Nonce,
        E::SignatureVerification(S::NoMatchingKey | S::AmbiguousKeyId(_)) => IdTokenError::UnknownKey,
        E::SignatureVerification(S::DisallowedAlg(_) | S::NoSignature | S::UnsupportedAlg(_)) => {
            IdTokenError::Algorithm
        }
        E::SignatureVerification(_) => IdTokenError::Signature,
        _ => IdTokenError::Claims,
    }
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
