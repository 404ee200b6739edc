//! The page, as the watch sees it.

use crate::{HubState, Role, StreamKind};
use auth_types::EndReason;

/// The page that is watched: how it shows, hides and says what the watch has found out.
///
/// The page begins shown, with its signed-in content. A host may change the document at once, as one for
/// server-rendered pages does, or set signals, as a reactive one would. The methods return before the next event
/// is dispatched. All times are milliseconds.
pub trait Host {
    /// Shows the signed-in content that [`cover`](Self::cover) has covered: the session is still the user's.
    fn show(&self);

    /// Covers the page until [`show`](Self::show) or [`ended`](Self::ended): what it shows may be out of date.
    fn cover(&self);

    /// Removes the signed-in content and says why the session ended. Ends a cover and a warning too. Comes a
    /// second time when another user has signed in since.
    fn ended(&self, reason: EndReason);

    /// Brings the content back after [`ended`](Self::ended): the same user is signed in again. The watch is over.
    fn restore(&self);

    /// Tries a silent sign-in after [`ended`](Self::ended): posts the ticket to the endpoint that leads past the
    /// provider and back. The watch is over.
    fn sign_in_silently(&self, ticket: &str);

    /// The session's data, tokens or times changed, or the session ended. Parts of the page may ask again.
    fn changed(&self);

    /// Warns the user of the idle limit. Their answer comes by `web::Controls::stay`.
    fn warn(&self);

    /// Says how long there is left while the warning is shown; zero or less when the limit is reached.
    fn time_left(&self, left: i64);

    /// Says beside the warning that the server did not get the user's answer. It is sent again.
    fn unreachable(&self);

    /// Takes the warning away.
    fn dismiss_warning(&self);

    /// Shows the machinery at work, for readers and tests: once a second.
    fn readings(&self, readings: &TabStatus) {
        let _ = readings;
    }

    /// Shows what was heard, for readers and tests.
    fn on_event(&self, on_event: &TabEvent) {
        let _ = on_event;
    }
}

/// What a tab knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TabStatus {
    /// Which part the tab plays among those of its origin.
    pub role: Role,
    /// The open event stream.
    pub stream: Option<StreamKind>,
    /// How far the tab is with the hub.
    pub hub: HubState,
    /// The server's clock less this machine's.
    pub offset: i64,
    /// The time since the user's last activity, in any tab.
    pub active: i64,
    /// The time until the idle limit; `None` without a limit.
    pub idle: Option<i64>,
    /// The time until the session ends.
    pub expires: i64,
}

/// One thing that a tab heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TabEvent {
    /// Who said it.
    pub source: Source,
    /// What it is called there.
    pub name: String,
    /// How long it was on its way, where that is known.
    pub delay: Option<i64>,
}

/// Who tells a tab something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The server, on the event stream.
    Server,
    /// Another tab of the origin.
    Tab,
    /// The hub, for another app of the site.
    Hub,
}
