//! Measures requests in turns with the bare handler, and summarises many rounds.

use crate::{
    load::{Load, LoadResult, RandomSessions},
    machine::CoreAssignment,
    problem::Problem,
    server::{self, Server},
};
use std::time::Duration;

/// Path of the session status, at the app and at the bare handler.
pub(crate) const STATUS: &str = "/api/get-session-status";
/// Number of sessions in [`Case::PollsInUse`].
pub(crate) const IN_USE: u32 = 1000;

/// A kind of request to the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    /// Session status as for a poll, always with the same session.
    Poll,
    /// Session status as for a navigation: counts as activity, which the app stores once a minute.
    Check,
    /// Session status without a cookie.
    SignedOut,
    /// A protected page, rendered.
    Page,
    /// Polls with random sessions out of [`IN_USE`].
    PollsInUse,
    /// Polls with random sessions out of all stored sessions.
    PollsOfAll,
}

impl Case {
    /// Returns the cases for a store with this many sessions. A small store has no [`Self::PollsOfAll`].
    pub(crate) fn all(sessions: u32) -> Vec<Self> {
        let mut cases = vec![Self::Poll, Self::Check, Self::SignedOut, Self::Page, Self::PollsInUse];
        if sessions > IN_USE {
            cases.push(Self::PollsOfAll);
        }
        cases
    }

    pub(crate) fn path(self) -> String {
        match self {
            Self::Poll | Self::PollsInUse | Self::PollsOfAll => format!("{STATUS}?peek=1"),
            Self::Check | Self::SignedOut => STATUS.to_owned(),
            Self::Page => "/protected".to_owned(),
        }
    }

    /// Returns the text that a correct response contains.
    pub(crate) fn expected(self) -> &'static str {
        match self {
            Self::Poll | Self::Check | Self::PollsInUse | Self::PollsOfAll => r#"{"status":200}"#,
            Self::SignedOut => r#"{"status":401}"#,
            Self::Page => "Person 0",
        }
    }

    /// Returns the number of sessions to draw from for each request; `None` if no session is drawn.
    fn drawn_from(self, sessions: u32) -> Option<u32> {
        match self {
            Self::PollsInUse => Some(IN_USE.min(sessions)),
            Self::PollsOfAll => Some(sessions),
            Self::Poll | Self::Check | Self::SignedOut | Self::Page => None,
        }
    }

    /// Returns the request headers. `cookie` is the cookie of a session.
    pub(crate) fn headers(self, cookie: &str) -> Vec<String> {
        let mut headers = vec![server::host()];
        if self != Self::SignedOut {
            headers.push(format!("Cookie: {cookie}"));
        }
        if self == Self::Page {
            headers.extend(["Sec-Fetch-Mode: navigate".into(), "Sec-Fetch-Dest: document".into()]);
        }
        headers
    }
}

/// One measurement: the result of wrk, and the processor time of the server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) seen: LoadResult,
    /// Processor time per request.
    pub(crate) processor: Duration,
}

/// Medians of all rounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Figures {
    pub(crate) requests_per_second: f64,
    pub(crate) p99: Duration,
    pub(crate) processor: Duration,
}

impl Figures {
    /// Returns the median of each figure.
    pub(crate) fn of(samples: &[Sample]) -> Self {
        let median_of = |figure: &dyn Fn(&Sample) -> f64| median(samples.iter().map(figure).collect());
        Self {
            requests_per_second: median_of(&|sample| sample.seen.requests_per_second),
            p99: Duration::from_secs_f64(median_of(&|sample| sample.seen.p99.as_secs_f64())),
            processor: Duration::from_secs_f64(median_of(&|sample| sample.processor.as_secs_f64())),
        }
    }
}

/// The results of one case.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    pub(crate) case: Case,
    pub(crate) figures: Figures,
    /// Requests per second as a fraction of those of the bare handler right before: the median of all rounds.
    pub(crate) of_bare: f64,
}

/// Returns the median of the numbers, or 0 if there are none.
pub(crate) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    match (numbers.get(middle), numbers.len() % 2) {
        (None, _) => 0.0,
        (Some(upper), 0) => f64::midpoint(numbers[middle - 1], *upper),
        (Some(middle), _) => *middle,
    }
}

/// Parameters of all measurements of one store and size.
pub(crate) struct Bench<'a> {
    pub(crate) cores: CoreAssignment,
    pub(crate) connections: u32,
    pub(crate) seconds: u32,
    pub(crate) rounds: u32,
    pub(crate) bare: &'a Server,
    pub(crate) main: &'a Server,
    pub(crate) sessions: u32,
    /// Cookie `name=value` of the session for the cases that draw none.
    pub(crate) cookie: String,
    /// Returns the [`RandomSessions`] for a number of sessions.
    pub(crate) draw: &'a dyn Fn(u32) -> RandomSessions,
}

