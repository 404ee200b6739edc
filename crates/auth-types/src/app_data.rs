//! What an app keeps about a user in their session, as a type of its own.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use std::fmt;

/// The fields of [`PublicUser`](crate::PublicUser) itself: app data never takes their place.
const RESERVED: [&str; 4] = ["id", "name", "email", "picture"];

/// An app's own data about a user, kept in the session: read-modify-write, without lost updates, on the
/// server. Three types, so that each says on its own what it allows:
///
/// - the data itself, as the session store keeps it. Give every field a default (`#[serde(default)]`), so
///   that a session which is older than a field reads well;
/// - [`Update`](Self::Update), what its user may change: only the fields named there, so put
///   `#[serde(deny_unknown_fields)]` on it;
/// - [`Public`](Self::Public), what reaches pages and browsers. Whatever is not in there stays on the server.
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
///             return Err(Invalid::new("theme", "is light or dark"));
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
    /// What a user may change, as `POST /api/update-user-data` takes it.
    type Update: DeserializeOwned + Send + Sync + 'static;
    /// What the browser may see: an object, whose fields stand beside the user's `id` and `name`, which
    /// they cannot replace.
    type Public: Serialize + DeserializeOwned + Default;

    /// Changes the data. It may run more than once for one request: again, on newer data, when somebody
    /// else's change was faster.
    ///
    /// # Errors
    /// [`Invalid`] for a value that the type alone does not rule out; nothing is changed then.
    fn apply(&mut self, update: &Self::Update) -> Result<(), Invalid>;

    /// What may be seen of it.
    fn public(&self) -> Self::Public;
}

/// A value that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// Which field.
    pub field: &'static str,
    /// What is asked of it, to follow its name: "is light or dark".
    pub rule: String,
}

impl Invalid {
    /// A refusal of `field`.
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

/// The public part of an app's data on its way to a browser. It can be made of [`AppData::Public`] only,
/// and is read back as that.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PublicData(Map<String, Value>);

impl PublicData {
    /// The public part of `data`.
    #[must_use]
    pub fn of<D: AppData>(data: &D) -> Self {
        let Ok(Value::Object(mut fields)) = serde_json::to_value(data.public()) else {
            return Self::default();
        };
        fields.retain(|name, _| !RESERVED.contains(&name.as_str()));
        Self(fields)
    }

    /// The public part as the app knows it; its default where there is none.
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
    fn only_the_public_part_is_shown_and_it_never_replaces_who_the_user_is() {
        let data = Data { number: 7, secret: "kept".into() };
        let json = serde_json::to_string(&user(PublicData::of(&data))).unwrap();
        assert_eq!(json, r#"{"id":"demo:1","name":"Alice","number":7}"#);
        let read: PublicUser = serde_json::from_str(&json).unwrap();
        assert_eq!(read.data.read::<Data>(), Shown { number: 7, name: None });
    }

    #[test]
    fn what_cannot_be_read_is_the_default() {
        let read: PublicUser = serde_json::from_str(r#"{"id":"1","name":"A","number":"seven"}"#).unwrap();
        assert_eq!(read.data.read::<Data>(), Shown::default());
    }
}
