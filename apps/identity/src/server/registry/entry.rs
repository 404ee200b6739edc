//! Reads an entry of the registry file, and checks it.

use super::{Preview, RegisteredClient, RegistryError};
use auth::{
    origin::{OriginPattern, is_loopback, is_non_public},
    provider::{AppRequest, check_params},
};
use secrecy::SecretString;
use serde::Deserialize;
use std::{collections::BTreeMap, net::IpAddr};
use url::{Host, Url, form_urlencoded};

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub(super) app: Vec<Entry>,
}

/// One app, as the file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) client_id: String,
    name: String,
    #[serde(default)]
    description: String,
    origins: Vec<String>,
    #[serde(default)]
    pub(super) preview: bool,
    pub(super) backchannel_logout_uri: Option<String>,
    pub(super) backchannel_logout_path: Option<String>,
    pub(super) browser_event_uri: Option<String>,
    client_secret_env: Option<String>,
    #[serde(default)]
    allow_private_network: bool,
    #[serde(default)]
    pub(super) handoff: bool,
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

impl RegisteredClient {
    /// Checks an entry. `variable` looks up the environment variable with the secret.
    ///
    /// # Errors
    /// A [`RegistryError`] that names the app.
    pub(super) fn read(
        mut entry: Entry,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, RegistryError> {
        let is_plain = |id: &str| id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !(1..=64).contains(&entry.client_id.len()) || !is_plain(&entry.client_id) {
            return Err(RegistryError::ClientId(entry.client_id));
        }
        if entry.origins.is_empty() {
            return Err(RegistryError::NoOrigins(entry.client_id));
        }
        let origins = std::mem::take(&mut entry.origins)
            .into_iter()
            .map(|origin| {
                OriginPattern::parse(&origin).map_err(|error| RegistryError::Origin {
                    client_id: entry.client_id.clone(),
                    origin,
                    error,
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let preview = Preview::read(&entry, &origins).map_err(|problem| RegistryError::Preview {
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
