//! A signed token in compact form (RFC 7515 §7.1), read step by step so that each refusal has its name.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::{
    JsonWebKey, JsonWebKeyUse,
    core::{CoreJsonWebKey, CoreJsonWebKeySet, CoreJsonWebKeyUse, CoreJwsSigningAlgorithm},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

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

/// Why a token is not what its sender signed. The kinds of tokens have names of their own for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JwsError {
    /// It cannot be read.
    Malformed,
    /// `alg` is `none`, symmetric, or otherwise not allowed.
    Algorithm,
    /// No key of that `kid`.
    UnknownKey,
    /// The signature is wrong.
    Signature,
    /// It is issued in the future.
    NotYetValid,
    /// Its time has passed.
    Expired,
}

/// The header members that matter here (RFC 7515 §4.1).
#[derive(Deserialize)]
pub(crate) struct Header {
    alg: String,
    kid: Option<String>,
    pub(crate) typ: Option<String>,
    /// Extensions that must be understood; we understand none.
    crit: Option<Value>,
}

/// A token in its three parts, nothing of it believed yet.
pub(crate) struct Jws<'a> {
    pub(crate) header: Header,
    signed: &'a str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// [`JwsError::Malformed`].
    pub(crate) fn parse(text: &'a str) -> Result<Self, JwsError> {
        let (signed, signature) = text.rsplit_once('.').ok_or(JwsError::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(JwsError::Malformed)?;
        Ok(Self {
            header: json(&decode(header)?)?,
            signed,
            payload: decode(payload)?,
            signature: decode(signature)?,
        })
    }

    /// What the payload claims, before anybody looked at the signature: good for finding out whose keys to
    /// look at, and for nothing else.
    pub(crate) fn unverified<T: DeserializeOwned>(&self) -> Result<T, JwsError> {
        json(&self.payload)
    }

    /// The payload, once one of these keys is found to have signed it.
    ///
    /// # Errors
    /// [`JwsError::Algorithm`], [`JwsError::UnknownKey`], [`JwsError::Signature`],
    /// [`JwsError::Malformed`].
    pub(crate) fn verified<T: DeserializeOwned>(&self, jwks: &CoreJsonWebKeySet) -> Result<T, JwsError> {
        if self.header.crit.is_some() {
            return Err(JwsError::Malformed);
        }
        let algorithm: CoreJwsSigningAlgorithm =
            serde_json::from_value(self.header.alg.clone().into()).map_err(|_| JwsError::Algorithm)?;
        if !ALGORITHMS.contains(&algorithm) {
            return Err(JwsError::Algorithm);
        }
        self.key(jwks)?
            .verify_signature(&algorithm, self.signed.as_bytes(), &self.signature)
            .map_err(|_| JwsError::Signature)?;
        json(&self.payload)
    }

    /// The key that the header names; without a name, the only one there is.
    fn key<'k>(&self, jwks: &'k CoreJsonWebKeySet) -> Result<&'k CoreJsonWebKey, JwsError> {
        let signs = |key: &&CoreJsonWebKey| key.key_use().is_none_or(CoreJsonWebKeyUse::allows_signature);
        let mut candidates = jwks.keys().iter().filter(signs).filter(|key| match &self.header.kid {
            Some(kid) => key.key_id().is_some_and(|known| known.as_str() == kid),
            None => true,
        });
        match (candidates.next(), candidates.next()) {
            (Some(key), None) => Ok(key),
            _ => Err(JwsError::UnknownKey),
        }
    }
}

/// A claim is missing or has the wrong type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InvalidClaim(pub(crate) &'static str);

/// The claims of a token from elsewhere, read one by one, so that a wrong type is refused by the claim's name.
pub(crate) struct Claims(pub(crate) Map<String, Value>);

impl Claims {
    /// A text; `None` where there is none.
    pub(crate) fn text(&self, name: &'static str) -> Result<Option<&str>, InvalidClaim> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(InvalidClaim(name)),
        }
    }

    /// A `sub`, `sid` or `jti`; `None` where there is none.
    pub(crate) fn identifier(&self, name: &'static str) -> Result<Option<String>, InvalidClaim> {
        match self.text(name)? {
            Some(text) if !is_identifier(text) => Err(InvalidClaim(name)),
            text => Ok(text.map(str::to_owned)),
        }
    }

    /// A time, seconds since 1970, perhaps with a fraction (RFC 7519 §2, `NumericDate`).
    pub(crate) fn time(&self, name: &'static str) -> Result<Option<DateTime<Utc>>, InvalidClaim> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => instant(value).map(Some).ok_or(InvalidClaim(name)),
        }
    }

    /// `iat`, `exp` and `nbf`, judged together (RFC 7519 §4.1.4 to §4.1.6).
    ///
    /// # Errors
    /// The claim that is missing or has the wrong type, or as [`Validity::check`].
    pub(crate) fn validity<E: From<InvalidClaim> + From<JwsError>>(
        &self,
        tolerance: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<Validity, E> {
        let issued_at = self.time("iat")?.ok_or(InvalidClaim("iat"))?;
        let expires_at = self.time("exp")?.ok_or(InvalidClaim("exp"))?;
        if self.time("nbf")?.is_some_and(|not_before| not_before > now + tolerance) {
            return Err(JwsError::NotYetValid.into());
        }
        Ok(Validity::within(tolerance, issued_at, expires_at, now)?)
    }

    /// A list of texts; `None` where there is none.
    pub(crate) fn texts(&self, name: &'static str) -> Result<Option<Vec<&str>>, InvalidClaim> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Array(list)) => {
                list.iter().map(Value::as_str).collect::<Option<_>>().map(Some).ok_or(InvalidClaim(name))
            }
            Some(_) => Err(InvalidClaim(name)),
        }
    }

    /// `aud`: a text, or a list of them (RFC 7519 §4.1.3).
    pub(crate) fn audience(&self) -> Result<Vec<&str>, InvalidClaim> {
        match self.0.get("aud") {
            Some(Value::String(one)) => Ok(vec![one]),
            _ => self.texts("aud")?.ok_or(InvalidClaim("aud")),
        }
    }
}

