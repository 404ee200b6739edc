//! The `state` of a sign-out that passes through identity.

use crate::origin::Origin;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// Builds the `state` for the provider's post-logout redirect: `{opaque}.{base64url of the origin}`. The
/// origin tells identity which app to redirect to. The `state` is neither secret nor proof: identity
/// redirects to registered origins only, and the app accepts only a `state` that this browser began with.
#[must_use]
pub fn logout_state(opaque: &str, origin: &Origin) -> String {
    format!("{opaque}.{}", URL_SAFE_NO_PAD.encode(origin.to_string()))
}

/// Returns the origin in a [`logout_state`].
#[must_use]
pub fn origin_in_logout_state(state: &str) -> Option<Origin> {
    let (_, origin) = state.split_once('.')?;
    let origin = String::from_utf8(URL_SAFE_NO_PAD.decode(origin).ok()?).ok()?;
    Origin::parse(&origin).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logout_state_names_its_app() {
        let origin = Origin::parse("http://localhost:4201").unwrap();
        assert_eq!(origin_in_logout_state(&logout_state("opaque", &origin)), Some(origin));
        for state in ["", "opaque", "opaque.", "opaque.!", "opaque.amF2YXNjcmlwdDphbGVydCgxKQ"] {
            assert_eq!(origin_in_logout_state(state), None, "{state}");
        }
    }
}
