//! Reads the enabled providers from the environment.

use super::{ConfigError, ConfigErrors, Vars, reference};
use crate::provider::{
    AssertionAudience, ClientKey, Credentials, PRESETS, Preset, Protocol, ProviderConfig, SecretMethod,
    is_provider_id,
};
use chrono::TimeDelta;
use secrecy::SecretString;
use std::{collections::BTreeSet, sync::Arc};
use url::form_urlencoded;

/// The first words of variables that mean something else, here or in Auth.js. No provider's name begins with one.
const RESERVED: [&str; 27] = [
    "ALLOWED",
    "CLIENT",
    "CLOCK",
    "COOKIE",
    "DEBUG",
    "DRAIN",
    "FLOW",
    "FORM",
    "HOST",
    "IDENTITY",
    "IDLE",
    "LOG",
    "MAX",
    "METRICS",
    "NOTICE",
    "PROVIDER",
    "PROVIDERS",
    "REDIRECT",
    "REVALIDATE",
    "ROBOTS",
    "SECRET",
    "SESSION",
    "SHUTDOWN",
    "STORE",
    "TOKEN",
    "TRUST",
    "TRUSTED",
];

/// The variables of one provider.
struct ProviderVars<'a> {
    vars: &'a Vars,
    /// The `NAME` in `AUTH_<NAME>_ID`.
    name: &'a str,
}

/// Reads the enabled providers, in the order of their buttons. Setting its `_ID` enables a provider. `None` after an
/// error.
pub(super) fn read(vars: &Vars, errors: &mut ConfigErrors) -> Option<Vec<ProviderConfig>> {
    let names: BTreeSet<&str> =
        vars.names().filter_map(|variable| reference::split(variable)).map(|(name, _)| name).collect();
    let read: Vec<_> =
        names.into_iter().map(|name| errors.keep(ProviderVars { vars, name }.read())).collect();
    let mut providers = read.into_iter().collect::<Option<Vec<_>>>()?;
    errors.keep(sort(&mut providers, &lower_case(vars.list("AUTH_PROVIDERS"))))?;
    Some(providers)
}

/// Names in `AUTH_PROVIDERS` may be written as in `AUTH_<NAME>_ID`.
fn lower_case(names: Vec<String>) -> Vec<String> {
    names.into_iter().map(|name| name.to_ascii_lowercase()).collect()
}

/// Sorts by `AUTH_PROVIDERS`, if set; else by preset, then by name.
fn sort(providers: &mut [ProviderConfig], order: &[String]) -> Result<(), ConfigError> {
    let refuse = |problem: String| Err(ConfigError::new("AUTH_PROVIDERS", problem));
    if order.is_empty() {
        let place = |id: &str| PRESETS.iter().position(|preset| preset.id == id).unwrap_or(PRESETS.len());
        providers.sort_by_key(|provider| place(&provider.id));
        return Ok(());
    }
    if let Some(unknown) = order.iter().find(|id| !providers.iter().any(|provider| provider.id == **id)) {
        return refuse(format!(
            "names \"{unknown}\", but AUTH_{}_ID is not set",
            unknown.to_ascii_uppercase()
        ));
    }
    let place = |id: &str| order.iter().position(|listed| listed == id);
    if let Some(missing) = providers.iter().find(|provider| place(&provider.id).is_none()) {
        return refuse(format!("does not name \"{}\", which is enabled", missing.id));
    }
    providers.sort_by_key(|provider| place(&provider.id));
    Ok(())
}

/// A longer tolerance accepts tokens that have expired, and a longer timeout keeps other requests waiting.
fn at_most_five_minutes(variable: &str, seconds: u64) -> Result<(), ConfigError> {
    match seconds {
        0..=300 => Ok(()),
        _ => Err(ConfigError::new(variable, format!("\"{seconds}\" is in seconds, and must be 300 at most"))),
    }
}

