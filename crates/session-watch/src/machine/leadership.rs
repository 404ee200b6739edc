//! Which tab of an origin listens to the server and passes on what it hears?
//!
//! The browser's lock manager decides (`navigator.locks`): the tab that holds the lock leads. When that tab is
//! closed or crashes, the next tab in the queue gets the lock. The lock manager does not notice a leader that
//! cannot run, or one that is about to be frozen. So a follower sends a ping when it has heard nothing for a
//! heartbeat, and steals the lock from a leader that does not answer. A tab that goes away releases the lock
//! first.
//!
//! Followers ping because browsers slow down the timers of a background tab to once a minute, but deliver its
//! messages at once. Heartbeats from a leader in the background would come too late.
//!
//! Whenever the listening tab changes, the new one asks the server once, so no event is lost in between.

/// A follower pings after this much silence, and waits as long for the answer, milliseconds.
pub(crate) const HEARTBEAT: i64 = 1_500;

/// Which part a tab plays among the tabs of its origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Another tab listens; this one waits for the lock.
    Follows,
    /// The leader did not answer: this tab listens already and is stealing the lock.
    Stands,
    /// It holds the lock and listens.
    Leads,
    /// It is frozen or in the back/forward cache, and holds nothing.
    Away,
}

/// What happens to the tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// The lock manager gave it the lock.
    Granted,
    /// Another tab stole the lock, or the request failed.
    Lost,
    /// A message that only a leader sends.
    TabEvent,
    /// Another tab asks whether a leader is there.
    Pinged,
    /// Time has passed.
    Tick,
    /// It is about to be frozen or put away.
    Leaving,
    /// It runs again.
    Back,
}

/// What has to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// Wait in the queue for the lock.
    Queue,
    /// Steal the lock from the tab that holds it.
    Steal,
    /// Release the lock, or leave the queue.
    Release,
    /// Ask the server who is signed in, and listen to it.
    Listen,
    /// Stop listening.
    StopListening,
    /// Ask the server who is signed in.
    Ask,
    /// Ask the others whether a leader is there.
    Ping,
    /// Tell the others that the leader is here.
    SayHere,
}

/// What a tab knows about the leadership.
#[derive(Clone, Debug)]
pub(crate) struct Leadership {
    role: Role,
    /// When a leader was heard last.
    heard_at: i64,
    /// When the tab sent a ping that has not been answered.
    asked_at: Option<i64>,
}

impl Leadership {
    /// A tab that has just begun; it queues for the lock.
    pub(crate) fn new(now: i64) -> Self {
        Self { role: Role::Follows, heard_at: now, asked_at: None }
    }

    /// Which part it plays.
    pub(crate) fn role(&self) -> Role {
        self.role
    }

    /// Whether it acts for all tabs of the origin.
    pub(crate) fn is_active(&self) -> bool {
        matches!(self.role, Role::Leads | Role::Stands)
    }

