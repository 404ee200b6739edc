//! The first value of a page's session, which the server writes and the browser reads.

#[cfg(not(feature = "ssr"))]
use auth_types::SessionState;
use auth_types::{CurrentSession, Pages, ProviderView, PublicSession, TabFacts};
use serde::{Deserialize, Serialize};

/// What a page knows at its start. It cannot hold a token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Seed {
    pub(crate) session: CurrentSession<PublicSession>,
    pub(crate) tab: TabFacts,
    pub(crate) pages: Pages,
    /// The public pages, or patterns for them.
    pub(crate) public: Vec<String>,
    pub(crate) providers: Vec<ProviderView>,
}

impl Seed {
    /// The seed of the current request. Without a request the visitor counts as signed out.
    pub(crate) fn of_request() -> Self {
        #[cfg(feature = "ssr")]
        {
            let page = crate::page();
            Self {
                session: page.session.map(|state| state.map(|live| live.session)),
                tab: page.tab,
                pages: page.pages,
                public: page.public.iter().map(|path| (*path).to_owned()).collect(),
                providers: page.providers,
            }
        }
        #[cfg(not(feature = "ssr"))]
        Self {
            session: Ok(SessionState::SignedOut(None)),
            tab: TabFacts::default(),
            pages: Pages::default(),
            public: Vec::new(),
            providers: Vec::new(),
        }
    }
}
