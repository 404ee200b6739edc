//! Configuration of the provider: its issuer, clients, lifetimes and behaviour.

use crate::client::is_http;
use crate::params::Scopes;
use crate::{Client, Clock, Error, Personality, Random, public_demo};
use secrecy::SecretString;
use std::borrow::Cow;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

/// The `prompt` values that the metadata list by default.
pub(crate) const DEFAULT_PROMPTS: [&str; 3] = ["none", "login", "select_account"];

/// Configuration of a provider.
#[derive(Clone, Debug)]
pub struct Config {
    /// The issuer: an origin such as `http://auth.wow.localhost:4300`, without a path.
    pub issuer: Url,
    /// The registered relying parties.
    pub clients: Vec<Client>,
    /// Folder of the signing key (`signing-key.pem`). `None`: every start generates a new key in memory.
    pub data_dir: Option<PathBuf>,
    /// An existing signing key (PKCS#1 PEM, see [`crate::generate_signing_key`]). Overrides `data_dir`.
    pub signing_key: Option<SecretString>,
    /// Whether faults can be switched on. For tests only.
    pub faults: bool,
    /// Whether this is a public demo, with throwaway users for each visitor. Only a public demo may have a
    /// public issuer. Nothing that is for tests can be switched on beside it. Default `false`.
    pub public_demo: bool,
    /// Whether a visitor can switch on a failure for one browser, at `/try-failures`. Default `false`.
    pub visitor_faults: bool,
    /// Origins of apps, to which `/try-failures` may link back. Default none.
    pub app_origins: Vec<Url>,
    /// A sentence at the top of every page. Default none.
    pub notice: Option<String>,
    /// Lifetime of an access token. Default 300 s.
    pub access_token_ttl: Duration,
    /// Lifetime of an ID token. Default 300 s.
    pub id_token_ttl: Duration,
    /// Lifetime of a refresh token. Default 30 days.
    pub refresh_token_ttl: Duration,
    /// Grace period of a used refresh token. Within it, reuse returns the same successor if that is unused,
    /// so that a lost response does not revoke the family. Default 10 s.
    pub refresh_grace: Duration,
    /// Lifetime of an authorization code. Default and maximum 60 s.
    pub code_ttl: Duration,
    /// Lifetime of a session at the provider. Default 12 hours.
    pub session_ttl: Duration,
    /// Whether tokens with `offline_access` survive a sign-out (OpenID Connect Back-Channel Logout 1.0 §2.7).
    /// Default `false`: refresh tokens end with the session, so a relying party that missed the logout token
    /// learns of the sign-out at its next refresh.
    pub offline_access_outlives_logout: bool,
    /// The provider that this one behaves like. Default [`Personality::Plain`].
    pub personality: Personality,
    /// `scopes_supported` in the metadata. `None`: `openid`, `profile`, `email` and `offline_access`; for
    /// [`Personality::Apple`] `openid`, `email` and `name`. The provider grants `openid` and the scopes of
    /// this list, and ignores other scopes.
    pub scopes_supported: Option<Vec<String>>,
    /// Whether only a client that asks for `offline_access` gets a refresh token (OpenID Connect Core §11).
    /// Default `true`; `false`: every client gets a refresh token, as always under [`Personality::Apple`].
    pub offline_access_required: bool,
    /// `prompt_values_supported` in the metadata. Default: `none`, `login` and `select_account`. `None`: the
    /// metadata do not say which values are supported, as those of Entra and Apple. A list without `none`
    /// makes the provider answer `prompt=none` with its own error page instead of a redirect.
    pub prompt_values: Option<Vec<String>>,
    /// A second `aud` of every ID token; `azp` is then the client id (OpenID Connect Core §2). Default
    /// `None`.
    pub extra_audience: Option<String>,
    /// Whether `prompt=none` without a valid `id_token_hint` is answered with `login_required`, also when the
    /// browser has a session (OpenID Connect Core §3.1.2.1 recommends the hint). Default `false`.
    pub requires_hint: bool,
    /// Origin of a federated login on another host, which this provider serves too. An authorization request
    /// that needs the login page, and a sign-out, first lead there and back. Default `None`.
    pub federated_via: Option<Url>,
    /// Addresses of clients' hosts that the system's resolver does not know. Port 0 stands for the port of the
    /// URL. Default none.
    pub host_addresses: Vec<(String, SocketAddr)>,
    /// Style sheet of the provider's pages. Default: a plain built-in one.
    pub style: Cow<'static, str>,
    /// The provider's clock.
    pub clock: Clock,
    /// Random source of codes, tokens and ids.
    pub random: Random,
}

