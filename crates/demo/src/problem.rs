//! The errors that keep the suite from running. Each is one line that says what to do.

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitStatus,
    time::Duration,
};

use crate::{
    live_demo::{self, folder::FolderError},
    suite::Process,
};

/// Why the suite did not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error(
        "port {port} ({process}) is taken: stop the program there, or move all ports with PORT_OFFSET=1000"
    )]
    PortTaken { port: u16, process: Process },

    #[error("cannot listen on port {port} ({process}): {source}")]
    Port { port: u16, process: Process, source: io::Error },

    #[error("--data-dir: cannot use {}: {source}; choose a writable folder", path.display())]
    DataDir { path: PathBuf, source: io::Error },

    #[error("cannot get random bytes from the system: {source}")]
    Randomness { source: rand::rand_core::OsError },

    #[error("{}: {source}", path.display())]
    DotEnv { path: PathBuf, source: dotenvy::Error },

    #[error("the registry of apps {} cannot be read: {source}", path.display())]
    Registry { path: PathBuf, source: io::Error },

    #[error("{} is not built: run `make build` (with RELEASE=1 for --release), or pass its folder with --bin-dir", path.display())]
    NotBuilt { path: PathBuf },

    #[error("--watch {process}: only the apps can be watched: identity, main, store, partner")]
    NotWatchable { process: Process },

    #[error("nothing to start: --only and --except exclude every process")]
    NothingToStart,

    #[error("{process} could not be started: {source}")]
    Spawn { process: Process, source: io::Error },

    #[error("{process} stopped unexpectedly ({status}); its last lines are above")]
    Died { process: Process, status: ExitStatus },

    #[error("{} did not answer {url} with 200 within {} s ({last}); its log is above", process, within.as_secs())]
    NotReady { process: Process, url: String, within: Duration, last: String },

    #[error("LIVE_DEMO: {0}")]
    LiveDemo(#[from] live_demo::Refusal),

    #[error("LIVE_DEMO: {0}")]
    LiveDemoFolder(#[from] FolderError),

    #[error("{option} is for the public demo only: add --live-demo")]
    NeedsLiveDemo { option: &'static str },

    #[error("{0}")]
    System(#[from] io::Error),
}

impl Problem {
    pub(crate) fn data_dir(path: &Path, source: io::Error) -> Self {
        Self::DataDir { path: path.to_owned(), source }
    }
}
