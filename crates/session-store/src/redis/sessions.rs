//! Sessions in Redis. Each change is one script.

use super::{RedisStore, ask, rows, scripts};
use crate::{
    CreateError, LeaseOwner, Logout, LogoutScope, LogoutTime, NewData, NewTokens, SessionFilter, SessionKey,
    SessionRecord, SessionState, SessionStore, StoreError, TOMBSTONE_LIFETIME, TombstoneKey, Touch,
};
use ::redis::{AsyncCommands, FromRedisValue, ScriptInvocation};
use async_trait::async_trait;
use auth_types::EndReason;
use chrono::{DateTime, Utc};

/// How many keys one step of a sweep removes at most.
const SWEEP_STEP: usize = 500;

/// Selects the sessions of an index to end.
struct EndMany<'a> {
    index: String,
    which: (&'a str, &'a str),
    /// The key of the logout's tombstone, and the time of the logout.
    logout: Option<(String, LogoutTime)>,
}

impl RedisStore {
    async fn run<T: FromRedisValue + Send>(&self, script: &ScriptInvocation<'_>) -> Result<T, StoreError> {
        ask(script.invoke_async(&mut self.connection.clone())).await
    }

    async fn end_many(
        &self,
        many: EndMany<'_>,
        reason: EndReason,
        now: DateTime<Utc>,
    ) -> Result<Vec<SessionKey>, StoreError> {
        let (tomb, until) = many.logout.unwrap_or((String::new(), LogoutTime::Begun(now)));
        let (field, limit) = until.limit();
        let mut script = scripts::END_MANY.key(many.index);
        script
            .key(self.keys.expiry())
            .key(tomb)
            .key(self.keys.live())
            .arg(now.timestamp_millis())
            .arg(reason.as_str())
            .arg(many.which.0)
            .arg(many.which.1)
            .arg(field)
            .arg(limit.timestamp_millis())
            .arg(until.refuses_until(now).timestamp_millis())
            .arg(TOMBSTONE_LIFETIME.num_milliseconds());
        let ended: Vec<String> = self.run(&script).await?;
        let bad = || StoreError("invalid key".into());
        ended.iter().map(|name| self.keys.parse_session(name).ok_or_else(bad)).collect()
    }
}

#[async_trait]
impl SessionStore for RedisStore {
    async fn create(
        &self,
        key: &SessionKey,
        record: &SessionRecord,
        refused_since: DateTime<Utc>,
    ) -> Result<(), CreateError> {
        let keys = &self.keys;
        let (by_subject, by_provider_session) = keys.indices(record);
        let mut script = scripts::CREATE.prepare_invoke();
        script
            .key(keys.session(key))
            .key(by_subject)
            .key(by_provider_session)
            .key(keys.expiry())
            .key(keys.live());
        for tomb in TombstoneKey::of_record(record) {
            script.key(keys.tombstone(&record.issuer, &tomb));
        }
        script
            .arg(record.created_at.timestamp_millis())
            .arg(record.expires_at.timestamp_millis())
            .arg(record.absolute_expires_at.timestamp_millis())
            .arg(refused_since.timestamp_millis());
        for (name, value) in rows::values(record)? {
            script.arg(name).arg(value);
        }
        match self.run::<String>(&script).await?.as_str() {
            "created" => Ok(()),
            "buried" => Err(CreateError::LoggedOutMeanwhile),
            _ => Err(CreateError::Collision),
        }
    }

    async fn load(
        &self,
        key: &SessionKey,
        now: DateTime<Utc>,
    ) -> Result<SessionState<Box<SessionRecord>>, StoreError> {
        let row = ask(self.connection.clone().hmget(self.keys.session(key), &rows::FIELDS)).await?;
        rows::lookup(row, now)
    }

    async fn touch(&self, key: &SessionKey, touch: Touch) -> Result<bool, StoreError> {
        let mut script = scripts::TOUCH.key(self.keys.session(key));
        script
            .key(self.keys.expiry())
            .key(self.keys.live())
            .arg(touch.seen_at.timestamp_millis())
            .arg(touch.expires_at.timestamp_millis())
            .arg(touch.interval.num_milliseconds())
            .arg(touch.now.timestamp_millis());
        self.run(&script).await
    }

    async fn set_data(
        &self,
        key: &SessionKey,
        new: NewData<'_>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut script = scripts::SET_DATA.key(self.keys.session(key));
        script.arg(now.timestamp_millis()).arg(new.expected).arg(new.data);
        self.run(&script).await
    }

