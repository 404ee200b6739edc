//! Components. The server renders them, including the parts that are hidden at first. For some components,
//! browser code in [`client`](crate::client) fills and shows those parts.

mod header;
mod nav_guard;
mod person;
mod session_watch;
mod sign_in;
mod when;

pub use header::{Header, NavLink};
pub use nav_guard::NavGuard;
pub use person::{Person, initials};
pub use session_watch::SessionWatch;
pub use sign_in::SignInForms;
pub use when::{When, readable};
