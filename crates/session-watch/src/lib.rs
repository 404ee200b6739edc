#![doc = include_str!("../README.md")]

#[cfg(feature = "browser")]
pub mod browser;
mod effect;
mod endpoints;
mod event;
mod host;
mod machine;
mod tab;

pub use effect::Effect;
pub use endpoints::Endpoints;
pub use event::{Event, ServerEvent, SessionAnswer, TimesAnswer};
pub use host::{Heard, Host, Readings, Source};
pub use machine::{hub::HubState, leadership::Role, listening::StreamKind};
pub use tab::Tab;
