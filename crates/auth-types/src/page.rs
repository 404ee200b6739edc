//! What a server-rendered page knows about the request it answers.

use crate::{Pages, PublicSession, TabFacts};
use serde::{Deserialize, Serialize};

/// Everything the pages need, resolved once per request before Leptos runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageContext {
    /// Which app is answering, and under which origin.
    pub app: AppInfo,
    /// What the session check found.
    pub session: SessionState,
    /// The ways to sign in, in the order they are configured.
    pub providers: Vec<ProviderView>,
    /// Origins that the redirects after a sign-in or sign-out form pass through. Chromium applies the
    /// CSP's `form-action` to those redirects too, so the page's policy must name them.
    pub form_action: Vec<String>,
    /// Where the app has the pages that sign-in needs.
    pub pages: Pages,
    /// The pages that everybody may open, or patterns of them. Everything else is denied by default: the server's guard and
    /// the browser's check before a link is followed (article 2, "Handling Authorization Per Route") both read this list.
    pub public: &'static [&'static str],
    /// What the page's tab has to know of the session; `None` signed out.
    pub tab: Option<TabFacts>,
}

/// The app as its own pages name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppInfo {
    /// Display name, for example "Games".
    pub name: String,
    /// The origin this request came to, for example `http://localhost:4201`.
    pub origin: String,
    /// The identity app's origin when this app signs in through the proxy.
    pub identity_origin: Option<String>,
}

/// What the session check found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    target_pointer_width = "64",
    expect(clippy::large_enum_variant, reason = "one per request, and most requests are signed in")
)]
pub enum SessionState {
    /// A live session.
    SignedIn {
        /// What everybody may see of it.
        session: PublicSession,
        /// What the user's own `/session` page shows on top.
        facts: SessionFacts,
    },
    /// None; the reason is there when a session of this browser has ended.
    SignedOut(Option<EndReason>),
    /// The store did not answer: neither signed in nor signed out.
    Unavailable,
}

impl SessionState {
    /// The live session, if there is one.
    #[must_use]
    pub fn session(&self) -> Option<&PublicSession> {
        match self {
            Self::SignedIn { session, .. } => Some(session),
            Self::SignedOut(_) | Self::Unavailable => None,
        }
    }
}

/// Facts about a session for its own user. All times are RFC 3339, UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionFacts {
    /// Public handle of the session (never the session id).
    pub public_id: String,
    /// The provider's id, for example "auth0".
    pub provider: String,
    /// When the user signed in to this app.
    pub signed_in_at: String,
    /// Last user activity that was written down (at most once a minute).
    pub last_seen_at: String,
    /// When the session ends whatever the user does.
    pub absolute_expires: String,
    /// Whether the provider named its own session (`sid`), so that single logout can reach this one.
    pub has_provider_session: bool,
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The user signed out here.
    SignedOut,
    /// Its time was up, or it could not be renewed.
    Expired,
    /// Ended from elsewhere: another device, the provider, single logout.
    Revoked,
    /// The user was away for too long.
    Idle,
    /// Another user signed in.
    UserChanged,
}

impl EndReason {
    /// The name used in storage, JSON and URLs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Idle => "idle",
            Self::UserChanged => "user_changed",
        }
    }

    /// The reverse of [`as_str`](Self::as_str).
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::SignedOut, Self::Expired, Self::Revoked, Self::Idle, Self::UserChanged]
            .into_iter()
            .find(|reason| reason.as_str() == name)
    }

    /// A sentence for the user.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::SignedOut => "You signed out.",
            Self::Expired => "Your session expired.",
            Self::Revoked => "Your session was ended from another place.",
            Self::Idle => "You were away for a while, so we signed you out.",
            Self::UserChanged => "Another user signed in.",
        }
    }
}

/// One way to sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderView {
    /// Id used in URLs: `/auth/signin/{id}`.
    pub id: String,
    /// Name on the button: "Sign in with {name}".
    pub name: String,
    /// False when the provider did not answer lately.
    pub available: bool,
}

/// An app in identity's registry, as its own page lists it. No secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredApp {
    /// Display name, for example "Games".
    pub name: String,
    /// The client id it signs in with at identity.
    pub client_id: String,
    /// One line below the name, or empty.
    pub description: String,
    /// URL of a picture, if there is one.
    pub icon: Option<String>,
    /// Its origins, or one-label patterns of origins, in the order of the registry.
    pub origins: Vec<String>,
    /// The origin at which the launcher opens it; `None` where it does not.
    pub opens_at: Option<String>,
    /// Whether this browser is signed in there.
    pub presence: AppPresence,
}

/// Whether a browser has a live session at an app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum AppPresence {
    /// It has.
    Active,
    /// It has not.
    None,
    /// The app did not say.
    #[default]
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_reads_back_from_its_name() {
        for reason in [
            EndReason::SignedOut,
            EndReason::Expired,
            EndReason::Revoked,
            EndReason::Idle,
            EndReason::UserChanged,
        ] {
            assert_eq!(EndReason::parse(reason.as_str()), Some(reason));
        }
        assert_eq!(EndReason::parse("<b>"), None);
    }
}
