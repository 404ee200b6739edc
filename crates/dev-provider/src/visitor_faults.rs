//! Failures that a visitor switches on for one browser, to see how the apps react.
//!
//! Unlike the [faults of tests](crate::faults), a visitor's failure never affects another browser. A cookie
//! names the failure of a browser. A sign-in copies this name into the session at the provider, because a token
//! request has no cookie: its code or refresh token leads to the session, and the session to the failure.

mod at_token;
mod page;

pub(crate) use page::{PATH, get, post, reminder};

use crate::DevProvider;
use crate::clock::later;
use crate::expiring_map::ExpiringMap;
use crate::random::{Fingerprint, fingerprint};
use crate::random_cookie::RandomCookie;
use axum::http::HeaderMap;
use chrono::{DateTime, Utc};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use url::Url;

const COOKIE: RandomCookie = RandomCookie { http: "provider.failure", https: "__Host-provider.failure" };
/// How long a failure stays on.
const TTL: Duration = Duration::from_secs(600);
/// Maximum number of failures; beyond it the oldest ends.
const FAILURES: usize = 10_000;
/// Delay of a token response under [`VisitorFault::SlowProvider`].
const DELAY: Duration = Duration::from_secs(3);
/// Maximum number of token responses that wait at once; beyond it a response is not delayed. Well below the number of
/// refreshes that an app has open at one provider, so that slow visitors cannot use up all of them.
const WAITING: usize = 16;
/// Longest address to go back to, bytes.
const MAX_BACK: usize = 512;

/// A failure that a visitor can switch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VisitorFault {
    /// The token endpoint waits for [`DELAY`] before it answers.
    SlowProvider,
    /// The token endpoint answers 503; the request has no effect.
    ProviderFails,
    /// The authorization endpoint refuses the redirect URI as unregistered.
    RefusedRedirectUri,
    /// The authorization endpoint answers `access_denied`, except to `prompt=none`: without a page no user can
    /// cancel.
    SignInCancelled,
    /// At the next refresh the provider has lost the session: `invalid_grant`. Then the failure is off.
    SessionLost,
}

/// Names a failure that is on, in a session at the provider.
pub(crate) type FaultId = Fingerprint;

/// The failure of a browser.
#[derive(Clone, Debug)]
pub(crate) struct ActiveFault {
    pub(crate) fault: VisitorFault,
    /// The page of an app that the visitor came from.
    pub(crate) back: Option<Url>,
}

/// All failures that are on.
#[derive(Debug)]
pub(crate) struct VisitorFaults {
    active: Mutex<ExpiringMap<FaultId, ActiveFault>>,
    waiting: Semaphore,
}

impl VisitorFaults {
    pub(crate) fn new() -> Self {
        Self { active: Mutex::new(ExpiringMap::new(FAILURES)), waiting: Semaphore::new(WAITING) }
    }

    /// Switches a failure on for [`TTL`]. Its id must be new.
    fn switch_on(&self, id: FaultId, active: ActiveFault, now: DateTime<Utc>) {
        self.active().insert(id, active, later(now, TTL), now);
    }

    fn switch_off(&self, id: &FaultId) {
        self.active().remove(id);
    }

    fn get(&self, id: &FaultId, now: DateTime<Utc>) -> Option<ActiveFault> {
        self.active().get(id, now).cloned()
    }

    /// Waits for [`DELAY`], unless [`WAITING`] responses wait already.
    async fn delay(&self) {
        if let Ok(_place) = self.waiting.try_acquire() {
            tokio::time::sleep(DELAY).await;
        }
    }

    fn active(&self) -> MutexGuard<'_, ExpiringMap<FaultId, ActiveFault>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DevProvider {
    /// Returns the failure that is on for the browser that sent these headers.
    pub(crate) fn fault_of_browser(&self, headers: &HeaderMap) -> Option<ActiveFault> {
        self.visitor_faults().get(&self.fault_id(headers)?, self.now())
    }

    /// Returns the id in a browser's cookie. The failure may have ended since.
    pub(crate) fn fault_id(&self, headers: &HeaderMap) -> Option<FaultId> {
        if !self.config().visitor_faults {
            return None;
        }
        COOKIE.read(self.config(), headers).map(|token| fingerprint(&token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use std::pin::{Pin, pin};
    use std::task::{Context, Waker};

    fn is_waiting(delay: Pin<&mut impl Future>) -> bool {
        delay.poll(&mut Context::from_waker(Waker::noop())).is_pending()
    }

    #[test]
    fn beyond_the_cap_the_oldest_failure_ends() {
        let (faults, random, now) = (VisitorFaults::new(), Random::seeded(1), DateTime::UNIX_EPOCH);
        let ids: Vec<FaultId> = (0..=FAILURES).map(|_| fingerprint(&random.token())).collect();
        for id in &ids {
            let active = ActiveFault { fault: VisitorFault::ProviderFails, back: None };
            faults.switch_on(*id, active, now);
        }
        let is_on: Vec<bool> = ids.iter().map(|id| faults.get(id, now).is_some()).collect();
        assert!(!is_on[0] && is_on[1..].iter().all(|is_on| *is_on));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_response_takes_three_seconds() {
        let before = tokio::time::Instant::now();
        VisitorFaults::new().delay().await;
        assert!(before.elapsed() >= Duration::from_secs(3));
    }

    #[tokio::test(start_paused = true)]
    async fn a_limited_number_of_responses_waits_at_once() {
        let faults = VisitorFaults::new();
        let mut waiting: Vec<_> = (0..WAITING).map(|_| Box::pin(faults.delay())).collect();
        assert!(waiting.iter_mut().all(|delay| is_waiting(delay.as_mut())));
        assert!(!is_waiting(pin!(faults.delay())), "one more is not delayed");
        // A client that does not wait for its response leaves a place.
        waiting.pop();
        assert!(is_waiting(pin!(faults.delay())));
        tokio::time::advance(DELAY).await;
        assert!(!waiting.iter_mut().any(|delay| is_waiting(delay.as_mut())));
    }
}
