//! Sessions: the record, its lifetime, the cache, and the session of a request.

mod activity;
mod app_data;
mod browser_name;
mod cache;
mod current;
mod data;
mod devices;
mod ending;
mod engine;
pub mod hooks;
mod live;
mod policy;
mod resolve;
mod tokens;
mod views;

pub use activity::IdleEnd;
pub(crate) use app_data::AppDataType;
pub use app_data::UpdateError;
pub use auth_types::{CurrentSession, SessionState};
pub(crate) use current::page_state;
pub use engine::{NewSession, Sessions};
pub use live::Session;
pub use policy::{Activity, SessionPolicy};
pub use session_store::{SessionKey, SessionRecord, User};
pub(crate) use tokens::SealedTokens;
pub use tokens::Tokens;
pub(crate) use views::rfc3339;