    /// Takes in what happens at `now`, milliseconds.
    pub(crate) fn handle(&mut self, input: Input, now: i64) -> &'static [Output] {
        match (self.role, input) {
            (Role::Away, Input::Back) => {
                self.follow(now);
                &[Output::Queue, Output::Ask]
            }
            // The lock came while the tab was on its way out.
            (Role::Away, Input::Granted) => &[Output::Release],
            (Role::Away, _) | (_, Input::Back) => &[],
            (_, Input::Leaving) => {
                self.role = Role::Away;
                &[Output::StopListening, Output::Release]
            }
            (Role::Stands, Input::Granted) => {
                self.role = Role::Leads;
                &[Output::SayHere]
            }
            (_, Input::Granted) => {
                self.role = Role::Leads;
                &[Output::SayHere, Output::Listen]
            }
            (Role::Leads | Role::Stands, Input::Lost) => {
                self.follow(now);
                &[Output::StopListening, Output::Ask, Output::Queue]
            }
            // Only the lock manager can say that the lock is lost, never a message.
            (Role::Leads, Input::TabEvent | Input::Tick) => &[],
            (Role::Leads, Input::Pinged) => &[Output::SayHere],
            (Role::Follows, Input::TabEvent) => {
                self.follow(now);
                &[]
            }
            (Role::Follows, Input::Tick) => self.listen_for_a_leader(now),
            (Role::Stands, Input::TabEvent | Input::Tick | Input::Pinged)
            | (Role::Follows, Input::Pinged | Input::Lost) => &[],
        }
    }

    fn follow(&mut self, now: i64) {
        self.role = Role::Follows;
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
                self.role = Role::Stands;
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
        assert_eq!((tab.role(), tab.is_active()), (Role::Leads, true));
        assert_eq!(tab.handle(Input::Pinged, 1), [SayHere]);
        assert!(tab.handle(Input::Tick, 1_000_000).is_empty(), "it needs nobody");
        assert!(!Leadership::new(0).is_active());
    }

    #[test]
    fn a_follower_whose_leader_answers_stays_one() {
        let mut tab = Leadership::new(0);
        for round in 0..100 {
            let now = round * 2_000;
            assert!(tab.handle(Input::Tick, now + 1_000).is_empty());
            assert_eq!(tab.handle(Input::Tick, now + 1_600), [Ping]);
            assert!(tab.handle(Input::TabEvent, now + 2_000).is_empty());
        }
        assert_eq!(tab.role(), Role::Follows);
    }

    #[test]
    fn after_two_heartbeats_of_silence_a_follower_listens_itself_and_takes_the_lock() {
        let mut tab = Leadership::new(0);
        assert!(tab.handle(Input::Tick, 1_499).is_empty());
        assert_eq!(tab.handle(Input::Tick, 1_500), [Ping]);
        assert!(tab.handle(Input::Tick, 2_999).is_empty(), "asked once");
        assert_eq!(tab.handle(Input::Tick, 3_000), [Listen, Steal]);
        assert_eq!((tab.role(), tab.is_active()), (Role::Stands, true));
        assert_eq!(tab.handle(Input::Granted, 3_010), [SayHere], "it listens already");
        assert_eq!(tab.role(), Role::Leads);
    }

    #[test]
    fn a_tab_whose_timers_were_slowed_asks_before_it_takes_over() {
        let mut tab = Leadership::new(0);
        assert_eq!(tab.handle(Input::Tick, 60_000), [Ping], "nobody had a reason to speak");
        assert!(tab.handle(Input::TabEvent, 60_010).is_empty());
        assert_eq!(tab.handle(Input::Tick, 120_000), [Ping]);
    }

    #[test]
    fn a_leader_that_was_robbed_steps_down_asks_and_queues_again() {
        let mut tab = leader();
        assert_eq!(tab.handle(Input::Lost, 9_000), [StopListening, Ask, Queue]);
        assert_eq!(tab.role(), Role::Follows);
        assert!(tab.handle(Input::Tick, 10_000).is_empty(), "its successor has its time");
    }

    #[test]
    fn of_two_that_take_the_lock_at_once_the_one_that_lost_it_follows() {
        let mut tab = Leadership::new(0);
        tab.handle(Input::Tick, 1_500);
        tab.handle(Input::Tick, 3_000);
        assert!(tab.handle(Input::TabEvent, 3_001).is_empty(), "a word does not make a leader");
        assert_eq!(tab.handle(Input::Lost, 3_002), [StopListening, Ask, Queue]);
    }

    #[test]
    fn a_forged_word_does_not_depose_a_leader() {
        let mut tab = leader();
        assert!(tab.handle(Input::TabEvent, 1).is_empty());
        assert_eq!(tab.role(), Role::Leads);
    }

    #[test]
    fn who_goes_away_gives_everything_back_and_asks_when_it_returns() {
        let mut tab = leader();
        assert_eq!(tab.handle(Input::Leaving, 10), [StopListening, Release]);
        assert_eq!((tab.role(), tab.is_active()), (Role::Away, false));
        assert!(tab.handle(Input::Leaving, 10).is_empty(), "frozen, then put away");
        assert!(tab.handle(Input::Tick, 11).is_empty());
        assert!(tab.handle(Input::Lost, 11).is_empty(), "what it gave back itself");
        assert_eq!(tab.handle(Input::Granted, 11), [Release], "that came too late");
        assert_eq!(tab.handle(Input::Back, 99_000), [Queue, Ask]);
        assert!(tab.handle(Input::Back, 99_000).is_empty(), "resumed and shown are one return");
        assert!(tab.handle(Input::Tick, 99_001).is_empty(), "a night is no silence of the leader");
        assert_eq!(tab.handle(Input::Granted, 99_002), [SayHere, Listen]);
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_nobody_waiting() {
        let mut tab = Leadership::new(86_400_000);
        assert!(tab.handle(Input::Tick, 1_000).is_empty());
        assert_eq!(tab.handle(Input::Tick, 2_500), [Ping]);
        assert_eq!(tab.handle(Input::Tick, 4_000), [Listen, Steal]);
    }
}
