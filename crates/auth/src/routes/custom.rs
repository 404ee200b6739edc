//! For an app that answers a provider's callbacks itself, because more depends on them than its own sign-in. Identity is
//! one: other apps' flows come back there too.
//!
//! | | why it is open |
//! |---|---|
//! | [`CallbackRequest`] | what a callback is made of, and the one way to take a flow: once, in the browser that began it |
//! | [`finish_sign_in`], [`SignInOutcome`] | the rest of the app's own sign-in, once it is clear that it is its own; the outcome says whether others are to be told |
//! | [`finish_sign_out`] | the same for the way back from the provider's sign-out |
//! | [`receive_logout`] | a logout token, with something more to do before it counts as used: passing it on |
//! | [`navigation_only`] | callbacks are no answer to HEAD requests and prefetches |

pub use super::{
    backchannel_logout::receive_logout,
    callback::{CallbackRequest, SignInOutcome, finish_sign_in, finish_sign_out},
};
pub use crate::origin::navigation_only;
