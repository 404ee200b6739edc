//! The parameters that a caller may choose for a sign-in.

use crate::origin::UniqueParams;
use serde::{Deserialize, Serialize};

/// Longest `login_hint` or `ui_locales` that is passed on, bytes.
const MAX_HINT: usize = 200;

/// The parameters of an authorization request that a caller may choose; the app sets all others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizeHints {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prompt: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    login_hint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ui_locales: Option<String>,
}

impl AuthorizeHints {
    /// The names of these parameters.
    pub const NAMES: [&'static str; 3] = ["prompt", "login_hint", "ui_locales"];

    /// Reads the hints from a request; `None` if a value is too long, has control characters, or
    /// is an unknown `prompt`.
    #[must_use]
    pub fn read(params: &UniqueParams) -> Option<Self> {
        let short = |name: &str| match params.get(name) {
            Some(value) if value.len() > MAX_HINT || value.contains(char::is_control) => Err(()),
            value => Ok(value.filter(|value| !value.is_empty()).map(ToOwned::to_owned)),
        };
        let prompt = short("prompt").ok()?;
        if let Some(prompt) = &prompt
            && !["none", "login", "consent", "select_account"].contains(&prompt.as_str())
        {
            return None;
        }
        Some(Self { prompt, login_hint: short("login_hint").ok()?, ui_locales: short("ui_locales").ok()? })
    }

    /// `prompt=none` and nothing else.
    #[must_use]
    pub fn silent() -> Self {
        Self { prompt: Some("none".to_owned()), ..Self::default() }
    }

    /// Returns these hints, with `prompt` added if the caller chose none.
    #[must_use]
    pub(crate) fn with_prompt(&self, prompt: &str) -> Self {
        Self { prompt: self.prompt.clone().or_else(|| Some(prompt.to_owned())), ..self.clone() }
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the provider must answer without asking the visitor (`prompt=none`).
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.prompt.as_deref() == Some("none")
    }

    /// The hints that are set, as name and value.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        Self::NAMES
            .into_iter()
            .zip([&self.prompt, &self.login_hint, &self.ui_locales])
            .filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_prompts_of_sane_length_pass_through() {
        let read = |query: &str| AuthorizeHints::read(&UniqueParams::parse(query.as_bytes()).unwrap());
        let passed = read("prompt=none&login_hint=alice&scope=all").unwrap();
        assert_eq!(passed.iter().collect::<Vec<_>>(), [("prompt", "none"), ("login_hint", "alice")]);
        assert_eq!(read("prompt=create"), None);
        assert_eq!(read(&format!("login_hint={}", "a".repeat(MAX_HINT + 1))), None);
    }
}
