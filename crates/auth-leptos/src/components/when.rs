//! Dates and times in readable form.

use chrono::{DateTime, FixedOffset};
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

/// Formats an RFC 3339 instant for people: "22 November 2026, 02:14 UTC". Any other text is returned unchanged.
#[must_use]
pub fn readable(at: &str) -> String {
    let instant: Result<DateTime<FixedOffset>, _> = DateTime::parse_from_rfc3339(at);
    instant.map_or_else(|_| at.to_owned(), |at| at.to_utc().format("%-d %B %Y, %H:%M UTC").to_string())
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
    }
}
