//! Tests of the supervisor. Shell scripts, which print their process id and wait, replace the processes.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tempfile::TempDir;

/// Waits, and ends on SIGTERM.
const OBEDIENT: &str = "echo \"pid $$\"; exec sleep 600";
/// Waits, and ignores SIGTERM.
const STUBBORN: &str = "trap '' TERM; echo \"pid $$\"; while :; do sleep 1; done";
/// Fails with exit code 3 when a file `end` appears in its folder.
const MORTAL: &str = "echo \"pid $$\"; until [ -e \"$(dirname \"$0\")/end\" ]; do sleep 0.05; done; echo 'out of luck' >&2; exit 3";

/// A folder of scripts and a free block of ports.
struct Suite {
    folder: TempDir,
    offset: u16,
    main: TcpListener,
}

impl Suite {
    fn of(provider: &str, main: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, script) in [("dev-provider", provider), ("main", main)] {
            let path = folder.path().join(name);
            fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        loop {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let offset = listener.local_addr().unwrap().port().wrapping_sub(4201);
            if offset < 61_000 && TcpListener::bind(("127.0.0.1", 4300 + offset)).is_ok() {
                return Self { folder, offset, main: listener };
            }
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_demo"));
        command.args(["--only", "provider,main", "--port-offset", &self.offset.to_string()]);
        command.arg("--bin-dir").arg(self.folder.path());
        command.arg("--data-dir").arg(self.folder.path().join("data"));
        command.env_remove("NO_COLOR").env("DEMO", "1").stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Starts the supervisor on free ports and waits for both scripts.
    fn start(self) -> Started {
        self.start_with(&[])
    }

    fn start_with(self, options: &[&str]) -> Started {
        let mut command = self.command();
        command.args(options);
        self.spawn(command, 2)
    }

    /// A public demo, with all five processes.
    fn live_demo(&self) -> Command {
        for name in ["identity", "partner"] {
            fs::copy(self.folder.path().join("main"), self.folder.path().join(name)).unwrap();
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_demo"));
        command.args(["--port-offset", &self.offset.to_string()]);
        command.args(["--domain", "demo.test", "--partner-domain", "partner.test"]);
        command.arg("--bin-dir").arg(self.folder.path());
        command.arg("--data-dir").arg(self.folder.path().join("data"));
        command.env_remove("DEMO").env("LIVE_DEMO", "1").stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn spawn(self, mut command: Command, scripts: usize) -> Started {
        let Self { folder, offset, main } = self;
        drop(main);
        let mut supervisor = command.spawn().unwrap();
        let lines = BufReader::new(supervisor.stdout.take().unwrap());
        let mut started = Started { supervisor, lines, pids: Vec::new(), offset, folder };
        started.read_pids(scripts);
        started
    }
}

struct Started {
    supervisor: Child,
    lines: BufReader<ChildStdout>,
    /// Process ids of the provider and of main, in this order.
    pids: Vec<i32>,
    offset: u16,
    folder: TempDir,
}

impl Started {
    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.supervisor.id().try_into().unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Answers one health check for each port, because the scripts do not listen.
    fn answer_for(&self, ports: &[u16]) {
        for port in ports {
            let listener = TcpListener::bind(("127.0.0.1", port + self.offset)).unwrap();
            let (mut stream, _) = listener.accept().unwrap();
            stream.read_exact(&mut [0; "GET /healthz".len()]).unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        }
    }

    /// Waits until this number of scripts has printed its process id. The scripts print in any order.
    fn read_pids(&mut self, scripts: usize) {
        self.pids.clear();
        while self.pids.len() < scripts {
            let mut line = String::new();
            assert!(self.lines.read_line(&mut line).unwrap() > 0, "the supervisor ended early");
            if let Some((name, pid)) = line.split_once("| pid ") {
                let pid = pid.trim().parse::<i32>().unwrap();
                self.pids.insert(if name.starts_with("main") { self.pids.len() } else { 0 }, pid);
            }
        }
    }

    /// Reads the supervisor's output up to the line with `text`.
    fn read_until(&mut self, text: &str) -> String {
        let mut seen = String::new();
        while !seen.contains(text) {
            assert!(self.lines.read_line(&mut seen).unwrap() > 0, "{seen}");
        }
        seen
    }

    /// Waits for the supervisor's end. Returns the rest of its output, its errors and its exit code.
    fn end(&mut self) -> (String, String, Option<i32>) {
        let (mut out, mut err) = (String::new(), String::new());
        self.lines.read_to_string(&mut out).unwrap();
        self.supervisor.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        (out, err, self.supervisor.wait().unwrap().code())
    }

    fn assert_nothing_is_left(&self) {
        let deadline = Instant::now() + Duration::from_secs(10);
        for &pid in &self.pids {
            while test_kill_process(Pid::from_raw(pid).unwrap()).is_ok() {
                assert!(Instant::now() < deadline, "process {pid} is still running");
                std::thread::yield_now();
            }
        }
    }
}

#[test]
fn a_taken_port_prints_one_line_and_starts_no_process() {
    let suite = Suite::of(OBEDIENT, OBEDIENT);
    let output = suite.command().output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(error.contains(&format!("port {} (main) is taken", 4201 + suite.offset)), "{error}");
    assert_eq!(error.lines().count(), 1);
    assert!(output.stdout.is_empty());
}

#[test]
fn a_missing_binary_is_reported_with_the_command_that_builds_it() {
    let suite = Suite::of(OBEDIENT, OBEDIENT);
    fs::remove_file(suite.folder.path().join("main")).unwrap();
    let output = suite.command().output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(error.contains("is not built") && error.contains("make build"), "{error}");
}

#[test]
fn a_process_that_dies_stops_the_suite_and_is_named() {
    let mut started = Suite::of(OBEDIENT, MORTAL).start();
    fs::write(started.folder.path().join("end"), "").unwrap();
    let (out, err, code) = started.end();
    assert_eq!(code, Some(1));
    assert!(err.contains("main stopped unexpectedly (exit status: 3)"), "{err}");
    assert!(out.contains("main     | out of luck"), "{out}");
    started.assert_nothing_is_left();
}

#[test]
fn on_a_signal_the_supervisor_ends_with_all_its_processes() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut started = Suite::of(OBEDIENT, OBEDIENT).start();
        started.signal(signal);
        let (_, err, code) = started.end();
        assert_eq!((err.as_str(), code), ("", Some(0)));
        started.assert_nothing_is_left();
    }
}

#[test]
fn a_process_that_does_not_stop_is_killed() {
    let mut started = Suite::of(OBEDIENT, STUBBORN).start();
    started.signal(Signal::TERM);
    assert_eq!(started.end().2, Some(0));
    started.assert_nothing_is_left();
}

#[cfg(target_os = "linux")]
#[test]
fn no_process_survives_a_killed_supervisor() {
    let mut started = Suite::of(STUBBORN, STUBBORN).start();
    started.signal(Signal::KILL);
    started.supervisor.wait().unwrap();
    started.assert_nothing_is_left();
}

#[test]
fn the_suite_is_ready_when_every_process_has_answered() {
    let mut started = Suite::of(OBEDIENT, OBEDIENT).start();
    started.answer_for(&[4300, 4201]);
    let seen = started.read_until("Ready.");
    assert!(seen.contains(&format!("http://localhost:{}", 4201 + started.offset)), "{seen}");
    started.signal(Signal::TERM);
    assert_eq!(started.end().2, Some(0));
}

#[test]
fn with_restart_an_ended_process_restarts_and_a_failing_one_stops_the_suite() {
    let mut started = Suite::of(OBEDIENT, MORTAL).start_with(&["--restart"]);
    started.answer_for(&[4300, 4201]);
    started.read_until("Ready.");
    kill_process(Pid::from_raw(started.pids[1]).unwrap(), Signal::KILL).unwrap();
    let seen = started.read_until("Starting it again.");
    assert!(seen.contains("main ended (signal: 9"), "{seen}");
    started.answer_for(&[4201]);
    let seen = started.read_until("main is up again.");
    assert!(seen.contains("main is process "), "{seen}");

    fs::write(started.folder.path().join("end"), "").unwrap();
    let (out, err, code) = started.end();
    assert!(out.contains("main ended (exit status: 3)"), "{out}");
    assert!(err.contains("main stopped unexpectedly (exit status: 3)"), "{err}");
    assert_eq!(code, Some(1));
    started.assert_nothing_is_left();
}

/// The ports of all processes, in the order of their health checks.
const ALL_PORTS: [u16; 5] = [4300, 4200, 4201, 4202, 4203];

#[test]
fn a_live_demo_deletes_its_data_and_starts_again() {
    let suite = Suite::of(OBEDIENT, OBEDIENT);
    let command = suite.live_demo();
    let mut started = suite.spawn(command, 5);
    started.answer_for(&ALL_PORTS);
    started.read_until("Ready.");
    let data = started.folder.path().join("data");
    assert_eq!(fs::read_to_string(data.join("live-demo")).unwrap(), "format 1\n");
    let secret = fs::read(data.join("secrets/wow")).unwrap();
    fs::write(data.join("wow.db"), "visitors").unwrap();

    started.signal(Signal::USR1);
    started.read_until("Deleting all data");
    started.assert_nothing_is_left();
    started.read_pids(5);
    assert!(!data.join("wow.db").exists());
    assert_eq!(fs::read(data.join("secrets/wow")).unwrap(), secret);
    started.answer_for(&ALL_PORTS);
    started.read_until("Ready.");
    started.signal(Signal::TERM);
    assert_eq!(started.end().2, Some(0));
    started.assert_nothing_is_left();
}

#[test]
fn a_live_demo_that_would_be_unsafe_is_refused_in_one_line() {
    let suite = Suite::of(OBEDIENT, OBEDIENT);
    let refused = |command: &mut Command| {
        let output = command.output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), error.lines().count()), (Some(1), 1), "{error}");
        assert!(output.stdout.is_empty());
        error
    };
    let error = refused(suite.live_demo().env("AUTH_GOOGLE_ID", "abc"));
    assert!(error.contains("AUTH_GOOGLE_ID configures another provider"), "{error}");
    let error = refused(suite.live_demo().env("DEMO", "1"));
    assert!(error.contains("DEMO=1 is for development"), "{error}");
    let error = refused(suite.live_demo().env("AUTH_SECRET", "mine"));
    assert!(error.contains("AUTH_SECRET cannot be changed"), "{error}");
    let error = refused(suite.live_demo().arg("--faults"));
    assert!(error.contains("--faults is not possible"), "{error}");
    let error = refused(suite.command().env_remove("DEMO").arg("--live-demo"));
    assert!(error.contains("--domain and --partner-domain are missing"), "{error}");
    let error = refused(suite.command().args(["--reset-at", "04:00"]));
    assert!(error.contains("--reset-at is for the public demo only"), "{error}");
    assert!(!suite.folder.path().join("data/live-demo").exists(), "nothing was changed");

    fs::create_dir_all(suite.folder.path().join("data")).unwrap();
    fs::write(suite.folder.path().join("data/wow.db"), "production").unwrap();
    let error = refused(&mut suite.live_demo());
    assert!(error.contains("data has other data"), "{error}");
    assert_eq!(fs::read_to_string(suite.folder.path().join("data/wow.db")).unwrap(), "production");
}
