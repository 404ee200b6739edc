//! What the HTTP tests share: a small browser, a provider on a socket, an app around the real router.
//! Real sockets, real cookies, a real OpenID Provider; only the clock stands still.
#![expect(clippy::unwrap_used, reason = "tests")]

mod app;
mod browser;
mod event_stream;
mod provider;

pub use app::{App, AppOptions, Configure, app_routes, bind, now};
pub use browser::{Browser, Page};
pub use event_stream::{EventStream, ServerEvent};
pub use provider::{CLIENT_SECRET, TestProvider};
