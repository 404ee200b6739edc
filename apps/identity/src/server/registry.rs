//! The registry of apps that may sign in through identity (`APPS_FILE`).

mod error;
mod preview;

pub(crate) use error::RegistryError;
pub(crate) use preview::Preview;

use auth::{
    config::{Config, ConfigError},
    origin::{Origin, OriginPattern, is_loopback, is_non_public},
    provider::{AppRequest, Kind, ProviderConfig, check_params, check_scopes},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, HashSet},
    net::IpAddr,
    path::Path,
};
use subtle::ConstantTimeEq;
use url::{Host, Url, form_urlencoded};

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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    app: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    client_id: String,
    name: String,
    #[serde(default)]
    description: String,
    origins: Vec<String>,
    #[serde(default)]
    preview: bool,
    backchannel_logout_uri: Option<String>,
    backchannel_logout_path: Option<String>,
    browser_event_uri: Option<String>,
    client_secret_env: Option<String>,
    #[serde(default)]
    allow_private_network: bool,
    #[serde(default)]
    handoff: bool,
    icon: Option<String>,
    #[serde(default)]
    providers: BTreeMap<String, RequestEntry>,
}

/// What an app asks for at one provider.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestEntry {
    /// The app's own client at the provider, in place of identity's.
    client_id: Option<String>,
    /// The scopes of this app's sign-ins, in place of the provider's.
    scopes: Option<String>,
    /// Further parameters of this app's sign-ins, as a query string.
    #[serde(default)]
    params: String,
}

/// The longest icon URL, in bytes: the launcher's page contains all icons.
const MAX_ICON: usize = 4096;
/// The shortest secret of an app, in bytes.
const MIN_SECRET: usize = 32;

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

/// Reads what an app asks for at a provider. The rules are those of the provider's configuration.
fn app_request(RequestEntry { client_id, scopes, params }: RequestEntry) -> Result<AppRequest, String> {
    let params: Vec<_> = form_urlencoded::parse(params.as_bytes()).into_owned().collect();
    check_params(&params, false).map_err(|problem| format!(".params {problem}"))?;
    if client_id.as_ref().is_some_and(|id| id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_graphic())) {
        return Err(".client_id must have 1 or more printable characters without spaces".to_owned());
    }
    Ok(AppRequest { client_id, scopes, params })
}

impl RegisteredClient {
    fn read(entry: Entry, variable: impl Fn(&str) -> Option<String>) -> Result<Self, RegistryError> {
        let is_plain = |id: &str| id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !(1..=64).contains(&entry.client_id.len()) || !is_plain(&entry.client_id) {
            return Err(RegistryError::ClientId(entry.client_id));
        }
        if entry.origins.is_empty() {
            return Err(RegistryError::NoOrigins(entry.client_id));
        }
        let origins = entry
            .origins
            .into_iter()
            .map(|origin| {
                OriginPattern::parse(&origin).map_err(|error| RegistryError::Origin {
                    client_id: entry.client_id.clone(),
                    origin,
                    error,
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let is_refused = entry.preview
            && (entry.handoff || entry.backchannel_logout_uri.is_some() || entry.browser_event_uri.is_some());
        let preview = if is_refused {
            Err("a preview has no handoff, backchannel_logout_uri or browser_event_uri")
        } else {
            Preview::read(entry.preview, &origins, entry.backchannel_logout_path)
        };
        let preview = preview.map_err(|problem| RegistryError::Preview {
            client_id: entry.client_id.clone(),
            problem: problem.to_owned(),
        })?;
        let address = |field, uri: Option<String>| {
            uri.map(|uri| {
                backchannel_uri(&uri, &origins, entry.allow_private_network).map_err(|problem| {
                    let client_id = entry.client_id.clone();
                    RegistryError::BackchannelUri { client_id, field, uri, problem }
                })
            })
            .transpose()
        };
        let backchannel_logout_uri = address("backchannel_logout_uri", entry.backchannel_logout_uri)?;
        let browser_event_uri = address("browser_event_uri", entry.browser_event_uri)?;
        let client_secret = match entry.client_secret_env {
            Some(name) => match variable(&name).filter(|secret| secret.len() >= MIN_SECRET) {
                Some(secret) => Some(SecretString::from(secret)),
                None => return Err(RegistryError::Secret { client_id: entry.client_id, variable: name }),
            },
            None => None,
        };
        if entry.handoff
            && (client_secret.is_none() || !origins.iter().any(|origin| origin.exact().is_some()))
        {
            return Err(RegistryError::Handoff(entry.client_id));
        }
        let is_shown = |icon: &String| {
            (icon.starts_with("https://") || icon.starts_with("data:image/")) && icon.len() <= MAX_ICON
        };
        if entry.icon.as_ref().is_some_and(|icon| !is_shown(icon)) {
            return Err(RegistryError::Icon(entry.client_id));
        }
        let requests = entry.providers.into_iter().map(|(provider, request)| match app_request(request) {
            Ok(request) => Ok((provider, request)),
            Err(problem) => {
                Err(RegistryError::Request { client_id: entry.client_id.clone(), provider, problem })
            }
        });
        let requests = requests.collect::<Result<_, _>>()?;
        Ok(Self {
            client_id: entry.client_id,
            name: entry.name,
            description: entry.description,
            origins,
            preview,
            backchannel_logout_uri,
            browser_event_uri,
            client_secret,
            allow_private_network: entry.allow_private_network,
            handoff: entry.handoff,
            icon: entry.icon,
            requests,
        })
    }

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

/// Checks an address that identity calls, against server-side request forgery (OWASP). It must be https and
/// public; `allow_private_network` allows a private one. An address on this machine may be http, but only for
/// an app on this machine.
fn backchannel_uri(uri: &str, origins: &[OriginPattern], allow_private: bool) -> Result<Url, &'static str> {
    let url = Url::parse(uri).map_err(|_| "is not a URL")?;
    if url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Err("must have no fragment, user or password");
    }
    if is_loopback(&url) {
        let lives_here =
            origins.iter().all(|origin| Url::parse(&origin.to_string()).is_ok_and(|url| is_loopback(&url)));
        let is_web = matches!(url.scheme(), "http" | "https");
        return if lives_here && is_web { Ok(url) } else { Err("is on this machine, but the app is not") };
    }
    let address = match url.host() {
        Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        _ => None,
    };
    if url.scheme() != "https" {
        return Err("must be https");
    }
    if address.is_some_and(is_non_public) && !allow_private {
        return Err("is a private address; allow_private_network = true allows it");
    }
    Ok(url)
}

#[cfg(test)]
mod tests;
