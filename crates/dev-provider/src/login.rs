//! `POST /login`: the login page's form.

use crate::authorize::{AuthorizeRequest, Refusal};
use crate::browser_session::Browser;
use crate::clock::later;
use crate::error::Failure;
use crate::guard::is_same_origin;
use crate::params::Params;
use crate::state::ProviderSession;
use crate::users::User;
use crate::visitor_faults::FaultId;
use crate::{DevProvider, pages};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeSet;
use tower_sessions::Session;

/// Why a login form is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LoginRefusal {
    #[error("This form was sent from another site.")]
    CrossSite,
    #[error("This login page was open for too long. Please start again in the app.")]
    UnknownTransaction,
    #[error("There is no such demo user.")]
    UnknownUser,
}

impl IntoResponse for LoginRefusal {
    fn into_response(self) -> Response {
        tracing::warn!(rule = ?self, "login refused");
        pages::refused_form(self == Self::CrossSite, &self.to_string())
    }
}

/// `POST /login`
pub(crate) async fn post(
    State(provider): State<DevProvider>,
    session: Session,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    if !is_same_origin(&headers, &provider.config().issuer()) {
        return Ok(LoginRefusal::CrossSite.into_response());
    }
    let params = Params::parse(&body);
    let transaction = params.owned("transaction").unwrap_or_default();
    // The transaction stays until it expires, so that a double click or the back button causes no error.
    let open = provider.state().logins.get(&transaction, provider.now()).cloned();
    let Some(open) = open else {
        return Ok(LoginRefusal::UnknownTransaction.into_response());
    };
    let browser = Browser::new(session);
    if browser.binding().await?.as_ref() != Some(&open.browser) {
        // The page belongs to another browser, or a second tab has just replaced this browser's cookie. Sign
        // no user in; restart the authorization request.
        tracing::info!(rule = "ForeignTransaction", "login restarted");
        let target = format!("/authorize?{}", open.request.query);
        return Ok((StatusCode::SEE_OTHER, [(header::LOCATION, target)]).into_response());
    }
    if params.get("cancel").is_some() {
        return Ok(open.request.target.refuse(&provider, Refusal::Cancelled));
    }
    match params.get("user").and_then(|name| User::by_username(name, open.visitor.as_deref())) {
        Some(user) => provider.sign_in(&browser, &open.request, &user, provider.fault_id(&headers)).await,
        None => Ok(LoginRefusal::UnknownUser.into_response()),
    }
}

impl DevProvider {
    /// Signs `user` in at the provider and answers the request with a code. A user who is already signed in
    /// keeps the `sid`. A new session gets `fault_id`. Another user's session in this browser ends, and its apps get logout tokens.
    pub(crate) async fn sign_in(
        &self,
        browser: &Browser,
        request: &AuthorizeRequest,
        user: &User,
        fault_id: Option<FaultId>,
    ) -> Result<Response, Failure> {
        let now = self.now();
        let sub = user.sub();
        if request.expected_sub.as_ref().is_some_and(|expected| *expected != sub) {
            return Ok(request.target.refuse(self, Refusal::LoginRequired));
        }
        let sid = match self.signed_in(browser).await? {
            Some((sid, session)) if session.sub == sub => {
                if let Some(session) = self.state().sessions.get_mut(&sid, now) {
                    session.auth_time = now;
                }
                sid
            }
            before => {
                if let Some((sid, _)) = before {
                    self.end_session(&sid);
                }
                let sid = self.config().random.token();
                let session = ProviderSession { sub, auth_time: now, clients: BTreeSet::new(), fault_id };
                self.state().sessions.insert(
                    sid.clone(),
                    session,
                    later(now, self.config().session_ttl),
                    now,
                );
                sid
            }
        };
        browser.sign_in(&sid).await?;
        tracing::info!(user = user.person.username, client_id = %request.client_id, "signed in");
        Ok(self.issue_code(request, &sid))
    }
}
