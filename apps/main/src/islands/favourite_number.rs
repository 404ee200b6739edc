//! The user's favourite number: data that the app keeps in the session (article 2's demo).

use super::{failure::Failure, submit_button::SubmitButton};
use crate::preferences::Preferences;
use auth_leptos::{CallError, Notice, NoticeKind, SessionBoundary, SessionClient, use_session};
use leptos::{form::ActionForm, island, prelude::*};

/// The number, and a form to change it. It is part of the session, so it follows a change in another tab.
#[island]
pub(crate) fn FavouriteNumber() -> impl IntoView {
    view! { <SessionBoundary><NumberForm/></SessionBoundary> }
}

#[component]
fn NumberForm() -> impl IntoView {
    let session = use_session::<Preferences>();
    let data = session.data();
    let number = Memo::new(move |_| data.get().and_then(|data| data.favourite_number));
    let save = ServerAction::<SaveFavouriteNumber>::new();
    let sentence = move || match number.get() {
        Some(number) => format!("It is {number}."),
        None => "You have not told us yet.".to_owned(),
    };
    view! {
        <ActionForm action=save attr:class="stack favourite-number">
            <p aria-live="polite">{sentence}</p>
            <div>
                <label for="number">"Favourite number"</label>
                <input
                    class="short"
                    id="number"
                    name="number"
                    type="number"
                    step="1"
                    min=i32::MIN.to_string()
                    max=i32::MAX.to_string()
                    required
                    // The attribute, not the property: the user may be typing.
                    value=move || number.get().map(|number| number.to_string())
                />
            </div>
            <SubmitButton label="Save" pending=save.pending()/>
            // Gone while a save is pending: a screen reader announces the same message again only if it comes anew.
            {move || save.value().get().filter(|_| !save.pending().get()).map(|saved| match saved {
                Ok(()) => view! { <Notice kind=NoticeKind::Success><p>"Saved."</p></Notice> }.into_any(),
                Err(error) => view! { <Failure error/> }.into_any(),
            })}
        </ActionForm>
    }
}

/// Saves the favourite number. A form without JavaScript goes back to the dashboard, with a [`SaveOutcome`] in the query.
///
/// # Errors
/// [`CallError::SignedOut`] without a session, [`CallError::SessionUnavailable`] while the session store does not
/// answer, [`CallError::Invalid`] for text that is no whole number.
// A public endpoint: it requires a session itself, whatever page its form is on.
#[server(prefix = "/api", endpoint = "save-favourite-number", client = SessionClient)]
pub async fn save_favourite_number(
    /// The number as typed. A string, so that the page can report a typo.
    number: String,
) -> Result<(), CallError> {
    use crate::preferences::PreferencesUpdate;
    use auth::session::UpdateError;

    let (auth, session) = super::caller()?;
    let outcome = match number.trim().parse() {
        Err(_) => SaveOutcome::NotANumber,
        Ok(favourite_number) => {
            let update = PreferencesUpdate { favourite_number };
            match auth.update_data::<Preferences>(&session, &update).await {
                Ok(_) => SaveOutcome::Yes,
                Err(UpdateError::SignedOut) => return Err(auth_leptos::refuse(CallError::SignedOut)),
                Err(_) => SaveOutcome::Unavailable,
            }
        }
    };
    if super::redirect_plain_form(&format!("/dashboard?saved={}", outcome.as_str())) {
        return Ok(());
    }
    match outcome {
        SaveOutcome::Yes => Ok(()),
        SaveOutcome::NotANumber => {
            Err(auth_leptos::refuse(CallError::Invalid { message: outcome.sentence().to_owned() }))
        }
        SaveOutcome::Unavailable => Err(auth_leptos::refuse(CallError::SessionUnavailable)),
    }
}

/// The outcome of a save, as the dashboard reads it from `?saved=`.
#[cfg(feature = "ssr")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SaveOutcome {
    /// The number was saved.
    Yes,
    /// The input is not a whole number in the range of `i32`.
    NotANumber,
    /// The number could not be saved.
    Unavailable,
}

#[cfg(feature = "ssr")]
impl SaveOutcome {
    /// The name in the query.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::NotANumber => "not_a_number",
            Self::Unavailable => "unavailable",
        }
    }

    /// Parses a name from [`as_str`](Self::as_str); `None` for an unknown name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::Yes, Self::NotANumber, Self::Unavailable].into_iter().find(|saved| saved.as_str() == name)
    }

    /// What the user reads.
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Self::Yes => "Saved.",
            Self::NotANumber => {
                "Please enter a whole number from -2147483648 to 2147483647. Nothing was changed."
            }
            Self::Unavailable => "Your number could not be saved right now. Please try again in a moment.",
        }
    }
}

#[cfg(all(test, feature = "ssr"))]
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
