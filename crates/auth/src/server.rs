//! The server: listening, connection limits and graceful shutdown.
//!
//! `axum::serve` waits forever for a request that never arrives. Here each connection has timeouts for the
//! head of a request, for the pause between requests, and for a client that does not read. The number of
//! connections stays below the process's limit on file descriptors. When all places are taken, the connection
//! that has been idle longest is closed.

mod accept;
mod arguments;
mod connection;
mod logging;

pub use arguments::Program;
pub use connection::Connection;
pub(crate) use logging::LOG_FORMAT;
pub use logging::init_logging;

use crate::{Auth, config::ConfigError};
use axum::Router;
use std::{future::Future, time::Duration};
use tokio::{net::TcpListener, signal};

/// Listens on `address` (`host:port`), the value of the environment variable `variable`.
///
/// # Errors
/// One line that names the variable and the address.
pub async fn listen(variable: &str, address: &str) -> Result<TcpListener, ConfigError> {
    TcpListener::bind(address).await.map_err(|error| {
        let fix = match error.kind() {
            std::io::ErrorKind::AddrInUse => "another process listens there; stop it, or choose another port",
            _ => "write the address as host:port, as in 127.0.0.1:4201",
        };
        ConfigError::new(variable, format!("cannot listen on {address}: {error}; {fix}"))
    })
}

/// Limits on the connections of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Open connections at once. Reduced to fit the process's limit on file descriptors.
    pub connections: usize,
    /// From accepting the connection to the end of the first request's head.
    pub head: Duration,
    /// From one answer to the end of the next request's head.
    pub idle: Duration,
    /// How long a client may pause while it reads an answer.
    pub write: Duration,
    /// How long the process still accepts requests after SIGTERM, while `/readyz` says `draining`
    /// (`AUTH_DRAIN_TIME`). Ctrl-C does not wait.
    pub drain: Duration,
    /// How long requests under way may take to finish after that (`AUTH_SHUTDOWN_GRACE`).
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 20_000,
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            write: Duration::from_secs(30),
            drain: Duration::ZERO,
            grace: Duration::from_secs(10),
        }
    }
}

/// File descriptors reserved for the store, the providers and files.
const SPARE_DESCRIPTORS: usize = 96;

impl Limits {
    /// Reduces the number of connections to fit the file descriptors. Before that, raises the process's soft
    /// limit as far as needed and allowed.
    fn within_descriptors(self) -> Self {
        #[cfg(unix)]
        {
            use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
            let limit = getrlimit(Resource::Nofile);
            let wanted = u64::try_from(self.connections + SPARE_DESCRIPTORS).unwrap_or(u64::MAX);
            let soft = limit.maximum.map_or(wanted, |hard| wanted.min(hard));
            if limit.current.is_some_and(|current| current < soft) {
                let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(soft), ..limit });
            }
            let Some(descriptors) = getrlimit(Resource::Nofile).current else { return self };
            Self { connections: self.connections.min(connections_within(descriptors)), ..self }
        }
        #[cfg(not(unix))]
        self
    }

    /// The connections that the process's hard limit on file descriptors allows. Changes no limit.
    pub(crate) fn allowed_connections(self) -> usize {
        #[cfg(unix)]
        let hard = rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum;
        #[cfg(not(unix))]
        let hard = None::<u64>;
        hard.map_or(self.connections, |hard| self.connections.min(connections_within(hard)))
    }
}

/// The connections that fit into a number of file descriptors. Of very few descriptors, at least half.
fn connections_within(descriptors: u64) -> usize {
    let room = usize::try_from(descriptors).unwrap_or(usize::MAX);
    room.saturating_sub(SPARE_DESCRIPTORS).max(room / 2).max(1)
}

/// Serves with the default [`Limits`] until SIGINT or SIGTERM, then lets requests under way finish. `on_stop`
/// must end long-lived requests, such as event streams.
///
/// # Errors
/// None at present; reserved for later versions.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    on_stop: impl FnOnce() + Send + 'static,
) -> std::io::Result<()> {
    serve_with(listener, router, Limits::default(), on_stop).await
}

/// Serves as [`serve`] does, with other limits.
///
/// # Errors
/// As [`serve`].
pub async fn serve_with(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    on_stop: impl FnOnce() + Send + 'static,
) -> std::io::Result<()> {
    let stop = async {
        stop_signal().await;
        tracing::info!("stopping");
        on_stop();
    };
    serve_until(stop, listener, router, limits).await;
    Ok(())
}

/// Serves an app until SIGINT or SIGTERM, and stops in good order:
///
/// 1. After SIGTERM, `/readyz` says `draining` for [`Limits::drain`], and the event streams move to other replicas. Ctrl-C
///    skips this step.
/// 2. The listener closes, and the remaining streams end.
/// 3. Requests under way finish, within [`Limits::grace`].
/// 4. Token requests under way finish, so that no rotated refresh token is lost.
///
/// # Errors
/// None at present; reserved for later versions.
pub async fn serve_app(
    auth: &Auth,
    listener: TcpListener,
    router: Router,
    limits: Limits,
) -> std::io::Result<()> {
    let stop = {
        let auth = auth.clone();
        async move {
            if stop_signal().await == Signal::Terminate && !limits.drain.is_zero() {
                tracing::info!(seconds = limits.drain.as_secs(), "draining");
                auth.drain(limits.drain);
                tokio::time::sleep(limits.drain).await;
            }
            tracing::info!("stopping");
            auth.streams().stop();
        }
    };
    serve_until(stop, listener, router, limits).await;
    auth.finish().await;
    Ok(())
}

/// Serves an address inside the network until the future is dropped, with few connections.
pub(crate) async fn serve_internal(listener: TcpListener, router: Router, connections: usize) {
    let limits = Limits { connections, ..Limits::default() };
    accept::accept(listener, router, limits, std::future::pending()).await;
}

async fn serve_until(
    stop: impl Future<Output = ()> + Send + 'static,
    listener: TcpListener,
    router: Router,
    limits: Limits,
) {
    let (stopping, stopped) = tokio::sync::oneshot::channel();
    let server = accept::accept(listener, router, limits.within_descriptors(), async {
        stop.await;
        let _ = stopping.send(());
    });
    tokio::select! {
        () = server => {}
        () = shutdown_timeout(stopped, limits.grace) => {
            tracing::warn!("shutdown timed out: some requests did not finish");
        }
    }
}

async fn shutdown_timeout(stopped: tokio::sync::oneshot::Receiver<()>, grace: Duration) {
    if stopped.await.is_err() {
        return std::future::pending().await;
    }
    tokio::time::sleep(grace).await;
}

/// A signal that stops the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signal {
    /// SIGINT, as from Ctrl-C.
    Interrupt,
    /// SIGTERM, as from a supervisor.
    Terminate,
}

async fn stop_signal() -> Signal {
    let interrupt = async {
        if signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match signal::unix::signal(signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => Signal::Interrupt,
        () = terminate => Signal::Terminate,
    }
}

/// Runs an app on a runtime with at least four worker threads; streaming pages can hang on fewer.
///
/// If the app cannot start, prints one line to standard error and returns exit code 1.
pub fn run<F>(main: impl FnOnce() -> F) -> std::process::ExitCode
where
    F: Future<Output = Result<(), Box<dyn std::error::Error>>>,
{
    let workers = std::thread::available_parallelism().map_or(4, |cores| cores.get().max(4));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(main()),
        Err(error) => Err(error.into()),
    };
    match result {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            // Not a log line, so no `RUST_LOG` filter hides the error.
            eprintln!("{error}");
            std::process::ExitCode::FAILURE
        }
    }
}
