//! Single logout: a provider's session ends, and so does every session that was begun with it.
//!
//! A *logout token* (OpenID Connect Back-Channel Logout 1.0 §2.4) says so, server to server. The provider
//! sends one to identity; identity sends its own to each registered app ([`SigningKeys`]). Receiving one is
//! the same for both: [`LogoutToken::verify`].

mod announce;
mod fan_out;
mod receiver;
mod signing;
mod token;

pub use crate::jws::is_identifier;
pub use fan_out::{FanOut, Patience, Speaker};
pub use receiver::{Identity, LogoutRefusal, receive};
pub use signing::{LogoutNotice, SigningKeys};
pub use token::{Expected, LogoutToken, LogoutTokenError};

/// The member of `events` that makes a token a logout token (§2.4).
pub(crate) const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// Identity's claim with its reference for a browser, beside `sub`, for a provider that has no `sid`.
pub(crate) const BROWSER: &str = "browser";
/// Identity's claim with the moment of the signature, to the millisecond, by the same clock as `toe`: `iat` is whole.
pub(crate) const SIGNED_AT: &str = "signed_at";
/// The `typ` header of a logout token (§2.4).
pub(crate) const TYPE: &str = "logout+jwt";
