//! The cookies there are.

/// Which cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieKind<'a> {
    /// The session id. Shared across the cookie domain, where one is set.
    Session,
    /// Ties one sign-in or sign-out under way to this browser. Host-only, a few minutes long. Each flow has its own
    /// cookie, told apart by this tag, so that two tabs do not overwrite each other's.
    Flow(&'a str),
    /// Whether this browser session has tried a silent sign-in. Shared as far as the session cookie.
    Silent,
    /// The session was ended in this browser, and the user has not signed in by hand since. Shared as far as the
    /// session cookie. Separate from [`Silent`](Self::Silent), so that no slow answer overwrites it.
    Ended,
    /// Like [`Ended`](Self::Ended), for this host alone: a neighbour on the same domain cannot name it. (A neighbour
    /// that fills the browser's cookie jar can still push it out.)
    EndedHere,
    /// The provider that this browser signed in with last, where there are several.
    Provider,
    /// Identity's handle for this browser, until the browser closes. Host-only.
    Browser,
    /// Identity's reference for this browser, which lives as long as a session. Host-only.
    BrowserReference,
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
        }
    }
}
