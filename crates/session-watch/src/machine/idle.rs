//! Tracks the user's last activity in any tab, and the idle limit (article 4: "sync timers between tabs for
//! `lastUserActionTime`").
//!
//! Times use the server's clock, milliseconds since 1970; the caller adds the offset of this machine's clock.
//! All times are absolute, so sleep and throttled timers need no special case.
//!
//! The server decides. When the limit is reached, a tab asks the server to end the session, and names the
//! last activity that the server has confirmed. The server refuses if it knows of later activity.

use auth_types::TabFacts;

/// The tab reports activity to the other tabs at most this often, milliseconds.
const SHARE_INTERVAL: i64 = 1_000;
/// How long after the limit the tab asks the server to end the session, milliseconds. By then, the server
/// has usually ended the session and sent an event on the stream.
const GRACE: i64 = 1_500;
/// The tab repeats an unanswered request to end the session after this time, milliseconds.
const EXPIRE_RETRY: i64 = 5_000;
/// The tab repeats the user's answer to the warning after this time if the server missed it, milliseconds.
const STAY_RETRY: i64 = 2_000;
/// How far the estimate of the server's clock may be behind, milliseconds.
const SLACK: i64 = 2_000;

/// The server's settings for the idle limit, milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// The session ends when the user has been idle for this long; `None`: no limit.
    pub(crate) limit: Option<i64>,
    /// The user is warned this long before the limit.
    pub(crate) warning: i64,
    /// The tab reports activity to the server at most this often.
    pub(crate) beacon: i64,
}

impl From<&TabFacts> for Limits {
    fn from(facts: &TabFacts) -> Self {
        Self { limit: facts.idle_limit, warning: facts.idle_warning, beacon: facts.beacon_interval }
    }
}

/// How far the user is from the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// No warning is due.
    Active,
    /// The warning is shown.
    Warned,
    /// The limit is reached, and the server decides.
    Over,
}

/// An input to the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// The user was active in this tab.
    Acted,
    /// The user answered the warning and wants to stay.
    Stayed,
    /// Another tab reports that the user was active at this time.
    ReportedByTab(i64),
    /// The server confirms that the user was active at this time.
    ConfirmedByServer(i64),
    /// The last activity report did not reach the server.
    ReportFailed,
    /// Time has passed.
    Tick {
        /// Whether this tab acts for all tabs of its origin.
        is_active: bool,
    },
}

/// An action for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// Tell the other tabs that the user was active at this time.
    Share(i64),
    /// Tell the server how long ago the user was active.
    Beacon {
        /// Milliseconds.
        ago: i64,
    },
    /// Warn the user.
    Warn,
    /// Dismiss the warning.
    DismissWarning,
    /// Ask the server to end the session, naming the last activity that the server has confirmed.
    Expire {
        /// Milliseconds since 1970, by the server's clock.
        last_activity: i64,
    },
}

/// The tab's record of the user's activity.
#[derive(Clone, Debug)]
pub(crate) struct Idle {
    limits: Limits,
    /// The last activity that any tab or the server knows of.
    last: i64,
    /// The last activity that the server has confirmed.
    confirmed: i64,
    /// The last activity that a tab reported to the server, unless the report is known to have failed.
    reported: i64,
    reported_at: i64,
    phase: Phase,
    /// When the user answered the warning, until the server has confirmed the answer.
    stayed_at: Option<i64>,
    shared_at: i64,
    expired_at: Option<i64>,
}

impl Idle {
    /// Creates a record from the last activity that the server wrote into the page.
    pub(crate) fn new(limits: Limits, last_activity: i64) -> Self {
        Self {
            limits,
            last: last_activity,
            confirmed: last_activity,
            reported: last_activity,
            reported_at: 0,
            phase: Phase::Active,
            stayed_at: None,
            shared_at: 0,
            expired_at: None,
        }
    }

