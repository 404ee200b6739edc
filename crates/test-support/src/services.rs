//! Private servers that a test may stop, pause and start again, and a place in those that all tests share.

use crate::{
    process::{Port, Process, Program},
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

/// The Redis that all tests share.
///
/// # Panics
/// Without one: a test that is silently skipped proves nothing.
#[must_use]
pub fn redis_url() -> String {
    server("TEST_REDIS_URL")
}

/// A new database in the PostgreSQL that all tests share.
///
/// # Panics
/// Without a server.
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
        "{variable} is not set; put .ci/services in front of the command: it starts a server"
    );
    url.unwrap()
}

/// Executes a statement in a PostgreSQL database; returns how many rows it was about.
///
/// # Panics
/// When it fails.
pub async fn execute(url: &str, sql: &str) -> u64 {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap().rows_affected()
}

/// A Redis of one's own, which keeps what it acknowledged.
pub struct Redis {
    port: Port,
    program: Program,
    process: Process,
    _folder: TempDir,
}

impl Redis {
    /// Starts one.
    pub async fn start() -> Self {
        let (port, folder) = (Port::reserve(), tempfile::tempdir().unwrap());
        let number = port.number().to_string();
        let mut arguments =
            vec!["--bind", "127.0.0.1", "--port", &number, "--appendonly", "yes", "--save", ""];
        arguments.extend(["--logfile", "/dev/stderr", "--dir", folder.path().to_str().unwrap()]);
        let program = Program::new("redis-server", arguments);
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

    /// The first bytes of its answer to a command; `None` when it gives none.
    pub async fn command(&self, command: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port.number())).await.ok()?;
        stream.write_all(format!("{command}\r\n").as_bytes()).await.ok()?;
        let mut answer = [0; 256];
        let length = stream.read(&mut answer).await.ok()?;
        Some(String::from_utf8_lossy(&answer[..length]).into_owned())
    }
}

/// A PostgreSQL of one's own.
pub struct Postgres {
    port: Port,
    program: Program,
    process: Process,
    bin: PathBuf,
    _folder: TempDir,
}

impl Postgres {
    /// Makes a cluster and starts it. PostgreSQL refuses to run as root, so then it runs as `postgres`.
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
            let program = Program::new(bin.join(name), ["-D".into(), home.join("data").into_os_string()]);
            let program = program.args(arguments);
            if is_root { program.as_user("postgres") } else { program }
        };
        let trust = ["-U", "test", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"];
        let (code, output) = program("initdb", &trust).run().await;
        assert_eq!(code, Some(0), "{output}");
        let number = port.number().to_string();
        let mut arguments = vec!["-h", "127.0.0.1", "-p", &number, "-k", home.to_str().unwrap()];
        // Not synced to the disk: these tests are about processes that end, not machines.
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

/// The newest of Debian's, or the one on `PATH`.
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

/// What may happen to a server.
#[expect(async_fn_in_trait, reason = "for tests, which run on one thread")]
pub trait Service {
    /// For `SESSION_STORE_URL`.
    fn url(&self) -> String;
    /// Ends it this moment; what it acknowledged is still there when it starts again.
    fn stop(&mut self);
    /// Starts it again where it was.
    async fn start_again(&mut self);
    /// It takes connections and answers nothing.
    fn pause(&self);
    /// It goes on where it was paused.
    fn resume(&self);
}

impl Service for Redis {
    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port.number())
    }

    fn stop(&mut self) {
        self.process.kill();
    }

    async fn start_again(&mut self) {
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
        // "Immediate shutdown": it drops what it does, as in a crash, and takes its children along.
        self.process.signal(Signal::QUIT);
        self.process.wait();
    }

    async fn start_again(&mut self) {
        self.process = self.program.start();
        self.wait().await;
    }

    /// Its children first: each connection is one.
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
            // A paused child would outlive its parent.
            self.resume();
            self.stop();
        }
    }
}

/// One that has ended meanwhile is fine.
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

/// The fourth field of `/proc/<id>/stat`; the second is a name in parentheses.
fn parent_of(id: i32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(1).map(str::to_owned)
}
