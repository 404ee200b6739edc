//! The user data that the main app keeps in the session (article 2's demo), typed from the store to the
//! browser. The server and the WebAssembly share this file.

use auth_types::{AppData, Invalid};
use serde::{Deserialize, Serialize};

/// The data as the session store keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// The user's favourite number; `None` until the user saves it.
    pub favourite_number: Option<i32>,
    /// How often the number was changed. Only the server sees this field.
    pub times_changed: u32,
}

/// The fields that the user may change. Unknown fields are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreferencesUpdate {
    /// The new favourite number.
    pub favourite_number: i32,
}

/// The part that pages and browsers see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicPreferences {
    /// The user's favourite number; `None` until the user saves it.
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
