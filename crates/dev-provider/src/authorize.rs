//! `GET /authorize`: the authorization endpoint (RFC 6749 §4.1.1, RFC 7636, OpenID Connect Core §3.1.2).
//!
//! This module, `state` and `pages` depend on each other. An [`AuthorizeRequest`] waits in the state and is
//! shown on the login page until the user signs in.

mod form_post;
mod record;
mod refusal;
mod request;
mod target;

pub(crate) use refusal::Refusal;
pub(crate) use request::AuthorizeRequest;

use crate::browser_session::Browser;
use crate::clock::later;
use crate::error::Failure;
use crate::faults::Fault;
use crate::federated::Handover;
use crate::params::Params;
use crate::public_demo::Visitor;
use crate::random::fingerprint;
use crate::state::{CODE_MEMORY, Code, Grant, LoginTransaction, TRANSACTION_TTL};
use crate::users::User;
use crate::visitor_faults::VisitorFault;
use crate::{DevProvider, Personality, pages};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use refusal::PageRefusal;
use request::{Prompt, is_unsupported_silent};
use target::Target;
use tower_sessions::Session;

/// `GET /authorize`
pub(crate) async fn get(
    State(provider): State<DevProvider>,
    session: Session,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let query = query.unwrap_or_default();
    let params = Params::parse(query.as_bytes());
    provider.record_authorization(&params);
    let (client_id, target) = match Target::find(provider.config(), &params) {
        Ok(found) => found,
        Err(refusal) => return Ok(refusal.into_response()),
    };
    let fault = provider.fault_of_browser(&headers).map(|active| active.fault);
    if fault == Some(VisitorFault::RefusedRedirectUri) {
        return Ok(target.as_unregistered().into_response());
    }
    if is_unsupported_silent(provider.config(), &params) {
        return Ok(PageRefusal::UnsupportedPromptNone.into_response());
    }
    let mut request =
        match AuthorizeRequest::parse(provider.config(), &params, client_id, target.clone(), query) {
            Ok(request) => request,
            Err(refusal) => return Ok(target.refuse(&provider, refusal)),
        };
    if fault == Some(VisitorFault::SignInCancelled) && request.prompt != Prompt::Never {
        return Ok(target.refuse(&provider, Refusal::Cancelled));
    }
    if let Some(hint) = params.get("id_token_hint") {
        match provider.read_hint(hint) {
            Some(hint) => request.expected_sub = Some(hint.sub),
            None => return Ok(target.refuse(&provider, Refusal::LoginRequired)),
        }
    }
    if provider.config().requires_hint && request.prompt == Prompt::Never && request.expected_sub.is_none() {
        return Ok(target.refuse(&provider, Refusal::LoginRequired));
    }
    let browser = Browser::new(session);
    let current = provider.signed_in(&browser).await?;
    let enough = current.as_ref().filter(|(_, session)| request.is_satisfied_by(session, provider.now()));
    match (request.prompt, enough) {
        (Prompt::Never, None) => Ok(target.refuse(&provider, Refusal::LoginRequired)),
        (Prompt::Never, Some((_, session))) if provider.faults().is_due(&Fault::OtherUser) => {
            let other = User::by_sub(&session.sub).and_then(|user| user.other());
            match other {
                Some(user) => provider.sign_in(&browser, &request, &user, provider.fault_id(&headers)).await,
                None => Ok(target.refuse(&provider, Refusal::LoginRequired)),
            }
        }
        (Prompt::Never | Prompt::IfNeeded, Some((sid, _))) => Ok(provider.issue_code(&request, sid)),
        (Prompt::IfNeeded, None) | (Prompt::Always, _) => {
            if let Some(redirect) = provider.hand_over(Handover::Authorize, &params) {
                return Ok(redirect);
            }
            let transaction = provider.config().random.token();
            let binding = browser.bind(&provider.config().random).await?;
            let user = current.and_then(|(_, session)| User::by_sub(&session.sub));
            // A session can outlive the visitor's cookie.
            let known = user.as_ref().and_then(|user| user.visitor.clone());
            let (visitor, cookie) = match provider.visitor(&headers) {
                Some(Visitor { id, cookie }) => (Some(known.unwrap_or(id)), cookie),
                None => (None, None),
            };
            let users = User::all(visitor.as_deref());
            let open = LoginTransaction { browser: binding, visitor, request: request.clone() };
            let now = provider.now();
            provider.state().logins.insert(transaction.clone(), open, later(now, TRANSACTION_TTL), now);
            let mut page = pages::login(&request, users, user.as_ref(), &transaction);
            page.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
            Ok(page)
        }
    }
}

impl DevProvider {
    /// Redirects to the client with a code for the session `sid`, or with `login_required` if that session
    /// has ended.
    pub(crate) fn issue_code(&self, request: &AuthorizeRequest, sid: &str) -> Response {
        let now = self.now();
        let code = self.config().random.token();
        let personality = self.config().personality;
        let mut user_field = None;
        {
            let mut state = self.state();
            let Some(session) = state.sessions.get_mut(&sid.to_owned(), now) else {
                drop(state);
                return request.target.refuse(self, Refusal::LoginRequired);
            };
            session.clients.insert(request.client_id.clone());
            let sub = session.sub.clone();
            let grant = Grant {
                client_id: request.client_id.clone(),
                sub: sub.clone(),
                sid: sid.to_owned(),
                auth_time: session.auth_time,
                scope: request.scope.clone(),
            };
            let issued = Code {
                grant,
                redirect_uri: request.target.redirect_uri.clone(),
                code_challenge: request.code_challenge.clone(),
                nonce: request.nonce.clone(),
                expires: later(now, self.config().code_ttl),
                used: None,
            };
            if personality == Personality::Apple
                && state.known_users.insert((request.client_id.clone(), sub.clone()))
            {
                let user = User::by_sub(&sub);
                user_field = user.and_then(|user| personality.user_field(&user, &request.scope));
            }
            state.codes.insert(fingerprint(&code), issued, later(now, CODE_MEMORY), now);
        }
        tracing::info!(client_id = %request.client_id, "code issued");
        let mut answer = vec![("code", code.as_str())];
        answer.extend(user_field.as_deref().map(|user| ("user", user)));
        request.target.respond(self, &answer)
    }
}
