//! `response_mode=form_post`: an authorization response as a form that posts itself (OAuth 2.0 Form Post
//! Response Mode 1.0).

use crate::{guard, pages};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use maud::{PreEscaped, html};
use sha2::{Digest as _, Sha256};

const SCRIPT: &str = "document.forms[0].submit()";

/// Returns the page whose form posts `fields` to `redirect_uri`. The button is for browsers without
/// JavaScript.
///
/// The policy of this page allows its one script by hash. Like the other pages it has no `form-action`:
/// browsers would apply it to the redirects of the relying party too.
pub(super) fn page(redirect_uri: &str, fields: &[(&str, &str)]) -> Response {
    let mut response = pages::page(
        StatusCode::OK,
        "Back to the app",
        &html! {
            h1 { "Back to the app" }
            form class="stack" method="post" action=(redirect_uri) {
                @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
                button class="button wide" { "Continue" }
            }
            script { (PreEscaped(SCRIPT)) }
        },
    );
    let hash = BASE64_STANDARD.encode(Sha256::digest(SCRIPT));
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::try_from(format!("{}; script-src 'sha256-{hash}'", guard::CSP)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    // The default policy, `same-origin`, would turn `Origin` into `null` on a form to another origin.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("origin"));
    response
}
