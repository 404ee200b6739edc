//! Silent sign-in, this browser's half (article 3, `checkSession`): whether a signed-out visitor of a
//! protected page is taken past the provider first, which may know them already.
//!
//! It happens on the way to the page, not in a frame: a frame of another site gets no cookies any more.
//! And once per browser session, which a cookie remembers. The guard sets it to [`TRY`] when it sends the
//! visitor to `GET /auth/silent`; that goes on only if the cookie came along, and sets it to [`TRIED`]. So
//! a browser without cookies ends on the sign-in page before anybody was asked, no link can begin a silent
//! sign-in, and nothing can go round in circles. (A tab that waits signed out has one more way in, by a ticket
//! for a sign-in that did take place: [`browser`](crate::browser).)
//!
//! A sign-out sets a cookie of its own ([`ended`]): the next click must not undo it, and not even a hidden frame
//! may ask (`checkSession`).
//!
//! Both cookies go as far as the session's: apps that share a session have signed out of it together.

use super::{CookieKind, CookieSettings, CurrentSession};
use crate::{
    Auth,
    flow::BegunBy,
    origin::{FetchMetadata, Origin, ReturnPath},
    provider::Provider,
};
use auth_types::{EndReason, is_public_page, login_url};
use http::{HeaderMap, HeaderValue, Method, request::Parts};

/// On the way to `GET /auth/silent`.
const TRY: &str = "try";
/// The same, for a tab that waited and has heard of a sign-in: then it undoes nobody's decision, whatever the
/// session before it ended of.
const COMING_BACK: &str = "coming_back";
/// No more in this browser session, until its user signs in by hand.
const TRIED: &str = "tried";

/// The guard may send this request to `GET /auth/silent`, with this cookie. In the extensions of the
/// requests it is true for.
#[derive(Clone, Debug)]
pub(crate) struct MayTry(pub(crate) HeaderValue);

impl MayTry {
    /// For a browser that opens a page in a tab, has not tried yet, and has no session or one whose time
    /// was up.
    pub(crate) fn of(
        auth: &Auth,
        origin: &Origin,
        current: &CurrentSession,
        request: &Parts,
    ) -> Option<Self> {
        let Parts { method, headers, .. } = request;
        let may = is_open(current)
            && opens_a_tab(method, headers)
            && auth.providers.iter().any(Provider::can_be_silent)
            && !is_over(&auth.cookies, origin, headers);
        may.then(|| Self(attempt(&auth.cookies, origin)))
    }
}

/// Whether signing in without a question would undo nobody's decision: a session that was ended, here or
/// from elsewhere, or was left alone for too long, asks for its user.
pub(crate) fn is_open(current: &CurrentSession) -> bool {
    matches!(current, CurrentSession::SignedOut(None | Some(EndReason::Expired)))
}

/// Whether somebody sent this request to `GET /auth/silent`, in a browser that keeps cookies: no link can.
pub(crate) fn was_sent(cookies: &CookieSettings, origin: &Origin, headers: &HeaderMap) -> bool {
    let has = |value| has(cookies, origin, headers, value);
    (has(TRY) || has(COMING_BACK)) && !is_over(cookies, origin, headers)
}

/// Who sent it; `None` where it would undo somebody's decision.
pub(crate) fn sender(
    cookies: &CookieSettings,
    origin: &Origin,
    current: &CurrentSession,
    headers: &HeaderMap,
) -> Option<BegunBy> {
    let by_guard = has(cookies, origin, headers, TRY) && is_open(current);
    match has(cookies, origin, headers, COMING_BACK) {
        true => Some(BegunBy::Waiting),
        false => by_guard.then_some(BegunBy::Guard),
    }
}

/// Whether a sign-in that nobody asked for may still become a session: not when somebody ended one while it
/// was under way.
pub(crate) fn may_finish(
    cookies: &CookieSettings,
    origin: &Origin,
    current: &CurrentSession,
    headers: &HeaderMap,
    begun_by: BegunBy,
) -> bool {
    match begun_by {
        BegunBy::Visitor => true,
        BegunBy::Waiting => !was_ended(cookies, origin, headers),
        BegunBy::Guard | BegunBy::Frame => is_open(current) && !was_ended(cookies, origin, headers),
    }
}