impl Config {
    /// Creates a configuration with the defaults and no clients.
    #[must_use]
    pub fn new(issuer: Url) -> Self {
        Self {
            issuer,
            clients: Vec::new(),
            data_dir: None,
            signing_key: None,
            faults: false,
            public_demo: false,
            visitor_faults: false,
            app_origins: Vec::new(),
            notice: None,
            access_token_ttl: Duration::from_secs(300),
            id_token_ttl: Duration::from_secs(300),
            refresh_token_ttl: Duration::from_secs(30 * 24 * 3600),
            refresh_grace: Duration::from_secs(10),
            code_ttl: Duration::from_secs(60),
            session_ttl: Duration::from_secs(12 * 3600),
            offline_access_outlives_logout: false,
            personality: Personality::Plain,
            scopes_supported: None,
            offline_access_required: true,
            prompt_values: Some(DEFAULT_PROMPTS.map(str::to_owned).to_vec()),
            extra_audience: None,
            requires_hint: false,
            federated_via: None,
            host_addresses: Vec::new(),
            style: include_str!("plain.css").into(),
            clock: Clock::System,
            random: Random::from_system(),
        }
    }

    /// Returns the issuer as tokens and responses spell it: an origin without a trailing slash.
    pub(crate) fn issuer(&self) -> String {
        self.issuer.origin().ascii_serialization()
    }

    /// Returns the expected `Host` header: the issuer's host, with the port unless it is the scheme's
    /// default.
    pub(crate) fn host(&self) -> String {
        host_of(&self.issuer)
    }

    /// Returns the expected `Host` header at the federated host.
    pub(crate) fn federated_host(&self) -> Option<String> {
        self.federated_via.as_ref().map(host_of)
    }

    pub(crate) fn client(&self, client_id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.client_id == client_id)
    }

    /// Returns the scopes that the metadata announce.
    pub(crate) fn scopes(&self) -> Vec<String> {
        let default = || self.personality.scopes().iter().map(|scope| (*scope).to_owned()).collect();
        self.scopes_supported.clone().unwrap_or_else(default)
    }

    /// Whether a client with this grant gets a refresh token.
    pub(crate) fn grants_refresh_token(&self, scope: &Scopes) -> bool {
        !self.offline_access_required || self.personality == Personality::Apple || scope.has("offline_access")
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// [`Error::Config`] for the first setting that cannot work or is unsafe.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let refuse = |setting, reason| Err(Error::Config { setting, reason });
        if !is_origin(&self.issuer) {
            return refuse("issuer", "must be an http or https origin without a path");
        }
        if self.federated_via.as_ref().is_some_and(|via| !is_origin(via) || host_of(via) == self.host()) {
            return refuse(
                "federated_via",
                "must be an http or https origin on another host than the issuer",
            );
        }
        if !self.app_origins.iter().all(is_origin) {
            return refuse("app_origin", "must be an http or https origin without a path");
        }
        for client in &self.clients {
            if client.client_id.is_empty() {
                return refuse("client_id", "must not be empty");
            }
            if self.clients.iter().filter(|other| other.client_id == client.client_id).count() > 1 {
                return refuse("client_id", "must be different for every client");
            }
            client.check()?;
        }
        if self.code_ttl.is_zero() || self.code_ttl > Duration::from_secs(60) {
            return refuse("code_ttl", "must be between 1 and 60 seconds");
        }
        if self.access_token_ttl.is_zero() {
            return refuse("access_token_ttl", "must be at least one second");
        }
        if self.id_token_ttl.is_zero() {
            return refuse("id_token_ttl", "must be at least one second");
        }
        public_demo::check(self)
    }
}

fn is_origin(url: &Url) -> bool {
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    is_http(url) && bare && url.username().is_empty() && url.password().is_none()
}

fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn the_issuer_has_no_trailing_slash() {
        let config = Config::new(url("http://auth.wow.localhost:4300/"));
        assert_eq!(config.issuer(), "http://auth.wow.localhost:4300");
        assert_eq!(config.host(), "auth.wow.localhost:4300");
        assert_eq!(Config::new(url("https://auth.example:443")).host(), "auth.example");
    }

    #[test]
    fn an_issuer_with_a_path_is_refused() {
        for issuer in
            ["http://auth.example/oidc", "http://u:p@auth.example", "ftp://auth.example", "http://a/?b"]
        {
            assert!(Config::new(url(issuer)).check().is_err(), "{issuer}");
        }
    }

    #[test]
    fn a_federated_login_needs_another_host() {
        for (via, is_valid) in [
            ("http://login.example", true),
            ("http://a.example", false),
            ("http://login.example/path", false),
        ] {
            let config = Config { federated_via: Some(url(via)), ..Config::new(url("http://a.example")) };
            assert_eq!(config.check().is_ok(), is_valid, "{via}");
        }
    }

    #[test]
    fn the_origin_of_an_app_has_no_path() {
        for (origin, is_valid) in
            [("http://localhost:4201", true), ("http://localhost:4201/tour", false), ("data:,x", false)]
        {
            let config = Config { app_origins: vec![url(origin)], ..Config::new(url("http://a.example")) };
            assert_eq!(config.check().is_ok(), is_valid, "{origin}");
        }
    }

    #[test]
    fn a_long_lived_code_is_refused() {
        let config = Config { code_ttl: Duration::from_secs(61), ..Config::new(url("http://a.example")) };
        assert!(config.check().is_err());
    }
}
