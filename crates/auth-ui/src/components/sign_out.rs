//! Sign-out as a form: `POST /auth/signout`. A GET never signs anybody out.

use crate::page;
use leptos::prelude::*;

/// How far a sign-out reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignOutScope {
    /// This app's session and the provider's.
    #[default]
    Global,
    /// This app's session only.
    Local,
}

impl SignOutScope {
    /// The value of the form field `scope`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Local => "local",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Global => "Sign out",
            Self::Local => "Sign out of this app only",
        }
    }
}

/// A button that signs out.
#[component]
pub fn SignOutForm(
    /// How far it reaches; everywhere unless said otherwise.
    #[prop(optional)]
    scope: SignOutScope,
    /// The local path to land on afterwards.
    #[prop(into, default = page().pages.signed_out)]
    callback_url: String,
    /// Extra classes of the button.
    #[prop(default = "secondary")]
    class: &'static str,
    /// What the button says, where that is not what it always says.
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
