//! The kinds of cookies.

/// The kind of a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieKind<'a> {
    /// The session id. Shared across the cookie domain, if a domain is set.
    Session,
    /// Ties one sign-in or sign-out under way to this browser. Host-only, valid for a few minutes. Each flow
    /// has a separate cookie with its own tag, so that two tabs do not overwrite each other's.
    Flow(&'a str),
    /// Whether this browser has tried a silent sign-in. Has the scope of the session cookie.
    Silent,
    /// The session was ended in this browser, and the user has not signed in by hand since. Has the scope of
    /// the session cookie. Separate from [`Silent`](Self::Silent), so that a slow answer does not overwrite
    /// this cookie.
    Ended,
    /// Like [`Ended`](Self::Ended), for this host alone: a neighbour on the same domain cannot name this
    /// cookie. (Limitation: a neighbour that fills the browser's cookie jar can still push the cookie out.)
    EndedHere,
    /// The provider that this browser signed in with last, if the app has several.
    Provider,
    /// Identity's handle for this browser, until the browser closes. Host-only.
    Browser,
    /// Identity's reference for this browser, which lives as long as a session. Host-only.
    BrowserReference,
    /// The traces of this browser's latest flows (`AUTH_FLOW_TRACE`). Host-only, for a quarter of an hour.
    Trace,
}

impl<'a> CookieKind<'a> {
    /// The part of the name after the app's prefix, and the tag after that.
    pub(super) fn suffix(self) -> (&'static str, &'a str) {
        match self {
            Self::Session => (".session", ""),
            Self::Flow(tag) => (".flow.", tag),
            Self::Silent => (".silent", ""),
            Self::Ended => (".ended", ""),
            Self::EndedHere => (".ended_here", ""),
            Self::Provider => (".provider", ""),
            Self::Browser => (".browser", ""),
            Self::BrowserReference => (".browser_ref", ""),
            Self::Trace => (".trace", ""),
        }
    }
}
