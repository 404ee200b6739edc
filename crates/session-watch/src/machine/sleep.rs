//! Has the tab, or the machine, slept?

/// A tab that was hidden for this long is covered: it asks the server before it shows its page. Milliseconds.
const NAP: i64 = 30_000;
/// No timer of a visible tab is this late, milliseconds.
const SLEPT: i64 = 10_000;
/// The two clocks of a machine differ by less between two ticks, unless one was set or stopped. Milliseconds.
const DRIFT: i64 = 2_000;

/// What the time between two ticks says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gap {
    /// Nothing unusual.
    None,
    /// The tab has been hidden for long.
    Nap,
    /// The machine slept, or its clock was set.
    Sleep,
}

/// What a tab knows about its sleep.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sleep {
    hidden_at: Option<i64>,
    /// This machine's clock and its uptime at the last tick.
    last: Option<(i64, i64)>,
}

impl Sleep {
    /// The tab is hidden from now on.
    pub(crate) fn hide(&mut self, now: i64) {
        self.hidden_at = Some(now);
    }

    /// The tab is visible from now on; whether it was hidden for long.
    pub(crate) fn show(&mut self, now: i64) -> bool {
        self.hidden_at.take().is_some_and(|hidden_at| has_napped(hidden_at, now))
    }

    /// Judges the time since the last tick. `uptime` is a clock that the user cannot set.
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
    fn a_clock_that_was_set_is_a_sleep_in_a_hidden_tab_too() {
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
