//! Typed reading of environment variables.

use super::{
    ConfigError, ConfigErrors, EmailDomains, IdentityClient, IdentityOrigins, SETTINGS, is_domain, reference,
};
use crate::{
    http::HostAddresses,
    origin::{Origin, PublicUrls, TrustedProxies},
    robots::Robots,
    server::{LOG_FORMAT, Limits},
    session::SessionPolicy,
    store,
};
use auth_types::Accent;
use chrono::TimeDelta;
use secrecy::SecretString;
use std::{collections::BTreeMap, time::Duration};

/// Shortest `AUTH_SECRET`, bytes.
const MIN_SECRET: usize = 32;
/// Longest `AUTH_NOTICE`, characters.
const MAX_NOTICE: usize = 300;

/// The names `AUTH_SECRET_1` to `AUTH_SECRET_9`.
fn older_secrets() -> impl Iterator<Item = String> {
    (1..=9).map(|number| format!("AUTH_SECRET_{number}"))
}

/// The secret whose file a variable names.
fn secret_of(name: &str) -> Option<&str> {
    let variable = name.strip_suffix("_FILE")?;
    reference::find(variable).filter(|setting| setting.is_secret).map(|_| variable)
}

/// The variables among `vars` that name files with secrets of [`SETTINGS`], and the paths.
pub(crate) fn secret_files(vars: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    vars.iter()
        .filter(|(name, path)| !path.is_empty() && secret_of(name).is_some())
        .map(|(name, path)| (name.as_str(), path.as_str()))
}

/// The variables of the environment that are set, with the contents of secret files.
pub(super) struct Vars(BTreeMap<String, String>);

impl Vars {
    /// Keeps the variables that are set, reads the files of secrets, and reports unknown variables. An empty value
    /// counts as not set.
    pub(super) fn new(vars: impl IntoIterator<Item = (String, String)>, errors: &mut ConfigErrors) -> Self {
        let set = vars.into_iter().filter(|(_, value)| !value.is_empty());
        let mut vars = Self(set.collect());
        vars.read_files(errors);
        vars.unknown().into_iter().for_each(|error| errors.add(error));
        vars
    }

    /// Replaces each `<VARIABLE>_FILE` of a secret by the secret.
    fn read_files(&mut self, errors: &mut ConfigErrors) {
        let files: Vec<_> = self
            .0
            .iter()
            .filter_map(|(name, path)| Some((name.clone(), secret_of(name)?.to_owned(), path.clone())))
            .collect();
        for (name, variable, path) in files {
            self.0.remove(&name);
            if let Some(secret) = errors.keep(self.read_file(&name, &variable, &path)) {
                self.0.insert(variable, secret);
            }
        }
    }

    fn read_file(&self, name: &str, variable: &str, path: &str) -> Result<String, ConfigError> {
        if self.0.contains_key(variable) {
            return Err(ConfigError::new(name, format!("is set beside {variable}; set one of them")));
        }
        let content = std::fs::read_to_string(path)
            .map_err(|error| ConfigError::new(name, format!("cannot read {path}: {error}")))?;
        match content.trim_end_matches(['\r', '\n']) {
            "" => Err(ConfigError::new(name, format!("{path} is empty"))),
            secret => Ok(secret.to_owned()),
        }
    }

