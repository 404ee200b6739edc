//! Elects the tab of an origin that listens to the server and passes events on to the other tabs.
//!
//! The browser's lock manager (`navigator.locks`) decides: the tab that holds the lock leads. When that tab
//! closes or crashes, the next tab in the queue gets the lock. The lock manager does not notice a leader that
//! is suspended or about to be frozen. So a follower pings a leader that has been silent for [`HEARTBEAT`],
//! and steals the lock if the leader does not answer. A tab that is about to be frozen releases the lock
//! first.
//!
//! Followers ping because browsers throttle the timers of a background tab to once a minute, but deliver its
//! messages at once. Heartbeats from a leader in the background would come too late.
//!
//! A tab that starts to listen asks the server once, so no event is lost in between.

/// A follower pings after this much silence, then waits this long for the answer. Milliseconds.
pub(crate) const HEARTBEAT: i64 = 1_500;

/// A tab's role among the tabs of its origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Another tab listens; this tab waits for the lock.
    Follower,
    /// The leader did not answer: this tab already listens, and is stealing the lock.
    TakingOver,
    /// This tab holds the lock and listens.
    Leader,
    /// This tab is frozen or in the back/forward cache, and holds nothing.
    Away,
}

/// An input to the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// The lock manager gave this tab the lock.
    Granted,
    /// This tab lost the lock, usually because another tab stole the lock.
    Lost,
    /// A message that only a leader sends.
    LeaderHeard,
    /// Another tab asks whether a leader is there.
    Pinged,
    /// Time has passed.
    Tick,
    /// The tab is about to be frozen or put into the back/forward cache.
    Leaving,
    /// The tab runs again.
    Back,
}

/// An action for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// Wait in the queue for the lock.
    Queue,
    /// Steal the lock from the tab that holds it.
    Steal,
    /// Release the lock, or leave the queue.
    Release,
    /// Ask the server for the current session, and open the event stream.
    Listen,
    /// Close the event stream.
    StopListening,
    /// Ask the server for the current session.
    Ask,
    /// Ask the other tabs whether a leader is there.
    Ping,
    /// Tell the other tabs that the leader is here.
    SayHere,
}

/// The tab's role, and its view of the leader.
#[derive(Clone, Debug)]
pub(crate) struct Leadership {
    role: Role,
    /// When the tab last heard from a leader.
    heard_at: i64,
    /// When the tab sent its unanswered ping.
    asked_at: Option<i64>,
}

impl Leadership {
    /// Creates a follower that waits for the lock.
    pub(crate) fn new(now: i64) -> Self {
        Self { role: Role::Follower, heard_at: now, asked_at: None }
    }

    /// Returns the tab's role.
    pub(crate) fn role(&self) -> Role {
        self.role
    }

    /// Returns whether the tab acts for all tabs of its origin.
    pub(crate) fn is_active(&self) -> bool {
        matches!(self.role, Role::Leader | Role::TakingOver)
    }

