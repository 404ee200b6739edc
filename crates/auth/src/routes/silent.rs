//! `GET /auth/silent` (article 3): a sign-in without any question to the visitor.

use super::sign_in::{SignInRequest, start};
use crate::{
    Auth, Refusal,
    cookie::{Cookies, set_cookies},
    flow::Initiator,
    last_provider,
    origin::{RequestOrigin, ReturnPath, UniqueParams},
    provider::Provider,
    session::Session,
    silent,
};
use auth_types::CurrentSession;
use axum::{
    Extension,
    extract::{RawQuery, State},
    response::{IntoResponse, Redirect, Response},
};
use http::HeaderMap;

/// `GET /auth/silent?callbackUrl=`: the guard redirects a browser here once. Asks the provider, through
/// identity in proxy mode, who the visitor is, with `prompt=none` (OpenID Connect Core §3.1.2.1).
///
/// If already signed in, redirects to the page. If neither the guard nor a ticket sent the browser, or no
/// provider can be asked, redirects to `/login`.
///
/// # Errors
/// 503 when the store does not answer.
pub(super) async fn silent(
    State(auth): State<Auth>,
    RequestOrigin(origin): RequestOrigin,
    Extension(current): Extension<CurrentSession<Session>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let params = UniqueParams::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let return_path = ReturnPath::or_root(params.get("callbackUrl"));
    if current.clone()?.session().is_some() {
        return Ok(Redirect::to(return_path.as_str()).into_response());
    }
    let login = Redirect::to(&auth.pages().login_url(return_path.as_str())).into_response();
    let jar = auth.cookies(&origin, &headers);
    if !silent::was_redirected_here(&auth, jar) {
        return Ok(login);
    }
    let initiator = silent::attempt_initiator(&auth, jar, &current);
    // A waiting tab comes back with the provider of the sign-in that it heard of.
    let elsewhere = silent::resumed(&auth, jar).filter(|_| initiator == Some(Initiator::WaitingTab));
    let provider = match elsewhere.and_then(|sign_in| sign_in.provider) {
        Some(hash) => last_provider::with_hash(&auth, hash),
        None => last_provider::to_ask(&auth, jar),
    };
    let begun = match initiator.zip(provider) {
        Some((initiator, provider)) => {
            let wanted_since = elsewhere.map(|sign_in| sign_in.at);
            let request = SignInRequest { wanted_since, ..SignInRequest::silent(return_path, initiator) };
            begin(&auth, jar, provider, &request).await
        }
        None => None,
    };
    let mut cookies = vec![silent::tried(&auth, jar)];
    if begun.is_none() && initiator == Some(Initiator::WaitingTab) {
        cookies.extend(silent::mark_sign_out(&auth, jar));
    }
    Ok((set_cookies(cookies), begun.unwrap_or(login)).into_response())
}

async fn begin(
    auth: &Auth,
    jar: Cookies<'_>,
    provider: &Provider,
    request: &SignInRequest,
) -> Option<Response> {
    start(auth, jar, &provider.config.id, request)
        .await
        .inspect_err(|error| tracing::info!(rule = %error, "silent sign-in not begun"))
        .ok()
}
