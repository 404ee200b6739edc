//! The answer to a refused request: one type for all errors and all clients.

use crate::{
    Auth,
    error_page::{self, ErrorPage},
    events::TooManyStreams,
    limit::QuotaExceeded,
    message::MessageError,
    origin::{ParamsError, ReturnPath},
    request_id::RequestIds,
    session::UpdateError,
    store::StoreError,
};
use auth_types::SessionUnavailable;
use axum::{
    Json,
    body::HttpBody,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use serde_json::json;
use std::{borrow::Cow, fmt::Display};

/// How long a client waits after a 503, in seconds.
const RETRY_AFTER: i64 = 5;

/// A refused request: the status, the name of the error, and a sentence for people.
///
/// Behind [`protect`](crate::protect), a browser that asked for a page gets an error page. Other clients get
/// `{"error": name, "message": sentence, "request_id": id}`.
///
/// ```
/// use auth::Refusal;
///
/// async fn price(amount: u32) -> Result<String, Refusal> {
///     match amount {
///         0 => Err(Refusal::bad_request("invalid_amount", "Choose at least one.")),
///         amount => Ok(format!("{amount} EUR")),
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Refusal(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    status: StatusCode,
    name: Cow<'static, str>,
    sentence: Cow<'static, str>,
    body: Body,
    headers: HeaderMap,
    cause: Option<String>,
    /// The text and the address of the error page's button.
    link: Option<(String, String)>,
}

/// The format of a refusal's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    /// A page for a browser that asked for a page, JSON for other clients.
    Negotiated,
    /// JSON for every client.
    Json,
    /// `{"error": …, "error_description": …}` (RFC 6749 §5.2) for every client.
    OAuth,
}

impl Refusal {
    /// Creates a refusal with this status. A 503 gets a `Retry-After` header (RFC 9110 §15.6.4).
    #[must_use]
    pub fn new(
        status: StatusCode,
        name: impl Into<Cow<'static, str>>,
        sentence: impl Into<Cow<'static, str>>,
    ) -> Self {
        let refusal = Self(Box::new(Inner {
            status,
            name: name.into(),
            sentence: sentence.into(),
            body: Body::Negotiated,
            headers: HeaderMap::new(),
            cause: None,
            link: None,
        }));
        if status == StatusCode::SERVICE_UNAVAILABLE { refusal.retry_after(RETRY_AFTER) } else { refusal }
    }

    /// Creates a refusal with 400.
    #[must_use]
    pub fn bad_request(name: impl Into<Cow<'static, str>>, sentence: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, name, sentence)
    }

    /// Creates a refusal with 400 `invalid_parameters`.
    #[must_use]
    pub fn invalid_parameters(sentence: impl Into<Cow<'static, str>>) -> Self {
        Self::bad_request("invalid_parameters", sentence)
    }

    /// Creates a refusal with 401 `signed_out`, always as JSON. The client of a Leptos server function reads
    /// this as an error of that name.
    #[must_use]
    pub fn signed_out() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "signed_out", "Please sign in first.").as_json()
    }

    /// Creates a refusal with 503 `session_unavailable`: the store does not answer, so the visitor is neither
    /// signed in nor signed out.
    #[must_use]
    pub fn session_unavailable() -> Self {
        let sentence =
            "We cannot check your session right now. Nothing is lost; please try again in a moment.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "session_unavailable", sentence)
    }

    /// Replaces the sentence for the visitor.
    #[must_use]
    pub fn with_sentence(mut self, sentence: impl Into<Cow<'static, str>>) -> Self {
        self.0.sentence = sentence.into();
        self
    }

    /// Adds a header to the answer, for example a cookie. Other headers of that name stay.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.append(name, value);
        self
    }

    /// Sets the button of the error page: its text, and its address. By default it leads to the start page. After
    /// trouble that can pass, such as a 503, a button "Try again" stands before it.
    #[must_use]
    pub fn with_link(mut self, text: impl Into<String>, address: impl Into<String>) -> Self {
        self.0.link = Some((text.into(), address.into()));
        self
    }

    /// Sets the cause, for the log only.
    #[must_use]
    pub fn because(mut self, cause: &impl Display) -> Self {
        self.0.cause = Some(cause.to_string());
        self
    }

    /// Answers with JSON, even if a browser asked for a page.
    #[must_use]
    pub fn as_json(mut self) -> Self {
        self.0.body = Body::Json;
        self
    }

    /// Answers with `{"error": name, "error_description": sentence}`, as OAuth and Back-Channel Logout 1.0
    /// define.
    #[must_use]
    pub fn as_oauth(mut self) -> Self {
        self.0.body = Body::OAuth;
        self
    }

    /// Sets `Retry-After`, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: i64) -> Self {
        self.0.headers.insert(header::RETRY_AFTER, seconds.into());
        self
    }

    fn json(&self) -> Response {
        let Inner { status, name, sentence, body, .. } = &*self.0;
        let explained_in = if *body == Body::OAuth { "error_description" } else { "message" };
        let mut content = json!({ "error": name, explained_in: sentence });
        // RFC 6749 §5.2 defines the members of the other form.
        if *body != Body::OAuth
            && let Some(id) = RequestIds::with_current(str::to_owned)
        {
            content["request_id"] = id.into();
        }
        (*status, Json(content)).into_response()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.json();
        response.headers_mut().extend(self.0.headers.clone());
        response.extensions_mut().insert(self);
        response
    }
}

