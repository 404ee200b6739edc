//! The registry of apps that may sign in through identity (`APPS_FILE`).

mod entry;
mod error;
mod preview;

pub(crate) use error::RegistryError;
pub(crate) use preview::Preview;

use auth::{
    config::{Config, ConfigError},
    origin::{Origin, OriginPattern},
    provider::{AppRequest, Kind, ProviderConfig, check_scopes},
};
use entry::File;
use secrecy::{ExposeSecret, SecretString};
use std::{
    collections::{BTreeMap, HashSet},
    path::Path,
};
use subtle::ConstantTimeEq;
use url::Url;

/// The registered apps, in the order of the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Registry(Vec<RegisteredClient>);

/// One registered app.
#[derive(Clone, Debug)]
pub(crate) struct RegisteredClient {
    /// The client id, unique in the registry.
    pub(crate) client_id: String,
    /// Display name.
    pub(crate) name: String,
    /// One sentence for the launcher.
    pub(crate) description: String,
    /// The origins of the app: exact, or patterns with one `*` for previews.
    pub(crate) origins: Vec<OriginPattern>,
    /// Whether the entry is for pull-request previews, and what only they have.
    pub(crate) preview: Option<Preview>,
    /// Where the app receives logout tokens (Back-Channel Logout 1.0 §2.2).
    pub(crate) backchannel_logout_uri: Option<Url>,
    /// Where the app receives sign-in events, so that its waiting tabs can resume.
    pub(crate) browser_event_uri: Option<Url>,
    /// The secret with which the app authenticates at identity.
    pub(crate) client_secret: Option<SecretString>,
    /// Whether its endpoints may have private network addresses.
    pub(crate) allow_private_network: bool,
    /// Whether the launcher can open the app already signed in.
    pub(crate) handoff: bool,
    /// A picture for the launcher: an https or a `data:image/` URL.
    pub(crate) icon: Option<String>,
    /// What this app asks for at each provider, by the provider's id.
    pub(crate) requests: BTreeMap<String, AppRequest>,
}

/// The value of an environment variable, or the content of the file that `<VARIABLE>_FILE` names.
fn secret_of(variable: &str) -> Option<String> {
    std::env::var(variable).ok().or_else(|| {
        let content = std::fs::read_to_string(std::env::var_os(format!("{variable}_FILE"))?).ok()?;
        Some(content.trim_end_matches(['\r', '\n']).to_owned())
    })
}

impl Registry {
    /// Reads the registry in `APPS_FILE`, and checks it against the providers.
    ///
    /// # Errors
    /// A [`ConfigError`] about `APPS_FILE`.
    pub(crate) fn of(config: &Config) -> Result<Self, ConfigError> {
        const VARIABLE: &str = "APPS_FILE";
        let missing = "is missing; set it to the path of the app registry, as in apps/identity/apps.toml";
        let path = config.apps_file.as_ref().ok_or_else(|| ConfigError::new(VARIABLE, missing))?;
        let load = || {
            let registry = Self::load(path)?;
            let own: Vec<_> = config.public_urls.exact().cloned().collect();
            registry.check(&own, &config.providers)?;
            Ok(registry)
        };
        let describe =
            |error: RegistryError| ConfigError::new(VARIABLE, format!("{}: {error}", path.display()));
        load().map_err(describe)
    }

