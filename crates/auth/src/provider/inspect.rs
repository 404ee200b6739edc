//! Asks a provider once, without a cache, and says what is wrong.

use super::{Provider, discovery::Discovered};
use crate::http::HttpResponse;
use chrono::{DateTime, TimeDelta, Utc};
use http::header::{AGE, DATE, HeaderName};

/// The precision of a `Date` header.
const SECOND: TimeDelta = TimeDelta::seconds(1);

/// A provider whose metadata and keys are in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Inspection {
    /// The number of published keys.
    pub(crate) keys: usize,
    /// Whether the provider tells its clients of sign-outs.
    pub(crate) supports_backchannel_logout: bool,
    /// How far the provider's clock is ahead of this one; negative if behind. `None` without a `Date` header.
    pub(crate) clock_difference: Option<TimeDelta>,
}

impl Provider {
    /// Fetches the metadata and the keys. `None` for a provider without metadata.
    ///
    /// # Errors
    /// One sentence with the reason.
    pub(crate) async fn inspect(&self) -> Option<Result<Inspection, String>> {
        let discovery = self.discovery.as_ref()?;
        let inspect = async {
            let asked_at = self.clock.now();
            let document = discovery.fetch_document().await?;
            let clock_difference = clock_difference(&document, (asked_at, self.clock.now()));
            let Discovered { keys, supports_backchannel_logout, .. } =
                discovery.read_metadata(&document).await?;
            Ok(Inspection { keys: keys.count(), supports_backchannel_logout, clock_difference })
        };
        Some(inspect.await)
    }
}

/// Compares the time at which the server wrote an answer (RFC 9110 §6.6.1) with the time between request and answer.
/// An answer from a cache is older by its `Age` (RFC 9111 §5.1).
fn clock_difference(
    answer: &HttpResponse,
    (asked_at, answered_at): (DateTime<Utc>, DateTime<Utc>),
) -> Option<TimeDelta> {
    let text = |name: HeaderName| answer.headers().get(name)?.to_str().ok();
    let written = DateTime::parse_from_rfc2822(text(DATE)?).ok()?.to_utc();
    let age = text(AGE).and_then(|age| age.trim().parse().ok()).and_then(TimeDelta::try_seconds);
    let theirs = written.checked_add_signed(age.unwrap_or_default())?;
    // The header names the second in which the answer was written.
    Some(if theirs > answered_at {
        theirs - answered_at
    } else if theirs + SECOND < asked_at {
        theirs + SECOND - asked_at
    } else {
        TimeDelta::zero()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Response;

    fn difference(headers: &[(&str, &str)]) -> Option<i64> {
        let mut answer = Response::builder();
        for (name, value) in headers {
            answer = answer.header(*name, *value);
        }
        let at = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().to_utc();
        let between = (at("2026-03-01T12:00:00.400Z"), at("2026-03-01T12:00:01.200Z"));
        clock_difference(&answer.body(Vec::new()).unwrap(), between).map(|found| found.num_milliseconds())
    }

    #[test]
    fn a_clock_differs_by_the_time_that_neither_the_network_nor_rounding_explains() {
        for (date, expected) in [
            ("Sun, 01 Mar 2026 12:00:00 GMT", 0),
            ("Sun, 01 Mar 2026 12:00:01 GMT", 0),
            ("Sun, 01 Mar 2026 12:00:41 GMT", 39_800),
            ("Sun, 01 Mar 2026 11:59:20 GMT", -39_400),
        ] {
            assert_eq!(difference(&[("date", date)]), Some(expected), "{date}");
        }
    }

    #[test]
    fn an_answer_from_a_cache_is_as_old_as_its_age() {
        let date = ("date", "Sun, 01 Mar 2026 11:00:01 GMT");
        assert_eq!(difference(&[date, ("age", "3600")]), Some(0));
    }

    #[test]
    fn without_a_readable_date_the_difference_is_unknown() {
        for headers in [&[][..], &[("date", "yesterday")], &[("date", "")]] {
            assert_eq!(difference(headers), None, "{headers:?}");
        }
    }
}
