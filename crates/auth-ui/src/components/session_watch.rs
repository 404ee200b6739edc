//! The page's part of what keeps tabs in agreement (article 4): what the tab has to know, and everything it
//! may come to show. Written by the server, shown by [`browser`](crate::client) when it is time.

use crate::{components::sign_out::SignOutForm, page};
use auth_types::TabFacts;
use leptos::prelude::*;

/// Watches the session of the page. When it ends, the page's content goes and an explanation comes, with
/// the way back in; the address stays. When the same user signs in again in this browser, the page comes
/// back by itself. Before an idle limit is reached the user is asked whether they are still there.
///
/// Put it once on a page that was written for a signed-in user.
#[component]
pub fn SessionWatch(
    /// The id of the user the page was written for.
    user: String,
    /// Where the page is, with its query: the way back.
    path: String,
    /// What the tab has to know.
    tab: TabFacts,
) -> impl IntoView {
    let warning = tab.idle_limit.map(|_| view! { <IdleWarning/> });
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

/// What takes the place of the page's content.
#[component]
fn Ended(path: String) -> impl IntoView {
    let again = page().pages.login_url(&path);
    view! {
        <template id="session-ended">
            <div class="session-ended stack">
                <h1 tabindex="-1">"You have been signed out"</h1>
                <p>
                    <span data-reason></span>
                    " This page opens again by itself when you sign in again in this browser."
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

/// The question whether somebody is still there, counting down.
#[component]
fn IdleWarning() -> impl IntoView {
    view! {
        <dialog
            id="idle-warning"
            class="idle-warning"
            role="alertdialog"
            aria-labelledby="idle-title"
            aria-describedby="idle-text"
        >
            <div class="stack">
                <h2 id="idle-title">"Are you still there?"</h2>
                <p id="idle-text">
                    "You have not used this app for a while. To keep your account safe, you will be signed out in "
                    <strong data-left></strong> "."
                </p>
                <p class="small muted" role="status"></p>
                <div class="row">
                    <button type="button" class="button" data-stay autofocus>"Stay signed in"</button>
                    <SignOutForm label="Sign out now"/>
                </div>
            </div>
        </dialog>
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
    fn the_tab_is_told_what_it_has_to_know_and_nothing_gets_out_of_its_place() {
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
    fn without_a_limit_nobody_is_asked() {
        let html = rendered(None);
        assert!(!html.contains("<dialog") && !html.contains("data-idle-limit"), "{html}");
    }
}
