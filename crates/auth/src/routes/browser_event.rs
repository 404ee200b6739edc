//! `POST /auth/browser-event`: identity says that a user signed in in a browser ([`sign_in_events`]).
//!
//! [`sign_in_events`]: crate::sign_in_events

use super::Form;
use crate::{
    Auth, Refusal,
    events::SessionEvent,
    identity::message_from_identity,
    jws::TokenRule,
    last_provider,
    message::{MessageError, rule_error},
    sign_in_events::BrowserEvent,
    store::BrowserSignIn,
};
use axum::extract::State;
use http::StatusCode;
use sha2::{Digest, Sha256};

/// `POST /auth/browser-event`, form `event_token` (RFC 8417): answers 202 once the waiting tabs of that
/// browser are told, if there are any.
///
/// # Errors
/// 400 with the broken rule in `error_description`; 503 when the store or the keys are unavailable.
pub(super) async fn browser_event(State(auth): State<Auth>, Form(form): Form) -> Result<StatusCode, Refusal> {
    let now = auth.clock().now();
    let event = message_from_identity::<BrowserEvent>(&auth, &form).await?;
    let id = Sha256::digest(["browser event ", &event.jti].concat()).into();
    if !auth.sessions().use_id(&id, event.expires_at).await.map_err(MessageError::from)? {
        return Err(rule_error::<BrowserEvent>(TokenRule::Replayed).into());
    }
    let provider = event.provider.as_deref().map(last_provider::hash);
    let sign_in = BrowserSignIn { at: Some(now - event.age), provider };
    auth.sessions().publish(SessionEvent::SignedInBrowser(event.browser, sign_in)).await;
    Ok(StatusCode::ACCEPTED)
}
