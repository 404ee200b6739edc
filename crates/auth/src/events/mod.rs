//! Session events: the bus, and the event streams of tabs.

mod streams;

pub use session_store::{BusMessage, EventBus, Listeners, SessionEvent};
pub use streams::{Listener, StreamPermit, Streams, TooManyStreams};
