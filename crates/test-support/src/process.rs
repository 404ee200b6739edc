//! Real processes: a binary with an environment of its own, killed when the test ends, however it ends.

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

/// A TCP port that nobody else in these tests uses, free again and again for a server that is restarted.
pub struct Port {
    number: u16,
    /// The UDP port of the same number says "taken" to the other tests, while TCP stays free.
    _taken: UdpSocket,
}

impl Port {
    /// One below those that the system gives to outgoing connections.
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

    /// Its number.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.number
    }

    /// The origin of an app on this port.
    #[must_use]
    pub fn origin(&self) -> Url {
        format!("http://localhost:{}", self.number).parse().unwrap()
    }
}

/// A command to start, as often as a test likes.
#[derive(Clone)]
pub struct Program {
    command: Vec<OsString>,
    vars: Vec<(String, String)>,
    user: Option<&'static str>,
}

/// A running process. It is killed when this is dropped, and by the kernel when the test is killed.
pub struct Process {
    child: Child,
    output: Arc<Mutex<String>>,
}

impl Program {
    /// A binary and its arguments.
    pub fn new<A: Into<OsString>>(
        binary: impl Into<PathBuf>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        let binary = binary.into().into_os_string();
        let command = std::iter::once(binary).chain(arguments.into_iter().map(Into::into)).collect();
        Self { command, vars: Vec::new(), user: None }
    }

    /// Further arguments.
    #[must_use]
    pub fn args(mut self, arguments: &[&str]) -> Self {
        self.command.extend(arguments.iter().map(OsString::from));
        self
    }

    /// One more variable. Nothing else is in its environment but `PATH`.
    #[must_use]
    pub fn var(mut self, name: &str, value: impl Into<String>) -> Self {
        self.vars.push((name.to_owned(), value.into()));
        self
    }

    /// Runs as another user, which only root can.
    #[must_use]
    pub fn as_user(mut self, user: &'static str) -> Self {
        self.user = Some(user);
        self
    }

    /// A process that is told "no" when it writes beyond a limit, instead of being ended for it.
    #[must_use]
    pub fn outliving_a_full_disk(mut self) -> Self {
        let shell = ["sh", "-c", "trap '' XFSZ; exec \"$0\" \"$@\""].map(OsString::from);
        self.command.splice(0..0, shell);
        self
    }

    /// Starts it.
    #[must_use]
    pub fn start(&self) -> Process {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]);
        if let Some(user) = self.user {
            command.args(["--reuid", user, "--regid", user, "--init-groups"]);
        }
        command.arg("--").args(&self.command).current_dir("/").env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(self.vars.iter().map(|(name, value)| (name, value)));
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

    /// Runs it until it ends by itself; returns its exit code and what it wrote to standard error.
    pub async fn run(&self) -> (Option<i32>, String) {
        let mut process = self.start();
        until("a process ends by itself", async || process.child.try_wait().unwrap().is_some()).await;
        let status = process.wait();
        // The reader may be a moment behind; it holds the other handle until it has read all.
        until("its output ends", async || Arc::strong_count(&process.output) == 1).await;
        (status.code(), process.output())
    }
}

impl Process {
    /// What it wrote to standard error so far.
    #[must_use]
    pub fn output(&self) -> String {
        self.output.lock().unwrap().clone()
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Whether it runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.id(), signal).unwrap();
    }

    /// Waits until it has ended.
    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Ends it this moment, in the middle of whatever it does.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        self.wait();
    }

    /// From now on it cannot write to any file beyond this many bytes; `None` takes the limit away.
    pub fn limit_files(&self, bytes: Option<u64>) {
        let limit = Rlimit { current: bytes, maximum: None };
        prlimit(Some(self.id()), Resource::Fsize, limit).unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("--- a process of this test wrote:\n{}", self.output());
        }
    }
}
