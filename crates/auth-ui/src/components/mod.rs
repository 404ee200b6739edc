//! Components that render on the server and need no script.

mod gates;
mod header;
mod notice;
mod person;
mod session_watch;
mod sign_in;
mod sign_out;
mod tab_panel;
mod when;

pub use gates::{SignedIn, SignedOut};
pub use header::{Header, NavLink};
pub use notice::{Notice, NoticeKind};
pub use person::{Person, initials};
pub use session_watch::SessionWatch;
pub use sign_in::SignInForms;
pub use sign_out::{SignOutForm, SignOutScope};
pub use tab_panel::TabPanel;
pub use when::{TimeLeft, When};
