//! Server functions for app data. Each server function is a public HTTP endpoint, so its first line requires
//! a session: a caller can skip the page with the form.

use crate::preferences::{Preferences, PreferencesUpdate};
use auth::{
    Auth,
    session::{Session, UpdateError},
};
use auth_leptos::{CallError, refuse, require_auth};
use http::request::Parts;
use leptos::{prelude::*, server};

/// Saves the favourite number and redirects to the dashboard, with or without JavaScript.
///
/// # Errors
/// [`CallError::SignedOut`] without a session, [`CallError::SessionUnavailable`] while the session store does
/// not answer. Every other outcome is a redirect with a [`SaveOutcome`] in the query.
#[server(prefix = "/api", endpoint = "save-favourite-number")]
pub async fn save_favourite_number(
    /// The number as typed. A string, so that the page can report a typo.
    number: String,
) -> Result<(), CallError> {
    require_auth()?;
    let Ok(favourite_number) = number.trim().parse() else {
        return back_with(SaveOutcome::NotANumber);
    };
    let (Some(auth), Some(session)) = (use_context::<Auth>(), session()) else {
        return back_with(SaveOutcome::Unavailable);
    };
    match auth.update_data::<Preferences>(&session, &PreferencesUpdate { favourite_number }).await {
        Ok(_) => back_with(SaveOutcome::Yes),
        Err(UpdateError::SignedOut) => Err(refuse(CallError::SignedOut)),
        Err(UpdateError::Unavailable(_) | UpdateError::Invalid(_) | UpdateError::TooLarge) => {
            back_with(SaveOutcome::Unavailable)
        }
    }
}

/// The full session, including data that pages do not see.
fn session() -> Option<Session> {
    use_context::<Parts>().as_ref().and_then(Session::of)
}

/// The outcome of a save, as the dashboard reads it from `?saved=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaveOutcome {
    /// The number was saved.
    Yes,
    /// The input is not a whole number in the range of `i32`.
    NotANumber,
    /// The number could not be saved.
    Unavailable,
}

impl SaveOutcome {
    /// The name in the query.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::NotANumber => "not_a_number",
            Self::Unavailable => "unavailable",
        }
    }

    /// Parses a name from [`as_str`](Self::as_str); `None` for an unknown name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Yes, Self::NotANumber, Self::Unavailable].into_iter().find(|saved| saved.as_str() == name)
    }
}

fn back_with(saved: SaveOutcome) -> Result<(), CallError> {
    leptos_axum::redirect(&format!("/dashboard?saved={}", saved.as_str()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_reads_back_from_its_name() {
        for saved in [SaveOutcome::Yes, SaveOutcome::NotANumber, SaveOutcome::Unavailable] {
            assert_eq!(SaveOutcome::parse(saved.as_str()), Some(saved));
        }
        assert_eq!(SaveOutcome::parse("<b>"), None);
    }
}
