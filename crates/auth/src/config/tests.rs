use super::*;
use chrono::TimeDelta;
use secrecy::ExposeSecret;
use std::{collections::BTreeMap, time::Duration};

mod providers;
mod reference;

const SECRET: &str = "a secret of at least thirty-two bytes";

fn read(changes: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let mut vars = BTreeMap::from([
        ("PUBLIC_URL", "http://localhost:4201"),
        ("AUTH_SECRET", SECRET),
        ("AUTH_DEMO_ID", "demo"),
        ("AUTH_DEMO_ISSUER", "http://auth.wow.localhost:4300"),
        ("SESSION_STORE_URL", "sqlite://data/x.db"),
    ]);
    vars.extend(changes.iter().copied());
    Config::from_vars("main", vars.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())))
}

#[test]
fn a_minimal_environment_works() {
    let config = read(&[]).unwrap();
    assert_eq!(config.app_name, "main");
    assert_eq!(config.policy, SessionPolicy::default());
    assert_eq!(config.identity_origins, IdentityOrigins::default());
}

#[test]
fn every_bad_variable_is_named_with_its_fix() {
    for (changes, expected) in [
        ([("PUBLIC_URL", "")], "PUBLIC_URL: is missing"),
        ([("PUBLIC_URL", "http://x/path")], "PUBLIC_URL: \"http://x/path\" must be written"),
        ([("AUTH_SECRET", "")], "AUTH_SECRET: is missing"),
        ([("AUTH_SECRET", "short")], "AUTH_SECRET: is 5 bytes long"),
        ([("AUTH_SECRET_1", "short")], "AUTH_SECRET_1: is 5 bytes long"),
        ([("AUTH_DEMO_ID", "")], "AUTH_DEMO_ISSUER: is set but AUTH_DEMO_ID is not"),
        ([("AUTH_DEMO_ISSUER", "")], "AUTH_DEMO_ISSUER: is missing"),
        (
            [("AUTH_DEMO_ISSUER", "http://op.example")],
            "AUTH_DEMO_ISSUER: \"http://op.example\" must be https",
        ),
        (
            [("AUTH_REDIRECT_PROXY_URL", "http://localhost:4200")],
            "AUTH_REDIRECT_PROXY_URL: \"http://localhost:4200\" must end",
        ),
        ([("AUTH_NOTICE", "two\nlines")], "AUTH_NOTICE: must be one line"),
        ([("AUTH_ROBOTS", "maybe")], "AUTH_ROBOTS: \"maybe\" must be 1 or 0"),
        ([("AUTH_COOKIE_DOMAIN", "localhost")], "AUTH_COOKIE_DOMAIN: \"localhost\" must be"),
        ([("AUTH_COOKIE_DOMAIN", ".wow.localhost; x")], "AUTH_COOKIE_DOMAIN:"),
        ([("SESSION_STORE_URL", "")], "SESSION_STORE_URL: is missing"),
        (
            [("SESSION_STORE_URL", "mysql://user:password@x")],
            "SESSION_STORE_URL: \"mysql:\" is not a supported store",
        ),
        ([("AUTH_SESSION_MAX_AGE", "0")], "AUTH_SESSION_MAX_AGE: \"0\" must be"),
        ([("AUTH_SESSION_MAX_AGE", "1h")], "AUTH_SESSION_MAX_AGE: \"1h\" must be"),
        ([("AUTH_SESSION_CACHE_AGE", "-1")], "AUTH_SESSION_CACHE_AGE: \"-1\" must be"),
        ([("AUTH_SESSION_ABSOLUTE_AGE", "60")], "AUTH_SESSION_ABSOLUTE_AGE: is shorter"),
        (
            [("AUTH_SESION_MAX_AGE", "60")],
            "AUTH_SESION_MAX_AGE: is not a setting; did you mean AUTH_SESSION_MAX_AGE?",
        ),
        ([("AUTH_DEMO_ISUER", "x")], "AUTH_DEMO_ISUER: is not a setting; did you mean AUTH_DEMO_ISSUER?"),
        ([("AUTH_LOG_FORMAT", "xml")], "AUTH_LOG_FORMAT: \"xml\" must be text or json"),
        ([("AUTH_CLOCK_TOLERANCE", "30000")], "AUTH_CLOCK_TOLERANCE: \"30000\" is in seconds"),
        ([("AUTH_DEMO_TOKEN_TIMEOUT", "30000")], "AUTH_DEMO_TOKEN_TIMEOUT: \"30000\" is in seconds"),
        ([("AUTH_SECRET_01", "an older secret of at least 32 bytes")], "AUTH_SECRET_01: is not a setting"),
        ([("AUTH_PROVIDERS", "google")], "AUTH_PROVIDERS: names \"google\", but AUTH_GOOGLE_ID is not set"),
    ] {
        let message = read(&changes).unwrap_err().to_string();
        assert!(message.starts_with(expected), "{message}");
        assert!(
            !message.contains(SECRET) && !message.contains("password") && !message.contains('\n'),
            "{message}"
        );
    }
}

/// The variables of all errors.
fn errors(changes: &[(&str, &str)]) -> Vec<String> {
    let vars = changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let errors = Config::read("main", vars).err().into_iter().flatten();
    errors.map(|error| error.variable).collect()
}

