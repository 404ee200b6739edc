//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::{fmt, path::PathBuf};

/// Measures the main app's session check under load and prints a table.
///
/// Every measurement of the main app follows a measurement of a bare axum handler, which answers the same
/// JSON to the same cookie. The result is the median ratio of these pairs. The server and the load generator
/// run on separate cores. A million sessions need about 3 GB: of disk in the temporary folder (TMPDIR) for
/// SQLite, of memory for Redis.
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
    /// Runs the bare handler, without layers (used by the measurement).
    #[command(hide = true)]
    Bare {
        /// Address to listen on.
        #[arg(long, value_name = "HOST:PORT")]
        listen: String,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Options {
    /// The stores to measure.
    #[arg(long, value_delimiter = ',', default_value = "sqlite,redis")]
    pub(crate) stores: Vec<StoreKind>,

    /// Numbers of sessions in the store; each later number is compared with the first.
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "1000,1000000",
          value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) sessions: Vec<u32>,

    /// Number of measurements of each request.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,

    /// Seconds for each measurement; the bare handler before it takes the same time.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) seconds: u32,

    /// Number of connections that the load generator keeps open.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) connections: u32,

    /// The main binary [default: `main` in the folder of this program].
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
    fn an_empty_measurement_or_an_unknown_store_is_refused() {
        for arguments in [["--sessions", "0"], ["--rounds", "0"], ["--seconds", "0"], ["--stores", "mysql"]] {
            assert!(Cli::try_parse_from(["bench"].iter().chain(&arguments)).is_err(), "{arguments:?}");
        }
    }
}
