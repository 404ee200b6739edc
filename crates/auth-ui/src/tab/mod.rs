//! What a tab makes of what it hears (article 4): three pure machines, events in, things to do out. The
//! browser's side, which feeds them and does what they say, is `browser`.
//!
//! - [`session`]: does the page still show a session, and whose?
//! - [`leadership`]: which tab of the origin listens to the server for all of them?
//! - [`idle`]: when was the user last active, in any tab, and when are they away for too long?
//!
//! None of them knows the time or a browser: the time is an argument, in milliseconds, and what they say is
//! done by somebody else. So a night's sleep, a frozen tab or a wrong clock is a line in a test.
//!
//! [`message`] is how the tabs of an origin talk to each other, and [`allowance`] how much of it a tab puts
//! up with.

pub mod allowance;
pub mod idle;
pub mod leadership;
pub mod message;
pub mod session;
