//! Pure state machines: the time is an argument, and the caller carries out the outputs. So a test can
//! simulate a long sleep, a frozen tab or a wrong clock in one line.
//!
//! The machines [`session`], [`leadership`] and [`idle`] decide; the other modules keep state for them.

pub(crate) mod clock;
pub(crate) mod hub;
pub(crate) mod idle;
pub(crate) mod leadership;
pub(crate) mod listening;
pub(crate) mod message;
pub(crate) mod rate_limit;
pub(crate) mod session;
pub(crate) mod sleep;
