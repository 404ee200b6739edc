//! Dates and times in readable form.

use crate::remaining::remaining;
use chrono::{DateTime, FixedOffset, Utc};
use leptos::prelude::*;

/// An RFC 3339 instant as `<time>`: "22 November 2026, 02:14 UTC".
#[component]
pub fn When(
    /// The instant, in RFC 3339 format.
    #[prop(into)]
    at: String,
) -> impl IntoView {
    let text = readable(&at);
    view! { <time datetime=at>{text}</time> }
}

/// The time left until an RFC 3339 instant. Counts down on pages with scripts.
///
/// The browser counts down from the server's value, so a wrong clock on the user's machine has no effect.
/// Without JavaScript, the server's text stays.
#[component]
pub fn TimeLeft(
    /// The instant, in RFC 3339 format.
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

/// Returns the seconds from now to an RFC 3339 instant, negative for the past; `None` if unreadable.
fn seconds_until(at: &str) -> Option<i64> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the countdown is only displayed; no decision depends on it"
    )]
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
    fn text_that_is_not_an_instant_stays_as_it_is() {
        assert_eq!(readable("soon"), "soon");
        assert_eq!(seconds_until("soon"), None);
    }

    #[test]
    fn the_past_counts_below_zero() {
        assert!(seconds_until("2001-01-01T00:00:00Z").is_some_and(|seconds| seconds < 0));
    }
}
