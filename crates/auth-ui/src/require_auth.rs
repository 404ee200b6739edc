//! The first line of a server function.

use crate::{CallError, links::local_path, page};
use auth_types::{PublicSession, SessionState};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use leptos::prelude::use_context;
use leptos_axum::{ResponseOptions, redirect};
use url::Url;

/// The session, or the answer for a caller without one: [`auth`](crate::auth) for server functions, which
/// are a public API and so ask first, whatever page their form was on.
///
/// A signed-out form without JavaScript is led to the sign-in page and back; every other caller gets 401,
/// or 503 with `Retry-After` while the store does not answer.
///
/// ```
/// use auth_ui::{CallError, require_auth};
///
/// async fn body_of_a_server_function() -> Result<String, CallError> {
///     let session = require_auth()?;
///     Ok(format!("Hello, {}", session.user.name))
/// }
/// ```
///
/// # Errors
/// [`CallError::SignedOut`] or [`CallError::SessionUnavailable`]; status and headers are set then.
pub fn require_auth() -> Result<PublicSession, CallError> {
    match page().session {
        SessionState::SignedIn { session, .. } => Ok(session),
        SessionState::SignedOut(_) => Err(refuse(CallError::SignedOut)),
        SessionState::Unavailable => Err(refuse(CallError::SessionUnavailable)),
    }
}

/// Sets the answer's status and headers for `error` and returns it, for a session that ends while the
/// function runs.
pub fn refuse(error: CallError) -> CallError {
    let headers = use_context::<Parts>().map(|parts| parts.headers).unwrap_or_default();
    let accepts_html = header(&headers, header::ACCEPT).is_some_and(|accept| accept.contains("text/html"));
    let response = use_context::<ResponseOptions>();
    match (&error, response) {
        // A form's answer is a page: the way in, or (Leptos' default) the page it was on, which says why.
        (CallError::SignedOut, _) if accepts_html => redirect(&page().pages.login_url(&came_from(&headers))),
        (_, Some(response)) if !accepts_html => match error {
            CallError::SignedOut => response.set_status(StatusCode::UNAUTHORIZED),
            CallError::SessionUnavailable => {
                response.set_status(StatusCode::SERVICE_UNAVAILABLE);
                response.insert_header(header::RETRY_AFTER, HeaderValue::from_static("5"));
            }
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

/// The page of this app that the form was on.
fn came_from(headers: &HeaderMap) -> String {
    let referer = header(headers, header::REFERER).and_then(|referer| Url::parse(referer).ok());
    let own = referer.filter(|url| url.origin().ascii_serialization() == page().app.origin);
    let path = own.map(|url| url[url::Position::BeforePath..url::Position::AfterQuery].to_owned());
    path.as_deref().and_then(local_path).unwrap_or("/").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{page_with, signed_in};
    use leptos::prelude::{Owner, provide_context};

    /// The outcome, status and one header of a call.
    fn call(
        session: SessionState,
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
    fn a_signed_out_program_gets_401_and_a_form_the_way_in_and_back() {
        let signed_out = SessionState::SignedOut(None);
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
    fn while_the_store_is_away_a_program_is_told_to_come_back() {
        let (outcome, status, retry) = call(SessionState::Unavailable, &[], header::RETRY_AFTER);
        assert_eq!(outcome, Err(CallError::SessionUnavailable));
        assert_eq!((status, retry.as_deref()), (Some(StatusCode::SERVICE_UNAVAILABLE), Some("5")));
    }
}
