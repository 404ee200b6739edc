//! Single logout: when a provider's session ends, every session that began with it ends too.
//!
//! A *logout token* (OpenID Connect Back-Channel Logout 1.0 §2.4) reports the end, server to server. The
//! provider sends a token to identity, or to an app that is registered at the provider. Identity then sends a
//! token to each registered app. All receivers use [`receive`].

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
