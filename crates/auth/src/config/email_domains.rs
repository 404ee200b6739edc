//! `AUTH_ALLOWED_EMAIL_DOMAINS`: a ready-made `sign_in` callback that checks the email domain.

use super::is_domain;
use crate::hooks::{SignInAttempt, Verdict};

/// The email domains that may sign in. An empty list allows every user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmailDomains(Vec<String>);

impl EmailDomains {
    pub(super) fn parse(list: &str) -> Result<Self, String> {
        let entries = list.split(',').map(|entry| entry.trim().to_ascii_lowercase());
        let domains: Vec<_> = entries.filter(|entry| !entry.is_empty()).collect();
        match domains.iter().find(|domain| !is_domain(domain)) {
            Some(wrong) => Err(format!("\"{wrong}\" must be a domain, as in example.com")),
            None => Ok(Self(domains)),
        }
    }

    /// Whether the list is empty, so that every user may sign in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Allows a sign-in if the provider has verified the email address and its domain is on the list.
    ///
    /// Subdomains of a listed domain are refused. So is an unverified address, because it may
    /// belong to another person.
    #[must_use]
    pub fn check(&self, attempt: &SignInAttempt) -> Verdict {
        let domain =
            attempt.verified_email().and_then(|email| email.rsplit_once('@')).map(|(_, domain)| domain);
        if !self.0.is_empty()
            && attempt.user.email.is_some()
            && !attempt.claims.contains_key("email_verified")
        {
            tracing::warn!(
                provider = attempt.provider,
                "the provider does not say whether the address is verified; see AUTH_<NAME>_TRUST_EMAIL"
            );
        }
        let is_listed = |domain: &str| self.0.iter().any(|listed| listed.eq_ignore_ascii_case(domain));
        if self.0.is_empty() || domain.is_some_and(is_listed) { Verdict::Allow } else { Verdict::Refuse }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::User;
    use serde_json::{Value, json};

    /// `claims` describe `email`.
    fn check(domains: &str, email: Option<&str>, claims: &Value) -> Verdict {
        let mut claims = claims.as_object().cloned().unwrap_or_default();
        claims.insert("email".into(), json!(email));
        let attempt = SignInAttempt {
            provider: "demo".into(),
            issuer: "https://op.example".into(),
            subject: "1".into(),
            user: User { email: email.map(Into::into), ..User::default() },
            claims,
        };
        EmailDomains::parse(domains).unwrap().check(&attempt)
    }

    #[test]
    fn an_empty_list_allows_every_sign_in() {
        assert_eq!(check("", None, &json!({})), Verdict::Allow);
    }

    #[test]
    fn a_verified_address_of_a_listed_domain_is_allowed() {
        let verified = json!({ "email_verified": true });
        assert_eq!(check("Example.com, other.example", Some("a@EXAMPLE.com"), &verified), Verdict::Allow);
    }

    #[test]
    fn subdomains_lookalikes_and_unverified_addresses_are_refused() {
        let verified = json!({ "email_verified": true });
        for email in
            ["a@sub.example.com", "a@notexample.com", "a@example.com@evil.example", "example.com", ""]
        {
            assert_eq!(check("example.com", Some(email), &verified), Verdict::Refuse, "{email}");
        }
        assert_eq!(check("example.com", None, &verified), Verdict::Refuse);
        for claims in [json!({}), json!({ "email_verified": false }), json!({ "email_verified": "true" })] {
            assert_eq!(check("example.com", Some("a@example.com"), &claims), Verdict::Refuse, "{claims}");
        }
    }

    #[test]
    fn an_invalid_domain_is_refused_at_start() {
        for list in ["example", "a@example.com", "example.com;evil.example", "*.example.com", "a..b"] {
            assert!(EmailDomains::parse(list).is_err(), "{list}");
        }
    }
}
