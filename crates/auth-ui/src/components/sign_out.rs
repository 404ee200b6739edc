//! Sign-out as a form: `POST /auth/signout`. A GET never ends a session.

use crate::{SignOutScope, page};
use leptos::prelude::*;

/// A form with a button that signs the user out.
#[component]
pub fn SignOutForm(
    /// The scope; [`SignOutScope::Global`] by default.
    #[prop(optional)]
    scope: SignOutScope,
    /// The local path to open afterwards.
    #[prop(into, default = page().pages.signed_out)]
    callback_url: String,
    /// Extra classes of the button.
    #[prop(default = "secondary")]
    class: &'static str,
    /// The text of the button, instead of the scope's text.
    #[prop(optional)]
    label: Option<&'static str>,
) -> impl IntoView {
    view! {
        <form method="post" action="/auth/signout">
            <input type="hidden" name="callbackUrl" value=callback_url/>
            <input type="hidden" name="scope" value=scope.as_str()/>
            <button type="submit" class=format!("button {class}")>{label.unwrap_or(scope.label())}</button>
        </form>
    }
}