/// Longest `sub` there may be, characters (OpenID Connect Core §2); a `sid` or `jti` has no business to be
/// longer either.
const MAX_SUBJECT: usize = 255;

/// Whether a `sub`, `sid` or `jti` has a length that the specification allows.
#[must_use]
pub fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.len() <= 4 * MAX_SUBJECT && text.chars().count() <= MAX_SUBJECT
}

fn instant(value: &Value) -> Option<DateTime<Utc>> {
    if let Some(seconds) = value.as_i64() {
        return DateTime::from_timestamp(seconds, 0);
    }
    let milliseconds = (value.as_f64()? * 1000.0).floor();
    #[expect(clippy::cast_possible_truncation, reason = "it is in range, and has no fraction")]
    let whole = (milliseconds.abs() < 1e15).then_some(milliseconds as i64)?;
    DateTime::from_timestamp_millis(whole)
}

/// How far the clocks of our own apps may be apart.
pub(crate) const OWN_TOLERANCE: TimeDelta = TimeDelta::seconds(30);

/// When a token was issued (`iat`), and until when it has to be remembered: its `exp`, and the time by which a
/// clock may be off (RFC 7519 §4.1.4, §4.1.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Validity {
    pub(crate) issued_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
}

impl Validity {
    /// Reads both times of a message between our own apps, whole seconds since 1970.
    ///
    /// # Errors
    /// [`JwsError::Malformed`], [`JwsError::NotYetValid`], [`JwsError::Expired`].
    pub(crate) fn check(iat: i64, exp: i64, now: DateTime<Utc>) -> Result<Self, JwsError> {
        let instant = |seconds| DateTime::from_timestamp(seconds, 0).ok_or(JwsError::Malformed);
        Self::within(OWN_TOLERANCE, instant(iat)?, instant(exp)?, now)
    }

    /// Judges both times of a token whose sender's clock may be off by `tolerance`.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub(crate) fn within(
        tolerance: TimeDelta,
        issued_at: DateTime<Utc>,
        expires_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Self, JwsError> {
        let expires_at = expires_at.checked_add_signed(tolerance).ok_or(JwsError::Malformed)?;
        if issued_at > now + tolerance {
            return Err(JwsError::NotYetValid);
        }
        if expires_at <= now {
            return Err(JwsError::Expired);
        }
        Ok(Self { issued_at, expires_at })
    }
}

/// `aud` is a string or a list of them (RFC 7519 §4.1.3).
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Audience {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Default for Audience {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Audience {
    /// Whether `client_id` is meant.
    pub(crate) fn names(&self, client_id: &str) -> bool {
        match self {
            Self::One(one) => one == client_id,
            Self::Many(many) => many.iter().any(|one| one == client_id),
        }
    }
}

fn decode(part: &str) -> Result<Vec<u8>, JwsError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| JwsError::Malformed)
}

fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JwsError> {
    serde_json::from_slice(bytes).map_err(|_| JwsError::Malformed)
}

#[cfg(test)]
pub(crate) mod testing;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_from_when_it_was_issued_until_its_end_give_or_take_the_clocks() {
        let now = DateTime::from_timestamp(1_000, 0).unwrap();
        let check = |iat, exp| Validity::check(iat, exp, now);
        let good = Validity { issued_at: now, expires_at: now + TimeDelta::seconds(60) };
        assert_eq!(check(1_000, 1_030), Ok(good));
        assert!(check(1_030, 1_060).is_ok());
        assert_eq!(check(1_031, 1_060), Err(JwsError::NotYetValid));
        assert!(check(900, 971).is_ok());
        assert_eq!(check(900, 970), Err(JwsError::Expired));
    }

    #[test]
    fn a_time_beyond_every_calendar_is_refused() {
        let now = DateTime::from_timestamp(1_000, 0).unwrap();
        for exp in [i64::MAX, DateTime::<Utc>::MAX_UTC.timestamp()] {
            assert_eq!(Validity::check(1_000, exp, now), Err(JwsError::Malformed));
        }
        assert_eq!(Validity::check(i64::MIN, 1_030, now), Err(JwsError::Malformed));
    }
}
