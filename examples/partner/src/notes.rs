//! The user's notes: a list that belongs to the user, kept in their session. Each server function is a public HTTP
//! endpoint, so its first line requires a session.

use auth_leptos::{CallError, SessionClient};
use auth_types::{AppData, Invalid};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The longest note, characters.
const LONGEST: usize = 200;
/// The most notes.
const MOST: usize = 20;

/// The app's data in the session, as the store keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notebook {
    /// The notes, the newest last.
    pub notes: Vec<String>,
    /// The user's favourite number.
    pub favourite_number: Option<i32>,
}

/// What the user may change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Adds a note.
    Note(String),
    /// Removes all notes.
    Clear,
    /// Sets the favourite number.
    Number(i32),
}

/// What the browser sees beside the user's name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicNotebook {
    /// The user's favourite number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub favourite_number: Option<i32>,
}

impl AppData for Notebook {
    type Update = Change;
    type Public = PublicNotebook;

    fn apply(&mut self, change: &Change) -> Result<(), Invalid> {
        match change {
            Change::Note(text) if text.trim().is_empty() => {
                return Err(Invalid::new("note", "must not be empty"));
            }
            Change::Note(text) if text.chars().count() > LONGEST => {
                return Err(Invalid::new("note", "must have at most 200 characters"));
            }
            Change::Note(_) if self.notes.len() >= MOST => {
                return Err(Invalid::new("note", "cannot be added: there are 20 already"));
            }
            Change::Note(text) => self.notes.push(text.trim().to_owned()),
            Change::Clear => self.notes.clear(),
            Change::Number(number) => self.favourite_number = Some(*number),
        }
        Ok(())
    }

    fn public(&self) -> PublicNotebook {
        PublicNotebook { favourite_number: self.favourite_number }
    }
}

/// Returns the user's notes.
///
/// # Errors
/// [`CallError::SignedOut`] without a session, [`CallError::SessionUnavailable`] while the session store does not answer.
#[server(prefix = "/api", endpoint = "notes", client = SessionClient)]
pub async fn notes() -> Result<Vec<String>, CallError> {
    Ok(caller()?.1.data::<Notebook>().notes)
}

/// Adds a note. Works as a plain form too, without JavaScript.
///
/// # Errors
/// As [`notes()`], and [`CallError::Invalid`] for an empty or too long note.
#[server(prefix = "/api", endpoint = "add-note", client = SessionClient)]
pub async fn add_note(
    /// The text of the note.
    note: String,
) -> Result<(), CallError> {
    change(Change::Note(note)).await
}

/// Removes all notes.
///
/// # Errors
/// As [`notes()`].
#[server(prefix = "/api", endpoint = "clear-notes", client = SessionClient)]
pub async fn clear_notes() -> Result<(), CallError> {
    change(Change::Clear).await
}

/// Saves the favourite number of article 2's demo.
///
/// # Errors
/// As [`notes()`], and [`CallError::Invalid`] for text that is no whole number.
#[server(prefix = "/api", endpoint = "save-number", client = SessionClient)]
pub async fn save_number(
    /// The number as typed. A string, so that the page can report a typo.
    number: String,
) -> Result<(), CallError> {
    match number.trim().parse() {
        Ok(number) => change(Change::Number(number)).await,
        Err(_) => Err(auth_leptos::refuse(CallError::Invalid {
            message: "Please enter a whole number from -2147483648 to 2147483647.".to_owned(),
        })),
    }
}

/// Returns in how many browsers the user is signed in to this app. It asks the session store.
///
/// # Errors
/// As [`notes()`].
#[server(prefix = "/api", endpoint = "browsers", client = SessionClient)]
pub async fn browsers() -> Result<usize, CallError> {
    let (auth, session) = caller()?;
    let devices = auth.sessions().devices(&session).await;
    devices.map(|devices| devices.len()).map_err(|_| auth_leptos::refuse(CallError::SessionUnavailable))
}

/// The session of the caller, and what can change it.
#[cfg(feature = "ssr")]
fn caller() -> Result<(auth::Auth, auth::session::Session), CallError> {
    auth_leptos::require_auth()?;
    let session = use_context::<http::request::Parts>()
        .and_then(|parts| auth::session::Session::of(&parts))
        .ok_or_else(|| auth_leptos::refuse(CallError::SignedOut))?;
    let auth = use_context().ok_or_else(|| auth_leptos::refuse(CallError::SessionUnavailable))?;
    Ok((auth, session))
}

#[cfg(feature = "ssr")]
async fn change(change: Change) -> Result<(), CallError> {
    use auth::session::UpdateError;

    let (auth, session) = caller()?;
    match auth.update_data::<Notebook>(&session, &change).await {
        Ok(_) => Ok(()),
        Err(error) => Err(auth_leptos::refuse(match error {
            UpdateError::SignedOut => CallError::SignedOut,
            UpdateError::Unavailable(_) => CallError::SessionUnavailable,
            UpdateError::Invalid(invalid) => CallError::Invalid { message: format!("The {invalid}.") },
            UpdateError::TooLarge => {
                CallError::Invalid { message: "That is more than we can keep.".to_owned() }
            }
        })),
    }
}
