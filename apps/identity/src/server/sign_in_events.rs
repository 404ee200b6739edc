//! Tells apps about a sign-in in a browser, so that their waiting tabs in that browser can resume (article
//! 4). The app's half is [`auth::sign_in_events`].

mod announcer;
mod handle;
mod receipt;

pub(crate) use announcer::Announcer;
#[cfg(test)]
pub(crate) use announcer::event_claims;
pub(crate) use handle::BrowserHandle;
pub(crate) use receipt::Receipt;
