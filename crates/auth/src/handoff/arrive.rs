//! Turns a verified handoff into a session, or asks the visitor first.

use super::{
    FailureCause, HandoffError, HandoffSession, HandoffUser, confirmation,
    verify::{new_session, provider_of},
};
use crate::{
    Auth,
    cookie::{CookieKind, set_cookies},
    flow::FlowError,
    flow_trace,
    grants::hash_of,
    origin::Origin,
    session::{Session, SessionState},
    sign_in::begin_session,
    silent,
    store::{GrantKind, StoreError},
};
use axum::response::AppendHeaders;
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

/// How long a visitor may take to choose a user.
const CONFIRMATION_LIFETIME: TimeDelta = TimeDelta::minutes(5);

/// The request that brought a handoff.
pub(super) struct HandoffRequest<'r> {
    pub(super) origin: Origin,
    pub(super) current: SessionState<Session>,
    pub(super) headers: &'r HeaderMap,
}

/// A verified handoff.
#[derive(Serialize, Deserialize)]
pub(super) struct Handoff {
    pub(super) session: HandoffSession,
    pub(super) user: HandoffUser,
    /// When the sign-in behind the handoff began, by this app's clock.
    pub(super) begun_at: DateTime<Utc>,
    /// Where the visitor goes afterwards; a checked path.
    pub(super) return_to: String,
}

/// The outcome of a verified handoff: the visitor is signed in, or must choose a user.
#[derive(Debug)]
#[must_use = "the session is in the cookies"]
pub struct HandoffOutcome {
    pub(super) cookies: Vec<HeaderValue>,
    ask_at: Option<String>,
}

impl HandoffOutcome {
    /// Returns where to redirect the visitor: to `wanted`, a path of this app, or to the confirmation page if
    /// another user is signed in here.
    #[must_use]
    pub fn location(&self, wanted: &str) -> String {
        self.ask_at.clone().unwrap_or_else(|| wanted.to_owned())
    }

    /// Whether another user is signed in here, so that the visitor must choose a user.
    #[must_use]
    pub fn needs_confirmation(&self) -> bool {
        self.ask_at.is_some()
    }

    /// Returns the cookies that the answer must set.
    pub fn into_cookies(self) -> AppendHeaders<impl Iterator<Item = (HeaderName, HeaderValue)>> {
        set_cookies(self.cookies)
    }

    /// Decides by the session that the browser has at this app:
    ///
    /// - no session: begins a session
    /// - the same user and the same provider session: keeps that session
    /// - the same user with another provider session: begins a session, which replaces that session
    /// - another user: asks the visitor
    pub(super) async fn decide(
        auth: &Auth,
        arrival: &HandoffRequest<'_>,
        handoff: Handoff,
        cookies: Vec<HeaderValue>,
    ) -> Result<Self, HandoffError> {
        // Refuse an unknown provider before the visitor is asked.
        provider_of(auth, &handoff.session, &handoff.user)?;
        let Handoff { session, .. } = &handoff;
        if let SessionState::SignedIn(current) = &arrival.current {
            let record = &current.record;
            if record.issuer != session.iss || record.subject != session.sub {
                return Self::ask(auth, arrival, &handoff, cookies).await;
            }
            if record.sid == session.sid {
                // Keep the session: unlike a handed-over session, it may have tokens.
                tracing::info!(session = record.public_id, "handoff skipped: the user is already signed in");
                flow_trace::finish();
                return Ok(Self { cookies, ask_at: None });
            }
        }
        Self::sign_in(auth, arrival, handoff, cookies).await
    }

    /// Begins the session.
    pub(super) async fn sign_in(
        auth: &Auth,
        arrival: &HandoffRequest<'_>,
        handoff: Handoff,
        mut cookies: Vec<HeaderValue>,
    ) -> Result<Self, HandoffError> {
        let HandoffRequest { origin, current, headers } = arrival;
        let new = new_session(auth, handoff.session, handoff.begun_at, &handoff.user)?;
        let (id, record) = begin_session(auth, current.session(), headers, new).await.map_err(failed)?;
        tracing::info!(provider = record.provider, session = record.public_id, "signed in by handoff");
        let seconds = auth.sessions().cookie_seconds(&record);
        let jar = auth.cookies(origin, headers);
        cookies.push(jar.set(CookieKind::Session, &id.expose(), Some(seconds)));
        cookies.extend(silent::clear_marks(jar));
        Ok(Self { cookies, ask_at: None })
    }

    /// Asks the visitor, because another user is signed in. The token is used up, so the store keeps the
    /// handoff for this browser until the visitor answers.
    async fn ask(
        auth: &Auth,
        arrival: &HandoffRequest<'_>,
        handoff: &Handoff,
        mut cookies: Vec<HeaderValue>,
    ) -> Result<Self, HandoffError> {
        let state = auth.random().token();
        let about = serde_json::to_vec(handoff).map_err(|error| StoreError(error.to_string()));
        let about = about.map_err(|cause| not_saved(&cause))?;
        let audience = arrival.origin.to_string();
        let kept = auth
            .grants()
            .issue(GrantKind::PendingConfirmation, &audience, hash_of(&state), &about, CONFIRMATION_LIFETIME)
            .await;
        let name = handoff.user.name.clone().or_else(|| handoff.user.email.clone());
        let pending = confirmation::PendingHandoff {
            arrival: kept.map_err(|cause| not_saved(&cause))?,
            name: name.unwrap_or_else(|| "User".to_owned()),
            return_to: handoff.return_to.clone(),
        };
        let flow = auth
            .flows()
            .begin(&state, pending, auth.cookies(&arrival.origin, arrival.headers))
            .map_err(|cause| not_saved(&cause))?;
        cookies.extend(flow);
        flow_trace::bind(&state);
        Ok(Self { cookies, ask_at: Some(format!("/handoff/confirm?state={state}")) })
    }
}

fn not_saved(cause: &StoreError) -> HandoffError {
    tracing::error!(%cause, "handoff not saved");
    FailureCause::NotSaved.into()
}

/// Maps an error after the token was used up. Most errors get the same code, because the visitor must open
/// the app again.
fn failed(error: FlowError) -> HandoffError {
    match error {
        FlowError::Refused => HandoffError::Refused,
        FlowError::LoggedOutMeanwhile => FailureCause::LoggedOutMeanwhile.into(),
        FlowError::Store(cause) => not_saved(&cause),
        other => {
            tracing::error!(rule = %other, "verified handoff failed");
            FailureCause::NotSaved.into()
        }
    }
}
