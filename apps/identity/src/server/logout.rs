//! Single logout, identity's part: what the provider tells us goes on to every registered app.

use super::client::authenticate;
use auth::{
    Auth, error_page,
    limit::{RateLimit, too_many_requests},
    logout::{FanOut, LogoutNotice, LogoutToken, is_identifier},
    origin::Registry,
    routes::{Form, receive_logout},
    store::StoreError,
};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
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
    let tell = async |token: &LogoutToken, id: [u8; 32]| -> Result<(), StoreError> {
        let notice = LogoutNotice {
            provider_issuer: &token.provider_issuer,
            sid: token.sid.as_deref(),
            sub: token.sub.as_deref(),
        };
        fan_out.tell(&id, notice).await
    };
    receive_logout(&auth, &form, tell).await
}

/// `POST /auth/logout`, form `iss` with `sid`, `sub` or both, and client authentication
/// (`client_secret_basic` or `client_secret_post`, RFC 6749 §2.3.1): a registered app asks for what the
/// provider does not do by itself. 202 once every app is noted down to be told.
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
    let (Some(provider_issuer), sid, sub) = (form.get("iss"), form.get("sid"), form.get("sub")) else {
        return invalid(&headers, "iss is missing.");
    };
    let is_known = auth.providers.iter().any(|provider| provider.is_issuer_of(provider_issuer));
    if !is_known || (sid.is_none() && sub.is_none()) {
        return invalid(&headers, "iss must be a provider of ours, and sid or sub say whose session it is.");
    }
    if [sid, sub].into_iter().flatten().any(|value| !is_identifier(value)) {
        return invalid(&headers, "sid and sub have 1 to 255 characters.");
    }
    let ended = match (sid, sub) {
        (Some(sid), _) => auth.sessions.end_provider_session(provider_issuer, sid).await,
        (None, sub) => {
            auth.sessions.end_subject(provider_issuer, sub.unwrap_or_default(), auth.clock.now()).await
        }
    };
    let notice = LogoutNotice { provider_issuer, sid, sub };
    let told = match ended {
        Ok(_) => fan_out.tell(&auth.random.bytes(), notice).await,
        Err(error) => Err(error.0),
    };
    match told {
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

fn invalid(headers: &HeaderMap, sentence: &str) -> Response {
    error_page::refuse(headers, StatusCode::BAD_REQUEST, "invalid_request", sentence)
}
