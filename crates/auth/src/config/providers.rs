//! Reads the enabled providers from the environment.

use super::{ConfigError, Vars};
use crate::provider::{PRESETS, Preset, ProviderConfig};
use chrono::TimeDelta;
use secrecy::SecretString;

fn variable(preset: &Preset, what: &str) -> String {
    format!("AUTH_{}_{what}", preset.id.to_ascii_uppercase())
}

/// The names of all variables that configure a provider.
pub(super) fn variables() -> impl Iterator<Item = String> {
    PRESETS.iter().flat_map(|preset| ["ID", "SECRET", "ISSUER"].map(|what| variable(preset, what)))
}

pub(super) fn is_variable(name: &str) -> bool {
    variables().any(|known| known == name)
}

/// Reads the enabled providers. Setting its `_ID` enables a provider.
pub(super) fn read(vars: &Vars) -> Result<Vec<ProviderConfig>, ConfigError> {
    let mut providers = Vec::new();
    let token_timeout = vars.seconds("AUTH_TOKEN_TIMEOUT")?.and_then(|limit| limit.to_std().ok());
    let clock_tolerance = vars.whole_seconds("AUTH_CLOCK_TOLERANCE", "allows no clock difference")?;
    for preset in &PRESETS {
        let [id, secret, issuer] = ["ID", "SECRET", "ISSUER"].map(|what| variable(preset, what));
        let Some(client_id) = vars.get(&id) else {
            if let Some(orphan) = [secret, issuer].into_iter().find(|name| vars.get(name).is_some()) {
                return Err(ConfigError::new(orphan, format!("is set but {id} is not; set both or neither")));
            }
            continue;
        };
        let client_secret = vars.get(&secret).map(SecretString::from);
        let mut provider =
            ProviderConfig::new(preset, client_id.to_owned(), client_secret, vars.get(&issuer))
                .map_err(|problem| ConfigError::new(issuer, problem))?;
        provider.token_timeout = token_timeout.unwrap_or(provider.token_timeout);
        if let Some(seconds) = clock_tolerance {
            provider.clock_tolerance = TimeDelta::seconds(seconds.into());
        }
        providers.push(provider);
    }
    if providers.is_empty() {
        let problem = "no provider is configured; set AUTH_OIDC_ID, AUTH_OIDC_SECRET and AUTH_OIDC_ISSUER, \
                       or the variables of auth0, google, keycloak, okta, entra, gitlab or github";
        return Err(ConfigError::new("AUTH_<PROVIDER>_ID", problem));
    }
    Ok(providers)
}
