//! A public demo: the provider serves the public although its users need no password.
//!
//! Each visitor gets throwaway users ([`visitor`]), an address may send a limited number of requests
//! ([`limits`]), and robots are kept out ([`robots`]). Nothing that exists for tests can be switched on.

pub(crate) mod limits;
pub(crate) mod robots;
mod visitor;

pub(crate) use visitor::{Visitor, Visitors, is_visitor_id};

use crate::config::{Config, DEFAULT_PROMPTS};
use crate::{Error, Personality};
use url::{Host, Url};

/// Top-level names that are never public (RFC 6761 §6). The browser journeys behind TLS use `.test`.
const RESERVED: [&str; 4] = ["localhost", "test", "example", "invalid"];

/// Checks that only a public demo has a public issuer, and that a public demo is safe.
///
/// # Errors
/// [`Error::Config`] for the first setting that does not fit.
pub(crate) fn check(config: &Config) -> Result<(), Error> {
    let refuse = |setting, reason| Err(Error::Config { setting, reason });
    if !config.public_demo {
        if !is_reserved(&config.issuer) {
            return refuse(
                "issuer",
                "is a public host, and the users of this provider need no password; only a public demo \
                 (--public-demo) may have it",
            );
        }
        return Ok(());
    }
    if config.issuer.scheme() != "https" && !is_loopback(&config.issuer) {
        return refuse("issuer", "must be https in a public demo");
    }
    if config.faults {
        return refuse("faults", "is for tests; a public demo refuses it");
    }
    let for_tests = [
        ("personality", config.personality != Personality::Plain),
        ("federated_via", config.federated_via.is_some()),
        ("scope_supported", config.scopes_supported.is_some()),
        ("prompt_value", config.prompt_values.as_deref().is_none_or(|values| values != DEFAULT_PROMPTS)),
        ("extra_audience", config.extra_audience.is_some()),
        ("requires_hint", config.requires_hint),
    ];
    match for_tests.into_iter().find(|(_, is_set)| *is_set) {
        Some((setting, _)) => refuse(setting, "is for tests; a public demo refuses it"),
        None => Ok(()),
    }
}

/// Whether a URL's host is on this machine or below a reserved name.
fn is_reserved(url: &Url) -> bool {
    let is_below = |name: &str, top: &str| {
        let name = name.strip_suffix('.').unwrap_or(name);
        name.strip_suffix(top).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    match url.host() {
        Some(Host::Domain(name)) => RESERVED.iter().any(|top| is_below(name, top)),
        _ => is_loopback(url),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(issuer: &str) -> Config {
        Config::new(issuer.parse().unwrap())
    }

    fn refused_setting(config: &Config) -> Option<&'static str> {
        match check(config) {
            Err(Error::Config { setting, .. }) => Some(setting),
            _ => None,
        }
    }

    #[test]
    fn a_public_issuer_needs_a_public_demo() {
        for issuer in [
            "https://auth.example.com",
            "http://192.0.2.1",
            "http://10.0.0.1:4300",
            "http://[2001:db8::1]",
            "https://localhost.example.com",
            "https://mytest",
            "https://auth.notlocalhost",
        ] {
            assert_eq!(refused_setting(&config(issuer)), Some("issuer"), "{issuer}");
        }
        for issuer in [
            "http://auth.wow.localhost:4300",
            "http://127.0.0.1:4300",
            "http://[::1]:4300",
            "https://auth.wow.test",
            "https://auth.wow.test.",
            "http://a.example",
        ] {
            assert_eq!(refused_setting(&config(issuer)), None, "{issuer}");
        }
    }

    #[test]
    fn a_public_demo_needs_https() {
        let demo = |issuer: &str| Config { public_demo: true, ..config(issuer) };
        for issuer in ["http://auth.example.com", "http://auth.wow.test"] {
            assert_eq!(refused_setting(&demo(issuer)), Some("issuer"), "{issuer}");
        }
        for issuer in ["https://auth.example.com", "http://auth.wow.localhost:4300"] {
            assert_eq!(refused_setting(&demo(issuer)), None, "{issuer}");
        }
    }

    #[test]
    fn a_public_demo_refuses_everything_that_is_for_tests() {
        let demo = || Config { public_demo: true, ..config("https://auth.example.com") };
        let login = "https://login.test".parse().ok();
        for (setting, config) in [
            ("faults", Config { faults: true, ..demo() }),
            ("personality", Config { personality: Personality::Apple, ..demo() }),
            ("federated_via", Config { federated_via: login, ..demo() }),
            ("scope_supported", Config { scopes_supported: Some(Vec::new()), ..demo() }),
            ("prompt_value", Config { prompt_values: None, ..demo() }),
            ("extra_audience", Config { extra_audience: Some("x".to_owned()), ..demo() }),
            ("requires_hint", Config { requires_hint: true, ..demo() }),
        ] {
            assert_eq!(refused_setting(&config), Some(setting));
        }
    }
}
