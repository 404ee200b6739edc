//! Starts the processes, monitors them, and stops them together.

use std::{
    env, io,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tokio::{
    process::{Child, Command},
    task::JoinSet,
    time::timeout,
};

use crate::{
    health,
    output::Output,
    plan::{self, Plan},
    problem::Problem,
    suite::Process,
};

/// How long a process may take to become ready.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// How long an app may take to become ready under `cargo leptos watch`, which may have to build the app.
const WATCHED_READY_WITHIN: Duration = Duration::from_secs(20 * 60);

/// How long a process may take to stop before it is killed.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// How to run the processes of a plan.
pub(crate) struct Launch<'a> {
    pub(crate) plan: &'a Plan<'a>,
    pub(crate) bin_dir: PathBuf,
    pub(crate) watch: Option<Process>,
    /// Whether to restart a process that ends after it was ready.
    pub(crate) restart: bool,
    pub(crate) output: Output,
}

impl Launch<'_> {
    /// Checks that all binaries exist.
    ///
    /// # Errors
    /// [`Problem::NotBuilt`] for the first binary that is missing.
    pub(crate) fn check_built(&self, processes: &[Process]) -> Result<(), Problem> {
        for &process in processes.iter().filter(|process| self.watch != Some(**process)) {
            let path = self.binary(process);
            if !path.is_file() {
                return Err(Problem::NotBuilt { path });
            }
        }
        Ok(())
    }

    fn binary(&self, process: Process) -> PathBuf {
        match self.plan.partner {
            Some(program) if process == Process::Partner => program.to_owned(),
            _ => self.bin_dir.join(process.binary()),
        }
    }

    fn program(&self, process: Process) -> Vec<String> {
        if self.watch == Some(process) {
            ["cargo-leptos", "watch", "--project", process.binary()].map(str::to_owned).to_vec()
        } else {
            let mut program = vec![self.binary(process).display().to_string()];
            program.extend(self.plan.arguments(process));
            program
        }
    }

    /// Starts a process. Must run on the main thread: the kernel ends a child when the *thread* that started
    /// it ends.
    fn start(&self, process: Process) -> Result<Child, Problem> {
        let failed = |source| Problem::Spawn { process, source };
        let mut command = Command::new(env::current_exe().map_err(failed)?);
        command.args(["child", "--supervisor", &std::process::id().to_string()]);
        if self.watch == Some(process) {
            command.arg("--gently");
        }
        command.arg("--").args(self.program(process));

        command.env_clear();
        command.envs(env::vars_os().filter(|(name, _)| name.to_str().is_none_or(plan::is_inherited)));
        if env::var_os("RUST_LOG").is_none() {
            command.env("RUST_LOG", "info");
        }
        if !self.output.colours {
            command.env("NO_COLOR", "1");
        }
        command.envs(self.plan.environment(process));
        if self.watch == Some(process) {
            // Leptos compiles live reload into the build. With a separate target folder, watched and normal
            // builds do not invalidate each other.
            let target = self.plan.root.join("target/dev");
            command.env("LEPTOS_SITE_ROOT", target.join("site").join(process.binary()));
            command.env("CARGO_TARGET_DIR", target);
        }
        command.current_dir(self.plan.root);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        // A separate process group: Ctrl-C in the terminal reaches only the supervisor, which then stops the
        // other processes.
        #[cfg(unix)]
        command.process_group(0);
        command.spawn().map_err(failed)
    }
}

/// The running processes.
pub(crate) struct Running {
    /// Waits for every process to exit.
    exits: JoinSet<(Process, io::Result<ExitStatus>)>,
    /// Copies the lines of the processes to the supervisor's output.
    logs: JoinSet<()>,
    /// Process groups that are not known to have ended.
    groups: Vec<(Process, u32)>,
}

impl Running {
    /// Starts `processes`. On an error, the processes that have already started are stopped.
    ///
    /// # Errors
    /// When a process cannot be started.
    pub(crate) fn start(launch: &Launch<'_>, processes: &[Process]) -> Result<Self, Problem> {
        let mut running = Self { exits: JoinSet::new(), logs: JoinSet::new(), groups: Vec::new() };
        for &process in processes {
            running.add(launch, process)?;
        }
        Ok(running)
    }

