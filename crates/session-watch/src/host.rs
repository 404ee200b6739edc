//! The interface between the watch and the page.

use crate::{HubState, Role, StreamKind};
use auth_types::EndReason;

/// The watched page: shows, covers and removes the signed-in content, and warns of the idle limit.
///
/// At the start, the page shows its signed-in content. A host for server-rendered pages changes the document;
/// a host for reactive pages sets signals. Each method returns before the next event is dispatched. All times
/// are milliseconds.
pub trait Host {
    /// Shows the content again after [`cover`](Self::cover): the server has confirmed the user's session.
    fn show(&self);

    /// Covers the page until [`show`](Self::show) or [`ended`](Self::ended): its content may be out of date.
    fn cover(&self);

    /// Removes the signed-in content and says why the session ended. Also removes the cover and the warning.
    ///
    /// The watch calls this method again if another user signs in afterwards.
    fn ended(&self, reason: EndReason);

    /// Restores the content after [`ended`](Self::ended): the same user is signed in again. The watch takes
    /// no further decision about the session.
    fn restore(&self);

    /// Tries a silent sign-in after [`ended`](Self::ended): posts `ticket` to the endpoint that redirects to
    /// the provider and back. The watch takes no further decision about the session.
    fn sign_in_silently(&self, ticket: &str);

    /// Receives each clear answer of the server about the session; `None` without a session. The watch acts on the
    /// answer afterwards.
    #[cfg(feature = "browser")]
    fn session(&self, session: Option<&crate::web::SessionView>) {
        let _ = session;
    }

    /// Reports that the session's data, tokens or times changed, or that the session ended. Parts of the page
    /// may fetch the session again.
    fn changed(&self);

    /// Warns the user of the idle limit. The host reports the user's answer with `web::Controls::stay`.
    fn warn(&self);

    /// Updates the time left while the warning is shown; zero or less once the limit is reached.
    fn time_left(&self, left: i64);

    /// Says beside the warning that the server did not get the user's answer. The watch repeats the answer.
    fn unreachable(&self);

    /// Dismisses the warning.
    fn dismiss_warning(&self);

    /// Shows the tab's status, for readers and tests. The watch calls this method about once a second.
    fn status(&self, status: &TabStatus) {
        let _ = status;
    }

    /// Shows an event that the tab received, for readers and tests.
    fn on_event(&self, event: &TabEvent) {
        let _ = event;
    }
}

/// The current status of a tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TabStatus {
    /// The tab's role among the tabs of its origin.
    pub role: Role,
    /// The tab's open event stream, if any.
    pub stream: Option<StreamKind>,
    /// The state of the tab's connection to the hub.
    pub hub: HubState,
    /// The server's clock minus this machine's clock.
    pub offset: i64,
    /// The time since the user's last activity, in any tab.
    pub active: i64,
    /// The time until the idle limit; `None` without a limit.
    pub idle: Option<i64>,
    /// The time until the session ends.
    pub expires: i64,
}

/// An event that a tab received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TabEvent {
    /// When the tab received the event, by this machine's clock, milliseconds since 1970.
    pub at: i64,
    /// The sender of the event.
    pub source: Source,
    /// The event's name, as its sender calls it.
    pub name: String,
    /// The time from sending to receipt, if known.
    pub delay: Option<i64>,
}

/// The sender of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The server, on the event stream.
    Server,
    /// Another tab of the origin.
    Tab,
    /// The hub, on behalf of another app of the site.
    Hub,
}
