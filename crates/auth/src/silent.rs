//! Silent sign-in, this browser's half (article 3, `checkSession`): whether a signed-out visitor of a
//! protected page is taken past the provider first, which may know them already.
//!
//! It happens on the way to the page, not in a frame: a frame of another site gets no cookies any more.
//! And once, which a cookie remembers until a page is opened with a session. The guard sets it to [`TRY`] when it sends the
//! visitor to `GET /auth/silent`; that goes on only if the cookie came along, and sets it to [`TRIED`]. So
//! a browser without cookies ends on the sign-in page before anybody was asked, no link can begin a silent
//! sign-in, and nothing can go round in circles. (A tab that waits signed out has one more way in, by a ticket
//! for a sign-in that did take place: [`browser`](crate::sign_in_events).)
//!
//! A sign-out sets a cookie of its own ([`ended`]): the next click must not undo it, and not even a hidden frame
//! may ask (`checkSession`).
//!
//! Both cookies go as far as the session's: apps that share a session have signed out of it together. Their values
//! are sealed, so what a neighbour on the same domain plants is worth nothing, and a way back is good only in the
//! browser that it was given to. A neighbour can still remove a shared cookie; therefore the app where the
//! sign-out took place keeps a second one for its own host alone.

use crate::{
    Auth,
    cookie::{CookieKind, Cookies},
    flow::Initiator,
    origin::{FetchMetadata, ReturnPath},
    provider::Provider,
    seal::Purpose,
    session::{Session, SessionState},
    site::AppPages,
    store::BrowserKey,
};
use auth_types::{CurrentSession, EndReason};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, HeaderValue, Method, request::Parts};

/// How long a browser may take from the guard, or from its ticket, to `GET /auth/silent`: one redirect.
const ON_THE_WAY: TimeDelta = TimeDelta::minutes(2);

/// What a sealed cookie says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SilentMark {
    /// On the way to `GET /auth/silent`.
    Try,
    /// The same, for a tab that waited and has heard of a sign-in: then it undoes no decision of the user,
    /// whatever the session before it ended of. Bound to this browser.
    Resume(BrowserKey),
    /// Not again in this browser session, until it has a session again.
    Tried,
    /// The session was ended here.
    Ended,
    /// Its user left this app alone: a sign-in elsewhere does not bring them back either.
    Left,
}

impl SilentMark {
    /// What the seal covers: another mark, or another browser's, does not open.
    fn place(self) -> Vec<u8> {
        match self {
            Self::Try => b"try".to_vec(),
            Self::Resume(browser) => [b"coming_back".as_slice(), browser.as_bytes()].concat(),
            Self::Tried => b"tried".to_vec(),
            Self::Ended => b"ended".to_vec(),
            Self::Left => b"left".to_vec(),
        }
    }

    fn seal(self, auth: &Auth) -> String {
        let now = auth.clock().now().timestamp_millis().to_be_bytes();
        URL_SAFE_NO_PAD.encode(auth.keyring().seal(Purpose::Mark, &self.place(), &now))
    }

    /// When it was made, if this value is it.
    fn open(self, auth: &Auth, value: &str) -> Option<DateTime<Utc>> {
        let sealed = URL_SAFE_NO_PAD.decode(value).ok()?;
        let plain = auth.keyring().open(Purpose::Mark, &self.place(), &sealed).ok()?;
        DateTime::from_timestamp_millis(i64::from_be_bytes(plain.try_into().ok()?))
    }
}

/// The guard may send this request to `GET /auth/silent`, with this cookie. In the extensions of the
/// requests it is true for.
#[derive(Clone, Debug)]
pub(crate) struct SilentAttempt(pub(crate) HeaderValue);

impl SilentAttempt {
    /// For a browser that opens a page in a tab, has not tried yet, and has no session or one whose time
    /// was up.
    pub(crate) fn of(
        auth: &Auth,
        jar: Cookies<'_>,
        current: &CurrentSession<Session>,
        request: &Parts,
    ) -> Option<Self> {
        let Parts { method, headers, .. } = request;
        let may = is_open(current)
            && is_tab_navigation(method, headers)
            && auth.providers().iter().any(Provider::can_be_silent)
            && !is_over(auth, jar);
        may.then(|| Self(attempt(auth, jar)))
    }
}

