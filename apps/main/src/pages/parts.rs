//! Components that the protected pages share.

use auth_leptos::{Notice, NoticeKind, SignedOut, current_path_and_query, page, pages::SessionUnavailable};
use leptos::prelude::*;

/// Shown on a protected page without a session: the reason and a sign-in link.
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