    /// Returns how far the user is from the limit.
    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether the user answered the warning, and the server has not confirmed the answer yet.
    pub(crate) fn is_answer_pending(&self) -> bool {
        self.stayed_at.is_some_and(|at| self.confirmed < at)
    }

    /// Returns when the limit is reached without further activity; `None` without a limit.
    pub(crate) fn deadline(&self) -> Option<i64> {
        self.limits.limit.map(|limit| self.last + limit)
    }

    /// Returns the last activity that any tab or the server knows of.
    pub(crate) fn last_activity(&self) -> i64 {
        self.last
    }

    /// Handles an input at `now`, by the server's clock, and returns the actions for the caller.
    pub(crate) fn handle(&mut self, input: Input, now: i64) -> Vec<Output> {
        match input {
            // A warned user must answer: moving the pointer to "Sign out now" is not a wish to stay.
            Input::Acted if self.phase != Phase::Active => Vec::new(),
            Input::Acted => {
                self.last = self.last.max(now);
                self.share(now)
            }
            // The warning stays until the server has confirmed the answer.
            Input::Stayed => {
                self.stayed_at = Some(now);
                self.reported_at = now;
                vec![Output::Beacon { ago: 0 }]
            }
            // A time in the future counts as now.
            Input::ReportedByTab(at) => {
                self.last = self.last.max(at.min(now));
                self.update_phase(now).into_iter().collect()
            }
            Input::ConfirmedByServer(at) => {
                self.confirmed = self.confirmed.max(at.min(now + SLACK));
                self.reported = self.reported.max(self.confirmed);
                self.last = self.last.max(self.confirmed);
                self.update_phase(now).into_iter().collect()
            }
            Input::ReportFailed => {
                self.reported = self.confirmed;
                self.reported_at = now;
                Vec::new()
            }
            Input::Tick { is_active } => self.tick(is_active, now),
        }
    }

    fn share(&mut self, now: i64) -> Vec<Output> {
        if (self.shared_at..self.shared_at + SHARE_INTERVAL).contains(&now) {
            return Vec::new();
        }
        self.shared_at = now;
        vec![Output::Share(now)]
    }

    fn tick(&mut self, is_active: bool, now: i64) -> Vec<Output> {
        let mut effects: Vec<_> = self.update_phase(now).into_iter().collect();
        if let Some(stayed_at) = self.stayed_at
            && !(self.reported_at..self.reported_at + STAY_RETRY).contains(&now)
        {
            self.reported_at = now;
            effects.push(Output::Beacon { ago: (now - stayed_at).max(0) });
        }
        if !is_active {
            return effects;
        }
        let is_told = (self.reported_at..self.reported_at + self.limits.beacon).contains(&now);
        if self.last > self.reported && !is_told {
            self.reported = self.last;
            self.reported_at = now;
            effects.push(Output::Beacon { ago: (now - self.last).max(0) });
        }
        let is_asked = self.expired_at.is_some_and(|at| (at..at + EXPIRE_RETRY).contains(&now));
        let is_late = self.deadline().is_some_and(|deadline| now >= deadline + GRACE);
        if is_late && !is_asked {
            self.expired_at = Some(now);
            effects.push(Output::Expire { last_activity: self.confirmed });
        }
        effects
    }

    fn update_phase(&mut self, now: i64) -> Option<Output> {
        let phase = match self.deadline() {
            Some(deadline) if now >= deadline => Phase::Over,
            Some(deadline) if now >= deadline - self.limits.warning => Phase::Warned,
            _ => Phase::Active,
        };
        let before = std::mem::replace(&mut self.phase, phase);
        match (before, phase) {
            (Phase::Active, Phase::Warned | Phase::Over) => Some(Output::Warn),
            (Phase::Warned | Phase::Over, Phase::Active) => {
                self.expired_at = None;
                self.stayed_at = None;
                Some(Output::DismissWarning)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
#[path = "idle_tests.rs"]
mod tests;
