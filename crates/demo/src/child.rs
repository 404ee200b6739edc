//! The hidden subcommand that the supervisor runs for each process. It asks the kernel to end this process
//! together with the supervisor, then replaces itself with the program. Only the new process can ask the
//! kernel, and code between fork and exec would be unsafe.

use std::{convert::Infallible, io};

/// Replaces this program with `program`. On Linux and Android the kernel ends `program` when the process
/// `supervisor` ends, for any reason. `gently` uses SIGINT instead of SIGKILL, for programs that must stop
/// their children.
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

    // The supervisor may have died before the request to the kernel.
    if std::os::unix::process::parent_id() != supervisor {
        return Err(io::Error::other("the supervisor is gone"));
    }
    let (program, arguments) = program.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    Err(std::process::Command::new(program).args(arguments).exec())
}

/// Not supported on this platform.
///
/// # Errors
/// Always: only Unix can replace a running program.
#[cfg(not(unix))]
pub(crate) fn become_child(_supervisor: u32, _gently: bool, _program: &[String]) -> io::Result<Infallible> {
    Err(io::ErrorKind::Unsupported.into())
}