    /// Returns the value of a variable that is set.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(super) fn required(&self, name: &str, fix: &str) -> Result<&str, ConfigError> {
        self.get(name).ok_or_else(|| ConfigError::new(name, format!("is missing; {fix}")))
    }

    /// Returns whether a variable says yes; `None` if it is not set.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, ConfigError> {
        let parse = |text: &str| match text {
            "1" | "true" | "yes" => Ok(true),
            "0" | "false" | "no" => Ok(false),
            _ => Err(ConfigError::new(name, format!("\"{text}\" must be 1 or 0"))),
        };
        self.get(name).map(parse).transpose()
    }

    /// Returns the entries of a comma-separated list, without empty ones.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let entries = self.get(name).unwrap_or_default().split(',').map(str::trim);
        entries.filter(|entry| !entry.is_empty()).map(ToOwned::to_owned).collect()
    }

    /// The names of the variables that are set.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// An error for each variable that begins with `AUTH_` and is no setting: most likely a typo.
    fn unknown(&self) -> Vec<ConfigError> {
        let is_unknown = |name: &&str| name.starts_with("AUTH_") && reference::find(name).is_none();
        self.names().filter(is_unknown).map(|name| self.unknown_setting(name)).collect()
    }

    fn unknown_setting(&self, name: &str) -> ConfigError {
        let of_providers =
            self.names().filter_map(|name| reference::split(name)).flat_map(|(provider, _)| {
                reference::of_each_provider().map(move |what| format!("AUTH_{provider}_{what}"))
            });
        let general = SETTINGS.iter().map(|setting| setting.name.to_owned());
        let nearest = general
            .filter(|known| !known.contains('<'))
            .chain(of_providers)
            .max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)))
            .unwrap_or_default();
        ConfigError::new(name, format!("is not a setting; did you mean {nearest}?"))
    }

    pub(super) fn public_urls(&self) -> Result<PublicUrls, ConfigError> {
        let list = self.required("PUBLIC_URL", "set it to this app's origin, as in http://localhost:4201")?;
        PublicUrls::parse(list)
            .map_err(|(entry, error)| ConfigError::new("PUBLIC_URL", format!("\"{entry}\" {error}")))
    }

    pub(super) fn identity_origins(&self) -> Result<IdentityOrigins, ConfigError> {
        let parsed = self.get("AUTH_REDIRECT_PROXY_URL").map(IdentityOrigins::parse).transpose();
        Ok(parsed.map_err(|error| ConfigError::new("AUTH_REDIRECT_PROXY_URL", error))?.unwrap_or_default())
    }

    pub(super) fn secrets(&self) -> Result<Vec<SecretString>, ConfigError> {
        self.required(
            "AUTH_SECRET",
            "set it to at least 32 random bytes, as from `openssl rand -base64 33`",
        )?;
        std::iter::once("AUTH_SECRET".to_owned())
            .chain(older_secrets())
            .filter_map(|name| self.get(&name).map(|value| (name, value)))
            .map(|(name, value)| {
                if value.len() < MIN_SECRET {
                    let problem = format!(
                        "is {} bytes long and must have {MIN_SECRET} or more; make one with `openssl rand -base64 33`",
                        value.len()
                    );
                    return Err(ConfigError::new(name, problem));
                }
                Ok(SecretString::from(value))
            })
            .collect()
    }

    pub(super) fn cookie_domain(&self) -> Result<Option<String>, ConfigError> {
        let Some(text) = self.get("AUTH_COOKIE_DOMAIN") else {
            return Ok(None);
        };
        let domain = text.strip_prefix('.').unwrap_or(text);
        if !is_domain(domain) {
            let problem = format!("\"{text}\" must be a domain of two or more labels, as in .wow.localhost");
            return Err(ConfigError::new("AUTH_COOKIE_DOMAIN", problem));
        }
        Ok(Some(domain.to_owned()))
    }

    pub(super) fn identity(
        &self,
        identity_origins: &IdentityOrigins,
    ) -> Result<Option<IdentityClient>, ConfigError> {
        let Some(client_id) = self.get("AUTH_IDENTITY_ID") else {
            let orphan = ["AUTH_IDENTITY_SECRET", "AUTH_IDENTITY_ISSUER"];
            return match orphan.into_iter().find(|name| self.get(name).is_some()) {
                Some(name) => {
                    Err(ConfigError::new(name, "is set but AUTH_IDENTITY_ID is not; set both or neither"))
                }
                None => Ok(None),
            };
        };
        let issuer = match self.get("AUTH_IDENTITY_ISSUER") {
            Some(text) => Origin::parse(text)
                .map_err(|error| ConfigError::new("AUTH_IDENTITY_ISSUER", format!("\"{text}\" {error}")))?,
            None => identity_origins.0.first().cloned().ok_or_else(|| {
                let problem = "is missing; set it to the identity app's origin, as in http://localhost:4200";
                ConfigError::new("AUTH_IDENTITY_ISSUER", problem)
            })?,
        };
        let client_secret = self.get("AUTH_IDENTITY_SECRET").map(SecretString::from);
        Ok(Some(IdentityClient { client_id: client_id.to_owned(), client_secret, issuer }))
    }

    pub(super) fn store_url(&self) -> Result<String, ConfigError> {
        let url =
            self.required("SESSION_STORE_URL", "set it to a database file, as in sqlite://data/sessions.db")?;
        if store::StoreKind::of(url).is_some() {
            return Ok(url.to_owned());
        }
        // Show the scheme only; the rest may contain a password.
        let scheme = url.split(':').next().unwrap_or_default();
        Err(ConfigError::new(
            "SESSION_STORE_URL",
            format!(
                "\"{scheme}:\" is not a supported store; use sqlite://PATH, postgres://…, redis://… or memory:"
            ),
        ))
    }

    pub(super) fn policy(&self) -> Result<SessionPolicy, ConfigError> {
        let default = SessionPolicy::default();
        let max_age = self.seconds("AUTH_SESSION_MAX_AGE")?.unwrap_or(default.max_age);
        let absolute_age = self.seconds("AUTH_SESSION_ABSOLUTE_AGE")?;
        let policy = SessionPolicy {
            max_age,
            absolute_age: absolute_age.unwrap_or(default.absolute_age.max(max_age)),
            idle_timeout: self.seconds("AUTH_IDLE_TIMEOUT")?,
            revalidate_interval: match self
                .whole_seconds("AUTH_REVALIDATE_INTERVAL", "turns revalidation off")?
            {
                Some(0) => None,
                Some(seconds) => Some(TimeDelta::seconds(seconds.into())),
                None => default.revalidate_interval,
            },
            max_unchecked_age: self.seconds("AUTH_MAX_UNCHECKED_AGE")?,
            cache_age: self
                .whole_seconds("AUTH_SESSION_CACHE_AGE", "turns the cache off")?
                .map_or(default.cache_age, |seconds| Duration::from_secs(seconds.into())),
            max_sessions_per_user: self
                .count("AUTH_MAX_SESSIONS_PER_USER")?
                .unwrap_or(default.max_sessions_per_user),
        };
        if policy.absolute_age < policy.max_age {
            let problem = "is shorter than AUTH_SESSION_MAX_AGE; make it at least as long";
            return Err(ConfigError::new("AUTH_SESSION_ABSOLUTE_AGE", problem));
        }
        Ok(policy)
    }

    /// Reads a number of seconds that may be 0; in the error message, `zero` says what 0 does.
    pub(super) fn whole_seconds(&self, name: &str, zero: &str) -> Result<Option<u32>, ConfigError> {
        let parse = |text: &str| {
            let problem = || format!("\"{text}\" must be a number of seconds; 0 {zero}");
            text.parse().map_err(|_| ConfigError::new(name, problem()))
        };
        self.get(name).map(parse).transpose()
    }

    pub(super) fn trusted_proxies(&self) -> Result<TrustedProxies, ConfigError> {
        let parsed = self.get("AUTH_TRUSTED_PROXIES").map(TrustedProxies::parse).transpose();
        Ok(parsed.map_err(|problem| ConfigError::new("AUTH_TRUSTED_PROXIES", problem))?.unwrap_or_default())
    }

    pub(super) fn host_addresses(&self) -> Result<HostAddresses, ConfigError> {
        HostAddresses::parse(self.get("AUTH_HOST_ADDRESSES").unwrap_or_default())
            .map_err(|problem| ConfigError::new("AUTH_HOST_ADDRESSES", problem))
    }

    /// Reads the sentence at the top of every page.
    pub(super) fn notice(&self) -> Result<Option<String>, ConfigError> {
        let Some(text) = self.get("AUTH_NOTICE").map(str::trim).filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        if text.chars().count() > MAX_NOTICE || text.chars().any(char::is_control) {
            let problem = format!("must be one line of at most {MAX_NOTICE} characters");
            return Err(ConfigError::new("AUTH_NOTICE", problem));
        }
        Ok(Some(text.to_owned()))
    }

    /// Reads the app's colour.
    pub(super) fn accent(&self) -> Result<Accent, ConfigError> {
        let Some(name) = self.get("APP_ACCENT") else { return Ok(Accent::default()) };
        Accent::parse(name).ok_or_else(|| {
            let names = Accent::ALL.map(Accent::name).join(", ");
            ConfigError::new("APP_ACCENT", format!("\"{name}\" must be one of {names}"))
        })
    }

    pub(super) fn robots(&self) -> Result<Robots, ConfigError> {
        let may_list = self.flag("AUTH_ROBOTS")?.unwrap_or(true);
        Ok(if may_list { Robots::Allowed } else { Robots::KeptOut })
    }

    /// Checks the form of log lines, which logging reads before there is a configuration.
    pub(super) fn check_log_format(&self) -> Result<(), ConfigError> {
        match self.get(LOG_FORMAT) {
            None | Some("text" | "json") => Ok(()),
            Some(other) => Err(ConfigError::new(LOG_FORMAT, format!("\"{other}\" must be text or json"))),
        }
    }

    pub(super) fn limits(&self) -> Result<Limits, ConfigError> {
        let default = Limits::default();
        let connections = self.count("AUTH_MAX_CONNECTIONS")?.unwrap_or(default.connections);
        let seconds = |name: &str, zero: &str, default: Duration| -> Result<Duration, ConfigError> {
            let set = self.whole_seconds(name, zero)?;
            Ok(set.map_or(default, |seconds| Duration::from_secs(seconds.into())))
        };
        let drain = seconds("AUTH_DRAIN_TIME", "stops at once", default.drain)?;
        let grace = seconds("AUTH_SHUTDOWN_GRACE", "cuts requests off", default.grace)?;
        Ok(Limits { connections, drain, grace, ..default })
    }

    /// Reads an address to listen on, `host:port`.
    pub(super) fn address(&self, name: &str) -> Result<Option<String>, ConfigError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let is_address = text.rsplit_once(':').is_some_and(|(host, port)| {
            !host.is_empty() && !host.contains('/') && port.parse::<u16>().is_ok()
        });
        if !is_address {
            let problem = format!("\"{text}\" must be host:port, as in 127.0.0.1:9464");
            return Err(ConfigError::new(name, problem));
        }
        Ok(Some(text.to_owned()))
    }

    /// Reads a whole number, at least 1.
    fn count(&self, name: &str) -> Result<Option<usize>, ConfigError> {
        let parse = |text: &str| {
            let number = text.parse().ok().filter(|number| *number > 0);
            number.ok_or_else(|| ConfigError::new(name, format!("\"{text}\" must be a whole number above 0")))
        };
        self.get(name).map(parse).transpose()
    }

    pub(super) fn email_domains(&self) -> Result<EmailDomains, ConfigError> {
        EmailDomains::parse(self.get("AUTH_ALLOWED_EMAIL_DOMAINS").unwrap_or_default())
            .map_err(|problem| ConfigError::new("AUTH_ALLOWED_EMAIL_DOMAINS", problem))
    }

    /// Reads a number of seconds above 0.
    pub(super) fn seconds(&self, name: &str) -> Result<Option<TimeDelta>, ConfigError> {
        self.get(name)
            .map(|text| match text.parse::<u32>() {
                Ok(seconds) if seconds > 0 => Ok(TimeDelta::seconds(seconds.into())),
                _ => Err(ConfigError::new(name, format!("\"{text}\" must be a number of seconds above 0"))),
            })
            .transpose()
    }
}
