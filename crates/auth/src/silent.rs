//! Silent sign-in, the browser's half (article 3, `checkSession`): decides whether a signed-out visitor of a
//! protected page is redirected to the provider first. The provider may already know the visitor.
//!
//! The attempt happens during navigation, not in a frame, because browsers send no cookies from frames of
//! other sites. A cookie allows one attempt until a page opens with a session, or half a day has passed:
//!
//! 1. The guard sets the cookie to [`SilentMark::Try`] and redirects to `GET /auth/silent`.
//! 2. `GET /auth/silent` continues only if this cookie came along, and sets the cookie to
//!    [`SilentMark::Tried`].
//!
//! So a browser without cookies ends on the sign-in page before the app asks the provider. No link can begin
//! a silent sign-in, and no redirect loop is possible. (A waiting, signed-out tab has another entry: a ticket
//! for a sign-in that took place, see [`sign_in_events`](crate::sign_in_events).)
//!
//! A sign-out sets another cookie ([`ended`]). The next click must not undo the sign-out, and a hidden frame
//! must not ask the provider (`checkSession`).
//!
//! Both cookies have the scope of the session cookie, because apps that share a session sign out together.
//! Their values are sealed, so a value that a neighbour on the same domain plants is ignored, and
//! [`SilentMark::Resume`] works only in the browser that got it. A neighbour can still remove a shared
//! cookie. So the app where the sign-out took place keeps a second cookie for its own host.

use crate::{
    Auth,
    cookie::{CookieKind, Cookies},
    flow::Initiator,
    origin::{FetchMetadata, ReturnPath},
    provider::Provider,
    seal::Purpose,
    session::{Session, SessionState},
    sign_in_events::SignInElsewhere,
    site::AppPages,
    store::BrowserKey,
};
use auth_types::{CurrentSession, EndReason};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, HeaderValue, Method, request::Parts};

/// How long a browser may take from the guard, or from the redeemed ticket, to `GET /auth/silent`: one
/// redirect.
const ATTEMPT_LIFETIME: TimeDelta = TimeDelta::minutes(2);

/// How long a browser does not try again. Its cookie ends with the browser, but a browser that restores its last session
/// keeps the cookie for ever.
const TRIED_LIFETIME: TimeDelta = TimeDelta::hours(12);

/// The value of a sealed cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SilentMark {
    /// The guard has sent the browser to `GET /auth/silent`.
    Try,
    /// A waiting tab that heard of a sign-in has sent the browser to `GET /auth/silent`. This is allowed
    /// whatever ended the last session, because the user has signed in since. Bound to this browser.
    Resume(BrowserKey),
    /// The browser has tried. No other attempt before a page opens with a session, or half a day has passed.
    Tried,
    /// The session was ended in this browser.
    Ended,
    /// The user signed out of this app only. A sign-in elsewhere does not bring the user back.
    SignedOutLocally,
}

impl SilentMark {
    /// The context of the seal. A value sealed for another mark, or for another browser, does not open.
    fn seal_context(self) -> Vec<u8> {
        match self {
            Self::Try => b"try".to_vec(),
            Self::Resume(browser) => [b"coming_back".as_slice(), browser.as_bytes()].concat(),
            Self::Tried => b"tried".to_vec(),
            Self::Ended => b"ended".to_vec(),
            Self::SignedOutLocally => b"left".to_vec(),
        }
    }

    fn seal(self, auth: &Auth) -> String {
        self.seal_with(auth, &[])
    }

    /// Seals the mark with what it is about.
    fn seal_with(self, auth: &Auth, about: &[u8]) -> String {
        let plain = [&auth.clock().now().timestamp_millis().to_be_bytes(), about].concat();
        URL_SAFE_NO_PAD.encode(auth.keyring().seal(Purpose::Mark, &self.seal_context(), &plain))
    }

    /// Returns when the value was sealed, if the value is this mark.
    fn open(self, auth: &Auth, value: &str) -> Option<DateTime<Utc>> {
        self.open_with(auth, value).map(|(made_at, _)| made_at)
    }

    /// As [`open`](Self::open), with what the mark is about.
    fn open_with(self, auth: &Auth, value: &str) -> Option<(DateTime<Utc>, Vec<u8>)> {
        let sealed = URL_SAFE_NO_PAD.decode(value).ok()?;
        let plain = auth.keyring().open(Purpose::Mark, &self.seal_context(), &sealed).ok()?;
        let (made_at, about) = plain.split_first_chunk::<8>()?;
        Some((DateTime::from_timestamp_millis(i64::from_be_bytes(*made_at))?, about.to_vec()))
    }
}

/// Allows the guard to send a request to `GET /auth/silent`, with this cookie. Only in the extensions of
/// requests that may try.
#[derive(Clone, Debug)]
pub(crate) struct SilentAttempt(pub(crate) HeaderValue);

