//! Components. The server renders them, including the parts that are hidden at first. For some components,
//! browser code in [`client`](crate::client) fills and shows those parts.

mod header;
mod nav_guard;
mod notice;
mod person;
mod session_probe;
mod session_watch;
mod sign_in;
mod tab_panel;
mod when;

pub use header::{Header, NavLink};
pub use nav_guard::NavGuard;
pub use notice::{Notice, NoticeKind};
pub use person::{Person, initials};
pub use session_probe::SessionProbe;
pub use session_watch::SessionWatch;
pub use sign_in::SignInForms;
pub use tab_panel::TabPanel;
pub use when::{TimeLeft, When};
