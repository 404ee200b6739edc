//! The user's profile, from the claims of the ID token and of `/userinfo`.
//!
//! These claims decide only what is shown, and which address counts as verified. So other shapes than the
//! specification's are accepted if they can be read.

use crate::session::User;
use serde_json::{Map, Value};

/// Normalises `email` and `email_verified` (OpenID Connect Core §5.1).
///
/// `email_verified` becomes true for `true` and `"true"` only. `email_verified` is removed
/// if there is no address.
pub(super) fn normalise(claims: &mut Map<String, Value>) {
    let is_verified = claims.get("email_verified").is_some_and(is_true);
    let email = text(claims, "email");
    if claims.remove("email_verified").is_some() && email.is_some() {
        claims.insert("email_verified".to_owned(), Value::Bool(is_verified));
    }
    match email {
        Some(email) => claims.insert("email".to_owned(), Value::String(email)),
        None => claims.remove("email"),
    };
}

/// Counts the address as verified if the provider does not say whether it is. An explicit `false` stays.
pub(super) fn trust_email(claims: &mut Map<String, Value>) {
    if claims.contains_key("email") {
        claims.entry("email_verified").or_insert(Value::Bool(true));
    }
}

/// The user that normalised claims describe.
pub(super) fn user(claims: &Map<String, Value>) -> User {
    let name = ["name", "preferred_username", "nickname"].into_iter().find_map(|name| text(claims, name));
    User { name, email: text(claims, "email"), picture: text(claims, "picture") }
}

/// Whether a name or email claim is missing that `/userinfo` could add.
pub(super) fn lacks_profile_claims(claims: &Map<String, Value>) -> bool {
    text(claims, "name").is_none() || !claims.contains_key("email") || !claims.contains_key("email_verified")
}

/// Adds the claims of `/userinfo` that the ID token does not have.
///
/// `email` and `email_verified` come from one source: from the ID token, if the ID token has an address.
pub(super) fn merge(claims: &mut Map<String, Value>, mut told: Map<String, Value>) {
    normalise(&mut told);
    match (text(claims, "email"), text(&told, "email")) {
        // Same address: either source may have verified it.
        (Some(ours), Some(theirs)) if ours == theirs => {}
        // The same address in other capitals: a "no" counts, a "yes" does not.
        (Some(ours), Some(theirs))
            if ours.eq_ignore_ascii_case(&theirs)
                && told.get("email_verified") == Some(&Value::Bool(false)) => {}
        (Some(_), _) => {
            told.remove("email_verified");
        }
        (None, _) => {
            claims.remove("email_verified");
        }
    }
    for (name, value) in told {
        let is_missing = claims.get(&name).is_none_or(|known| known.is_null() || known.as_str() == Some(""));
        if is_missing {
            claims.insert(name, value);
        }
    }
}

fn is_true(value: &Value) -> bool {
    *value == Value::Bool(true) || value.as_str() == Some("true")
}

/// Reads a claim as non-empty text. A number becomes its digits.
fn text(claims: &Map<String, Value>, name: &str) -> Option<String> {
    let text = match claims.get(name)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn claims(value: &Value) -> Map<String, Value> {
        let mut claims = value.as_object().cloned().unwrap();
        normalise(&mut claims);
        claims
    }

    #[test]
    fn odd_claim_shapes_never_fail_a_sign_in() {
        for (odd, name) in [
            (
                json!({"name": "Alice", "address": "a string", "updated_at": "yesterday", "locale": ["en"]}),
                Some("Alice"),
            ),
            (json!({"name": null, "preferred_username": "alice"}), Some("alice")),
            (json!({"name": "  ", "nickname": 42}), Some("42")),
            (json!({"name": {"en": "Alice"}, "birthdate": 1990}), None),
            (json!({"name": ["Alice"], "phone_number_verified": "maybe"}), None),
        ] {
            assert_eq!(user(&claims(&odd)).name.as_deref(), name, "{odd}");
        }
    }

    #[test]
    fn email_verified_needs_an_address_and_a_true_value() {
        let verified = |value: Value| {
            claims(&json!({"email": "a@example.com", "email_verified": value}))["email_verified"].clone()
        };
        assert_eq!([verified(json!(true)), verified(json!("true"))], [json!(true), json!(true)]);
        for value in
            [json!(false), json!("false"), json!("True"), json!(1), json!("1"), json!(null), json!([true])]
        {
            assert_eq!(verified(value.clone()), json!(false), "{value}");
        }
        for email in [json!(null), json!(""), json!(["a@example.com"])] {
            let claims = claims(&json!({"email": email, "email_verified": true}));
            assert!(!claims.contains_key("email_verified") && !claims.contains_key("email"), "{email}");
        }
    }

    #[test]
    fn a_trusted_address_counts_unless_the_provider_says_no() {
        let trusted = |value: Value| {
            let mut claims = claims(&value);
            trust_email(&mut claims);
            claims.get("email_verified").cloned()
        };
        assert_eq!(trusted(json!({"email": "a@example.com"})), Some(json!(true)));
        assert_eq!(trusted(json!({"email": "a@example.com", "email_verified": false})), Some(json!(false)));
        assert_eq!(trusted(json!({"email": "a@example.com", "email_verified": "no"})), Some(json!(false)));
        assert_eq!(trusted(json!({"email": ""})), None);
    }

    #[test]
    fn userinfo_fills_gaps_and_never_verifies_another_address() {
        let merged = |token: Value, told: Value| {
            let mut claims = claims(&token);
            merge(&mut claims, told.as_object().cloned().unwrap());
            (user(&claims).email, claims.get("email_verified").cloned())
        };
        let [a, b] = ["a@example.com", "b@example.com"].map(|email| Some(email.to_owned()));
        assert_eq!(
            merged(json!({}), json!({"email": "a@example.com", "email_verified": "true"})),
            (a.clone(), Some(json!(true)))
        );
        assert_eq!(
            merged(json!({"email_verified": true}), json!({"email": "a@example.com"})),
            (a.clone(), None)
        );
        assert_eq!(
            merged(
                json!({"email": "b@example.com"}),
                json!({"email": "a@example.com", "email_verified": true})
            ),
            (b, None)
        );
        assert_eq!(
            merged(
                json!({"email": "a@example.com"}),
                json!({"email": "a@example.com", "email_verified": true})
            ),
            (a, Some(json!(true)))
        );
    }
}
