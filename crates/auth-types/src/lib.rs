#![doc = include_str!("../README.md")]
//!
//! Session data reaches HTML, JSON and WebAssembly only as one of these types: the Backend For Frontend keeps
//! tokens on the server (draft-ietf-oauth-browser-based-apps §6.1).

mod accent;
mod app_data;
mod device;
mod error;
mod flow_trace;
mod page;
mod pages;
mod session;
mod state;
mod urls;

pub use accent::Accent;
pub use app_data::{AppData, Invalid, PublicData};
pub use device::DeviceView;
pub use error::SignInError;
pub use flow_trace::{FlowKind, FlowOutcome, FlowTrace, Party, StepKind, TraceStep};
pub use page::{AppInfo, AppPresence, PageContext, PageSession, ProviderView, RegisteredApp, SessionDetails};
pub use pages::{Pages, path_matches};
pub use session::{PublicSession, PublicUser, SessionStatus, SessionTimes, TabFacts};
pub use state::{CurrentSession, EndReason, SessionState, SessionUnavailable};
pub use urls::{encode_query, silent_url};

/// The header by which a page says that a request follows the user's input, so that the request counts as activity.
/// Without it only navigations do.
pub const ACTIVITY_HEADER: &str = "x-session-activity";
