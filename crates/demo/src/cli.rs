//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::{
    live_demo::reset::TimeOfDay,
    suite::{Addresses, Domains, Process},
};

/// Starts the suite on this machine: the embedded OpenID Provider, the identity app, and three instances of
/// the main app. Waits until every process answers, prints their addresses and logs, and stops all of them on
/// Ctrl-C or when a process dies.
///
/// Every process gets the AUTH_* variables of the environment and of the .env file. If these configure a
/// provider (AUTH_AUTH0_ID, AUTH_OIDC_ID, ...), the embedded provider starts only with DEMO=1. LIVE_DEMO=1 runs a
/// public demo.
#[derive(Debug, Parser)]
#[command(name = "demo", version, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) options: Options,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs a program that ends when the supervisor ends (used by the supervisor).
    #[command(hide = true)]
    Child {
        /// The supervisor's process id.
        #[arg(long)]
        supervisor: u32,
        /// End the program with an interrupt, as from Ctrl-C, instead of killing it.
        #[arg(long)]
        gently: bool,
        /// The program and its arguments.
        #[arg(last = true, required = true)]
        program: Vec<String>,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Add N to all five ports (4200-4203, 4300).
    #[arg(long, value_name = "N", env = "PORT_OFFSET", default_value_t = 0,
          value_parser = clap::value_parser!(u16).range(..=i64::from(Addresses::MAX_OFFSET)))]
    pub(crate) port_offset: u16,

    /// Run the release builds.
    #[arg(long)]
    pub(crate) release: bool,

    /// Folder for generated secrets and databases.
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub(crate) data_dir: PathBuf,

    /// Folder of the binaries [default: target/debug, or target/release with --release].
    #[arg(long, value_name = "DIR")]
    pub(crate) bin_dir: Option<PathBuf>,

    /// Run partner without the identity proxy: the provider then refuses its redirect URI.
    #[arg(long)]
    pub(crate) partner_direct: bool,

    /// Run this program as partner, for example your own app. It gets partner's settings, except for
    /// `LEPTOS_SITE_ROOT`.
    #[arg(long, value_name = "PROGRAM", conflicts_with = "partner_direct")]
    pub(crate) partner: Option<PathBuf>,

    /// Enable fault injection in the embedded provider. For tests only.
    #[arg(long)]
    pub(crate) faults: bool,

    /// Serve the apps at https addresses of this domain: identity, games, store and auth below DOMAIN. A reverse proxy with
    /// TLS must pass them on to the ports. docs/deploy.md has an example.
    #[arg(long, value_name = "DOMAIN", requires = "partner_domain")]
    pub(crate) domain: Option<String>,

    /// The domain of partner, beside --domain.
    #[arg(long, value_name = "DOMAIN", requires = "domain")]
    pub(crate) partner_domain: Option<String>,

    /// Run a public demo, as with LIVE_DEMO=1: throwaway users for each visitor, and all data is deleted every day. Needs
    /// --domain and an empty folder, and is refused beside everything that would weaken it.
    #[arg(long)]
    pub(crate) live_demo: bool,

    /// When the public demo deletes its data and starts again, UTC [default: 04:00]. SIGUSR1 does the same at once.
    #[arg(long, value_name = "HH:MM")]
    pub(crate) reset_at: Option<TimeOfDay>,

    /// Let preview deployments at these origins sign in, such as https://pr-*.preview.example.
    #[arg(long, value_name = "PATTERN")]
    pub(crate) previews: Option<String>,

    /// Connect to a host at this address, such as identity.wow.test=127.0.0.1:8443; may be repeated. For tests: hosts that
    /// the system does not know.
    #[arg(long = "host-address", value_name = "NAME=ADDRESS:PORT")]
    pub(crate) host_addresses: Vec<String>,

    /// Start only these processes.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', conflicts_with = "except")]
    pub(crate) only: Vec<Process>,

    /// Start all processes except these.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) except: Vec<Process>,

    /// Run this app under `cargo leptos watch`: it is rebuilt and reloaded when its sources change.
    #[arg(long, value_name = "APP")]
    pub(crate) watch: Option<Process>,

    /// Restart a process that ends after it was ready, and print all process ids. Kill a process to see how
    /// its tabs react.
    #[arg(long)]
    pub(crate) restart: bool,

    /// Ignore AUTH_* variables and .env, so that the suite is the same on every machine. For tests.
    #[arg(long)]
    pub(crate) no_env: bool,

    /// Set one environment variable of one process; may be repeated.
    #[arg(long = "set", value_name = "PROCESS:NAME=VALUE", value_parser = parse_setting)]
    pub(crate) settings: Vec<Setting>,
}

impl Options {
    /// The domains behind a reverse proxy.
    pub(crate) fn domains(&self) -> Option<Domains> {
        let (shared, partner) = (self.domain.clone()?, self.partner_domain.clone()?);
        Some(Domains { shared, partner })
    }

    /// Whether `--only` and `--except` allow a process. For the provider, `SharedEnv` decides as well.
    pub(crate) fn wants(&self, process: Process) -> bool {
        (self.only.is_empty() || self.only.contains(&process)) && !self.except.contains(&process)
    }
}

/// `--set process:NAME=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) process: Process,
    pub(crate) name: String,
    pub(crate) value: String,
}

fn parse_setting(text: &str) -> Result<Setting, String> {
    let shape = || "expected PROCESS:NAME=VALUE, such as main:AUTH_SESSION_MAX_AGE=60".to_owned();
    let (process, variable) = text.split_once(':').ok_or_else(shape)?;
    let (name, value) = variable.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(shape)?;
    let process = <Process as clap::ValueEnum>::from_str(process, false)
        .map_err(|_| format!("unknown process {process:?}: use provider, identity, main, store, partner"))?;
    Ok(Setting { process, name: name.to_owned(), value: value.to_owned() })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn options(arguments: &[&str]) -> Result<Options, clap::Error> {
        Cli::try_parse_from(std::iter::once(&"demo").chain(arguments)).map(|cli| cli.options)
    }

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_setting_names_a_process_a_variable_and_a_value() {
        let options =
            options(&["--set", "main:AUTH_SESSION_MAX_AGE=2", "--set", "store:PUBLIC_URL=http://a=b:1"])
                .unwrap();
        assert_eq!(options.settings[0].process, Process::Main);
        assert_eq!(options.settings[0].name, "AUTH_SESSION_MAX_AGE");
        assert_eq!(options.settings[1].value, "http://a=b:1");
    }

    #[test]
    fn a_setting_without_a_known_process_is_refused() {
        for bad in ["AUTH_SECRET=x", "nobody:A=b", "main:A", "main:=b"] {
            assert!(options(&["--set", bad]).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_offset_that_leaves_the_port_range_is_refused() {
        assert!(options(&["--port-offset", "62000"]).is_err());
    }

    #[test]
    fn only_and_except_choose_processes() {
        let some = options(&["--only", "provider,identity"]).unwrap();
        assert!(some.wants(Process::Identity) && !some.wants(Process::Main));
        let most = options(&["--except", "main"]).unwrap();
        assert!(most.wants(Process::Store) && !most.wants(Process::Main));
    }
}