    /// Handles an input at `now`, milliseconds, and returns the actions for the caller.
    pub(crate) fn handle(&mut self, input: Input, now: i64) -> &'static [Output] {
        match (self.role, input) {
            (Role::Away, Input::Back) => {
                self.follow(now);
                &[Output::Queue, Output::Ask]
            }
            // The lock manager granted the lock after the tab had left the queue.
            (Role::Away, Input::Granted) => &[Output::Release],
            (Role::Away, _) | (_, Input::Back) => &[],
            (_, Input::Leaving) => {
                self.role = Role::Away;
                &[Output::StopListening, Output::Release]
            }
            (Role::TakingOver, Input::Granted) => {
                self.role = Role::Leader;
                &[Output::SayHere]
            }
            (_, Input::Granted) => {
                self.role = Role::Leader;
                &[Output::SayHere, Output::Listen]
            }
            (Role::Leader | Role::TakingOver, Input::Lost) => {
                self.follow(now);
                &[Output::StopListening, Output::Ask, Output::Queue]
            }
            // Only the lock manager can say that the lock is lost, never a message.
            (Role::Leader, Input::LeaderHeard | Input::Tick) => &[],
            (Role::Leader, Input::Pinged) => &[Output::SayHere],
            (Role::Follower, Input::LeaderHeard) => {
                self.follow(now);
                &[]
            }
            (Role::Follower, Input::Tick) => self.listen_for_a_leader(now),
            (Role::TakingOver, Input::LeaderHeard | Input::Tick | Input::Pinged)
            | (Role::Follower, Input::Pinged | Input::Lost) => &[],
        }
    }

    fn follow(&mut self, now: i64) {
        self.role = Role::Follower;
        self.heard_at = now;
        self.asked_at = None;
    }

    fn listen_for_a_leader(&mut self, now: i64) -> &'static [Output] {
        match self.asked_at {
            // A clock that was set back must not make the tab wait longer.
            _ if now < self.heard_at => {
                self.follow(now);
                &[]
            }
            None if now - self.heard_at >= HEARTBEAT => {
                self.asked_at = Some(now);
                &[Output::Ping]
            }
            Some(asked_at) if now - asked_at >= HEARTBEAT => {
                self.role = Role::TakingOver;
                self.asked_at = None;
                &[Output::Listen, Output::Steal]
            }
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Input, Leadership, Output::*, Role};

    /// A tab that leads at 0.
    fn leader() -> Leadership {
        let mut tab = Leadership::new(0);
        assert_eq!(tab.handle(Input::Granted, 0), [SayHere, Listen]);
        tab
    }

    #[test]
    fn the_lock_makes_a_leader_and_a_leader_answers() {
        let mut tab = leader();
        assert_eq!((tab.role(), tab.is_active()), (Role::Leader, true));
        assert_eq!(tab.handle(Input::Pinged, 1), [SayHere]);
        assert!(tab.handle(Input::Tick, 1_000_000).is_empty(), "a leader sends no ping");
        assert!(!Leadership::new(0).is_active());
    }

    #[test]
    fn a_follower_whose_leader_answers_stays_a_follower() {
        let mut tab = Leadership::new(0);
        for round in 0..100 {
            let now = round * 2_000;
            assert!(tab.handle(Input::Tick, now + 1_000).is_empty());
            assert_eq!(tab.handle(Input::Tick, now + 1_600), [Ping]);
            assert!(tab.handle(Input::LeaderHeard, now + 2_000).is_empty());
        }
        assert_eq!(tab.role(), Role::Follower);
    }

    #[test]
    fn after_two_silent_heartbeats_a_follower_listens_and_steals_the_lock() {
        let mut tab = Leadership::new(0);
        assert!(tab.handle(Input::Tick, 1_499).is_empty());
        assert_eq!(tab.handle(Input::Tick, 1_500), [Ping]);
        assert!(tab.handle(Input::Tick, 2_999).is_empty(), "one ping");
        assert_eq!(tab.handle(Input::Tick, 3_000), [Listen, Steal]);
        assert_eq!((tab.role(), tab.is_active()), (Role::TakingOver, true));
        assert_eq!(tab.handle(Input::Granted, 3_010), [SayHere], "the tab listens already");
        assert_eq!(tab.role(), Role::Leader);
    }

    #[test]
    fn a_tab_whose_timers_were_slowed_asks_before_it_takes_over() {
        let mut tab = Leadership::new(0);
        assert_eq!(tab.handle(Input::Tick, 60_000), [Ping], "a ping, not a takeover");
        assert!(tab.handle(Input::LeaderHeard, 60_010).is_empty());
        assert_eq!(tab.handle(Input::Tick, 120_000), [Ping]);
    }

    #[test]
    fn a_leader_whose_lock_was_stolen_stops_listening_and_queues_again() {
        let mut tab = leader();
        assert_eq!(tab.handle(Input::Lost, 9_000), [StopListening, Ask, Queue]);
        assert_eq!(tab.role(), Role::Follower);
        assert!(tab.handle(Input::Tick, 10_000).is_empty(), "the new leader gets a full heartbeat");
    }

    #[test]
    fn when_two_tabs_steal_the_lock_the_loser_follows() {
        let mut tab = Leadership::new(0);
        tab.handle(Input::Tick, 1_500);
        tab.handle(Input::Tick, 3_000);
        assert!(tab.handle(Input::LeaderHeard, 3_001).is_empty(), "a message alone changes no role");
        assert_eq!(tab.handle(Input::Lost, 3_002), [StopListening, Ask, Queue]);
    }

    #[test]
    fn a_forged_message_does_not_depose_a_leader() {
        let mut tab = leader();
        assert!(tab.handle(Input::LeaderHeard, 1).is_empty());
        assert_eq!(tab.role(), Role::Leader);
    }

    #[test]
    fn a_leaving_tab_releases_the_lock_and_asks_when_it_returns() {
        let mut tab = leader();
        assert_eq!(tab.handle(Input::Leaving, 10), [StopListening, Release]);
        assert_eq!((tab.role(), tab.is_active()), (Role::Away, false));
        assert!(tab.handle(Input::Leaving, 10).is_empty(), "frozen, then cached");
        assert!(tab.handle(Input::Tick, 11).is_empty());
        assert!(tab.handle(Input::Lost, 11).is_empty(), "the tab released the lock itself");
        assert_eq!(tab.handle(Input::Granted, 11), [Release], "granted too late");
        assert_eq!(tab.handle(Input::Back, 99_000), [Queue, Ask]);
        assert!(tab.handle(Input::Back, 99_000).is_empty(), "`resume` and `pageshow` are one return");
        assert!(tab.handle(Input::Tick, 99_001).is_empty(), "time away does not count as silence");
        assert_eq!(tab.handle(Input::Granted, 99_002), [SayHere, Listen]);
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_delay_a_takeover() {
        let mut tab = Leadership::new(86_400_000);
        assert!(tab.handle(Input::Tick, 1_000).is_empty());
        assert_eq!(tab.handle(Input::Tick, 2_500), [Ping]);
        assert_eq!(tab.handle(Input::Tick, 4_000), [Listen, Steal]);
    }
}
