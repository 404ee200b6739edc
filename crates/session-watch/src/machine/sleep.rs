//! Detects that the tab or the machine has slept.

/// A tab that was hidden for this long covers its page until the server has answered. Milliseconds.
const NAP: i64 = 30_000;
/// A visible tab has slept if its tick comes more than this after the last tick. Milliseconds.
const SLEPT: i64 = 10_000;
/// The two clocks of a machine drift apart by more than this only if one was set or stopped. Milliseconds.
const DRIFT: i64 = 2_000;

/// What happened between two ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gap {
    /// Nothing unusual.
    None,
    /// The tab has been hidden for a long time.
    Nap,
    /// The machine slept, or its clock was set.
    Sleep,
}

/// Tracks when the tab was hidden, and its last tick.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sleep {
    hidden_at: Option<i64>,
    /// This machine's clock and its uptime at the last tick.
    last: Option<(i64, i64)>,
}

impl Sleep {
    /// Records that the tab is hidden.
    pub(crate) fn hide(&mut self, now: i64) {
        self.hidden_at = Some(now);
    }

    /// Records that the tab is visible. Returns whether the tab was hidden for a long time.
    pub(crate) fn show(&mut self, now: i64) -> bool {
        self.hidden_at.take().is_some_and(|hidden_at| has_napped(hidden_at, now))
    }

    /// Returns what happened since the last tick. `uptime` is a monotonic clock that the user cannot set.
    pub(crate) fn tick(&mut self, now: i64, uptime: i64) -> Gap {
        let (then, uptime_then) = self.last.replace((now, uptime)).unwrap_or((now, uptime));
        let passed = now - then;
        let drift = (passed - (uptime - uptime_then)).abs();
        if drift > DRIFT || (self.hidden_at.is_none() && passed > SLEPT) {
            Gap::Sleep
        } else if self.hidden_at.is_some_and(|hidden_at| has_napped(hidden_at, now)) {
            Gap::Nap
        } else {
            Gap::None
        }
    }
}

fn has_napped(hidden_at: i64, now: i64) -> bool {
    !(hidden_at..hidden_at + NAP).contains(&now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visible_tab_whose_timer_is_very_late_has_slept() {
        let mut sleep = Sleep::default();
        assert_eq!(sleep.tick(0, 0), Gap::None, "the first tick");
        assert_eq!(sleep.tick(10_000, 10_000), Gap::None);
        assert_eq!(sleep.tick(20_001, 20_001), Gap::Sleep);
    }

    #[test]
    fn a_changed_clock_counts_as_sleep_in_a_hidden_tab_too() {
        let mut sleep = Sleep::default();
        sleep.tick(0, 0);
        sleep.hide(0);
        assert_eq!(sleep.tick(3_001, 1_000), Gap::Sleep, "set forward");
        assert_eq!(sleep.tick(0, 2_000), Gap::Sleep, "set back");
    }

    #[test]
    fn a_hidden_tab_naps_after_half_a_minute() {
        let mut sleep = Sleep::default();
        sleep.tick(0, 0);
        sleep.hide(0);
        assert_eq!(sleep.tick(29_999, 29_999), Gap::None, "browsers slow the timers of hidden tabs");
        assert_eq!(sleep.tick(30_000, 30_000), Gap::Nap);
        assert!(sleep.show(31_000));
        assert!(!sleep.show(31_000), "shown once");
        sleep.hide(40_000);
        assert!(!sleep.show(41_000));
    }
}
