//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::{fmt, path::PathBuf};

/// Measures the main app's session check under load and prints a table.
///
/// Every request of the main app is measured in turns with a bare axum handler that answers the same JSON to
/// the same cookie; ratios are taken between neighbours in time and the median of all rounds counts. Server
/// and load get a core each. A million sessions need about 3 GB of disk in the temporary folder (TMPDIR) for
/// SQLite and as much memory for Redis.
#[derive(Debug, Parser)]
#[command(name = "bench", version, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) options: Options,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs the yardstick: one handler, no layers (used by the measurement itself).
    #[command(hide = true)]
    Bare {
        /// Where to listen.
        #[arg(long, value_name = "HOST:PORT")]
        listen: String,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Options {
    /// The stores to measure.
    #[arg(long, value_delimiter = ',', default_value = "sqlite,redis")]
    pub(crate) stores: Vec<StoreKind>,

    /// How many sessions lie in the store; each later number is compared with the first.
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "1000,1000000",
          value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) sessions: Vec<u32>,

    /// How many times each request is measured.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,

    /// How long each measurement takes, seconds; the bare handler before it takes as long.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) seconds: u32,

    /// How many connections the load keeps open.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) connections: u32,

    /// The main binary [default: the one beside this program].
    #[arg(long, value_name = "FILE")]
    pub(crate) main: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StoreKind {
    Sqlite,
    Redis,
}

impl fmt::Display for StoreKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Redis => "Redis",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn stores_and_sizes_are_lists() {
        let cli = Cli::try_parse_from(["bench", "--stores", "redis", "--sessions", "10,20,30"]).unwrap();
        assert_eq!(cli.options.stores, [StoreKind::Redis]);
        assert_eq!(cli.options.sessions, [10, 20, 30]);
    }

    #[test]
    fn nothing_to_measure_is_refused() {
        for arguments in [["--sessions", "0"], ["--rounds", "0"], ["--seconds", "0"], ["--stores", "mysql"]] {
            assert!(Cli::try_parse_from(["bench"].iter().chain(&arguments)).is_err(), "{arguments:?}");
        }
    }
}
