//! The actions that a tab decides on.

use crate::{StreamKind, TabEvent, TabStatus};
use auth_types::EndReason;

/// An action to carry out. [`Tab::dispatch`](crate::Tab::dispatch) returns the effects in order; `web::Watch`
/// carries them out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    // The page: see `Host`.
    /// [`Host::show`](crate::Host::show)
    Show,
    /// [`Host::cover`](crate::Host::cover)
    Cover,
    /// [`Host::ended`](crate::Host::ended)
    Ended(EndReason),
    /// [`Host::restore`](crate::Host::restore)
    Restore,
    /// [`Host::sign_in_silently`](crate::Host::sign_in_silently)
    SignInSilently(String),
    /// [`Host::changed`](crate::Host::changed)
    Changed,
    /// [`Host::warn`](crate::Host::warn)
    Warn,
    /// [`Host::time_left`](crate::Host::time_left)
    TimeLeft(i64),
    /// [`Host::unreachable`](crate::Host::unreachable)
    Unreachable,
    /// [`Host::dismiss_warning`](crate::Host::dismiss_warning)
    DismissWarning,
    /// [`Host::status`](crate::Host::status)
    TabStatus(TabStatus),
    /// [`Host::on_event`](crate::Host::on_event)
    TabEvent(TabEvent),

    // The server.
    /// Ask the server for the current session; [`Event::Session`](crate::Event::Session) follows.
    AskSession,
    /// Report activity; [`Event::Activity`](crate::Event::Activity) follows.
    SendActivity {
        /// How long ago the user was active, milliseconds.
        ago: i64,
    },
    /// Ask the server to end the session because the user is idle;
    /// [`Event::IdleEnded`](crate::Event::IdleEnded) or [`Event::IdleRefused`](crate::Event::IdleRefused)
    /// follows.
    EndIdle {
        /// The last activity that the server has confirmed, milliseconds since 1970 by the server's clock.
        last_activity: i64,
    },
    /// Open this event stream, and close the previous stream.
    OpenStream(StreamKind),
    /// Close the event stream.
    CloseStream,

    // The other tabs of the origin.
    /// Start to receive messages from the other tabs.
    OpenChannel,
    /// Stop receiving messages from the other tabs. A message would evict a page from the back/forward cache.
    CloseChannel,
    /// Send this line to all other tabs.
    PostToTabs(String),
    /// Queue for the leader's lock; [`Event::LockGranted`](crate::Event::LockGranted) follows.
    QueueForLock,
    /// Take the lock from the tab that holds it.
    StealLock,
    /// Release the lock, and leave the queue.
    ReleaseLock,

    // The other apps of the site.
    /// Load the hub's frame when the browser is idle.
    LoadHub,
    /// Remove the hub's frame.
    UnloadHub,
    /// Send this line to the hub.
    PostToHub(&'static str),
}
