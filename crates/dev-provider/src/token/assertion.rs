//! JWTs as client credentials: `private_key_jwt` (RFC 7523, OpenID Connect Core §9) and Apple's client
//! secret.

use crate::DevProvider;
use crate::client::Client;
use crate::jwt::{Claims, UnverifiedJwt, p256_key, public_key};
use crate::random::fingerprint;
use chrono::{DateTime, TimeDelta};

/// The only `client_assertion_type` (RFC 7523 §2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Longest remaining lifetime of a client assertion.
const ASSERTION_TTL: TimeDelta = TimeDelta::minutes(10);
/// Longest lifetime of Apple's client secret.
const APPLE_SECRET_TTL: TimeDelta = TimeDelta::days(180);
/// How far ahead of this provider's clock a client's clock may be.
const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(1);

/// Why a JWT does not authenticate its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AssertionRefusal {
    #[error("client_assertion_type must be {JWT_BEARER}")]
    UnsupportedType,
    #[error("the assertion is not a signed JWT")]
    Malformed,
    #[error("the kid of the assertion is not the registered key id")]
    WrongKeyId,
    #[error("the registered key does not verify the signature of the assertion")]
    BadSignature,
    #[error("the iss of the assertion is wrong")]
    WrongIssuer,
    #[error("the sub of the assertion is not the client id")]
    WrongSubject,
    #[error("the aud of the assertion is not this provider")]
    WrongAudience,
    #[error("the assertion has no exp, or has expired")]
    Expired,
    #[error("the assertion has no iat, or is not valid yet")]
    NotYetValid,
    #[error("the lifetime of the assertion is too long")]
    LivesTooLong,
    #[error("the assertion has no jti")]
    MissingJti,
    #[error("the assertion was used before")]
    Replayed,
}

impl DevProvider {
    /// Checks the client assertion of `private_key_jwt`. Each `jti` is accepted once.
    pub(super) fn check_assertion(
        &self,
        client: &Client,
        public_key_pem: &str,
        assertion_type: Option<&str>,
        assertion: &str,
    ) -> Result<(), AssertionRefusal> {
        if assertion_type != Some(JWT_BEARER) {
            return Err(AssertionRefusal::UnsupportedType);
        }
        let jwt = UnverifiedJwt::parse(assertion).ok_or(AssertionRefusal::Malformed)?;
        let key = public_key(public_key_pem).ok_or(AssertionRefusal::BadSignature)?;
        let claims = jwt.verify(&[key]).ok_or(AssertionRefusal::BadSignature)?;
        if claims.text("iss") != Some(&client.client_id) {
            return Err(AssertionRefusal::WrongIssuer);
        }
        if claims.text("sub") != Some(&client.client_id) {
            return Err(AssertionRefusal::WrongSubject);
        }
        let token_endpoint = format!("{}/token", self.config().issuer());
        if !claims.is_for(|audience| audience == token_endpoint || self.config().is_own_issuer(audience)) {
            return Err(AssertionRefusal::WrongAudience);
        }
        let now = self.now();
        let exp = self.expiry(&claims)?;
        if exp - now.timestamp() > ASSERTION_TTL.num_seconds() {
            return Err(AssertionRefusal::LivesTooLong);
        }
        let latest = (now + CLOCK_SKEW).timestamp();
        if ["nbf", "iat"].iter().filter_map(|name| claims.seconds(name)).any(|from| from > latest) {
            return Err(AssertionRefusal::NotYetValid);
        }
        let jti = claims.text("jti").ok_or(AssertionRefusal::MissingJti)?;
        let used = fingerprint(&format!("{} {jti}", client.client_id));
        let mut state = self.state();
        if state.used_assertions.get(&used, now).is_some() {
            return Err(AssertionRefusal::Replayed);
        }
        let expires = DateTime::from_timestamp(exp, 0).ok_or(AssertionRefusal::LivesTooLong)?;
        state.used_assertions.insert(used, (), expires, now);
        Ok(())
    }

    /// Checks the JWT that Sign in with Apple expects as `client_secret`.
    pub(super) fn check_apple_secret(
        &self,
        client: &Client,
        (team_id, key_id, public_key_pem): (&str, &str, &str),
        secret: &str,
    ) -> Result<(), AssertionRefusal> {
        let jwt = UnverifiedJwt::parse(secret).ok_or(AssertionRefusal::Malformed)?;
        if jwt.header("kid") != Some(key_id) {
            return Err(AssertionRefusal::WrongKeyId);
        }
        let key = p256_key(public_key_pem).ok_or(AssertionRefusal::BadSignature)?;
        let claims = jwt.verify(&[key]).ok_or(AssertionRefusal::BadSignature)?;
        if claims.text("iss") != Some(team_id) {
            return Err(AssertionRefusal::WrongIssuer);
        }
        if claims.text("sub") != Some(&client.client_id) {
            return Err(AssertionRefusal::WrongSubject);
        }
        if !claims.is_for(|audience| audience == self.config().issuer()) {
            return Err(AssertionRefusal::WrongAudience);
        }
        let exp = self.expiry(&claims)?;
        let latest = (self.now() + CLOCK_SKEW).timestamp();
        let iat = claims.seconds("iat").filter(|iat| *iat <= latest).ok_or(AssertionRefusal::NotYetValid)?;
        if exp.saturating_sub(iat) > APPLE_SECRET_TTL.num_seconds() {
            return Err(AssertionRefusal::LivesTooLong);
        }
        Ok(())
    }

    /// Returns `exp` if it is in the future.
    fn expiry(&self, claims: &Claims) -> Result<i64, AssertionRefusal> {
        let now = self.now().timestamp();
        claims.seconds("exp").filter(|exp| *exp > now).ok_or(AssertionRefusal::Expired)
    }
}
