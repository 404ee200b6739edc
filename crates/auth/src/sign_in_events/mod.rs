//! Coming back across sites (article 4: "provide a method of instantly redirecting back when any one of the
//! tabs logs back in").
//!
//! A tab of one site cannot see that the same browser signs in on another. Identity can, for every sign-in
//! passes through it. So it gives each browser a random *handle*, kept in a session cookie of its own, and each
//! app a handle derived from that one, which only this app and identity can connect with the browser. The app
//! gets it on the way back from a sign-in and keeps it in a session cookie
//! ([`Browsers`]). When somebody has signed in by hand, the app gives back the receipt that came along, and
//! identity tells every registered app, server to server, by a signed event ([`BrowserEvent`]). The app's waiting tabs hear it on `GET /auth/events?waiting` and one of them tries
//! a silent sign-in, once.
//!
//! The event grants nothing: a tab asks the server, and the provider decides. Nobody is followed beyond the
//! suite, or from one app to another: handles are per app, and gone when the browser is closed. What is stored,
//! carried on a bus or sent to a server is only ever a handle's SHA-256 ([`BrowserKey`]).

mod event;
mod handle;
mod receipt;
mod waiting;

pub use event::BrowserEvent;
pub use handle::AppHandle;
pub use session_store::BrowserKey;
pub use waiting::{Browsers, TicketError};

/// The parameter in which identity passes an app its handle, beside the provider's own.
pub const HANDLE_PARAM: &str = "browser_handle";
/// The parameter with identity's reference for the browser, the same for all apps. An app keeps it with the session:
/// where a provider has no `sid`, it names, together with the user, the sessions that a sign-out ends. Unlike the
/// handle it outlives the browser, as sessions do.
pub const REFERENCE_PARAM: &str = "browser_ref";
/// The parameter with the receipt for a sign-in, which the app gives back once it is complete.
pub const RECEIPT_PARAM: &str = "sign_in_receipt";
