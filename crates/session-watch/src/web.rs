//! The browser adaptors, and [`Watch`], which starts and stops them.
//!
//! Each adaptor is one file. The adaptor sends browser events to its sink as [`Event`](crate::Event)s, and
//! carries out [`Effect`](crate::Effect)s. It does not know the receiver of its events.

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
pub use window::now;
