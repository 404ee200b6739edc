//! `demo` starts the five processes of the suite on one machine and stops them together. `demo --help` lists
//! its options. It is a development tool: in production each app is a separate service (docs/deploy.md). With
//! `LIVE_DEMO=1` it runs a public demo ([`live_demo`]).

mod child;
mod cli;
mod health;
mod live_demo;
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
    live_demo::reset::TimeOfDay,
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
    let root = repository();
    let data_dir = absolute(&options.data_dir)?;
    let domains = options.domains();
    let addresses = Addresses::new(options.port_offset).behind_proxy(domains.as_ref());
    let shared = if options.no_env {
        SharedEnv::default()
    } else {
        SharedEnv::read(&root, env::vars_os().filter_map(into_strings))?
    };
    let is_live = options.live_demo || shared.is_live_demo();
    let reset_at = options.reset_at.unwrap_or_default();
    if is_live {
        live_demo::check(options, &shared)?;
        live_demo::folder::claim(&data_dir)?;
    } else if let Some(option) = live_demo::check_ordinary(options) {
        return Err(Problem::NeedsLiveDemo { option });
    }
    let notice = is_live.then(|| shared.notice().map_or_else(|| live_demo::notice(reset_at), str::to_owned));
    let mut signals = Signals::new(is_live)?;
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
        live_demo: notice.as_deref(),
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
        // One process that fails must not end a public demo.
        restart: options.restart || is_live,
        output: Output::detect(),
    };
    launch.check_built(&processes)?;
    ports::check_free(addresses, &processes)?;

    loop {
        if is_live {
            // At each start, so that no data is older than a day.
            live_demo::folder::clear(&data_dir)?;
        }
        let mut running = Running::start(&launch, &processes)?;
        let end = tokio::select! {
            end = up(&launch, &mut running, &processes, is_live.then_some(reset_at)) => end,
            end = signals.next_or_reset() => end,
        };
        match end {
            End::Reset => launch.output.line("Deleting all data, and starting again."),
            End::Stop | End::Problem(_) => launch.output.line("Stopping."),
        }
        // A signal in this time ends the suite, also during a reset.
        let mut is_stopped = false;
        let hurry = async {
            signals.next().await;
            is_stopped = true;
        };
        running.stop(hurry).await;
        match end {
            End::Problem(problem) => return Err(problem),
            End::Reset if !is_stopped => {}
            End::Reset | End::Stop => return Ok(()),
        }
    }
}

/// Why the processes are stopped.
enum End {
    Stop,
    /// The live demo deletes its data and starts again.
    Reset,
    Problem(Problem),
}

/// Waits until the suite is ready, prints the table and monitors the processes. Returns when there is a problem, or at the
/// time of the next reset.
async fn up(
    launch: &Launch<'_>,
    running: &mut Running,
    processes: &[Process],
    reset_at: Option<TimeOfDay>,
) -> End {
    if let Err(problem) = running.until_ready(launch, processes).await {
        return End::Problem(problem);
    }
    for line in table::lines(launch.plan, processes, launch.output) {
        launch.output.line(&line);
    }
    let reset = async {
        match reset_at {
            Some(time) => time.wait().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        problem = running.watch_over(launch) => End::Problem(problem),
        () = reset => End::Reset,
    }
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

/// The signals that stop the suite: SIGTERM, SIGINT (Ctrl-C) and SIGHUP (the terminal was closed). SIGUSR1 resets the live
/// demo at once; elsewhere it keeps its usual effect.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
    #[cfg(unix)]
    reset: Option<tokio::signal::unix::Signal>,
}

impl Signals {
    #[cfg(unix)]
    fn new(is_live: bool) -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
            reset: is_live.then(|| signal(SignalKind::user_defined1())).transpose()?,
        })
    }

    /// Waits for a signal that stops the suite, and for the one that resets it.
    #[cfg(unix)]
    async fn next_or_reset(&mut self) -> End {
        let reset = async {
            match &mut self.reset {
                Some(signal) => signal.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => End::Stop,
            _ = self.interrupt.recv() => End::Stop,
            _ = self.hangup.recv() => End::Stop,
            _ = reset => End::Reset,
        }
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
    fn new(_is_live: bool) -> io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    async fn next_or_reset(&mut self) -> End {
        self.next().await;
        End::Stop
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
