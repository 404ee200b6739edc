//! The five processes of the suite and their addresses.

use std::fmt;

use clap::ValueEnum;

/// One process of the suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
pub(crate) enum Process {
    /// The embedded OpenID Provider.
    Provider,
    /// The proxy identity app.
    Identity,
    /// The main app, called "Games" on its pages.
    Main,
    /// A second instance of the main app, on the registrable domain of games.
    Store,
    /// An ordinary hydrated Leptos app (`examples/partner`), on another registrable domain.
    Partner,
}

impl Process {
    /// All processes, in start order.
    pub(crate) const ALL: [Self; 5] =
        [Self::Provider, Self::Identity, Self::Main, Self::Store, Self::Partner];

    /// The name used on the command line and in front of each log line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Identity => "identity",
            Self::Main => "main",
            Self::Store => "store",
            Self::Partner => "partner",
        }
    }

    /// The binary of the process. Store runs the main binary with a different environment.
    pub(crate) const fn binary(self) -> &'static str {
        match self {
            Self::Provider => "dev-provider",
            Self::Identity => "identity",
            Self::Main | Self::Store => "main",
            Self::Partner => "partner",
        }
    }

    /// The port of the process without an offset.
    pub(crate) const fn base_port(self) -> u16 {
        match self {
            Self::Identity => 4200,
            Self::Main => 4201,
            Self::Store => 4202,
            Self::Partner => 4203,
            Self::Provider => 4300,
        }
    }

    /// The hosts of the process in browser URLs; the first is canonical.
    const fn hosts(self) -> &'static [&'static str] {
        match self {
            Self::Provider => &["auth.wow.localhost"],
            Self::Identity => &["localhost", "identity.wow.localhost"],
            Self::Main => &["localhost", "games.wow.localhost"],
            Self::Store => &["store.wow.localhost"],
            Self::Partner => &["partner.localhost"],
        }
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The domains of a suite that a reverse proxy serves at https addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Domains {
    /// The domain of all apps but partner, such as `wow.test`.
    pub(crate) shared: String,
    /// Partner's domain, such as `partner.test`.
    pub(crate) partner: String,
}

impl Domains {
    fn host(&self, process: Process) -> String {
        let name = match process {
            Process::Provider => "auth",
            Process::Identity => "identity",
            Process::Main => "games",
            Process::Store => "store",
            Process::Partner => return self.partner.clone(),
        };
        format!("{name}.{}", self.shared)
    }
}

/// The suite's addresses. One offset moves all ports.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addresses<'a> {
    offset: u16,
    domains: Option<&'a Domains>,
}

impl<'a> Addresses<'a> {
    /// The largest offset that keeps every port in range.
    pub(crate) const MAX_OFFSET: u16 = u16::MAX - Process::Provider.base_port();

    /// Creates addresses with this offset.
    ///
    /// # Panics
    /// [`Self::port`] overflows for an offset above [`Self::MAX_OFFSET`], which the command line refuses.
    pub(crate) const fn new(offset: u16) -> Self {
        Self { offset, domains: None }
    }

    /// The same ports, behind a reverse proxy that serves these domains.
    pub(crate) const fn behind_proxy(self, domains: Option<&'a Domains>) -> Self {
        Self { domains, ..self }
    }

    /// The domains, if a reverse proxy serves the suite.
    pub(crate) const fn domains(self) -> Option<&'a Domains> {
        self.domains
    }

    pub(crate) const fn port(self, process: Process) -> u16 {
        process.base_port() + self.offset
    }

    /// Returns the address that a process listens on. Loopback only: this is a development suite.
    pub(crate) fn listen(self, process: Process) -> String {
        format!("127.0.0.1:{}", self.port(process))
    }

    /// Returns the public origins of a process, the canonical origin first.
    pub(crate) fn origins(self, process: Process) -> Vec<String> {
        if let Some(domains) = self.domains {
            return vec![format!("https://{}", domains.host(process))];
        }
        let port = self.port(process);
        process.hosts().iter().map(|host| format!("http://{host}:{port}")).collect()
    }

    /// Returns the origins of a process with `suffix` appended, the canonical origin first.
    pub(crate) fn urls(self, process: Process, suffix: &str) -> Vec<String> {
        self.origins(process).into_iter().map(|origin| origin + suffix).collect()
    }

    /// Replaces the suite's origins in a text by those of these addresses.
    pub(crate) fn apply_to(self, text: &str) -> String {
        if self.domains.is_none() {
            return self.shift(text);
        }
        let committed = Addresses::new(0);
        let of = |process| committed.origins(process).into_iter().map(move |origin| (origin, process));
        Process::ALL.into_iter().flat_map(of).fold(text.to_owned(), |text, (origin, process)| {
            text.replace(&origin, &self.origins(process).concat())
        })
    }

    /// Adds the offset to every port of the suite in a text, such as `:4201`.
    fn shift(self, text: &str) -> String {
        let mut shifted = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(colon) = rest.find(':') {
            let (before, after) = rest.split_at(colon + 1);
            shifted.push_str(before);
            let digits = after.bytes().take_while(u8::is_ascii_digit).count();
            let known =
                Process::ALL.into_iter().find(|process| after[..digits] == process.base_port().to_string());
            match known {
                Some(process) => shifted.push_str(&self.port(process).to_string()),
                None => shifted.push_str(&after[..digits]),
            }
            rest = &after[digits..];
        }
        shifted + rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suite_has_the_addresses_of_the_articles() {
        let addresses = Addresses::new(0);
        assert_eq!(addresses.listen(Process::Main), "127.0.0.1:4201");
        assert_eq!(
            addresses.origins(Process::Main),
            ["http://localhost:4201", "http://games.wow.localhost:4201"]
        );
        assert_eq!(addresses.origins(Process::Provider), ["http://auth.wow.localhost:4300"]);
    }

    #[test]
    fn an_offset_moves_every_port_as_a_block() {
        let addresses = Addresses::new(1000);
        let ports = Process::ALL.map(|process| addresses.port(process));
        assert_eq!(ports, [5300, 5200, 5201, 5202, 5203]);
    }

    #[test]
    fn the_largest_offset_still_fits() {
        assert_eq!(Addresses::new(Addresses::MAX_OFFSET).port(Process::Provider), u16::MAX);
    }

    #[test]
    fn behind_a_proxy_every_process_has_one_https_origin() {
        let domains = Domains { shared: "wow.test".into(), partner: "partner.test".into() };
        let addresses = Addresses::new(0).behind_proxy(Some(&domains));
        let origins = Process::ALL.map(|process| addresses.origins(process).concat());
        assert_eq!(
            origins,
            [
                "https://auth.wow.test",
                "https://identity.wow.test",
                "https://games.wow.test",
                "https://store.wow.test",
                "https://partner.test",
            ]
        );
        let registry = "[\"http://localhost:4201\", \"http://games.wow.localhost:4201\", \"http://partner.localhost:4203/x\"]";
        assert_eq!(
            addresses.apply_to(registry),
            "[\"https://games.wow.test\", \"https://games.wow.test\", \"https://partner.test/x\"]"
        );
    }

    #[test]
    fn only_ports_of_the_suite_are_moved_in_a_text() {
        let addresses = Addresses::new(1000);
        let text = "# a: b\norigins = [\"http://localhost:4201\", \"https://other.example:42010\", \"http://x:443\"]";
        assert_eq!(
            addresses.shift(text),
            "# a: b\norigins = [\"http://localhost:5201\", \"https://other.example:42010\", \"http://x:443\"]"
        );
    }
}
