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

mod attempt;
mod backoff;
mod due;

use crate::{
    clock::Clock,
    flow_trace::FlowTraces,
    metrics::Metrics,
    provider::Provider,
    request_id::carry,
    session::{Session, SessionKey, Sessions},
    store::{SessionState, StoreError},
};
use backoff::Backoff;
use chrono::{DateTime, Utc};
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

/// How long a request waits for an attempt. The attempt continues after that.
const WAIT: Duration = Duration::from_secs(5);
/// Maximum concurrent attempts at one provider.
const PER_PROVIDER: usize = 64;
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

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
