//! What a person sees once the suite is up: where everything is and what to try there.

use crate::{
    output::Output,
    plan::Plan,
    suite::{Addresses, Process},
};

/// The last line of the table; tests wait for it.
pub(crate) const READY: &str = "Ready. Ctrl-C stops everything.";

/// The order of the table: where to start comes first.
const ORDER: [Process; 5] =
    [Process::Main, Process::Store, Process::Partner, Process::Identity, Process::Provider];

/// The table, line by line.
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
    lines.extend(advice(plan, running));
    lines.push(format!("  {}", output.heading(READY)));
    lines
}

/// What to try at one origin of a process.
fn hint(plan: &Plan<'_>, process: Process, row: usize) -> &'static str {
    match (process, row) {
        (Process::Main, 0) => "start here: sign in, open /dashboard, sign out",
        (Process::Main, _) => "the same app under a domain it shares with the store",
        (Process::Store, _) => "signed in on games? Then here too, without a click",
        (Process::Partner, _) if plan.partner_direct => "signs in without the proxy: the provider refuses it",
        (Process::Partner, _) => "another domain: its own session, through identity's proxy",
        (Process::Identity, 0) => "the proxy identity app and the apps it knows",
        (Process::Identity, _) => "the same, for the apps under wow.localhost",
        (Process::Provider, _) => "the embedded OpenID Provider: Alice and Bob, no password",
    }
}

fn advice(plan: &Plan<'_>, running: &[Process]) -> Vec<String> {
    let mut advice = Vec::new();
    if !running.contains(&Process::Provider) {
        for provider in plan.shared.providers() {
            advice.push(format!("  Register at {}:", provider.to_lowercase()));
            advice
                .extend(redirect_uris(plan.addresses, provider).into_iter().map(|uri| format!("    {uri}")));
        }
        if !advice.is_empty() {
            advice.push(String::new());
        }
    }
    if plan.partner_direct {
        advice
            .push("  Partner runs in direct mode: sign in there and read the provider's answer.".to_owned());
        advice.push("  Then stop this, `make run`, and sign in there again: the proxy fixes it.".to_owned());
        advice.push(String::new());
    }
    advice
}

/// The redirect URIs (sign-in, then sign-out) that a provider has to know: identity's, whatever the app.
fn redirect_uris(addresses: Addresses, provider: &str) -> Vec<String> {
    let callback = format!("/auth/callback/{}", provider.to_lowercase());
    let mut uris = addresses.urls(Process::Identity, &callback);
    uris.extend(addresses.urls(Process::Identity, "/auth/logout/callback"));
    uris
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configured_provider_is_told_identitys_redirect_uris() {
        assert_eq!(
            redirect_uris(Addresses::new(0), "AUTH0"),
            [
                "http://localhost:4200/auth/callback/auth0",
                "http://identity.wow.localhost:4200/auth/callback/auth0",
                "http://localhost:4200/auth/logout/callback",
                "http://identity.wow.localhost:4200/auth/logout/callback",
            ]
        );
    }
}
