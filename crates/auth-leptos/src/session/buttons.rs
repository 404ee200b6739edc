//! Sign-in and sign-out as forms: a link, a prefetch or an image must not start either, and both work without
//! JavaScript.

use super::{boundary::here, shared};
use crate::SignOutScope;
use leptos::{nonce::use_nonce, prelude::*};

/// A form with a button that starts a sign-in. It leads back to the current page.
#[component]
pub fn SignInButton(
    /// The id of the provider; by default the first one.
    #[prop(optional, into)]
    provider: Option<String>,
    /// The local path to return to; by default the current page. The server checks this path again.
    #[prop(optional, into)]
    callback_url: Option<String>,
    /// Extra classes of the button.
    #[prop(default = "")]
    class: &'static str,
) -> impl IntoView {
    let providers = shared().providers();
    let chosen = match provider {
        Some(id) => providers.into_iter().find(move |provider| provider.id == id),
        None => providers.into_iter().next(),
    };
    let Some(provider) = chosen else {
        return view! { <p>"No sign-in provider is configured."</p> }.into_any();
    };
    let label = format!("Sign in with {}", provider.name);
    view! {
        <form method="post" action=format!("/auth/signin/{}", provider.id)>
            <input type="hidden" name="callbackUrl" value=callback_url.unwrap_or_else(here)/>
            <button type="submit" class=format!("button {class}") disabled=!provider.available>
                {provider.icon.map(|icon| view! { <img class="icon" src=icon alt="" width="20" height="20"/> })}
                {label}
            </button>
        </form>
        <script src="/auth/sign-in.js" defer nonce=use_nonce()></script>
    }
    .into_any()
}

/// A [`SignInButton`] for each provider, in the configured order: for a sign-in page.
#[component]
pub fn SignInButtons(
    /// The local path to return to; by default the current page. The server checks this path again.
    #[prop(optional, into)]
    callback_url: Option<String>,
    /// Extra classes of the buttons.
    #[prop(default = "wide")]
    class: &'static str,
) -> impl IntoView {
    let callback_url = callback_url.unwrap_or_else(here);
    let providers = shared().providers();
    if providers.is_empty() {
        return view! { <p>"No sign-in provider is configured."</p> }.into_any();
    }
    let button = move |id: String| {
        view! { <SignInButton provider=id callback_url=callback_url.clone() class/> }
    };
    providers.into_iter().map(|provider| button(provider.id)).collect_view().into_any()
}

/// A form with a button that signs the user out.
#[component]
pub fn SignOutButton(
    /// The scope; [`SignOutScope::Global`] by default.
    #[prop(optional)]
    scope: SignOutScope,
    /// The local path to open afterwards; by default the app's page for that.
    #[prop(optional, into)]
    callback_url: Option<String>,
    /// Extra classes of the button.
    #[prop(default = "secondary")]
    class: &'static str,
    /// The text of the button, instead of the scope's text.
    #[prop(optional)]
    label: Option<&'static str>,
) -> impl IntoView {
    let callback_url = callback_url.unwrap_or_else(|| shared().pages().signed_out);
    view! {
        <form method="post" action="/auth/signout">
            <input type="hidden" name="callbackUrl" value=callback_url/>
            <input type="hidden" name="scope" value=scope.as_str()/>
            <button type="submit" class=format!("button {class}")>{label.unwrap_or(scope.label())}</button>
        </form>
    }
}
