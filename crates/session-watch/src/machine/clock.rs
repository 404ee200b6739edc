//! Estimates the server's time.

/// The offset between this machine's clock and the server's clock. This machine's clock may be a day off, and
/// the user may change it.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    /// The server's clock minus this machine's clock, milliseconds.
    offset: i64,
    /// Whether the next sample replaces the offset, instead of only improving it.
    is_doubtful: bool,
}

impl Clock {
    /// Creates a clock from a page that the server rendered at `written`, by the server's clock. The page
    /// arrived at `received`, by this machine's clock.
    pub(crate) fn new(written: i64, received: i64) -> Self {
        Self { offset: written - received, is_doubtful: false }
    }

    /// Returns the server's clock minus this machine's clock, milliseconds.
    pub(crate) fn offset(&self) -> i64 {
        self.offset
    }

    /// Returns the server's time when this machine's clock shows `now`.
    pub(crate) fn server(&self, now: i64) -> i64 {
        now + self.offset
    }

    /// Samples the offset from a message that the server sent at `sent` and that arrived at `now`. Network
    /// delay only makes the difference smaller, so the largest sample is the best.
    pub(crate) fn sample(&mut self, sent: i64, now: i64) {
        let offset = sent - now;
        if self.is_doubtful || offset > self.offset {
            self.offset = offset;
        }
        self.is_doubtful = false;
    }

    /// Adopts the offset of the tab that listens to the server.
    pub(crate) fn set(&mut self, offset: i64) {
        self.offset = offset;
        self.is_doubtful = false;
    }

    /// Marks the offset as doubtful: this machine's clock was changed, or the machine slept.
    pub(crate) fn mark_doubtful(&mut self) {
        self.is_doubtful = true;
    }

    /// Returns whether the offset is doubtful, because no sample has arrived since the change.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.is_doubtful
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_delayed_sample_counts() {
        let mut clock = Clock::new(1_000, 400);
        clock.sample(2_000, 1_450);
        assert_eq!(clock.offset(), 600, "50 ms more network delay");
        clock.sample(3_000, 2_390);
        assert_eq!((clock.offset(), clock.server(3_000)), (610, 3_610));
    }

    #[test]
    fn after_a_clock_change_the_next_sample_replaces_the_offset() {
        let mut clock = Clock::new(1_000, 0);
        clock.mark_doubtful();
        assert!(clock.is_doubtful());
        clock.sample(5_000, 4_900);
        assert_eq!((clock.offset(), clock.is_doubtful()), (100, false));
        clock.mark_doubtful();
        clock.set(7);
        assert_eq!((clock.offset(), clock.is_doubtful()), (7, false));
    }
}
