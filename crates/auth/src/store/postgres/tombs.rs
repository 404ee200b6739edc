//! Tombstones, and the locks that keep a sign-in from slipping past one that is just being put up.
//!
//! A logout takes the lock of its `(iss, sid)` or `(iss, sub)` for itself, a sign-in shares those of its
//! own. So a sign-in either comes first, and the logout sees its session and ends it, or it comes after
//! and sees the tombstone. Both let go with their transaction.

use crate::{
    session::SessionRecord,
    store::{StoreError, TOMBSTONE_AGE},
};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

/// By what a logout names sessions.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Sid,
    Sub,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Sid => "sid",
            Self::Sub => "sub",
        }
    }

    /// The number of the advisory lock. Two names that share one by chance wait for each other, no more.
    fn lock(self, issuer: &str, value: &str) -> i64 {
        let name = format!("auth {} {} {issuer} {value}", self.as_str(), issuer.len());
        let hash: [u8; 32] = Sha256::digest(name).into();
        let [a, b, c, d, e, f, g, h, ..] = hash;
        i64::from_be_bytes([a, b, c, d, e, f, g, h])
    }
}

/// Shares the locks of a sign-in's names. A statement of its own: only the next one sees what a logout
/// committed meanwhile.
pub(super) async fn share_locks(
    connection: &mut PgConnection,
    record: &SessionRecord,
) -> Result<(), StoreError> {
    let sub = Kind::Sub.lock(&record.issuer, &record.subject);
    let sid = record.sid.as_ref().map_or(sub, |sid| Kind::Sid.lock(&record.issuer, sid));
    sqlx::query("SELECT pg_advisory_xact_lock_shared($1), pg_advisory_xact_lock_shared($2)")
        .bind(sub)
        .bind(sid)
        .execute(connection)
        .await?;
    Ok(())
}

/// Whether a tombstone refuses this sign-in.
pub(super) async fn refuse(
    connection: &mut PgConnection,
    record: &SessionRecord,
    begun_at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM tombstones WHERE issuer = $1 AND expires_at > $2 AND begun_before >= $6 AND (
            (kind = 'sid' AND value = $3) OR (kind = 'sub' AND value = $4 AND begun_before > $5)))",
    )
    .bind(&record.issuer)
    .bind(record.created_at.timestamp_millis())
    .bind(&record.sid)
    .bind(&record.subject)
    .bind(record.issued_at.timestamp_millis())
    .bind(begun_at.timestamp_millis())
    .fetch_one(connection)
    .await?)
}

/// Takes the lock of a name and puts a tombstone up.
pub(super) async fn bury(
    connection: &mut PgConnection,
    issuer: &str,
    (kind, value): (Kind, &str),
    begun_before: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(kind.lock(issuer, value))
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "INSERT INTO tombstones AS old (issuer, kind, value, begun_before, expires_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (issuer, kind, value) DO UPDATE SET
            begun_before = greatest(old.begun_before, excluded.begun_before),
            expires_at = greatest(old.expires_at, excluded.expires_at)",
    )
    .bind(issuer)
    .bind(kind.as_str())
    .bind(value)
    .bind(begun_before.timestamp_millis())
    .bind((now + TOMBSTONE_AGE).timestamp_millis())
    .execute(connection)
    .await?;
    Ok(())
}
