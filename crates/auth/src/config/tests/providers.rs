use super::*;
use crate::{
    config::{EACH_PROVIDER, SETTINGS},
    provider::{Credentials, Kind},
};

/// A P-256 key that only tests use.
pub(super) const P256: &str = "-----BEGIN PRIVATE KEY-----\n\
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgBG0hskblSXXIlkLF\n\
    xNkp4jWDxL111giEfrG9NvoD2N6hRANCAATarJeLJ2cjVUuoFE1aBM49BZEm28K0\n\
    TEQjHrTRuLvhSpnI1JsXGNmqQE0OGCWgmKXf5Ycz7ReKiB8LmNYr0WIF\n\
    -----END PRIVATE KEY-----\n";

const TENANT: &str = "11111111-1111-1111-1111-111111111111";
const SHARED: &str = "https://login.microsoftonline.com/organizations/v2.0";

fn ids(changes: &[(&str, &str)]) -> Vec<String> {
    read(changes).unwrap().providers.into_iter().map(|provider| provider.id).collect()
}

/// Reads the provider STAFF with these settings.
fn staff(changes: &[(&str, &str)]) -> Result<ProviderConfig, ConfigError> {
    let changes: Vec<_> =
        changes.iter().map(|(what, value)| (format!("AUTH_STAFF_{what}"), *value)).collect();
    let mut all = vec![("AUTH_STAFF_ID", "client-1"), ("AUTH_STAFF_ISSUER", "https://id.example.com")];
    all.extend(changes.iter().map(|(name, value)| (name.as_str(), *value)));
    Ok(read(&all)?.providers.pop().unwrap())
}

fn refused(changes: &[(&str, &str)]) -> String {
    staff(changes).unwrap_err().to_string()
}

#[test]
fn any_name_with_an_issuer_is_a_provider() {
    let config = staff(&[]).unwrap();
    assert_eq!((config.id.as_str(), config.name.as_str()), ("staff", "STAFF"));
    assert_eq!(config.scopes, "openid profile email");
    assert!(config.offline_access && config.is_silent && !config.trusts_email);
    assert!(
        matches!(&config.kind, Kind::Oidc { issuers } if issuers.only() == Some("https://id.example.com"))
    );
    let missing = read(&[("AUTH_STAFF_ID", "x")]).unwrap_err().to_string();
    assert!(missing.starts_with("AUTH_STAFF_ISSUER: is missing"), "{missing}");
}

#[test]
fn two_providers_of_a_kind_stand_side_by_side() {
    let more = [
        ("AUTH_KEYCLOAK_ID", "a"),
        ("AUTH_KEYCLOAK_ISSUER", "https://one.example/realms/x"),
        ("AUTH_STAFF_2_ID", "b"),
        ("AUTH_STAFF_2_PRESET", "keycloak"),
        ("AUTH_STAFF_2_ISSUER", "https://two.example/realms/x"),
    ];
    assert_eq!(ids(&more), ["demo", "keycloak", "staff_2"]);
    let config = read(&more).unwrap();
    // The preset of Keycloak does not request `offline_access`.
    assert!(config.providers[1..].iter().all(|provider| !provider.offline_access));
    assert_eq!(config.providers[2].name, "STAFF_2");
}

#[test]
fn a_mistyped_preset_is_guessed() {
    let message = read(&[("AUTH_GOGLE_ID", "x")]).unwrap_err().to_string();
    assert!(
        message.starts_with("AUTH_GOGLE_ISSUER: is missing") && message.contains("AUTH_GOOGLE_ID"),
        "{message}"
    );
    assert!(
        refused(&[("PRESET", "keycloack")]).starts_with("AUTH_STAFF_PRESET: \"keycloack\" must be one of")
    );
}

