//! Redirect target of an authorization response.

use super::form_post;
use super::refusal::{PageRefusal, Refusal};
use crate::Config;
use crate::client::is_registered;
use crate::faults::Fault;
use crate::params::Params;
use crate::{DevProvider, Personality, pages};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::Url;

/// The only registered origin, for a visitor who has switched on
/// [`VisitorFault::RefusedRedirectUri`](crate::visitor_faults::VisitorFault).
const ANOTHER_APP: &str = "https://another-app.example";

/// Target of an authorization response: a registered redirect URI and the client's `state`.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) redirect_uri: String,
    state: Option<String>,
    /// Whether the browser posts the response instead of following a redirect.
    form_post: bool,
}

impl Target {
    /// Returns the client id and the target of a request.
    ///
    /// # Errors
    /// When the client or its redirect URI is unknown: the refusal must be a page.
    pub(super) fn find(config: &Config, params: &Params) -> Result<(String, Self), PageRefusal> {
        if params.is_duplicate("client_id") || params.is_duplicate("redirect_uri") {
            return Err(PageRefusal::DuplicateTarget);
        }
        let client =
            params.get("client_id").and_then(|id| config.client(id)).ok_or(PageRefusal::UnknownClient)?;
        let registered = &client.redirect_uris;
        let Some(sent) = params.get("redirect_uri") else {
            return Err(PageRefusal::MissingRedirectUri { expected: list(registered, Url::to_string) });
        };
        if is_registered(registered, sent) {
            let form_post =
                config.personality.has_form_post() && params.get("response_mode") == Some("form_post");
            let target = Self { redirect_uri: sent.to_owned(), state: params.owned("state"), form_post };
            return Ok((client.client_id.clone(), target));
        }
        // The usual mistake is a wrong origin: then show only the origins.
        let origin = |url: &Url| url.origin().ascii_serialization();
        let wrong_origin =
            Url::parse(sent).ok().filter(|url| url.origin().is_tuple()).map(|url| origin(&url));
        Err(match wrong_origin.filter(|sent| registered.iter().all(|url| origin(url) != *sent)) {
            Some(sent) => PageRefusal::WrongRedirectUri { sent, expected: list(registered, origin) },
            None => PageRefusal::WrongRedirectUri {
                sent: sent.to_owned(),
                expected: list(registered, Url::to_string),
            },
        })
    }

    /// Returns the refusal of a provider that does not know this target.
    pub(super) fn as_unregistered(&self) -> PageRefusal {
        let sent = Url::parse(&self.redirect_uri).map(|url| url.origin().ascii_serialization());
        PageRefusal::WrongRedirectUri {
            sent: sent.unwrap_or_else(|_| self.redirect_uri.clone()),
            expected: ANOTHER_APP.to_owned(),
        }
    }

    /// Answers with `answer`, `state` and `iss` (RFC 9207 §2): redirects to the target, or returns the page
    /// of `form_post`.
    pub(super) fn respond(&self, provider: &DevProvider, answer: &[(&str, &str)]) -> Response {
        let Ok(mut url) = Url::parse(&self.redirect_uri) else {
            return pages::refusal(
                StatusCode::BAD_REQUEST,
                "invalid_request",
                "The redirect URI is not a valid URL.",
            );
        };
        let issuer = provider.config().issuer();
        let mut answer = answer.to_vec();
        answer.extend(self.state.as_deref().map(|state| ("state", state)));
        if provider.faults().is_due(&Fault::WrongIssParameter) {
            answer.push(("iss", "http://somebody-else.localhost"));
        } else if provider.config().personality.sends_iss()
            && !provider.faults().is_due(&Fault::MissingIssParameter)
        {
            answer.push(("iss", &issuer));
        }
        if self.form_post {
            return form_post::page(&self.redirect_uri, &answer);
        }
        url.query_pairs_mut().extend_pairs(answer);
        (StatusCode::SEE_OTHER, [(header::LOCATION, String::from(url))]).into_response()
    }

    /// Answers with an error (RFC 6749 §4.1.2.1). Apple sends no description.
    pub(crate) fn refuse(&self, provider: &DevProvider, refusal: Refusal) -> Response {
        let personality = provider.config().personality;
        let code = personality.error_code(refusal);
        tracing::info!(rule = ?refusal, error = code, "authorization refused");
        if personality == Personality::Apple {
            return self.respond(provider, &[("error", code)]);
        }
        self.respond(provider, &[("error", code), ("error_description", &refusal.to_string())])
    }
}

fn list(urls: &[Url], show: impl Fn(&Url) -> String) -> String {
    let mut shown: Vec<String> = urls.iter().map(show).collect();
    shown.dedup();
    shown.join(" or ")
}
