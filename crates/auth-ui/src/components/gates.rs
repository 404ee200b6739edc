//! Article 2, "Handling Authorization Per Component". The decision falls on the server, while the page
//! is written: markup that is not allowed is never made, so it cannot be found in a signed-out browser's
//! source, script or cache.

use crate::{auth, page};
use auth_types::SessionState;
use leptos::prelude::*;

/// Renders its children for a signed-in user, and nothing at all for anybody else.
///
/// ```
/// use auth_ui::SignedIn;
/// use leptos::prelude::*;
///
/// let html = Owner::new().with(|| view! { <SignedIn><p>"only for members"</p></SignedIn> }.to_html());
/// assert!(!html.contains("members"));
/// ```
#[component]
pub fn SignedIn(
    /// What only a signed-in user may see.
    children: Children,
) -> impl IntoView {
    auth().map(|_| children())
}

/// Renders its children where the server knows that nobody is signed in. While the session store does
/// not answer, neither this nor [`SignedIn`] shows anything.
#[component]
pub fn SignedOut(
    /// What a signed-out visitor sees instead.
    children: Children,
) -> impl IntoView {
    matches!(page().session, SessionState::SignedOut(_)).then(children)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{page_with, render, signed_in};

    fn both() -> impl IntoView {
        view! {
            <SignedIn><p>"for members"</p></SignedIn>
            <SignedOut><p>"for guests"</p></SignedOut>
        }
    }

    #[test]
    fn a_member_gets_no_markup_for_guests() {
        let html = render(page_with(signed_in("Alice")), both);
        assert!(html.contains("for members") && !html.contains("for guests"), "{html}");
    }

    #[test]
    fn a_guest_gets_no_markup_for_members() {
        let html = render(page_with(SessionState::SignedOut(None)), both);
        assert!(html.contains("for guests") && !html.contains("for members"), "{html}");
    }

    #[test]
    fn while_nobody_knows_neither_is_written() {
        let html = render(page_with(SessionState::Unavailable), both);
        assert!(!html.contains("for guests") && !html.contains("for members"), "{html}");
    }
}
