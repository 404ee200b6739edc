//! Sessions in SQL. Each change is one statement that applies only to a live session.

use super::{Database, SqlRow, SqlStore, Transaction, rows};
use crate::{
    CreateError, ENDED_RETENTION, EXPIRED_GRANT_RETENTION, LeaseOwner, Logout, LogoutScope, NewData,
    NewTokens, SessionFilter, SessionKey, SessionRecord, SessionState, SessionStore, StoreError,
    TOMBSTONE_LIFETIME, TombstoneKey, Touch, time_limit::with_timeout,
};
use async_trait::async_trait;
use auth_types::EndReason;
use chrono::{DateTime, Utc};

/// Ends live sessions: deletes the user, the app's data and the tokens, and keeps the reason. `?1` is the
/// reason, `?2` the current time, `?3` [`NO_BYTES`].
const END: &str = "UPDATE sessions SET ended_reason = ?1, {user} = '{}', data = '{}', sealed_tokens = ?3, \
    user_agent = NULL, refresh_owner = NULL, expires_at = least(expires_at, ?2) \
    WHERE ended_reason IS NULL AND expires_at > ?2";
/// Replaces the tokens of an ended session.
const NO_BYTES: &[u8] = &[];

impl<D: Database> SqlStore<D> {
    /// Runs a statement on a session, and returns whether a session changed.
    async fn changes(&self, statement: &str, values: &[super::Value<'_>]) -> Result<bool, StoreError> {
        Ok(with_timeout(self.0.execute(statement, values)).await? > 0)
    }

    async fn try_create<T: Transaction>(
        mut transaction: T,
        key: &SessionKey,
        record: &SessionRecord,
        refused_since: DateTime<Utc>,
    ) -> Result<(), CreateError> {
        let tombs: Vec<_> = TombstoneKey::of_record(record).collect();
        let names: Vec<_> = tombs.iter().map(|tomb| tomb.name(&record.issuer)).collect();
        transaction.lock_shared(&names).await?;
        for name in names {
            let statement = "SELECT value FROM tombstones WHERE issuer = ?1 AND kind = ?2 AND value = ?3
                 AND expires_at > ?4 AND begun_before >= ?5";
            let values = [
                name.issuer.into(),
                name.kind.into(),
                name.value.into(),
                record.created_at.into(),
                refused_since.into(),
            ];
            if !transaction.change(statement, &values).await?.is_empty() {
                return Err(CreateError::LoggedOutMeanwhile);
            }
        }
        let statement = "INSERT INTO sessions (key, public_id, {user}, provider, issuer, subject, provider_session,
                issued_at, begun_at, browser, created_at, last_seen_at, checked_at, expires_at, absolute_expires_at,
                data, sealed_tokens, tokens_expire_at, user_agent)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
             ON CONFLICT (key) DO NOTHING";
        let user = rows::to_json(&record.user)?;
        let values = [
            key.as_bytes().into(),
            record.public_id.as_str().into(),
            user.as_str().into(),
            record.provider.as_str().into(),
            record.issuer.as_str().into(),
            record.subject.as_str().into(),
            record.sid.as_deref().into(),
            record.issued_at.into(),
            record.begun_at.into(),
            record.browser.as_deref().into(),
            record.created_at.into(),
            record.last_seen_at.into(),
            record.checked_at.into(),
            record.expires_at.into(),
            record.absolute_expires_at.into(),
            record.data.as_str().into(),
            record.sealed_tokens.as_slice().into(),
            record.tokens_expire_at.into(),
            record.user_agent.as_deref().into(),
        ];
        if transaction.execute(statement, &values).await? == 0 {
            return Err(CreateError::Collision);
        }
        Ok(transaction.commit().await?)
    }

