//! Renews access tokens, with one request per session however many callers ask. A successful renewal also
//! proves that the provider still has the session.
//!
//! Within a process, callers share one attempt. Between processes, a lease in the store lets one process ask
//! the provider; the others wait for its result. New tokens are in the store before any caller uses them,
//! because the provider has already retired the old refresh token (RFC 9700 §4.14.2).
//!
//! In article 3, the browser checks every fifteen minutes whether the provider's session still exists
//! (`VERIFY_LOGIN_SESSION_INTERVAL`). Here the server checks, for sessions in use. A refresh token is
//! valid for as long as the provider's session, so a refresh is the check. Without a refresh token, the
//! server asks `/userinfo`.

mod backoff;
mod due;

use crate::{
    clock::Clock,
    events::SessionEvent,
    flow::FlowError,
    flow_trace::{self, FlowKind, FlowTrace, FlowTraces, StepKind},
    metrics::{Metrics, RefreshResult},
    provider::{Provider, Refreshed, TokenStatus},
    request_id::carry,
    seal::Purpose,
    session::{SealedTokens, Session, SessionKey, SessionRecord, Sessions, Tokens},
    store::{LeaseOwner, NewTokens, SessionState, StoreError},
};
use auth_types::EndReason;
use backoff::Backoff;
use chrono::{DateTime, TimeDelta, Utc};
use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use secrecy::SecretString;
use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::{Semaphore, watch};

/// How much longer an attempt may hold the lease than the token endpoint may take to answer.
const LEASE_MARGIN: TimeDelta = TimeDelta::seconds(15);
/// How long a request waits for an attempt. The attempt continues after that.
const WAIT: Duration = Duration::from_secs(5);
/// Maximum concurrent attempts at one provider.
const PER_PROVIDER: usize = 64;
/// How often a process checks whether another process has finished.
const LEASE_POLL_INTERVAL: Duration = Duration::from_millis(50);
/// How long a result is shared with callers that come late.
const RESULT_SHARED_FOR: Duration = Duration::from_secs(2);

/// Why there is no fresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefreshError {
    /// The session has ended: the user signed out, or the provider refused the refresh token.
    #[error("session_ended")]
    Ended,
    /// The provider issued no refresh token (optional by RFC 6749 §1.5), or identity handed the session
    /// over without any tokens.
    #[error("no_refresh_token")]
    NoRefreshToken,
    /// The provider does not answer, or is in backoff. The session continues.
    #[error("provider_unavailable")]
    ProviderUnavailable,
    /// The store does not answer.
    #[error("session_unavailable")]
    StoreUnavailable,
}

impl From<StoreError> for RefreshError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "session store unavailable during refresh");
        Self::StoreUnavailable
    }
}

type Outcome = Result<Option<DateTime<Utc>>, RefreshError>;
type Attempt = Shared<BoxFuture<'static, Outcome>>;

/// Renews access tokens.
#[derive(Clone)]
pub struct Refresher(Arc<Inner>);

struct Inner {
    sessions: Sessions,
    providers: Arc<[Provider]>,
    clock: Clock,
    metrics: Metrics,
    attempts: Mutex<HashMap<SessionKey, Attempt>>,
    /// Sessions in backoff after a failed attempt.
    backoff: Backoff,
    /// Permits for concurrent attempts, one semaphore per provider.
    permits: Vec<Arc<Semaphore>>,
    /// The number of attempts under way.
    under_way: watch::Sender<usize>,
    /// Records the steps of attempts, while `AUTH_FLOW_TRACE` is on.
    traces: Option<FlowTraces>,
}

impl Refresher {
    /// Creates a refresher for `sessions` whose tokens come from `providers`.
    #[must_use]
    pub(crate) fn new(
        sessions: Sessions,
        providers: Arc<[Provider]>,
        clock: Clock,
        metrics: Metrics,
        traces: Option<FlowTraces>,
    ) -> Self {
        let (attempts, backoff) = (Mutex::default(), Backoff::default());
        let permits = providers.iter().map(|_| Arc::new(Semaphore::new(PER_PROVIDER))).collect();
        let under_way = watch::Sender::new(0);
        Self(Arc::new(Inner {
            sessions,
            providers,
            clock,
            metrics,
            attempts,
            backoff,
            permits,
            under_way,
            traces,
        }))
    }

