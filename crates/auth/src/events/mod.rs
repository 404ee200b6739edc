//! What happens to sessions, for those who listen: the bus, and the streams that are open on it.

mod streams;

pub use session_store::{BusMessage, EventBus, Listeners, SessionEvent};
pub use streams::{Listener, StreamPermit, Streams, TooManyStreams};
