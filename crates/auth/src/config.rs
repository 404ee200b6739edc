//! Configuration from environment variables, checked at start.
//!
//! Names follow Auth.js where Auth.js has a name. A bad value stops the process with one line that names the
//! variable and the fix. So does an unknown `AUTH_…` variable, which is most likely a typo.

mod email_domains;
mod providers;
#[cfg(test)]
mod tests;

pub use email_domains::EmailDomains;

use crate::{
    cookie::{CookieSettings, SessionOptions},
    origin::{Origin, PublicUrls, TrustedProxies},
    provider::ProviderConfig,
    server::Limits,
    session::SessionPolicy,
    store,
};
use chrono::TimeDelta;
use secrecy::SecretString;
use std::{collections::BTreeMap, fmt, path::PathBuf, time::Duration};

/// Shortest `AUTH_SECRET`, bytes.
const MIN_SECRET: usize = 32;

/// All `AUTH_…` variables except the providers' and the numbered secrets.
const KNOWN: [&str; 19] = [
    "AUTH_SECRET",
    "AUTH_REDIRECT_PROXY_URL",
    "AUTH_COOKIE_DOMAIN",
    "AUTH_SESSION_MAX_AGE",
    "AUTH_SESSION_ABSOLUTE_AGE",
    "AUTH_IDLE_TIMEOUT",
    "AUTH_SESSION_CACHE_AGE",
    "AUTH_FORM_ACTION_ORIGINS",
    "AUTH_ALLOWED_EMAIL_DOMAINS",
    "AUTH_IDENTITY_ID",
    "AUTH_IDENTITY_SECRET",
    "AUTH_IDENTITY_ISSUER",
    "AUTH_REVALIDATE_INTERVAL",
    "AUTH_MAX_UNCHECKED_AGE",
    "AUTH_TRUSTED_PROXIES",
    "AUTH_MAX_CONNECTIONS",
    "AUTH_MAX_SESSIONS_PER_USER",
    "AUTH_TOKEN_TIMEOUT",
    "AUTH_CLOCK_TOLERANCE",
];

/// An error in the environment: the variable, the problem and the fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The variable's name.
    pub variable: String,
    /// The problem and its fix.
    pub problem: String,
}

impl ConfigError {
    /// An error about `variable`.
    pub fn new(variable: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { variable: variable.into(), problem: problem.into() }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.variable, self.problem)
    }
}

impl std::error::Error for ConfigError {}

/// Everything an app reads from its environment.
#[derive(Clone, Debug)]
pub struct Config {
    /// `APP_NAME`: the app's name on its pages.
    pub app_name: String,
    /// `PUBLIC_URL`: the origins this process answers for.
    pub public_urls: PublicUrls,
    /// `AUTH_SECRET`, then `AUTH_SECRET_1`…: newest first.
    pub secrets: Vec<SecretString>,
    /// `AUTH_<PROVIDER>_ID`, `_SECRET`, `_ISSUER`.
    pub providers: Vec<ProviderConfig>,
    /// `AUTH_REDIRECT_PROXY_URL`: origins of the identity app; empty means direct mode.
    pub identity_origins: IdentityOrigins,
    /// `AUTH_IDENTITY_ID`, `_SECRET`, `_ISSUER`: this app's client credentials at identity.
    pub identity: Option<IdentityClient>,
    /// Cookie names, and `AUTH_COOKIE_DOMAIN`.
    pub cookies: CookieSettings,
    /// `SESSION_STORE_URL`.
    pub store_url: String,
    /// `AUTH_SESSION_MAX_AGE`, `AUTH_SESSION_ABSOLUTE_AGE`, `AUTH_IDLE_TIMEOUT`, `AUTH_REVALIDATE_INTERVAL`,
    /// `AUTH_MAX_UNCHECKED_AGE`, `AUTH_SESSION_CACHE_AGE`.
    pub policy: SessionPolicy,
    /// `AUTH_FORM_ACTION_ORIGINS`: origins that the provider redirects a visitor to right after the sign-in
    /// form, as in a federated login. Browsers apply the page's CSP to those redirects too.
    pub form_action_origins: Vec<Origin>,
    /// `AUTH_ALLOWED_EMAIL_DOMAINS`: email domains that may sign in; all if not set.
    pub email_domains: EmailDomains,
    /// `AUTH_TRUSTED_PROXIES`: the reverse proxies whose `X-Forwarded-For` names the client.
    pub trusted_proxies: TrustedProxies,
    /// `AUTH_MAX_CONNECTIONS` and the other connection limits, for
    /// [`server::serve_with`](crate::server::serve_with).
    pub limits: Limits,
    /// `APPS_FILE`: the app registry. Only the identity app reads it.
    pub apps_file: Option<PathBuf>,
}

