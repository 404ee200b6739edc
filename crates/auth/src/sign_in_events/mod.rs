//! Coming back across sites (article 4: "provide a method of instantly redirecting back when any one of the
//! tabs logs back in").
//!
//! A tab of one site cannot see that the same browser signs in on another site. Identity can, because every
//! sign-in passes through identity:
//!
//! 1. Identity gives each browser a random *handle* in a session cookie, and derives another handle from it
//!    for each app. Only the app and identity can connect the app's handle with the browser.
//! 2. The app gets its handle on the way back from a sign-in, and keeps the handle in a session cookie
//!    ([`Browsers`]).
//! 3. After a sign-in by hand, the app sends back the receipt that came with the callback.
//! 4. Identity tells every registered app of the sign-in, server to server, with a signed event
//!    ([`BrowserEvent`]).
//! 5. The app's waiting tabs hear the event on `GET /auth/events?waiting`. One of them tries a silent
//!    sign-in, once.
//!
//! The event grants nothing: a tab asks the server, and the provider decides. Handles track no user beyond
//! the suite, or from one app to another: each app has its own handle, and handles are gone when the browser
//! closes. Stores, buses and other servers only ever get a handle's SHA-256 ([`BrowserKey`]).

mod event;
mod handle;
mod receipt;
mod waiting;

pub use event::BrowserEvent;
pub use handle::AppHandle;
pub use session_store::BrowserKey;
pub(crate) use waiting::SignInElsewhere;
pub use waiting::{Browsers, TicketError};

/// The callback parameter with the app's handle, which identity adds to the provider's parameters.
pub const HANDLE_PARAM: &str = "browser_handle";
/// The parameter with identity's reference for the browser, the same for all apps. An app keeps the reference
/// with the session. If the provider has no `sid`, the reference and the user together name the sessions that
/// a sign-out ends. Unlike the handle, the reference outlives the browser, as sessions do.
pub const REFERENCE_PARAM: &str = "browser_ref";
/// The parameter with the receipt for a sign-in. The app sends the receipt back once the sign-in is complete.
pub const RECEIPT_PARAM: &str = "sign_in_receipt";
