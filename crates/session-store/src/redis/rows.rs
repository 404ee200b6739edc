//! Conversion between session records and Redis hashes.

use crate::{SessionRecord, SessionState, StoreError};
use auth_types::EndReason;
use chrono::{DateTime, Utc};

/// The fields of a session, in the order that [`Row`] reads them.
pub(super) const FIELDS: [&str; 19] = [
    "ended_reason",
    "public_id",
    "user",
    "provider",
    "issuer",
    "subject",
    "provider_session",
    "issued_at",
    "created_at",
    "last_seen_at",
    "expires_at",
    "absolute_expires_at",
    "data",
    "sealed_tokens",
    "tokens_expire_at",
    "user_agent",
    "checked_at",
    "begun_at",
    "browser",
];

/// The values of [`FIELDS`]; `None` for a missing field.
pub(super) type Row = Vec<Option<Vec<u8>>>;

/// Converts a row to the state of the session at `now`. A row without any value means no session.
pub(super) fn lookup(
    mut row: Row,
    now: DateTime<Utc>,
) -> Result<SessionState<Box<SessionRecord>>, StoreError> {
    if row.iter().all(Option::is_none) {
        return Ok(SessionState::SignedOut(None));
    }
    if let Some(reason) = row.first_mut().and_then(Option::take) {
        let reason = std::str::from_utf8(&reason).ok().and_then(EndReason::parse);
        return Ok(SessionState::SignedOut(Some(reason.unwrap_or(EndReason::Revoked))));
    }
    let record = record(row)?;
    Ok(if record.expires_at > now {
        SessionState::SignedIn(Box::new(record))
    } else {
        SessionState::SignedOut(Some(EndReason::Expired))
    })
}

pub(super) fn record(row: Row) -> Result<SessionRecord, StoreError> {
    let mut fields = Fields(FIELDS.iter().zip(row));
    fields.bytes()?;
    let mut record = SessionRecord {
        public_id: fields.text()?,
        user: fields.json()?,
        provider: fields.text()?,
        issuer: fields.text()?,
        subject: fields.text()?,
        sid: fields.optional_text()?,
        issued_at: fields.time()?,
        created_at: fields.time()?,
        last_seen_at: fields.time()?,
        expires_at: fields.time()?,
        absolute_expires_at: fields.time()?,
        data: fields.text()?,
        sealed_tokens: fields.bytes()?.1.unwrap_or_default(),
        tokens_expire_at: fields.optional_time()?,
        user_agent: fields.optional_text()?,
        checked_at: DateTime::UNIX_EPOCH,
        begun_at: DateTime::UNIX_EPOCH,
        browser: None,
    };
    // A session from before these fields counts as checked, and its sign-in as begun, at its creation.
    record.checked_at = fields.optional_time()?.unwrap_or(record.created_at);
    record.begun_at = fields.optional_time()?.unwrap_or(record.created_at);
    record.browser = fields.optional_text()?;
    Ok(record)
}

/// Returns the field names and values of a new session.
pub(super) fn values(record: &SessionRecord) -> Result<Vec<(&'static str, Vec<u8>)>, StoreError> {
    let time = |at: DateTime<Utc>| Some(at.timestamp_millis().to_string().into_bytes());
    let text = |text: &String| Some(text.clone().into_bytes());
    let values = [
        None,
        text(&record.public_id),
        Some(to_json(&record.user)?),
        text(&record.provider),
        text(&record.issuer),
        text(&record.subject),
        record.sid.as_ref().and_then(text),
        time(record.issued_at),
        time(record.created_at),
        time(record.last_seen_at),
        time(record.expires_at),
        time(record.absolute_expires_at),
        text(&record.data),
        Some(record.sealed_tokens.clone()),
        record.tokens_expire_at.and_then(time),
        record.user_agent.as_ref().and_then(text),
        time(record.checked_at),
        time(record.begun_at),
        record.browser.as_ref().and_then(text),
    ];
    Ok(FIELDS.into_iter().zip(values).filter_map(|(name, value)| Some((name, value?))).collect())
}

pub(super) fn to_json<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(value).map_err(|error| StoreError(error.to_string()))
}

/// Reads the fields of a row one by one.
struct Fields<I>(I);

impl<'a, I: Iterator<Item = (&'a &'a str, Option<Vec<u8>>)>> Fields<I> {
    fn bytes(&mut self) -> Result<(&'a str, Option<Vec<u8>>), StoreError> {
        let (name, value) = self.0.next().ok_or_else(|| StoreError("session row is too short".into()))?;
        Ok((name, value))
    }

    fn optional_text(&mut self) -> Result<Option<String>, StoreError> {
        let (name, value) = self.bytes()?;
        value.map(String::from_utf8).transpose().map_err(|_| bad(name))
    }

    fn text(&mut self) -> Result<String, StoreError> {
        self.optional_text()?.ok_or_else(|| bad("a text field"))
    }

    fn optional_time(&mut self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let Some(text) = self.optional_text()? else { return Ok(None) };
        let millis = text.parse().ok().and_then(DateTime::from_timestamp_millis);
        millis.map(Some).ok_or_else(|| bad("a time field"))
    }

    fn time(&mut self) -> Result<DateTime<Utc>, StoreError> {
        self.optional_time()?.ok_or_else(|| bad("a time field"))
    }

    fn json<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, StoreError> {
        let (name, value) = self.bytes()?;
        serde_json::from_slice(&value.unwrap_or_default()).map_err(|_| bad(name))
    }
}

fn bad(what: &str) -> StoreError {
    StoreError(format!("{what} of a session is missing or unreadable"))
}
