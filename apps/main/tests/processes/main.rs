//! The built program as its operators run it: several processes on one store, and what they do when the
//! store, the network or the process itself goes away.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod bus;
mod killed;
mod lost;
mod replicas;
mod start;
mod stopped;
mod support;