/// Where a visitor goes whom the provider does not know: to the sign-in page, or back to the page they opened
/// where that is public. The latter only if it is certain that they are not sent off again from there.
pub(crate) fn way_on(
    cookies: &CookieSettings,
    origin: &Origin,
    headers: &HeaderMap,
    wanted: &ReturnPath,
) -> String {
    let page = wanted.as_str().split(['?', '#']).next().unwrap_or_default();
    if is_public_page(page) && has(cookies, origin, headers, TRIED) {
        return wanted.to_string();
    }
    login_url(wanted.as_str())
}

/// The cookies that let a tab come back, once, whatever ended before. If nothing comes of it, [`ended`] is
/// set again.
pub(crate) fn coming_back(cookies: &CookieSettings, origin: &Origin) -> Vec<HeaderValue> {
    vec![cookies.set(CookieKind::Silent, origin, COMING_BACK, None), cookies.clear(CookieKind::Ended, origin)]
}

/// Clears what this browser remembers of all this: somebody has signed in by hand.
pub(crate) fn forgotten(cookies: &CookieSettings, origin: &Origin, headers: &HeaderMap) -> Vec<HeaderValue> {
    let remembered = [CookieKind::Silent, CookieKind::Ended]
        .into_iter()
        .filter(|kind| cookies.values(*kind, origin, headers).next().is_some());
    remembered.map(|kind| cookies.clear(kind, origin)).collect()
}

fn attempt(cookies: &CookieSettings, origin: &Origin) -> HeaderValue {
    cookies.set(CookieKind::Silent, origin, TRY, None)
}

/// The cookie that says: no more in this browser session.
pub(crate) fn tried(cookies: &CookieSettings, origin: &Origin) -> HeaderValue {
    cookies.set(CookieKind::Silent, origin, TRIED, None)
}

/// The cookie that says: somebody ended the session in this browser.
pub(crate) fn ended(cookies: &CookieSettings, origin: &Origin) -> HeaderValue {
    cookies.set(CookieKind::Ended, origin, "1", None)
}

/// Whether somebody ended the session in this browser, and nobody has signed in by hand since.
pub(crate) fn was_ended(cookies: &CookieSettings, origin: &Origin, headers: &HeaderMap) -> bool {
    cookies.values(CookieKind::Ended, origin, headers).next().is_some()
}

fn is_over(cookies: &CookieSettings, origin: &Origin, headers: &HeaderMap) -> bool {
    has(cookies, origin, headers, TRIED) || was_ended(cookies, origin, headers)
}

fn has(cookies: &CookieSettings, origin: &Origin, headers: &HeaderMap, value: &str) -> bool {
    cookies.values(CookieKind::Silent, origin, headers).any(|found| found == value)
}

/// Whether a browser says that the answer becomes the page in a tab, now and not perhaps later.
fn opens_a_tab(method: &Method, headers: &HeaderMap) -> bool {
    let said = FetchMetadata::of(headers);
    *method == Method::GET && said.opens_a_page() && !said.is_prefetch()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_that_opens_in_a_tab_now_is_worth_a_detour() {
        let opens = |method: Method, headers: &[(&'static str, &'static str)]| {
            let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            opens_a_tab(&method, &headers.collect())
        };
        let [mode, dest] = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
        assert!(opens(Method::GET, &[mode, dest]));
        assert!(!opens(Method::HEAD, &[mode, dest]));
        assert!(!opens(Method::POST, &[mode, dest]));
        assert!(!opens(Method::GET, &[]), "a program");
        assert!(!opens(Method::GET, &[mode, ("sec-fetch-dest", "iframe")]), "a frame");
        assert!(!opens(Method::GET, &[("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")]), "a script");
        assert!(!opens(Method::GET, &[mode, dest, ("sec-purpose", "prefetch;prerender")]));
    }

    #[test]
    fn what_somebody_ended_is_not_begun_again_behind_their_back() {
        for (reason, open) in [
            (None, true),
            (Some(EndReason::Expired), true),
            (Some(EndReason::SignedOut), false),
            (Some(EndReason::Revoked), false),
            (Some(EndReason::Idle), false),
            (Some(EndReason::UserChanged), false),
        ] {
            assert_eq!(is_open(&CurrentSession::SignedOut(reason)), open, "{reason:?}");
        }
        assert!(!is_open(&CurrentSession::Unavailable));
    }
}
