//! Sessions in SQLite: each change is one statement that says "if it still lives".

use super::{SqliteStore, rows};
use crate::{
    session::{SessionKey, SessionRecord},
    store::{
        CreateError, LeaseOwner, Logout, LogoutScope, Lookup, NewData, NewTokens, REMEMBER_ENDED,
        REMEMBER_EXPIRED, SessionStore, StoreError, TOMBSTONE_AGE, Tomb, Touch, Which,
    },
};
use async_trait::async_trait;
use auth_types::EndReason;
use chrono::{DateTime, Utc};
use sqlx::AssertSqlSafe;

/// Ending forgets the person and the tokens; what stays is that it ended, and why.
const END: &str = "UPDATE sessions SET ended_reason = ?1, user = '{}', data = '{}', sealed_tokens = x'', \
    user_agent = NULL, refresh_owner = NULL, expires_at = min(expires_at, ?2) WHERE ended_reason IS NULL";

#[async_trait]
impl SessionStore for SqliteStore {
    async fn create(
        &self,
        key: &SessionKey,
        record: &SessionRecord,
        refused_since: DateTime<Utc>,
    ) -> Result<(), CreateError> {
        let mut transaction = self.write.begin_with("BEGIN IMMEDIATE").await.map_err(StoreError::from)?;
        let tombs: Vec<_> = Tomb::of_record(record).map(|tomb| (tomb.kind, tomb.value)).collect();
        let buried: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM tombstones WHERE issuer = ?1 AND expires_at > ?2 AND begun_before >= ?3
                AND (kind, value) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?4)))",
        )
        .bind(&record.issuer)
        .bind(record.created_at.timestamp_millis())
        .bind(refused_since.timestamp_millis())
        .bind(rows::to_json(&tombs)?)
        .fetch_one(&mut *transaction)
        .await
        .map_err(StoreError::from)?;
        if buried {
            return Err(CreateError::LoggedOutMeanwhile);
        }
        let insert = format!(
            "INSERT INTO sessions (key, {}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL) \
             ON CONFLICT (key) DO NOTHING",
            rows::COLUMNS
        );
        let inserted = sqlx::query(AssertSqlSafe(insert))
            .bind(key.as_bytes())
            .bind(&record.public_id)
            .bind(rows::to_json(&record.user)?)
            .bind(&record.provider)
            .bind(&record.issuer)
            .bind(&record.subject)
            .bind(&record.sid)
            .bind(record.issued_at.timestamp_millis())
            .bind(record.created_at.timestamp_millis())
            .bind(record.last_seen_at.timestamp_millis())
            .bind(record.checked_at.timestamp_millis())
            .bind(record.expires_at.timestamp_millis())
            .bind(record.absolute_expires_at.timestamp_millis())
            .bind(&record.data)
            .bind(&record.sealed_tokens)
            .bind(record.tokens_expire_at.map(|at| at.timestamp_millis()))
            .bind(&record.user_agent)
            .bind(record.begun_at.timestamp_millis())
            .bind(&record.browser)
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::from)?;
        if inserted.rows_affected() == 0 {
            return Err(CreateError::Collision);
        }
        transaction.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    async fn load(&self, key: &SessionKey, now: DateTime<Utc>) -> Result<Lookup, StoreError> {
        let row = sqlx::query(AssertSqlSafe(format!("SELECT {} FROM sessions WHERE key = ?", rows::COLUMNS)))
            .bind(key.as_bytes())
            .fetch_optional(&self.read)
            .await?;
        row.map_or(Ok(Lookup::Unknown), |row| rows::lookup(&row, now))
    }

    async fn touch(&self, key: &SessionKey, touch: Touch) -> Result<bool, StoreError> {
        let seen_at = touch.seen_at.timestamp_millis();
        let written = sqlx::query(
            "UPDATE sessions SET last_seen_at = ?1, expires_at = max(expires_at, min(?2, absolute_expires_at))
             WHERE key = ?3 AND ended_reason IS NULL AND expires_at > ?5 AND last_seen_at <= ?4",
        )
        .bind(seen_at)
        .bind(touch.expires_at.timestamp_millis())
        .bind(key.as_bytes())
        .bind(seen_at - touch.interval.num_milliseconds())
        .bind(touch.now.timestamp_millis())
        .execute(&self.write)
        .await?;
        Ok(written.rows_affected() > 0)
    }

    async fn set_data(
        &self,
        key: &SessionKey,
        new: NewData<'_>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let written = sqlx::query(
            "UPDATE sessions SET data = ? WHERE key = ? AND ended_reason IS NULL AND expires_at > ? AND data = ?",
        )
        .bind(new.data)
        .bind(key.as_bytes())
        .bind(now.timestamp_millis())
        .bind(new.seen)
        .execute(&self.write)
        .await?;
        Ok(written.rows_affected() > 0)
    }

    async fn set_tokens(
        &self,
        key: &SessionKey,
        owner: &LeaseOwner,
        tokens: NewTokens<'_>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let written = sqlx::query(
            "UPDATE sessions SET sealed_tokens = ?1, tokens_expire_at = ?2, checked_at = ?4, refresh_owner = NULL
             WHERE key = ?3 AND ended_reason IS NULL AND expires_at > ?4 AND refresh_owner = ?5",
        )
        .bind(tokens.sealed)
        .bind(tokens.expire_at.map(|at| at.timestamp_millis()))
        .bind(key.as_bytes())
        .bind(now.timestamp_millis())
        .bind(owner.as_slice())
        .execute(&self.write)
        .await?;
        Ok(written.rows_affected() > 0)
    }

    async fn lease_refresh(
        &self,
        key: &SessionKey,
        owner: &LeaseOwner,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let taken = sqlx::query(
            "UPDATE sessions SET refresh_owner = ?1, refresh_until = ?2
             WHERE key = ?3 AND ended_reason IS NULL AND expires_at > ?4
               AND (refresh_owner IS NULL OR refresh_until <= ?4)",
        )
        .bind(owner.as_slice())
        .bind(until.timestamp_millis())
        .bind(key.as_bytes())
        .bind(now.timestamp_millis())
        .execute(&self.write)
        .await?;
        Ok(taken.rows_affected() > 0)
    }

    async fn release_refresh(
        &self,
        key: &SessionKey,
        owner: &LeaseOwner,
        checked_at: Option<DateTime<Utc>>,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE sessions SET refresh_owner = NULL, checked_at = coalesce(?, checked_at)
             WHERE key = ? AND refresh_owner = ?",
        )
        .bind(checked_at.map(|at| at.timestamp_millis()))
        .bind(key.as_bytes())
        .bind(owner.as_slice())
        .execute(&self.write)
        .await?;
        Ok(())
    }

    async fn end(&self, key: &SessionKey, reason: EndReason, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let ended = sqlx::query(AssertSqlSafe(format!("{END} AND key = ?3 AND expires_at > ?2")))
            .bind(reason.as_str())
            .bind(now.timestamp_millis())
            .bind(key.as_bytes())
            .execute(&self.write)
            .await?;
        Ok(ended.rows_affected() > 0)
    }

    async fn end_idle(
        &self,
        key: &SessionKey,
        last_seen_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let ended = sqlx::query(AssertSqlSafe(format!(
            "{END} AND key = ?3 AND expires_at > ?2 AND last_seen_at = ?4"
        )))
        .bind(EndReason::Idle.as_str())
        .bind(now.timestamp_millis())
        .bind(key.as_bytes())
        .bind(last_seen_at.timestamp_millis())
        .execute(&self.write)
        .await?;
        Ok(ended.rows_affected() > 0)
    }

    async fn end_of_user(
        &self,
        issuer: &str,
        subject: &str,
        which: Which<'_>,
        reason: EndReason,
        now: DateTime<Utc>,
    ) -> Result<Vec<SessionKey>, StoreError> {
        let (condition, public_id, key) = match which {
            Which::PublicId(id) => ("public_id = ?5", id, [].as_slice()),
            Which::AllBut(key) => ("key <> ?6", "", key.as_bytes()),
        };
        let ended = sqlx::query(AssertSqlSafe(format!(
            "{END} AND issuer = ?3 AND subject = ?4 AND expires_at > ?2 AND {condition} RETURNING key"
        )))
        .bind(reason.as_str())
        .bind(now.timestamp_millis())
        .bind(issuer)
        .bind(subject)
        .bind(public_id)
        .bind(key)
        .fetch_all(&self.write)
        .await?;
        ended.iter().map(rows::key).collect()
    }

    async fn log_out(&self, logout: Logout<'_>, now: DateTime<Utc>) -> Result<Vec<SessionKey>, StoreError> {
        let mut transaction = self.write.begin_with("BEGIN IMMEDIATE").await?;
        let refuses_until = logout.until.refuses_until(now);
        bury(&mut transaction, logout.issuer, &Tomb::of(logout.scope), refuses_until, now).await?;
        let (value, browser, condition) = match logout.scope {
            LogoutScope::ProviderSession(sid) => (sid, "", "provider_session = ?4 AND ?6 = ''"),
            LogoutScope::Browser { subject, browser } => (subject, browser, "subject = ?4 AND browser = ?6"),
            LogoutScope::Subject(subject) => (subject, "", "subject = ?4 AND ?6 = ''"),
        };
        let (column, limit) = logout.until.limit();
        let end = format!(
            "{END} AND issuer = ?3 AND {condition} AND {column} <= ?5 AND expires_at > ?2 RETURNING key"
        );
        let ended = sqlx::query(AssertSqlSafe(end))
            .bind(EndReason::Revoked.as_str())
            .bind(now.timestamp_millis())
            .bind(logout.issuer)
            .bind(value)
            .bind(limit.timestamp_millis())
            .bind(browser)
            .fetch_all(&mut *transaction)
            .await?;
        transaction.commit().await?;
        ended.iter().map(rows::key).collect()
    }

    async fn of_user(
        &self,
        issuer: &str,
        subject: &str,
        now: DateTime<Utc>,
    ) -> Result<Vec<SessionRecord>, StoreError> {
        let select = format!(
            "SELECT {} FROM sessions WHERE issuer = ? AND subject = ? AND ended_reason IS NULL AND expires_at > ? \
             ORDER BY created_at DESC",
            rows::COLUMNS
        );
        let found = sqlx::query(AssertSqlSafe(select))
            .bind(issuer)
            .bind(subject)
            .bind(now.timestamp_millis())
            .fetch_all(&self.read)
            .await?;
        found.iter().map(rows::record).collect()
    }

    async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let mut gone = 0;
        for (statement, before) in [
            ("DELETE FROM sessions WHERE expires_at <= ?", now - REMEMBER_ENDED),
            ("DELETE FROM tombstones WHERE expires_at <= ?", now),
            ("DELETE FROM used_states WHERE expires_at <= ?", now),
            ("DELETE FROM grants WHERE expires_at <= ?", now - REMEMBER_EXPIRED),
            ("DELETE FROM outbox WHERE give_up_at <= ?", now),
        ] {
            gone += sqlx::query(statement)
                .bind(before.timestamp_millis())
                .execute(&self.write)
                .await?
                .rows_affected();
        }
        Ok(gone)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1 FROM sessions LIMIT 1").fetch_optional(&self.read).await?;
        Ok(())
    }
}

async fn bury(
    connection: &mut sqlx::SqliteConnection,
    issuer: &str,
    tomb: &Tomb,
    refuses_until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO tombstones (issuer, kind, value, begun_before, expires_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET begun_before = max(begun_before, excluded.begun_before),
                                   expires_at = max(expires_at, excluded.expires_at)",
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
