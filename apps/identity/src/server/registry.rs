//! The registry of apps that may sign in through identity (`APPS_FILE`).

use auth::origin::{Origin, OriginError, OriginPattern, is_inside, is_loopback};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::{collections::HashSet, net::IpAddr, path::Path};
use subtle::ConstantTimeEq;
use url::{Host, Url};

/// The registered apps, in the order of the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Registry(Vec<RegisteredClient>);

/// One registered app.
#[derive(Clone, Debug)]
pub(crate) struct RegisteredClient {
    /// Its id, unique in the registry.
    pub(crate) client_id: String,
    /// Display name.
    pub(crate) name: String,
    /// One sentence for the launcher.
    pub(crate) description: String,
    /// Where it lives: exact origins, or patterns with one `*` for previews.
    pub(crate) origins: Vec<OriginPattern>,
    /// Where it is told that a session ended (Back-Channel Logout 1.0 §2.2).
    pub(crate) backchannel_logout_uri: Option<Url>,
    /// Where it is told that somebody signed in, so that its waiting tabs can come back.
    pub(crate) browser_event_uri: Option<Url>,
    /// What it proves itself with when it asks identity for something.
    pub(crate) client_secret: Option<SecretString>,
    /// Whether its addresses may lie inside the network.
    pub(crate) allow_private_network: bool,
    /// Whether the launcher opens it already signed in.
    pub(crate) handoff: bool,
    /// A picture for the launcher: an https or a `data:image/` URL.
    pub(crate) icon: Option<String>,
}

/// Why the registry was not accepted. All of it is checked at start: a broken entry stops the app.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RegistryError {
    /// The file is not there or not readable.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not TOML, or fields that are unknown or missing.
    #[error("{0}")]
    Malformed(String),
    /// An origin that is none.
    #[error("app \"{client_id}\": origin \"{origin}\" {error}")]
    Origin {
        /// The app it belongs to.
        client_id: String,
        /// The text as written.
        origin: String,
        /// What is off.
        error: OriginError,
    },
    /// The same id twice.
    #[error("app \"{0}\" is listed twice")]
    Duplicate(String),
    /// A back-channel address that is not to be called.
    #[error("app \"{client_id}\": {field} \"{uri}\" {problem}")]
    BackchannelUri {
        /// The app it belongs to.
        client_id: String,
        /// Which of its addresses.
        field: &'static str,
        /// The text as written.
        uri: String,
        /// What is off.
        problem: &'static str,
    },
    /// A secret that is not where the entry says.
    #[error(
        "app \"{client_id}\": client_secret_env names {variable}, which is not set or shorter than 32 bytes"
    )]
    Secret {
        /// The app it belongs to.
        client_id: String,
        /// The variable.
        variable: String,
    },
    /// An app that is to be opened and cannot be.
    #[error("app \"{0}\": handoff = true needs client_secret_env and an origin without a *")]
    Handoff(String),
    /// An icon that no page would show.
    #[error("app \"{0}\": icon must be an https:// or data:image/ URL of 4096 characters at most")]
    Icon(String),
    /// An app that nobody could come back to.
    #[error("app \"{0}\" has no origins")]
    NoOrigins(String),
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
    backchannel_logout_uri: Option<String>,
    browser_event_uri: Option<String>,
    client_secret_env: Option<String>,
    #[serde(default)]
    allow_private_network: bool,
    #[serde(default)]
    handoff: bool,
    icon: Option<String>,
}

/// Longest icon, characters: it is in the launcher's page for each app.
const MAX_ICON: usize = 4096;
/// Shortest secret of an app, bytes.
const MIN_SECRET: usize = 32;

impl Registry {
    /// Reads and checks a registry file.
    ///
    /// # Errors
    /// A [`RegistryError`] that names the file or the app.
    pub(crate) fn load(path: &Path) -> Result<Self, RegistryError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| RegistryError::Unreadable { path: path.display().to_string(), source })?;
        Self::parse(&text, |name| std::env::var(name).ok())
    }

    /// Reads a registry from TOML text: `[[app]]` tables. Secrets are in the variables that it names, which
    /// `variable` looks up.
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

    /// The registered apps, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &RegisteredClient> {
        self.0.iter()
    }

    /// The app with this id.
    #[must_use]
    pub(crate) fn get(&self, client_id: &str) -> Option<&RegisteredClient> {
        self.0.iter().find(|client| client.client_id == client_id)
    }

    /// The app that proves itself with this id and secret.
    #[must_use]
    pub(crate) fn authenticate(&self, client_id: &str, client_secret: &str) -> Option<&RegisteredClient> {
        let client = self.get(client_id)?;
        let known = client.client_secret.as_ref()?.expose_secret().as_bytes();
        bool::from(known.ct_eq(client_secret.as_bytes())).then_some(client)
    }

    /// The app that lives at `origin`, if one is registered there.
    #[must_use]
    pub(crate) fn find(&self, origin: &Origin) -> Option<&RegisteredClient> {
        self.0.iter().find(|client| client.origins.iter().any(|pattern| pattern.matches(origin)))
    }
}

impl RegisteredClient {
    fn read(entry: Entry, variable: impl Fn(&str) -> Option<String>) -> Result<Self, RegistryError> {
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
        Ok(Self {
            client_id: entry.client_id,
            name: entry.name,
            description: entry.description,
            origins,
            backchannel_logout_uri,
            browser_event_uri,
            client_secret,
            allow_private_network: entry.allow_private_network,
            handoff: entry.handoff,
            icon: entry.icon,
        })
    }

