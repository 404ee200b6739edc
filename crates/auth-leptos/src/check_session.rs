//! Session check on a public page (article 3, `checkSession`): finds out whether the visitor is signed in at
//! the provider, without leaving the page. A hidden frame loads `GET /auth/check-session`. If the browser
//! blocks the check, nothing happens.
//!
//! The markup is the component [`CheckSession`](crate::CheckSession).

#[cfg(any(feature = "hydrate", feature = "watch"))]
mod frame;

#[cfg(any(feature = "hydrate", feature = "watch"))]
pub(crate) use frame::SessionCheck;

/// The state of the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(any(feature = "hydrate", feature = "watch")),
    expect(dead_code, reason = "on a server the check never starts")
)]
pub(crate) enum Check {
    /// The check has not started.
    Idle,
    /// The page waits for the frame's answer.
    Asking,
    /// The silent sign-in succeeded: this app now has a session for the visitor.
    SignedIn,
    /// The provider has no signed-in user in this browser.
    LoginRequired,
    /// The check failed: blocked cookies, or a slow provider. This page does not check again.
    Unavailable,
}

impl Check {
    /// Returns the value of `data-check`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Asking => "asking",
            Self::SignedIn => "signed_in",
            Self::LoginRequired => "login_required",
            Self::Unavailable => "unavailable",
        }
    }
}
