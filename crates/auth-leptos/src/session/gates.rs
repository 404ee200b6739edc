//! Content for signed-in users or signed-out visitors (article 2, "Handling Authorization Per Component"). The server
//! never renders forbidden markup, so a signed-out browser has no such markup in its source, scripts or cache. In a
//! hydrated page the content follows the session.

use super::shared;
use leptos::{children::ViewFn, prelude::*};

/// Renders its children for a signed-in user, and otherwise the fallback.
///
/// ```
/// use auth_leptos::SignedIn;
/// use leptos::prelude::*;
///
/// let html = Owner::new().with(|| view! { <SignedIn><p>"only for members"</p></SignedIn> }.to_html());
/// assert!(!html.contains("members"));
/// ```
#[component]
pub fn SignedIn(
    /// The content for everyone else; nothing by default.
    #[prop(optional, into)]
    fallback: ViewFn,
    /// The content for a signed-in user.
    children: ChildrenFn,
) -> impl IntoView {
    let signed_in = shared().is_signed_in();
    move || if signed_in.get() == Some(true) { children().into_any() } else { fallback.run() }
}

/// Renders its children for a signed-out visitor. While the session store does not answer, `SignedOut` and
/// [`SignedIn`] render nothing.
#[component]
pub fn SignedOut(
    /// The content for a signed-out visitor.
    children: ChildrenFn,
) -> impl IntoView {
    let signed_in = shared().is_signed_in();
    move || (signed_in.get() == Some(false)).then(|| children())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{page_with, render, signed_in};
    use auth_types::SessionState;
    use auth_types::SessionUnavailable;

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
        let html = render(page_with(Ok(SessionState::SignedOut(None))), both);
        assert!(html.contains("for guests") && !html.contains("for members"), "{html}");
    }

    #[test]
    fn while_the_store_is_unavailable_neither_is_rendered() {
        let html = render(page_with(Err(SessionUnavailable)), both);
        assert!(!html.contains("for guests") && !html.contains("for members"), "{html}");
    }
}
