//! The sink for the adaptors' events.

use crate::Event;
use std::rc::Rc;

/// Takes events; cheap to clone. The sink hides the receiver from the adaptors.
#[derive(Clone)]
pub(super) struct EventSink(Rc<dyn Fn(Event)>);

impl EventSink {
    pub(super) fn new(receive: impl Fn(Event) + 'static) -> Self {
        Self(Rc::new(receive))
    }

    pub(super) fn send(&self, event: Event) {
        (self.0)(event);
    }
}
