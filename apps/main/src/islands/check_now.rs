//! A button that shows the server's current answers about the session.

use auth_leptos::SessionBoundary;
use leptos::{island, prelude::*};

/// The questions. Neither extends the session.
const QUESTIONS: [&str; 2] = ["/api/get-session-status?peek=1", "/auth/session"];

/// Asks the server for the session and its status, and shows the two answers with the time.
#[island]
pub(crate) fn CheckNow() -> impl IntoView {
    view! { <SessionBoundary><Check/></SessionBoundary> }
}

/// The answers, in the order of the questions, and when they came.
#[derive(Clone, PartialEq, Eq)]
struct Answers {
    at: String,
    texts: [Option<String>; 2],
}

#[component]
fn Check() -> impl IntoView {
    let check = Action::new_local(|(): &()| ask());
    let answers = check.value();
    // Without JavaScript, the button has nothing to do.
    let is_ready = RwSignal::new(false);
    Effect::new(move |_| is_ready.set(true));
    view! {
        <div class="stack session-probe">
            <button
                type="button"
                class="button secondary"
                disabled=move || !is_ready.get()
                // Not `disabled`: browsers take the focus from a disabled button.
                aria-disabled=move || check.pending().get().then_some("true")
                on:click=move |_| {
                    if !check.pending().get_untracked() {
                        check.dispatch(());
                    }
                }
            >
                "Check now"
            </button>
            <div class="answers stack" aria-live="polite">
                {move || answers.get().map(|Answers { at, texts }| view! {
                    <p class="muted">"Answers at " {at} ":"</p>
                    {QUESTIONS.into_iter().zip(texts).map(|(question, text)| view! {
                        <div>
                            <p class="small"><code>"GET " {question}</code></p>
                            <pre>{text.unwrap_or_else(|| "The server did not answer.".to_owned())}</pre>
                        </div>
                    }).collect_view()}
                })}
            </div>
        </div>
    }
}

/// Asks both questions at once.
async fn ask() -> Answers {
    #[cfg(feature = "hydrate")]
    {
        let texts = futures::future::join_all(QUESTIONS.map(get)).await;
        let time = leptos::web_sys::js_sys::Date::new_0().to_locale_time_string("en-GB");
        Answers { at: time.into(), texts: texts.try_into().unwrap_or_default() }
    }
    #[cfg(not(feature = "hydrate"))]
    Answers { at: String::new(), texts: [None, None] }
}

/// The text of the server's answer; `None` if there is none.
#[cfg(feature = "hydrate")]
async fn get(path: &str) -> Option<String> {
    gloo_net::http::Request::get(path).send().await.ok()?.text().await.ok()
}