impl SilentAttempt {
    /// Returns an attempt if a provider supports silent sign-in, and the browser opens a page in a tab, has
    /// not tried yet, and has no session or an expired session.
    pub(crate) fn of(
        auth: &Auth,
        jar: Cookies<'_>,
        current: &CurrentSession<Session>,
        request: &Parts,
    ) -> Option<Self> {
        let Parts { method, headers, .. } = request;
        let may = allows_silent_sign_in(current)
            && is_tab_navigation(method, headers)
            && auth.providers().iter().any(Provider::can_be_silent)
            && !is_over(auth, jar);
        may.then(|| Self(attempt(auth, jar)))
    }
}

/// Whether silent sign-in is allowed. After a sign-out, a revocation or an idle timeout it is not.
pub(crate) fn allows_silent_sign_in(current: &CurrentSession<Session>) -> bool {
    matches!(current, Ok(SessionState::SignedOut(None | Some(EndReason::Expired))))
}

/// Whether the guard or a ticket sent this request to `GET /auth/silent`, in a browser that keeps cookies. A
/// link cannot do that.
pub(crate) fn was_redirected_here(auth: &Auth, jar: Cookies<'_>) -> bool {
    let sent = has(auth, jar, SilentMark::Try) || may_resume(auth, jar);
    sent && !is_over(auth, jar)
}

/// Returns the sender of the request, the guard or a waiting tab; `None` if silent sign-in is not allowed.
pub(crate) fn attempt_initiator(
    auth: &Auth,
    jar: Cookies<'_>,
    current: &CurrentSession<Session>,
) -> Option<Initiator> {
    let by_guard = has(auth, jar, SilentMark::Try) && allows_silent_sign_in(current);
    if may_resume(auth, jar) { Some(Initiator::WaitingTab) } else { by_guard.then_some(Initiator::Guard) }
}

/// Whether a sign-in may still become a session. A sign-in that the visitor did not ask for may not, if the
/// session was ended while the sign-in was under way.
pub(crate) fn may_finish(
    auth: &Auth,
    jar: Cookies<'_>,
    current: &CurrentSession<Session>,
    initiator: Initiator,
) -> bool {
    match initiator {
        Initiator::Visitor => true,
        Initiator::WaitingTab => !was_ended(auth, jar),
        Initiator::Guard | Initiator::Frame => allows_silent_sign_in(current) && !was_ended(auth, jar),
    }
}

/// Returns where to send a visitor whom the provider does not know: back to the page if it is public, else to
/// the sign-in page. The page needs [`SilentMark::Tried`] in the browser, so that it does not redirect again.
pub(crate) fn after_refusal(auth: &Auth, site: &AppPages, jar: Cookies<'_>, wanted: &ReturnPath) -> String {
    let page = wanted.as_str().split(['?', '#']).next().unwrap_or_default();
    if site.public.is_page(page) && has(auth, jar, SilentMark::Tried) {
        return wanted.to_string();
    }
    site.pages.login_url(wanted.as_str())
}

/// Returns the cookies that let a waiting tab of this browser try once, whatever ended the last session. If
/// the attempt fails, [`ended`] must be set again.
pub(crate) fn resume(
    auth: &Auth,
    jar: Cookies<'_>,
    browser: BrowserKey,
    sign_in: SignInElsewhere,
) -> Vec<HeaderValue> {
    let mark = SilentMark::Resume(browser).seal_with(auth, &sign_in.to_bytes());
    let mut cookies = vec![jar.set(CookieKind::Silent, &mark, None)];
    let ended = ENDED.into_iter().filter(|kind| jar.values(*kind).next().is_some());
    cookies.extend(ended.map(|kind| jar.clear(kind)));
    cookies
}

/// Returns cookies that clear all marks in this browser, because the user has signed in by hand.
pub(crate) fn clear_marks(jar: Cookies<'_>) -> Vec<HeaderValue> {
    let remembered = [CookieKind::Silent, CookieKind::Ended, CookieKind::EndedHere]
        .into_iter()
        .filter(|kind| jar.values(*kind).next().is_some());
    remembered.map(|kind| jar.clear(kind)).collect()
}