/// Whether signing in without a question would undo nobody's decision: a session that was ended, here or
/// from elsewhere, or was left alone for too long, asks for its user.
pub(crate) fn is_open(current: &CurrentSession<Session>) -> bool {
    matches!(current, Ok(SessionState::SignedOut(None | Some(EndReason::Expired))))
}

/// Whether the guard or a ticket sent this request to `GET /auth/silent`, in a browser that keeps cookies: no link
/// can.
pub(crate) fn was_sent(auth: &Auth, jar: Cookies<'_>) -> bool {
    let sent = has(auth, jar, SilentMark::Try) || may_resume(auth, jar);
    sent && !is_over(auth, jar)
}

/// Who sent it; `None` where it would undo a decision of the user.
pub(crate) fn sender(auth: &Auth, jar: Cookies<'_>, current: &CurrentSession<Session>) -> Option<Initiator> {
    let by_guard = has(auth, jar, SilentMark::Try) && is_open(current);
    if may_resume(auth, jar) { Some(Initiator::WaitingTab) } else { by_guard.then_some(Initiator::Guard) }
}

/// Whether a sign-in that nobody asked for may still become a session: not when somebody ended one while it
/// was under way.
pub(crate) fn may_finish(
    auth: &Auth,
    jar: Cookies<'_>,
    current: &CurrentSession<Session>,
    initiator: Initiator,
) -> bool {
    match initiator {
        Initiator::Visitor => true,
        Initiator::WaitingTab => !was_ended(auth, jar),
        Initiator::Guard | Initiator::Frame => is_open(current) && !was_ended(auth, jar),
    }
}

/// Where a visitor goes whom the provider does not know: to the sign-in page, or back to the page they opened
/// where that is public. The latter only if it is certain that they are not sent off again from there.
pub(crate) fn after_refusal(auth: &Auth, site: &AppPages, jar: Cookies<'_>, wanted: &ReturnPath) -> String {
    let page = wanted.as_str().split(['?', '#']).next().unwrap_or_default();
    if site.public.is_page(page) && has(auth, jar, SilentMark::Tried) {
        return wanted.to_string();
    }
    site.pages.login_url(wanted.as_str())
}

/// The cookies that let a tab of this browser come back, once, whatever ended before. If nothing comes of it,
/// [`ended`] is set again.
pub(crate) fn resume(auth: &Auth, jar: Cookies<'_>, browser: BrowserKey) -> Vec<HeaderValue> {
    let mark = SilentMark::Resume(browser).seal(auth);
    let mut cookies = vec![jar.set(CookieKind::Silent, &mark, None)];
    let ended = ENDED.into_iter().filter(|kind| jar.values(*kind).next().is_some());
    cookies.extend(ended.map(|kind| jar.clear(kind)));
    cookies
}

/// Clears what this browser remembers of all this: its user has signed in by hand.
pub(crate) fn forgotten(jar: Cookies<'_>) -> Vec<HeaderValue> {
    let remembered = [CookieKind::Silent, CookieKind::Ended, CookieKind::EndedHere]
        .into_iter()
        .filter(|kind| jar.values(*kind).next().is_some());
    remembered.map(|kind| jar.clear(kind)).collect()
}

/// The cookie that forgets an attempt, for a page that came with a live session. The browser has just shown that it
/// keeps the session's cookie, so another attempt cannot go round in circles; and once this session has expired, its
/// user may be signed in silently again.
pub(crate) fn attempt_is_over(
    jar: Cookies<'_>,
    current: &CurrentSession<Session>,
    request: &Parts,
) -> Option<HeaderValue> {
    let is_over = matches!(current, Ok(SessionState::SignedIn(_)))
        && jar.is_sent(CookieKind::Silent)
        && is_tab_navigation(&request.method, &request.headers);
    is_over.then(|| jar.clear(CookieKind::Silent))
}

