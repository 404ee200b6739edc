//! `POST /auth/backchannel-logout`.

use super::Form;
use crate::{
    Auth, Refusal,
    jws::TokenRule,
    logout::{LogoutToken, receive},
    message::{SignedMessage, rule_error},
    origin::UniqueParams,
    store::StoreError,
};
use axum::{extract::State, response::IntoResponse};
use http::{HeaderName, HeaderValue, header};

/// `POST /auth/backchannel-logout`, form `logout_token` (Back-Channel Logout 1.0 §2.5): answers 200 once all
/// sessions that the token names have ended, even if no session matched.
///
/// # Errors
/// 400 with the broken rule in `error_description`; 503 when the store or the keys are unavailable.
pub(super) async fn backchannel_logout(
    State(auth): State<Auth>,
    Form(form): Form,
) -> Result<impl IntoResponse, Refusal> {
    receive_logout(&auth, &form, async |_, _| Ok(())).await
}

/// Acts on a logout token, for an app with an additional step: `also` runs once the sessions here have ended.
/// Its arguments are the token, and an id that is the same each time the token is delivered.
///
/// # Errors
/// As [`POST /auth/backchannel-logout`](super::callbacks).
pub async fn receive_logout(
    auth: &Auth,
    form: &UniqueParams,
    also: impl AsyncFnOnce(&LogoutToken, [u8; 32]) -> Result<(), StoreError>,
) -> Result<[(HeaderName, HeaderValue); 1], Refusal> {
    let token = form.get(LogoutToken::FIELD).ok_or_else(|| rule_error::<LogoutToken>(TokenRule::Missing))?;
    receive(auth, token, also).await?;
    // Back-Channel Logout 1.0 §2.8.
    Ok([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))])
}
