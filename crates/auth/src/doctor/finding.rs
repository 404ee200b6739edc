//! What a check found, as one line.

use std::{fmt, process::ExitCode};

/// The longest text of a finding, in characters. A server's answer can be part of it.
const MAX_TEXT: usize = 400;

/// How a finding is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// In order.
    Ok,
    /// Not checked.
    Skipped,
    /// Works, but not as most operators expect; or could not be confirmed from here.
    Warning,
    /// The program does not start, or a part of it does not work.
    Error,
}

/// One finding. It contains no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How the finding is to be taken.
    pub level: Level,
    /// The variable or the part that the finding is about.
    pub subject: String,
    /// What was found.
    pub found: String,
    /// What to do.
    pub fix: Option<String>,
}

impl Finding {
    /// Everything is in order.
    pub fn ok(subject: impl Into<String>, found: impl Into<String>) -> Self {
        Self { level: Level::Ok, subject: subject.into(), found: found.into(), fix: None }
    }

    /// A part that was not checked, and why.
    pub fn skipped(subject: impl Into<String>, reason: impl fmt::Display) -> Self {
        let found = format!("not checked: {reason}");
        Self { level: Level::Skipped, subject: subject.into(), found, fix: None }
    }

    /// A problem that does not stop the program, and its fix.
    pub fn warning(subject: impl Into<String>, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { level: Level::Warning, subject: subject.into(), found: found.into(), fix: Some(fix.into()) }
    }

    /// A problem, and its fix.
    pub fn error(subject: impl Into<String>, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { level: Level::Error, ..Self::warning(subject, found, fix) }
    }

    /// A problem whose description contains the fix, as an error of the configuration does.
    pub fn plain_error(subject: impl Into<String>, found: impl Into<String>) -> Self {
        Self { level: Level::Error, ..Self::ok(subject, found) }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Ok => "ok",
            Self::Skipped => "skipped",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { level, subject, found, fix } = self;
        write!(formatter, "{level:<8} {}: {}", one_line(subject), one_line(found))?;
        match fix {
            Some(fix) => write!(formatter, "; fix: {}", one_line(fix)),
            None => Ok(()),
        }
    }
}

/// Removes line breaks and other control characters, and the end of a long text.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .take(MAX_TEXT)
        .collect()
}

/// All findings of a run, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The findings.
    pub findings: Vec<Finding>,
}

impl Report {
    /// The number of findings of this level.
    #[must_use]
    pub fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }

    /// 0 without errors, else 1.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        if self.count(Level::Error) == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// One line for each finding, and one with the numbers.
impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(formatter, "{finding}")?;
        }
        let [ok, skipped, warnings, errors] =
            [Level::Ok, Level::Skipped, Level::Warning, Level::Error].map(|level| self.count(level));
        write!(formatter, "{ok} ok, {skipped} skipped, {warnings} warnings, {errors} errors")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_line_with_its_fix() {
        for (finding, expected) in [
            (Finding::ok("AUTH_SECRET", "is set"), "ok       AUTH_SECRET: is set"),
            (Finding::skipped("store", "no address"), "skipped  store: not checked: no address"),
            (
                Finding::warning("PUBLIC_URL", "is http", "use https"),
                "warning  PUBLIC_URL: is http; fix: use https",
            ),
            (
                Finding::error("provider demo", "answered\n500\u{1b}[31m", "see\r\nits log"),
                "error    provider demo: answered 500 [31m; fix: see  its log",
            ),
            (Finding::plain_error("AUTH_X", "is not a setting"), "error    AUTH_X: is not a setting"),
        ] {
            assert_eq!(finding.to_string(), expected);
        }
        assert!(Finding::ok("x", "y".repeat(10_000)).to_string().len() < 1000);
    }

    #[test]
    fn only_an_error_changes_the_exit_code() {
        let mut report = Report::default();
        assert_eq!(report.exit_code(), ExitCode::SUCCESS);
        report.findings.extend([
            Finding::ok("a", "b"),
            Finding::skipped("a", "b"),
            Finding::warning("a", "b", "c"),
        ]);
        assert_eq!(report.exit_code(), ExitCode::SUCCESS);
        report.findings.push(Finding::error("a", "b", "c"));
        assert_eq!(report.exit_code(), ExitCode::FAILURE);
        let text = report.to_string();
        assert_eq!(text.lines().count(), 5);
        assert!(text.ends_with("1 ok, 1 skipped, 1 warnings, 1 errors"), "{text}");
    }
}