/// This app's entry in the identity app's registry.
#[derive(Clone, Debug)]
pub struct IdentityClient {
    /// `AUTH_IDENTITY_ID`: this app's `client_id` at identity.
    pub client_id: String,
    /// `AUTH_IDENTITY_SECRET`: authenticates this app's requests to identity.
    pub client_secret: Option<SecretString>,
    /// `AUTH_IDENTITY_ISSUER`: identity's canonical origin, the `iss` of the tokens that identity signs.
    /// Defaults to the first origin of `AUTH_REDIRECT_PROXY_URL`.
    pub issuer: Origin,
}

/// The identity app's origins: the canonical origin first, then others that are closer to some apps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdentityOrigins(Vec<Origin>);

impl IdentityOrigins {
    fn parse(list: &str) -> Result<Self, String> {
        list.split(',')
            .map(|entry| {
                let entry = entry.trim();
                let origin = entry.strip_suffix("/auth").ok_or_else(|| {
                    format!("\"{entry}\" must end in /auth, as in http://localhost:4200/auth")
                })?;
                Origin::parse(origin).map_err(|error| format!("\"{entry}\" {error} before /auth"))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether `origin` is one of identity's origins.
    #[must_use]
    pub fn contains(&self, origin: &Origin) -> bool {
        self.0.contains(origin)
    }

    /// The identity origin for all top-level redirects, whatever the app's own origin; `None` in direct mode.
    ///
    /// Identity keeps its cookies at this origin, so each browser has one handle.
    #[must_use]
    pub fn canonical(&self) -> Option<&Origin> {
        self.0.first()
    }

    /// The identity origin for a frame in a page of `origin`: the same host, else the origin that shares most
    /// of the domain, else the first; `None` in direct mode.
    ///
    /// Browsers withhold cookies and storage from frames of another site.
    #[must_use]
    pub fn nearest(&self, origin: &Origin) -> Option<&Origin> {
        // `max_by_key` returns the last maximum; in reverse order, the first entry wins.
        self.0.iter().rev().max_by_key(|proxy| proxy.closeness(origin))
    }
}

impl Config {
    /// Reads the process's environment.
    ///
    /// `cookie_prefix` begins the names of all cookies, and is the default for `APP_NAME`. Apps that share a
    /// session use the same prefix.
    ///
    /// # Errors
    /// The first [`ConfigError`].
    pub fn from_env(cookie_prefix: &str) -> Result<Self, ConfigError> {
        let vars = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self::from_vars(cookie_prefix, vars)
    }

    /// Reads the given variables. An empty value counts as not set.
    ///
    /// # Errors
    /// The first [`ConfigError`].
    pub fn from_vars(
        cookie_prefix: &str,
        vars: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let vars = Vars(vars.into_iter().filter(|(_, value)| !value.is_empty()).collect());
        vars.refuse_unknown()?;
        let public_url =
            vars.required("PUBLIC_URL", "set it to this app's origin, as in http://localhost:4201")?;
        let public_urls = PublicUrls::parse(public_url)
            .map_err(|(entry, error)| ConfigError::new("PUBLIC_URL", format!("\"{entry}\" {error}")))?;
        let identity_origins = match vars.get("AUTH_REDIRECT_PROXY_URL") {
            Some(list) => IdentityOrigins::parse(list)
                .map_err(|error| ConfigError::new("AUTH_REDIRECT_PROXY_URL", error))?,
            None => IdentityOrigins::default(),
        };
        let identity = vars.identity(&identity_origins)?;
        Ok(Self {
            app_name: vars.get("APP_NAME").unwrap_or(cookie_prefix).to_owned(),
            public_urls,
            secrets: vars.secrets()?,
            providers: providers::read(&vars)?,
            identity_origins,
            identity,
            cookies: CookieSettings {
                prefix: cookie_prefix.to_owned(),
                domain: vars.cookie_domain()?,
                session: SessionOptions::default(),
            },
            store_url: vars.store_url()?,
            policy: vars.policy()?,
            form_action_origins: vars.form_action_origins()?,
            email_domains: vars.email_domains()?,
            trusted_proxies: vars.trusted_proxies()?,
            limits: vars.limits()?,
            apps_file: vars.get("APPS_FILE").map(PathBuf::from),
        })
    }
}

/// The names `AUTH_SECRET_1` to `AUTH_SECRET_9`.
fn older_secrets() -> impl Iterator<Item = String> {
    (1..=9).map(|number| format!("AUTH_SECRET_{number}"))
}

/// Whether a text is a domain: two or more labels of lower-case letters, digits and `-`.
fn is_domain(text: &str) -> bool {
    let is_name = |label: &str| {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty() && label.bytes().all(allowed)
    };
    text.split('.').count() >= 2 && text.split('.').all(is_name)
}

struct Vars(BTreeMap<String, String>);

impl Vars {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn required(&self, name: &str, fix: &str) -> Result<&str, ConfigError> {
        self.get(name).ok_or_else(|| ConfigError::new(name, format!("is missing; {fix}")))
    }

    fn refuse_unknown(&self) -> Result<(), ConfigError> {
        let is_older_secret = |name: &str| older_secrets().any(|known| known == name);
        let is_known =
            |name: &str| KNOWN.contains(&name) || is_older_secret(name) || providers::is_variable(name);
        let unknown = self.0.keys().find(|name| name.starts_with("AUTH_") && !is_known(name));
        let Some(name) = unknown else { return Ok(()) };
        let nearest = KNOWN
            .iter()
            .map(|known| (*known).to_owned())
            .chain(providers::variables())
            .max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)))
            .unwrap_or_default();
        Err(ConfigError::new(name, format!("is not a setting; did you mean {nearest}?")))
    }

