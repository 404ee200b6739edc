//! Child processes with a separate environment. A process ends with its test, even if the test is killed.

use crate::until;
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use std::{
    ffi::OsString,
    io::{BufRead, BufReader},
    net::{TcpListener, UdpSocket},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
};
use url::Url;

/// A TCP port reserved for one test. A server can bind the port again after a restart.
pub struct Port {
    number: u16,
    /// The bound UDP port of the same number tells other tests that the port is taken. TCP stays free.
    _taken: UdpSocket,
}

impl Port {
    /// Reserves a port below the range that the system uses for outgoing connections.
    #[must_use]
    pub fn reserve() -> Self {
        let random = auth::random::Random::system();
        loop {
            let number = 12_000 + u16::from_le_bytes(random.bytes()) % 18_000;
            let Ok(taken) = UdpSocket::bind(("127.0.0.1", number)) else { continue };
            if TcpListener::bind(("127.0.0.1", number)).is_ok() {
                return Self { number, _taken: taken };
            }
        }
    }

    /// Returns the port number.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.number
    }

    /// Returns the origin of an app on this port.
    #[must_use]
    pub fn origin(&self) -> Url {
        format!("http://localhost:{}", self.number).parse().unwrap()
    }
}

/// A command that a test can start any number of times.
#[derive(Clone)]
pub struct ProcessCommand {
    command: Vec<OsString>,
    vars: Vec<(String, String)>,
    user: Option<&'static str>,
}

/// A running process, killed on drop. The kernel kills the process when the test is killed.
pub struct Process {
    child: Child,
    output: Arc<Mutex<String>>,
}

impl ProcessCommand {
    /// Creates a program from a binary and its arguments.
    pub fn new<A: Into<OsString>>(
        binary: impl Into<PathBuf>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        let binary = binary.into().into_os_string();
        let command = std::iter::once(binary).chain(arguments.into_iter().map(Into::into)).collect();
        Self { command, vars: Vec::new(), user: None }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, arguments: &[&str]) -> Self {
        self.command.extend(arguments.iter().map(OsString::from));
        self
    }

    /// Adds an environment variable. The environment holds only these variables and `PATH`.
    #[must_use]
    pub fn var(mut self, name: &str, value: impl Into<String>) -> Self {
        self.vars.push((name.to_owned(), value.into()));
        self
    }

    /// Runs the program as another user; requires root.
    #[must_use]
    pub fn as_user(mut self, user: &'static str) -> Self {
        self.user = Some(user);
        self
    }

    /// Ignores `SIGXFSZ`: a write beyond the file size limit fails and does not kill the process.
    #[must_use]
    pub fn ignoring_file_size_signal(mut self) -> Self {
        let shell = ["sh", "-c", "trap '' XFSZ; exec \"$0\" \"$@\""].map(OsString::from);
        self.command.splice(0..0, shell);
        self
    }

    /// Starts the program.
    #[must_use]
    pub fn start(&self) -> Process {
        let mut command = self.command();
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let output = Arc::new(Mutex::new(String::new()));
        let (lines, kept) = (BufReader::new(child.stderr.take().unwrap()).lines(), output.clone());
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let mut kept = kept.lock().unwrap();
                kept.push_str(&line);
                kept.push('\n');
            }
        });
        Process { child, output }
    }

    fn command(&self) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]);
        if let Some(user) = self.user {
            command.args(["--reuid", user, "--regid", user, "--init-groups"]);
        }
        command.arg("--").args(&self.command).current_dir("/").env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(self.vars.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command that answers and ends; returns the exit code, the standard output and the standard error output.
    pub async fn answer(&self) -> (Option<i32>, String, String) {
        let mut command = self.command();
        // The kernel kills the process with the thread that starts it, so the thread waits here. The servers of a test
        // run on other threads or tasks.
        let output = tokio::task::spawn_blocking(move || command.stdin(Stdio::null()).output().unwrap());
        let output = output.await.unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    }

    /// Runs the program until it exits; returns the exit code and the standard error output.
    pub async fn run(&self) -> (Option<i32>, String) {
        let mut process = self.start();
        until("the process exits", async || process.child.try_wait().unwrap().is_some()).await;
        let status = process.wait();
        // The reader thread may lag; it holds the other `Arc` until it has read everything.
        until("the output has been read", async || Arc::strong_count(&process.output) == 1).await;
        (status.code(), process.output())
    }
}

impl Process {
    /// Returns the standard error output so far.
    #[must_use]
    pub fn output(&self) -> String {
        self.output.lock().unwrap().clone()
    }

    /// Returns the process id.
    #[must_use]
    pub fn id(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Returns whether the process is still running.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Sends `signal` to the process.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.id(), signal).unwrap();
    }

    /// Waits for the process to exit.
    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Kills the process (`SIGKILL`) and waits for it.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        self.wait();
    }

    /// Limits the size of files that the process writes, bytes; `None` removes the limit.
    pub fn limit_files(&self, bytes: Option<u64>) {
        let limit = Rlimit { current: bytes, maximum: None };
        prlimit(Some(self.id()), Resource::Fsize, limit).unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("--- standard error of a process of this test:\n{}", self.output());
        }
    }
}