fn attempt(auth: &Auth, jar: Cookies<'_>) -> HeaderValue {
    jar.set(CookieKind::Silent, &SilentMark::Try.seal(auth), None)
}

/// The cookie that says: not again in this browser session.
pub(crate) fn tried(auth: &Auth, jar: Cookies<'_>) -> HeaderValue {
    jar.set(CookieKind::Silent, &SilentMark::Tried.seal(auth), None)
}

/// The cookies that say: the session was ended in this browser. One goes as far as the session's, one stays at
/// this host, where no neighbour can name it.
pub(crate) fn ended(auth: &Auth, jar: Cookies<'_>) -> Vec<HeaderValue> {
    end_marks(auth, jar, SilentMark::Ended)
}

/// The same for a user who left this app alone. Nothing but a sign-in by hand brings them back: what names their
/// browser may have been planted by a neighbour.
pub(crate) fn left(auth: &Auth, jar: Cookies<'_>) -> Vec<HeaderValue> {
    end_marks(auth, jar, SilentMark::Left)
}

fn end_marks(auth: &Auth, jar: Cookies<'_>, mark: SilentMark) -> Vec<HeaderValue> {
    let mark = mark.seal(auth);
    let kinds = ENDED.into_iter().filter(|kind| *kind == CookieKind::Ended || jar.is_shared());
    kinds.map(|kind| jar.set(kind, &mark, None)).collect()
}

/// Whether the session was ended in this browser, and its user has not signed in by hand since.
pub(crate) fn was_ended(auth: &Auth, jar: Cookies<'_>) -> bool {
    says(auth, jar, SilentMark::Ended) || left_this_app(auth, jar)
}

/// Whether its user left this app alone, and has not signed in by hand since.
pub(crate) fn left_this_app(auth: &Auth, jar: Cookies<'_>) -> bool {
    says(auth, jar, SilentMark::Left)
}

fn says(auth: &Auth, jar: Cookies<'_>, mark: SilentMark) -> bool {
    ENDED.into_iter().any(|kind| jar.values(kind).any(|value| mark.open(auth, value).is_some()))
}

/// Where [`SilentMark::Ended`] and [`SilentMark::Left`] are kept.
const ENDED: [CookieKind<'static>; 2] = [CookieKind::Ended, CookieKind::EndedHere];

fn is_over(auth: &Auth, jar: Cookies<'_>) -> bool {
    has(auth, jar, SilentMark::Tried) || was_ended(auth, jar)
}

fn may_resume(auth: &Auth, jar: Cookies<'_>) -> bool {
    auth.browsers().of(jar).is_some_and(|browser| has(auth, jar, SilentMark::Resume(browser)))
}

fn has(auth: &Auth, jar: Cookies<'_>, mark: SilentMark) -> bool {
    let now = auth.clock().now();
    jar.values(CookieKind::Silent).any(|value| {
        mark.open(auth, value).is_some_and(|made_at| mark == SilentMark::Tried || now < made_at + ON_THE_WAY)
    })
}

/// Whether a browser says that the answer becomes the page in a tab, now and not perhaps later.
fn is_tab_navigation(method: &Method, headers: &HeaderMap) -> bool {
    let said = FetchMetadata::of(headers);
    *method == Method::GET && said.is_page_navigation() && !said.is_prefetch()
}

#[cfg(test)]
mod tests {
    use super::*;
    use auth_types::SessionUnavailable;

    #[test]
    fn only_a_page_that_opens_in_a_tab_now_is_worth_a_detour() {
        let opens = |method: Method, headers: &[(&'static str, &'static str)]| {
            let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            is_tab_navigation(&method, &headers.collect())
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
            assert_eq!(is_open(&Ok(SessionState::SignedOut(reason))), open, "{reason:?}");
        }
        assert!(!is_open(&Err(SessionUnavailable)));
    }
}
