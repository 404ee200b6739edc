//! Pages that every app has, so that they exist once.

mod login;
mod not_found;
mod parts;
mod signed_out;

pub use login::LoginPage;
pub use not_found::NotFound;
pub use parts::{PageTitle, SessionUnavailable};
pub use signed_out::SignedOutPage;
