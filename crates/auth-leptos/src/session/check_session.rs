//! The offer to a signed-out visitor who is signed in elsewhere in the suite.

use super::boundary::here;
use crate::check_session::Check;
use leptos::prelude::*;

/// Checks whether a signed-out visitor is signed in elsewhere in the suite, and then shows a link to continue
/// (article 3, `checkSession`). The check runs when the page has loaded, and when the tab comes to the front.
/// If the browser blocks the check, nothing happens. `data-check` holds the state of the check.
///
/// Put this component on a public page, for a visitor without a session: `<SignedOut><CheckSession/></SignedOut>`.
#[component]
pub fn CheckSession() -> impl IntoView {
    let path = here();
    let check = RwSignal::new(Check::Idle);
    start(check);
    let offer = move || {
        view! {
            <div class="notice success">
                <p>"You are signed in already. " <a rel="external" href=path.clone()>"Continue"</a></p>
            </div>
        }
    };
    // A page without Leptos in the browser shows its offer from this template.
    #[cfg(feature = "ssr")]
    let template = (use_context::<crate::Scripts>() == Some(crate::Scripts::Watch))
        .then(|| view! { <template id="check-session">{offer.clone()()}</template> });
    #[cfg(not(feature = "ssr"))]
    let template = None::<AnyView>;
    view! {
        <div class="guard-message" role="status" data-check=move || check.get().as_str()>
            {move || (check.get() == Check::SignedIn).then(&offer)}
        </div>
        {template}
    }
}

/// Starts the check once the page is hydrated, and stops it with the component.
fn start(check: RwSignal<Check>) {
    #[cfg(feature = "hydrate")]
    {
        use crate::check_session::SessionCheck;

        let running = StoredValue::new_local(None::<SessionCheck>);
        Effect::new(move |_| {
            running.set_value(Some(SessionCheck::start(move |state| {
                check.try_set(state);
            })));
        });
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = check;
}