    fn secrets(&self) -> Result<Vec<SecretString>, ConfigError> {
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

    fn cookie_domain(&self) -> Result<Option<String>, ConfigError> {
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

    fn identity(&self, identity_origins: &IdentityOrigins) -> Result<Option<IdentityClient>, ConfigError> {
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

    fn store_url(&self) -> Result<String, ConfigError> {
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

    fn policy(&self) -> Result<SessionPolicy, ConfigError> {
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
    fn whole_seconds(&self, name: &str, zero: &str) -> Result<Option<u32>, ConfigError> {
        let parse = |text: &str| {
            let problem = || format!("\"{text}\" must be a number of seconds; 0 {zero}");
            text.parse().map_err(|_| ConfigError::new(name, problem()))
        };
        self.get(name).map(parse).transpose()
    }

    fn form_action_origins(&self) -> Result<Vec<Origin>, ConfigError> {
        let list = self.get("AUTH_FORM_ACTION_ORIGINS").unwrap_or_default();
        let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        entries
            .map(|entry| {
                Origin::parse(entry).map_err(|error| {
                    ConfigError::new("AUTH_FORM_ACTION_ORIGINS", format!("\"{entry}\" {error}"))
                })
            })
            .collect()
    }

    fn trusted_proxies(&self) -> Result<TrustedProxies, ConfigError> {
        let parsed = self.get("AUTH_TRUSTED_PROXIES").map(TrustedProxies::parse).transpose();
        Ok(parsed.map_err(|problem| ConfigError::new("AUTH_TRUSTED_PROXIES", problem))?.unwrap_or_default())
    }

    fn limits(&self) -> Result<Limits, ConfigError> {
        let default = Limits::default();
        let connections = self.count("AUTH_MAX_CONNECTIONS")?.unwrap_or(default.connections);
        Ok(Limits { connections, ..default })
    }

    /// Reads a whole number, at least 1.
    fn count(&self, name: &str) -> Result<Option<usize>, ConfigError> {
        let parse = |text: &str| {
            let number = text.parse().ok().filter(|number| *number > 0);
            number.ok_or_else(|| ConfigError::new(name, format!("\"{text}\" must be a whole number above 0")))
        };
        self.get(name).map(parse).transpose()
    }

    fn email_domains(&self) -> Result<EmailDomains, ConfigError> {
        EmailDomains::parse(self.get("AUTH_ALLOWED_EMAIL_DOMAINS").unwrap_or_default())
            .map_err(|problem| ConfigError::new("AUTH_ALLOWED_EMAIL_DOMAINS", problem))
    }

    fn seconds(&self, name: &str) -> Result<Option<TimeDelta>, ConfigError> {
        self.get(name)
            .map(|text| match text.parse::<u32>() {
                Ok(seconds) if seconds > 0 => Ok(TimeDelta::seconds(seconds.into())),
                _ => Err(ConfigError::new(name, format!("\"{text}\" must be a number of seconds above 0"))),
            })
            .transpose()
    }
}
