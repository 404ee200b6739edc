//! Private Redis and PostgreSQL servers that a test can stop, pause and restart, and access to the shared
//! servers.

use crate::{
    process::{Port, Process, ProcessCommand},
    until,
};
use rustix::process::{Pid, Signal, geteuid, kill_process};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Returns the URL of the Redis that all tests share.
///
/// # Panics
/// When `TEST_REDIS_URL` is not set: a test that is silently skipped proves nothing.
#[must_use]
pub fn redis_url() -> String {
    server("TEST_REDIS_URL")
}

/// Creates a database in the PostgreSQL that all tests share; returns the database's URL.
///
/// # Panics
/// When `TEST_POSTGRES_URL` is not set or the server does not answer.
pub async fn new_database() -> String {
    let server = server("TEST_POSTGRES_URL");
    let number = u128::from_le_bytes(auth::random::Random::system().bytes());
    let name = format!("test_{number:032x}");
    execute(&server, &format!("CREATE DATABASE {name}")).await;
    let mut url = url::Url::parse(&server).unwrap();
    url.set_path(&name);
    url.into()
}

fn server(variable: &str) -> String {
    let url = std::env::var(variable).ok();
    assert!(
        url.is_some(),
        "{variable} is not set; put .ci/services in front of the command to start a server"
    );
    url.unwrap()
}

/// Executes a statement in a PostgreSQL database; returns the number of affected rows.
///
/// # Panics
/// When the statement fails.
pub async fn execute(url: &str, sql: &str) -> u64 {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap().rows_affected()
}

/// A private Redis. Acknowledged writes survive a kill of the server process.
pub struct Redis {
    port: Port,
    program: ProcessCommand,
    process: Process,
    _folder: TempDir,
}

impl Redis {
    /// Starts a server and waits until it answers.
    pub async fn start() -> Self {
        let (port, folder) = (Port::reserve(), tempfile::tempdir().unwrap());
        let number = port.number().to_string();
        let mut arguments =
            vec!["--bind", "127.0.0.1", "--port", &number, "--appendonly", "yes", "--save", ""];
        arguments.extend(["--logfile", "/dev/stderr", "--dir", folder.path().to_str().unwrap()]);
        let program = ProcessCommand::new("redis-server", arguments);
        let process = program.start();
        let redis = Self { port, program, process, _folder: folder };
        redis.wait().await;
        redis
    }

    async fn wait(&self) {
        until("Redis answers", async || {
            self.command("PING").await.is_some_and(|answer| answer == "+PONG\r\n")
        })
        .await;
    }

    /// Sends a command; returns the first bytes of the answer, or `None` without an answer.
    pub async fn command(&self, command: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port.number())).await.ok()?;
        stream.write_all(format!("{command}\r\n").as_bytes()).await.ok()?;
        let mut answer = [0; 256];
        let length = stream.read(&mut answer).await.ok()?;
        Some(String::from_utf8_lossy(&answer[..length]).into_owned())
    }
}

/// A private PostgreSQL.
pub struct Postgres {
    port: Port,
    program: ProcessCommand,
    process: Process,
    bin: PathBuf,
    _folder: TempDir,
}

