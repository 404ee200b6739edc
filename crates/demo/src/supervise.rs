//! Starting the processes, waiting for them, and stopping them as one.

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

/// How long a process may take until it answers.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// The same under `cargo leptos watch`, which may have to build the app first.
const WATCHED_READY_WITHIN: Duration = Duration::from_secs(20 * 60);

/// How long a process may take to stop before it is killed.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// How to run the processes of a plan.
pub(crate) struct Launch<'a> {
    pub(crate) plan: &'a Plan<'a>,
    pub(crate) bin_dir: PathBuf,
    pub(crate) watch: Option<Process>,
    /// Whether a process that ended after it was up is started again.
    pub(crate) restart: bool,
    pub(crate) output: Output,
}

impl Launch<'_> {
    /// # Errors
    /// [`Problem::NotBuilt`] for the first binary that is missing.
    pub(crate) fn check_built(&self, processes: &[Process]) -> Result<(), Problem> {
        for &process in processes.iter().filter(|process| self.watch != Some(**process)) {
            let path = self.bin_dir.join(process.binary());
            if !path.is_file() {
                return Err(Problem::NotBuilt { path });
            }
        }
        Ok(())
    }

    fn program(&self, process: Process) -> Vec<String> {
        if self.watch == Some(process) {
            ["cargo-leptos", "watch", "--project", process.binary()].map(str::to_owned).to_vec()
        } else {
            let mut program = vec![self.bin_dir.join(process.binary()).display().to_string()];
            program.extend(self.plan.arguments(process));
            program
        }
    }

    /// The kernel ties a child's life to the *thread* that started it, so this must run on the main thread,
    /// the one that lives as long as the supervisor.
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
            // Leptos compiles live reload in. In a folder of its own, watching and running do not make each
            // other's builds out of date.
            let target = self.plan.root.join("target/dev");
            command.env("LEPTOS_SITE_ROOT", target.join("site").join(process.binary()));
            command.env("CARGO_TARGET_DIR", target);
        }
        command.current_dir(self.plan.root);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        // A group of its own: Ctrl-C in the terminal reaches the supervisor only, which stops the others in
        // good order.
        #[cfg(unix)]
        command.process_group(0);
        command.spawn().map_err(failed)
    }
}

/// The running processes.
pub(crate) struct Running {
    /// Waits for each process; the first to finish names the process that died.
    exits: JoinSet<(Process, io::Result<ExitStatus>)>,
    /// Copies their lines to our output.
    logs: JoinSet<()>,
    /// Process groups that have not been seen to end.
    groups: Vec<(Process, u32)>,
}

impl Running {
    /// Starts `processes`. On an error those already started are stopped.
    ///
    /// # Errors
    /// When one cannot be started.
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

    /// Watches over processes that are up; ends with the problem that takes the suite down. A process that
    /// ended is started again if the launch says so; one that does not come up then is a problem.
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
    /// When one dies or does not answer in time.
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

    /// Waits until a process ends by itself, and says which.
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

    /// Asks every process to stop, and kills those that take too long. Returns when all are gone and their
    /// last lines are printed. `hurry` resolves when nobody wants to wait any more.
    pub(crate) async fn stop(mut self, hurry: impl Future<Output = ()>) {
        self.signal(Stop::Terminate);
        let all_gone = async { while self.exits.join_next().await.is_some() {} };
        tokio::select! {
            _ = timeout(STOP_WITHIN, all_gone) => {}
            () = hurry => {}
        }
        // Also reaches what a process has left behind in its group.
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
                // A group that is gone already is what we want.
                let _ = kill_process_group(group, signal);
            }
        }
    }

    #[cfg(not(unix))]
    fn signal(&self, _stop: Stop) {
        // `kill_on_drop` does it: the children are dropped with their tasks.
        self.exits.abort_all();
    }
}

#[derive(Clone, Copy)]
enum Stop {
    Terminate,
    Kill,
}