    fn add(&mut self, launch: &Launch<'_>, process: Process) -> Result<(), Problem> {
        let mut child = launch.start(process)?;
        let output = launch.output;
        if let Some(id) = child.id() {
            self.groups.push((process, id));
            if launch.restart {
                output.line(&format!("{process} is process {id}."));
            }
        }
        if let Some(stdout) = child.stdout.take() {
            self.logs.spawn(output.follow(process, stdout));
        }
        if let Some(stderr) = child.stderr.take() {
            self.logs.spawn(output.follow(process, stderr));
        }
        self.exits.spawn(async move { (process, child.wait().await) });
        Ok(())
    }

    /// Monitors processes that are ready, and returns the problem that ends the suite. With
    /// [`Launch::restart`] a process that ends is started again; it is a problem if that process does not
    /// become ready.
    pub(crate) async fn watch_over(&mut self, launch: &Launch<'_>) -> Problem {
        let mut starting = Vec::new();
        let mut problem = self.until_one_dies().await;
        loop {
            let (process, status) = match problem {
                Problem::Died { process, status } if launch.restart && !starting.contains(&process) => {
                    (process, status)
                }
                problem => return problem,
            };
            launch.output.line(&format!("{process} ended ({status}). Starting it again."));
            if let Err(problem) = self.add(launch, process) {
                return problem;
            }
            starting.push(process);
            problem = match self.until_ready(launch, &starting).await {
                Ok(()) => {
                    for process in starting.drain(..) {
                        launch.output.line(&format!("{process} is up again."));
                    }
                    self.until_one_dies().await
                }
                Err(problem) => problem,
            };
        }
    }

    /// Waits until every process answers `/healthz`.
    ///
    /// # Errors
    /// When a process dies or does not answer in time.
    pub(crate) async fn until_ready(
        &mut self,
        launch: &Launch<'_>,
        processes: &[Process],
    ) -> Result<(), Problem> {
        for &process in processes {
            let listen = launch.plan.addresses.listen(process);
            let within = if launch.watch == Some(process) { WATCHED_READY_WITHIN } else { READY_WITHIN };
            let mut last = String::new();
            let answered = tokio::select! {
                problem = self.until_one_dies() => return Err(problem),
                answered = timeout(within, health::until_healthy(&listen, &mut last)) => answered,
            };
            if answered.is_err() {
                let url = format!("http://{listen}/healthz");
                return Err(Problem::NotReady { process, url, within, last });
            }
        }
        Ok(())
    }

    /// Waits until a process ends, and returns [`Problem::Died`] for it.
    pub(crate) async fn until_one_dies(&mut self) -> Problem {
        match self.exits.join_next().await {
            Some(Ok((process, Ok(status)))) => {
                self.groups.retain(|(other, _)| *other != process);
                Problem::Died { process, status }
            }
            Some(Ok((_, Err(error)))) => Problem::System(error),
            Some(Err(error)) => Problem::System(io::Error::other(error)),
            None => Problem::NothingToStart,
        }
    }

    /// Asks every process to stop, and kills the processes that take too long, or all when `hurry` resolves.
    /// Returns when all processes have ended and their last lines are printed.
    pub(crate) async fn stop(mut self, hurry: impl Future<Output = ()>) {
        self.signal(Stop::Terminate);
        let all_gone = async { while self.exits.join_next().await.is_some() {} };
        tokio::select! {
            _ = timeout(STOP_WITHIN, all_gone) => {}
            () = hurry => {}
        }
        // Also ends processes that a process has left in its group.
        self.signal(Stop::Kill);
        while self.exits.join_next().await.is_some() {}
        let _ =
            timeout(Duration::from_secs(1), async { while self.logs.join_next().await.is_some() {} }).await;
    }

    #[cfg(unix)]
    fn signal(&self, stop: Stop) {
        use rustix::process::{Pid, Signal, kill_process_group};
        let signal = match stop {
            Stop::Terminate => Signal::TERM,
            Stop::Kill => Signal::KILL,
        };
        for &(_, id) in &self.groups {
            if let Some(group) = i32::try_from(id).ok().and_then(Pid::from_raw) {
                // An error means that the group has already ended.
                let _ = kill_process_group(group, signal);
            }
        }
    }

    #[cfg(not(unix))]
    fn signal(&self, _stop: Stop) {
        // Aborting a task drops its child, and `kill_on_drop` kills the child.
        self.exits.abort_all();
    }
}

#[derive(Clone, Copy)]
enum Stop {
    Terminate,
    Kill,
}
