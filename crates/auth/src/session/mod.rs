//! The session: its record, how long it lives, how it travels in a cookie, and how a request gets it.

mod activity;
mod app_data;
mod browser_name;
mod cache;
mod cookie;
mod data;
mod devices;
mod ending;
mod engine;
mod extract;
mod id;
mod middleware;
mod options;
mod policy;
mod refresh;
mod resolve;
mod shown;
pub(crate) mod silent;
mod tokens;

pub use self::cookie::{CookieKind, CookieSettings, set_cookies};
pub use activity::IdleEnd;
pub(crate) use app_data::AppDataType;
pub use app_data::UpdateError;
use data::DataError;
pub use engine::{NewSession, SessionUnavailable, Sessions};
pub use extract::{RequireSession, Session};
pub use id::SessionId;
pub use middleware::CurrentSession;
pub(crate) use middleware::resolve;
pub use options::{SameSite, SessionOptions};
pub use policy::{Activity, SessionPolicy};
pub use refresh::{RefreshError, Refresher};
pub use resolve::Resolution;
pub use session_store::{SessionKey, SessionRecord, User};
pub(crate) use shown::rfc3339;
pub use tokens::Tokens;
