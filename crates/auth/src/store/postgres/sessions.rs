//! Sessions in PostgreSQL: each change is one statement that says "if it still lives".

use super::{PostgresStore, rows, tombs};
use crate::{
    session::{SessionKey, SessionRecord},
    store::{
        CreateError, LeaseOwner, Logout, LogoutScope, Lookup, NewData, NewTokens, REMEMBER_ENDED,
        REMEMBER_EXPIRED, SessionStore, StoreError, Tomb, Touch, Which,
    },
};
use async_trait::async_trait;
use auth_types::EndReason;
use chrono::{DateTime, Utc};
use sqlx::AssertSqlSafe;

/// Ending forgets the person and the tokens; what stays is that it ended, and why.
const END: &str = "UPDATE sessions SET ended_reason = $1, user_info = '{}', data = '{}', sealed_tokens = '', \
    user_agent = NULL, refresh_owner = NULL, expires_at = least(expires_at, $2) WHERE ended_reason IS NULL";

#[async_trait]
impl SessionStore for PostgresStore {
    async fn create(
        &self,
        key: &SessionKey,
        record: &SessionRecord,
        refused_since: DateTime<Utc>,
    ) -> Result<(), CreateError> {
        let mut transaction = self.pool.begin().await.map_err(StoreError::from)?;
        tombs::share_locks(&mut transaction, record).await?;
        if tombs::refuse(&mut transaction, record, refused_since).await? {
            return Err(CreateError::LoggedOutMeanwhile);
        }
        let insert = format!(
            "INSERT INTO sessions (key, {}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, NULL) \
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
        let row =
            sqlx::query(AssertSqlSafe(format!("SELECT {} FROM sessions WHERE key = $1", rows::COLUMNS)))
                .bind(key.as_bytes())
                .fetch_optional(&self.pool)
                .await?;
        row.map_or(Ok(Lookup::Unknown), |row| rows::lookup(&row, now))
    }

    async fn touch(&self, key: &SessionKey, touch: Touch) -> Result<bool, StoreError> {
        let seen_at = touch.seen_at.timestamp_millis();
        let written = sqlx::query(
            "UPDATE sessions SET last_seen_at = $1, expires_at = greatest(expires_at, least($2, absolute_expires_at))
             WHERE key = $3 AND ended_reason IS NULL AND expires_at > $5 AND last_seen_at <= $4",
        )
        .bind(seen_at)
        .bind(touch.expires_at.timestamp_millis())
        .bind(key.as_bytes())
        .bind(seen_at - touch.interval.num_milliseconds())
        .bind(touch.now.timestamp_millis())
        .execute(&self.pool)
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
            "UPDATE sessions SET data = $1 WHERE key = $2 AND ended_reason IS NULL AND expires_at > $3 AND data = $4",
        )
        .bind(new.data)
        .bind(key.as_bytes())
        .bind(now.timestamp_millis())
        .bind(new.seen)
        .execute(&self.pool)
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
            "UPDATE sessions SET sealed_tokens = $1, tokens_expire_at = $2, checked_at = $4, refresh_owner = NULL
             WHERE key = $3 AND ended_reason IS NULL AND expires_at > $4 AND refresh_owner = $5",
        )
        .bind(tokens.sealed)
        .bind(tokens.expire_at.map(|at| at.timestamp_millis()))
        .bind(key.as_bytes())
        .bind(now.timestamp_millis())
        .bind(owner.as_slice())
        .execute(&self.pool)
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
            "UPDATE sessions SET refresh_owner = $1, refresh_until = $2
             WHERE key = $3 AND ended_reason IS NULL AND expires_at > $4
               AND (refresh_owner IS NULL OR refresh_until <= $4)",
        )
        .bind(owner.as_slice())
        .bind(until.timestamp_millis())
        .bind(key.as_bytes())
        .bind(now.timestamp_millis())
        .execute(&self.pool)
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
            "UPDATE sessions SET refresh_owner = NULL, checked_at = coalesce($1, checked_at)
             WHERE key = $2 AND refresh_owner = $3",
        )
        .bind(checked_at.map(|at| at.timestamp_millis()))
        .bind(key.as_bytes())
        .bind(owner.as_slice())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn end(&self, key: &SessionKey, reason: EndReason, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let ended = sqlx::query(AssertSqlSafe(format!("{END} AND key = $3 AND expires_at > $2")))
            .bind(reason.as_str())
            .bind(now.timestamp_millis())
            .bind(key.as_bytes())
            .execute(&self.pool)
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
            "{END} AND key = $3 AND expires_at > $2 AND last_seen_at = $4"
        )))
        .bind(EndReason::Idle.as_str())
        .bind(now.timestamp_millis())
        .bind(key.as_bytes())
        .bind(last_seen_at.timestamp_millis())
        .execute(&self.pool)
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
        // Both placeholders in both: a statement must use every value that is bound to it.
        let (condition, public_id, key) = match which {
            Which::PublicId(id) => ("public_id = $5 AND key <> $6", id, [].as_slice()),
            Which::AllBut(key) => ("public_id <> $5 AND key <> $6", "", key.as_bytes()),
        };
        let ended = sqlx::query(AssertSqlSafe(format!(
            "{END} AND issuer = $3 AND subject = $4 AND expires_at > $2 AND {condition} RETURNING key"
        )))
        .bind(reason.as_str())
        .bind(now.timestamp_millis())
        .bind(issuer)
        .bind(subject)
        .bind(public_id)
        .bind(key)
        .fetch_all(&self.pool)
        .await?;
        ended.iter().map(rows::key).collect()
    }

    async fn log_out(&self, logout: Logout<'_>, now: DateTime<Utc>) -> Result<Vec<SessionKey>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let refuses_until = logout.until.refuses_until(now);
        tombs::bury(&mut transaction, logout.issuer, &Tomb::of(logout.scope), refuses_until, now).await?;
        // Every placeholder in each: a statement must use every value that is bound to it.
        let (value, browser, condition) = match logout.scope {
            LogoutScope::ProviderSession(sid) => (sid, "", "provider_session = $4 AND $6 = ''"),
            LogoutScope::Browser { subject, browser } => (subject, browser, "subject = $4 AND browser = $6"),
            LogoutScope::Subject(subject) => (subject, "", "subject = $4 AND $6 = ''"),
        };
        let (column, limit) = logout.until.limit();
        let end = format!(
            "{END} AND issuer = $3 AND {condition} AND {column} <= $5 AND expires_at > $2 RETURNING key"
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
            "SELECT {} FROM sessions WHERE issuer = $1 AND subject = $2 AND ended_reason IS NULL AND expires_at > $3 \
             ORDER BY created_at DESC",
            rows::COLUMNS
        );
        let found = sqlx::query(AssertSqlSafe(select))
            .bind(issuer)
            .bind(subject)
            .bind(now.timestamp_millis())
            .fetch_all(&self.pool)
            .await?;
        found.iter().map(rows::record).collect()
    }

    async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let mut gone = 0;
        for (statement, before) in [
            ("DELETE FROM sessions WHERE expires_at <= $1", now - REMEMBER_ENDED),
            ("DELETE FROM tombstones WHERE expires_at <= $1", now),
            ("DELETE FROM used_states WHERE expires_at <= $1", now),
            ("DELETE FROM grants WHERE expires_at <= $1", now - REMEMBER_EXPIRED),
            ("DELETE FROM outbox WHERE give_up_at <= $1", now),
        ] {
            gone += sqlx::query(statement)
                .bind(before.timestamp_millis())
                .execute(&self.pool)
                .await?
                .rows_affected();
        }
        Ok(gone)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1 FROM sessions LIMIT 1").fetch_optional(&self.pool).await?;
        Ok(())
    }
}
