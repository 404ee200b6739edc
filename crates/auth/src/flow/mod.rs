//! The flows, as pure steps: [`Pending::begin`] → [`Pending::check`] → [`Authorized`] → (the
//! provider) → a new session. Clock and randomness are arguments; these steps talk to nobody.
//!
//! `flow` and `provider` know each other: a step names what the provider answers, and the provider names the step that
//! an answer belongs to, so that no answer can be used out of order.
//!
//! Between the steps [`Flows`] keeps them: sealed, single-use, and bound to the browser that began.

mod callback;
mod cookies;
mod error;
mod pending;

pub use callback::{Callback, Outcome};
pub use cookies::{Flow, Flows};
pub use error::FlowError;
pub use pending::{AuthorizeHints, Authorized, Initiator, NewSignIn, Pending, SigningOut, code_challenge};
