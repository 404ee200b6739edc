//! The errors of a measurement, each in one line.

use std::{io, path::PathBuf};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error("{0} is not built; `make bench` builds it")]
    NotBuilt(PathBuf),
    #[error("{0} is missing; `.ci/tools wrk` and `.ci/services true` install the tools for a measurement")]
    ToolMissing(&'static str),
    #[error("{name} did not start; last line of its log: {log}")]
    DidNotStart { name: &'static str, log: String },
    #[error("the load generator failed: {0}")]
    Load(String),
    #[error("{failed} of {requests} requests to {path} failed, so the result cannot be compared")]
    RequestsFailed { path: String, failed: u64, requests: u64 },
    #[error("{path} answered {answer:?}, which is not the expected response")]
    WrongAnswer { path: String, answer: String },
    #[error("the store could not be filled with sessions: {0}")]
    Seeding(String),
    #[error("interrupted; all processes are stopped")]
    Interrupted,
    #[error(transparent)]
    System(#[from] io::Error),
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        Self::Seeding(error.to_string())
    }
}
