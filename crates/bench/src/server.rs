//! Starts the measured servers and Redis on free ports. Dropping a [`Server`] stops its process.

use crate::{
    exchange,
    machine::{self, CoreAssignment},
    problem::Problem,
};
use std::{
    fs::File,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::process::{Child, Command};

/// Public origin of the app. It is https, so that the app sends every header of production.
pub(crate) const ORIGIN: &str = "https://games.example";
/// The host of [`ORIGIN`].
pub(crate) const HOST: &str = "games.example";
/// Issuer of the provider. The app never contacts it, because no user signs in during a measurement.
pub(crate) const ISSUER: &str = "http://localhost:1";
/// How long a process may take to become ready.
const READY_TIMEOUT: Duration = Duration::from_secs(30);
/// Pause between two checks of a starting process.
const PAUSE: Duration = Duration::from_millis(50);

/// A running process and its port.
pub(crate) struct Server {
    name: &'static str,
    child: Child,
    pub(crate) port: u16,
    log: PathBuf,
}

/// Where processes run: their cores, and the folder for their logs.
pub(crate) struct Site<'a> {
    pub(crate) cores: CoreAssignment,
    pub(crate) folder: &'a Path,
}

impl Site<'_> {
    /// Starts the main app with a store.
    pub(crate) async fn start_main(
        &self,
        binary: &Path,
        store_url: &str,
        secret: &str,
    ) -> Result<Server, Problem> {
        let port = free_port()?;
        let mut command = self.command(self.cores.of_server(), &binary.display().to_string());
        // Pass only these variables: a stray variable of the shell could change the result.
        command.env_clear();
        for name in ["PATH", "SSL_CERT_FILE", "SSL_CERT_DIR"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command
            .env("LEPTOS_SITE_ADDR", format!("127.0.0.1:{port}"))
            .env("LEPTOS_ENV", "PROD")
            .env("PUBLIC_URL", ORIGIN)
            .env("AUTH_SECRET", secret)
            .env("AUTH_OIDC_ID", "bench")
            .env("AUTH_OIDC_SECRET", "bench")
            .env("AUTH_OIDC_ISSUER", ISSUER)
            // The app must not contact a provider during a measurement.
            .env("AUTH_REVALIDATE_INTERVAL", "0")
            .env("SESSION_STORE_URL", store_url);
        let mut server = self.start("main", command, port)?;
        let health =
            async || exchange::get(port, "/healthz", &[host()]).await.is_ok_and(|it| it.status == 200);
        server.until(health).await?;
        Ok(server)
    }

    /// Starts the bare handler of this program.
    pub(crate) async fn start_bare(&self) -> Result<Server, Problem> {
        let port = free_port()?;
        let program = std::env::current_exe()?;
        let mut command = self.command(self.cores.of_server(), &program.display().to_string());
        command.args(["bare", "--listen", &format!("127.0.0.1:{port}")]);
        let mut server = self.start("the bare handler", command, port)?;
        server.until(async || exchange::get(port, "/", &[host()]).await.is_ok()).await?;
        Ok(server)
    }

    /// Starts a Redis without persistence.
    pub(crate) async fn start_redis(&self) -> Result<Server, Problem> {
        let port = free_port()?;
        let mut command = self.command(self.cores.of_load(), "redis-server");
        command.args([
            "--bind",
            "127.0.0.1",
            "--port",
            &port.to_string(),
            "--save",
            "",
            "--appendonly",
            "no",
        ]);
        let mut server = self.start("redis-server", command, port)?;
        server.until(async || exchange::redis_answers(port).await).await?;
        Ok(server)
    }

    fn command(&self, mut words: Vec<String>, program: &str) -> Command {
        words.push(program.to_owned());
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    fn start(&self, name: &'static str, mut command: Command, port: u16) -> Result<Server, Problem> {
        let log = self.folder.join(format!("{port}.log"));
        let file = File::create(&log)?;
        let child = command.stdout(file.try_clone()?).stderr(file).current_dir(self.folder).spawn();
        let missing = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound => Problem::ToolMissing(name),
            _ => Problem::System(error),
        };
        Ok(Server { name, child: child.map_err(missing)?, port, log })
    }
}

impl Server {
    async fn until(&mut self, is_up: impl AsyncFn() -> bool) -> Result<(), Problem> {
        let mut waited = Duration::ZERO;
        while !is_up().await {
            if self.child.try_wait()?.is_some() || waited > READY_TIMEOUT {
                return Err(Problem::DidNotStart { name: self.name, log: self.last_log_line() });
            }
            tokio::time::sleep(PAUSE).await;
            waited += PAUSE;
        }
        Ok(())
    }

    /// Returns the resident memory, in bytes.
    pub(crate) fn memory(&self) -> Option<u64> {
        machine::resident_memory(self.child.id()?)
    }

    /// Returns the processor time used so far.
    pub(crate) fn processor_time(&self) -> Option<Duration> {
        machine::processor_time(self.child.id()?)
    }

    /// Kills the process and waits until it has ended.
    pub(crate) async fn stop(mut self) -> Result<(), Problem> {
        Ok(self.child.kill().await?)
    }

    fn last_log_line(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        log.lines().last().unwrap_or("none").to_owned()
    }
}

/// Returns the `Host` header of the app.
pub(crate) fn host() -> String {
    format!("Host: {HOST}")
}

/// Returns a port that is free now. If another program takes the port before the process does, the process
/// fails to start and the measurement ends.
fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_process_that_ends_at_once_is_an_error_with_its_last_log_line() {
        let folder = tempfile::tempdir().unwrap();
        let site = Site { cores: CoreAssignment::Shared, folder: folder.path() };
        let mut command = site.command(Vec::new(), "sh");
        command.args(["-c", "echo first; echo it hurts >&2; exit 1"]);
        let mut server = site.start("it", command, 1).unwrap();
        let problem = server.until(async || false).await.unwrap_err();
        assert_eq!(problem.to_string(), "it did not start; last line of its log: it hurts");
    }

    #[test]
    fn a_program_that_is_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let site = Site { cores: CoreAssignment::Shared, folder: folder.path() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _entered = runtime.enter();
        let problem =
            site.start("redis-server", site.command(Vec::new(), "no-such-program"), 1).err().unwrap();
        assert!(problem.to_string().starts_with("redis-server is missing"), "{problem}");
    }
}
