//! The public demo, `LIVE_DEMO=1`: the only way in which the embedded provider serves the public.
//!
//! [`check`] refuses everything that would weaken it. [`folder`] keeps it away from other data, and [`reset`]
//! deletes its data every day.

pub(crate) mod folder;
pub(crate) mod reset;

use crate::{cli::Options, shared_env::SharedEnv, suite::Domains};

/// The settings of the apps that may be changed. Others would weaken the demo, or have no use in it.
const ALLOWED_SETTINGS: [&str; 3] = ["AUTH_NOTICE", "AUTH_LOG_FORMAT", "AUTH_MAX_CONNECTIONS"];

/// Why the live demo does not start.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("AUTH_{0}_ID configures another provider; the live demo runs beside none")]
    OtherProvider(String),

    #[error("DEMO=1 is for development; the live demo does not need it")]
    DevelopmentDemo,

    #[error("{0} cannot be changed in the live demo; remove it from the environment and from .env")]
    Setting(String),

    #[error("--domain and --partner-domain are missing; the live demo runs at https addresses only")]
    NoDomains,

    #[error("\"{0}\" must be a domain in lower case, as in demo.example.com")]
    NotADomain(String),

    #[error("--partner-domain must not be below --domain; the apps of a domain share their cookies")]
    SharedDomain,

    #[error("{0} is not possible in the live demo")]
    Option(&'static str),
}

/// Returns the refusal of options that need the live demo.
pub(crate) fn check_ordinary(options: &Options) -> Option<&'static str> {
    options.reset_at.is_some().then_some("--reset-at")
}

/// Checks that nothing weakens the live demo.
///
/// # Errors
/// The first [`Refusal`].
pub(crate) fn check(options: &Options, shared: &SharedEnv) -> Result<(), Refusal> {
    if let Some(provider) = shared.providers().next() {
        return Err(Refusal::OtherProvider(provider.to_owned()));
    }
    if shared.is_development_demo() {
        return Err(Refusal::DevelopmentDemo);
    }
    if let Some((name, _)) = shared.auth().find(|(name, _)| !ALLOWED_SETTINGS.contains(name)) {
        return Err(Refusal::Setting(name.to_owned()));
    }
    check_domains(&options.domains().ok_or(Refusal::NoDomains)?)?;
    let refused = [
        ("--faults", options.faults),
        ("--partner", options.partner.is_some()),
        ("--partner-direct", options.partner_direct),
        ("--watch", options.watch.is_some()),
        ("--set", !options.settings.is_empty()),
        ("--only", !options.only.is_empty()),
        ("--except", !options.except.is_empty()),
    ];
    match refused.into_iter().find(|(_, is_set)| *is_set) {
        Some((option, _)) => Err(Refusal::Option(option)),
        None => Ok(()),
    }
}

fn check_domains(domains: &Domains) -> Result<(), Refusal> {
    let Domains { shared, partner } = domains;
    for domain in [shared, partner] {
        let is_label = |label: &str| {
            let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            !label.is_empty() && label.bytes().all(allowed)
        };
        // The last label of an IPv4 address is a number.
        let is_address =
            domain.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
        if is_address || !domain.contains('.') || !domain.split('.').all(is_label) {
            return Err(Refusal::NotADomain(domain.clone()));
        }
    }
    let is_below =
        partner.strip_suffix(shared.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    if is_below { Err(Refusal::SharedDomain) } else { Ok(()) }
}

/// Returns the sentence at the top of every page, unless `AUTH_NOTICE` has another.
pub(crate) fn notice(reset_at: reset::TimeOfDay) -> String {
    format!(
        "This is a public demo: its users are made up. All data is deleted every day at {reset_at} UTC. Please enter \
         no personal data."
    )
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Cli;

    const DOMAINS: [&str; 4] = ["--domain", "demo.example.com", "--partner-domain", "partner.example.net"];

    fn refusal(arguments: &[&str], variables: &[(&str, &str)]) -> Option<Refusal> {
        let options = Cli::try_parse_from([&["demo"], arguments].concat()).unwrap().options;
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        check(&options, &SharedEnv::of(variables)).err()
    }

    #[test]
    fn it_starts_with_https_domains() {
        assert_eq!(refusal(&DOMAINS, &[]), None);
        let allowed =
            [("AUTH_NOTICE", "Hello."), ("AUTH_LOG_FORMAT", "json"), ("LIVE_DEMO", "1"), ("DEMO", "0")];
        assert_eq!(refusal(&DOMAINS, &allowed), None);
    }

    #[test]
    fn it_is_refused_beside_another_provider() {
        let refused = refusal(&DOMAINS, &[("AUTH_GOOGLE_ID", "abc")]);
        assert_eq!(refused, Some(Refusal::OtherProvider("GOOGLE".to_owned())));
        assert_eq!(refusal(&DOMAINS, &[("DEMO", "1")]), Some(Refusal::DevelopmentDemo));
    }

    #[test]
    fn settings_that_could_weaken_it_are_refused() {
        for name in ["AUTH_SECRET", "AUTH_DEMO_SECRET", "AUTH_DEMO_ID", "AUTH_TRUSTED_PROXIES", "AUTH_ROBOTS"]
        {
            assert_eq!(refusal(&DOMAINS, &[(name, "1")]), Some(Refusal::Setting(name.to_owned())));
        }
    }

    #[test]
    fn it_is_refused_without_domains() {
        assert_eq!(refusal(&[], &[]), Some(Refusal::NoDomains));
        for domain in
            ["localhost", "https://example.com", "example.com:8443", "192.0.2.1", "Example.com", "a..b", ""]
        {
            let refused = refusal(&["--domain", domain, "--partner-domain", "partner.example.net"], &[]);
            assert_eq!(refused, Some(Refusal::NotADomain(domain.to_owned())));
        }
        for partner in ["example.com", "partner.example.com"] {
            let refused = refusal(&["--domain", "example.com", "--partner-domain", partner], &[]);
            assert_eq!(refused, Some(Refusal::SharedDomain), "{partner}");
        }
    }

    #[test]
    fn options_for_tests_and_development_are_refused() {
        for arguments in [
            &["--faults"][..],
            &["--partner", "./app"],
            &["--partner-direct"],
            &["--watch", "main"],
            &["--set", "provider:DEV_PROVIDER_FAULTS=true"],
            &["--only", "main"],
            &["--except", "partner"],
        ] {
            let refused = refusal(&[&DOMAINS[..], arguments].concat(), &[]);
            assert!(
                matches!(refused, Some(Refusal::Option(option)) if option == arguments[0]),
                "{arguments:?}"
            );
        }
    }
}
