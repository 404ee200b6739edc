//! Writes the reference of the settings from the code, and checks that the committed files are the same.
//!
//! `make reference` writes the files again.
#![expect(clippy::unwrap_used, reason = "tests")]

use auth::config::{LEPTOS_SETTINGS, SETTINGS, Setting, env_example, markdown};
use std::path::Path;

const CONFIGURATION: &str = "\
# Configuration

Every program reads its settings from environment variables. `main --help-env` and `identity --help-env` print this list.
The file is written from the code by `make reference`, and `make test` compares the two.

- An empty value counts as not set.
- A wrong value stops the program at the start, with one line that names the variable and the fix. So does an unknown
  variable that begins with `AUTH_`. `main check` and `identity check` list all of these errors at once, and ask the
  store, the providers and the addresses too. `GET /readyz` of each app says which providers answer.
- A secret can be read from a file: `AUTH_SECRET_FILE=/run/secrets/auth` in place of `AUTH_SECRET`. This works for
  `AUTH_SECRET`, `AUTH_SECRET_1` …, `AUTH_<NAME>_SECRET`, `AUTH_<NAME>_PRIVATE_KEY`, `AUTH_IDENTITY_SECRET` and
  `SESSION_STORE_URL`. At identity it also works for the variables that `client_secret_env` names in the registry, as in
  `SHOP_SECRET_FILE`.
- `make run` passes all variables that begin with `AUTH_`, from the environment or from `.env`, to every app. It sets the
  others itself. [`.env.example`](../.env.example) has all of them.

**Providers.** `AUTH_STAFF_ID` with `AUTH_STAFF_ISSUER` makes a provider called STAFF. The name is yours: capital letters,
digits and `_`, at most 32. Its first word must not be one of these, which mean something else: ALLOWED, CLIENT, CLOCK,
COOKIE, DEBUG, DRAIN, FLOW, FORM, HOST, IDENTITY, IDLE, LOG, MAX, METRICS, NOTICE, PROVIDER, PROVIDERS, REDIRECT,
REVALIDATE, ROBOTS, SECRET, SESSION, SHUTDOWN, STORE, TOKEN, TRUST, TRUSTED. Its last word must not be TEAM or KEY:
`AUTH_SALES_TEAM_ID` is the `TEAM_ID` of SALES. [providers.md](providers.md) has a recipe for each known provider.

**An app behind identity.** Identity begins a sign-in with identity's settings, and the app finishes it with the app's. So
both have the same provider settings; each app reports differences when it starts. In identity's registry
([`apps.toml`](../apps/identity/apps.toml)), an app can have other `scopes` and `params` for a provider. No link can
change them.

**Parameters are requests.** A user can remove a parameter from the address before the provider sees it. So `max_age` is
checked in the ID token (`auth_time`), but other parameters, such as `acr_values`, are not. `prompt=login` switches silent
sign-in off.

**In code.** `Auth::builder(config).provider(…)` adds a provider, with the same settings as fields of `ProviderConfig`.

";

const ENV_EXAMPLE: &str = "\
# Copy this file to .env (which git ignores) and fill in what you need. `make run` passes every AUTH_* variable to all
# apps. If any AUTH_<NAME>_ID is set, the embedded provider is not started; DEMO=1 keeps it. An empty value means not
# set. `make run` prints the URLs to register at your provider. It sets what its apps need for themselves, such as
# AUTH_SECRET and AUTH_IDENTITY_ID; you can leave these empty.
#
# `make reference` writes this file from the code. docs/configuration.md has the same settings as a table.

# 1 keeps the embedded provider beside your providers.
DEMO=

";

fn settings() -> Vec<Setting> {
    [SETTINGS, LEPTOS_SETTINGS, tour::SETTINGS].concat()
}

/// The settings that `make run` passes on. The provider OIDC stands for every name.
fn shared_settings() -> String {
    let shared: Vec<_> =
        SETTINGS.iter().copied().filter(|setting| setting.name.starts_with("AUTH_")).collect();
    env_example(&shared, "OIDC")
}

fn check(file: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == expected, "{file} differs from the code; `make reference` writes it again");
}

#[test]
fn the_configuration_document_has_every_setting_of_the_code() {
    let text = format!("{CONFIGURATION}{}", markdown(&settings()));
    check("docs/configuration.md", &format!("{}\n", text.trim_end()));
}

#[test]
fn the_env_example_has_every_setting_of_the_code() {
    let text = format!("{ENV_EXAMPLE}{}", shared_settings());
    check(".env.example", &format!("{}\n", text.trim_end()));
}