impl Postgres {
    /// Creates a cluster and starts the server. PostgreSQL refuses to run as root; a root test runs it as
    /// `postgres`.
    pub async fn start() -> Self {
        let (port, folder, bin) = (Port::reserve(), tempfile::tempdir().unwrap(), postgres_bin());
        let home = folder.path().join("postgres");
        fs::create_dir(&home).unwrap();
        let is_root = geteuid().is_root();
        if is_root {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711)).unwrap();
            assert!(Command::new("chown").arg("postgres:").arg(&home).status().unwrap().success());
        }
        let program = |name: &str, arguments: &[&str]| {
            let program =
                ProcessCommand::new(bin.join(name), ["-D".into(), home.join("data").into_os_string()]);
            let program = program.args(arguments);
            if is_root { program.as_user("postgres") } else { program }
        };
        let trust = ["-U", "test", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"];
        let (code, output) = program("initdb", &trust).run().await;
        assert_eq!(code, Some(0), "{output}");
        let number = port.number().to_string();
        let mut arguments = vec!["-h", "127.0.0.1", "-p", &number, "-k", home.to_str().unwrap()];
        // No fsync: these tests kill processes, not machines.
        arguments.extend(["-c", "fsync=off", "-c", "shared_buffers=16MB"]);
        let program = program("postgres", &arguments);
        let process = program.start();
        let postgres = Self { port, program, process, bin, _folder: folder };
        postgres.wait().await;
        postgres
    }

    async fn wait(&self) {
        let number = self.port.number().to_string();
        let mut ready = Command::new(self.bin.join("pg_isready"));
        ready.args(["-q", "-h", "127.0.0.1", "-p", &number]);
        until("PostgreSQL answers", async || ready.status().unwrap().success()).await;
    }
}

/// Returns the folder of Debian's newest PostgreSQL; empty for the PostgreSQL on `PATH`.
fn postgres_bin() -> PathBuf {
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|folders| folders.map(|folder| folder.unwrap().path().join("bin")).collect())
        .unwrap_or_default();
    versions.retain(|bin| bin.join("initdb").exists());
    versions.sort_by_key(|bin| {
        bin.parent().and_then(Path::file_name).and_then(|name| name.to_str()?.parse::<u32>().ok())
    });
    versions.pop().unwrap_or_default()
}

/// A private server that a test can stop, pause and restart.
#[expect(async_fn_in_trait, reason = "for tests, which run on one thread")]
pub trait Service {
    /// Returns the value for `SESSION_STORE_URL`.
    fn url(&self) -> String;
    /// Stops the server at once. Acknowledged writes are still there after a restart.
    fn stop(&mut self);
    /// Starts the server again with the same port and data.
    async fn restart(&mut self);
    /// Pauses the server: connections open, but the server does not answer.
    fn pause(&self);
    /// Resumes a paused server.
    fn resume(&self);
}

impl Service for Redis {
    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port.number())
    }

    fn stop(&mut self) {
        self.process.kill();
    }

    async fn restart(&mut self) {
        self.process = self.program.start();
        self.wait().await;
    }

    fn pause(&self) {
        self.process.signal(Signal::STOP);
    }

    fn resume(&self) {
        self.process.signal(Signal::CONT);
    }
}

impl Service for Postgres {
    fn url(&self) -> String {
        format!("postgres://test@127.0.0.1:{}/postgres", self.port.number())
    }

    fn stop(&mut self) {
        // PostgreSQL's "immediate shutdown": aborts as in a crash, and ends the child processes too.
        self.process.signal(Signal::QUIT);
        self.process.wait();
    }

    async fn restart(&mut self) {
        self.process = self.program.start();
        self.wait().await;
    }

    /// Stops the parent first, so that it starts no further child. Each connection is a child process.
    fn pause(&self) {
        self.process.signal(Signal::STOP);
        children(self.process.id()).into_iter().for_each(|child| signal(child, Signal::STOP));
    }

    fn resume(&self) {
        children(self.process.id()).into_iter().for_each(|child| signal(child, Signal::CONT));
        self.process.signal(Signal::CONT);
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if self.process.is_running() {
            // A paused child process would outlive its parent.
            self.resume();
            self.stop();
        }
    }
}

/// Sends a signal; ignores a process that has already ended.
fn signal(process: Pid, signal: Signal) {
    let _ = kill_process(process, signal);
}

fn children(parent: Pid) -> Vec<Pid> {
    let parent = parent.as_raw_nonzero().to_string();
    let processes =
        fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let ids = processes.filter_map(|name| name.parse::<i32>().ok());
    ids.filter(|id| parent_of(*id).is_some_and(|found| found == parent)).filter_map(Pid::from_raw).collect()
}

/// Returns the parent's id, the fourth field of `/proc/<id>/stat`. The second field is a name in parentheses
/// and may contain spaces.
fn parent_of(id: i32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(1).map(str::to_owned)
}
