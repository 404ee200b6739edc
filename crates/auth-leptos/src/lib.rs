#![doc = include_str!("../README.md")]
#![cfg_attr(
    any(feature = "ssr", feature = "hydrate"),
    expect(
        unreachable_pub,
        reason = "#[component] generates a public copy of the function in a private module"
    )
)]

/// The style sheet of the suite, for pages that do not use the components.
#[cfg(feature = "ssr")]
pub const STYLE: &str = include_str!("../style/suite.css");

#[cfg(any(feature = "ssr", feature = "hydrate"))]
mod call_error;
#[cfg(any(feature = "ssr", feature = "hydrate", feature = "watch"))]
mod check_session;
#[cfg(feature = "watch")]
pub mod client;
#[cfg(any(feature = "hydrate", feature = "watch"))]
mod dom;
pub mod links;
pub mod remaining;
#[cfg(any(feature = "ssr", feature = "hydrate"))]
mod sign_out_scope;

#[cfg(any(feature = "ssr", feature = "hydrate"))]
mod notice;
#[cfg(any(feature = "ssr", feature = "hydrate"))]
mod session;
#[cfg(any(feature = "ssr", feature = "hydrate"))]
mod site_notice;

#[cfg(feature = "ssr")]
mod components;
#[cfg(feature = "ssr")]
mod context;
#[cfg(feature = "ssr")]
mod csp;
#[cfg(feature = "ssr")]
mod document;
#[cfg(feature = "ssr")]
mod icon;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod require_auth;
#[cfg(feature = "ssr")]
pub mod serve;
#[cfg(all(test, feature = "ssr"))]
mod testing;

#[cfg(any(feature = "ssr", feature = "hydrate"))]
pub use sign_out_scope::SignOutScope;

#[cfg(any(feature = "ssr", feature = "hydrate"))]
pub use call_error::CallError;
#[cfg(feature = "ssr")]
pub use components::{
    Header, NavGuard, NavLink, Person, SessionWatch, SignInForms, When, initials, readable,
};
#[cfg(feature = "ssr")]
pub use context::{auth, current_path, current_path_and_query, page};
#[cfg(feature = "ssr")]
pub use csp::content_security_policy;
#[cfg(feature = "ssr")]
pub use document::{Scripts, document, has_scripts, send_policy};
#[cfg(feature = "ssr")]
pub use icon::icon;
#[cfg(any(feature = "ssr", feature = "hydrate"))]
pub use notice::{Notice, NoticeKind};
#[cfg(feature = "ssr")]
pub use require_auth::{refuse, require_auth};
#[cfg(feature = "islands")]
pub use session::SessionRoot;
#[cfg(all(feature = "islands", feature = "hydrate"))]
pub use session::hydrate_islands;
#[cfg(any(feature = "ssr", feature = "hydrate"))]
pub use session::{
    AfterEnd, CheckSession, Denied, GuardedParentRoute, GuardedRoute, IdleDialog, NavigationNotice,
    SessionBoundary, SessionClient, SessionContext, SessionEnded, SessionOptions, SignInButton,
    SignInButtons, SignInNotice, SignOutButton, SignedIn, SignedOut, provide_session, use_session,
};
#[cfg(any(feature = "ssr", feature = "hydrate"))]
pub use session_watch::{HubState, Role, Source, StreamKind, TabEvent, TabStatus};
#[cfg(any(feature = "ssr", feature = "hydrate"))]
pub use site_notice::SiteNotice;
