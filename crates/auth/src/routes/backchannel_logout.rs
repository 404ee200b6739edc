//! `POST /auth/backchannel-logout`.

use super::Form;
use crate::{
    Auth, Refusal,
    jws::TokenRule,
    logout::{LogoutToken, receive},
    message::{SignedMessage, broke},
    origin::UniqueParams,
    store::StoreError,
};
use axum::{extract::State, response::IntoResponse};
use http::{HeaderName, HeaderValue, header};

/// `POST /auth/backchannel-logout`, form `logout_token` (Back-Channel Logout 1.0 §2.5): 200 when all sessions that the
/// token names have ended, be it one, many or none.
///
/// # Errors
/// 400 with the broken rule in `error_description`; 503 when store or keys cannot be reached.
pub(super) async fn backchannel_logout(
    State(auth): State<Auth>,
    Form(form): Form,
) -> Result<impl IntoResponse, Refusal> {
    receive_logout(&auth, &form, async |_, _| Ok(())).await
}

/// Acts on a logout token for an app that has more to do: `also` runs once the sessions here have ended. It gets the
/// token and an id that is the same for each try of the same token.
///
/// # Errors
/// As [`POST /auth/backchannel-logout`](super::callbacks).
pub async fn receive_logout(
    auth: &Auth,
    form: &UniqueParams,
    also: impl AsyncFnOnce(&LogoutToken, [u8; 32]) -> Result<(), StoreError>,
) -> Result<[(HeaderName, HeaderValue); 1], Refusal> {
    let token = form.get(LogoutToken::FIELD).ok_or_else(|| broke::<LogoutToken>(TokenRule::Missing))?;
    receive(auth, token, also).await?;
    // §2.8.
    Ok([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))])
}
