//! When the live demo deletes its data: every day at a fixed time, UTC.

use std::{
    fmt,
    str::FromStr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

const DAY: u64 = 24 * 3600;
/// Longest pause between two looks at the clock. The clock can be set, and a machine can sleep.
const PAUSE: Duration = Duration::from_secs(60);

/// A time of day in UTC, in minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimeOfDay(u64);

impl Default for TimeOfDay {
    fn default() -> Self {
        Self(4 * 60)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl FromStr for TimeOfDay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str, below: u64| {
            let is_number = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|number: &u64| is_number && *number < below)
        };
        let parsed = text
            .split_once(':')
            .and_then(|(hours, minutes)| Some(Self(number(hours, 24)? * 60 + number(minutes, 60)?)));
        parsed.ok_or_else(|| "expected HH:MM between 00:00 and 23:59, such as 04:00".to_owned())
    }
}

impl TimeOfDay {
    /// Returns when this time comes next after `now`.
    fn next_after(self, now: SystemTime) -> SystemTime {
        let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let today = seconds - seconds % DAY + self.0 * 60;
        let next = if today > seconds { today } else { today + DAY };
        UNIX_EPOCH + Duration::from_secs(next)
    }

    /// Waits until this time comes next.
    pub(crate) async fn wait(self) {
        let due = self.next_after(now());
        while let Ok(left) = due.duration_since(now()) {
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(PAUSE)).await;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the only clock of the supervisor")]
fn now() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_time_of_day_has_two_digits_each() {
        for text in ["04:00", "00:00", "23:59"] {
            assert_eq!(text.parse::<TimeOfDay>().unwrap().to_string(), text);
        }
        for text in ["", "4:00", "04:0", "24:00", "23:60", "04.00", "04:00:00", "+4:00", "-1:00", "ab:cd"] {
            assert!(text.parse::<TimeOfDay>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_next_reset_is_today_or_tomorrow_and_never_now() {
        // 2026-11-26 00:00 UTC
        const MIDNIGHT: u64 = 1_795_651_200;
        let four = TimeOfDay::default();
        let hours = |hours: u64| at(MIDNIGHT + hours * 3600);
        assert_eq!(four.next_after(hours(0)), hours(4));
        assert_eq!(four.next_after(at(MIDNIGHT + 4 * 3600 - 1)), hours(4));
        assert_eq!(four.next_after(hours(4)), hours(28));
        assert_eq!(four.next_after(hours(23)), hours(28));
        assert_eq!("00:00".parse::<TimeOfDay>().unwrap().next_after(hours(0)), hours(24));
    }
}
