//! Test helpers that render components as in a request.

use auth_types::{
    Accent, AppInfo, CurrentSession, PageContext, PageSession, Pages, PublicSession, PublicUser,
    SessionDetails, SessionState, TabFacts,
};
use leptos::prelude::*;

/// A page of the app "Games" with this session and no providers.
pub(crate) fn page_with(session: CurrentSession<PageSession>) -> PageContext {
    PageContext {
        app: AppInfo {
            name: "Games".to_owned(),
            origin: "http://localhost:4201".to_owned(),
            identity_origin: None,
            notice: None,
            accent: Accent::default(),
        },
        session,
        providers: Vec::new(),
        frame_origins: Vec::new(),
        pages: Pages::default(),
        public: &[],
        tab: TabFacts::default(),
    }
}

/// A live session of a user with this name.
pub(crate) fn signed_in(name: &str) -> CurrentSession<PageSession> {
    Ok(SessionState::SignedIn(PageSession {
        session: live_session(name),
        facts: SessionDetails {
            public_id: "public".to_owned(),
            provider: "demo".to_owned(),
            signed_in_at: "2029-01-01T00:00:00Z".to_owned(),
            last_seen_at: "2029-01-01T00:00:00Z".to_owned(),
            absolute_expires: "2030-01-01T00:00:00Z".to_owned(),
            has_provider_session: false,
        },
    }))
}

/// The public part of a live session of a user with this name.
pub(crate) fn live_session(name: &str) -> PublicSession {
    PublicSession {
        user: PublicUser {
            id: "demo:1".to_owned(),
            name: name.to_owned(),
            email: None,
            picture: None,
            data: Default::default(),
        },
        expires: "2030-01-01T00:00:00Z".to_owned(),
    }
}

/// Renders `view` on `page`, and returns the HTML.
pub(crate) fn render<V: RenderHtml>(page: PageContext, view: impl FnOnce() -> V) -> String {
    Owner::new().with(|| {
        provide_context(page);
        view().to_html()
    })
}
