//! The claims of a token, read one by one, so that each refusal names its claim.

use super::TokenRule;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};

/// The claims of a received token. A claim of the wrong type is refused by its name.
pub(crate) struct Claims(pub(crate) Map<String, Value>);

impl Claims {
    /// Reads a string; `None` if the claim is missing.
    pub(crate) fn text(&self, name: &'static str) -> Result<Option<&str>, TokenRule> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(TokenRule::Claim(name)),
        }
    }

    /// Reads a `sub`, `sid` or `jti`; `None` if the claim is missing.
    pub(crate) fn identifier(&self, name: &'static str) -> Result<Option<String>, TokenRule> {
        match self.text(name)? {
            Some(text) if !is_identifier(text) => Err(TokenRule::Claim(name)),
            text => Ok(text.map(str::to_owned)),
        }
    }

    /// Reads a whole number that is not negative; `None` if the claim is missing.
    pub(crate) fn count(&self, name: &'static str) -> Result<Option<u32>, TokenRule> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                let count = value.as_u64().and_then(|count| u32::try_from(count).ok());
                count.map(Some).ok_or(TokenRule::Claim(name))
            }
        }
    }

    /// Reads a time: seconds since 1970, possibly with a fraction (RFC 7519 §2, `NumericDate`).
    pub(crate) fn time(&self, name: &'static str) -> Result<Option<DateTime<Utc>>, TokenRule> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => instant(value).map(Some).ok_or(TokenRule::Claim(name)),
        }
    }

    /// Reads `iat`, `exp` and `nbf`, and checks them together (RFC 7519 §4.1.4 to §4.1.6).
    ///
    /// # Errors
    /// [`TokenRule::Claim`] for a claim that is missing or has the wrong type; [`TokenRule::NotYetValid`] by
    /// `nbf`; else the errors of [`Validity::within`].
    pub(crate) fn validity(&self, tolerance: TimeDelta, now: DateTime<Utc>) -> Result<Validity, TokenRule> {
        let issued_at = self.time("iat")?.ok_or(TokenRule::Claim("iat"))?;
        let expires_at = self.time("exp")?.ok_or(TokenRule::Claim("exp"))?;
        if self.time("nbf")?.is_some_and(|not_before| not_before > now + tolerance) {
            return Err(TokenRule::NotYetValid);
        }
        Validity::within(tolerance, issued_at, expires_at, now)
    }

    /// Reads a list of strings; `None` if the claim is missing.
    pub(crate) fn texts(&self, name: &'static str) -> Result<Option<Vec<&str>>, TokenRule> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Array(list)) => {
                list.iter().map(Value::as_str).collect::<Option<_>>().map(Some).ok_or(TokenRule::Claim(name))
            }
            Some(_) => Err(TokenRule::Claim(name)),
        }
    }

    /// Reads `aud`: a string, or a list of strings (RFC 7519 §4.1.3).
    pub(crate) fn audience(&self) -> Result<Vec<&str>, TokenRule> {
        match self.0.get("aud") {
            Some(Value::String(one)) => Ok(vec![one]),
            _ => self.texts("aud")?.ok_or(TokenRule::Claim("aud")),
        }
    }
}

/// Longest `sub`, in characters (OpenID Connect Core §2). The same limit applies to `sid` and `jti`.
const MAX_SUBJECT: usize = 255;

/// Whether a `sub`, `sid` or `jti` has an allowed length.
#[must_use]
pub fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.len() <= 4 * MAX_SUBJECT && text.chars().count() <= MAX_SUBJECT
}

fn instant(value: &Value) -> Option<DateTime<Utc>> {
    if let Some(seconds) = value.as_i64() {
        return DateTime::from_timestamp(seconds, 0);
    }
    let milliseconds = (value.as_f64()? * 1000.0).floor();
    #[expect(clippy::cast_possible_truncation, reason = "the number is in range and has no fraction")]
    let whole = (milliseconds.abs() < 1e15).then_some(milliseconds as i64)?;
    DateTime::from_timestamp_millis(whole)
}

/// How far the clocks of the suite's apps may differ.
pub(crate) const OWN_TOLERANCE: TimeDelta = TimeDelta::seconds(30);

/// The checked times of a token: when it was issued (`iat`), and until when its id must be remembered (`exp`
/// plus the tolerance, RFC 7519 §4.1.4, §4.1.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Validity {
    pub(crate) issued_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
}

impl Validity {
    /// Checks both times of a token. The sender's clock may be off by `tolerance`.
    ///
    /// # Errors
    /// [`TokenRule::Malformed`], [`TokenRule::NotYetValid`], [`TokenRule::Expired`].
    pub(crate) fn within(
        tolerance: TimeDelta,
        issued_at: DateTime<Utc>,
        expires_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Self, TokenRule> {
        let expires_at = expires_at.checked_add_signed(tolerance).ok_or(TokenRule::Malformed)?;
        if issued_at > now + tolerance {
            return Err(TokenRule::NotYetValid);
        }
        if expires_at <= now {
            return Err(TokenRule::Expired);
        }
        Ok(Self { issued_at, expires_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(iat: i64, exp: i64) -> Result<Validity, TokenRule> {
        let claims = Claims(Map::from_iter([("iat".to_owned(), json!(iat)), ("exp".to_owned(), json!(exp))]));
        claims.validity(OWN_TOLERANCE, DateTime::from_timestamp(1_000, 0).unwrap())
    }

    #[test]
    fn a_token_is_valid_from_iat_to_exp_within_the_tolerance() {
        let now = DateTime::from_timestamp(1_000, 0).unwrap();
        let good = Validity { issued_at: now, expires_at: now + TimeDelta::seconds(60) };
        assert_eq!(check(1_000, 1_030), Ok(good));
        assert!(check(1_030, 1_060).is_ok());
        assert_eq!(check(1_031, 1_060), Err(TokenRule::NotYetValid));
        assert!(check(900, 971).is_ok());
        assert_eq!(check(900, 970), Err(TokenRule::Expired));
    }

    #[test]
    fn a_time_outside_the_calendar_is_refused() {
        assert_eq!(check(1_000, i64::MAX), Err(TokenRule::Claim("exp")));
        assert_eq!(check(1_000, DateTime::<Utc>::MAX_UTC.timestamp()), Err(TokenRule::Malformed));
        assert_eq!(check(i64::MIN, 1_030), Err(TokenRule::Claim("iat")));
    }
}
