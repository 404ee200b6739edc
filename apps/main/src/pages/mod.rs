//! The pages of the main app, one file each.

mod dashboard;
mod home;
mod parts;
mod protected;
mod public;
mod session;
mod ssr_login;
mod tour;

pub(crate) use dashboard::Dashboard;
pub(crate) use home::Home;
pub(crate) use protected::Protected;
pub(crate) use public::Public;
pub(crate) use session::Session;
pub(crate) use ssr_login::SsrLogin;
