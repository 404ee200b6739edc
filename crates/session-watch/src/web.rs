//! The watch in a browser: [`Watch`] starts and stops it.
//!
//! Each adaptor is one file. It turns what the browser says into an [`Event`](crate::Event) for its sink, and does
//! what an [`Effect`](crate::Effect) asks of it. It does not know who receives its events.

mod activity;
mod channel;
pub mod fetch;
mod hub;
mod lifecycle;
mod listener;
mod lock;
mod server;
mod sink;
mod stream;
mod watch;
mod window;

pub use server::{SessionView, session};
pub use watch::{Controls, Watch};
