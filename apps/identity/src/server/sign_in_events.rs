//! Telling the apps that somebody signed in in a browser, so that its waiting tabs come back (article 4; the app's half
//! is [`auth::sign_in_events`]).

mod announcer;
mod handle;

pub(crate) use announcer::Announcer;
#[cfg(test)]
pub(crate) use announcer::event_token;
use handle::BrowserHandle;
