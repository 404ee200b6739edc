//! The user's `AUTH_*` variables, from the environment or from a `.env` file that is not committed.

use std::{collections::BTreeMap, path::Path};

use crate::problem::Problem;

/// The `AUTH_*` variables that every process gets, whether `DEMO=1` requests the embedded provider, and whether
/// `LIVE_DEMO=1` requests a public demo.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct SharedEnv {
    auth: BTreeMap<String, String>,
    demo: bool,
    live_demo: bool,
}

impl SharedEnv {
    /// Reads `<root>/.env`, then `environment`, which takes precedence.
    ///
    /// # Errors
    /// When `.env` exists and cannot be read or parsed.
    pub(crate) fn read(
        root: &Path,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, Problem> {
        let path = root.join(".env");
        let mut variables = Vec::new();
        if path.exists() {
            let unreadable = |source| Problem::DotEnv { path: path.clone(), source };
            for entry in dotenvy::from_path_iter(&path).map_err(unreadable)? {
                variables.push(entry.map_err(unreadable)?);
            }
        }
        Ok(Self::of(variables.into_iter().chain(environment)))
    }

    /// Collects variables; later values take precedence. An empty value counts as not set, so that a copied
    /// `.env.example` has no effect.
    pub(crate) fn of(variables: impl Iterator<Item = (String, String)>) -> Self {
        let mut shared = Self::default();
        for (name, value) in variables {
            if name == "DEMO" {
                shared.demo = value == "1";
            } else if name == "LIVE_DEMO" {
                shared.live_demo = value == "1";
            } else if name.starts_with("AUTH_") && !value.is_empty() {
                shared.auth.insert(name, value);
            }
        }
        shared
    }

    /// Returns the variables that every process gets. Only one process can listen on the address of the metrics.
    pub(crate) fn auth(&self) -> impl Iterator<Item = (&str, &str)> {
        let shared = self.auth.iter().filter(|(name, _)| name.as_str() != "AUTH_METRICS_ADDR");
        shared.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns the configured providers: the `<PROVIDER>` of each `AUTH_<PROVIDER>_ID`.
    pub(crate) fn providers(&self) -> impl Iterator<Item = &str> {
        self.auth
            .keys()
            .filter_map(|name| name.strip_prefix("AUTH_")?.strip_suffix("_ID"))
            // `AUTH_IDENTITY_ID` is an app's client id at identity, and `AUTH_APPLE_KEY_ID` a setting of a provider.
            .filter(|provider| !["", "DEMO", "IDENTITY"].contains(provider))
            .filter(|provider| !provider.ends_with("_KEY") && !provider.ends_with("_TEAM"))
    }

    /// Whether `DEMO=1` is set.
    pub(crate) fn is_development_demo(&self) -> bool {
        self.demo
    }

    /// Whether `LIVE_DEMO=1` is set.
    pub(crate) fn is_live_demo(&self) -> bool {
        self.live_demo
    }

    /// Returns the sentence at the top of every page, if one is set.
    pub(crate) fn notice(&self) -> Option<&str> {
        self.auth.get("AUTH_NOTICE").map(String::as_str)
    }

    /// Whether to start the embedded provider: if no other provider is configured, or with `DEMO=1`.
    pub(crate) fn wants_embedded_provider(&self) -> bool {
        self.demo || self.providers().next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(variables: &[(&str, &str)]) -> SharedEnv {
        SharedEnv::of(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn the_embedded_provider_starts_when_no_other_is_configured() {
        assert!(shared(&[("AUTH_SESSION_MAX_AGE", "60"), ("PATH", "/bin")]).wants_embedded_provider());
    }

    #[test]
    fn a_configured_provider_replaces_the_embedded_provider() {
        let shared = shared(&[("AUTH_AUTH0_ID", "abc"), ("AUTH_AUTH0_SECRET", "s")]);
        assert!(!shared.wants_embedded_provider());
        assert_eq!(shared.providers().collect::<Vec<_>>(), ["AUTH0"]);
    }

    #[test]
    fn demo_1_starts_the_embedded_provider_beside_a_configured_one() {
        assert!(shared(&[("AUTH_GOOGLE_ID", "abc"), ("DEMO", "1")]).wants_embedded_provider());
    }

    #[test]
    fn a_live_demo_is_other_than_the_demo_for_development() {
        let live = shared(&[("LIVE_DEMO", "1")]);
        assert!(live.is_live_demo() && !live.is_development_demo());
        assert!(!shared(&[("DEMO", "1")]).is_live_demo());
        assert!(!shared(&[("LIVE_DEMO", "0")]).is_live_demo());
    }

    #[test]
    fn a_provider_may_have_any_name_and_its_settings_are_no_providers() {
        let shared = shared(&[
            ("AUTH_STAFF_2_ID", "a"),
            ("AUTH_APPLE_ID", "b"),
            ("AUTH_APPLE_KEY_ID", "c"),
            ("AUTH_APPLE_TEAM_ID", "d"),
            ("AUTH_IDENTITY_ID", "e"),
        ]);
        assert_eq!(shared.providers().collect::<Vec<_>>(), ["APPLE", "STAFF_2"]);
    }

    #[test]
    fn an_empty_value_counts_as_not_set() {
        let shared = shared(&[("AUTH_OIDC_ID", "")]);
        assert!(shared.wants_embedded_provider());
        assert_eq!(shared.auth().count(), 0);
    }

    #[test]
    fn only_auth_variables_are_passed_on() {
        let shared = shared(&[("AUTH_SECRET", "s"), ("HOME", "/root"), ("AUTHOR", "x")]);
        assert_eq!(shared.auth().collect::<Vec<_>>(), [("AUTH_SECRET", "s")]);
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join(".env"),
            "# a comment\nAUTH_OIDC_ID=file\nAUTH_OIDC_SECRET=\"s s\"\n",
        )
        .unwrap();
        let environment = [("AUTH_OIDC_ID".to_owned(), "environment".to_owned())];
        let shared = SharedEnv::read(folder.path(), environment.into_iter()).unwrap();
        assert_eq!(
            shared.auth().collect::<Vec<_>>(),
            [("AUTH_OIDC_ID", "environment"), ("AUTH_OIDC_SECRET", "s s")]
        );
    }

    #[test]
    fn a_broken_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(".env"), "AUTH_SECRET='unfinished\n").unwrap();
        let refused = SharedEnv::read(folder.path(), std::iter::empty()).unwrap_err();
        assert!(refused.to_string().contains(".env"), "{refused}");
    }

    #[test]
    fn a_copied_example_has_no_effect() {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.env.example");
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(example, folder.path().join(".env")).unwrap();
        assert_eq!(SharedEnv::read(folder.path(), std::iter::empty()).unwrap(), SharedEnv::default());
    }
}
