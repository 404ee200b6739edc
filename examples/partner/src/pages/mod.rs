//! The pages.

mod members;
mod public;

pub(crate) use members::{Dashboard, Notes, Number, Protected, SessionPage};
pub(crate) use public::{Home, Login, NotFound, Public, SignOut, SignedOutPage, SsrLogin};
