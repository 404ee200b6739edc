//! Support for HTTP tests: a small browser, an OpenID Provider on a socket, and an app with the real router.
//!
//! Sockets, cookies and the provider are real; only the clock stands still. Tests that need real processes
//! start the apps' binaries and private servers, which end with the test.
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