    /// Returns an access token that stays valid for a while, for a call to one of the provider's APIs.
    ///
    /// # Errors
    /// A [`RefreshError`]. After [`RefreshError::ProviderUnavailable`] the old token may still be valid.
    pub async fn access_token(&self, session: &Session) -> Result<SecretString, RefreshError> {
        if due::is_due(&session.key, &session.record, self.0.clock.now()) {
            self.renew(session).await?;
        }
        let key = &session.key;
        let SessionState::SignedIn(record) = self.0.sessions.store.load(key, self.0.clock.now()).await?
        else {
            return Err(RefreshError::Ended);
        };
        let tokens = self.0.sessions.tokens(key, &record).map_err(|_| RefreshError::Ended)?;
        tokens.access_token.ok_or(RefreshError::NoRefreshToken)
    }

    /// Starts a renewal in the background if the access token is about to expire, or if the last check with
    /// the provider is too old (`AUTH_REVALIDATE_INTERVAL`).
    pub fn renew_if_due(&self, session: &Session) {
        let is_due = due::is_due(&session.key, &session.record, self.0.clock.now())
            || self.0.sessions.is_check_due(&session.key, &session.record);
        if is_due && self.0.backoff.of(&session.key, self.0.clock.now()).is_none() {
            tokio::spawn(carry(self.attempt(session)));
        }
    }

    /// Does the same as [`renew_if_due`](Self::renew_if_due) for requests that a tab makes on a timer, but
    /// only if the user was active recently.
    pub fn renew_if_user_active(&self, session: &Session) {
        if self.is_user_active(session) {
            self.renew_if_due(session);
        }
    }

    /// Whether the session's user was active recently.
    pub(crate) fn is_user_active(&self, session: &Session) -> bool {
        due::is_user_active(&session.record, self.0.clock.now())
    }

    /// Waits until no attempt is under way. Call this at shutdown, so that no rotated token is lost.
    pub async fn finish(&self) {
        // `self` keeps the sender alive, so this cannot fail.
        let _ = self.0.under_way.subscribe().wait_for(|under_way| *under_way == 0).await;
    }

    /// Renews now, and returns when the new access token expires, if the provider said. Callers that come
    /// during a renewal, or just after, share its result.
    ///
    /// # Errors
    /// A [`RefreshError`].
    pub async fn renew(&self, session: &Session) -> Outcome {
        let attempt = self.attempt(session);
        tokio::time::timeout(WAIT, attempt).await.unwrap_or(Err(RefreshError::ProviderUnavailable))
    }

    fn attempt(&self, session: &Session) -> Attempt {
        let mut attempts = lock(&self.0.attempts);
        if let Some(attempt) = attempts.get(&session.key) {
            return attempt.clone();
        }
        let (inner, session) = (self.0.clone(), session.clone());
        let key = session.key;
        let attempt = async move {
            let _under_way = InFlightAttempt::begin(&inner.under_way);
            inner.run_traced(&session).await
        };
        let attempt = carry(attempt).boxed().shared();
        attempts.insert(key, attempt.clone());
        drop(attempts);
        // A separate task: if the caller goes away, rotated tokens must still be saved.
        let (inner, running) = (self.0.clone(), attempt.clone());
        tokio::spawn(async move {
            // After a panic too, the next caller must get a new attempt.
            let outcome = AssertUnwindSafe(running).catch_unwind().await;
            if outcome.is_ok_and(|outcome| outcome.is_ok()) {
                tokio::time::sleep(RESULT_SHARED_FOR).await;
            }
            lock(&inner.attempts).remove(&key);
        });
        attempt
    }
}

/// Counts an attempt as under way until dropped.
struct InFlightAttempt(watch::Sender<usize>);

impl InFlightAttempt {
    fn begin(under_way: &watch::Sender<usize>) -> Self {
        under_way.send_modify(|count| *count += 1);
        Self(under_way.clone())
    }
}

impl Drop for InFlightAttempt {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Inner {
    async fn run_traced(&self, session: &Session) -> Outcome {
        let Some(traces) = &self.traces else { return self.run(session).await };
        let attempt = async {
            flow_trace::begin(FlowKind::Refresh);
            self.run(session).await
        };
        traces.background_recorder().scope(attempt).await
    }

