//! A button that shows the server's current answers about the session.

use leptos::prelude::*;

/// The paths that the button requests.
const QUESTIONS: [&str; 2] = ["/api/get-session-status?peek=1", "/auth/session"];

/// A button that requests the session and its status, and shows the two answers with the time. Neither
/// request extends the session.
#[component]
pub fn SessionProbe() -> impl IntoView {
    let answers = QUESTIONS.map(|path| {
        view! {
            <div hidden>
                <p class="small"><code>"GET " {path}</code></p>
                <pre data-ask=path></pre>
            </div>
        }
    });
    view! {
        <div class="stack session-probe">
            <button type="button" class="button secondary" disabled>"Check now"</button>
            <div class="answers stack" aria-live="polite">
                <p class="muted" hidden>"Answers at " <span data-time></span> ":"</p>
                {answers.collect_view()}
            </div>
        </div>
    }
}
