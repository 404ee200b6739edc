//! What the main app keeps about a user in their session: article 2's demo, typed from the store to the
//! browser. Server and WebAssembly share this file.

use auth_types::{AppData, Invalid};
use serde::{Deserialize, Serialize};

/// As the session store keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// The user's favourite number, once they told.
    pub favourite_number: Option<i32>,
    /// How often it was changed. Nobody's business but the server's.
    pub times_changed: u32,
}

/// What its user may change: these fields and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreferencesUpdate {
    /// The new favourite number.
    pub favourite_number: i32,
}

/// What pages and browsers see of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicPreferences {
    /// The user's favourite number, once they told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub favourite_number: Option<i32>,
}

impl AppData for Preferences {
    type Update = PreferencesUpdate;
    type Public = PublicPreferences;

    fn apply(&mut self, update: &PreferencesUpdate) -> Result<(), Invalid> {
        self.favourite_number = Some(update.favourite_number);
        self.times_changed = self.times_changed.saturating_add(1);
        Ok(())
    }

    fn public(&self) -> PublicPreferences {
        PublicPreferences { favourite_number: self.favourite_number }
    }
}
