use super::*;
use crate::config::{DefaultValue, EACH_PROVIDER, SETTINGS, env_example, help, markdown};

/// The variable of a setting, for the provider of these tests.
fn variable(setting: &Setting) -> String {
    setting.name.replace(EACH_PROVIDER, "AUTH_DEMO_")
}

/// What else has to be set for the example of a setting to be valid.
fn beside(name: &str) -> &'static [(&'static str, &'static str)] {
    match name {
        "AUTH_<NAME>_CLIENT_AUTH" => &[("AUTH_DEMO_SECRET", "secret")],
        "AUTH_<NAME>_TENANTS" => &[
            ("AUTH_DEMO_PRESET", "entra"),
            ("AUTH_DEMO_ISSUER", "https://login.microsoftonline.com/organizations/v2.0"),
        ],
        "AUTH_<NAME>_TEAM_ID" => &[
            ("AUTH_DEMO_PRESET", "apple"),
            ("AUTH_DEMO_KEY_ID", "ABC123DEFG"),
            ("AUTH_DEMO_PRIVATE_KEY", super::providers::P256),
        ],
        "AUTH_PROVIDERS" => &[
            ("AUTH_DEMO_ID", ""),
            ("AUTH_DEMO_ISSUER", ""),
            ("AUTH_STAFF_ID", "staff"),
            ("AUTH_STAFF_ISSUER", "https://id.example.com"),
            ("AUTH_GOOGLE_ID", "google"),
        ],
        "AUTH_IDENTITY_ID" => &[("AUTH_IDENTITY_ISSUER", "https://identity.example.com")],
        "AUTH_IDENTITY_SECRET" => {
            &[("AUTH_IDENTITY_ID", "games"), ("AUTH_IDENTITY_ISSUER", "https://identity.example.com")]
        }
        "AUTH_IDENTITY_ISSUER" => &[("AUTH_IDENTITY_ID", "games")],
        "AUTH_SESSION_ABSOLUTE_AGE" => &[("AUTH_SESSION_MAX_AGE", "3600")],
        _ => &[],
    }
}

#[test]
fn every_example_is_valid_and_changes_something() {
    for setting in SETTINGS {
        let name = variable(setting);
        // A key does not stand in a table.
        let example =
            if setting.name.ends_with("PRIVATE_KEY") { super::providers::P256 } else { setting.example };
        let with = |more: &[(&str, &str)]| {
            read(&[beside(setting.name), more].concat()).map(|config| format!("{config:?}"))
        };
        let changed = with(&[(&name, example)]).unwrap_or_else(|error| panic!("{error}"));
        // Debug output hides secrets; a key's id and its audience belong to the key.
        let hidden = setting.is_secret
            || [
                "RUST_LOG",
                "SSL_CERT_FILE",
                "AUTH_LOG_FORMAT",
                "AUTH_<NAME>_TEAM_ID",
                "AUTH_<NAME>_KEY_ID",
                "AUTH_<NAME>_ASSERTION_AUDIENCE",
            ]
            .contains(&setting.name);
        if !hidden && let Ok(before) = with(&[]) {
            assert_ne!(changed, before, "{name}");
        }
    }
}

#[test]
fn every_default_is_the_real_one() {
    for setting in SETTINGS.iter().filter(|setting| setting.name != "RUST_LOG") {
        if let DefaultValue::Value(value) = setting.default {
            let set = format!("{:?}", read(&[(&variable(setting), value)]).unwrap());
            assert_eq!(set, format!("{:?}", read(&[]).unwrap()), "{}", setting.name);
        }
        if setting.default == DefaultValue::Required {
            assert!(read(&[(setting.name, "")]).is_err(), "{}", setting.name);
        }
    }
}

#[test]
fn every_document_has_every_setting() {
    let documents = [markdown(SETTINGS), help(SETTINGS), env_example(SETTINGS, "OIDC")];
    for setting in SETTINGS {
        assert!(documents[0].contains(&format!("| `{}` |", setting.name)), "{}", setting.name);
        assert!(documents[1].contains(setting.name), "{}", setting.name);
        let name = setting.name.replace(EACH_PROVIDER, "AUTH_OIDC_");
        assert!(documents[2].contains(&format!("\n{name}=\n")), "{name}");
    }
    assert!(!documents[1].contains('`'));
}

#[test]
fn a_secret_may_come_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    let secret = path("secret", "a secret from a file, long enough for keys\n");
    let config = read(&[("AUTH_SECRET", ""), ("AUTH_SECRET_FILE", &secret)]).unwrap();
    assert_eq!(config.secrets[0].expose_secret(), "a secret from a file, long enough for keys");
    let url = path("url", "memory:\r\n");
    let config = read(&[("SESSION_STORE_URL", ""), ("SESSION_STORE_URL_FILE", &url)]).unwrap();
    assert_eq!(config.store_url, "memory:");
    let client = path("client", "hunter2hunter2");
    assert!(read(&[("AUTH_DEMO_SECRET_FILE", &client)]).is_ok());
    assert!(read(&[("AUTH_SECRET_1_FILE", &secret)]).is_ok());
    // Only secrets come from files.
    assert!(read(&[("AUTH_DEMO_NAME_FILE", &client)]).unwrap_err().problem.contains("is not a setting"));
    let both = read(&[("AUTH_SECRET_FILE", &secret)]).unwrap_err();
    assert_eq!((both.variable.as_str(), both.problem.contains("beside")), ("AUTH_SECRET_FILE", true));
    for missing in [folder.path().join("none").display().to_string(), path("empty", "\n")] {
        let error = read(&[("AUTH_SECRET", ""), ("AUTH_SECRET_FILE", &missing)]).unwrap_err();
        assert_eq!(error.variable, "AUTH_SECRET_FILE", "{error}");
    }
}
