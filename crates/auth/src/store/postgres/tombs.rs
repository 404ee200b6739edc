//! Tombstones, and the locks that keep a sign-in from slipping past one that is just being put up.
//!
//! A logout takes the lock of what it names for itself, a sign-in shares the locks of everything that could name it.
//! So a sign-in either comes first, and the logout sees its session and ends it, or it comes after and sees the
//! tombstone. Both let go with their transaction.

use crate::{
    session::SessionRecord,
    store::{StoreError, TOMBSTONE_AGE, Tomb},
};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

impl Tomb {
    /// The number of the advisory lock. Two names that share one by chance wait for each other, no more.
    fn lock(&self, issuer: &str) -> i64 {
        let name = format!("auth {} {} {issuer} {}", self.kind, issuer.len(), self.value);
        let hash: [u8; 32] = Sha256::digest(name).into();
        let [a, b, c, d, e, f, g, h, ..] = hash;
        i64::from_be_bytes([a, b, c, d, e, f, g, h])
    }
}

/// Shares the locks of a sign-in. A statement of its own: only the next one sees what a logout committed meanwhile.
pub(super) async fn share_locks(
    connection: &mut PgConnection,
    record: &SessionRecord,
) -> Result<(), StoreError> {
    let locks: Vec<i64> = Tomb::of_record(record).map(|tomb| tomb.lock(&record.issuer)).collect();
    sqlx::query("SELECT pg_advisory_xact_lock_shared(lock) FROM unnest($1::bigint[]) AS lock")
        .bind(locks)
        .execute(connection)
        .await?;
    Ok(())
}

/// Whether a tombstone refuses this sign-in.
pub(super) async fn refuse(
    connection: &mut PgConnection,
    record: &SessionRecord,
    refused_since: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let (kinds, values): (Vec<_>, Vec<_>) =
        Tomb::of_record(record).map(|tomb| (tomb.kind, tomb.value)).unzip();
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM tombstones WHERE issuer = $1 AND expires_at > $2 AND begun_before >= $3
            AND (kind, value) IN (SELECT * FROM unnest($4::text[], $5::text[])))",
    )
    .bind(&record.issuer)
    .bind(record.created_at.timestamp_millis())
    .bind(refused_since.timestamp_millis())
    .bind(kinds)
    .bind(values)
    .fetch_one(connection)
    .await?)
}

/// Takes the lock of a name and puts a tombstone up.
pub(super) async fn bury(
    connection: &mut PgConnection,
    issuer: &str,
    tomb: &Tomb,
    refuses_until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(tomb.lock(issuer)).execute(&mut *connection).await?;
    sqlx::query(
        "INSERT INTO tombstones AS old (issuer, kind, value, begun_before, expires_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (issuer, kind, value) DO UPDATE SET
            begun_before = greatest(old.begun_before, excluded.begun_before),
            expires_at = greatest(old.expires_at, excluded.expires_at)",
    )
    .bind(issuer)
    .bind(tomb.kind)
    .bind(&tomb.value)
    .bind(refuses_until.timestamp_millis())
    .bind((now + TOMBSTONE_AGE).timestamp_millis())
    .execute(connection)
    .await?;
    Ok(())
}
