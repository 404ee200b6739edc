//! The pages of identity that no other app has.

mod home;
mod tour;

pub(crate) use home::Home;