    async fn try_log_out(
        &self,
        logout: Logout<'_>,
        now: DateTime<Utc>,
    ) -> Result<Vec<SessionKey>, StoreError> {
        let mut transaction = self.0.begin().await?;
        let tomb = TombstoneKey::of(logout.scope);
        let name = tomb.name(logout.issuer);
        transaction.lock_exclusive(name).await?;
        let statement = "INSERT INTO tombstones (issuer, kind, value, begun_before, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (issuer, kind, value) DO UPDATE SET
                begun_before = greatest(tombstones.begun_before, excluded.begun_before),
                expires_at = greatest(tombstones.expires_at, excluded.expires_at)";
        let values = [
            name.issuer.into(),
            name.kind.into(),
            name.value.into(),
            logout.until.refuses_until(now).into(),
            (now + TOMBSTONE_LIFETIME).into(),
        ];
        transaction.execute(statement, &values).await?;
        let (column, limit) = logout.until.limit();
        let reason = EndReason::Revoked.as_str();
        let mut values = vec![reason.into(), now.into(), NO_BYTES.into(), logout.issuer.into(), limit.into()];
        let condition = match logout.scope {
            LogoutScope::ProviderSession(sid) => {
                values.push(sid.into());
                "provider_session = ?6"
            }
            LogoutScope::Subject(subject) => {
                values.push(subject.into());
                "subject = ?6"
            }
            LogoutScope::Browser { subject, browser } => {
                values.push(subject.into());
                values.push(browser.into());
                "subject = ?6 AND browser = ?7"
            }
        };
        let end = format!("{END} AND issuer = ?4 AND {column} <= ?5 AND {condition} RETURNING key");
        let ended = transaction.change(&end, &values).await?;
        transaction.commit().await?;
        ended.iter().map(rows::key).collect()
    }
}

#[async_trait]
impl<D: Database> SessionStore for SqlStore<D> {
    async fn create(
        &self,
        key: &SessionKey,
        record: &SessionRecord,
        refused_since: DateTime<Utc>,
    ) -> Result<(), CreateError> {
        with_timeout(async { Self::try_create(self.0.begin().await?, key, record, refused_since).await })
            .await
    }

    async fn load(
        &self,
        key: &SessionKey,
        now: DateTime<Utc>,
    ) -> Result<SessionState<Box<SessionRecord>>, StoreError> {
        let statement = format!("SELECT {} FROM sessions WHERE key = ?1", rows::SELECTED);
        let found = with_timeout(self.0.read(&statement, &[key.as_bytes().into()])).await?;
        found.first().map_or(Ok(SessionState::SignedOut(None)), |row| rows::lookup(row, now))
    }

    async fn touch(&self, key: &SessionKey, touch: Touch) -> Result<bool, StoreError> {
        let statement = "UPDATE sessions
             SET last_seen_at = ?1, expires_at = greatest(expires_at, least(?2, absolute_expires_at))
             WHERE key = ?3 AND ended_reason IS NULL AND expires_at > ?5 AND last_seen_at <= ?4";
        let seen_before = touch.seen_at - touch.interval;
        let values = [
            touch.seen_at.into(),
            touch.expires_at.into(),
            key.as_bytes().into(),
            seen_before.into(),
            touch.now.into(),
        ];
        self.changes(statement, &values).await
    }

    async fn set_data(
        &self,
        key: &SessionKey,
        new: NewData<'_>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let statement = "UPDATE sessions SET data = ?1
             WHERE key = ?2 AND ended_reason IS NULL AND expires_at > ?3 AND data = ?4";
        let values = [new.data.into(), key.as_bytes().into(), now.into(), new.expected.into()];
        self.changes(statement, &values).await
    }

    async fn set_tokens(
        &self,
        key: &SessionKey,
        owner: &LeaseOwner,
        tokens: NewTokens<'_>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let statement = "UPDATE sessions
             SET sealed_tokens = ?1, tokens_expire_at = ?2, checked_at = ?4, refresh_owner = NULL
             WHERE key = ?3 AND ended_reason IS NULL AND expires_at > ?4 AND refresh_owner = ?5";
        let values = [
            tokens.sealed.into(),
            tokens.expire_at.into(),
            key.as_bytes().into(),
            now.into(),
            owner.as_slice().into(),
        ];
        self.changes(statement, &values).await
    }

    async fn lease_refresh(
        &self,
        key: &SessionKey,
        owner: &LeaseOwner,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let statement = "UPDATE sessions SET refresh_owner = ?1, refresh_until = ?2
             WHERE key = ?3 AND ended_reason IS NULL AND expires_at > ?4
               AND (refresh_owner IS NULL OR refresh_until <= ?4)";
        let values = [owner.as_slice().into(), until.into(), key.as_bytes().into(), now.into()];
        self.changes(statement, &values).await
    }

