//! What can go wrong, each in one line.

use std::{io, path::PathBuf};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error("{0} is not built; `make bench` builds it")]
    NotBuilt(PathBuf),
    #[error("{0} is missing; `.ci/tools wrk` and `.ci/services true` install what a measurement needs")]
    ToolMissing(&'static str),
    #[error("{name} did not start; its last words: {log}")]
    DidNotStart { name: &'static str, log: String },
    #[error("the load generator failed: {0}")]
    Load(String),
    #[error("{failed} of {requests} requests to {path} failed, so there is nothing to compare")]
    RequestsFailed { path: String, failed: u64, requests: u64 },
    #[error("{path} answered {answer:?}, so what would be measured is something else")]
    WrongAnswer { path: String, answer: String },
    #[error("the sessions could not be put into the store: {0}")]
    Seeding(String),
    #[error("interrupted; everything is stopped")]
    Interrupted,
    #[error(transparent)]
    System(#[from] io::Error),
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        Self::Seeding(error.to_string())
    }
}
