//! Settings that need no network: what works otherwise than expected.

use super::Finding;
use crate::{
    config::{Config, secret_files as files_of_settings},
    origin::OriginPattern,
};
use std::path::Path;

/// Checks a valid configuration.
pub(super) fn check(config: &Config) -> Vec<Finding> {
    let mut findings = vec![Finding::ok("configuration", "every variable is valid")];
    if let Err(error) = config.check_providers() {
        findings.push(Finding::plain_error(error.variable, error.problem));
    }
    if let Err(error) = config.cookies.session.check(&config.public_urls) {
        findings.push(Finding::plain_error(error.variable, error.problem));
    }
    findings.extend(config.hints().map(|hint| {
        let (found, fix) = hint.split_once(": ").unwrap_or((hint.as_str(), "see docs/providers.md"));
        Finding::warning("AUTH_ALLOWED_EMAIL_DOMAINS", found, fix)
    }));
    findings.extend(cookie_domain(config));
    findings.extend(scheme(config));
    findings.extend(proxies(config));
    findings
}

/// Secrets in files that other users can read or write.
pub(super) fn secret_files(vars: &[(String, String)]) -> Vec<Finding> {
    files_of_settings(vars).filter_map(|(name, path)| file_of_secret(name, Path::new(path))).collect()
}

#[cfg(unix)]
fn file_of_secret(variable: &str, path: &Path) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt;
    // A file that cannot be read is an error of the configuration.
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    let found = format!("{} has mode {:03o}", path.display(), mode & 0o777);
    Some(if mode & 0o007 == 0 {
        Finding::ok(variable, found)
    } else {
        let fix = format!("chmod o= {}", path.display());
        Finding::warning(
            variable,
            format!("{found}: every user of this machine has access to the secret"),
            fix,
        )
    })
}

#[cfg(not(unix))]
fn file_of_secret(_: &str, _: &Path) -> Option<Finding> {
    None
}

