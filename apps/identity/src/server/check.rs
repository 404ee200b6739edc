//! The part of `identity check` that only identity has: the registry, and the addresses of its apps.

use super::registry::{RegisteredClient, Registry};
use auth::doctor::{Checkup, Finding};
use futures::future::{BoxFuture, FutureExt, join_all};

/// Loads the registry, and asks every address that identity calls.
pub(crate) fn check_registry(checkup: &Checkup) -> BoxFuture<'_, Vec<Finding>> {
    async move {
        let registry = match Registry::of(&checkup.config) {
            Ok(registry) => registry,
            Err(error) => return vec![Finding::plain_error(error.variable, error.problem)],
        };
        let mut findings = vec![Finding::ok("APPS_FILE", format!("{} apps", registry.iter().count()))];
        let apps = join_all(registry.iter().map(|app| check_app(checkup, app))).await;
        findings.extend(apps.into_iter().flatten());
        findings
    }
    .boxed()
}

async fn check_app(checkup: &Checkup, app: &RegisteredClient) -> Vec<Finding> {
    let subject = format!("app {}", app.client_id);
    let mut findings = Vec::new();
    for pattern in app.origins.iter().filter(|pattern| pattern.exact().is_none()) {
        findings.push(Finding::skipped(&subject, format!("{pattern} stands for many addresses")));
    }
    let addresses = [
        ("backchannel_logout_uri", &app.backchannel_logout_uri),
        ("browser_event_uri", &app.browser_event_uri),
    ];
    let asked = addresses.into_iter().filter_map(|(field, url)| {
        let subject = format!("{subject}, {field}");
        url.as_ref().map(|url| checkup.ask_app(subject, url, app.allow_private_network))
    });
    findings.extend(join_all(asked).await);
    if let Some(preview) = &app.preview {
        if preview.backchannel_logout_path.is_none() {
            let found = "has no backchannel_logout_path, so sign-outs elsewhere do not reach previews";
            findings.push(Finding::warning(&subject, found, "add the path to the registry"));
        }
    } else if app.backchannel_logout_uri.is_none() {
        let found = "has no backchannel_logout_uri, so sign-outs elsewhere do not reach it";
        let fix = "add the address to the registry, if the app has sessions that live longer than its pages";
        findings.push(Finding::warning(&subject, found, fix));
    }
    findings
}
