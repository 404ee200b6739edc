//! What time it is, here and at the server.

use crate::browser::dom::{property, window};
use std::cell::Cell;

/// The clock of this machine, milliseconds since 1970.
#[expect(clippy::cast_possible_truncation, reason = "milliseconds of this era fit")]
pub(super) fn now() -> i64 {
    js_sys::Date::now() as i64
}

/// How far this machine's clock is from the server's. It may be a day off, and it may be set while we look.
pub(super) struct Clock {
    /// The server's less ours, milliseconds.
    offset: Cell<i64>,
    /// Whether a sample is to replace it, and not only to improve it.
    is_doubtful: Cell<bool>,
}

impl Clock {
    /// From what the page says: the server's time when it was written. It took a while to get here.
    pub(super) fn new(written: i64) -> Self {
        Self { offset: Cell::new(written - received().unwrap_or_else(now)), is_doubtful: Cell::new(false) }
    }

    /// The server's clock less ours.
    pub(super) fn offset(&self) -> i64 {
        self.offset.get()
    }

    /// The server's time.
    pub(super) fn server(&self) -> i64 {
        now() + self.offset.get()
    }

    /// Something arrived that the server sent at `sent`. The way here only ever makes the difference look
    /// smaller, so the largest is the best.
    pub(super) fn sample(&self, sent: i64) {
        let offset = sent - now();
        if self.is_doubtful.replace(false) || offset > self.offset.get() {
            self.offset.set(offset);
        }
    }

    /// Takes over what the tab found that listens to the server.
    pub(super) fn set(&self, offset: i64) {
        self.offset.set(offset);
        self.is_doubtful.set(false);
    }

    /// This machine's clock was set, or the machine slept.
    pub(super) fn doubt(&self) {
        self.is_doubtful.set(true);
    }

    /// Whether nothing has come from the server since.
    pub(super) fn is_doubtful(&self) -> bool {
        self.is_doubtful.get()
    }
}

/// When the first byte of the page arrived, by this machine's clock.
fn received() -> Option<i64> {
    let performance = window().performance()?;
    let entry = performance.get_entries_by_type("navigation").get(0);
    let since_start = property(&entry, "responseStart").as_f64()?;
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of this era fit")]
    (since_start > 0.0).then(|| (performance.time_origin() + since_start) as i64)
}
