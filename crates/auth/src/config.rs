//! Configuration from environment variables, checked at start.
//!
//! Names follow Auth.js where Auth.js has a name. A bad value stops the process with one line that names the
//! variable and the fix. So does an unknown `AUTH_…` variable, which is most likely a typo.

mod documents;
mod email_domains;
mod error;
mod providers;
mod reference;
#[cfg(test)]
mod tests;
mod vars;

pub use documents::{env_example, help, markdown};
pub use email_domains::EmailDomains;
pub use error::ConfigError;
pub(crate) use error::ConfigErrors;
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
use auth_types::Accent;
use secrecy::SecretString;
use std::path::PathBuf;
use vars::Vars;

/// The setting for the address of the metrics.
pub(crate) const METRICS_ADDR: &str = "AUTH_METRICS_ADDR";

pub(crate) use vars::secret_files;

/// Everything an app reads from its environment.
#[derive(Clone, Debug)]
pub struct Config {
    /// `APP_NAME`: the app's name on its pages.
    pub app_name: String,
    /// `AUTH_NOTICE`: a sentence at the top of every page, as text.
    pub notice: Option<String>,
    /// `APP_ACCENT`: the app's colour.
    pub accent: Accent,
    /// `AUTH_FLOW_TRACE`: whether the steps of sign-ins and sign-outs are recorded for the app's pages.
    pub flow_trace: bool,
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
    /// `AUTH_STORE_MIGRATE`: whether the start brings the schema of the store up to date.
    pub migrates_store: bool,
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
    /// `AUTH_METRICS_ADDR`: the address that serves the metrics; off if not set.
    pub metrics_addr: Option<String>,
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

    /// The origins, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Origin> {
        self.0.iter()
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
        Self::from_vars(cookie_prefix, environment())
    }

    /// Reads the given variables. An empty value counts as not set.
    ///
    /// # Errors
    /// The first [`ConfigError`].
    pub fn from_vars(
        cookie_prefix: &str,
        vars: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        Self::read(cookie_prefix, vars).map_err(ConfigErrors::into_first)
    }

    /// Reads the given variables as [`from_vars`](Self::from_vars) does.
    ///
    /// # Errors
    /// All [`ConfigErrors`] that do not follow from another one.
    pub(crate) fn read(
        cookie_prefix: &str,
        vars: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let vars = Vars::new(vars, &mut errors);
        errors.keep(vars.check_log_format());
        let notice = errors.keep(vars.notice());
        let robots = errors.keep(vars.robots());
        let accent = errors.keep(vars.accent());
        let flow_trace = errors.keep(vars.flag("AUTH_FLOW_TRACE"));
        let public_urls = errors.keep(vars.public_urls());
        let identity_origins = errors.keep(vars.identity_origins());
        // The error about the origins would cause one about the issuer.
        let identity = identity_origins.as_ref().and_then(|origins| errors.keep(vars.identity(origins)));
        let secrets = errors.keep(vars.secrets());
        let providers = providers::read(&vars, &mut errors);
        let domain = errors.keep(vars.cookie_domain());
        let store_url = errors.keep(vars.store_url());
        let migrates_store = errors.keep(vars.flag("AUTH_STORE_MIGRATE"));
        let policy = errors.keep(vars.policy());
        let email_domains = errors.keep(vars.email_domains());
        let trusted_proxies = errors.keep(vars.trusted_proxies());
        let host_addresses = errors.keep(vars.host_addresses());
        let limits = errors.keep(vars.limits());
        let metrics_addr = errors.keep(vars.address(METRICS_ADDR));
        let read = || {
            Some(Self {
                app_name: vars.get("APP_NAME").unwrap_or(cookie_prefix).to_owned(),
                notice: notice?,
                robots: robots?,
                accent: accent?,
                flow_trace: flow_trace?.unwrap_or(false),
                public_urls: public_urls?,
                secrets: secrets?,
                providers: providers?,
                identity_origins: identity_origins?,
                identity: identity?,
                cookies: CookieSettings {
                    prefix: cookie_prefix.to_owned(),
                    domain: domain?,
                    session: SessionOptions::default(),
                },
                store_url: store_url?,
                migrates_store: migrates_store?.unwrap_or(true),
                policy: policy?,
                email_domains: email_domains?,
                trusted_proxies: trusted_proxies?,
                host_addresses: host_addresses?,
                limits: limits?,
                metrics_addr: metrics_addr?,
                apps_file: vars.get("APPS_FILE").map(PathBuf::from),
            })
        };
        read().filter(|_| errors.is_empty()).ok_or(errors)
    }

    /// Reads `SESSION_STORE_URL` alone, or its file: a migration needs no other setting, and no other secret.
    ///
    /// # Errors
    /// A [`ConfigError`] about this variable.
    pub(crate) fn store_url_from_env() -> Result<String, ConfigError> {
        let is_needed = |name: &str| matches!(name, "SESSION_STORE_URL" | "SESSION_STORE_URL_FILE");
        let mut errors = ConfigErrors::default();
        let vars = Vars::new(environment().filter(|(name, _)| is_needed(name)), &mut errors);
        errors.keep(vars.store_url()).filter(|_| errors.is_empty()).ok_or_else(|| errors.into_first())
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

/// The variables of this process. A name or a value that is not Unicode is left out.
pub(crate) fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// Whether a text is a domain: two or more labels of lower-case letters, digits and `-`.
fn is_domain(text: &str) -> bool {
    let is_name = |label: &str| {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty() && label.bytes().all(allowed)
    };
    text.split('.').count() >= 2 && text.split('.').all(is_name)
}