/// Browsers refuse cookies for a public suffix (RFC 6265 §5.3), and for a domain that the host is not under.
fn cookie_domain(config: &Config) -> Option<Finding> {
    const VARIABLE: &str = "AUTH_COOKIE_DOMAIN";
    let domain = config.cookies.domain.as_deref()?;
    if psl::suffix_str(domain) == Some(domain) {
        let found = format!("{domain} is a public suffix, and browsers refuse cookies for it");
        return Some(Finding::error(VARIABLE, found, "set it to a domain that is yours alone"));
    }
    let is_under = |pattern: &&OriginPattern| {
        let host = pattern.host();
        host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    let outside: Vec<_> =
        config.public_urls.iter().filter(|one| !is_under(one)).map(ToString::to_string).collect();
    Some(match outside.len() {
        0 => Finding::ok(VARIABLE, format!("{domain} covers every origin of PUBLIC_URL")),
        some if some == config.public_urls.iter().count() => {
            let found = format!("{domain} covers no origin of PUBLIC_URL, so it has no effect");
            Finding::error(VARIABLE, found, "set it to a domain above PUBLIC_URL, or remove it")
        }
        _ => {
            let found = format!("{domain} does not cover {}", outside.join(", "));
            Finding::warning(
                VARIABLE,
                found,
                "these origins have a separate session; list only origins under the domain",
            )
        }
    })
}

/// Plain http is for development on one machine.
fn scheme(config: &Config) -> Option<Finding> {
    let open: Vec<_> = config
        .public_urls
        .iter()
        .filter(|one| !one.is_https() && !crate::origin::is_localhost(one.host()))
        .map(ToString::to_string)
        .collect();
    let fix = "use https: cookies are then Secure, and silent sign-in works";
    (!open.is_empty())
        .then(|| Finding::warning("PUBLIC_URL", format!("{} is not https", open.join(", ")), fix))
}

/// A program behind a proxy sees the proxy's address in place of its clients'.
fn proxies(config: &Config) -> Option<Finding> {
    const VARIABLE: &str = "AUTH_TRUSTED_PROXIES";
    if !config.public_urls.any_is_https() {
        return None;
    }
    Some(if config.trusted_proxies.is_set() {
        Finding::ok(VARIABLE, "is set")
    } else {
        let found = "is not set, so behind a proxy the rate limits for each client address are off";
        Finding::warning(VARIABLE, found, "set it to the addresses of the proxy that ends TLS")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    fn config(changes: &[(&str, &str)]) -> Config {
        let mut vars = std::collections::BTreeMap::from([
            ("PUBLIC_URL", "http://localhost:4201"),
            ("AUTH_SECRET", "a secret of at least thirty-two bytes"),
            ("AUTH_DEMO_ID", "demo"),
            ("AUTH_DEMO_ISSUER", "http://localhost:1"),
            ("SESSION_STORE_URL", "memory:"),
        ]);
        vars.extend(changes.iter().copied());
        let vars = vars.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Config::from_vars("main", vars).unwrap()
    }

    /// The level of the finding about a variable; `None` without one.
    fn level(changes: &[(&str, &str)], variable: &str) -> Option<Level> {
        let found = check(&config(changes));
        found.iter().find(|finding| finding.subject == variable).map(|finding| finding.level)
    }

    #[test]
    fn a_cookie_domain_is_compared_with_public_suffixes_and_origins() {
        let domain = |urls, domain| {
            level(&[("PUBLIC_URL", urls), ("AUTH_COOKIE_DOMAIN", domain)], "AUTH_COOKIE_DOMAIN")
        };
        let apps = "https://games.shop.co.uk";
        assert_eq!(domain(apps, "shop.co.uk"), Some(Level::Ok));
        assert_eq!(domain("https://pr-*.shop.co.uk", ".shop.co.uk"), Some(Level::Ok));
        assert_eq!(domain("http://games.wow.localhost:1", ".wow.localhost"), Some(Level::Ok));
        assert_eq!(domain(apps, ".co.uk"), Some(Level::Error));
        assert_eq!(domain("https://me.github.io", "github.io"), Some(Level::Error));
        assert_eq!(domain(apps, "other.example"), Some(Level::Error));
        assert_eq!(domain("https://notshop.co.uk", "shop.co.uk"), Some(Level::Error));
        assert_eq!(domain("https://a.shop.co.uk,https://b.example", "shop.co.uk"), Some(Level::Warning));
        assert_eq!(level(&[], "AUTH_COOKIE_DOMAIN"), None);
    }

    #[test]
    fn https_is_expected_outside_localhost() {
        let scheme = |urls| level(&[("PUBLIC_URL", urls)], "PUBLIC_URL");
        assert_eq!(scheme("http://games.wow.localhost:4201"), None);
        assert_eq!(scheme("https://app.example"), None);
        assert_eq!(scheme("http://app.example"), Some(Level::Warning));
        assert_eq!(scheme("https://app.example,http://pr-*.preview.example"), Some(Level::Warning));
    }

    #[test]
    fn with_https_the_trusted_proxies_are_expected() {
        let proxies = |changes: &[(&str, &str)]| level(changes, "AUTH_TRUSTED_PROXIES");
        let https = ("PUBLIC_URL", "https://app.example");
        assert_eq!(proxies(&[]), None);
        assert_eq!(proxies(&[https]), Some(Level::Warning));
        assert_eq!(proxies(&[https, ("AUTH_TRUSTED_PROXIES", "10.0.0.0/8")]), Some(Level::Ok));
    }

    #[test]
    fn a_missing_provider_is_an_error() {
        assert_eq!(level(&[], "AUTH_<NAME>_ID"), None);
        let none = [("AUTH_DEMO_ID", ""), ("AUTH_DEMO_ISSUER", "")];
        assert_eq!(level(&none, "AUTH_<NAME>_ID"), Some(Level::Error));
    }

    #[test]
    fn a_provider_that_refuses_every_user_is_a_warning() {
        let tenant = "https://login.microsoftonline.com/11111111-1111-1111-1111-111111111111/v2.0";
        let some = [
            ("AUTH_ENTRA_ID", "x"),
            ("AUTH_ENTRA_ISSUER", tenant),
            ("AUTH_ALLOWED_EMAIL_DOMAINS", "example.com"),
        ];
        assert_eq!(level(&some, "AUTH_ALLOWED_EMAIL_DOMAINS"), Some(Level::Warning));
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_that_other_users_can_read_is_a_warning() {
        use std::{fs::Permissions, os::unix::fs::PermissionsExt};
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "hunter2hunter2").unwrap();
        let vars = [("AUTH_SECRET_FILE".to_owned(), path.display().to_string())];
        for (mode, expected) in [(0o600, Level::Ok), (0o640, Level::Ok), (0o644, Level::Warning)] {
            std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let found = secret_files(&vars);
            assert_eq!((found.len(), found[0].level), (1, expected), "{mode:o}");
            assert!(!found[0].to_string().contains("hunter2"));
        }
        let other = [("APPS_FILE".to_owned(), path.display().to_string())];
        assert!(secret_files(&other).is_empty());
    }
}
