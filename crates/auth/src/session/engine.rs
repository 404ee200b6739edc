//! The sessions of an app: combines store, cache, policy, clock and keys. This file begins and extends
//! sessions.

use super::{
    AppDataType, Session, SessionKey, SessionPolicy, SessionRecord, Tokens, User, app_data::NO_DATA,
    cache::SessionCache, hooks::Hooks, tokens::SealedTokens,
};
use crate::{
    clock::Clock,
    cookie::SessionId,
    events::{BusMessage, SessionEvent},
    flow_trace::{self, StepKind},
    metrics::Metrics,
    random::Random,
    seal::{Keyring, Purpose, UnsealError},
    store::{CreateError, Store, StoreError, Touch},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};
use std::sync::Arc;
use tokio::sync::broadcast;

/// Longest `User-Agent` that is kept, in characters.
const MAX_USER_AGENT: usize = 300;

/// A verified sign-in that is about to become a session.
#[derive(Debug)]
pub struct NewSession {
    /// The provider's id.
    pub(crate) provider: String,
    /// `iss`.
    pub(crate) issuer: String,
    /// `sub`.
    pub(crate) subject: String,
    /// `sid`.
    pub(crate) sid: Option<String>,
    /// When the provider issued the ID token.
    pub(crate) issued_at: DateTime<Utc>,
    /// When the sign-in began, by this app's clock. A logout after that wins over the sign-in.
    pub(crate) begun_at: DateTime<Utc>,
    /// Whether the sign-in started without the user's request. Then any logout that is still remembered wins.
    pub(crate) is_automatic: bool,
    /// Identity's reference for the browser.
    pub(crate) browser: Option<String>,
    /// The user.
    pub(crate) user: User,
    /// What the provider says about the user, verified.
    pub(crate) claims: Map<String, Value>,
    /// The provider's tokens.
    pub(crate) tokens: Tokens,
    /// When the session ends at the latest, if another session (identity's) sets a limit.
    pub(crate) ends_by: Option<DateTime<Utc>>,
}

/// The sessions of this app.
#[derive(Clone)]
pub struct Sessions {
    pub(crate) store: Arc<dyn Store>,
    pub(super) cache: Arc<SessionCache>,
    pub(crate) keyring: Keyring,
    pub(super) policy: SessionPolicy,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) hooks: Arc<Hooks>,
    app_data: Option<AppDataType>,
    pub(super) metrics: Metrics,
}

impl Sessions {
    /// Creates the sessions in `store`.
    #[must_use]
    pub(crate) fn new(
        (store, metrics): (Arc<dyn Store>, Metrics),
        keyring: Keyring,
        policy: SessionPolicy,
        clock: Clock,
        random: Random,
        hooks: Arc<Hooks>,
        app_data: Option<AppDataType>,
    ) -> Self {
        let cache = Arc::new(SessionCache::new(policy.cache_age));
        Self { store, cache, keyring, policy, clock, random, hooks, app_data, metrics }
    }

    /// Wraps a loaded record for handlers.
    #[must_use]
    pub fn session(&self, key: SessionKey, record: Arc<SessionRecord>) -> Session {
        Session { key, record, app_data: self.app_data }
    }

    /// Whether the app's `sign_in` callback allows this sign-in.
    pub(crate) async fn allow(&self, new: &NewSession) -> bool {
        self.hooks.allows(new).await
    }

    /// Runs the app's `on_sign_in` hooks.
    pub(crate) fn notify_signed_in(&self, record: &SessionRecord) {
        self.hooks.signed_in(record);
    }

    /// Begins a session under a new id, whatever cookie the browser sent (session fixation). `user_agent` is
    /// the browser's `User-Agent`.
    ///
    /// # Errors
    /// A [`CreateError`]; no session begins.
    pub async fn begin(
        &self,
        new: NewSession,
        user_agent: Option<&str>,
    ) -> Result<(SessionId, SessionRecord), CreateError> {
        let now = self.clock.now();
        let id = SessionId::generate(&self.random);
        let key = id.key();
        let tokens_expire_at = new.tokens.access_expires_at;
        flow_trace::step(StepKind::SessionBegun);
        flow_trace::step(StepKind::SessionCookie);
        let traces = flow_trace::with_trace(Vec::new(), flow_trace::done());
        let sealed = SealedTokens { tokens: new.tokens, traces };
        let plain = serde_json::to_vec(&sealed).map_err(|error| StoreError(error.to_string()))?;
        let own_limit = self.policy.absolute_expires_at(now);
        let absolute_expires_at = new.ends_by.map_or(own_limit, |limit| limit.min(own_limit));
        let record = SessionRecord {
            public_id: self.random.token(),
            user: new.user,
            provider: new.provider,
            issuer: new.issuer,
            subject: new.subject,
            sid: new.sid,
            issued_at: new.issued_at,
            begun_at: new.begun_at,
            browser: new.browser,
            created_at: now,
            last_seen_at: now,
            checked_at: now,
            expires_at: self.policy.retained_until(now, absolute_expires_at),
            absolute_expires_at,
            data: NO_DATA.to_owned(),
            tokens_expire_at,
            user_agent: user_agent.map(|name| name.chars().take(MAX_USER_AGENT).collect()),
            sealed_tokens: self.keyring.seal(Purpose::Tokens, key.as_bytes(), &plain),
        };
        let refused_since = if new.is_automatic { DateTime::UNIX_EPOCH } else { record.begun_at };
        self.store.create(&key, &record, refused_since).await?;
        flow_trace::moved();
        self.metrics.session_begun();
        Ok((id, record))
    }