    async fn run(&self, session: &Session) -> Outcome {
        if let Some(error) = self.backoff.of(&session.key, self.clock.now()) {
            return Err(error);
        }
        let mut with_room = self.providers.iter().zip(&self.permits);
        let (provider, permits) = with_room
            .find(|(provider, _)| provider.config.id == session.record.provider)
            .ok_or(RefreshError::NoRefreshToken)?;
        let permits = permits.clone().acquire_owned();
        let Ok(Ok(_room)) = tokio::time::timeout(WAIT, permits).await else {
            tracing::warn!(provider = provider.config.id, "too many refreshes at once; refresh postponed");
            return Err(RefreshError::ProviderUnavailable);
        };
        let owner = self.sessions.random.bytes();
        let limit = TimeDelta::from_std(provider.config.token_timeout).unwrap_or(LEASE_MARGIN);
        let deadline = self.clock.now() + limit + LEASE_MARGIN;
        // Real time limits the wait, not the clock for session times, which tests may stop.
        for _ in 0..WAIT.as_millis() / LEASE_POLL_INTERVAL.as_millis() {
            if self.sessions.store.lease_refresh(&session.key, &owner, self.clock.now(), deadline).await? {
                return self.with_lease(session, provider, &owner).await;
            }
            tokio::time::sleep(LEASE_POLL_INTERVAL).await;
            let now = self.load(&session.key).await?;
            if was_renewed(&session.record, &now) {
                return Ok(now.tokens_expire_at);
            }
        }
        Err(RefreshError::ProviderUnavailable)
    }

    async fn load(&self, key: &SessionKey) -> Result<Box<SessionRecord>, RefreshError> {
        match self.sessions.store.load(key, self.clock.now()).await? {
            SessionState::SignedIn(record) => Ok(record),
            SessionState::SignedOut(_) => Err(RefreshError::Ended),
        }
    }

    async fn with_lease(&self, session: &Session, provider: &Provider, owner: &LeaseOwner) -> Outcome {
        let outcome = self.ask(session, provider, owner).await;
        if outcome.is_err() {
            // If the attempt succeeded, `set_tokens` has already released the lease.
            self.sessions.store.release_refresh(&session.key, owner, None).await?;
        }
        match outcome {
            Err(error @ (RefreshError::ProviderUnavailable | RefreshError::NoRefreshToken)) => {
                self.backoff.begin(session.key, error, self.clock.now());
            }
            _ => {
                self.backoff.end(&session.key);
            }
        }
        outcome
    }

    async fn ask(&self, session: &Session, provider: &Provider, owner: &LeaseOwner) -> Outcome {
        let key = &session.key;
        let record = self.load(key).await?;
        // Another process renewed the session before this attempt got the lease.
        if was_renewed(&session.record, &record) {
            self.sessions.store.release_refresh(key, owner, None).await?;
            return Ok(record.tokens_expire_at);
        }
        let SealedTokens { tokens, traces } =
            self.sessions.sealed(key, &record).map_err(|_| RefreshError::NoRefreshToken)?;
        let Some(refresh_token) = tokens.refresh_token.as_ref() else {
            self.check(key, &record, &tokens, provider, owner).await?;
            return Err(RefreshError::NoRefreshToken);
        };
        match provider.refresh(refresh_token, &record).await {
            Ok(refreshed) => {
                let saved = self.save(key, owner, (tokens, traces), refreshed).await;
                let result = if saved.is_ok() { RefreshResult::Success } else { RefreshResult::NotSaved };
                self.metrics.refreshed(&provider.config.id, result);
                let saved = saved?;
                tracing::info!(session = record.public_id, "access token renewed");
                self.sessions.hooks.refreshed(&record, saved);
                Ok(saved)
            }
            // The grant was revoked, or belongs to another user.
            Err(error @ (FlowError::InvalidGrant | FlowError::AnotherUser)) => {
                tracing::warn!(rule = %error, session = record.public_id, "refresh refused; ending the session");
                self.metrics.refreshed(&provider.config.id, RefreshResult::Refused);
                let is_check = self.sessions.is_check_due(key, &record);
                self.end(key, if is_check { EndReason::Revoked } else { EndReason::Expired }).await
            }
            // Every other error may be temporary, so the session continues.
            Err(error) => {
                self.metrics.refreshed(&provider.config.id, RefreshResult::Unavailable);
                tracing::warn!(rule = %error, session = record.public_id, "refresh failed; retrying later");
                Err(RefreshError::ProviderUnavailable)
            }
        }
    }

