//! An app's own session data, as a serde type.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use std::fmt;

/// The fields of [`PublicUser`](crate::PublicUser), which app data cannot replace.
const RESERVED: [&str; 4] = ["id", "name", "email", "picture"];

/// An app's session data: one serde type with three views.
///
/// - Stored: the implementing type. Give every field a default (`#[serde(default)]`), because sessions that
///   were stored before a field was added must still load.
/// - User-editable: [`Update`](Self::Update). Add `#[serde(deny_unknown_fields)]`, so that users can change
///   only its fields.
/// - Public: [`Public`](Self::Public), the fields that reach pages and browsers. All other fields stay on the
///   server.
///
/// The server saves changes by compare-and-set, so concurrent updates are not lost.
///
/// ```
/// use auth_types::{AppData, Invalid};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Default, Serialize, Deserialize)]
/// #[serde(default)]
/// struct Preferences {
///     theme: String,
///     internal_score: u32,
/// }
///
/// #[derive(Deserialize)]
/// #[serde(deny_unknown_fields)]
/// struct NewTheme {
///     theme: String,
/// }
///
/// #[derive(Default, Serialize, Deserialize)]
/// struct Shown {
///     theme: String,
/// }
///
/// impl AppData for Preferences {
///     type Update = NewTheme;
///     type Public = Shown;
///
///     fn apply(&mut self, update: &NewTheme) -> Result<(), Invalid> {
///         if !["light", "dark"].contains(&update.theme.as_str()) {
///             return Err(Invalid::new("theme", "must be light or dark"));
///         }
///         self.theme.clone_from(&update.theme);
///         Ok(())
///     }
///
///     fn public(&self) -> Shown {
///         Shown { theme: self.theme.clone() }
///     }
/// }
/// ```
pub trait AppData: Serialize + DeserializeOwned + Default + Send + Sync + 'static {
    /// The fields that the user may change: the body of `POST /api/update-user-data`.
    type Update: DeserializeOwned + Send + Sync + 'static;
    /// The fields that the browser may see, as a JSON object. These fields stand beside the user's `id` and
    /// `name`, which they cannot replace.
    type Public: Serialize + DeserializeOwned + Default;

    /// Applies an update to the data. May run again for the same request, on newer data, if another request
    /// saved a change first.
    ///
    /// # Errors
    /// [`Invalid`] for a value that the type accepts but the app does not; nothing is saved then.
    fn apply(&mut self, update: &Self::Update) -> Result<(), Invalid>;

    /// Returns the public view.
    fn public(&self) -> Self::Public;
}

/// A refused value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The field's name.
    pub field: &'static str,
    /// The rule that the value breaks. Follows the field's name in messages: "must be light or dark".
    pub rule: String,
}

impl Invalid {
    /// Refuses the value of `field`, which breaks `rule`.
    pub fn new(field: &'static str, rule: impl Into<String>) -> Self {
        Self { field, rule: rule.into() }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.field, self.rule)
    }
}

impl std::error::Error for Invalid {}

/// The public view of an app's data on its way to a browser. It is built from [`AppData::Public`] only, and
/// reads back as that type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PublicData(Map<String, Value>);

impl PublicData {
    /// Returns the public view of `data`, without fields named like a field of the user.
    #[must_use]
    pub fn of<D: AppData>(data: &D) -> Self {
        let Ok(Value::Object(mut fields)) = serde_json::to_value(data.public()) else {
            return Self::default();
        };
        fields.retain(|name, _| !RESERVED.contains(&name.as_str()));
        Self(fields)
    }

    /// Returns the public view as the app's type, or its default if the fields are unreadable.
    #[must_use]
    pub fn read<D: AppData>(&self) -> D::Public {
        serde_json::from_value(Value::Object(self.0.clone())).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PublicUser;

    #[derive(Default, Serialize, Deserialize)]
    struct Data {
        number: u8,
        secret: String,
    }

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Shown {
        number: u8,
        name: Option<String>,
    }

    impl AppData for Data {
        type Update = ();
        type Public = Shown;

        fn apply(&mut self, (): &()) -> Result<(), Invalid> {
            Ok(())
        }

        fn public(&self) -> Shown {
            Shown { number: self.number, name: Some("Mallory".into()) }
        }
    }

    fn user(data: PublicData) -> PublicUser {
        PublicUser { id: "demo:1".into(), name: "Alice".into(), email: None, picture: None, data }
    }

    #[test]
    fn only_public_data_is_shown_and_it_cannot_replace_user_fields() {
        let data = Data { number: 7, secret: "kept".into() };
        let json = serde_json::to_string(&user(PublicData::of(&data))).unwrap();
        assert_eq!(json, r#"{"id":"demo:1","name":"Alice","number":7}"#);
        let read: PublicUser = serde_json::from_str(&json).unwrap();
        assert_eq!(read.data.read::<Data>(), Shown { number: 7, name: None });
    }

    #[test]
    fn unreadable_public_data_reads_as_the_default() {
        let read: PublicUser = serde_json::from_str(r#"{"id":"1","name":"A","number":"seven"}"#).unwrap();
        assert_eq!(read.data.read::<Data>(), Shown::default());
    }
}
