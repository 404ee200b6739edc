//! Which tab of an origin listens to the server and passes on what it hears.
//!
//! The browser's lock manager decides (`navigator.locks`): who holds the lock leads, and when that tab is
//! closed or crashes the next in the queue has it. Two things the lock manager does not see: a tab that
//! holds the lock and cannot run, and one that is about to be frozen. So a follower asks ("ping") when it
//! has heard nothing for a while, and takes the lock away from a leader that does not answer; and a tab that
//! goes away gives the lock back first.
//!
//! A follower asks, and the leader does not send heartbeats by itself, because browsers run the timers of a
//! tab in the background once a minute at worst, while they deliver its messages at once.
//!
//! On every change of who listens, the server is asked once: what happened in between is not lost.

/// How long it may be quiet before a follower asks whether the leader is there, and how long that answer may
/// take, milliseconds.
pub const HEARTBEAT: i64 = 1_500;

/// What a tab is to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Another tab listens, or will: this one waits for the lock.
    Follows,
    /// Nobody answered: it listens by itself already and takes the lock.
    Stands,
    /// It holds the lock and listens.
    Leads,
    /// It is frozen, or in the back/forward cache: it holds nothing.
    Away,
}

impl Role {
    /// Its name on `/session`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Follows => "follows",
            Self::Stands => "stands in",
            Self::Leads => "leads",
            Self::Away => "away",
        }
    }
}

/// What happens to a tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// It was given the lock.
    Granted,
    /// Another tab took the lock away, or the lock is not to be had.
    Lost,
    /// A message that only a leader sends.
    Heard,
    /// Another tab asks whether a leader is there.
    Pinged,
    /// Time has passed.
    Tick,
    /// It is about to be frozen or put away.
    Leaving,
    /// It goes on.
    Back,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Wait in the queue for the lock.
    Queue,
    /// Take the lock from whoever holds it.
    Steal,
    /// Give back the lock, or the place in the queue.
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

/// One tab.
#[derive(Clone, Debug)]
pub struct Leadership {
    role: Role,
    /// When a leader was heard last.
    heard_at: i64,
    /// When the question went out that nobody has answered yet.
    asked_at: Option<i64>,
}

impl Leadership {
    /// A tab that has just begun; it queues for the lock.
    #[must_use]
    pub fn new(now: i64) -> Self {
        Self { role: Role::Follows, heard_at: now, asked_at: None }
    }

    /// What it is to the others.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// Whether it acts for all tabs of the origin.
    #[must_use]
    pub fn acts(&self) -> bool {
        matches!(self.role, Role::Leads | Role::Stands)
    }

