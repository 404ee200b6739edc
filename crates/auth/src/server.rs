//! Listening, and stopping well.

use crate::config::ConfigError;
use axum::Router;
use std::{future::Future, io::IsTerminal, time::Duration};
use tokio::{net::TcpListener, signal};

/// How long requests under way may take to finish once we were asked to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Starts logging to standard error; `RUST_LOG` chooses what, `info` by default.
pub fn init_logging() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    // Colours for people; files and collectors get plain text.
    let ansi = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(ansi).with_writer(std::io::stderr).init();
}

/// Listens on `address` (`host:port`), which came from `variable`.
///
/// # Errors
/// One line that names the variable and the port.
pub async fn listen(variable: &str, address: &str) -> Result<TcpListener, ConfigError> {
    TcpListener::bind(address).await.map_err(|error| {
        let fix = match error.kind() {
            std::io::ErrorKind::AddrInUse => "something else listens there; stop it, or choose another port",
            _ => "give it as host:port, as in 127.0.0.1:4201",
        };
        ConfigError::new(variable, format!("cannot listen on {address}: {error}; {fix}"))
    })
}

/// Serves until SIGINT or SIGTERM, then lets requests under way finish. `on_stop` ends what would not
/// finish by itself.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    on_stop: impl FnOnce() + Send + 'static,
) -> std::io::Result<()> {
    let (stopping, stopped) = tokio::sync::oneshot::channel();
    let server = axum::serve(listener, router).with_graceful_shutdown(async {
        asked_to_stop().await;
        tracing::info!("stopping");
        on_stop();
        let _ = stopping.send(());
    });
    tokio::select! {
        result = server => result,
        () = grace_is_over(stopped) => {
            tracing::warn!("some requests did not finish in time");
            Ok(())
        }
    }
}

async fn grace_is_over(stopped: tokio::sync::oneshot::Receiver<()>) {
    if stopped.await.is_err() {
        return std::future::pending().await;
    }
    tokio::time::sleep(GRACE).await;
}

async fn asked_to_stop() {
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
        () = interrupt => {}
        () = terminate => {}
    }
}

/// Runs an app: a runtime with at least four workers (streaming pages can hang on fewer), and one
/// line on standard error with exit code 1 when it cannot start.
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
            // Not a log line: whatever RUST_LOG says, this is seen.
            eprintln!("{error}");
            std::process::ExitCode::FAILURE
        }
    }
}
