//! What a server-rendered page knows about its request.

use crate::{Accent, CurrentSession, Pages, PublicSession, SessionState, TabFacts};
use serde::{Deserialize, Serialize};

/// Everything the pages need, resolved once per request before Leptos runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageContext {
    /// The app that answers, and the origin of the request.
    pub app: AppInfo,
    /// The visitor's session.
    pub session: CurrentSession<PageSession>,
    /// The sign-in options, in the configured order.
    pub providers: Vec<ProviderView>,
    /// Origins that the hidden frame of the session check passes.
    pub frame_origins: Vec<String>,
    /// The paths of the app's sign-in pages.
    pub pages: Pages,
    /// The public pages, as paths or as patterns for [`path_matches`](crate::path_matches). All other pages need a session.
    /// The server's guard and the browser's link check both read this list (article 2, "Handling
    /// Authorization Per Route").
    pub public: &'static [&'static str],
    /// The facts for the page's tab. Without a session, its times are those of the page.
    pub tab: TabFacts,
}

impl PageContext {
    /// Returns the live session, if there is one.
    #[must_use]
    pub fn live_session(&self) -> Option<&PageSession> {
        self.session.as_ref().ok().and_then(SessionState::session)
    }
}

/// The app's name and origins, for its own pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppInfo {
    /// Display name, for example "Games".
    pub name: String,
    /// The origin of this request, for example `http://localhost:4201`.
    pub origin: String,
    /// The identity app's origin, if this app signs in through identity.
    pub identity_origin: Option<String>,
    /// A sentence for the top of every page, as text (`AUTH_NOTICE`).
    pub notice: Option<String>,
    /// The app's colour (`APP_ACCENT`).
    pub accent: Accent,
}

/// A live session, as a page may show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageSession {
    /// The part that every page may show.
    pub session: PublicSession,
    /// The details that only the user's own `/session` page shows.
    pub facts: SessionDetails,
}

/// Session details that only the session's user sees. All times are RFC 3339, UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionDetails {
    /// Public handle of the session (never the session id).
    pub public_id: String,
    /// The provider's id, for example "auth0".
    pub provider: String,
    /// When the user signed in to this app.
    pub signed_in_at: String,
    /// Last recorded user activity. Recording lags by up to a minute.
    pub last_seen_at: String,
    /// When the session ends, regardless of activity.
    pub absolute_expires: String,
    /// Whether the provider sent a `sid`, by which single logout finds this session.
    pub has_provider_session: bool,
}

/// A sign-in option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderView {
    /// Id used in URLs: `/auth/signin/{id}`.
    pub id: String,
    /// Name on the button: "Sign in with {name}".
    pub name: String,
    /// An image beside the name: a path of this app.
    #[serde(default)]
    pub icon: Option<String>,
    /// `false` if the provider did not answer recently.
    pub available: bool,
}

/// An app in identity's registry, as identity's launcher page lists it. Contains no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredApp {
    /// Display name, for example "Games".
    pub name: String,
    /// The client id that the app uses at identity.
    pub client_id: String,
    /// One line below the name; can be empty.
    pub description: String,
    /// URL of a picture, if there is one.
    pub icon: Option<String>,
    /// The app's origins, or one-label patterns of origins, in the order of the registry.
    pub origins: Vec<String>,
    /// The origin that the launcher opens; `None` if the launcher cannot open this app.
    pub launch_origin: Option<String>,
    /// Whether this browser has a live session at the app.
    pub presence: AppPresence,
}

/// Whether a browser has a live session at an app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum AppPresence {
    /// The browser has a live session.
    Active,
    /// The browser has no live session.
    None,
    /// The app gave no answer.
    #[default]
    Unknown,
}
