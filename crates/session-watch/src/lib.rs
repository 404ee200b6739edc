#![doc = include_str!("../README.md")]

mod effect;
mod endpoints;
mod event;
mod host;
mod machine;
mod tab;
#[cfg(feature = "browser")]
pub mod web;

pub use effect::Effect;
pub use endpoints::Endpoints;
pub use event::{Event, ServerEvent, SessionAnswer, TimesAnswer};
pub use host::{Host, Source, TabEvent, TabStatus};
pub use machine::{hub::HubState, leadership::Role, listening::StreamKind};
pub use tab::Tab;
