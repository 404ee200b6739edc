//! What is offered to a guest who is signed in elsewhere in the suite.

use leptos::prelude::*;

/// Asks once the page is there, and when it comes to the front, whether its signed-out visitor is signed in
/// elsewhere in the suite; then a link offers to go on (article 3, `checkSession`). Where browsers block the
/// question, nothing happens. `data-check` says how far it is.
///
/// Put it once on a public page that was written for nobody in particular.
#[component]
pub fn CheckSession(
    /// Where the page is, with its query.
    path: String,
) -> impl IntoView {
    view! {
        <div class="guard-message" role="status" data-check="idle"></div>
        <template id="check-session">
            <div class="notice success">
                <p>"You are signed in already. " <a href=path>"Continue"</a></p>
            </div>
        </template>
    }
}
