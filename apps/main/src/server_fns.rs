//! Server functions: app data, nothing else. Each one is a public HTTP endpoint, so its first line asks
//! for the session; that a page with the form was served before proves nothing.

use auth_types::SessionState;
use auth_ui::{links::login_url, page};
use leptos::{prelude::*, server};
use std::{future::Future, pin::Pin, sync::Arc};

/// The field of the user's app data that the dashboard edits.
pub const FAVOURITE_NUMBER: &str = "favourite_number";

/// Why the user's data was not saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaveError {
    /// The session ended in the meantime.
    SignedOut,
    /// The session store did not answer.
    Unavailable,
}

/// What a save returns: it may wait for the store.
pub type Saving = Pin<Box<dyn Future<Output = Result<(), SaveError>> + Send>>;

/// Where the signed-in user's own data goes. The server provides an `Arc<dyn UserData>` as context, made
/// for the session of the request, in the same closure as the page context.
pub trait UserData: Send + Sync {
    /// Writes the user's favourite number into the session.
    fn save_favourite_number(&self, number: i32) -> Saving;
}

/// Saves the favourite number and comes back to the dashboard, with or without JavaScript.
///
/// # Errors
/// None to the form that posts it: every outcome is a redirect, with what happened in its query.
#[server(prefix = "/api", endpoint = "save-favourite-number")]
pub async fn save_favourite_number(
    /// As typed. Text, so that a slip of the finger is answered on the page.
    number: String,
) -> Result<(), ServerFnError> {
    match page().session {
        SessionState::SignedIn { .. } => {}
        SessionState::SignedOut(_) => {
            leptos_axum::redirect(&login_url("/dashboard"));
            return Ok(());
        }
        SessionState::Unavailable => return back_with(Saved::Unavailable),
    }
    let Ok(number) = number.trim().parse::<i32>() else {
        return back_with(Saved::NotANumber);
    };
    let Some(data) = use_context::<Arc<dyn UserData>>() else {
        leptos::logging::error!("the server provides no UserData to its server functions");
        return back_with(Saved::Unavailable);
    };
    match data.save_favourite_number(number).await {
        Ok(()) => back_with(Saved::Yes),
        Err(SaveError::SignedOut) => {
            leptos_axum::redirect(&login_url("/dashboard"));
            Ok(())
        }
        Err(SaveError::Unavailable) => back_with(Saved::Unavailable),
    }
}

/// What the dashboard says after the form was posted, as `?saved=` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is written.
    Yes,
    /// What was typed is not a whole number.
    NotANumber,
    /// The store did not take it.
    Unavailable,
}

impl Saved {
    /// The name in the query.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::NotANumber => "not_a_number",
            Self::Unavailable => "unavailable",
        }
    }

    /// The reverse of [`as_str`](Self::as_str).
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Yes, Self::NotANumber, Self::Unavailable].into_iter().find(|saved| saved.as_str() == name)
    }
}

fn back_with(saved: Saved) -> Result<(), ServerFnError> {
    leptos_axum::redirect(&format!("/dashboard?saved={}", saved.as_str()));
    Ok(())
}

#[cfg(test)]
mod tests;
