//! A look at what the server says about the session right now, without extending it.

use leptos::prelude::*;

/// What is asked.
const QUESTIONS: [&str; 2] = ["/api/get-session-status?peek=1", "/auth/session"];

/// A button that asks for the session and its status and shows both answers with the time. Neither question
/// extends the session, so it may be pressed as often as one likes.
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
