//! Signed messages, server to server: a logout token, a browser event, a question about a session.
//!
//! Each message is a form with one field, which contains a signed token. All kinds are checked by the same
//! rules, and `typ` keeps one kind from passing as another (RFC 8725 §3.11).

use crate::{
    clock::Clock,
    jws::{Claims, Jws, OWN_TOLERANCE, TokenRule, Validity},
    provider::{KeyCache, KeyRequester, Unavailable},
    store::StoreError,
};
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::CoreJsonWebKeySet;
use serde::Deserialize;
use serde_json::Value;
use std::ops::Deref;

/// A kind of signed message.
pub trait SignedMessage {
    /// The name of the message. The names of its refusals begin with this name.
    const NAME: &'static str;
    /// The form field that holds the token.
    const FIELD: &'static str;
    /// The `typ` header.
    const TYPE: &'static str;
    /// The member of `events` (RFC 8417 §2.2). `None` for a message that reports no event.
    const EVENT: Option<&'static str>;
    /// How long a message is valid.
    const LIFETIME: TimeDelta;
}

/// Reads the part of a message that only its kind has.
pub(crate) trait ReadMessage: SignedMessage + Sized {
    /// Reads the claims of a message whose signature, sender, receiver and times are checked.
    fn read(claims: &Claims, from: Sender, validity: Validity, now: DateTime<Utc>)
    -> Result<Self, TokenRule>;
}

/// The sender of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The identity app, which writes every claim that this crate knows.
    Identity,
    /// An OpenID Provider, which may leave out claims that the specification only recommends.
    Provider,
}

/// What a message must say about its sender and its receiver.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// `iss`, compared exactly.
    pub issuer: &'a str,
    /// This app's client id at the sender.
    pub audience: &'a str,
    /// The kind of sender.
    pub from: Sender,
    /// How far the sender's clock may be off.
    pub tolerance: TimeDelta,
}

impl<'a> Expected<'a> {
    /// Expects a message from identity, whose clock may be off by [`OWN_TOLERANCE`].
    pub(crate) fn from_identity(issuer: &'a str, audience: &'a str) -> Self {
        Self { issuer, audience, from: Sender::Identity, tolerance: OWN_TOLERANCE }
    }
}

/// A message that broke no rule so far. Only a store can tell whether its `jti` was used before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<M> {
    /// What the message says.
    pub message: M,
    /// The message's id.
    pub jti: String,
    /// Until when the store must remember the id.
    pub expires_at: DateTime<Utc>,
}

impl<M> Deref for Verified<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.message
    }
}

/// Why a message was refused.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// The message broke a rule: 400, and nothing changed. The name reads `logout_token_expired`.
    #[error("{message}_{rule}")]
    Rule {
        /// [`SignedMessage::NAME`].
        message: &'static str,
        /// The rule.
        rule: TokenRule,
    },
    /// The sender's keys could not be fetched: 503, so that the sender retries.
    #[error(transparent)]
    Keys(#[from] Unavailable),
    /// The store did not answer: 503, so that the sender retries.
    #[error("session_unavailable")]
    Store(#[from] StoreError),
}

/// Returns the error for a message that broke a rule.
pub(crate) fn rule_error<M: SignedMessage>(rule: TokenRule) -> MessageError {
    MessageError::Rule { message: M::NAME, rule }
}

/// Checks a message with the sender's keys. If the message names an unknown key, the keys are fetched again.
///
/// # Errors
/// [`MessageError::Rule`] or [`MessageError::Keys`].
pub(crate) async fn receive<M: ReadMessage>(
    token: &str,
    expected: Expected<'_>,
    keys: &KeyCache,
    clock: &Clock,
) -> Result<Verified<M>, MessageError> {
    let check = |jwks: &CoreJsonWebKeySet| verify(token, expected, jwks, clock.now());
    keys.check(KeyRequester::Untrusted, check).await?.map_err(rule_error::<M>)
}

/// The one claim that is read before the signature is checked.
#[derive(Deserialize)]
struct IssuerClaim {
    iss: String,
}

/// Reads the `iss` of a token before the signature is checked. Use the issuer only to choose the keys for the
/// check.
///
/// # Errors
/// [`TokenRule::Malformed`].
pub(crate) fn claimed_issuer(token: &str) -> Result<String, TokenRule> {
    Ok(Jws::parse(token)?.unverified::<IssuerClaim>()?.iss)
}

/// Checks a message against every rule except replay.
///
/// # Errors
/// The first rule that the message breaks.
pub(crate) fn verify<M: ReadMessage>(
    token: &str,
    expected: Expected<'_>,
    jwks: &CoreJsonWebKeySet,
    now: DateTime<Utc>,
) -> Result<Verified<M>, TokenRule> {
    let jws = Jws::parse(token)?;
    match jws.header.typ.as_deref() {
        Some(typ) if typ.eq_ignore_ascii_case(M::TYPE) => {}
        // Back-Channel Logout 1.0 §2.4 only recommends a `typ`.
        None | Some("JWT") if expected.from == Sender::Provider => {}
        _ => return Err(TokenRule::Type),
    }
    let claims = Claims(jws.verified(jwks)?);
    if claims.text("iss")?.ok_or(TokenRule::Claim("iss"))? != expected.issuer {
        return Err(TokenRule::Issuer);
    }
    if !claims.audience()?.contains(&expected.audience) {
        return Err(TokenRule::Audience);
    }
    let validity = claims.validity(expected.tolerance, now)?;
    let Validity { issued_at, expires_at } = validity;
    if expected.from == Sender::Identity && expires_at - issued_at > M::LIFETIME + expected.tolerance {
        return Err(TokenRule::Expired);
    }
    if claims.0.contains_key("nonce") {
        return Err(TokenRule::Nonce);
    }
    if let Some(event) = M::EVENT {
        let events = claims.0.get("events").and_then(Value::as_object);
        if !events.and_then(|events| events.get(event)).is_some_and(Value::is_object) {
            return Err(TokenRule::Events);
        }
    }
    let message = M::read(&claims, expected.from, validity, now)?;
    let jti = claims.identifier("jti")?.ok_or(TokenRule::Claim("jti"))?;
    Ok(Verified { message, jti, expires_at })
}
