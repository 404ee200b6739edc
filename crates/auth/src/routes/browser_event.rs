//! `POST /auth/browser-event`: identity says that somebody signed in in a browser (see
//! [`browser`](crate::sign_in_events)).

use super::Form;
use crate::{
    Auth,
    events::SessionEvent,
    provider::{KeyRequester, Unavailable},
    sign_in_events::{BrowserEvent, BrowserEventError},
    store::StoreError,
};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use sha2::{Digest, Sha256};

/// Why an event was not passed on.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    /// It broke a rule.
    #[error(transparent)]
    Event(#[from] BrowserEventError),
    /// Identity's keys are not to be had.
    #[error(transparent)]
    Keys(#[from] Unavailable),
    /// The store does not answer.
    #[error("session_unavailable")]
    Store(#[from] StoreError),
}

/// `POST /auth/browser-event`, form `event_token` (RFC 8417): 202 when the tabs that wait in that browser, if
/// there are any, are told.
///
/// # Errors
/// 400 with the rule it broke in `error_description`; 503 when store or keys are not to be had.
pub(super) async fn browser_event(State(auth): State<Auth>, Form(form): Form) -> Response {
    match receive(&auth, form.get("event_token")).await {
        Ok(()) => StatusCode::ACCEPTED.into_response(),
        Err(Refusal::Event(rule)) => {
            tracing::warn!(%rule, "a browser event was refused");
            let body = json!({ "error": "invalid_request", "error_description": rule.to_string() });
            (StatusCode::BAD_REQUEST, Json(body)).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a browser event could not be looked at");
            let retry_after = [(header::RETRY_AFTER, HeaderValue::from_static("5"))];
            let body = json!({ "error": "temporarily_unavailable", "error_description": error.to_string() });
            (StatusCode::SERVICE_UNAVAILABLE, retry_after, Json(body)).into_response()
        }
    }
}

async fn receive(auth: &Auth, text: Option<&str>) -> Result<(), Refusal> {
    let text = text.ok_or(BrowserEventError::Missing)?;
    let identity = auth.identity().as_ref().ok_or(BrowserEventError::Issuer)?;
    let issuer = identity.client().issuer.to_string();
    let audience = &identity.client().client_id;
    let needs_another_key = |error: &BrowserEventError| *error == BrowserEventError::UnknownKey;
    let verify = |jwks: &_| BrowserEvent::verify(text, &issuer, audience, jwks, auth.clock().now());
    let event = identity.keys().check(KeyRequester::Anybody, needs_another_key, verify).await??;
    let id = Sha256::digest(["browser event ", &event.jti].concat()).into();
    if !auth.sessions().use_id(&id, event.expires_at).await? {
        return Err(BrowserEventError::Replayed.into());
    }
    auth.sessions().publish(SessionEvent::SignedInBrowser(event.browser)).await;
    Ok(())
}