    /// Takes in an event at `now`, milliseconds.
    pub fn hear(&mut self, event: Event, now: i64) -> &'static [Effect] {
        match (self.role, event) {
            (Role::Away, Event::Back) => {
                self.follow(now);
                &[Effect::Queue, Effect::Ask]
            }
            // The lock came while the tab was on its way out.
            (Role::Away, Event::Granted) => &[Effect::Release],
            (Role::Away, _) | (_, Event::Back) => &[],
            (_, Event::Leaving) => {
                self.role = Role::Away;
                &[Effect::StopListening, Effect::Release]
            }
            (Role::Stands, Event::Granted) => {
                self.role = Role::Leads;
                &[Effect::SayHere]
            }
            (_, Event::Granted) => {
                self.role = Role::Leads;
                &[Effect::SayHere, Effect::Listen]
            }
            (Role::Leads | Role::Stands, Event::Lost) => {
                self.follow(now);
                &[Effect::StopListening, Effect::Ask, Effect::Queue]
            }
            // Whoever has really lost the lock is told so by the lock manager, not by a message.
            (Role::Leads, Event::Heard | Event::Tick) => &[],
            (Role::Leads, Event::Pinged) => &[Effect::SayHere],
            (Role::Follows, Event::Heard) => {
                self.follow(now);
                &[]
            }
            (Role::Follows, Event::Tick) => self.listen_for_a_leader(now),
            (Role::Stands, Event::Heard | Event::Tick | Event::Pinged)
            | (Role::Follows, Event::Pinged | Event::Lost) => &[],
        }
    }

    fn follow(&mut self, now: i64) {
        self.role = Role::Follows;
        self.heard_at = now;
        self.asked_at = None;
    }

    fn listen_for_a_leader(&mut self, now: i64) -> &'static [Effect] {
        match self.asked_at {
            // A clock that was set back must not make anybody wait for as long.
            _ if now < self.heard_at => {
                self.follow(now);
                &[]
            }
            None if now - self.heard_at >= HEARTBEAT => {
                self.asked_at = Some(now);
                &[Effect::Ping]
            }
            Some(asked_at) if now - asked_at >= HEARTBEAT => {
                self.role = Role::Stands;
                self.asked_at = None;
                &[Effect::Listen, Effect::Steal]
            }
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Effect::*, Event, Leadership, Role};

    /// A tab that leads at 0.
    fn leader() -> Leadership {
        let mut tab = Leadership::new(0);
        assert_eq!(tab.hear(Event::Granted, 0), [SayHere, Listen]);
        tab
    }

    #[test]
    fn the_lock_makes_a_leader_and_a_leader_answers() {
        let mut tab = leader();
        assert_eq!((tab.role(), tab.acts()), (Role::Leads, true));
        assert_eq!(tab.hear(Event::Pinged, 1), [SayHere]);
        assert!(tab.hear(Event::Tick, 1_000_000).is_empty(), "it needs nobody");
        assert!(!Leadership::new(0).acts());
    }

    #[test]
    fn a_follower_whose_leader_answers_stays_one() {
        let mut tab = Leadership::new(0);
        for round in 0..100 {
            let now = round * 2_000;
            assert!(tab.hear(Event::Tick, now + 1_000).is_empty());
            assert_eq!(tab.hear(Event::Tick, now + 1_600), [Ping]);
            assert!(tab.hear(Event::Heard, now + 2_000).is_empty());
        }
        assert_eq!(tab.role(), Role::Follows);
    }

    #[test]
    fn after_two_heartbeats_of_silence_a_follower_listens_itself_and_takes_the_lock() {
        let mut tab = Leadership::new(0);
        assert!(tab.hear(Event::Tick, 1_499).is_empty());
        assert_eq!(tab.hear(Event::Tick, 1_500), [Ping]);
        assert!(tab.hear(Event::Tick, 2_999).is_empty(), "asked once");
        assert_eq!(tab.hear(Event::Tick, 3_000), [Listen, Steal]);
        assert_eq!((tab.role(), tab.acts()), (Role::Stands, true));
        assert_eq!(tab.hear(Event::Granted, 3_010), [SayHere], "it listens already");
        assert_eq!(tab.role(), Role::Leads);
    }

    #[test]
    fn a_tab_whose_timers_were_slowed_asks_before_it_takes_over() {
        let mut tab = Leadership::new(0);
        assert_eq!(tab.hear(Event::Tick, 60_000), [Ping], "nobody had a reason to speak");
        assert!(tab.hear(Event::Heard, 60_010).is_empty());
        assert_eq!(tab.hear(Event::Tick, 120_000), [Ping]);
    }

    #[test]
    fn a_leader_that_was_robbed_steps_down_asks_and_queues_again() {
        let mut tab = leader();
        assert_eq!(tab.hear(Event::Lost, 9_000), [StopListening, Ask, Queue]);
        assert_eq!(tab.role(), Role::Follows);
        assert!(tab.hear(Event::Tick, 10_000).is_empty(), "its successor has its time");
    }

    #[test]
    fn of_two_that_take_the_lock_at_once_the_one_that_lost_it_follows() {
        let mut tab = Leadership::new(0);
        tab.hear(Event::Tick, 1_500);
        tab.hear(Event::Tick, 3_000);
        assert!(tab.hear(Event::Heard, 3_001).is_empty(), "a word does not make a leader");
        assert_eq!(tab.hear(Event::Lost, 3_002), [StopListening, Ask, Queue]);
    }

    #[test]
    fn a_forged_word_does_not_depose_a_leader() {
        let mut tab = leader();
        assert!(tab.hear(Event::Heard, 1).is_empty());
        assert_eq!(tab.role(), Role::Leads);
    }

    #[test]
    fn who_goes_away_gives_everything_back_and_asks_when_it_returns() {
        let mut tab = leader();
        assert_eq!(tab.hear(Event::Leaving, 10), [StopListening, Release]);
        assert_eq!((tab.role(), tab.acts()), (Role::Away, false));
        assert!(tab.hear(Event::Leaving, 10).is_empty(), "frozen, then put away");
        assert!(tab.hear(Event::Tick, 11).is_empty());
        assert!(tab.hear(Event::Lost, 11).is_empty(), "what it gave back itself");
        assert_eq!(tab.hear(Event::Granted, 11), [Release], "that came too late");
        assert_eq!(tab.hear(Event::Back, 99_000), [Queue, Ask]);
        assert!(tab.hear(Event::Back, 99_000).is_empty(), "resumed and shown are one return");
        assert!(tab.hear(Event::Tick, 99_001).is_empty(), "a night is no silence of the leader");
        assert_eq!(tab.hear(Event::Granted, 99_002), [SayHere, Listen]);
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_nobody_waiting() {
        let mut tab = Leadership::new(86_400_000);
        assert!(tab.hear(Event::Tick, 1_000).is_empty());
        assert_eq!(tab.hear(Event::Tick, 2_500), [Ping]);
        assert_eq!(tab.hear(Event::Tick, 4_000), [Listen, Steal]);
    }
}