#[test]
fn names_that_mean_something_else_are_reserved() {
    for name in ["COOKIE", "SESSION", "REDIRECT", "REDIRECT_PROXY", "TOKEN", "TRUST", "SECRET", "CLIENT"] {
        let variable = format!("AUTH_{name}_ID");
        let error = read(&[(&variable, "x")]).unwrap_err();
        assert!(error.variable.starts_with("AUTH_") && error.problem.contains("name"), "{error}");
    }
    // No setting looks as if it belonged to a provider.
    let own = SETTINGS.iter().filter(|setting| !setting.name.starts_with(EACH_PROVIDER));
    for name in own.filter_map(|setting| setting.name.strip_prefix("AUTH_")) {
        let first = name.split('_').next().unwrap();
        assert!(read(&[(&format!("AUTH_{first}_MINE_ID"), "x")]).is_err(), "{first}");
    }
    for variable in ["AUTH_staff_ID", "AUTH_A-B_ID", "AUTH_Ä_ID", "AUTH__ID"] {
        assert!(read(&[(variable, "x")]).is_err(), "{variable}");
    }
    // IDENTITY is an app's client at identity.
    assert_eq!(
        ids(&[("AUTH_IDENTITY_ID", "games"), ("AUTH_IDENTITY_ISSUER", "http://localhost:4200")]),
        ["demo"]
    );
}

#[test]
fn the_order_of_the_buttons_is_a_setting() {
    let three = [("AUTH_GOOGLE_ID", "g"), ("AUTH_GITHUB_ID", "h"), ("AUTH_GITHUB_SECRET", "s")];
    assert_eq!(ids(&three), ["demo", "google", "github"]);
    let ordered = [three.as_slice(), &[("AUTH_PROVIDERS", "GITHUB, demo,google")]].concat();
    assert_eq!(ids(&ordered), ["github", "demo", "google"]);
    let incomplete = [three.as_slice(), &[("AUTH_PROVIDERS", "github,demo")]].concat();
    assert!(read(&incomplete).unwrap_err().problem.contains("\"google\""));
}

#[test]
fn the_settings_of_one_provider_do_not_change_another() {
    let config = read(&[
        ("AUTH_GOOGLE_ID", "g"),
        ("AUTH_GOOGLE_SCOPES", "openid email"),
        ("AUTH_GOOGLE_PARAMS", "hd=example.com&access_type=online"),
        ("AUTH_GOOGLE_AUDIENCES", "one, two"),
        ("AUTH_GOOGLE_TRUST_EMAIL", "1"),
        ("AUTH_GOOGLE_SILENT", "0"),
        ("AUTH_GOOGLE_TOKEN_TIMEOUT", "7"),
        ("AUTH_CLOCK_TOLERANCE", "60"),
    ])
    .unwrap();
    let [demo, google] = &*config.providers else { panic!("two providers") };
    assert_eq!((google.scopes.as_str(), google.offline_access), ("openid email", false));
    let params: Vec<_> = google.params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(params, [("hd", "example.com"), ("access_type", "online")]);
    assert_eq!(google.audiences, ["one", "two"]);
    assert!(google.trusts_email && !google.is_silent);
    assert_eq!((google.token_timeout, demo.token_timeout), (Duration::from_secs(7), Duration::from_secs(30)));
    assert_eq!(
        (google.clock_tolerance, demo.clock_tolerance),
        (TimeDelta::seconds(60), TimeDelta::seconds(60))
    );
    assert!(demo.params.is_empty() && demo.audiences.is_empty() && !demo.trusts_email && demo.is_silent);
}

#[test]
fn client_authentication_fits_the_credentials() {
    assert!(matches!(staff(&[]).unwrap().credentials, Credentials::Public));
    assert!(matches!(staff(&[("CLIENT_AUTH", "none")]).unwrap().credentials, Credentials::Public));
    let key = staff(&[("PRIVATE_KEY", P256), ("KEY_ID", "k1")]).unwrap().credentials;
    assert!(matches!(&key, Credentials::PrivateKeyJwt { key, .. } if key.key_id() == Some("k1")), "{key:?}");
    let escaped = P256.replace('\n', "\\n");
    assert!(staff(&[("PRIVATE_KEY", &escaped)]).is_ok());
    for (changes, expected) in [
        (&[("CLIENT_AUTH", "private_key_jwt")][..], "AUTH_STAFF_PRIVATE_KEY: is missing"),
        (&[("CLIENT_AUTH", "client_secret_post")], "AUTH_STAFF_SECRET: is missing"),
        (&[("CLIENT_AUTH", "none"), ("SECRET", "s")], "AUTH_STAFF_CLIENT_AUTH: is none, but"),
        (&[("CLIENT_AUTH", "client_secret_jwt")], "AUTH_STAFF_CLIENT_AUTH: \"client_secret_jwt\" must be"),
        (&[("SECRET", "s"), ("PRIVATE_KEY", P256)], "AUTH_STAFF_CLIENT_AUTH: is missing"),
        (&[("PRIVATE_KEY", "hunter2")], "AUTH_STAFF_PRIVATE_KEY: must be a private key in PEM"),
        (&[("PRIVATE_KEY", P256), ("ASSERTION_AUDIENCE", "x")], "AUTH_STAFF_ASSERTION_AUDIENCE:"),
        (&[("TEAM_ID", "T")], "AUTH_STAFF_TEAM_ID: is for the preset apple only"),
    ] {
        let message = refused(changes);
        assert!(message.starts_with(expected) && !message.contains("hunter2"), "{message}");
    }
}

