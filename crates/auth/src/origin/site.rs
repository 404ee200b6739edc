//! Same-site checks: browsers share cookies and storage within one *site* only.

use super::Origin;
use std::net::{Ipv4Addr, Ipv6Addr};

impl Origin {
    /// Whether a browser treats both origins as one site (HTML Standard §7.1.2, "schemelessly same
    /// site", and the same scheme).
    ///
    /// Hosts of one site are equal, or share a registrable domain by the public suffix list. `localhost`
    /// counts as a public suffix: `a.wow.localhost` and `b.wow.localhost` are one site, `a.localhost` and
    /// `b.localhost` are not. Chromium and Firefox agree. Ports do not matter.
    #[must_use]
    pub fn is_same_site(&self, other: &Self) -> bool {
        self.is_https() == other.is_https() && self.shares_domain_with(other)
    }

    /// Whether both hosts are equal or share a registrable domain, whatever the schemes. Cookies do not tell schemes apart
    /// (RFC 6265bis §8.6).
    #[must_use]
    pub fn shares_domain_with(&self, other: &Self) -> bool {
        self.host() == other.host()
            || site(self.host()).zip(site(other.host())).is_some_and(|(own, other)| own == other)
    }
}

impl Origin {
    /// The host and its parents, down to the registrable domain: the possible values of `Domain` for a cookie
    /// of this host.
    ///
    /// Empty for an address, and for a name without a registrable domain.
    pub(crate) fn parent_domains(&self) -> impl Iterator<Item = &str> {
        let registrable = site(self.host()).map_or(usize::MAX, str::len);
        std::iter::successors(Some(self.host()), |domain| domain.split_once('.').map(|(_, parent)| parent))
            .take_while(move |domain| domain.len() >= registrable)
    }
}

/// The registrable domain; `None` for an address, and for a name that is itself a public suffix.
fn site(host: &str) -> Option<&str> {
    let is_address =
        host.starts_with('[') || host.parse::<Ipv4Addr>().is_ok() || host.parse::<Ipv6Addr>().is_ok();
    if is_address { None } else { psl::domain_str(host) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, other: &str) -> bool {
        let [one, other] = [one, other].map(|text| Origin::parse(text).unwrap());
        assert_eq!(one.is_same_site(&other), other.is_same_site(&one));
        one.is_same_site(&other)
    }

    #[test]
    fn one_registrable_domain_is_one_site() {
        assert!(same("https://identity.shop.example", "https://www.shop.example:8443"));
        assert!(same("https://shop.co.uk", "https://identity.shop.co.uk"));
        assert!(same("http://identity.wow.localhost:4200", "http://games.wow.localhost:4201"));
        assert!(same("http://localhost:4200", "http://localhost:4201"));
        assert!(same("http://127.0.0.1:4200", "http://127.0.0.1:4201"));
    }

    #[test]
    fn domains_under_one_public_suffix_are_different_sites() {
        for (one, other) in [
            ("https://one.co.uk", "https://two.co.uk"),
            ("https://one.github.io", "https://two.github.io"),
            ("https://shop.example", "https://evilshop.example"),
            ("http://identity.wow.localhost:4200", "http://partner.localhost:4203"),
            ("http://localhost:4200", "http://games.wow.localhost:4201"),
            ("http://wow.localhost:4200", "http://partner.localhost:4203"),
            ("http://127.0.0.1:4200", "http://127.0.0.2:4200"),
            ("http://1.0.0.1", "http://2.0.0.1"),
            ("http://shop.example", "https://shop.example"),
        ] {
            assert!(!same(one, other), "{one} {other}");
        }
    }
}
