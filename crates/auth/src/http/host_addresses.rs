//! `AUTH_HOST_ADDRESSES`: addresses of hosts that the system's resolver does not know.

use std::net::{IpAddr, SocketAddr};

/// Host names and the addresses to connect to, as in a hosts file. For tests and private networks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostAddresses(Vec<(String, SocketAddr)>);

impl HostAddresses {
    /// Parses a comma-separated list of `NAME=ADDRESS` or `NAME=ADDRESS:PORT`. A name that begins with `*.` stands for
    /// every name below it.
    ///
    /// The port applies to URLs without a port.
    ///
    /// # Errors
    /// What is wrong with the first bad entry.
    pub fn parse(list: &str) -> Result<Self, String> {
        let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let read = |entry: &str| {
            let problem = || format!("\"{entry}\" must be NAME=ADDRESS, as in app.example.com=10.0.0.5");
            let (name, address) = entry.split_once('=').ok_or_else(problem)?;
            let plain = name.strip_prefix("*.").unwrap_or(name);
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
            if plain.is_empty() || !plain.bytes().all(is_name) {
                return Err(problem());
            }
            // Port 0 stands for the port of the URL.
            let alone = || address.parse::<IpAddr>().map(|address| SocketAddr::new(address, 0));
            let address = address.parse().or_else(|_| alone()).map_err(|_| problem())?;
            Ok((name.to_ascii_lowercase(), address))
        };
        entries.map(read).collect::<Result<_, _>>().map(Self)
    }

    /// The address of a host; an exact name comes before a name with `*`.
    #[must_use]
    pub fn find(&self, host: &str) -> Option<SocketAddr> {
        let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        let is_below = |name: &str| {
            let below = name.strip_prefix('*').and_then(|suffix| host.strip_suffix(suffix));
            below.is_some_and(|label| !label.is_empty())
        };
        let exact = self.0.iter().find(|(name, _)| *name == host);
        exact.or_else(|| self.0.iter().find(|(name, _)| is_below(name))).map(|(_, address)| *address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_their_addresses() {
        let hosts =
            HostAddresses::parse("app.example=10.0.0.5, *.wow.test=127.0.0.1:7443,six.test=[::1]:8").unwrap();
        for (host, address) in [
            ("app.example", Some("10.0.0.5:0")),
            ("APP.example.", Some("10.0.0.5:0")),
            ("games.wow.test", Some("127.0.0.1:7443")),
            ("a.b.wow.test", Some("127.0.0.1:7443")),
            ("six.test", Some("[::1]:8")),
            ("wow.test", None),
            ("notwow.test", None),
            ("x.app.example", None),
        ] {
            assert_eq!(hosts.find(host), address.map(|text| text.parse().unwrap()), "{host}");
        }
    }

    #[test]
    fn an_exact_name_comes_first() {
        let hosts = HostAddresses::parse("*.wow.test=10.0.0.1,games.wow.test=10.0.0.2").unwrap();
        assert_eq!(hosts.find("games.wow.test"), Some("10.0.0.2:0".parse().unwrap()));
    }

    #[test]
    fn a_bad_entry_is_named() {
        for bad in
            ["app.example", "app.example=", "=10.0.0.1", "*.=10.0.0.1", "a b=10.0.0.1", "app=other.example"]
        {
            let problem = HostAddresses::parse(&format!("ok.example=10.0.0.1,{bad}")).unwrap_err();
            assert!(problem.starts_with(&format!("\"{bad}\"")), "{problem}");
        }
    }
}
