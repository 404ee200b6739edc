//! `bench` measures the release build of the main app under load, next to a bare axum handler, and prints a
//! table for the docs (docs/performance.md explains it). `bench --help` lists its options. It starts its own
//! stores, and stops every process that it started.

mod bare;
mod cli;
mod exchange;
mod load;
mod machine;
mod measure;
mod problem;
mod report;
mod run;
mod seed;
mod server;

use clap::Parser;
use cli::{Cli, Command};
use problem::Problem;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Some(Command::Bare { listen }) = cli.command {
        return auth::server::run(async move || bare::serve(&listen).await);
    }
    match measure(&cli.options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("bench: {problem}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn measure(options: &cli::Options) -> Result<(), Problem> {
    // Dropping a server stops it, so an interrupt drops the future instead of ending this process.
    tokio::select! {
        result = run::run(options) => result,
        () = interrupted() => Err(Problem::Interrupted),
    }
}

/// Waits for SIGINT (Ctrl-C) or SIGTERM.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let (Ok(mut interrupt), Ok(mut terminate)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