    /// Reads and checks a registry file.
    ///
    /// # Errors
    /// A [`RegistryError`] that names the file or the app.
    pub(crate) fn load(path: &Path) -> Result<Self, RegistryError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| RegistryError::Unreadable { path: path.display().to_string(), source })?;
        Self::parse(&text, secret_of)
    }

    /// Reads a registry from TOML text with `[[app]]` tables. `variable` looks up the environment variables
    /// that hold the secrets.
    ///
    /// # Errors
    /// A [`RegistryError`] that names the app.
    pub(crate) fn parse(
        text: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, RegistryError> {
        let file: File =
            toml::from_str(text).map_err(|error| RegistryError::Malformed(error.message().to_owned()))?;
        let mut seen = HashSet::new();
        let clients = file
            .app
            .into_iter()
            .map(|entry| {
                if !seen.insert(entry.client_id.clone()) {
                    return Err(RegistryError::Duplicate(entry.client_id));
                }
                RegisteredClient::read(entry, &variable)
            })
            .collect::<Result<_, _>>()?;
        Ok(Self(clients))
    }

    /// Checks the apps against identity's configuration: what they ask of its providers, and that previews are apart from
    /// production.
    ///
    /// # Errors
    /// A [`RegistryError`] that names the app.
    pub(crate) fn check(
        &self,
        identity: &[Origin],
        providers: &[ProviderConfig],
    ) -> Result<(), RegistryError> {
        self.check_requests(providers)?;
        preview::check(self, identity, providers)
            .map_err(|(client_id, problem)| RegistryError::Preview { client_id, problem })
    }

    /// The clients that apps have at a provider in place of identity's. The provider sends their logout tokens to identity.
    pub(crate) fn clients_at(&self, provider: &str) -> Vec<String> {
        let of_app = |app: &RegisteredClient| app.requests.get(provider)?.client_id.clone();
        self.iter().filter_map(of_app).collect()
    }

    fn check_requests(&self, providers: &[ProviderConfig]) -> Result<(), RegistryError> {
        for (app, (id, request)) in self.iter().flat_map(|app| app.requests.iter().map(move |one| (app, one)))
        {
            let problem = match providers.iter().find(|provider| provider.id == *id) {
                None => Some(": identity has no provider of this name".to_owned()),
                Some(provider) => {
                    let is_oidc = matches!(provider.kind, Kind::Oidc { .. });
                    let checked = request.scopes.as_ref().map(|scopes| check_scopes(scopes, is_oidc));
                    checked.and_then(Result::err).map(|problem| format!(".scopes {problem}"))
                }
            };
            if let Some(problem) = problem {
                let (client_id, provider) = (app.client_id.clone(), id.clone());
                return Err(RegistryError::Request { client_id, provider, problem });
            }
        }
        Ok(())
    }

    /// The registered apps, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &RegisteredClient> {
        self.0.iter()
    }

    /// The app with this id.
    #[must_use]
    pub(crate) fn get(&self, client_id: &str) -> Option<&RegisteredClient> {
        self.0.iter().find(|client| client.client_id == client_id)
    }

    /// The app with this id, if the secret is correct. The secrets are compared in constant time.
    #[must_use]
    pub(crate) fn authenticate(&self, client_id: &str, client_secret: &str) -> Option<&RegisteredClient> {
        let client = self.get(client_id)?;
        let known = client.client_secret.as_ref()?.expose_secret().as_bytes();
        bool::from(known.ct_eq(client_secret.as_bytes())).then_some(client)
    }

    /// The app that is registered for `origin`.
    #[must_use]
    pub(crate) fn find(&self, origin: &Origin) -> Option<&RegisteredClient> {
        self.0.iter().find(|client| client.origins.iter().any(|pattern| pattern.matches(origin)))
    }
}

impl RegisteredClient {
    /// Where the app receives logout tokens. `origin` is that of a preview, which must still be registered.
    #[must_use]
    pub(crate) fn logout_address(&self, origin: Option<&str>) -> Option<Url> {
        match (&self.preview, origin) {
            (None, None) => self.backchannel_logout_uri.clone(),
            (Some(preview), Some(origin)) => {
                let origin = Origin::parse(origin).ok()?;
                let is_registered = self.origins.iter().any(|pattern| pattern.matches(&origin));
                preview.backchannel_logout_uri(&origin).filter(|_| is_registered)
            }
            _ => None,
        }
    }

    /// Whether the app may send users to a provider. A preview never uses the client of production.
    #[must_use]
    pub(crate) fn may_use(&self, provider: &str) -> bool {
        let has_client = || self.requests.get(provider).is_some_and(|request| request.client_id.is_some());
        self.preview.is_none() || has_client()
    }

    /// The origin at which the launcher at `from` opens the app: the nearest of the origins without a `*`.
    #[must_use]
    pub(crate) fn nearest_origin(&self, from: &Origin) -> Option<&Origin> {
        // With `rev`, the first of equally near origins wins.
        self.origins.iter().filter_map(OriginPattern::exact).rev().max_by_key(|origin| origin.closeness(from))
    }
}

#[cfg(test)]
mod tests;
