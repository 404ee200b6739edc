//! Telling the apps that somebody signed in in a browser, so that its waiting tabs come back (article 4; the app's half
//! is [`auth::browser`]).

mod announce;
mod handle;

pub(crate) use announce::Announcer;
#[cfg(test)]
pub(crate) use announce::event_token;
use handle::BrowserHandle;
