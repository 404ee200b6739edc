//! Beginning, resolving, extending and ending sessions: the one place where store, policy, clock and
//! keys meet.

use super::{
    AppDataType, Session, SessionKey, SessionPolicy, SessionRecord, Tokens, User, app_data::NO_DATA,
    cache::SessionCache, hooks::Hooks,
};
use crate::{
    clock::Clock,
    cookie::SessionId,
    events::{BusMessage, SessionEvent},
    random::Random,
    seal::{Keyring, Purpose, UnsealError},
    store::{CreateError, Store, StoreError, Touch},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};
use std::sync::Arc;
use tokio::sync::broadcast;

/// Longest browser name that is kept, characters.
const MAX_USER_AGENT: usize = 300;

/// A finished sign-in, verified, on its way to becoming a session.
#[derive(Debug)]
pub struct NewSession {
    /// Provider's id.
    pub(crate) provider: String,
    /// `iss`.
    pub(crate) issuer: String,
    /// `sub`.
    pub(crate) subject: String,
    /// `sid`.
    pub(crate) sid: Option<String>,
    /// When the provider issued the ID token.
    pub(crate) issued_at: DateTime<Utc>,
    /// When the visitor began to sign in, by our clock: a logout since then wins.
    pub(crate) begun_at: DateTime<Utc>,
    /// Whether the user did not ask for this sign-in. Then any logout that is still remembered wins.
    pub(crate) is_automatic: bool,
    /// Identity's reference for the browser.
    pub(crate) browser: Option<String>,
    /// Who it is.
    pub(crate) user: User,
    /// What the provider says about them, verified.
    pub(crate) claims: Map<String, Value>,
    /// What the provider gave.
    pub(crate) tokens: Tokens,
    /// When the session ends at the latest, where another one sets its limit.
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
}

impl Sessions {
    /// Sessions in `store`.
    #[must_use]
    pub(crate) fn new(
        store: Arc<dyn Store>,
        keyring: Keyring,
        policy: SessionPolicy,
        clock: Clock,
        random: Random,
        hooks: Arc<Hooks>,
        app_data: Option<AppDataType>,
    ) -> Self {
        let cache = Arc::new(SessionCache::new(policy.cache_age));
        Self { store, cache, keyring, policy, clock, random, hooks, app_data }
    }

    /// A session that was looked up, as handlers get it.
    #[must_use]
    pub fn session(&self, key: SessionKey, record: Arc<SessionRecord>) -> Session {
        Session { key, record, app_data: self.app_data }
    }

    /// Whether the app lets this sign-in become a session.
    pub(crate) async fn allow(&self, new: &NewSession) -> bool {
        self.hooks.allows(new).await
    }

    /// Tells the app of a sign-in that is complete.
    pub(crate) fn notify_signed_in(&self, record: &SessionRecord) {
        self.hooks.signed_in(record);
    }