/// The name of the refusal that an answer contains: the first of its cause and its name that `known` knows. The outer
/// `None` is an answer without a refusal.
pub(crate) fn named(
    response: &Response,
    known: fn(&str) -> Option<&'static str>,
) -> Option<Option<&'static str>> {
    let Inner { name, cause, .. } = &*response.extensions().get::<Refusal>()?.0;
    // The cause names the broken rule of a signed message.
    Some(cause.as_deref().and_then(known).or_else(|| known(name)))
}

/// Logs the answer to a request; a server error with its cause.
pub(crate) fn log(response: &Response, method: &Method, path: &str) {
    let refusal = response.extensions().get::<Refusal>().map(|refusal| &*refusal.0);
    let name = refusal.map(|refusal| &*refusal.name);
    let cause = refusal.and_then(|refusal| refusal.cause.as_deref());
    let status = response.status().as_u16();
    if response.status().is_server_error() {
        tracing::error!(%method, path, status, name, cause, "request failed");
    } else {
        tracing::debug!(status, name, cause, "request answered");
    }
}

/// What the request wanted, as far as the body of a refusal depends on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    /// Whether a browser asked for a page.
    pub(crate) html: bool,
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a Uri,
}

/// Gives a refusal the body that fits the client. An error without a body gets a body too, such as the
/// router's 404 and 405 and a missing file, because browsers would otherwise show their built-in error page.
/// Headers such as `Allow` stay.
pub(crate) fn negotiate(mut response: Response, wanted: Wanted<'_>, auth: &Auth) -> Response {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let is_empty = response.body().size_hint().exact() == Some(0);
    let refusal = match response.extensions_mut().remove::<Refusal>() {
        Some(refusal) if wanted.html && refusal.0.body == Body::Negotiated => refusal,
        None if is_error && is_empty => {
            let refusal = bare(status, wanted, auth);
            for (name, value) in &refusal.0.headers {
                response.headers_mut().entry(name).or_insert(value.clone());
            }
            refusal
        }
        _ => return response,
    };
    let filled = if wanted.html {
        let retry_after = response.headers().get(header::RETRY_AFTER);
        let Inner { status, name, sentence, link, .. } = &*refusal.0;
        let page = ErrorPage {
            status: *status,
            name,
            sentence,
            link: link.as_ref(),
            retry_after: retry_after.and_then(|seconds| seconds.to_str().ok()?.parse().ok()),
            again: error_page::repeatable(wanted.method, wanted.uri),
        };
        (*status, page.render(auth)).into_response()
    } else {
        refusal.json()
    };
    let (mut parts, _) = response.into_parts();
    let (of_body, body) = filled.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.extend(of_body.headers);
    Response::from_parts(parts, body)
}

/// A refusal for a status without a body.
fn bare(status: StatusCode, wanted: Wanted<'_>, auth: &Auth) -> Refusal {
    let (name, sentence) = match status {
        StatusCode::NOT_FOUND => (
            "not_found",
            "There is nothing at this address. Check it for typing errors, or go to the start page.",
        ),
        StatusCode::METHOD_NOT_ALLOWED => (
            "method_not_allowed",
            "This address does not answer requests of this kind. Go to the start page and follow the links there.",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => ("body_too_large", error_page::sentence(status)),
        _ if status.is_server_error() => ("unavailable", error_page::sentence(status)),
        _ => ("refused", error_page::sentence(status)),
    };
    let refusal = Refusal::new(status, name, sentence);
    if status != StatusCode::UNAUTHORIZED {
        return refusal;
    }
    let back = ReturnPath::or_root(error_page::repeatable(wanted.method, wanted.uri));
    refusal.with_link("Sign in", auth.pages().login_url(back.as_str()))
}

impl From<SessionUnavailable> for Refusal {
    fn from(_: SessionUnavailable) -> Self {
        Self::session_unavailable()
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::session_unavailable().because(&error)
    }
}

impl From<ParamsError> for Refusal {
    fn from(error: ParamsError) -> Self {
        Self::invalid_parameters(error.to_string())
    }
}

impl From<QuotaExceeded> for Refusal {
    /// 429 with `Retry-After` (RFC 6585 §4).
    fn from(error: QuotaExceeded) -> Self {
        let sentence = "Too many requests. Please wait a moment and try again.";
        Self::new(StatusCode::TOO_MANY_REQUESTS, error.to_string(), sentence).retry_after(error.retry_after)
    }
}

impl From<TooManyStreams> for Refusal {
    fn from(error: TooManyStreams) -> Self {
        let sentence = "Too many tabs of this app are open. Please close some of them.";
        Self::new(StatusCode::TOO_MANY_REQUESTS, error.to_string(), sentence)
    }
}

impl From<MessageError> for Refusal {
    fn from(error: MessageError) -> Self {
        let status = match &error {
            MessageError::Rule { .. } => {
                tracing::warn!(rule = %error, "signed message rejected");
                StatusCode::BAD_REQUEST
            }
            MessageError::Keys(_) | MessageError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        let name =
            if status == StatusCode::BAD_REQUEST { "invalid_request" } else { "temporarily_unavailable" };
        let refusal = Self::new(status, name, error.to_string()).as_oauth();
        // Back-Channel Logout 1.0 §2.8.
        refusal.with_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store")).because(&error)
    }
}

impl From<UpdateError> for Refusal {
    fn from(error: UpdateError) -> Self {
        let refusal = match error {
            UpdateError::Invalid(invalid) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_user_data", invalid.to_string())
            }
            UpdateError::TooLarge => {
                let sentence = "This is more data than a session can hold. Please shorten it.";
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "user_data_too_large", sentence)
            }
            UpdateError::SignedOut => Self::signed_out(),
            UpdateError::Unavailable(error) => error.into(),
        };
        refusal.as_json()
    }
}
