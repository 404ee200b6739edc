//! The identity app, from an app that signs in through it.

use super::{Checkup, Finding};
use crate::{config::IdentityClient, handoff::VERIFY_ENDPOINT, identity::compare_with, origin::Origin};
use futures::future::join_all;
use http::StatusCode;
use openidconnect::core::CoreJsonWebKeySet;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

pub(super) async fn check(checkup: &Checkup) -> Vec<Finding> {
    let config = &checkup.config;
    let origins = join_all(config.identity_origins.iter().map(|origin| answers(checkup, origin)));
    let keys = async {
        match &config.identity {
            Some(client) => vec![keys(checkup, &client.issuer).await, credentials(checkup, client).await],
            None => Vec::new(),
        }
    };
    let (mut findings, keys, settings) = futures::join!(origins, keys, settings(checkup));
    findings.extend(keys);
    findings.extend(settings);
    findings
}

async fn answers(checkup: &Checkup, origin: &Origin) -> Finding {
    const VARIABLE: &str = "AUTH_REDIRECT_PROXY_URL";
    let url = origin.join("/healthz");
    match checkup.get(&url).await {
        Ok(answer) if answer.status().is_success() => Finding::ok(VARIABLE, format!("{origin} answers")),
        Ok(answer) => {
            let found = format!("{url} answers {}", answer.status());
            Finding::error(VARIABLE, found, "start identity, or correct the address")
        }
        Err(error) => {
            Finding::error(VARIABLE, format!("{url}: {error}"), "start identity, or correct the address")
        }
    }
}

/// The keys with which identity signs its messages.
async fn keys(checkup: &Checkup, issuer: &Origin) -> Finding {
    const VARIABLE: &str = "AUTH_IDENTITY_ISSUER";
    let url = issuer.join("/.well-known/jwks.json");
    let fix = "set it to identity's first PUBLIC_URL; without the keys, sign-outs of other apps are refused";
    let found = match checkup.get(&url).await {
        Err(error) => return Finding::error(VARIABLE, format!("{url}: {error}"), fix),
        Ok(answer) => serde_json::from_slice::<CoreJsonWebKeySet>(answer.body())
            .ok()
            .filter(|keys| answer.status().is_success() && !keys.keys().is_empty()),
    };
    match found {
        Some(_) => Finding::ok(VARIABLE, format!("{url} has identity's keys")),
        None => Finding::error(VARIABLE, format!("{url} has no keys"), fix),
    }
}

/// Whether identity accepts this app's client id and secret.
///
/// The request authenticates, but is for another client id. Identity refuses it before anything changes: with
/// `client_mismatch` if it accepts the credentials, else with `invalid_client`.
async fn credentials(checkup: &Checkup, client: &IdentityClient) -> Finding {
    const VARIABLE: &str = "AUTH_IDENTITY_SECRET";
    let IdentityClient { client_id, client_secret, issuer } = client;
    let Some(secret) = client_secret else {
        let found = "is not set, so a sign-out here does not reach the other apps, and no handoff works";
        return Finding::warning(
            VARIABLE,
            found,
            "set it to the secret that identity's registry has for this app",
        );
    };
    let other = format!("{client_id}.check");
    let body = json!({ "handoff_token": "", "state": "", "client_id": other }).to_string();
    let request = checkup.http.post_json(
        &issuer.join(VERIFY_ENDPOINT),
        body.into_bytes(),
        (client_id, secret.expose_secret()),
    );
    let answer = match checkup.http.send(request).await {
        Ok(answer) => answer,
        Err(error) => return Finding::skipped(VARIABLE, format!("{issuer}: {error}")),
    };
    let error = serde_json::from_slice::<Value>(answer.body()).ok();
    let error = error.as_ref().and_then(|body| body["error"].as_str()).unwrap_or_default();
    match (answer.status(), error) {
        (StatusCode::FORBIDDEN, "client_mismatch") => {
            Finding::ok(VARIABLE, format!("identity accepts the client {client_id}"))
        }
        (StatusCode::UNAUTHORIZED, _) => {
            let found = format!("identity refuses the client {client_id}");
            let fix = "give the app the client_id and the secret of its entry in identity's registry";
            Finding::error(VARIABLE, found, fix)
        }
        (status, _) => Finding::skipped(VARIABLE, format!("{issuer} answers {status}")),
    }
}

/// Differences between this app's providers and identity's.
async fn settings(checkup: &Checkup) -> Vec<Finding> {
    const SUBJECT: &str = "providers at identity";
    let Some(identity) = checkup.config.identity_origins.canonical() else { return Vec::new() };
    match compare_with(&checkup.http, identity, checkup.config.providers.iter()).await {
        None => vec![Finding::skipped(SUBJECT, format!("{identity} does not list its providers"))],
        Some(found) if found.is_empty() => vec![Finding::ok(SUBJECT, "have the same settings as here")],
        Some(found) => {
            let fix = "give the app and identity the same settings";
            found.into_iter().map(|difference| Finding::warning(SUBJECT, difference, fix)).collect()
        }
    }
}
