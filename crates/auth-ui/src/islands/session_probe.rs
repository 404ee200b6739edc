//! A look at what the server says about the session right now, without extending it.

use leptos::prelude::*;

/// One question to the server and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Answer {
    /// What was asked, as method and path.
    question: &'static str,
    /// The body, or a sentence about there being none.
    body: String,
}

/// A button that asks `/api/get-session-status?peek=1` and `/auth/session` and shows both answers with
/// the time. Neither question extends the session, so it may be pressed as often as one likes.
#[island]
pub fn SessionProbe() -> impl IntoView {
    let ready = RwSignal::new(false);
    let asked_at = RwSignal::new(None::<String>);
    let answers = RwSignal::new(Vec::<Answer>::new());
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| ready.set(true));
    let check = move |_| {
        #[cfg(feature = "hydrate")]
        leptos::task::spawn_local(async move {
            answers.set(browser::ask().await);
            asked_at.set(Some(browser::time_of_day()));
        });
    };
    view! {
        <div class="stack">
            <button type="button" class="button secondary" disabled=move || !ready.get() on:click=check>
                "Check now"
            </button>
            <div class="answers stack" aria-live="polite">
                {move || {
                    asked_at.get().map(|time| view! { <p class="muted">"Answers at " <span>{time}</span> ":"</p> })
                }}
                {move || answers.get().into_iter().map(|answer| view! {
                    <div>
                        <p class="small"><code>{answer.question}</code></p>
                        <pre>{answer.body}</pre>
                    </div>
                }).collect_view()}
            </div>
        </div>
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use super::Answer;
    use crate::islands::fetch;

    const QUESTIONS: [(&str, &str); 2] = [
        ("GET /api/get-session-status?peek=1", "/api/get-session-status?peek=1"),
        ("GET /auth/session", "/auth/session"),
    ];

    pub(super) async fn ask() -> Vec<Answer> {
        let mut answers = Vec::with_capacity(QUESTIONS.len());
        for (question, path) in QUESTIONS {
            let body = match fetch::get(path).await {
                Some(response) => fetch::text(&response).await,
                None => None,
            };
            let body = body.unwrap_or_else(|| "The server did not answer.".to_owned());
            answers.push(Answer { question, body });
        }
        answers
    }

    pub(super) fn time_of_day() -> String {
        js_sys::Date::new_0().to_locale_time_string("en-GB").into()
    }
}