impl ProviderVars<'_> {
    fn variable(&self, what: &str) -> String {
        format!("AUTH_{}_{what}", self.name)
    }

    fn get(&self, what: &str) -> Option<&str> {
        self.vars.get(&self.variable(what))
    }

    fn refuse<T>(&self, what: &str, problem: impl Into<String>) -> Result<T, ConfigError> {
        Err(ConfigError::new(self.variable(what), problem))
    }

    fn read(&self) -> Result<ProviderConfig, ConfigError> {
        let id = self.name.to_ascii_lowercase();
        let first = self.name.split('_').next().unwrap_or_default();
        if RESERVED.contains(&first) {
            let problem =
                format!("is not a setting: {first} cannot begin a provider's name; choose another name");
            let what = reference::of_each_provider().find(|what| self.get(what).is_some()).unwrap_or("ID");
            return self.refuse(what, problem);
        }
        let is_upper = !self.name.contains(|character: char| character.is_ascii_lowercase());
        if !is_provider_id(&id) || id.contains('-') || !is_upper {
            let problem = "is not a setting: a provider's name has capital letters, digits and _, 32 at most";
            let what = reference::of_each_provider().find(|what| self.get(what).is_some()).unwrap_or("ID");
            return self.refuse(what, problem);
        }
        let Some(client_id) = self.get("ID") else {
            let orphan = reference::of_each_provider().find(|what| self.get(what).is_some()).unwrap_or("ID");
            let problem = format!("is set but {} is not; set both or neither", self.variable("ID"));
            return self.refuse(orphan, problem);
        };
        let preset = self.preset(&id)?;
        let credentials = self.credentials(preset)?;
        let tenants = self.vars.list(&self.variable("TENANTS"));
        let has_tenants = !tenants.is_empty();
        let place = (self.get("ISSUER"), tenants.as_slice());
        let mut provider = ProviderConfig::with_tenants(&id, preset, client_id, credentials, place)
            .or_else(|problem| self.refuse_issuer(&problem, has_tenants))?;
        if Preset::find(&id).is_none() {
            provider.name = self.name.to_owned();
        }
        self.add_settings(&mut provider)?;
        provider.check().or_else(|(what, problem)| self.refuse(what, problem))?;
        Ok(provider)
    }

    fn preset(&self, id: &str) -> Result<&'static Preset, ConfigError> {
        match self.get("PRESET") {
            None => Ok(Preset::find(id).unwrap_or(Preset::oidc())),
            Some(preset) => match Preset::find(preset) {
                Some(preset) => Ok(preset),
                None => {
                    let known: Vec<_> = PRESETS.iter().map(|preset| preset.id).collect();
                    self.refuse("PRESET", format!("\"{preset}\" must be one of {}", known.join(", ")))
                }
            },
        }
    }

    /// Names the variable that an error about the issuer or its tenants belongs to. A mistyped preset has no issuer;
    /// then the error names the preset.
    fn refuse_issuer(&self, problem: &str, has_tenants: bool) -> Result<ProviderConfig, ConfigError> {
        let id = self.name.to_ascii_lowercase();
        let near =
            PRESETS.iter().find(|preset| preset.id != id && strsim::damerau_levenshtein(preset.id, &id) <= 2);
        match near {
            Some(near) if self.get("ISSUER").is_none() && Preset::find(&id).is_none() => {
                let meant = near.id.to_ascii_uppercase();
                self.refuse("ISSUER", format!("{problem}. Or did you mean AUTH_{meant}_ID?"))
            }
            _ => self.refuse(if has_tenants { "TENANTS" } else { "ISSUER" }, problem),
        }
    }

    fn credentials(&self, preset: &Preset) -> Result<Credentials, ConfigError> {
        let secret = self.get("SECRET").map(SecretString::from);
        let key = self.get("PRIVATE_KEY").map(|pem| {
            ClientKey::from_pem(&pem.replace("\\n", "\n"), self.get("KEY_ID").map(ToOwned::to_owned))
                .or_else(|problem| self.refuse("PRIVATE_KEY", problem))
        });
        let key = key.transpose()?.map(Arc::new);
        let audience = match self.get("ASSERTION_AUDIENCE") {
            None | Some("token_endpoint") => AssertionAudience::TokenEndpoint,
            Some("issuer") => AssertionAudience::Issuer,
            Some(other) => {
                return self
                    .refuse("ASSERTION_AUDIENCE", format!("\"{other}\" must be token_endpoint or issuer"));
            }
        };
        if preset.protocol == Protocol::Apple {
            return self.apple(key);
        }
        if self.get("TEAM_ID").is_some() {
            return self.refuse("TEAM_ID", "is for the preset apple only");
        }
        let method = self.get("CLIENT_AUTH");
        match (method, secret, key) {
            (None, Some(_), Some(_)) => {
                self.refuse("CLIENT_AUTH", "is missing: there are a secret and a private key")
            }
            (Some("private_key_jwt") | None, _, Some(key)) => {
                Ok(Credentials::PrivateKeyJwt { key, audience })
            }
            (Some("private_key_jwt"), _, None) => {
                self.refuse("PRIVATE_KEY", "is missing: private_key_jwt needs it")
            }
            (None, Some(secret), None) => Ok(Credentials::Secret { secret, method: None }),
            (Some(method @ ("client_secret_basic" | "client_secret_post")), Some(secret), _) => {
                let is_basic = method == "client_secret_basic";
                let method = Some(if is_basic { SecretMethod::Basic } else { SecretMethod::Post });
                Ok(Credentials::Secret { secret, method })
            }
            (Some(method @ ("client_secret_basic" | "client_secret_post")), None, _) => {
                self.refuse("SECRET", format!("is missing: {method} needs it"))
            }
            (Some("none"), None, None) | (None, None, None) => Ok(Credentials::Public),
            (Some("none"), ..) => {
                self.refuse("CLIENT_AUTH", "is none, but there is a secret or a private key")
            }
            (Some(other), ..) => {
                let known = "client_secret_basic, client_secret_post, private_key_jwt or none";
                self.refuse("CLIENT_AUTH", format!("\"{other}\" must be {known}"))
            }
        }
    }

    fn apple(&self, key: Option<Arc<ClientKey>>) -> Result<Credentials, ConfigError> {
        for what in ["SECRET", "CLIENT_AUTH"] {
            if self.get(what).is_some() {
                return self
                    .refuse(what, "is not for Apple: this app signs the client secret with the private key");
            }
        }
        for what in ["TEAM_ID", "KEY_ID"] {
            if self.get(what).is_none() {
                return self.refuse(what, "is missing: Apple needs it");
            }
        }
        match (key, self.get("TEAM_ID")) {
            (Some(key), Some(team_id)) if key.is_p256() => {
                Ok(Credentials::Apple { team_id: team_id.to_owned(), key })
            }
            (Some(_), _) => self.refuse("PRIVATE_KEY", "must be the P-256 key from Apple's .p8 file"),
            (None, _) => self.refuse("PRIVATE_KEY", "is missing: Apple needs the key from its .p8 file"),
        }
    }

    /// Adds the settings that need no other setting.
    fn add_settings(&self, provider: &mut ProviderConfig) -> Result<(), ConfigError> {
        let text = |what: &str| self.get(what).map(ToOwned::to_owned);
        if let Some(name) = text("NAME") {
            provider.name = name;
        }
        provider.icon = text("ICON");
        if let Some(scopes) = text("SCOPES") {
            provider.scopes = scopes;
            provider.offline_access = false;
        }
        if let Some(query) = self.get("PARAMS") {
            let params = form_urlencoded::parse(query.as_bytes()).into_owned().collect::<Vec<_>>();
            let set = |name: &str| params.iter().any(|(other, _)| other == name);
            provider.params.retain(|(name, _)| !set(name));
            provider.params.extend(params);
        }
        provider.audiences = self.vars.list(&self.variable("AUDIENCES"));
        provider.trusts_email = self.vars.flag(&self.variable("TRUST_EMAIL"))?.unwrap_or(false);
        if provider
            .params
            .iter()
            .any(|(name, value)| name == "prompt" && value.split(' ').any(|one| one == "login"))
        {
            provider.is_silent = false;
        }
        if let Some(is_silent) = self.vars.flag(&self.variable("SILENT"))? {
            provider.is_silent = is_silent;
        }
        for variable in ["AUTH_TOKEN_TIMEOUT", &self.variable("TOKEN_TIMEOUT")] {
            if let Some(limit) = self.vars.seconds(variable)?.and_then(|limit| limit.to_std().ok()) {
                at_most_five_minutes(variable, limit.as_secs())?;
                provider.token_timeout = limit;
            }
        }
        for variable in ["AUTH_CLOCK_TOLERANCE", &self.variable("CLOCK_TOLERANCE")] {
            if let Some(seconds) = self.vars.whole_seconds(variable, "allows no clock difference")? {
                at_most_five_minutes(variable, seconds.into())?;
                provider.clock_tolerance = TimeDelta::seconds(seconds.into());
            }
        }
        Ok(())
    }
}
