//! Tests of the built program as operators run it: several processes on one store, and failures of the store,
//! the network or a process.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod bus;
mod check;
mod descriptors;
mod drained;
mod killed;
mod lost;
mod metrics;
mod migrate;
mod mixed_versions;
mod replicas;
mod start;
mod stopped;
mod support;
