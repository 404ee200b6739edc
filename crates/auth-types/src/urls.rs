//! URLs that carry a return path, for the server's redirects and the pages' links.

/// Returns the URL that starts a silent sign-in and returns to `path` (article 3).
///
/// ```
/// assert_eq!(auth_types::silent_url("/a"), "/auth/silent?callbackUrl=%2Fa");
/// ```
#[must_use]
pub fn silent_url(path: &str) -> String {
    format!("/auth/silent?callbackUrl={}", encode_query(path))
}

/// Percent-encodes a query value. Only RFC 3986 unreserved characters stay unchanged.
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
