//! The rules that a signed token can break.

/// The names of all rules, without the claim that a rule is about.
pub(crate) const TOKEN_RULES: [&str; 16] = [
    "missing",
    "malformed",
    "algorithm",
    "unknown_key",
    "signature",
    "type",
    "issuer",
    "audience",
    "expired",
    "not_yet_valid",
    "nonce",
    "subject",
    "missing_subject",
    "events",
    "claim",
    "replayed",
];

/// The rule that a token broke. `Display` is the second half of the error's name in answers and logs: an
/// expired logout token is refused as `logout_token_expired`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenRule {
    /// The token is missing.
    #[error("missing")]
    Missing,
    /// The token cannot be read.
    #[error("malformed")]
    Malformed,
    /// `alg` is `none`, symmetric, or otherwise not allowed (OpenID Connect Core §3.1.3.7, rules 7 and 8).
    #[error("algorithm")]
    Algorithm,
    /// No key has that `kid`, even after the keys were fetched again.
    #[error("unknown_key")]
    UnknownKey,
    /// The signature is wrong.
    #[error("signature")]
    Signature,
    /// `typ` names another kind of token (RFC 8725 §3.11).
    #[error("type")]
    Type,
    /// `iss` is not the expected sender.
    #[error("issuer")]
    Issuer,
    /// `aud` does not name this app.
    #[error("audience")]
    Audience,
    /// `exp` has passed, or is later than the lifetime of this kind of message allows.
    #[error("expired")]
    Expired,
    /// `iat` or `nbf` lies in the future.
    #[error("not_yet_valid")]
    NotYetValid,
    /// `nonce` is missing or belongs to another flow. A logout token must not have a `nonce` (Back-Channel
    /// Logout 1.0 §2.6).
    #[error("nonce")]
    Nonce,
    /// `sub` or `sid` is empty or longer than 255 characters (OpenID Connect Core §2).
    #[error("subject")]
    Subject,
    /// A logout token has neither `sid` nor `sub` (Back-Channel Logout 1.0 §2.6, rule 5).
    #[error("missing_subject")]
    MissingSubject,
    /// `events` does not hold the expected event (RFC 8417 §2.2).
    #[error("events")]
    Events,
    /// This claim is missing or has the wrong type.
    #[error("claim: {0}")]
    Claim(&'static str),
    /// The token's `jti` was used before.
    #[error("replayed")]
    Replayed,
}
