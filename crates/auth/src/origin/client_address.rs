//! The client address that rate limits count by: the socket's peer, or the client that a
//! trusted proxy reports.
//!
//! A forwarded header from any other peer is ignored.

use axum::extract::ConnectInfo;
use http::{Extensions, HeaderMap, HeaderName, request::Parts};
use ipnet::IpNet;
use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::Once,
};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The socket address of the peer. [`server`](crate::server) adds it to the extensions of each request.
#[derive(Clone, Copy, Debug)]
pub struct PeerAddress(pub SocketAddr);

/// The proxies whose `X-Forwarded-For` header is trusted (`AUTH_TRUSTED_PROXIES`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Option<Vec<IpNet>>);

/// One client, as rate limits count clients: an IPv4 address, or the IPv6 network of 64 bits that a household
/// or a machine gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl TrustedProxies {
    /// Parses a comma-separated list of addresses and networks (CIDR).
    ///
    /// # Errors
    /// A message about the first entry that is neither an address nor a network.
    pub fn parse(list: &str) -> Result<Self, String> {
        let entry = |text: &str| {
            let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
            network.map_err(|_| format!("\"{text}\" is neither an address nor a network, as in 10.0.0.0/8"))
        };
        let entries = list.split(',').map(str::trim).filter(|text| !text.is_empty()).map(entry);
        Ok(Self(Some(entries.collect::<Result<_, _>>()?)))
    }

    /// Whether the setting exists, even without an address.
    pub(crate) fn is_set(&self) -> bool {
        self.0.is_some()
    }

    /// Returns the client that a request comes from, or `None` if the client is unknown.
    ///
    /// Without `AUTH_TRUSTED_PROXIES`, a peer on this machine or in a private network may be a proxy. All
    /// clients behind it would count as one, so the client is unknown then.
    #[must_use]
    pub fn client(&self, request: &Parts) -> Option<ClientAddress> {
        self.client_of(peer(&request.extensions)?.ip().to_canonical(), &request.headers)
    }

    /// Whether a request comes directly from a listed proxy. Without `AUTH_TRUSTED_PROXIES`, no peer is trusted.
    pub(crate) fn is_peer_of(&self, extensions: &Extensions) -> bool {
        let peer = peer(extensions).map(|peer| peer.ip().to_canonical());
        peer.zip(self.0.as_ref())
            .is_some_and(|(peer, trusted)| trusted.iter().any(|network| network.contains(&peer)))
    }

    fn client_of(&self, peer: IpAddr, headers: &HeaderMap) -> Option<ClientAddress> {
        let Some(trusted) = &self.0 else {
            if super::is_non_public(peer) {
                warn_once();
                return None;
            }
            return Some(ClientAddress::of(peer));
        };
        let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
        let mut client = peer;
        // Read from the right: each proxy appends its own peer, and only entries of trusted proxies count.
        for hop in hops(headers).into_iter().rev() {
            if !is_trusted(client) {
                break;
            }
            let Some(hop) = hop else { break };
            client = hop;
        }
        Some(ClientAddress::of(client))
    }
}

impl ClientAddress {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into())
            }
            address => Self(address),
        }
    }
}

/// The socket address of a request's peer, if the server recorded it.
fn peer(extensions: &Extensions) -> Option<SocketAddr> {
    let of_server = extensions.get::<PeerAddress>().map(|PeerAddress(peer)| *peer);
    of_server.or_else(|| extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer))
}

/// The entries of all `X-Forwarded-For` headers, in order. An entry that is not an address is `None`.
fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let lines = headers.get_all(X_FORWARDED_FOR).iter();
    let entries = lines.flat_map(|line| line.to_str().unwrap_or("?").split(','));
    let address = |text: &str| {
        let text = text.trim();
        // Some proxies add the port.
        let with_port = || text.parse::<SocketAddr>().map(|socket| socket.ip());
        text.parse::<IpAddr>().or_else(|_| with_port()).ok().map(|address| address.to_canonical())
    };
    entries.map(address).collect()
}

fn warn_once() {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        tracing::warn!(
            "rate limits per client are off: requests come from this machine or a private network; \
             behind a reverse proxy, set AUTH_TRUSTED_PROXIES to the proxy's address"
        );
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: Option<&str>, peer: &str, forwarded: &[&str]) -> Option<String> {
        let trusted =
            trusted.map_or_else(TrustedProxies::default, |list| TrustedProxies::parse(list).unwrap());
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(X_FORWARDED_FOR, line.parse().unwrap());
        }
        let client = trusted.client_of(peer.parse::<IpAddr>().unwrap().to_canonical(), &headers);
        client.map(|ClientAddress(address)| address.to_string())
    }

    #[test]
    fn a_forwarded_header_from_an_untrusted_peer_is_ignored() {
        for trusted in [None, Some(""), Some("10.0.0.1")] {
            let seen = client(trusted, "203.0.113.9", &["198.51.100.1"]);
            assert_eq!(seen.as_deref(), Some("203.0.113.9"), "{trusted:?}");
        }
        assert_eq!(client(Some("10.0.0.1"), "10.0.0.2", &["198.51.100.1"]).as_deref(), Some("10.0.0.2"));
    }

    #[test]
    fn the_client_is_the_rightmost_hop_that_is_not_a_trusted_proxy() {
        let trusted = Some("10.0.0.0/8, 192.0.2.7");
        let seen = |forwarded: &[&str]| client(trusted, "10.1.2.3", forwarded).unwrap();
        assert_eq!(seen(&["198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen(&["203.0.113.66, 198.51.100.1"]), "198.51.100.1", "the left may be forged");
        assert_eq!(seen(&["198.51.100.1, 192.0.2.7, 10.9.9.9"]), "198.51.100.1");
        assert_eq!(seen(&["203.0.113.66", "198.51.100.1, 10.9.9.9"]), "198.51.100.1");
        assert_eq!(seen(&["198.51.100.1:4711"]), "198.51.100.1");
        assert_eq!(seen(&["198.51.100.1, nonsense"]), "10.1.2.3", "an unreadable entry ends the chain");
        assert_eq!(seen(&[]), "10.1.2.3");
        assert_eq!(seen(&["10.4.4.4"]), "10.4.4.4", "every hop is a trusted proxy");
    }

    #[test]
    fn without_a_setting_a_peer_inside_the_network_may_be_a_proxy() {
        for peer in ["127.0.0.1", "10.0.0.1", "192.168.1.1", "::1", "::ffff:127.0.0.1", "fd00::1"] {
            assert_eq!(client(None, peer, &["198.51.100.1"]), None, "{peer}");
            assert!(client(Some("203.0.113.0/24"), peer, &[]).is_some(), "{peer}");
        }
    }

    #[test]
    fn an_ipv6_client_is_its_network_of_64_bits() {
        assert_eq!(client(None, "2001:db8:1:2:3:4:5:6", &[]).as_deref(), Some("2001:db8:1:2::"));
        assert_eq!(client(None, "2001:db8:1:2:ffff::1", &[]).as_deref(), Some("2001:db8:1:2::"));
        assert_eq!(client(None, "::ffff:203.0.113.9", &[]).as_deref(), Some("203.0.113.9"));
    }

    #[test]
    fn an_invalid_address_is_refused_at_start() {
        for list in ["localhost", "10.0.0.0/33", "10.0.0", "10.0.0.1;10.0.0.2", "*"] {
            assert!(TrustedProxies::parse(list).is_err(), "{list}");
        }
    }
}
