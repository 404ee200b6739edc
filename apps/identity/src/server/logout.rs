//! Identity's part of single logout: takes logouts from the provider and from apps, and passes them on to
//! every registered app.

mod fan_out;
mod metrics;
mod token;

pub(crate) use fan_out::{FanOut, RetryPolicy};
#[cfg(test)]
pub(crate) use metrics::METRICS;

use super::{client::authenticate, registry::Registry};
use auth::{
    Auth, Refusal,
    limit::RateLimit,
    logout::{LogoutNotice, LogoutToken, is_identifier},
    origin::UniqueParams,
    routes::{Form, custom::receive_logout},
    store::{Logout, LogoutScope, LogoutTime, StoreError},
};
use axum::{Json, extract::State, response::IntoResponse};
use chrono::TimeDelta;
use http::{HeaderMap, StatusCode, header};
use std::sync::Arc;

/// `GET /.well-known/jwks.json`: the keys with which apps verify identity's logout tokens (RFC 7517 §5).
pub(super) async fn jwks(State(fan_out): State<FanOut>) -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "public, max-age=300")], Json(fan_out.keys().published()))
}

/// `POST /auth/backchannel-logout`: the provider reports that a session ended. Before it answers, identity
/// ends its own sessions and queues a logout token for every app.
///
/// # Errors
/// Those of [`receive_logout`].
pub(super) async fn backchannel_logout(
    State(auth): State<Auth>,
    State(fan_out): State<FanOut>,
    Form(form): Form,
) -> Result<impl IntoResponse, Refusal> {
    let notify = async |token: &LogoutToken, id: [u8; 32]| -> Result<(), StoreError> {
        let notice = LogoutNotice {
            provider_issuer: &token.provider_issuer,
            sid: token.sid.as_deref(),
            sub: token.sub.as_deref(),
            browser: None,
            happened_at: auth.clock().now(),
        };
        fan_out.enqueue_for_all(&id, notice).await
    };
    receive_logout(&auth, &form, notify).await
}

/// `POST /auth/logout`: an app reports a sign-out and asks identity to tell the other apps. Answers 202 once
/// a logout token is queued for every app.
///
/// The form contains:
/// - `iss` and `sid`; or `iss`, `sub` and `browser` if the provider has no `sid`
/// - `age`: milliseconds since the user signed out, 0 by default
/// - client authentication (`client_secret_basic` or `client_secret_post`, RFC 6749 §2.3.1)
///
/// `sub` alone is refused: an app speaks only for the browser in which it was used.
///
/// # Errors
/// 401 `invalid_client`; 403 `not_for_previews`; 429 `too_many_requests` for an app over its rate limit; 400 `invalid_request`; 503
/// when the store is down.
pub(super) async fn logout(
    State(auth): State<Auth>,
    State(fan_out): State<FanOut>,
    State(registry): State<Arc<Registry>>,
    State(requests): State<Arc<RateLimit<String>>>,
    headers: HeaderMap,
    Form(form): Form,
) -> Result<StatusCode, Refusal> {
    let in_form = form.get("client_id").zip(form.get("client_secret"));
    let client = authenticate(&registry, &headers, in_form)?;
    if client.preview.is_some() {
        tracing::warn!(rule = "not_for_previews", app = client.client_id, "logout request rejected");
        let sentence = "A preview may not sign users out of other apps.";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "not_for_previews", sentence));
    }
    requests
        .take(client.client_id.clone())
        .inspect_err(|rule| tracing::warn!(%rule, app = client.client_id, "logout request rate limited"))?;
    let (scope, notice) = read_notice(&auth, &form)?;
    end_and_tell(&auth, &fan_out, scope, notice).await?;
    tracing::info!(app = client.client_id, "global logout requested");
    Ok(StatusCode::ACCEPTED)
}

/// Reads the form of `POST /auth/logout`: the notice for the apps, and the sessions to end.
fn read_notice<'f>(
    auth: &Auth,
    form: &'f UniqueParams,
) -> Result<(LogoutScope<'f>, LogoutNotice<'f>), Refusal> {
    let invalid = |sentence: &'static str| Refusal::bad_request("invalid_request", sentence);
    let provider_issuer = form.get("iss").ok_or_else(|| invalid("iss is missing."))?;
    if !auth.providers().iter().any(|provider| provider.is_issuer_of(provider_issuer)) {
        return Err(invalid("iss must be one of the configured providers."));
    }
    let [sid, sub, browser] = ["sid", "sub", "browser"].map(|name| form.get(name));
    if [sid, sub, browser].into_iter().flatten().any(|value| !is_identifier(value)) {
        return Err(invalid("sid, sub and browser must have 1 to 255 characters."));
    }
    let age: u32 = form
        .get("age")
        .map_or(Ok(0), str::parse)
        .map_err(|_| invalid("age must be a whole number of milliseconds."))?;
    let happened_at = auth.clock().now() - TimeDelta::milliseconds(age.into());
    let notice = LogoutNotice { provider_issuer, sid, sub, browser, happened_at };
    let scope = notice
        .scope_in_browser()
        .ok_or_else(|| invalid("The form must name the session: sid, or sub and browser."))?;
    Ok((scope, notice))
}

async fn end_and_tell(
    auth: &Auth,
    fan_out: &FanOut,
    scope: LogoutScope<'_>,
    notice: LogoutNotice<'_>,
) -> Result<(), StoreError> {
    let until = LogoutTime::Begun(notice.happened_at);
    let logout = Logout { issuer: notice.provider_issuer, scope, until };
    auth.sessions().log_out(logout).await?;
    fan_out.enqueue_sign_out(notice).await
}
