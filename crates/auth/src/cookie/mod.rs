//! Cookies: their names, their attributes, and how they are read and written.

mod id;
mod jar;
mod kind;
mod options;
mod settings;

pub use id::SessionId;
pub use jar::Cookies;
pub(crate) use jar::MAX_CANDIDATES;
pub use kind::CookieKind;
pub use options::{SameSite, SessionOptions};
pub use settings::CookieSettings;

use axum::response::AppendHeaders;
use http::{HeaderName, HeaderValue, header};

/// Returns the `Set-Cookie` headers for a response.
pub fn set_cookies(
    cookies: Vec<HeaderValue>,
) -> AppendHeaders<impl Iterator<Item = (HeaderName, HeaderValue)>> {
    AppendHeaders(cookies.into_iter().map(|cookie| (header::SET_COOKIE, cookie)))
}
