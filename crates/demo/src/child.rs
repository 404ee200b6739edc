//! The step between the supervisor and a process: it ties the process's life to the supervisor's, then
//! becomes the process. Asking the kernel has to happen inside the new process, and doing that between fork
//! and exec would be unsafe code; a small hidden subcommand is not.

use std::{convert::Infallible, io};

/// Replaces this program by `program`, which the kernel ends when the process `supervisor` ends, however that
/// happens. `gently` ends it by an interrupt, for programs that stop children of their own.
///
/// # Errors
/// When the supervisor is already gone, or the program cannot be run.
#[cfg(unix)]
pub(crate) fn become_child(supervisor: u32, gently: bool, program: &[String]) -> io::Result<Infallible> {
    use std::os::unix::process::CommandExt;

    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::process::{Signal, set_parent_process_death_signal};
        set_parent_process_death_signal(Some(if gently { Signal::INT } else { Signal::KILL }))?;
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = gently;

    // It may have died before the kernel was asked.
    if std::os::unix::process::parent_id() != supervisor {
        return Err(io::Error::other("the supervisor is gone"));
    }
    let (program, arguments) = program.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    Err(std::process::Command::new(program).args(arguments).exec())
}

/// # Errors
/// Always: only Unix can replace a running program.
#[cfg(not(unix))]
pub(crate) fn become_child(_supervisor: u32, _gently: bool, _program: &[String]) -> io::Result<Infallible> {
    Err(io::ErrorKind::Unsupported.into())
}