    async fn release_refresh(
        &self,
        key: &SessionKey,
        owner: &LeaseOwner,
        checked_at: Option<DateTime<Utc>>,
    ) -> Result<(), StoreError> {
        let statement = "UPDATE sessions SET refresh_owner = NULL, checked_at = coalesce(?1, checked_at)
             WHERE key = ?2 AND refresh_owner = ?3";
        let values = [checked_at.into(), key.as_bytes().into(), owner.as_slice().into()];
        self.changes(statement, &values).await.map(drop)
    }

    async fn end(&self, key: &SessionKey, reason: EndReason, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let values = [reason.as_str().into(), now.into(), NO_BYTES.into(), key.as_bytes().into()];
        self.changes(&format!("{END} AND key = ?4"), &values).await
    }

    async fn end_idle(
        &self,
        key: &SessionKey,
        last_seen_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let reason = EndReason::Idle.as_str();
        let values = [reason.into(), now.into(), NO_BYTES.into(), key.as_bytes().into(), last_seen_at.into()];
        self.changes(&format!("{END} AND key = ?4 AND last_seen_at = ?5"), &values).await
    }

    async fn end_of_user(
        &self,
        issuer: &str,
        subject: &str,
        which: SessionFilter<'_>,
        reason: EndReason,
        now: DateTime<Utc>,
    ) -> Result<Vec<SessionKey>, StoreError> {
        let (condition, value) = match which {
            SessionFilter::PublicId(id) => ("public_id = ?6", id.into()),
            SessionFilter::AllBut(key) => ("key <> ?6", key.as_bytes().into()),
        };
        let values =
            [reason.as_str().into(), now.into(), NO_BYTES.into(), issuer.into(), subject.into(), value];
        let end = format!("{END} AND issuer = ?4 AND subject = ?5 AND {condition} RETURNING key");
        with_timeout(self.0.change(&end, &values)).await?.iter().map(rows::key).collect()
    }

    async fn log_out(&self, logout: Logout<'_>, now: DateTime<Utc>) -> Result<Vec<SessionKey>, StoreError> {
        with_timeout(self.try_log_out(logout, now)).await
    }

    async fn of_user(
        &self,
        issuer: &str,
        subject: &str,
        now: DateTime<Utc>,
    ) -> Result<Vec<SessionRecord>, StoreError> {
        let statement = format!(
            "SELECT {} FROM sessions WHERE issuer = ?1 AND subject = ?2 AND ended_reason IS NULL AND expires_at > ?3
             ORDER BY created_at DESC",
            rows::SELECTED
        );
        let found =
            with_timeout(self.0.read(&statement, &[issuer.into(), subject.into(), now.into()])).await?;
        found.iter().map(rows::record).collect()
    }

    async fn count_live(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let statement =
            "SELECT count(*) AS live FROM sessions WHERE expires_at > ?1 AND ended_reason IS NULL";
        let found = with_timeout(self.0.read(statement, &[now.into()])).await?;
        let live = found.first().map(|row| SqlRow::int(row, "live")).transpose()?.flatten();
        Ok(live.and_then(|live| u64::try_from(live).ok()).unwrap_or_default())
    }

    /// Has no time limit, because no visitor waits for a sweep.
    async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let mut gone = 0;
        for (statement, before) in [
            ("DELETE FROM sessions WHERE expires_at <= ?1", now - ENDED_RETENTION),
            ("DELETE FROM tombstones WHERE expires_at <= ?1", now),
            ("DELETE FROM used_states WHERE expires_at <= ?1", now),
            ("DELETE FROM grants WHERE expires_at <= ?1", now - EXPIRED_GRANT_RETENTION),
            ("DELETE FROM outbox WHERE give_up_at <= ?1", now),
            ("DELETE FROM app_origins WHERE expires_at <= ?1", now),
        ] {
            gone += self.0.execute(statement, &[before.into()]).await?;
        }
        self.0.after_sweep().await;
        Ok(gone)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        with_timeout(self.0.read("SELECT key FROM sessions LIMIT 1", &[])).await.map(drop)
    }
}
