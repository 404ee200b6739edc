//! Server-rendered half of the session watch (article 4): the tab's initial facts and the hidden markup. The
//! browser code in [`client`](crate::client) shows the markup when needed.

use crate::{IdleDialog, page};
use auth_types::TabFacts;
use leptos::prelude::*;

/// Watches the page's session. When the session ends, an explanation with a sign-in link replaces the page's
/// content; the URL stays the same. When the same user signs in again in this browser, the page reloads
/// automatically. Before an idle limit is reached, a dialog asks whether the user is still there.
///
/// Put this component once on a page that the server rendered for a signed-in user.
#[component]
pub fn SessionWatch(
    /// The id of the page's user.
    user: String,
    /// The page's path with its query, to return to after a sign-in.
    path: String,
    /// The initial facts for the tab.
    tab: TabFacts,
) -> impl IntoView {
    let warning = tab.idle_limit.map(|_| view! { <IdleDialog/> });
    view! {
        <div
            class="session-watch"
            role="alert"
            data-user=user
            data-now=tab.times.now.to_string()
            data-last-activity=tab.times.last_activity.to_string()
            data-expires=tab.times.expires.to_string()
            data-idle-limit=tab.idle_limit.map(|limit| limit.to_string())
            data-idle-warning=tab.idle_warning.to_string()
            data-beacon=tab.beacon_interval.to_string()
            data-hub=tab.hub
        ></div>
        <p class="veil" role="status">"Checking your session…"</p>
        <Ended path/>
        {warning}
    }
}

/// The explanation that replaces the page's content: the page's new `main`, inside the live region.
#[component]
fn Ended(path: String) -> impl IntoView {
    let again = page().pages.login_url(&path);
    view! {
        <template id="session-ended">
            <div class="session-ended stack" role="main" id="content">
                <h1 tabindex="-1">"You have been signed out"</h1>
                <p>
                    <span data-reason></span>
                    " This page opens again automatically when you sign in again in this browser."
                </p>
                <p class="row">
                    <a class="button" href=again>"Sign in again"</a>
                    <a class="button secondary" href=path.clone() data-other hidden>"Go on as the other user"</a>
                </p>
                <form method="post" action="/auth/come-back" hidden>
                    <input type="hidden" name="callbackUrl" value=path/>
                    <input type="hidden" name="ticket"/>
                </form>
            </div>
        </template>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use auth_types::SessionTimes;

    fn rendered(idle_limit: Option<i64>) -> String {
        let times = SessionTimes { now: 3, last_activity: 1, expires: 9 };
        let tab = TabFacts { times, idle_limit, idle_warning: 60_000, beacon_interval: 15_000, hub: None };
        let path = "/a?b=\"<c>".to_owned();
        Owner::new().with(|| view! { <SessionWatch user="demo:\"1".to_owned() path tab/> }.to_html())
    }

    #[test]
    fn the_markup_holds_the_tabs_facts_and_escapes_them() {
        let html = rendered(Some(1_800_000));
        for part in [
            r#"data-user="demo:&quot;1""#,
            r#"data-now="3""#,
            r#"data-last-activity="1""#,
            r#"data-idle-limit="1800000""#,
            r#"href="/login?callbackUrl=%2Fa%3Fb%3D%22%3Cc%3E""#,
            "Stay signed in",
            "Sign out now",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("<c>"), "{html}");
    }

    #[test]
    fn without_a_limit_no_idle_warning_is_rendered() {
        let html = rendered(None);
        assert!(!html.contains("<dialog") && !html.contains("data-idle-limit"), "{html}");
    }
}
