//! The session check at the start of a server function.

use crate::{CallError, links::local_path, page};
use auth_types::{PageSession, PublicSession, SessionState};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use leptos::prelude::use_context;
use leptos_axum::{ResponseOptions, redirect};
use url::Url;

/// Returns the session, or prepares the response for a caller without a session.
///
/// A server function is a public API, so it checks the session even if its form is on a protected page.
/// [`auth`](crate::auth) only reads the session. A signed-out form without JavaScript is redirected to the
/// sign-in page and back. Programs get 401, or 503 with `Retry-After` if the session store is down; a form is
/// redirected back to its page, which shows that error.
///
/// ```
/// use auth_leptos::{CallError, require_auth};
///
/// async fn body_of_a_server_function() -> Result<String, CallError> {
///     let session = require_auth()?;
///     Ok(format!("Hello, {}", session.user.name))
/// }
/// ```
///
/// # Errors
/// [`CallError::SignedOut`] or [`CallError::SessionUnavailable`]. The response's status and headers are set.
pub fn require_auth() -> Result<PublicSession, CallError> {
    match page().session {
        Ok(SessionState::SignedIn(PageSession { session, .. })) => Ok(session),
        Ok(SessionState::SignedOut(_)) => Err(refuse(CallError::SignedOut)),
        Err(_) => Err(refuse(CallError::SessionUnavailable)),
    }
}

/// Sets the response's status and headers for `error`, and returns `error`. Call `refuse` when a session ends
/// while the server function runs.
pub fn refuse(error: CallError) -> CallError {
    let headers = use_context::<Parts>().map(|parts| parts.headers).unwrap_or_default();
    let accepts_html = header(&headers, header::ACCEPT).is_some_and(|accept| accept.contains("text/html"));
    let response = use_context::<ResponseOptions>();
    match (&error, response) {
        // A form gets a page: the sign-in page, or (Leptos' default) the form's page, which shows the error.
        (CallError::SignedOut, _) if accepts_html => {
            redirect(&page().pages.login_url(&form_page_path(&headers)));
        }
        (_, Some(response)) if !accepts_html => match error {
            CallError::SignedOut => response.set_status(StatusCode::UNAUTHORIZED),
            CallError::SessionUnavailable => {
                response.set_status(StatusCode::SERVICE_UNAVAILABLE);
                response.insert_header(header::RETRY_AFTER, HeaderValue::from_static("5"));
            }
            CallError::Forbidden => response.set_status(StatusCode::FORBIDDEN),
            CallError::Invalid { .. } => response.set_status(StatusCode::BAD_REQUEST),
            CallError::Failed { .. } => {}
        },
        _ => {}
    }
    error
}

fn header(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// Returns the page of this app with the form, from the `Referer` header; `/` for any other referrer.
fn form_page_path(headers: &HeaderMap) -> String {
    let referer = header(headers, header::REFERER).and_then(|referer| Url::parse(referer).ok());
    let own = referer.filter(|url| url.origin().ascii_serialization() == page().app.origin);
    let path = own.map(|url| url[url::Position::BeforePath..url::Position::AfterQuery].to_owned());
    path.as_deref().and_then(local_path).unwrap_or("/").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{page_with, signed_in};
    use auth_types::{CurrentSession, SessionUnavailable};
    use leptos::prelude::{Owner, provide_context};

    /// Calls `require_auth`. Returns the outcome, the status and one header.
    fn call(
        session: CurrentSession<PageSession>,
        headers: &[(&str, &str)],
        name: header::HeaderName,
    ) -> (Result<PublicSession, CallError>, Option<StatusCode>, Option<String>) {
        let mut request = http::Request::builder();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let response = ResponseOptions::default();
        let outcome = Owner::new().with(|| {
            provide_context(parts);
            provide_context(response.clone());
            provide_context(page_with(session));
            require_auth()
        });
        let parts = response.0.read().unwrap();
        let header = parts.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        (outcome, parts.status, header)
    }

    #[test]
    fn a_signed_in_caller_gets_the_session() {
        let (outcome, status, _) = call(signed_in("Alice"), &[], header::LOCATION);
        assert_eq!((outcome.unwrap().user.name.as_str(), status), ("Alice", None));
    }

    #[test]
    fn a_signed_out_program_gets_401_and_a_form_is_redirected_to_sign_in() {
        let signed_out = Ok(SessionState::SignedOut(None));
        let (outcome, status, location) = call(signed_out.clone(), &[], header::LOCATION);
        assert_eq!(outcome, Err(CallError::SignedOut));
        assert_eq!((status, location), (Some(StatusCode::UNAUTHORIZED), None));
        for (referer, expected) in [
            ("http://localhost:4201/dashboard?tab=2", "/login?callbackUrl=%2Fdashboard%3Ftab%3D2"),
            ("http://evil.example/dashboard", "/login"),
            ("http://localhost:4201//evil.example", "/login"),
        ] {
            let headers = [("accept", "text/html"), ("referer", referer)];
            let (outcome, status, location) = call(signed_out.clone(), &headers, header::LOCATION);
            assert_eq!(outcome, Err(CallError::SignedOut));
            assert_eq!((status, location.as_deref()), (Some(StatusCode::FOUND), Some(expected)));
        }
    }

    #[test]
    fn while_the_store_is_unavailable_a_program_gets_503_and_retry_after() {
        let (outcome, status, retry) = call(Err(SessionUnavailable), &[], header::RETRY_AFTER);
        assert_eq!(outcome, Err(CallError::SessionUnavailable));
        assert_eq!((status, retry.as_deref()), (Some(StatusCode::SERVICE_UNAVAILABLE), Some("5")));
    }
}
