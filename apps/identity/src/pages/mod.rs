//! The pages of identity that no other app has.

mod home;

pub(crate) use home::Home;
