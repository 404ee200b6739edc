//! `/login?error=&callbackUrl=`: one form per provider, and an error sentence after a failed sign-in.

use super::parts::{PageTitle, SessionUnavailable, callback_url, query};
use crate::{Notice, NoticeKind, SignInForms, auth, page};
use auth_types::{SessionState, SignInError};
use leptos::prelude::*;

/// The sign-in page.
#[component]
pub fn LoginPage() -> impl IntoView {
    let callback = callback_url().unwrap_or_else(|| "/".to_owned());
    let error = query("error").map(|code| error_sentence(&code));
    // If this browser's session has just ended, say why, unless the URL has a newer error.
    let ended = match page().session {
        Ok(SessionState::SignedOut(Some(reason))) if error.is_none() => Some(reason.sentence()),
        _ => None,
    };
    // Show only the path; a query may be long and without meaning to the visitor.
    let target = (callback != "/").then(|| callback.split(['?', '#']).next().unwrap_or_default().to_owned());
    let already = auth().map(|session| {
        let callback = callback.clone();
        view! {
            <Notice kind=NoticeKind::Success>
                <p>"You are signed in as " <strong>{session.user.name}</strong> ". "
                    <a href=callback>"Continue"</a></p>
            </Notice>
        }
    });
    view! {
        <PageTitle text="Sign in"/>
        <main id="content" tabindex="-1">
            <div class="card narrow stack">
                <h1>"Sign in"</h1>
                {error.map(|sentence| view! {
                    <Notice kind=NoticeKind::Error><p>{sentence}</p></Notice>
                })}
                {ended.map(|sentence| view! {
                    <Notice kind=NoticeKind::Warning><p>{sentence}</p></Notice>
                })}
                <SessionUnavailable/>
                {already}
                {target.map(|path| view! {
                    <p class="muted">"Afterwards you continue to " <code>{path}</code> "."</p>
                })}
                <SignInForms callback_url=callback/>
            </div>
        </main>
    }
}

/// Returns the sentence for a code, or a general sentence. The page never repeats the code from the URL.
fn error_sentence(code: &str) -> &'static str {
    SignInError::parse(code).map_or("The sign-in did not work. Please try again.", SignInError::sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_code_has_its_sentence() {
        assert_eq!(error_sentence("access_denied"), SignInError::AccessDenied.sentence());
    }

    #[test]
    fn an_unknown_code_is_not_repeated() {
        assert_eq!(error_sentence("<script>"), "The sign-in did not work. Please try again.");
    }
}
