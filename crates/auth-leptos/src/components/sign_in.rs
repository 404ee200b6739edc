//! One sign-in form per provider. A sign-in changes state, so a link, a prefetch or an image must not start a
//! sign-in.

use crate::page;
use auth_types::ProviderView;
use leptos::{nonce::use_nonce, prelude::*};

/// One "Sign in with …" button per configured provider, and the script that keeps the fragment of the wanted page.
#[component]
pub fn SignInForms(
    /// The local path to return to. The server checks this path again.
    #[prop(into)]
    callback_url: String,
) -> impl IntoView {
    let providers = page().providers;
    if providers.is_empty() {
        return view! { <p>"No sign-in provider is configured."</p> }.into_any();
    }
    let forms = providers
        .into_iter()
        .map(move |provider| view! { <ProviderForm provider callback_url=callback_url.clone()/> })
        .collect_view();
    view! {
        <div class="stack">{forms}</div>
        <script src="/auth/sign-in.js" defer nonce=use_nonce()></script>
    }
    .into_any()
}

#[component]
fn ProviderForm(provider: ProviderView, callback_url: String) -> impl IntoView {
    let ProviderView { id, name, icon, available } = provider;
    let label = format!("Sign in with {name}");
    let hint = format!("{id}-down");
    view! {
        <form method="post" action=format!("/auth/signin/{id}") class="stack">
            <input type="hidden" name="callbackUrl" value=callback_url/>
            <button
                type="submit"
                class="button wide"
                disabled=!available
                aria-describedby=(!available).then(|| hint.clone())
            >
                {icon.map(|icon| view! { <img class="icon" src=icon alt="" width="20" height="20"/> })}
                {label}
            </button>
            {(!available).then(|| view! {
                <p class="muted small" id=hint>
                    {name} " is not answering right now. Please try again in a moment."
                </p>
            })}
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{page_with, render};
    use auth_types::SessionState;

    fn forms(providers: Vec<ProviderView>) -> String {
        let mut page = page_with(Ok(SessionState::SignedOut(None)));
        page.providers = providers;
        render(page, || view! { <SignInForms callback_url="/a?b=\"c"/> })
    }

    fn provider(available: bool) -> ProviderView {
        ProviderView { id: "demo".to_owned(), name: "Demo".to_owned(), icon: None, available }
    }

    #[test]
    fn a_provider_form_posts_with_the_return_path() {
        let html = forms(vec![provider(true)]);
        assert!(html.contains(r#"method="post" action="/auth/signin/demo""#), "{html}");
        assert!(html.contains(r#"name="callbackUrl" value="/a?b=&quot;c""#), "{html}");
        assert!(html.contains("Sign in with Demo") && !html.contains("disabled"), "{html}");
    }

    #[test]
    fn an_unavailable_provider_has_a_hint_and_a_disabled_button() {
        let html = forms(vec![provider(false)]);
        assert!(html.contains("is not answering right now") && html.contains("disabled"), "{html}");
    }

    #[test]
    fn an_icon_stands_before_the_name_and_is_not_read_out() {
        let html = forms(vec![ProviderView { icon: Some("/staff.svg".to_owned()), ..provider(true) }]);
        assert!(html.contains(r#"src="/staff.svg" alt="""#), "{html}");
        assert!(!forms(vec![provider(true)]).contains("<img"));
    }

    #[test]
    fn without_providers_the_page_says_so() {
        assert!(forms(Vec::new()).contains("No sign-in provider is configured."));
    }
}
