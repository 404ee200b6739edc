//! Tracks the tab's open event stream, and when the tab may open the next one.

/// The pause after the server refuses a stream, milliseconds; doubled each time, up to [`LONGEST_PAUSE`].
const PAUSE: i64 = 2_000;
const LONGEST_PAUSE: i64 = 60_000;
/// The server sends a heartbeat every 15 seconds; a stream silent for this long is dead. Milliseconds.
const SILENCE: i64 = 40_000;

/// The kind of an event stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamKind {
    /// The events of this page's session.
    Session,
    /// Sign-ins to other apps in this browser, while the user is signed out.
    Waiting,
}

/// The state of the tab's event stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listening {
    open: Option<StreamKind>,
    heard_at: i64,
    /// The tab opens no stream before this time.
    not_before: i64,
    /// The pause after the last refusal, milliseconds.
    pause: i64,
}

impl Listening {
    /// Returns the open stream.
    pub(crate) fn open(&self) -> Option<StreamKind> {
        self.open
    }

    /// Returns the stream to open now, in place of the open stream; `None` if no change is due.
    pub(crate) fn switch(&mut self, is_live: bool, now: i64) -> Option<StreamKind> {
        let wanted = if is_live { StreamKind::Session } else { StreamKind::Waiting };
        if self.open == Some(wanted) || now < self.not_before {
            return None;
        }
        self.heard_at = now;
        self.open = Some(wanted);
        self.open
    }

    /// Forgets the open stream. Returns whether a stream was open.
    pub(crate) fn close(&mut self) -> bool {
        self.open.take().is_some()
    }

    /// Records that an event arrived on the stream.
    pub(crate) fn handle(&mut self, now: i64) {
        self.heard_at = now;
    }

    /// Returns whether the open stream is dead.
    pub(crate) fn is_silent(&self, now: i64) -> bool {
        self.open.is_some() && now - self.heard_at > SILENCE
    }

    /// Allows the tab to open the next stream at once.
    pub(crate) fn resume(&mut self) {
        (self.not_before, self.pause) = (0, 0);
    }

    /// Pauses after the server ended the stream: the server would refuse a new connection.
    pub(crate) fn end(&mut self, now: i64) {
        (self.not_before, self.pause) = (now + PAUSE, 0);
    }

    /// Doubles the pause after the server refused the stream.
    pub(crate) fn refuse(&mut self, now: i64) {
        self.pause = (self.pause * 2).clamp(PAUSE, LONGEST_PAUSE);
        self.not_before = now + self.pause;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tab_has_the_stream_that_fits_its_page() {
        let mut listening = Listening::default();
        assert_eq!(listening.switch(true, 0), Some(StreamKind::Session));
        assert_eq!(listening.switch(true, 1), None, "the stream is open already");
        assert_eq!(listening.switch(false, 2), Some(StreamKind::Waiting));
        assert!(listening.close());
        assert!(!listening.close());
        assert_eq!(listening.open(), None);
    }

    #[test]
    fn each_refusal_doubles_the_pause_up_to_a_minute() {
        let mut listening = Listening::default();
        let mut now = 0;
        for pause in [2, 4, 8, 16, 32, 60, 60].map(|seconds| seconds * 1_000) {
            assert!(listening.switch(true, now).is_some());
            listening.close();
            listening.refuse(now);
            assert_eq!(listening.switch(true, now + pause - 1), None);
            now += pause;
        }
        listening.resume();
        assert!(listening.switch(true, now).is_some());
    }

    #[test]
    fn a_stream_without_heartbeats_is_dead() {
        let mut listening = Listening::default();
        assert!(!listening.is_silent(100_000), "no stream is open");
        listening.switch(true, 100_000);
        assert!(!listening.is_silent(140_000));
        listening.handle(140_000);
        assert!(!listening.is_silent(180_000));
        assert!(listening.is_silent(180_001));
    }
}