#[test]
fn apple_needs_team_key_id_and_a_p256_key() {
    let apple = |changes: &[(&str, &str)]| {
        let mut all =
            vec![("PRESET", "apple"), ("TEAM_ID", "TEAM"), ("KEY_ID", "KEY"), ("PRIVATE_KEY", P256)];
        all.extend(changes);
        staff(&all)
    };
    let config = apple(&[]).unwrap();
    assert!(config.is_form_post && !config.is_silent && config.form_post_origin().is_some());
    for (changes, variable) in [
        ([("TEAM_ID", "")], "TEAM_ID"),
        ([("KEY_ID", "")], "KEY_ID"),
        ([("PRIVATE_KEY", "")], "PRIVATE_KEY"),
        ([("SECRET", "s")], "SECRET"),
        ([("CLIENT_AUTH", "none")], "CLIENT_AUTH"),
    ] {
        assert_eq!(apple(&changes).unwrap_err().variable, format!("AUTH_STAFF_{variable}"));
    }
}

#[test]
fn several_tenants_are_listed_or_the_start_is_refused() {
    let entra =
        |changes: &[(&str, &str)]| staff(&[&[("PRESET", "entra"), ("ISSUER", SHARED)], changes].concat());
    assert!(entra(&[("TENANTS", TENANT)]).unwrap().has_tenants());
    let missing = entra(&[]).unwrap_err().to_string();
    assert!(missing.starts_with("AUTH_STAFF_ISSUER:") && missing.contains("TENANTS"), "{missing}");
    assert_eq!(entra(&[("TENANTS", "contoso.com")]).unwrap_err().variable, "AUTH_STAFF_TENANTS");
    let trusted = entra(&[("TENANTS", TENANT), ("TRUST_EMAIL", "1")]).unwrap_err();
    assert_eq!(trusted.variable, "AUTH_STAFF_TRUST_EMAIL");
    assert_eq!(staff(&[("TENANTS", TENANT)]).unwrap_err().variable, "AUTH_STAFF_TENANTS");
}

#[test]
fn a_domain_list_that_refuses_every_user_is_reported() {
    let hints = |changes: &[(&str, &str)]| read(changes).unwrap().hints().collect::<Vec<_>>();
    let entra = [
        ("AUTH_ENTRA_ID", "x"),
        ("AUTH_ENTRA_ISSUER", "https://login.microsoftonline.com/11111111-1111-1111-1111-111111111111/v2.0"),
    ];
    assert!(hints(&entra).is_empty());
    let limited = [entra.as_slice(), &[("AUTH_ALLOWED_EMAIL_DOMAINS", "example.com")]].concat();
    let [hint] = &*hints(&limited) else { panic!("one hint") };
    assert!(hint.contains("AUTH_ENTRA_TRUST_EMAIL=1"), "{hint}");
    assert!(hints(&[limited.as_slice(), &[("AUTH_ENTRA_TRUST_EMAIL", "1")]].concat()).is_empty());
}

#[test]
fn a_provider_from_code_replaces_one_of_the_environment() {
    let config = read(&[]).unwrap();
    let mut other = staff(&[]).unwrap();
    let ids = |builder: crate::AuthBuilder| {
        let providers = builder.config().providers.iter();
        providers.map(|provider| (provider.id.clone(), provider.client_id.clone())).collect::<Vec<_>>()
    };
    let both = ids(crate::Auth::builder(config.clone()).provider(other.clone()));
    assert_eq!(both, [("demo".to_owned(), "demo".to_owned()), ("staff".to_owned(), "client-1".to_owned())]);
    other.id = "demo".to_owned();
    assert_eq!(
        ids(crate::Auth::builder(config).provider(other)),
        [("demo".to_owned(), "client-1".to_owned())]
    );
}
