//! The way to the sign-in page, for redirects of the server and links of the pages alike.

use crate::SignInError;

/// `/login?callbackUrl=…`: the sign-in page, leading back to `path` afterwards.
///
/// ```
/// assert_eq!(auth_types::login_url("/dashboard?tab=2"), "/login?callbackUrl=%2Fdashboard%3Ftab%3D2");
/// assert_eq!(auth_types::login_url("/"), "/login");
/// ```
#[must_use]
pub fn login_url(path: &str) -> String {
    url(None, path)
}

/// The same, with the reason why a sign-in did not work.
///
/// ```
/// use auth_types::{SignInError, login_error_url};
///
/// assert_eq!(login_error_url(SignInError::Refused, "/a"), "/login?error=refused&callbackUrl=%2Fa");
/// ```
#[must_use]
pub fn login_error_url(error: SignInError, path: &str) -> String {
    url(Some(error), path)
}

/// Where a browser is sent first to find out whether the provider knows who it is (article 3).
///
/// ```
/// assert_eq!(auth_types::silent_url("/a"), "/auth/silent?callbackUrl=%2Fa");
/// ```
#[must_use]
pub fn silent_url(path: &str) -> String {
    format!("/auth/silent?callbackUrl={}", encode_query(path))
}

fn url(error: Option<SignInError>, path: &str) -> String {
    let error = error.map(|error| format!("error={}", error.code()));
    let callback = (path != "/").then(|| format!("callbackUrl={}", encode_query(path)));
    let query = error.into_iter().chain(callback).collect::<Vec<_>>().join("&");
    if query.is_empty() { "/login".to_owned() } else { format!("/login?{query}") }
}

/// Percent-encodes a query value: only RFC 3986 unreserved characters stay as they are.
#[must_use]
pub fn encode_query(value: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = String::with_capacity(value.len() * 3);
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push(char::from(HEX[usize::from(byte >> 4)]));
            encoded.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    encoded
}
