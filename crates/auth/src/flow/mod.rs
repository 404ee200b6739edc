//! The sign-in and sign-out flows as pure steps: [`Pending::begin`] → [`Pending::check`] → [`Authorized`] →
//! (the provider) → a new session. Clock and randomness are arguments; the steps do no I/O.
//!
//! `flow` and `provider` depend on each other: a step names the provider's answers, and the provider names
//! the step that an answer belongs to. So no answer can be used out of order.
//!
//! Between the steps, [`Flows`] keeps each flow sealed, single-use, and bound to the
//! browser where the flow began.

mod callback;
mod cookies;
mod error;
mod hints;
mod pending;
mod state;

pub use callback::{Callback, Outcome};
pub(crate) use cookies::{Departure, Silent};
pub use cookies::{Flow, Flows};
pub use error::FlowError;
pub use hints::AuthorizeHints;
pub use pending::{Authorized, Initiator, NewSignIn, Pending, SigningOut, code_challenge};
pub(crate) use state::names as state_names;
