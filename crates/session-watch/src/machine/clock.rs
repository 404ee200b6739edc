//! What time is it at the server?

/// How far this machine's clock is from the server's. The clock may be a day off, and the user may set it.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    /// The server's clock less this machine's, milliseconds.
    offset: i64,
    /// The next sample replaces the offset, and does not only improve it.
    is_doubtful: bool,
}

impl Clock {
    /// The server wrote the page at `written` by its clock; the page arrived at `received` by this machine's.
    pub(crate) fn new(written: i64, received: i64) -> Self {
        Self { offset: written - received, is_doubtful: false }
    }

    /// The server's clock less this machine's, milliseconds.
    pub(crate) fn offset(&self) -> i64 {
        self.offset
    }

    /// The server's time.
    pub(crate) fn server(&self, now: i64) -> i64 {
        now + self.offset
    }

    /// Takes in that something arrived at `now` which the server sent at `sent`. The time on the way only makes
    /// the difference smaller, so the largest sample is the best.
    pub(crate) fn sample(&mut self, sent: i64, now: i64) {
        let offset = sent - now;
        if self.is_doubtful || offset > self.offset {
            self.offset = offset;
        }
        self.is_doubtful = false;
    }

    /// Takes over the offset of the tab that listens to the server.
    pub(crate) fn set(&mut self, offset: i64) {
        self.offset = offset;
        self.is_doubtful = false;
    }

    /// This machine's clock was set, or the machine slept.
    pub(crate) fn mark_doubtful(&mut self) {
        self.is_doubtful = true;
    }

    /// Whether the server has not told the time since.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.is_doubtful
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_that_was_least_delayed_counts() {
        let mut clock = Clock::new(1_000, 400);
        clock.sample(2_000, 1_450);
        assert_eq!(clock.offset(), 600, "50 ms more on the way");
        clock.sample(3_000, 2_390);
        assert_eq!((clock.offset(), clock.server(3_000)), (610, 3_610));
    }

    #[test]
    fn after_a_doubt_the_next_sample_counts_whatever_it_says() {
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
