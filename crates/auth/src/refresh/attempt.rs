//! One attempt to renew the tokens of a session: takes the lease, asks the provider, and saves the answer.

use super::{Inner, Outcome, RefreshError, WAIT, due};
use crate::{
    events::SessionEvent,
    flow::FlowError,
    flow_trace::{self, FlowKind, FlowTrace, StepKind},
    metrics::RefreshResult,
    provider::{Provider, Refreshed, TokenStatus},
    seal::Purpose,
    session::{SealedTokens, Session, SessionKey, SessionRecord, Tokens},
    store::{LeaseOwner, NewTokens, SessionState, StoreError},
};
use auth_types::EndReason;
use chrono::TimeDelta;
use std::time::Duration;

/// How much longer an attempt may hold the lease than the token endpoint may take to answer.
const LEASE_MARGIN: TimeDelta = TimeDelta::seconds(15);
/// How often a process checks whether another process has finished.
const LEASE_POLL_INTERVAL: Duration = Duration::from_millis(50);

impl Inner {
    pub(super) async fn run_traced(&self, session: &Session) -> Outcome {
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