/// Returns a cookie that clears the attempt when a page opens with a live session. The browser keeps the
/// session cookie, so another attempt cannot cause a redirect loop. After this session expires, silent
/// sign-in may run again.
pub(crate) fn clear_attempt(
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

/// Returns the cookie that prevents another attempt for half a day.
pub(crate) fn tried(auth: &Auth, jar: Cookies<'_>) -> HeaderValue {
    jar.set(CookieKind::Silent, &SilentMark::Tried.seal(auth), None)
}

/// Returns the cookies for [`SilentMark::Ended`]. One has the scope of the session cookie. If that scope is
/// shared, another is for this host only, and a neighbour cannot name it.
pub(crate) fn mark_sign_out(auth: &Auth, jar: Cookies<'_>) -> Vec<HeaderValue> {
    end_marks(auth, jar, SilentMark::Ended)
}

/// Returns the cookies for [`SilentMark::SignedOutLocally`]. Only a sign-in by hand brings the user back, because a
/// neighbour may have planted the handle that names the browser.
pub(crate) fn mark_local_sign_out(auth: &Auth, jar: Cookies<'_>) -> Vec<HeaderValue> {
    end_marks(auth, jar, SilentMark::SignedOutLocally)
}

fn end_marks(auth: &Auth, jar: Cookies<'_>, mark: SilentMark) -> Vec<HeaderValue> {
    let mark = mark.seal(auth);
    let kinds = ENDED.into_iter().filter(|kind| *kind == CookieKind::Ended || jar.is_shared());
    kinds.map(|kind| jar.set(kind, &mark, None)).collect()
}

/// Whether the session was ended in this browser, and the user has not signed in by hand since.
pub(crate) fn was_ended(auth: &Auth, jar: Cookies<'_>) -> bool {
    says(auth, jar, SilentMark::Ended) || signed_out_locally(auth, jar)
}

/// Whether the user signed out of this app only, and has not signed in by hand since.
pub(crate) fn signed_out_locally(auth: &Auth, jar: Cookies<'_>) -> bool {
    says(auth, jar, SilentMark::SignedOutLocally)
}

/// Whether the session was ended in this browser after this time.
pub(crate) fn ended_since(auth: &Auth, jar: Cookies<'_>, at: DateTime<Utc>) -> bool {
    let mut marks = ENDED.into_iter().flat_map(|kind| jar.values(kind));
    marks.any(|value| SilentMark::Ended.open(auth, value).is_some_and(|ended_at| ended_at > at))
}

/// Returns the sign-in elsewhere for which a waiting tab of this browser comes back.
pub(crate) fn resumed(auth: &Auth, jar: Cookies<'_>) -> Option<SignInElsewhere> {
    let mark = SilentMark::Resume(auth.browsers().of(jar)?);
    let mut values = jar.values(CookieKind::Silent);
    values.find_map(|value| SignInElsewhere::read(&mark.open_with(auth, value)?.1))
}

fn says(auth: &Auth, jar: Cookies<'_>, mark: SilentMark) -> bool {
    ENDED.into_iter().any(|kind| jar.values(kind).any(|value| mark.open(auth, value).is_some()))
}

/// The cookies that hold [`SilentMark::Ended`] and [`SilentMark::SignedOutLocally`].
const ENDED: [CookieKind<'static>; 2] = [CookieKind::Ended, CookieKind::EndedHere];

fn is_over(auth: &Auth, jar: Cookies<'_>) -> bool {
    has(auth, jar, SilentMark::Tried) || was_ended(auth, jar)
}

fn may_resume(auth: &Auth, jar: Cookies<'_>) -> bool {
    auth.browsers().of(jar).is_some_and(|browser| has(auth, jar, SilentMark::Resume(browser)))
}

fn has(auth: &Auth, jar: Cookies<'_>, mark: SilentMark) -> bool {
    let now = auth.clock().now();
    let lifetime = if mark == SilentMark::Tried { TRIED_LIFETIME } else { ATTEMPT_LIFETIME };
    jar.values(CookieKind::Silent)
        .any(|value| mark.open(auth, value).is_some_and(|made_at| now < made_at + lifetime))
}

/// Whether the browser says that the answer becomes the page in a tab now. A prefetch does not count.
fn is_tab_navigation(method: &Method, headers: &HeaderMap) -> bool {
    let said = FetchMetadata::of(headers);
    *method == Method::GET && said.is_page_navigation() && !said.is_prefetch()
}

#[cfg(test)]
mod tests {
    use super::*;
    use auth_types::SessionUnavailable;

    #[test]
    fn only_a_page_that_opens_in_a_tab_now_counts() {
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
    fn silent_sign_in_needs_no_earlier_session_or_an_expired_one() {
        for (reason, open) in [
            (None, true),
            (Some(EndReason::Expired), true),
            (Some(EndReason::SignedOut), false),
            (Some(EndReason::Revoked), false),
            (Some(EndReason::Idle), false),
            (Some(EndReason::UserChanged), false),
        ] {
            assert_eq!(allows_silent_sign_in(&Ok(SessionState::SignedOut(reason))), open, "{reason:?}");
        }
        assert!(!allows_silent_sign_in(&Err(SessionUnavailable)));
    }
}
