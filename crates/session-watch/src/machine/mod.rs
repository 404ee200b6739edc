//! Pure state machines: the time is an argument, and the caller carries out what they return. So a night's
//! sleep, a frozen tab or a wrong clock is a line in a test.
//!
//! Three of them decide; the other files keep count for them.

pub(crate) mod clock;
pub(crate) mod hub;
pub(crate) mod idle;
pub(crate) mod leadership;
pub(crate) mod listening;
pub(crate) mod message;
pub(crate) mod rate_limit;
pub(crate) mod session;
pub(crate) mod sleep;