    async fn set_tokens(
        &self,
        key: &SessionKey,
        owner: &LeaseOwner,
        tokens: NewTokens<'_>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let expire_at = tokens.expire_at.map(|at| at.timestamp_millis().to_string());
        let mut script = scripts::SET_TOKENS.key(self.keys.session(key));
        script
            .arg(now.timestamp_millis())
            .arg(owner.as_slice())
            .arg(tokens.sealed)
            .arg(expire_at.unwrap_or_default());
        self.run(&script).await
    }

    async fn lease_refresh(
        &self,
        key: &SessionKey,
        owner: &LeaseOwner,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut script = scripts::LEASE.key(self.keys.session(key));
        script.arg(now.timestamp_millis()).arg(owner.as_slice()).arg(until.timestamp_millis());
        self.run(&script).await
    }

    async fn release_refresh(
        &self,
        key: &SessionKey,
        owner: &LeaseOwner,
        checked_at: Option<DateTime<Utc>>,
    ) -> Result<(), StoreError> {
        let mut script = scripts::RELEASE.key(self.keys.session(key));
        let checked_at = checked_at.map(|at| at.timestamp_millis().to_string());
        script.arg(owner.as_slice()).arg(checked_at.unwrap_or_default());
        self.run(&script).await
    }

    async fn end(&self, key: &SessionKey, reason: EndReason, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let mut script = scripts::END.key(self.keys.session(key));
        script.key(self.keys.expiry()).key(self.keys.live());
        script.arg(now.timestamp_millis()).arg(reason.as_str()).arg("");
        self.run(&script).await
    }

    async fn end_idle(
        &self,
        key: &SessionKey,
        last_seen_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut script = scripts::END.key(self.keys.session(key));
        script
            .key(self.keys.expiry())
            .key(self.keys.live())
            .arg(now.timestamp_millis())
            .arg(EndReason::Idle.as_str())
            .arg(last_seen_at.timestamp_millis());
        self.run(&script).await
    }

    async fn end_of_user(
        &self,
        issuer: &str,
        subject: &str,
        which: SessionFilter<'_>,
        reason: EndReason,
        now: DateTime<Utc>,
    ) -> Result<Vec<SessionKey>, StoreError> {
        let index = self.keys.of_subject(issuer, subject);
        let kept;
        let which = match which {
            SessionFilter::PublicId(id) => ("public_id", id),
            SessionFilter::AllBut(key) => {
                kept = self.keys.session(key);
                ("all_but", kept.as_str())
            }
        };
        self.end_many(EndMany { index, which, logout: None }, reason, now).await
    }

    async fn log_out(&self, logout: Logout<'_>, now: DateTime<Utc>) -> Result<Vec<SessionKey>, StoreError> {
        let (index, which) = match logout.scope {
            LogoutScope::ProviderSession(sid) => {
                (self.keys.of_provider_session(logout.issuer, sid), ("all", ""))
            }
            LogoutScope::Subject(subject) => (self.keys.of_subject(logout.issuer, subject), ("all", "")),
            LogoutScope::Browser { subject, browser } => {
                (self.keys.of_subject(logout.issuer, subject), ("browser", browser))
            }
        };
        let tomb = self.keys.tombstone(logout.issuer, &TombstoneKey::of(logout.scope));
        self.end_many(EndMany { index, which, logout: Some((tomb, logout.until)) }, EndReason::Revoked, now)
            .await
    }

    async fn of_user(
        &self,
        issuer: &str,
        subject: &str,
        now: DateTime<Utc>,
    ) -> Result<Vec<SessionRecord>, StoreError> {
        let mut script = scripts::OF_USER.key(self.keys.of_subject(issuer, subject));
        script.arg(now.timestamp_millis()).arg(&rows::FIELDS);
        let rows: Vec<rows::Row> = self.run(&script).await?;
        let mut records = rows.into_iter().map(rows::record).collect::<Result<Vec<_>, _>>()?;
        records.sort_by_key(|record| std::cmp::Reverse(record.created_at));
        Ok(records)
    }

    async fn count_live(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let after = format!("({}", now.timestamp_millis());
        ask(self.connection.clone().zcount(self.keys.live(), after, "+inf")).await
    }

    async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let mut swept = 0;
        loop {
            let mut script = scripts::SWEEP.key(self.keys.expiry());
            script.key(self.keys.live()).key(self.keys.waiting()).arg(now.timestamp_millis()).arg(SWEEP_STEP);
            let (due, gone): (usize, u64) = self.run(&script).await?;
            swept += gone;
            if due < SWEEP_STEP {
                return Ok(swept);
            }
        }
    }

    async fn ping(&self) -> Result<(), StoreError> {
        ask(::redis::cmd("PING").query_async(&mut self.connection.clone())).await
    }
}
