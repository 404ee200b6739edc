//! Who the user is, from an ID token's claims and `/userinfo`. Nothing here decides anything but what is shown and
//! which address counts as verified, so other shapes than the specification's are read where they can be.

use crate::session::User;
use serde_json::{Map, Value};

/// Makes `claims` say what they mean: `email_verified` is true for `true` and `"true"` only, and stands beside an
/// address or not at all (OpenID Connect Core §5.1).
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

/// The user that normalised claims describe.
pub(super) fn user(claims: &Map<String, Value>) -> User {
    let name = ["name", "preferred_username", "nickname"].into_iter().find_map(|name| text(claims, name));
    User { name, email: text(claims, "email"), picture: text(claims, "picture") }
}

/// Whether an app may miss something that `/userinfo` could add.
pub(super) fn is_thin(claims: &Map<String, Value>) -> bool {
    text(claims, "name").is_none() || !claims.contains_key("email") || !claims.contains_key("email_verified")
}

/// Adds what `/userinfo` says. What the ID token says stands, but address and its verification come from one place:
/// from the ID token where that has an address.
pub(super) fn merge(claims: &mut Map<String, Value>, mut told: Map<String, Value>) {
    normalise(&mut told);
    match (text(claims, "email"), text(&told, "email")) {
        // The same address: either may have verified it.
        (Some(ours), Some(theirs)) if ours == theirs => {}
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

/// A text that says something; a number counts as its digits.
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
    fn odd_shapes_cost_a_name_and_never_a_sign_in() {
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
    fn an_address_is_verified_for_true_and_its_text_only_and_only_beside_an_address() {
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
    fn userinfo_adds_what_is_missing_and_a_verification_never_changes_its_address() {
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
