//! The answer to a refused request: one type for all errors and all clients.

mod answer;
mod from;

pub(crate) use answer::{Wanted, log, named, negotiate};

use crate::request_id::RequestIds;
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
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
