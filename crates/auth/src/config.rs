//! Configuration from environment variables, checked at start.
//!
//! Names follow Auth.js where Auth.js has a name. A bad value stops the process with one line that names the
//! variable and the fix. So does an unknown `AUTH_…` variable, which is most likely a typo.

mod documents;
mod email_domains;
mod providers;
mod reference;
#[cfg(test)]
mod tests;
mod vars;

pub use documents::{env_example, help, markdown};
pub use email_domains::EmailDomains;
pub use reference::{DefaultValue, EACH_PROVIDER, LEPTOS_SETTINGS, SETTINGS, Setting, Subject};

use crate::{
    cookie::{CookieSettings, SessionOptions},
    http::HostAddresses,
    origin::{Origin, PublicUrls, TrustedProxies},
    provider::ProviderConfig,
    robots::Robots,
    server::Limits,
    session::SessionPolicy,
};
use secrecy::SecretString;
use std::{fmt, path::PathBuf};
use vars::Vars;

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
    /// `AUTH_NOTICE`: a sentence at the top of every page, as text.
    pub notice: Option<String>,
    /// `AUTH_ROBOTS`: whether search engines may list the app.
    pub robots: Robots,
    /// `PUBLIC_URL`: the origins this process answers for.
    pub public_urls: PublicUrls,
    /// `AUTH_SECRET`, then `AUTH_SECRET_1`…: newest first.
    pub secrets: Vec<SecretString>,
    /// `AUTH_<NAME>_…`: the enabled providers, in the order of their buttons.
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
    /// `AUTH_ALLOWED_EMAIL_DOMAINS`: email domains that may sign in; all if not set.
    pub email_domains: EmailDomains,
    /// `AUTH_TRUSTED_PROXIES`: the reverse proxies whose `X-Forwarded-For` names the client.
    pub trusted_proxies: TrustedProxies,
    /// `AUTH_HOST_ADDRESSES`: addresses of hosts that the system's resolver does not know.
    pub host_addresses: HostAddresses,
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
        let vars = Vars::new(vars)?;
        vars.check_log_format()?;
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
            notice: vars.notice()?,
            robots: vars.robots()?,
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
            email_domains: vars.email_domains()?,
            trusted_proxies: vars.trusted_proxies()?,
            host_addresses: vars.host_addresses()?,
            limits: vars.limits()?,
            apps_file: vars.get("APPS_FILE").map(PathBuf::from),
        })
    }

    /// Checks the providers, whether they come from the environment or from code.
    ///
    /// # Errors
    /// A [`ConfigError`] that names the variable.
    pub(crate) fn check_providers(&self) -> Result<(), ConfigError> {
        if self.providers.is_empty() {
            let problem = "no provider is configured; set AUTH_OIDC_ID, AUTH_OIDC_SECRET and AUTH_OIDC_ISSUER, or the \
                           variables of another provider";
            return Err(ConfigError::new("AUTH_<NAME>_ID", problem));
        }
        for provider in &self.providers {
            let variable =
                |what| format!("AUTH_{}_{what}", provider.id.to_ascii_uppercase().replace('-', "_"));
            provider.check().map_err(|(what, problem)| ConfigError::new(variable(what), problem))?;
        }
        Ok(())
    }

    /// What works, but not as most users expect. Each line names the variable that changes it.
    pub(crate) fn hints(&self) -> impl Iterator<Item = String> {
        let refused = |provider: &&ProviderConfig| {
            !self.email_domains.is_empty() && !provider.sends_email_verified && !provider.trusts_email
        };
        self.providers.iter().filter(refused).map(|provider| {
            let name = provider.id.to_ascii_uppercase();
            let reason = if provider.has_tenants() {
                "with several tenants no address can be trusted; configure one tenant, or check another claim".to_owned()
            } else {
                format!("set AUTH_{name}_TRUST_EMAIL=1 if its administrators check the addresses")
            };
            format!(
                "AUTH_ALLOWED_EMAIL_DOMAINS refuses every user of {}, which does not say whether an address is \
                 verified: {reason}",
                provider.name
            )
        })
    }
}

/// Whether a text is a domain: two or more labels of lower-case letters, digits and `-`.
fn is_domain(text: &str) -> bool {
    let is_name = |label: &str| {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty() && label.bytes().all(allowed)
    };
    text.split('.').count() >= 2 && text.split('.').all(is_name)
}
