//! The table that is printed when the suite is ready: the addresses, and what to try at each.

use crate::{
    output::Output,
    plan::Plan,
    suite::{Addresses, Process},
};

/// The last line of the table; tests wait for it.
pub(crate) const READY: &str = "Ready. Ctrl-C stops everything.";

/// The order of the table, the starting point first.
const ORDER: [Process; 5] =
    [Process::Main, Process::Store, Process::Partner, Process::Identity, Process::Provider];

/// Returns the lines of the table.
pub(crate) fn lines(plan: &Plan<'_>, running: &[Process], output: Output) -> Vec<String> {
    let mut lines = vec![String::new()];
    for process in ORDER.into_iter().filter(|process| running.contains(process)) {
        for (row, origin) in plan.addresses.origins(process).into_iter().enumerate() {
            let name = if row == 0 { process.name() } else { "" };
            let name = output.heading(&format!("{name:<9}"));
            lines.push(format!("  {name}{origin:<36}{}", hint(plan, process, row)));
        }
    }
    lines.push(String::new());
    lines.extend(advice(plan));
    lines.push(format!("  {}", output.heading(READY)));
    lines
}

/// Returns what to try at one origin of a process.
fn hint(plan: &Plan<'_>, process: Process, row: usize) -> &'static str {
    match (process, row) {
        (Process::Main, 0) => "start here: sign in, open /dashboard, sign out",
        (Process::Main, _) => "the same app under the domain that it shares with store",
        (Process::Store, _) => "signed in on games? Then you are signed in here, too",
        (Process::Partner, _) if plan.partner_direct => "signs in without the proxy: the provider refuses it",
        (Process::Partner, _) => "another domain: its own session, through identity's proxy",
        (Process::Identity, 0) => "the proxy identity app and the apps it knows",
        (Process::Identity, _) => "the identity app, for the apps under wow.localhost",
        (Process::Provider, _) => "the embedded OpenID Provider: Alice and Bob, no password",
    }
}

fn advice(plan: &Plan<'_>) -> Vec<String> {
    let mut advice = Vec::new();
    for provider in plan.shared.providers() {
        advice.extend(registration(plan.addresses, provider));
    }
    if !advice.is_empty() {
        advice.push(String::new());
    }
    if plan.partner_direct {
        advice
            .push("  Partner runs in direct mode: sign in there and see the provider refuse it.".to_owned());
        advice.push("  Then Ctrl-C, `make run`, and sign in again: with the proxy it works.".to_owned());
        advice.push(String::new());
    }
    advice
}

/// Returns the lines with the addresses to register at a provider: those of identity, for all apps.
fn registration(addresses: Addresses<'_>, provider: &str) -> Vec<String> {
    let id = provider.to_lowercase();
    let mut lines = vec![format!("  Register at {id}:")];
    let mut entry = |what: &str, urls: Vec<String>| {
        for (row, url) in urls.into_iter().enumerate() {
            lines.push(format!("    {:<20}{url}", if row == 0 { what } else { "" }));
        }
    };
    entry("redirect URIs", addresses.urls(Process::Identity, &format!("/auth/callback/{id}")));
    entry("after sign-out", addresses.urls(Process::Identity, "/auth/logout/callback"));
    // One address is enough: the provider's server posts there, not a browser.
    let mut backchannel = addresses.urls(Process::Identity, "/auth/backchannel-logout");
    backchannel.truncate(1);
    entry("back-channel logout", backchannel);
    lines.push("    (a provider on another machine cannot reach the last address;".into());
    lines.push("    if it accepts only the host localhost, register the first of each)".into());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_addresses_to_register_at_a_provider_are_printed() {
        let lines = registration(Addresses::new(0), "AUTH0");
        let urls: Vec<_> =
            lines.iter().filter_map(|line| line.split(' ').find(|word| word.contains("://"))).collect();
        assert_eq!(
            urls,
            [
                "http://localhost:4200/auth/callback/auth0",
                "http://identity.wow.localhost:4200/auth/callback/auth0",
                "http://localhost:4200/auth/logout/callback",
                "http://identity.wow.localhost:4200/auth/logout/callback",
                "http://localhost:4200/auth/backchannel-logout",
            ]
        );
    }
}
