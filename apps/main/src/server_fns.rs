//! Server functions: app data, nothing else. Each one is a public HTTP endpoint, so its first line asks
//! for the session; that a page with the form was served before proves nothing.

use crate::preferences::{Preferences, PreferencesUpdate};
use auth::{
    Auth,
    session::{Session, UpdateError},
};
use auth_ui::{CallError, refuse, require_auth};
use http::request::Parts;
use leptos::{prelude::*, server};

/// Saves the favourite number and comes back to the dashboard, with or without JavaScript.
///
/// # Errors
/// [`CallError::SignedOut`] without a session, [`CallError::SessionUnavailable`] while nobody can say.
/// Every other outcome is a redirect, with what happened in its query.
#[server(prefix = "/api", endpoint = "save-favourite-number")]
pub async fn save_favourite_number(
    /// As typed. Text, so that a slip of the finger is answered on the page.
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

/// The session as the server has it, with what pages do not see.
fn session() -> Option<Session> {
    use_context::<Parts>().as_ref().and_then(Session::of)
}

/// What the dashboard says after the form was posted, as `?saved=` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaveOutcome {
    /// It is written.
    Yes,
    /// What was typed is not a whole number.
    NotANumber,
    /// The store did not take it.
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

    /// The reverse of [`as_str`](Self::as_str).
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