    /// Drops the cached session in this process, and tells the other processes. Await this before the request
    /// is answered.
    pub(crate) async fn publish(&self, event: SessionEvent) {
        event.key().iter().for_each(|key| self.cache.forget(key));
        if let Err(error) = self.store.publish(event).await {
            // Other processes load the session again within seconds anyway.
            tracing::warn!(%error, "session event not published");
        }
    }

    /// Whether the last recorded activity is old enough for the next record.
    pub(crate) fn is_touch_due(&self, record: &SessionRecord) -> bool {
        self.clock.now() - record.last_seen_at >= self.policy.write_interval()
    }

    /// Whether the session must be checked with the provider again (`AUTH_REVALIDATE_INTERVAL`).
    pub(crate) fn is_check_due(&self, key: &SessionKey, record: &SessionRecord) -> bool {
        self.policy.is_check_due(record.checked_at, key.as_bytes()[1], self.clock.now())
    }

    /// Whether this session must be checked with the provider before a request may use it
    /// (`AUTH_MAX_UNCHECKED_AGE`).
    pub(crate) fn is_unchecked_too_long(&self, record: &SessionRecord) -> bool {
        self.policy.is_unchecked_too_long(record.checked_at, self.clock.now())
    }

    /// Drops the cached session in this process, so that the next lookup asks the store.
    pub(crate) fn forget(&self, key: &SessionKey) {
        self.cache.forget(key);
    }

    /// Records user activity and extends the session, at most once per [`SessionPolicy::write_interval`].
    /// Returns the record with the new times if something was written; then the cookie's age must be renewed
    /// too.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn touch(
        &self,
        key: &SessionKey,
        record: &SessionRecord,
    ) -> Result<Option<SessionRecord>, StoreError> {
        if !self.is_touch_due(record) {
            return Ok(None);
        }
        self.see(key, record, self.clock.now(), self.policy.write_interval()).await
    }

    /// Records that the user was active at `seen_at`, unless activity was recorded within `interval` before
    /// that.
    pub(super) async fn see(
        &self,
        key: &SessionKey,
        record: &SessionRecord,
        seen_at: DateTime<Utc>,
        interval: TimeDelta,
    ) -> Result<Option<SessionRecord>, StoreError> {
        let retained_until = self.policy.retained_until(seen_at, record.absolute_expires_at);
        let touch = Touch { seen_at, now: self.clock.now(), expires_at: retained_until, interval };
        let written = self.store.touch(key, touch).await;
        self.cache.forget(key);
        if !written? {
            return Ok(None);
        }
        // All apps and tabs that share the session count the idle time from this activity.
        self.publish(SessionEvent::Seen(*key)).await;
        let expires_at = self.policy.expires_at(seen_at, record.absolute_expires_at);
        Ok(Some(SessionRecord { last_seen_at: seen_at, expires_at, ..record.clone() }))
    }

    /// Returns the outcome of a change. After an error the outcome is unknown, so the cached session is
    /// dropped.
    pub(super) fn forget_on_error<T>(
        &self,
        key: &SessionKey,
        outcome: Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        outcome.inspect_err(|_| self.cache.forget(key))
    }

    /// Unseals the provider's tokens of a session.
    ///
    /// # Errors
    /// [`UnsealError`] when `AUTH_SECRET` was replaced without keeping the old secret.
    pub fn tokens(&self, key: &SessionKey, record: &SessionRecord) -> Result<Tokens, UnsealError> {
        self.sealed(key, record).map(|sealed| sealed.tokens)
    }

    /// Unseals the tokens and the traces of a session.
    pub(crate) fn sealed(
        &self,
        key: &SessionKey,
        record: &SessionRecord,
    ) -> Result<SealedTokens, UnsealError> {
        let plain = self.keyring.open(Purpose::Tokens, key.as_bytes(), &record.sealed_tokens)?;
        serde_json::from_slice(&plain).map_err(|_| UnsealError)
    }

    /// Returns the cookie's `Max-Age`, in seconds, for a session that is active now: as long as the store
    /// keeps the session.
    #[must_use]
    pub fn cookie_seconds(&self, record: &SessionRecord) -> i64 {
        let now = self.clock.now();
        (self.policy.retained_until(now, record.absolute_expires_at) - now).num_seconds().max(0)
    }

    /// Maximum lifetime of a session, in seconds.
    #[must_use]
    pub fn longest_seconds(&self) -> i64 {
        self.policy.absolute_age.num_seconds()
    }

    /// Marks a single-use id as used until `expires_at`. Returns `false` if the id was used before.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn use_id(&self, id: &[u8; 32], expires_at: DateTime<Utc>) -> Result<bool, StoreError> {
        self.store.mark_used(id, expires_at).await
    }

    /// Whether a single-use id was used.
    pub(crate) async fn is_used(&self, id: &[u8; 32]) -> Result<bool, StoreError> {
        self.store.is_used(id).await
    }

    /// Checks that the store answers.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.store.ping().await
    }

    /// Subscribes to the session events of all processes on this store.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<BusMessage> {
        self.store.subscribe()
    }

    /// Does the background work until the future is dropped: listens to the bus, and sweeps the store every
    /// five minutes.
    pub async fn run_in_background(&self) {
        let listening = self.cache.clone().listen(self.store.subscribe());
        tokio::join!(listening, self.sweep_forever());
    }

    async fn sweep_forever(&self) {
        let mut ticks = tokio::time::interval(std::time::Duration::from_secs(300));
        loop {
            ticks.tick().await;
            match self.store.sweep(self.clock.now()).await {
                Ok(0) => {}
                Ok(rows) => tracing::debug!(rows, "swept the session store"),
                Err(error) => tracing::warn!(%error, "could not sweep the session store"),
            }
        }
    }
}
