//! Parameters of a request, from its query or form. An empty parameter counts as absent, and a parameter must
//! not be repeated (RFC 6749 §3.1).

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use url::form_urlencoded;

/// The parameters of one request.
#[derive(Debug, Default)]
pub(crate) struct Params {
    values: BTreeMap<String, String>,
    duplicates: BTreeSet<String>,
}

impl Params {
    /// Parses a query string or a form body.
    pub(crate) fn parse(encoded: &[u8]) -> Self {
        let mut params = Self::default();
        let mut seen = BTreeSet::new();
        for (name, value) in form_urlencoded::parse(encoded) {
            if !seen.insert(name.to_string()) {
                params.duplicates.insert(name.to_string());
            }
            if !value.is_empty() {
                params.values.insert(name.into_owned(), value.into_owned());
            }
        }
        params
    }

    /// Returns the value of `name` if it was sent exactly once and is not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        if self.duplicates.contains(name) {
            return None;
        }
        self.values.get(name).map(String::as_str)
    }

    pub(crate) fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// Returns every parameter that was sent exactly once and is not empty, in the order of the names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let once = self.values.iter().filter(|(name, _)| !self.duplicates.contains(*name));
        once.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether `name` was sent more than once.
    pub(crate) fn is_duplicate(&self, name: &str) -> bool {
        self.duplicates.contains(name)
    }

    /// Whether any parameter was sent more than once.
    pub(crate) fn has_duplicates(&self) -> bool {
        !self.duplicates.is_empty()
    }
}

/// The scopes that the provider supports by default.
pub(crate) const SCOPES: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// A set of scopes, separated by spaces in text (RFC 6749 §3.3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Scopes(BTreeSet<String>);

impl Scopes {
    /// Parses `openid` and the `supported` scopes of `text`; other scopes are ignored (OpenID Connect Core
    /// §3.1.2.1).
    pub(crate) fn parse(text: &str, supported: &[String]) -> Self {
        let is_known = |scope: &&str| *scope == "openid" || supported.iter().any(|known| known == scope);
        Self(text.split(' ').filter(is_known).map(str::to_owned).collect())
    }

    pub(crate) fn has(&self, scope: &str) -> bool {
        self.0.contains(scope)
    }

    /// Whether `other` contains all of these scopes.
    pub(crate) fn within(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }
}

impl std::fmt::Display for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scopes: Vec<&str> = self.0.iter().map(String::as_str).collect();
        f.write_str(&scopes.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_parameter_counts_as_absent() {
        assert_eq!(Params::parse(b"state=&nonce=n").get("state"), None);
    }

    #[test]
    fn a_parameter_sent_twice_has_no_value() {
        let params = Params::parse(b"state=a&state=b&nonce=n");
        assert_eq!(params.get("state"), None);
        assert!(params.is_duplicate("state") && params.has_duplicates());
        assert!(Params::parse(b"state=&state=b").is_duplicate("state"));
    }

    #[test]
    fn unknown_scopes_are_ignored() {
        let parse = |text| Scopes::parse(text, &SCOPES.map(str::to_owned));
        let scopes = parse("openid email admin");
        assert_eq!(scopes.to_string(), "email openid");
        assert!(!scopes.has("admin"));
        assert!(parse("openid").within(&scopes));
        assert!(!parse("openid profile").within(&scopes));
    }
}
