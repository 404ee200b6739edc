//! The supervisor's output: whole lines, each with the name of its process and, on a terminal, a colour.

use std::{
    env,
    io::{self, IsTerminal, Write},
};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

use crate::suite::Process;

const RESET: &str = "\x1b[0m";
const BOLD: &str = "\x1b[1m";

/// How lines are printed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    /// Whether to print colours: on a terminal, unless `NO_COLOR` is set (<https://no-color.org>).
    pub(crate) colours: bool,
}

impl Output {
    pub(crate) fn detect() -> Self {
        let unwanted = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_some_and(|value| value == "dumb");
        Self { colours: io::stdout().is_terminal() && !unwanted && !dumb }
    }

    /// Prints one line. Ignores errors, because a closed stdout must not stop the suite.
    #[expect(clippy::unused_self, reason = "all lines are printed in one place")]
    pub(crate) fn line(self, line: &str) {
        let mut stdout = io::stdout().lock();
        let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
    }

    pub(crate) fn heading(self, text: &str) -> String {
        if self.colours { format!("{BOLD}{text}{RESET}") } else { text.to_owned() }
    }

    /// Formats a log line of a process.
    pub(crate) fn named(self, process: Process, line: &str) -> String {
        if self.colours {
            format!("{}{process:<8} │{RESET} {line}", colour(process))
        } else {
            format!("{process:<8} | {line}")
        }
    }

    /// Prints the lines that a process writes, until the process closes the stream.
    pub(crate) async fn follow(self, process: Process, stream: impl AsyncRead + Unpin) {
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        while let Ok(1..) = reader.read_until(b'\n', &mut line).await {
            let text = String::from_utf8_lossy(&line);
            self.line(&self.named(process, text.trim_end_matches(['\n', '\r'])));
            line.clear();
        }
    }
}

const fn colour(process: Process) -> &'static str {
    match process {
        Process::Provider => "\x1b[35m",
        Process::Identity => "\x1b[36m",
        Process::Main => "\x1b[32m",
        Process::Store => "\x1b[33m",
        Process::Partner => "\x1b[34m",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_carries_the_name_of_its_process() {
        assert_eq!(Output { colours: false }.named(Process::Main, "listening"), "main     | listening");
    }

    #[test]
    fn escape_codes_appear_only_with_colours() {
        assert!(Output { colours: true }.named(Process::Store, "x").contains("\x1b[33m"));
        assert!(!Output { colours: false }.heading("x").contains('\x1b'));
    }
}
