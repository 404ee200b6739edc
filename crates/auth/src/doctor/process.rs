//! The limits of the process. A service may have other limits than the shell that runs this command.

use super::Finding;
use crate::config::Config;

const VARIABLE: &str = "AUTH_MAX_CONNECTIONS";

/// Compares the wanted connections with the file descriptors.
pub(super) fn check(config: &Config) -> Vec<Finding> {
    vec![compare(config.limits.connections, config.limits.allowed_connections())]
}

fn compare(wanted: usize, allowed: usize) -> Finding {
    if allowed >= wanted {
        return Finding::ok(VARIABLE, format!("the file descriptors here suffice for {wanted} connections"));
    }
    let found = format!("is {wanted}, but the file descriptors here allow {allowed} connections");
    Finding::warning(
        VARIABLE,
        found,
        "raise the hard limit (LimitNOFILE of systemd, ulimit -Hn), or lower the setting",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    #[test]
    fn fewer_descriptors_than_connections_are_a_warning() {
        assert_eq!(compare(20_000, 20_000).level, Level::Ok);
        assert_eq!(compare(20_000, 928).level, Level::Warning);
    }
}
