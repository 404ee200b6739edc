//! What the protected pages have in common.

use auth_ui::{Notice, NoticeKind, SignedOut, current_path_and_query, page, pages::SessionUnavailable};
use leptos::prelude::*;

/// Where a protected page renders without a session: why it is empty, and the way in.
#[component]
pub(crate) fn SignInFirst() -> impl IntoView {
    view! {
        <SessionUnavailable/>
        <SignedOut>
            <Notice kind=NoticeKind::Warning>
                <p>"Please sign in to see this page. " <a href=page().pages.login_url(&current_path_and_query())>"Sign in"</a></p>
            </Notice>
        </SignedOut>
    }
}
