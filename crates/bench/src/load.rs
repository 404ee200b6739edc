//! Runs the load generator wrk and parses its report.

use crate::{machine::CoreAssignment, problem::Problem};
use std::{path::PathBuf, process::Stdio, time::Duration};
use tokio::process::Command;

/// One run of wrk.
#[derive(Debug)]
pub(crate) struct Load<'a> {
    pub(crate) cores: CoreAssignment,
    pub(crate) connections: u32,
    pub(crate) seconds: u32,
    pub(crate) port: u16,
    pub(crate) path: &'a str,
    pub(crate) headers: &'a [String],
    /// Draws a random session for each request instead of always sending the same session.
    pub(crate) draw: Option<&'a RandomSessions>,
}

/// The sessions to draw from.
#[derive(Debug)]
pub(crate) struct RandomSessions {
    /// `drawn.lua`.
    pub(crate) script: PathBuf,
    /// File of session ids, without separators.
    pub(crate) ids: PathBuf,
    /// Number of ids to draw from.
    pub(crate) count: u32,
    pub(crate) cookie_name: String,
    pub(crate) host: String,
}

/// The result of one run of wrk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LoadResult {
    pub(crate) requests: u64,
    pub(crate) requests_per_second: f64,
    pub(crate) p99: Duration,
    /// Responses that were neither 2xx nor 3xx, and requests without a response.
    pub(crate) failed: u64,
}

impl Load<'_> {
    /// Runs wrk to its end.
    ///
    /// # Errors
    /// When wrk is missing or fails, or when a request failed.
    pub(crate) async fn run(&self) -> Result<LoadResult, Problem> {
        let mut words = self.cores.of_load();
        words.extend(self.words());
        let (program, arguments) = words.split_first().ok_or(Problem::ToolMissing("wrk"))?;
        let output = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .map_err(|_| Problem::ToolMissing("wrk"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let unreadable = || {
            let errors = String::from_utf8_lossy(&output.stderr);
            Problem::Load(format!("{} {}", text.trim(), errors.trim()))
        };
        let seen = parse(&text).filter(|_| output.status.success()).ok_or_else(unreadable)?;
        if seen.failed > 0 {
            let path = self.path.to_owned();
            return Err(Problem::RequestsFailed { path, failed: seen.failed, requests: seen.requests });
        }
        Ok(seen)
    }

    fn words(&self) -> Vec<String> {
        let mut words = vec!["wrk".to_owned(), "--latency".to_owned(), "-t1".to_owned()];
        words.push(format!("-c{}", self.connections));
        words.push(format!("-d{}s", self.seconds));
        for header in self.headers {
            words.extend(["-H".to_owned(), header.clone()]);
        }
        if let Some(draw) = self.draw {
            words.extend(["-s".to_owned(), draw.script.display().to_string()]);
        }
        words.push(format!("http://127.0.0.1:{}{}", self.port, self.path));
        if let Some(draw) = self.draw {
            let ids = draw.ids.display().to_string();
            words.extend(["--".to_owned(), ids, draw.count.to_string(), self.path.to_owned()]);
            words.extend([draw.cookie_name.clone(), draw.host.clone()]);
        }
        words
    }
}

/// Parses wrk's report; `None` if the text is not a report.
fn parse(report: &str) -> Option<LoadResult> {
    let after = |label: &str| report.lines().find_map(|line| line.trim().strip_prefix(label));
    let requests = report.lines().find_map(|line| line.trim().split_once(" requests in "))?.0.parse().ok()?;
    let socket_errors = after("Socket errors:").map_or(Some(0), |list| {
        list.split(',').map(|entry| entry.rsplit(' ').next()?.trim().parse::<u64>().ok()).sum()
    })?;
    let refused = after("Non-2xx or 3xx responses:").map_or(Some(0), |count| count.trim().parse().ok())?;
    Some(LoadResult {
        requests,
        requests_per_second: after("Requests/sec:")?.trim().parse().ok()?,
        p99: duration(after("99%")?.trim())?,
        failed: socket_errors + refused,
    })
}

/// Parses a duration of wrk: `320.00us`, `1.23ms`, `2.00s`, `1.10m`.
fn duration(text: &str) -> Option<Duration> {
    let unit = text.find(|letter: char| letter.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(unit);
    let seconds = match unit {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "\
Running 1s test @ http://127.0.0.1:33333/api/get-session-status
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   340.72us  138.50us   4.65ms   91.12%
    Req/Sec    92.81k     4.44k   98.83k    81.82%
  Latency Distribution
     50%  318.00us
     75%  362.00us
     90%  447.00us
     99%    0.87ms
  101454 requests in 1.10s, 14.61MB read
Requests/sec:  92290.33
Transfer/sec:     13.29MB
";

    #[test]
    fn a_report_is_parsed() {
        let seen = parse(REPORT).unwrap();
        assert_eq!(seen.requests, 101_454);
        assert!((seen.requests_per_second - 92_290.33).abs() < 1e-6);
        assert_eq!(seen.p99, Duration::from_micros(870));
        assert_eq!(seen.failed, 0);
    }

    #[test]
    fn failed_requests_are_counted_for_every_cause() {
        let with = |line: &str| REPORT.replace("Requests/sec", &format!("{line}\nRequests/sec"));
        let seen = parse(&with("  Socket errors: connect 1, read 20, write 300, timeout 4000")).unwrap();
        assert_eq!(seen.failed, 4321);
        assert_eq!(parse(&with("  Non-2xx or 3xx responses: 17")).unwrap().failed, 17);
    }

    #[test]
    fn text_that_is_not_a_report_is_refused() {
        for text in ["", "unable to connect to 127.0.0.1:1 Connection refused", "99% 1ms"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn durations_come_in_four_units() {
        for (text, micros) in [("320.00us", 320), ("1.23ms", 1230), ("2.00s", 2_000_000), ("1m", 60_000_000)]
        {
            assert_eq!(duration(text), Some(Duration::from_micros(micros)), "{text}");
        }
        assert_eq!(duration("5"), None);
        assert_eq!(duration("5parsec"), None);
    }

    #[test]
    fn random_sessions_are_drawn_by_the_script() {
        let draw = RandomSessions {
            script: "drawn.lua".into(),
            ids: "ids".into(),
            count: 1000,
            cookie_name: "app.session".into(),
            host: "app.example".into(),
        };
        let load = Load {
            cores: CoreAssignment::Shared,
            connections: 32,
            seconds: 1,
            port: 80,
            path: "/x",
            headers: &[],
            draw: Some(&draw),
        };
        assert_eq!(
            load.words().join(" "),
            "wrk --latency -t1 -c32 -d1s -s drawn.lua http://127.0.0.1:80/x -- ids 1000 /x app.session app.example"
        );
    }
}
