//! `GET` and `POST /logout`: RP-Initiated Logout 1.0.
//!
//! A valid `id_token_hint` signs out at once. Without a valid hint, or when the browser has another session,
//! the user must confirm: any site can link to this page.

use crate::browser_session::Browser;
use crate::client::is_registered;
use crate::clock::later;
use crate::error::Failure;
use crate::federated::Handover;
use crate::guard::is_same_origin;
use crate::id_token::Hint;
use crate::params::Params;
use crate::state::{LogoutTransaction, TRANSACTION_TTL};
use crate::users::User;
use crate::{DevProvider, pages};
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tower_sessions::Session;
use url::Url;

/// Why a sign-out is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LogoutRefusal {
    #[error("A parameter was sent twice.")]
    DuplicateParameter,
    #[error("The id_token_hint was issued to a different app than client_id.")]
    ClientMismatch,
    #[error("The post-logout redirect URI is not registered for this app, so you were not redirected.")]
    UnregisteredRedirectUri,
    #[error("This form was sent from another site.")]
    CrossSite,
    #[error("This page was open for too long, or in another browser. Please start again in the app.")]
    UnknownTransaction,
}

impl IntoResponse for LogoutRefusal {
    fn into_response(self) -> Response {
        tracing::warn!(rule = ?self, "logout refused");
        pages::refused_form(self == Self::CrossSite, &self.to_string())
    }
}

/// `GET /logout`
pub(crate) async fn get(
    State(provider): State<DevProvider>,
    session: Session,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let params = Params::parse(query.unwrap_or_default().as_bytes());
    begin(&provider, &Browser::new(session), &params).await
}

/// `POST /logout`: a relying party's form, or the form of the confirmation page.
pub(crate) async fn post(
    State(provider): State<DevProvider>,
    session: Session,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let params = Params::parse(&body);
    let browser = Browser::new(session);
    match params.get("confirm") {
        None => begin(&provider, &browser, &params).await,
        Some(_) if !is_same_origin(&headers, &provider.config().issuer()) => {
            Ok(LogoutRefusal::CrossSite.into_response())
        }
        Some(transaction) => confirmed(&provider, &browser, transaction).await,
    }
}

async fn begin(provider: &DevProvider, browser: &Browser, params: &Params) -> Result<Response, Failure> {
    if params.has_duplicates() {
        return Ok(LogoutRefusal::DuplicateParameter.into_response());
    }
    if let Some(redirect) = provider.hand_over(Handover::Logout, params) {
        return Ok(redirect);
    }
    let hint = params.get("id_token_hint").and_then(|hint| provider.read_hint(hint));
    let continue_to = match continue_to(provider, params, hint.as_ref()) {
        Ok(url) => url,
        Err(LogoutRefusal::UnregisteredRedirectUri) => return unregistered(provider, browser).await,
        Err(refusal) => return Ok(refusal.into_response()),
    };
    let current = provider.signed_in(browser).await?;
    match (hint, current) {
        (Some(hint), None) => {
            // Browsers send no cookie with a relying party's cross-site POST. The hint names the session.
            if let Some(sid) = &hint.sid {
                provider.end_session(sid);
            }
            Ok(done(continue_to.as_ref()))
        }
        (Some(hint), Some((sid, _))) if hint.sid.as_ref() == Some(&sid) => {
            provider.end_session(&sid);
            browser.forget().await?;
            Ok(done(continue_to.as_ref()))
        }
        (_, Some((_, session))) => {
            let transaction = open(provider, browser, continue_to).await?;
            Ok(User::by_sub(&session.sub)
                .map_or_else(|| pages::signed_out(None), |user| pages::confirm_logout(&user, &transaction)))
        }
        // No session to end. Show a link instead of a redirect: nothing proves that the app sent this
        // request.
        (None, None) => Ok(pages::signed_out(continue_to.as_ref())),
    }
}

async fn confirmed(
    provider: &DevProvider,
    browser: &Browser,
    transaction: &str,
) -> Result<Response, Failure> {
    let binding = browser.binding().await?;
    let open = {
        let mut state = provider.state();
        let key = transaction.to_owned();
        let mine = state
            .logouts
            .get(&key, provider.now())
            .is_some_and(|open| Some(&open.browser) == binding.as_ref());
        if mine { state.logouts.remove(&key) } else { None }
    };
    let Some(open) = open else {
        return Ok(LogoutRefusal::UnknownTransaction.into_response());
    };
    if let Some((sid, _)) = provider.signed_in(browser).await? {
        provider.end_session(&sid);
    }
    browser.forget().await?;
    Ok(done(open.continue_to.as_ref()))
}

/// Returns the redirect target after the sign-out, `state` included. Refuses an unregistered address (§3).
fn continue_to(
    provider: &DevProvider,
    params: &Params,
    hint: Option<&Hint>,
) -> Result<Option<Url>, LogoutRefusal> {
    let named = params.get("client_id");
    if let (Some(hint), Some(client_id)) = (hint, named)
        && hint.client_id != client_id
    {
        return Err(LogoutRefusal::ClientMismatch);
    }
    let Some(sent) = params.get("post_logout_redirect_uri") else {
        return Ok(None);
    };
    let client =
        hint.map(|hint| hint.client_id.as_str()).or(named).and_then(|id| provider.config().client(id));
    let registered = client.is_some_and(|client| is_registered(&client.post_logout_redirect_uris, sent));
    let mut url =
        Url::parse(sent).ok().filter(|_| registered).ok_or(LogoutRefusal::UnregisteredRedirectUri)?;
    if let Some(state) = params.get("state") {
        url.query_pairs_mut().append_pair("state", state);
    }
    Ok(Some(url))
}

/// Shows the page for an unregistered address, which offers a sign-out without a redirect.
async fn unregistered(provider: &DevProvider, browser: &Browser) -> Result<Response, Failure> {
    let refusal = LogoutRefusal::UnregisteredRedirectUri;
    tracing::warn!(rule = ?refusal, "logout refused");
    let transaction = match provider.signed_in(browser).await? {
        Some(_) => Some(open(provider, browser, None).await?),
        None => None,
    };
    Ok(pages::unregistered_logout(&refusal.to_string(), transaction.as_deref()))
}

async fn open(
    provider: &DevProvider,
    browser: &Browser,
    continue_to: Option<Url>,
) -> Result<String, Failure> {
    let transaction = provider.config().random.token();
    let open = LogoutTransaction { browser: browser.bind(&provider.config().random).await?, continue_to };
    let now = provider.now();
    provider.state().logouts.insert(transaction.clone(), open, later(now, TRANSACTION_TTL), now);
    Ok(transaction)
}

fn done(continue_to: Option<&Url>) -> Response {
    continue_to.map_or_else(
        || pages::signed_out(None),
        |url| (StatusCode::SEE_OTHER, [(header::LOCATION, url.as_str())]).into_response(),
    )
}