#[test]
fn all_errors_are_found_at_once() {
    let found = errors(&[
        ("AUTH_SESION_MAX_AGE", "60"),
        ("AUTH_COKIE_DOMAIN", "x"),
        ("AUTH_LOG_FORMAT", "xml"),
        ("PUBLIC_URL", "localhost"),
        ("AUTH_GOOGLE_ID", "google"),
        ("AUTH_OIDC_ID", "oidc"),
        ("AUTH_STAFF_ID", "staff"),
        ("AUTH_STAFF_ISSUER", "http://op.example"),
        ("AUTH_STORE_MIGRATE", "maybe"),
        ("AUTH_MAX_CONNECTIONS", "0"),
    ]);
    let expected = [
        "AUTH_COKIE_DOMAIN",
        "AUTH_SESION_MAX_AGE",
        "AUTH_LOG_FORMAT",
        "PUBLIC_URL",
        "AUTH_SECRET",
        "AUTH_OIDC_ISSUER",
        "AUTH_STAFF_ISSUER",
        "SESSION_STORE_URL",
        "AUTH_STORE_MIGRATE",
        "AUTH_MAX_CONNECTIONS",
    ];
    assert_eq!(found, expected);
}

#[test]
fn an_error_that_follows_from_another_is_not_reported() {
    let valid = [("PUBLIC_URL", "http://localhost:1"), ("SESSION_STORE_URL", "memory:")];
    let missing_file = [("AUTH_SECRET_FILE", "/nowhere/secret")];
    assert_eq!(errors(&[&valid[..], &missing_file].concat()), ["AUTH_SECRET_FILE"]);
    // The issuer has the first of these origins as its default.
    let identity = [
        ("AUTH_SECRET", SECRET),
        ("AUTH_REDIRECT_PROXY_URL", "http://localhost:4200"),
        ("AUTH_IDENTITY_ID", "games"),
    ];
    assert_eq!(errors(&[&valid[..], &identity].concat()), ["AUTH_REDIRECT_PROXY_URL"]);
}

#[test]
fn each_store_is_chosen_by_its_url() {
    for url in ["sqlite://x.db", "postgres://db/x", "postgresql://db/x", "redis://cache", "memory:"] {
        assert_eq!(read(&[("SESSION_STORE_URL", url)]).unwrap().store_url, url);
    }
    for url in ["sqlite://", "redis:cache", "memory", "memory:x"] {
        assert_eq!(read(&[("SESSION_STORE_URL", url)]).unwrap_err().variable, "SESSION_STORE_URL");
    }
}

#[test]
fn a_longer_rolling_age_raises_the_absolute_age() {
    let policy = read(&[("AUTH_SESSION_MAX_AGE", "31536000")]).unwrap().policy;
    assert_eq!((policy.max_age, policy.absolute_age), (TimeDelta::days(365), TimeDelta::days(365)));
}

#[test]
fn the_cache_may_be_disabled() {
    let policy = read(&[("AUTH_SESSION_CACHE_AGE", "0")]).unwrap().policy;
    assert_eq!(policy.cache_age, Duration::ZERO);
}

#[test]
fn without_a_provider_the_error_names_the_variables() {
    let config = read(&[("AUTH_DEMO_ID", ""), ("AUTH_DEMO_ISSUER", "")]).unwrap();
    assert_eq!(config.check_providers().unwrap_err().variable, "AUTH_<NAME>_ID");
}

#[test]
fn a_notice_is_one_short_line() {
    assert_eq!(read(&[("AUTH_NOTICE", " Tests only. ")]).unwrap().notice.as_deref(), Some("Tests only."));
    assert_eq!(read(&[("AUTH_NOTICE", "  ")]).unwrap().notice, None);
    assert!(read(&[("AUTH_NOTICE", &"ä".repeat(300))]).is_ok());
    assert!(read(&[("AUTH_NOTICE", &"a".repeat(301))]).is_err());
}

#[test]
fn the_newest_secret_comes_first() {
    let older = "an older secret of at least thirty-two";
    let config = read(&[("AUTH_SECRET_1", older)]).unwrap();
    let secrets: Vec<_> = config.secrets.iter().map(ExposeSecret::expose_secret).collect();
    assert_eq!(secrets, [SECRET, older]);
}

#[test]
fn a_secret_does_not_show_in_debug_output() {
    assert!(!format!("{:?}", read(&[("AUTH_DEMO_SECRET", "hunter2hunter2")]).unwrap()).contains("hunter2"));
}

#[test]
fn redirects_lead_to_the_first_identity_origin_and_frames_to_the_nearest() {
    let list = "http://localhost:4200/auth,http://identity.wow.localhost:4200/auth";
    let identity_origins = IdentityOrigins::parse(list).unwrap();
    let nearest =
        |origin: &str| identity_origins.nearest(&Origin::parse(origin).unwrap()).unwrap().to_string();
    assert_eq!(nearest("http://localhost:4201"), "http://localhost:4200");
    assert_eq!(nearest("http://games.wow.localhost:4201"), "http://identity.wow.localhost:4200");
    assert_eq!(nearest("https://app.example"), "http://localhost:4200");
    assert_eq!(identity_origins.canonical().unwrap().to_string(), "http://localhost:4200");
    assert_eq!(IdentityOrigins::default().canonical(), None);
    assert_eq!(IdentityOrigins::default().nearest(&Origin::parse("http://localhost:1").unwrap()), None);
}
