//! Between records and rows.

use crate::{
    session::{SessionKey, SessionRecord},
    store::{Lookup, StoreError},
};
use auth_types::EndReason;
use chrono::{DateTime, Utc};
use sqlx::{Row, postgres::PgRow};

/// The columns of a record, in the order that [`record`] reads by name.
pub(super) const COLUMNS: &str = "public_id, user_info, provider, issuer, subject, provider_session, issued_at, \
    created_at, last_seen_at, checked_at, expires_at, absolute_expires_at, data, sealed_tokens, tokens_expire_at, \
    user_agent, begun_at, browser, ended_reason";

pub(super) fn lookup(row: &PgRow, now: DateTime<Utc>) -> Result<Lookup, StoreError> {
    if let Some(reason) = row.try_get::<Option<String>, _>("ended_reason")? {
        return Ok(Lookup::Ended(EndReason::parse(&reason).unwrap_or(EndReason::Revoked)));
    }
    let record = record(row)?;
    Ok(if record.expires_at > now {
        Lookup::Live(Box::new(record))
    } else {
        Lookup::Ended(EndReason::Expired)
    })
}

pub(super) fn record(row: &PgRow) -> Result<SessionRecord, StoreError> {
    Ok(SessionRecord {
        public_id: row.try_get("public_id")?,
        user: from_json(row, "user_info")?,
        provider: row.try_get("provider")?,
        issuer: row.try_get("issuer")?,
        subject: row.try_get("subject")?,
        sid: row.try_get("provider_session")?,
        issued_at: time(row, "issued_at")?,
        created_at: time(row, "created_at")?,
        last_seen_at: time(row, "last_seen_at")?,
        checked_at: time(row, "checked_at")?,
        expires_at: time(row, "expires_at")?,
        absolute_expires_at: time(row, "absolute_expires_at")?,
        data: row.try_get("data")?,
        sealed_tokens: row.try_get("sealed_tokens")?,
        tokens_expire_at: row
            .try_get::<Option<i64>, _>("tokens_expire_at")?
            .and_then(DateTime::from_timestamp_millis),
        user_agent: row.try_get("user_agent")?,
        begun_at: time(row, "begun_at")?,
        browser: row.try_get("browser")?,
    })
}

/// The key column.
pub(super) fn key(row: &PgRow) -> Result<SessionKey, StoreError> {
    let bytes: Vec<u8> = row.try_get("key")?;
    bytes.try_into().map(SessionKey::from_bytes).map_err(|_| StoreError("bad key".into()))
}

fn time(row: &PgRow, column: &str) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp_millis(row.try_get(column)?)
        .ok_or_else(|| StoreError(format!("bad time in {column}")))
}

fn from_json<T: serde::de::DeserializeOwned>(row: &PgRow, column: &str) -> Result<T, StoreError> {
    let text: String = row.try_get(column)?;
    serde_json::from_str(&text).map_err(|error| StoreError(format!("bad JSON in {column}: {error}")))
}

pub(super) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError(error.to_string()))
}