impl Bench<'_> {
    /// Measures every case. Also returns the figures of the bare handler for one cookie.
    pub(crate) async fn run(&self) -> Result<(Figures, Vec<Measured>), Problem> {
        let cases = Case::all(self.sessions);
        // Warm up caches and the branch predictor, and discard the result.
        for case in &cases {
            self.pair(*case).await?;
        }
        let mut pairs: Vec<Vec<(Sample, Sample)>> = vec![Vec::new(); cases.len()];
        for _ in 0..self.rounds {
            for (case, pairs) in cases.iter().zip(&mut pairs) {
                pairs.push(self.pair(*case).await?);
            }
        }
        let one_cookie = cases.iter().zip(&pairs).filter(|(case, _)| **case == Case::Poll);
        let bare: Vec<Sample> = one_cookie.flat_map(|(_, pairs)| pairs).map(|(bare, _)| *bare).collect();
        let measured = cases.into_iter().zip(pairs).map(|(case, pairs)| summary(case, &pairs)).collect();
        Ok((Figures::of(&bare), measured))
    }

    /// Measures the bare handler and right after it the app, with the same cookies and headers.
    async fn pair(&self, case: Case) -> Result<(Sample, Sample), Problem> {
        let headers = case.headers(&self.cookie);
        let draw = case.drawn_from(self.sessions).map(self.draw);
        let app_path = case.path();
        let bare = self.sample(self.bare, STATUS, &headers, draw.as_ref()).await?;
        let app = self.sample(self.main, &app_path, &headers, draw.as_ref()).await?;
        Ok((bare, app))
    }

    async fn sample(
        &self,
        server: &Server,
        path: &str,
        headers: &[String],
        draw: Option<&RandomSessions>,
    ) -> Result<Sample, Problem> {
        let (cores, connections, seconds) = (self.cores, self.connections, self.seconds);
        let before = server.processor_time();
        let seen = Load { cores, connections, seconds, port: server.port, path, headers, draw }.run().await?;
        let used =
            server.processor_time().zip(before).map_or(Duration::ZERO, |(after, before)| after - before);
        let processor = used.div_f64((seen.requests as f64).max(1.0));
        Ok(Sample { seen, processor })
    }
}

fn summary(case: Case, pairs: &[(Sample, Sample)]) -> Measured {
    let rate = |sample: &Sample| sample.seen.requests_per_second;
    let of_bare = median(pairs.iter().map(|(bare, app)| rate(app) / rate(bare)).collect());
    let samples: Vec<Sample> = pairs.iter().map(|(_, app)| *app).collect();
    Measured { case, figures: Figures::of(&samples), of_bare }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(requests_per_second: f64) -> Sample {
        let p99 = Duration::from_secs_f64(100.0 / requests_per_second);
        let seen = LoadResult { requests: 1000, requests_per_second, p99, failed: 0 };
        Sample { seen, processor: Duration::from_secs_f64(1.0 / requests_per_second) }
    }

    #[test]
    fn a_median_does_not_depend_on_the_order() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(median(vec![7.0]), 7.0);
        assert_eq!(median(Vec::new()), 0.0);
    }

    #[test]
    fn ratios_pair_adjacent_measurements_so_a_slow_moment_does_not_count() {
        let pairs = [(100.0, 80.0), (10.0, 8.0), (100.0, 80.0), (50.0, 40.0), (100.0, 10.0)];
        let pairs = pairs.map(|(bare, app)| (sample(bare), sample(app)));
        let measured = summary(Case::Poll, &pairs);
        assert!((measured.of_bare - 0.8).abs() < 1e-9);
        assert!((measured.figures.requests_per_second - 40.0).abs() < 1e-9);
        assert_eq!(measured.figures.p99, Duration::from_millis(2500));
    }

    #[test]
    fn a_small_store_is_not_measured_with_all_its_sessions() {
        assert!(!Case::all(IN_USE).contains(&Case::PollsOfAll));
        assert!(Case::all(IN_USE + 1).contains(&Case::PollsOfAll));
        assert_eq!(Case::PollsInUse.drawn_from(10), Some(10));
        assert_eq!(Case::PollsInUse.drawn_from(1_000_000), Some(IN_USE));
    }

    #[test]
    fn only_the_signed_out_request_has_no_cookie() {
        for case in Case::all(u32::MAX) {
            let has_cookie = case.headers("a=b").contains(&"Cookie: a=b".to_owned());
            assert_eq!(has_cookie, case != Case::SignedOut, "{case:?}");
        }
    }
}
