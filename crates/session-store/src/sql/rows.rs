//! Conversion between session records and rows.

use super::SqlRow;
use crate::{SessionKey, SessionRecord, SessionState, StoreError};
use auth_types::EndReason;
use chrono::{DateTime, Utc};

/// The columns of a session, as [`record`] reads them.
pub(super) const SELECTED: &str = "public_id, {user} AS user_info, provider, issuer, subject, provider_session, \
    issued_at, created_at, last_seen_at, checked_at, expires_at, absolute_expires_at, data, sealed_tokens, \
    tokens_expire_at, user_agent, begun_at, browser, ended_reason";

pub(super) fn lookup(
    row: &impl SqlRow,
    now: DateTime<Utc>,
) -> Result<SessionState<Box<SessionRecord>>, StoreError> {
    if let Some(reason) = row.text("ended_reason")? {
        return Ok(SessionState::SignedOut(Some(EndReason::parse(&reason).unwrap_or(EndReason::Revoked))));
    }
    let record = record(row)?;
    Ok(if record.expires_at > now {
        SessionState::SignedIn(Box::new(record))
    } else {
        SessionState::SignedOut(Some(EndReason::Expired))
    })
}

pub(super) fn record(row: &impl SqlRow) -> Result<SessionRecord, StoreError> {
    let text = |column| row.text(column)?.ok_or_else(|| missing(column));
    Ok(SessionRecord {
        public_id: text("public_id")?,
        user: serde_json::from_str(&text("user_info")?)
            .map_err(|error| StoreError(format!("bad JSON in the user: {error}")))?,
        provider: text("provider")?,
        issuer: text("issuer")?,
        subject: text("subject")?,
        sid: row.text("provider_session")?,
        issued_at: time(row, "issued_at")?,
        begun_at: time(row, "begun_at")?,
        browser: row.text("browser")?,
        created_at: time(row, "created_at")?,
        last_seen_at: time(row, "last_seen_at")?,
        checked_at: time(row, "checked_at")?,
        expires_at: time(row, "expires_at")?,
        absolute_expires_at: time(row, "absolute_expires_at")?,
        data: text("data")?,
        sealed_tokens: bytes(row, "sealed_tokens")?,
        tokens_expire_at: row.int("tokens_expire_at")?.and_then(DateTime::from_timestamp_millis),
        user_agent: row.text("user_agent")?,
    })
}

/// Reads the key column.
pub(super) fn key(row: &impl SqlRow) -> Result<SessionKey, StoreError> {
    bytes(row, "key")?.try_into().map(SessionKey::from_bytes).map_err(|_| StoreError("invalid key".into()))
}

pub(super) fn time(row: &impl SqlRow, column: &str) -> Result<DateTime<Utc>, StoreError> {
    let millis = row.int(column)?.ok_or_else(|| missing(column))?;
    DateTime::from_timestamp_millis(millis).ok_or_else(|| StoreError(format!("bad time in {column}")))
}

pub(super) fn text(row: &impl SqlRow, column: &str) -> Result<String, StoreError> {
    row.text(column)?.ok_or_else(|| missing(column))
}

pub(super) fn bytes(row: &impl SqlRow, column: &str) -> Result<Vec<u8>, StoreError> {
    row.bytes(column)?.ok_or_else(|| missing(column))
}

fn missing(column: &str) -> StoreError {
    StoreError(format!("{column} is missing"))
}

pub(super) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError(error.to_string()))
}
