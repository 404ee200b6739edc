//! Checks that all ports are free before the processes start.

use std::{
    io::{self, ErrorKind},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
};

use crate::{
    problem::Problem,
    suite::{Addresses, Process},
};

/// Checks that the port of every process is free.
///
/// # Errors
/// [`Problem::PortTaken`] for the first process whose port another program listens on.
pub(crate) fn check_free(addresses: Addresses<'_>, processes: &[Process]) -> Result<(), Problem> {
    for &process in processes {
        let port = addresses.port(process);
        match probe(port) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                return Err(Problem::PortTaken { port, process });
            }
            Err(source) => {
                return Err(Problem::Port { port, process, source });
            }
        }
    }
    Ok(())
}

fn probe(port: u16) -> io::Result<()> {
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    // Browsers try `localhost` over IPv6 first: another program there would answer instead of the app.
    match TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => Err(error),
        // No IPv6 on this machine.
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a listener, and addresses at which the listener occupies the port of `process`.
    fn taken(process: Process) -> (TcpListener, Addresses<'static>) {
        loop {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            if let Some(offset) = port.checked_sub(process.base_port())
                && offset <= Addresses::MAX_OFFSET
            {
                return (listener, Addresses::new(offset));
            }
        }
    }

    #[test]
    fn a_taken_port_is_named_with_its_process() {
        let (listener, addresses) = taken(Process::Main);
        let refused = check_free(addresses, &[Process::Main]).unwrap_err().to_string();
        let port = listener.local_addr().unwrap().port();
        assert!(refused.contains(&format!("port {port} (main) is taken")), "{refused}");
        assert!(!refused.contains('\n'));
    }

    #[test]
    fn a_port_is_free_again_once_its_owner_is_gone() {
        let (listener, addresses) = taken(Process::Main);
        drop(listener);
        check_free(addresses, &[Process::Main]).unwrap();
    }
}
