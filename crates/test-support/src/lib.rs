//! What the HTTP tests share: a small browser, a provider on a socket, an app around the real router.
//! Real sockets, real cookies, a real OpenID Provider; only the clock stands still. And for what only real
//! processes can show: the apps' binaries and private servers, which end with the test.
#![expect(clippy::unwrap_used, reason = "tests")]

mod app;
mod browser;
mod event_stream;
pub mod fuzz;
pub mod github;
pub mod process;
mod provider;
pub mod services;
mod until;

pub use app::{App, AppOptions, Configure, app_routes, bind, now};
pub use browser::{Browser, Page};
pub use event_stream::{EventStream, ServerEvent};
pub use provider::{CLIENT_SECRET, TestProvider};
pub use until::until;
