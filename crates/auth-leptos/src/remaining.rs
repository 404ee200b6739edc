//! Formats the time left for people: "3 d 4 h 5 min 6 s".

/// The seconds left at which screen readers announce the time left.
const READ_OUT: [i64; 4] = [60, 30, 10, 5];

/// Returns the whole seconds left, rounded up; zero after the end. Takes milliseconds.
#[must_use]
pub fn seconds_left(milliseconds: i64) -> i64 {
    (milliseconds.max(0) + 999) / 1_000
}

/// Returns whether screen readers announce the time left at this second.
#[must_use]
pub fn is_read_out(seconds: i64) -> bool {
    READ_OUT.contains(&seconds)
}

/// Formats a number of seconds as a countdown. Zero and less become "ended".
///
/// ```
/// use auth_leptos::remaining::remaining;
///
/// assert_eq!(remaining(3_725), "1 h 2 min 5 s");
/// ```
#[must_use]
pub fn remaining(seconds: i64) -> String {
    if seconds <= 0 {
        return "ended".to_owned();
    }
    let units = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    // Leading zeros are dropped. Inner zeros stay, so that the line does not jump every second.
    let first = units.iter().position(|(count, _)| *count > 0).unwrap_or(units.len() - 1);
    let words: Vec<String> = units[first..].iter().map(|(count, unit)| format!("{count} {unit}")).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_units_appear_only_when_needed() {
        assert_eq!(remaining(1), "1 s");
        assert_eq!(remaining(60), "1 min 0 s");
        assert_eq!(remaining(86_400), "1 d 0 h 0 min 0 s");
        assert_eq!(remaining(30 * 86_400 - 1), "29 d 23 h 59 min 59 s");
    }

    #[test]
    fn zero_and_less_are_ended() {
        assert_eq!(remaining(0), "ended");
        assert_eq!(remaining(-5), "ended");
    }
}
