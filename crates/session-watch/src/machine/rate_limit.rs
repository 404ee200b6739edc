//! A rate limit for messages and questions.

/// A rate limit with a fixed window.
#[derive(Clone, Debug)]
pub(crate) struct RateLimit {
    most: u32,
    span: i64,
    since: i64,
    count: u32,
}

impl RateLimit {
    /// Allows at most `most` calls per `span` (milliseconds).
    pub(crate) fn new(most: u32, span: i64) -> Self {
        Self { most, span, since: 0, count: 0 }
    }

    /// Counts a call at `now`, and returns whether the call is within the limit. A clock that was set back
    /// starts a new span.
    pub(crate) fn take(&mut self, now: i64) -> bool {
        if now < self.since || now >= self.since + self.span {
            self.since = now;
            self.count = 0;
        }
        self.count = self.count.saturating_add(1);
        self.count <= self.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_cut_off_until_the_next_span() {
        let mut rate_limit = RateLimit::new(2, 100);
        assert_eq!([0, 1, 2, 99].map(|now| rate_limit.take(now)), [true, true, false, false]);
        assert!(rate_limit.take(100));
        assert!(rate_limit.take(5), "the clock was set back");
    }
}
