//! Single logout, identity's part: what the provider tells us goes on to every registered app.

mod fan_out;
mod token;

pub(crate) use fan_out::{FanOut, RetryPolicy};

use super::{client::authenticate, registry::Registry};
use auth::{
    Auth, error_page,
    limit::{RateLimit, too_many_requests},
    logout::{LogoutNotice, LogoutToken, is_identifier},
    origin::UniqueParams,
    routes::{Form, custom::receive_logout},
    store::{Logout, LogoutScope, LogoutTime, StoreError},
};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use chrono::TimeDelta;
use http::{HeaderMap, StatusCode, header};
use std::sync::Arc;

/// `GET /.well-known/jwks.json`: the keys that the apps check our logout tokens with (RFC 7517 §5).
pub(super) async fn jwks(State(fan_out): State<FanOut>) -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "public, max-age=300")], Json(fan_out.keys().published()))
}

/// `POST /auth/backchannel-logout`: the provider ended a session. Ours end, and the apps are noted down to
/// be told, before we answer.
///
/// # Errors
/// Those of [`receive_logout`].
pub(super) async fn backchannel_logout(
    State(auth): State<Auth>,
    State(fan_out): State<FanOut>,
    Form(form): Form,
) -> Response {
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

/// `POST /auth/logout`: a user signed out at a registered app, which asks us to tell the others. 202 once every app is
/// noted down to be told.
///
/// The form has `iss` and `sid`, or `iss`, `sub` and `browser` where the provider has no `sid`; `age`, the milliseconds
/// since the user signed out; and client authentication (`client_secret_basic` or `client_secret_post`, RFC 6749
/// §2.3.1). `sub` alone is refused: an app speaks only for the browser it was used in.
///
/// # Errors
/// 401 `invalid_client`; 429 `too_many_requests` for an app that asks too often; 400 `invalid_request`; 503 when the
/// store is down.
pub(super) async fn logout(
    State(auth): State<Auth>,
    State(fan_out): State<FanOut>,
    State(registry): State<Arc<Registry>>,
    State(requests): State<Arc<RateLimit<String>>>,
    headers: HeaderMap,
    Form(form): Form,
) -> Response {
    let in_form = form.get("client_id").zip(form.get("client_secret"));
    let client = match authenticate(&registry, &headers, in_form) {
        Ok(client) => client,
        Err(refused) => return refused,
    };
    if let Err(limit) = requests.take(client.client_id.clone()) {
        tracing::warn!(rule = %limit, app = client.client_id, "an app asks for too many logouts");
        return too_many_requests(&headers, limit);
    }
    let (scope, notice) = match read_notice(&auth, &form) {
        Ok(read) => read,
        Err(sentence) => {
            return error_page::refuse(&headers, StatusCode::BAD_REQUEST, "invalid_request", sentence);
        }
    };
    match end_and_tell(&auth, &fan_out, scope, notice).await {
        Ok(()) => {
            tracing::info!(app = client.client_id, "an app asked for a logout everywhere");
            StatusCode::ACCEPTED.into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a logout could not be noted down");
            let sentence = "The store does not answer. Please try again.";
            error_page::refuse(&headers, StatusCode::SERVICE_UNAVAILABLE, "session_unavailable", sentence)
        }
    }
}

/// Reads what an app asks for, and whose sessions that means.
fn read_notice<'f>(
    auth: &Auth,
    form: &'f UniqueParams,
) -> Result<(LogoutScope<'f>, LogoutNotice<'f>), &'static str> {
    let provider_issuer = form.get("iss").ok_or("iss is missing.")?;
    if !auth.providers().iter().any(|provider| provider.is_issuer_of(provider_issuer)) {
        return Err("iss must be a provider of ours.");
    }
    let [sid, sub, browser] = ["sid", "sub", "browser"].map(|name| form.get(name));
    if [sid, sub, browser].into_iter().flatten().any(|value| !is_identifier(value)) {
        return Err("sid, sub and browser have 1 to 255 characters.");
    }
    let age: u32 =
        form.get("age").map_or(Ok(0), str::parse).map_err(|_| "age is a number of milliseconds.")?;
    let happened_at = auth.clock().now() - TimeDelta::milliseconds(age.into());
    let notice = LogoutNotice { provider_issuer, sid, sub, browser, happened_at };
    let scope =
        notice.scope_in_browser().ok_or("Whose session it is must be said: sid, or sub and browser.")?;
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
    auth.sessions().log_out(logout).await.map_err(|error| error.0)?;
    fan_out.enqueue_sign_out(notice).await
}