    /// Where the launcher at `from` opens it: of its origins without a `*` the one nearest to that.
    #[must_use]
    pub(crate) fn nearest_origin(&self, from: &Origin) -> Option<&Origin> {
        // The first of those that are equally near.
        self.origins.iter().filter_map(OriginPattern::exact).rev().max_by_key(|origin| origin.closeness(from))
    }
}

/// Identity calls this address by itself, so it must not lead anybody into the network (OWASP: server-side
/// request forgery): https, and a public address unless the entry says otherwise. On this machine http will
/// do, for an app that lives on this machine.
fn backchannel_uri(uri: &str, origins: &[OriginPattern], allow_private: bool) -> Result<Url, &'static str> {
    let url = Url::parse(uri).map_err(|_| "is not a URL")?;
    if url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Err("must have no fragment, user or password");
    }
    if is_loopback(&url) {
        let lives_here =
            origins.iter().all(|origin| Url::parse(&origin.to_string()).is_ok_and(|url| is_loopback(&url)));
        let is_web = matches!(url.scheme(), "http" | "https");
        return if lives_here && is_web { Ok(url) } else { Err("is on this machine, and the app is not") };
    }
    let address = match url.host() {
        Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        _ => None,
    };
    if url.scheme() != "https" {
        return Err("must be https");
    }
    if address.is_some_and(is_inside) && !allow_private {
        return Err("lies inside the network; allow_private_network = true allows that");
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        [[app]]
        client_id = "games"
        name = "Games"
        origins = ["http://localhost:4201", "https://pr-*.preview.example"]
    "#;

    #[test]
    fn a_registered_origin_finds_its_app_and_a_look_alike_finds_none() {
        let registry = Registry::parse(GOOD, |_| None).unwrap();
        let find = |text: &str| registry.find(&Origin::parse(text).unwrap()).map(|app| app.client_id.clone());
        assert_eq!(find("http://localhost:4201").as_deref(), Some("games"));
        assert_eq!(find("https://pr-1.preview.example").as_deref(), Some("games"));
        for text in [
            "http://localhost:4202",
            "https://localhost:4201",
            "http://localhost",
            "http://localhost.evil.example:4201",
            "http://evillocalhost:4201",
            "https://pr-1.preview.example.evil.example",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }

    #[test]
    fn a_broken_entry_is_refused_by_name() {
        let message = |text: &str| Registry::parse(text, |_| None).unwrap_err().to_string();
        assert!(message("[[app]]\nclient_id='a'\nname='A'\norigins=[]").contains("has no origins"));
        assert!(message("[[app]]\nclient_id='a'\nname='A'\norigins=['http://x/y']").contains("http://x/y"));
        assert!(message("[[app]]\nclient_id='a'\nname='A'\norigin=['http://x']").contains("origin"));
        assert!(message(&format!("{GOOD}{GOOD}")).contains("listed twice"));
    }

    fn with(lines: &str) -> Result<Registry, String> {
        let text = format!("[[app]]\nclient_id='a'\nname='A'\n{lines}");
        let secret =
            |name: &str| (name == "A_SECRET").then(|| "a secret of at least thirty-two bytes".to_owned());
        Registry::parse(&text, secret).map_err(|error| error.to_string())
    }

    #[test]
    fn a_back_channel_is_https_and_public_or_on_this_machine_with_its_app() {
        let local =
            |uri: &str| with(&format!("origins=['http://a.localhost:1']\nbackchannel_logout_uri='{uri}'"));
        let remote =
            |uri: &str| with(&format!("origins=['https://a.example']\nbackchannel_logout_uri='{uri}'"));
        for uri in ["http://a.localhost:1/x", "http://127.0.0.1:9/x", "https://a.example/x"] {
            assert!(local(uri).is_ok(), "{uri}");
        }
        assert!(remote("https://a.example/auth/backchannel-logout").is_ok());
        for uri in [
            "http://a.example/x",
            "http://localhost/x",
            "https://localhost/x",
            "https://127.0.0.1/x",
            "https://10.0.0.1/x",
            "https://169.254.169.254/x",
            "https://[fd00::1]/x",
            "https://[::ffff:10.0.0.1]/x",
            "https://user@a.example/x",
            "https://a.example/x#y",
            "ftp://a.example/x",
            "/x",
        ] {
            let refused = remote(uri).unwrap_err();
            assert!(refused.contains("backchannel_logout_uri"), "{uri}: {refused}");
        }
        let event =
            with("origins=['https://a.example']\nbrowser_event_uri='https://10.0.0.1/x'").unwrap_err();
        assert!(event.contains("browser_event_uri"), "{event}");
        let allowed = "origins=['https://a.example']\nbackchannel_logout_uri='https://10.0.0.1/x'\nallow_private_network=true";
        assert!(with(allowed).is_ok());
    }

    #[test]
    fn an_app_proves_itself_with_its_own_secret_only() {
        let registry = with("origins=['https://a.example']\nclient_secret_env='A_SECRET'").unwrap();
        let secret = "a secret of at least thirty-two bytes";
        assert!(registry.authenticate("a", secret).is_some());
        for (id, secret) in
            [("b", secret), ("a", ""), ("a", "a secret of at least thirty-two byteS"), ("", secret)]
        {
            assert!(registry.authenticate(id, secret).is_none());
        }
        let without = with("origins=['https://a.example']").unwrap();
        assert!(without.authenticate("a", "").is_none(), "no secret is not the empty one");
        assert!(
            with("origins=['https://a.example']\nclient_secret_env='B'")
                .unwrap_err()
                .contains("B, which is not set")
        );
    }
}
