//! When the user was last active, in any tab, and when they are away for too long (article 4: "sync timers
//! between tabs for `lastUserActionTime`").
//!
//! Times are the server's, milliseconds since 1970: the caller adds what this machine's clock is off. They
//! are points on the wall clock and not counters, so a laptop that slept and a timer that was slowed are no
//! case of their own. The server decides. A tab that finds the time is up asks it to end the session, naming
//! the last activity that both know of; where the server knows of a later one it says no.

/// How often activity is told to the other tabs at most, milliseconds.
const SHARE: i64 = 1_000;
/// How long after the end the server is asked for it: mostly it has found out by itself, and said so on the
/// stream, by then. Milliseconds.
const GRACE: i64 = 1_500;
/// How long before the server is asked again to end a session that should have ended, milliseconds.
const AGAIN: i64 = 5_000;
/// How soon an answer is sent again that did not get through, milliseconds.
const ANSWER_AGAIN: i64 = 2_000;
/// How far our idea of the server's clock may be behind, milliseconds.
const SLACK: i64 = 2_000;

/// What the server says about the idle limit, milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The session ends when the user was away for so long; `None`: never for that.
    pub limit: Option<i64>,
    /// So long before that they are warned.
    pub warning: i64,
    /// The server is told of activity once in so long at most.
    pub beacon: i64,
}

/// Where the user is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Here, or not away for long.
    Calm,
    /// About to be signed out, and told so.
    Warned,
    /// Away for too long: the server has the word.
    Over,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The user did something in this tab.
    Acted,
    /// The user answered the warning: they want to stay.
    Stayed,
    /// Another tab says that they were active then.
    Told(i64),
    /// The server says that they were active then.
    Known(i64),
    /// The server could not be told.
    NotTold,
    /// Time has passed. `acts`: this tab acts for all of its origin.
    Tick {
        /// Whether this tab acts for all of its origin.
        acts: bool,
    },
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Tell the other tabs that the user was active then.
    Share(i64),
    /// Tell the server that the user was active so many milliseconds ago.
    Beacon {
        /// Milliseconds.
        ago: i64,
    },
    /// Warn the user.
    Warn,
    /// Stop warning them.
    Calm,
    /// Ask the server to end the session: this was the last activity it knew.
    Expire {
        /// Milliseconds since 1970, by the server's clock.
        last_activity: i64,
    },
}

/// One tab's idea of it.
#[derive(Clone, Debug)]
pub struct Idle {
    limits: Limits,
    /// The last activity anybody knows of.
    last: i64,
    /// The last activity the server knows of.
    known: i64,
    /// The last activity the server was told of, as far as nothing says that it did not hear.
    told: i64,
    told_at: i64,
    phase: Phase,
    /// When the user answered the warning, while the server has not been told of it.
    stayed_at: Option<i64>,
    shared_at: i64,
    expired_at: Option<i64>,
}

impl Idle {
    /// A tab whose page says when the server last saw the user.
    #[must_use]
    pub fn new(limits: Limits, last_activity: i64) -> Self {
        Self {
            limits,
            last: last_activity,
            known: last_activity,
            told: last_activity,
            told_at: 0,
            phase: Phase::Calm,
            stayed_at: None,
            shared_at: 0,
            expired_at: None,
        }
    }

    /// Where the user is.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// When the user is away for too long, should nothing happen; `None` without a limit.
    #[must_use]
    pub fn deadline(&self) -> Option<i64> {
        self.limits.limit.map(|limit| self.last + limit)
    }

    /// The last activity anybody knows of.
    #[must_use]
    pub fn last_activity(&self) -> i64 {
        self.last
    }

    /// Takes in an event at `now`.
    pub fn hear(&mut self, event: Event, now: i64) -> Vec<Effect> {
        match event {
            // Who is warned must answer: a hand on its way to "Sign out now" moves the pointer too.
            Event::Acted if self.phase != Phase::Calm => Vec::new(),
            Event::Acted => {
                self.last = self.last.max(now);
                self.share(now)
            }
            // The warning stays until the server has heard the answer.
            Event::Stayed => {
                self.stayed_at = Some(now);
                self.told_at = now;
                vec![Effect::Beacon { ago: 0 }]
            }
            // Nobody was active in the future.
            Event::Told(at) => {
                self.last = self.last.max(at.min(now));
                self.judge(now).into_iter().collect()
            }
            Event::Known(at) => {
                self.known = self.known.max(at.min(now + SLACK));
                self.told = self.told.max(self.known);
                self.last = self.last.max(self.known);
                self.judge(now).into_iter().collect()
            }
            Event::NotTold => {
                self.told = self.known;
                self.told_at = now;
                Vec::new()
            }
            Event::Tick { acts } => self.tick(acts, now),
        }
    }

    fn share(&mut self, now: i64) -> Vec<Effect> {
        if (self.shared_at..self.shared_at + SHARE).contains(&now) {
            return Vec::new();
        }
        self.shared_at = now;
        vec![Effect::Share(now)]
    }

    fn tick(&mut self, acts: bool, now: i64) -> Vec<Effect> {
        let mut effects: Vec<_> = self.judge(now).into_iter().collect();
        if let Some(stayed_at) = self.stayed_at
            && !(self.told_at..self.told_at + ANSWER_AGAIN).contains(&now)
        {
            self.told_at = now;
            effects.push(Effect::Beacon { ago: (now - stayed_at).max(0) });
        }
        if !acts {
            return effects;
        }
        let is_told = (self.told_at..self.told_at + self.limits.beacon).contains(&now);
        if self.last > self.told && !is_told {
            self.told = self.last;
            self.told_at = now;
            effects.push(Effect::Beacon { ago: (now - self.last).max(0) });
        }
        let is_asked = self.expired_at.is_some_and(|at| (at..at + AGAIN).contains(&now));
        let is_late = self.deadline().is_some_and(|deadline| now >= deadline + GRACE);
        if is_late && !is_asked {
            self.expired_at = Some(now);
            effects.push(Effect::Expire { last_activity: self.known });
        }
        effects
    }

    fn judge(&mut self, now: i64) -> Option<Effect> {
        let phase = match self.deadline() {
            Some(deadline) if now >= deadline => Phase::Over,
            Some(deadline) if now >= deadline - self.limits.warning => Phase::Warned,
            _ => Phase::Calm,
        };
        let before = std::mem::replace(&mut self.phase, phase);
        match (before, phase) {
            (Phase::Calm, Phase::Warned | Phase::Over) => Some(Effect::Warn),
            (Phase::Warned | Phase::Over, Phase::Calm) => {
                self.expired_at = None;
                self.stayed_at = None;
                Some(Effect::Calm)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
#[path = "idle_tests.rs"]
mod tests;
