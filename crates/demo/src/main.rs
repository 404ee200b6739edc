//! `demo` starts the five processes of the suite on one machine and stops them together. `demo --help` lists
//! its options. It is a development tool: in production each app is a separate service (docs/deploy.md).

mod child;
mod cli;
mod health;
mod output;
mod plan;
mod ports;
mod problem;
mod registry;
mod secrets;
mod shared_env;
mod suite;
mod supervise;
mod table;

use std::{
    env, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser;

use crate::{
    cli::{Cli, Command, Options},
    output::Output,
    plan::Plan,
    problem::Problem,
    secrets::Secrets,
    shared_env::SharedEnv,
    suite::{Addresses, Process},
    supervise::{Launch, Running},
};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        Some(Command::Child { supervisor, gently, program }) => {
            child::become_child(supervisor, gently, &program)
                .map(|never| match never {})
                .map_err(|error| Problem::System(io::Error::other(format!("{}: {error}", program.concat()))))
        }
        None => run(&cli.options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            let _ = io::Write::write_fmt(&mut io::stderr(), format_args!("demo: {problem}\n"));
            ExitCode::FAILURE
        }
    }
}

/// Runs the suite on one thread, because the kernel ends a child with the thread that started it (see
/// [`Launch`]).
#[tokio::main(flavor = "current_thread")]
async fn run(options: &Options) -> Result<(), Problem> {
    let mut signals = Signals::new()?;
    let root = repository();
    let data_dir = absolute(&options.data_dir)?;
    let domains = options.domains();
    let addresses = Addresses::new(options.port_offset).behind_proxy(domains.as_ref());
    let shared = if options.no_env {
        SharedEnv::default()
    } else {
        SharedEnv::read(&root, env::vars_os().filter_map(into_strings))?
    };
    let processes = chosen(options, &shared)?;

    let secrets = Secrets::load_or_make(&data_dir)?;
    let registry = registry::prepare(&root, &data_dir, addresses, options.previews.as_deref())?;
    let partner = options.partner.as_deref().map(absolute).transpose()?;
    let plan = Plan {
        root: &root,
        data_dir: &data_dir,
        registry,
        addresses,
        release: options.release,
        partner_direct: options.partner_direct,
        partner: partner.as_deref(),
        faults: options.faults,
        previews: options.previews.is_some(),
        host_addresses: &options.host_addresses,
        secrets: &secrets,
        shared: &shared,
        settings: &options.settings,
    };
    let profile = if options.release { "target/release" } else { "target/debug" };
    let bin_dir = options.bin_dir.as_deref().map_or_else(|| Ok(root.join(profile)), absolute)?;
    let launch = Launch {
        plan: &plan,
        bin_dir,
        watch: options.watch,
        restart: options.restart,
        output: Output::detect(),
    };
    launch.check_built(&processes)?;
    ports::check_free(addresses, &processes)?;

    let mut running = Running::start(&launch, &processes)?;
    let outcome = tokio::select! {
        problem = up(&launch, &mut running, &processes) => Err(problem),
        () = signals.next() => Ok(()),
    };
    launch.output.line("Stopping.");
    running.stop(signals.next()).await;
    outcome
}

/// Waits until the suite is ready, prints the table and monitors the processes. Returns only with a problem.
async fn up(launch: &Launch<'_>, running: &mut Running, processes: &[Process]) -> Problem {
    if let Err(problem) = running.until_ready(launch, processes).await {
        return problem;
    }
    for line in table::lines(launch.plan, processes, launch.output) {
        launch.output.line(&line);
    }
    running.watch_over(launch).await
}

/// Returns the processes to start, in order.
fn chosen(options: &Options, shared: &SharedEnv) -> Result<Vec<Process>, Problem> {
    if let Some(process @ Process::Provider) = options.watch {
        return Err(Problem::NotWatchable { process });
    }
    let wanted = |process: &Process| {
        options.wants(*process) && (*process != Process::Provider || shared.wants_embedded_provider())
    };
    let processes: Vec<_> = Process::ALL.into_iter().filter(wanted).collect();
    if processes.is_empty() { Err(Problem::NothingToStart) } else { Ok(processes) }
}

/// Returns the repository that this program was built from. Its target folder contains the other binaries.
fn repository() -> PathBuf {
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_dir.ancestors().nth(2).unwrap_or(crate_dir).to_owned()
}

fn absolute(path: &Path) -> Result<PathBuf, Problem> {
    std::path::absolute(path).map_err(|source| Problem::data_dir(path, source))
}

fn into_strings((name, value): (std::ffi::OsString, std::ffi::OsString)) -> Option<(String, String)> {
    Some((name.into_string().ok()?, value.into_string().ok()?))
}

/// The signals that stop the suite: SIGTERM, SIGINT (Ctrl-C) and SIGHUP (the terminal was closed).
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }

    #[cfg(not(unix))]
    fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
