//! `GET /auth/sign-in.js`: keeps the fragment of a deep link through a sign-in by hand.
//!
//! Load the script on the sign-in page, after the forms: `<script src="/auth/sign-in.js" defer>`. Without JavaScript the
//! fragment is lost there, and the visitor gets to the page without it.

use axum::response::IntoResponse;
use http::header;

/// Answers with the script.
pub(super) async fn script() -> impl IntoResponse {
    let headers =
        [(header::CONTENT_TYPE, "text/javascript"), (header::CACHE_CONTROL, "public, max-age=3600")];
    (headers, include_str!("sign_in.js"))
}