    /// Begins a session under a new id, whatever cookie the browser came with (session fixation).
    /// `user_agent` is how the browser names itself.
    ///
    /// # Errors
    /// [`CreateError`]; nothing is kept then.
    pub async fn begin(
        &self,
        new: NewSession,
        user_agent: Option<&str>,
    ) -> Result<(SessionId, SessionRecord), CreateError> {
        let now = self.clock.now();
        let id = SessionId::generate(&self.random);
        let key = id.key();
        let plain = serde_json::to_vec(&new.tokens).map_err(|error| StoreError(error.to_string()))?;
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
            tokens_expire_at: new.tokens.access_expires_at,
            user_agent: user_agent.map(|name| name.chars().take(MAX_USER_AGENT).collect()),
            sealed_tokens: self.keyring.seal(Purpose::Tokens, key.as_bytes(), &plain),
        };
        let refused_since = if new.is_automatic { DateTime::UNIX_EPOCH } else { record.begun_at };
        self.store.create(&key, &record, refused_since).await?;
        Ok((id, record))
    }

    /// Forgets what this process knows of a session, before anybody is answered, and tells the others.
    pub(crate) async fn publish(&self, event: SessionEvent) {
        event.key().iter().for_each(|key| self.cache.forget(key));
        if let Err(error) = self.store.publish(event).await {
            // The others look again within seconds anyway.
            tracing::warn!(%error, "an event could not be published");
        }
    }

    /// Whether the activity written down last is old enough for the next to be written.
    pub(crate) fn is_touch_due(&self, record: &SessionRecord) -> bool {
        self.clock.now() - record.last_seen_at >= self.policy.write_interval()
    }

    /// Whether the provider is to be asked again if it still stands by the session.
    pub(crate) fn is_check_due(&self, key: &SessionKey, record: &SessionRecord) -> bool {
        self.policy.is_check_due(record.checked_at, key.as_bytes()[1], self.clock.now())
    }

    /// Whether this session must be checked with the provider before a request may use it
    /// (`AUTH_MAX_UNCHECKED_AGE`).
    pub(crate) fn is_unchecked_too_long(&self, record: &SessionRecord) -> bool {
        self.policy.is_unchecked_too_long(record.checked_at, self.clock.now())
    }

    /// Has this process look a session up anew.
    pub(crate) fn forget(&self, key: &SessionKey) {
        self.cache.forget(key);
    }

    /// Writes user activity down, at most once a minute, and rolls the end. `Some` with the new times
    /// when something was written: then the cookie's age is renewed too.
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

    /// Writes down that the user was active at `seen_at`, unless activity was written down within `interval`
    /// before.
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
        // Apps that share the session count the same user's time, and so do all tabs.
        self.publish(SessionEvent::Seen(*key)).await;
        let expires_at = self.policy.expires_at(seen_at, record.absolute_expires_at);
        Ok(Some(SessionRecord { last_seen_at: seen_at, expires_at, ..record.clone() }))
    }

    /// What became of a change. When nobody can say, what was looked up before it is not to be believed.
    pub(super) fn known<T>(&self, key: &SessionKey, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        outcome.inspect_err(|_| self.cache.forget(key))
    }

    /// The provider's tokens of a session.
    ///
    /// # Errors
    /// [`UnsealError`] when `AUTH_SECRET` was replaced without keeping the old one.
    pub fn tokens(&self, key: &SessionKey, record: &SessionRecord) -> Result<Tokens, UnsealError> {
        let plain = self.keyring.open(Purpose::Tokens, key.as_bytes(), &record.sealed_tokens)?;
        serde_json::from_slice(&plain).map_err(|_| UnsealError)
    }

    /// For how many seconds from now the browser should keep the cookie of a session that was active just
    /// now: as long as the store keeps the session.
    #[must_use]
    pub fn cookie_seconds(&self, record: &SessionRecord) -> i64 {
        let now = self.clock.now();
        (self.policy.retained_until(now, record.absolute_expires_at) - now).num_seconds().max(0)
    }

    /// How long a session can last at most, seconds.
    #[must_use]
    pub fn longest_seconds(&self) -> i64 {
        self.policy.absolute_age.num_seconds()
    }

    /// Notes an id that may come once only, until `expires_at`; `false` when it came before.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn use_id(&self, id: &[u8; 32], expires_at: DateTime<Utc>) -> Result<bool, StoreError> {
        self.store.mark_used(id, expires_at).await
    }

    /// Whether an id was noted.
    pub(crate) async fn is_used(&self, id: &[u8; 32]) -> Result<bool, StoreError> {
        self.store.is_used(id).await
    }

    /// Whether the store answers.
    ///
    /// # Errors
    /// [`StoreError`] when it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.store.ping().await
    }

    /// What happens to sessions, in this process and the others on its store.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<BusMessage> {
        self.store.subscribe()
    }

    /// What goes on beside the requests, until the future is dropped: listening to the bus, and sweeping
    /// what is long over every few minutes.
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
