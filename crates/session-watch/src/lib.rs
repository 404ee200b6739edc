//! What a tab makes of what it hears about its session (article 4): pure state machines.
//!
//! - [`session`]: does the page still show a session, and whose?
//! - [`leadership`]: which tab of the origin listens to the server for all of them?
//! - [`idle`]: when was the user last active, in any tab, and when are they away for too long?
//! - [`message`]: the lines that the tabs of an origin send each other.
//! - [`allowance`]: a rate limit for messages and questions.
//!
//! No machine knows the time or a browser. The time is an argument, in milliseconds, and the caller carries
//! out what a machine returns. So a night's sleep, a frozen tab or a wrong clock is a line in a test.

pub mod allowance;
pub mod idle;
pub mod leadership;
pub mod message;
pub mod session;
