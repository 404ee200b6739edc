//! Pages that all apps share.

mod login;
mod not_found;
mod parts;
mod sign_out;
mod signed_out;

pub use login::LoginPage;
pub use not_found::NotFound;
pub use parts::{PageTitle, SessionUnavailable};
pub use sign_out::SignOutPage;
pub use signed_out::SignedOutPage;
