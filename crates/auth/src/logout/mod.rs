//! Single logout: a provider's session ends, and so does every session that was begun with it.
//!
//! A *logout token* (OpenID Connect Back-Channel Logout 1.0 §2.4) says so, server to server. The provider sends one to
//! identity, or to an app that is registered there itself; identity sends its own to each registered app. Receiving one
//! is the same for all: [`receive`].

mod notify;
mod receiver;
mod state;
mod token;

pub use crate::identity::Identity;
pub use crate::jws::is_identifier;
pub use notify::{LogoutNotice, NotifyApps};
pub use receiver::receive;
pub use state::{logout_state, origin_in_logout_state};
pub use token::LogoutToken;
