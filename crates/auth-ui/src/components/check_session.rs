//! The offer to a signed-out visitor who is signed in elsewhere in the suite.

use leptos::prelude::*;

/// Checks whether a signed-out visitor is signed in elsewhere in the suite, and then shows a link to continue
/// (article 3, `checkSession`). The check runs when the page has loaded, and when the tab comes to the front.
/// If the browser blocks the check, nothing happens. `data-check` holds the state of the check.
///
/// Put this component once on a public page that the server rendered without a session.
#[component]
pub fn CheckSession(
    /// The page's path, with its query.
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
