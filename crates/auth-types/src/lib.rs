#![doc = include_str!("../README.md")]
//!
//! Whatever is serialised into HTML, JSON or WebAssembly is one of these types (draft-ietf-oauth-browser-based-apps §6.1:
//! the Backend For Frontend keeps tokens on the server).

mod app_data;
mod device;
mod error;
mod login;
mod page;
mod pages;
mod session;

pub use app_data::{AppData, Invalid, PublicData};
pub use device::DeviceView;
pub use error::SignInError;
pub use login::{encode_query, silent_url};
pub use page::{
    AppInfo, AppPresence, EndReason, PageContext, ProviderView, RegisteredApp, SessionFacts, SessionState,
};
pub use pages::{Pages, fits};
pub use session::{PublicSession, PublicUser, SessionStatus, SessionTimes, TabFacts};
