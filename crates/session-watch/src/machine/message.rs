//! The messages between the tabs of one origin: one line of text each, `kind sent detail`.
//!
//! Any script of the origin can send such a line, so a message is a hint and never a fact.

/// A parsed message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Message<'a> {
    /// The kind of the message; see [`kind`].
    pub(crate) kind: &'a str,
    /// When the tab sent the message, by this machine's clock, milliseconds.
    pub(crate) sent: i64,
    /// The detail, possibly empty.
    pub(crate) detail: &'a str,
}

/// The kinds of messages.
pub(crate) mod kind {
    /// A session has ended; the detail is the reason.
    pub(crate) const SIGNED_OUT: &str = "signed_out";
    /// Another user signed in.
    pub(crate) const USER_CHANGED: &str = "user_changed";
    /// The server rendered a page for the user whose id is the detail.
    pub(crate) const SIGNED_IN: &str = "signed_in";
    /// The session's data or tokens changed.
    pub(crate) const CHANGED: &str = "changed";
    /// The hub reports a session in another app of the site (`in`), or the end of a session (`out`).
    pub(crate) const HUB: &str = "hub";
    /// The leader is here.
    pub(crate) const HERE: &str = "here";
    /// A follower asks whether the leader is there.
    pub(crate) const PING: &str = "ping";
    /// The user was active; the detail is when, by this machine's clock.
    pub(crate) const ACTIVE: &str = "active";
    /// The session's times, as last received from the server; see [`Times`](super::Times).
    pub(crate) const TIMES: &str = "times";
}

impl<'a> Message<'a> {
    /// Parses a line; `None` if the line is malformed.
    pub(crate) fn parse(line: &'a str) -> Option<Self> {
        let mut parts = line.splitn(3, ' ');
        let (kind, sent, detail) = (parts.next()?, parts.next()?, parts.next().unwrap_or_default());
        Some(Self { kind, sent: sent.parse().ok()?, detail })
    }

    /// Formats the message as a line.
    pub(crate) fn line(&self) -> String {
        [self.kind, " ", &self.sent.to_string(), " ", self.detail].concat()
    }
}

/// The times of a session as the server knows them, milliseconds since 1970 by the server's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    /// The server's clock minus this machine's clock.
    pub(crate) offset: i64,
    /// The last activity that the server has recorded.
    pub(crate) last_activity: i64,
    /// When the session ends, unless activity extends it.
    pub(crate) expires: i64,
}

impl Times {
    /// Parses the detail of a [`kind::TIMES`] message.
    pub(crate) fn parse(detail: &str) -> Option<Self> {
        let mut numbers = detail.split(' ').map(|number| number.parse::<i64>().ok());
        let times =
            Self { offset: numbers.next()??, last_activity: numbers.next()??, expires: numbers.next()?? };
        numbers.next().is_none().then_some(times)
    }

    /// Formats the detail of a [`kind::TIMES`] message.
    pub(crate) fn detail(&self) -> String {
        [self.offset, self.last_activity, self.expires].map(|number| number.to_string()).join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_reads_back_from_its_line() {
        for (kind, detail) in [(kind::SIGNED_IN, "demo:al ice"), (kind::HERE, ""), (kind::TIMES, "1 2 3")] {
            let message = Message { kind, sent: 1_800_000_000_000, detail };
            assert_eq!(Message::parse(&message.line()), Some(message));
        }
    }

    #[test]
    fn a_malformed_line_is_not_a_message() {
        for line in ["", "signed_out", "signed_out now revoked", "signed_out  revoked", "times x 1 2 3"] {
            assert_eq!(Message::parse(line), None, "{line:?}");
        }
    }

    #[test]
    fn times_parse_back_and_malformed_times_do_not() {
        let times = Times { offset: -86_400_000, last_activity: 1, expires: 2 };
        assert_eq!(Times::parse(&times.detail()), Some(times));
        for detail in ["", "1 2", "1 2 3 4", "1 2 x", "1  2 3", "1 2 99999999999999999999"] {
            assert_eq!(Times::parse(detail), None, "{detail:?}");
        }
    }
}
