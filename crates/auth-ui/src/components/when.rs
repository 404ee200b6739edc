//! Points in time, written for people.

use crate::remaining::remaining;
use chrono::{DateTime, FixedOffset, Utc};
use leptos::prelude::*;

/// An RFC 3339 instant as `<time>`: "22 November 2026, 02:14 UTC".
#[component]
pub fn When(
    /// RFC 3339.
    #[prop(into)]
    at: String,
) -> impl IntoView {
    let text = readable(&at);
    view! { <time datetime=at>{text}</time> }
}

/// How long until an RFC 3339 instant, ticking where the page loads its script.
///
/// The browser counts from what was left when the server wrote the page, so a wrong clock on the user's
/// machine has no effect; with JavaScript off the server's text stays.
#[component]
pub fn TimeLeft(
    /// RFC 3339.
    until: String,
) -> impl IntoView {
    seconds_until(&until).map(|seconds| {
        view! {
            <span title=until>
                <span class="countdown" data-seconds=seconds.to_string()>{remaining(seconds)}</span>
            </span>
        }
    })
}

/// Seconds from now to an RFC 3339 instant, negative when it is past; `None` when it cannot be read.
fn seconds_until(at: &str) -> Option<i64> {
    #[expect(clippy::disallowed_methods, reason = "a countdown is for reading; no decision hangs on it")]
    let now = Utc::now();
    let at = parse(at)?;
    Some(at.signed_duration_since(now).num_seconds())
}

fn readable(at: &str) -> String {
    parse(at).map_or_else(|| at.to_owned(), |at| at.to_utc().format("%-d %B %Y, %H:%M UTC").to_string())
}

fn parse(at: &str) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(at).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_reads_like_a_date() {
        assert_eq!(readable("2026-01-02T03:04:05Z"), "2 January 2026, 03:04 UTC");
        assert_eq!(readable("2026-01-02T03:04:05+02:00"), "2 January 2026, 01:04 UTC");
    }

    #[test]
    fn what_is_no_instant_stays_as_it_is() {
        assert_eq!(readable("soon"), "soon");
        assert_eq!(seconds_until("soon"), None);
    }

    #[test]
    fn the_past_counts_below_zero() {
        assert!(seconds_until("2001-01-01T00:00:00Z").is_some_and(|seconds| seconds < 0));
    }
}
