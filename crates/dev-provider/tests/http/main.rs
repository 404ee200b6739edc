//! The provider on a real socket, asked as browsers and relying parties ask it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod authorize;
mod backchannel;
mod faults;
mod guard;
mod login;
mod logout;
mod refresh;
mod support;
mod token;
