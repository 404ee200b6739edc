//! The header of every page: where you are, where you can go, who you are.

use crate::{
    CheckSession, NavGuard, SessionWatch, SignOutForm, current_path, current_path_and_query, has_scripts,
    links::sign_in_url, page,
};
use auth_types::Pages;
use auth_types::SessionState;
use leptos::prelude::*;

/// A link of the header's navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NavLink {
    /// Where it leads, for example `/dashboard`.
    pub path: &'static str,
    /// What it says.
    pub label: &'static str,
}

/// App name, navigation, the signed-in user's name and the way in or out. On pages with scripts the
/// navigation asks for the session before it leaves for a protected page, and a guest who is signed in
/// elsewhere is told so.
#[component]
pub fn Header(
    /// The links of the navigation, in order.
    links: &'static [NavLink],
) -> impl IntoView {
    let page = page();
    let path = current_path();
    let watched = page.session.session().map(|session| session.user.id.clone()).zip(page.tab);
    let watched = watched.filter(|_| has_scripts());
    let unknown = has_scripts() && matches!(page.session, SessionState::SignedOut(_));
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
        {has_scripts().then(|| view! { <NavGuard/> })}
        {unknown.then(|| view! { <CheckSession path=current_path_and_query()/> })}
        {watched.map(|(user, tab)| view! { <SessionWatch user path=current_path_and_query() tab/> })}
    }
}

#[component]
fn Account(session: SessionState) -> impl IntoView {
    let content = match session {
        SessionState::SignedIn { session, .. } => view! {
            <span class="name" title=session.user.name.clone()>{session.user.name.clone()}</span>
            <SignOutForm class="secondary small"/>
        }
        .into_any(),
        SessionState::SignedOut(_) => {
            view! { <a class="button small" href=sign_in_url(&way_back())>"Sign in"</a> }.into_any()
        }
        SessionState::Unavailable => view! { <span class="badge warn">"Session unknown"</span> }.into_any(),
    };
    view! { <div class="account">{content}</div> }
}

/// After signing in from a page that is itself about signing in or out, home is the better place.
fn way_back() -> String {
    let (path, Pages { login, sign_out, signed_out, .. }) = (current_path(), page().pages);
    if [login, sign_out, signed_out].contains(&path) { "/".to_owned() } else { current_path_and_query() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{page_with, render, signed_in};

    fn header(session: SessionState) -> String {
        render(page_with(session), || view! { <Header links=&[NavLink { path: "/", label: "Home" }]/> })
    }

    #[test]
    fn it_names_the_user_and_offers_the_way_out() {
        let html = header(signed_in("Alice & Co"));
        assert!(html.contains("Alice &amp; Co"), "{html}");
        assert!(html.contains(r#"action="/auth/signout""#) && html.contains(">Sign out<"), "{html}");
        assert!(!html.contains("/auth/signin"), "{html}");
    }

    #[test]
    fn it_offers_a_guest_the_way_in() {
        let html = header(SessionState::SignedOut(None));
        assert!(html.contains("/auth/signin?callbackUrl=%2F"), "{html}");
        assert!(!html.contains("/auth/signout"), "{html}");
    }

    #[test]
    fn it_claims_neither_while_nobody_knows() {
        let html = header(SessionState::Unavailable);
        assert!(html.contains("Session unknown"), "{html}");
        assert!(!html.contains("/auth/signin") && !html.contains("/auth/signout"), "{html}");
    }

    #[test]
    fn it_marks_the_page_it_is_on() {
        assert!(header(SessionState::SignedOut(None)).contains(r#"aria-current="page""#));
    }
}
