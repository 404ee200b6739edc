//! The header of every page: brand, navigation and account.

use crate::{
    CheckSession, NavGuard, Scripts, SessionWatch, SignOutButton, current_path, current_path_and_query,
    links::sign_in_url, page,
};
use auth_types::Pages;
use auth_types::{CurrentSession, PageSession, SessionState};
use leptos::prelude::*;

/// A link of the header's navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NavLink {
    /// The path of the link, for example `/dashboard`.
    pub path: &'static str,
    /// The text of the link.
    pub label: &'static str,
}

/// App name, navigation, the signed-in user's name, and the sign-in link or sign-out button. Below it stand the messages
/// about the session, if the page has scripts.
#[component]
pub fn Header(
    /// The links of the navigation, in order.
    links: &'static [NavLink],
) -> impl IntoView {
    let page = page();
    let path = current_path();
    let items = links
        .iter()
        .map(|link| {
            let current = (link.path == path).then_some("page");
            view! { <li><a href=link.path aria-current=current>{link.label}</a></li> }
        })
        .collect_view();
    view! {
        <a class="skip-link" href="#content">"Skip to content"</a>
        <header class="site-header">
            <div class="inner">
                <a class="brand" href="/">
                    <img src="/favicon.svg" alt="" width="24" height="24"/>
                    {page.app.name}
                </a>
                <nav class="site-nav" aria-label="Main">
                    <ul>{items}</ul>
                </nav>
                <Account session=page.session/>
            </div>
        </header>
        {match use_context::<Scripts>().unwrap_or(Scripts::None) {
            Scripts::None => ().into_any(),
            Scripts::Watch => view! { <WatchMessages/> }.into_any(),
            #[cfg(feature = "islands")]
            Scripts::Islands => view! { <crate::SessionRoot/> }.into_any(),
            #[cfg(not(feature = "islands"))]
            Scripts::Islands => ().into_any(),
        }}
    }
}

/// The messages on a page with the watch only: [`NavGuard`], [`CheckSession`] for signed-out visitors, and
/// [`SessionWatch`] for signed-in users.
#[component]
fn WatchMessages() -> impl IntoView {
    let page = page();
    let watched = page.live_session().map(|live| (live.session.user.id.clone(), page.tab.clone()));
    let is_guest = matches!(page.session, Ok(SessionState::SignedOut(_)));
    view! {
        <NavGuard/>
        {is_guest.then(|| view! { <CheckSession/> })}
        {watched.map(|(user, tab)| view! { <SessionWatch user path=current_path_and_query() tab/> })}
    }
}

#[component]
fn Account(session: CurrentSession<PageSession>) -> impl IntoView {
    let is_signed_in = matches!(session, Ok(SessionState::SignedIn(_)));
    let content = match session {
        Ok(SessionState::SignedIn(PageSession { session, .. })) => view! {
            <span class="name" title=session.user.name.clone()>{session.user.name.clone()}</span>
            <SignOutButton class="secondary small"/>
        }
        .into_any(),
        Ok(SessionState::SignedOut(_)) => {
            view! { <a class="button small" href=sign_in_url(&return_path())>"Sign in"</a> }.into_any()
        }
        Err(_) => view! { <span class="badge warn">"Session unknown"</span> }.into_any(),
    };
    view! { <div class="account" data-signed-in=is_signed_in>{content}</div> }
}

/// Returns the path to open after a sign-in: the current page, or `/` from the sign-in and sign-out pages.
fn return_path() -> String {
    let (path, Pages { login, sign_out, signed_out, .. }) = (current_path(), page().pages);
    if [login, sign_out, signed_out].contains(&path) { "/".to_owned() } else { current_path_and_query() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{page_with, render, signed_in};
    use auth_types::SessionUnavailable;

    fn header(session: CurrentSession<PageSession>) -> String {
        render(page_with(session), || view! { <Header links=&[NavLink { path: "/", label: "Home" }]/> })
    }

    #[test]
    fn it_names_the_user_and_offers_sign_out() {
        let html = header(signed_in("Alice & Co"));
        assert!(html.contains("Alice &amp; Co"), "{html}");
        assert!(html.contains(r#"action="/auth/signout""#) && html.contains(">Sign out<"), "{html}");
        assert!(!html.contains("/auth/signin"), "{html}");
    }

    #[test]
    fn it_offers_a_guest_sign_in() {
        let html = header(Ok(SessionState::SignedOut(None)));
        assert!(html.contains("/auth/signin?callbackUrl=%2F"), "{html}");
        assert!(!html.contains("/auth/signout"), "{html}");
    }

    #[test]
    fn it_claims_neither_while_the_store_is_unavailable() {
        let html = header(Err(SessionUnavailable));
        assert!(html.contains("Session unknown"), "{html}");
        assert!(!html.contains("/auth/signin") && !html.contains("/auth/signout"), "{html}");
    }

    #[test]
    fn it_marks_the_page_it_is_on() {
        assert!(header(Ok(SessionState::SignedOut(None))).contains(r#"aria-current="page""#));
    }
}