    /// Checks a session without a refresh token: asks the provider with the access token,
    /// while that token is valid.
    async fn check(
        &self,
        key: &SessionKey,
        record: &SessionRecord,
        tokens: &Tokens,
        provider: &Provider,
        owner: &LeaseOwner,
    ) -> Result<(), RefreshError> {
        let now = self.clock.now();
        if !self.sessions.is_check_due(key, record) {
            return Ok(());
        }
        // An access token that has expired, or may have, proves nothing. A token without an expiry counts as
        // valid for plain OAuth 2.0 only.
        //
        // A handed-over session has no token and cannot be revalidated. It ends at its expiry, at a logout,
        // or after `AUTH_MAX_UNCHECKED_AGE`.
        let never_ends = !provider.is_oidc();
        let is_good = tokens.access_expires_at.map_or(never_ends, |end| end - now > due::LEAD);
        let check_access_token = match tokens.access_token.as_ref().filter(|_| is_good) {
            Some(access_token) => provider.check_access_token(access_token).await,
            None => TokenStatus::NoUserinfo,
        };
        match check_access_token {
            TokenStatus::Active => {}
            TokenStatus::NoUserinfo if !self.sessions.is_unchecked_too_long(record) => {}
            TokenStatus::NoUserinfo => {
                tracing::info!(
                    session = record.public_id,
                    "session reached its maximum unchecked age; ending the session"
                );
                return self.end(key, EndReason::Expired).await.map(|_| ());
            }
            TokenStatus::Unavailable => return Err(RefreshError::ProviderUnavailable),
            TokenStatus::Rejected => {
                tracing::warn!(session = record.public_id, "access token rejected; ending the session");
                return self.end(key, EndReason::Revoked).await.map(|_| ());
            }
        }
        self.sessions.store.release_refresh(key, owner, Some(now)).await?;
        self.sessions.forget(key);
        Ok(())
    }

    async fn end(&self, key: &SessionKey, reason: EndReason) -> Outcome {
        self.sessions.end(key, reason).await.map_err(RefreshError::from)?;
        Err(RefreshError::Ended)
    }

    async fn save(
        &self,
        key: &SessionKey,
        owner: &LeaseOwner,
        (old, traces): (Tokens, Vec<FlowTrace>),
        new: Refreshed,
    ) -> Outcome {
        let tokens = Tokens {
            access_token: Some(new.access_token),
            access_expires_at: new.access_expires_at,
            // Not every provider rotates refresh tokens.
            refresh_token: new.refresh_token.or(old.refresh_token),
            id_token: new.id_token.or(old.id_token),
        };
        let access_expires_at = tokens.access_expires_at;
        flow_trace::step(StepKind::TokensSaved);
        let traces = flow_trace::with_trace(traces, flow_trace::done());
        let sealed = SealedTokens { tokens, traces };
        let sealed = serde_json::to_vec(&sealed).map_err(|error| StoreError(error.to_string()))?;
        let sealed = self.sessions.keyring.seal(Purpose::Tokens, key.as_bytes(), &sealed);
        let new = NewTokens { sealed: &sealed, expire_at: access_expires_at };
        if !self.sessions.store.set_tokens(key, owner, new, self.clock.now()).await? {
            // The session has ended, or the lease ran out and another attempt holds it. Only the first is an end.
            self.load(key).await?;
            return Err(RefreshError::ProviderUnavailable);
        }
        self.sessions.publish(SessionEvent::Changed(*key)).await;
        Ok(access_expires_at)
    }
}

/// Whether the provider was asked between two loads of a session.
fn was_renewed(before: &SessionRecord, now: &SessionRecord) -> bool {
    (before.tokens_expire_at, before.checked_at) != (now.tokens_expire_at, now.checked_at)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
