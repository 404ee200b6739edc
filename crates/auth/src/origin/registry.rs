//! The registry of apps that may sign in through identity (`APPS_FILE`).

use super::{Origin, OriginError, OriginPattern};
use serde::Deserialize;
use std::{collections::HashSet, path::Path};

/// The registered apps, in the order of the file.
#[derive(Clone, Debug, Default)]
pub struct Registry(Vec<RegisteredClient>);

/// One registered app.
#[derive(Clone, Debug)]
pub struct RegisteredClient {
    /// Its id, unique in the registry.
    pub client_id: String,
    /// Display name.
    pub name: String,
    /// One sentence for the launcher.
    pub description: String,
    /// Where it lives: exact origins, or patterns with one `*` for previews.
    pub origins: Vec<OriginPattern>,
}

/// Why the registry was not accepted. All of it is checked at start: a broken entry stops the app.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
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
}

impl Registry {
    /// Reads and checks a registry file.
    ///
    /// # Errors
    /// A [`RegistryError`] that names the file or the app.
    pub fn load(path: &Path) -> Result<Self, RegistryError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| RegistryError::Unreadable { path: path.display().to_string(), source })?;
        Self::parse(&text)
    }

    /// Reads a registry from TOML text: `[[app]]` tables.
    ///
    /// # Errors
    /// A [`RegistryError`] that names the app.
    pub fn parse(text: &str) -> Result<Self, RegistryError> {
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
                RegisteredClient::try_from(entry)
            })
            .collect::<Result<_, _>>()?;
        Ok(Self(clients))
    }

    /// The registered apps, in order.
    pub fn iter(&self) -> impl Iterator<Item = &RegisteredClient> {
        self.0.iter()
    }

    /// The app that lives at `origin`, if one is registered there.
    #[must_use]
    pub fn find(&self, origin: &Origin) -> Option<&RegisteredClient> {
        self.0.iter().find(|client| client.origins.iter().any(|pattern| pattern.matches(origin)))
    }
}

impl TryFrom<Entry> for RegisteredClient {
    type Error = RegistryError;

    fn try_from(entry: Entry) -> Result<Self, RegistryError> {
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
            .collect::<Result<_, _>>()?;
        Ok(Self { client_id: entry.client_id, name: entry.name, description: entry.description, origins })
    }
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
        let registry = Registry::parse(GOOD).unwrap();
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
        let message = |text: &str| Registry::parse(text).unwrap_err().to_string();
        assert!(message("[[app]]\nclient_id='a'\nname='A'\norigins=[]").contains("has no origins"));
        assert!(message("[[app]]\nclient_id='a'\nname='A'\norigins=['http://x/y']").contains("http://x/y"));
        assert!(message("[[app]]\nclient_id='a'\nname='A'\norigin=['http://x']").contains("origin"));
        assert!(message(&format!("{GOOD}{GOOD}")).contains("listed twice"));
    }
}
