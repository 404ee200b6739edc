//! CoreAssignment and load of the machine; memory and processor time of a process.

use std::{fs, process::Command, time::Duration};

/// Clock ticks per second in `/proc/<pid>/stat`: fixed by the user-space ABI of Linux.
const TICKS_PER_SECOND: u64 = 100;

/// The cores of the server and of the load generator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CoreAssignment {
    /// The server has one core; the load generator and Redis share another.
    Apart { server: usize, load: usize },
    /// There is one core, or no `taskset`: all processes share the cores.
    Shared,
}

impl CoreAssignment {
    pub(crate) fn detect() -> Self {
        let count = count();
        let has_taskset = Command::new("taskset").arg("--version").output().is_ok();
        if count > 1 && has_taskset { Self::Apart { server: 0, load: count - 1 } } else { Self::Shared }
    }

    /// Returns the start of a command line that runs on the server's core.
    pub(crate) fn of_server(self) -> Vec<String> {
        match self {
            Self::Apart { server, .. } => taskset(server),
            Self::Shared => Vec::new(),
        }
    }

    /// Returns the start of a command line that runs on the core of the load generator.
    pub(crate) fn of_load(self) -> Vec<String> {
        match self {
            Self::Apart { load, .. } => taskset(load),
            Self::Shared => Vec::new(),
        }
    }
}

fn taskset(core: usize) -> Vec<String> {
    vec!["taskset".into(), "--cpu-list".into(), core.to_string()]
}

/// Returns the number of cores.
pub(crate) fn count() -> usize {
    std::thread::available_parallelism().map_or(1, Into::into)
}

/// Returns the load average over the last minute.
pub(crate) fn load_average() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

/// Returns the resident memory of a process, in bytes.
pub(crate) fn resident_memory(pid: u32) -> Option<u64> {
    resident(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// Returns the processor time that a process has used, user and system.
pub(crate) fn processor_time(pid: u32) -> Option<Duration> {
    processor(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

fn processor(stat: &str) -> Option<Duration> {
    // The second field is the program's name in parentheses, which may contain any character.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut times = fields.split(' ').skip(11);
    let ticks = times.next()?.parse::<u64>().ok()? + times.next()?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_bytes() {
        let status = "Name:\tmain\nVmHWM:\t   99999 kB\nVmRSS:\t   12345 kB\nThreads:\t5\n";
        assert_eq!(resident(status), Some(12_345 * 1024));
        assert_eq!(resident("Name:\tmain\n"), None);
    }

    #[test]
    fn processor_time_is_user_and_system_for_any_program_name() {
        let stat = "77 (a) b) c) S 1 77 77 0 -1 4194304 1019 0 0 0 250 150 0 0 20 0 5 0 100 1 2";
        assert_eq!(processor(stat), Some(Duration::from_secs(4)));
        assert_eq!(processor("77 (main) S 1"), None);
    }

    #[test]
    fn on_one_core_nothing_is_pinned() {
        assert!(CoreAssignment::Shared.of_server().is_empty() && CoreAssignment::Shared.of_load().is_empty());
        let apart = CoreAssignment::Apart { server: 0, load: 3 };
        assert_eq!(apart.of_load(), ["taskset", "--cpu-list", "3"]);
    }
}
