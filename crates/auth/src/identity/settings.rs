//! Compares this app's providers with identity's, once, when the app starts.
//!
//! Identity begins every proxied sign-in with its own settings, and the app finishes the sign-in with the app's. If
//! they differ, sign-ins fail with errors that do not name the cause.

use crate::{Auth, http::HttpClient, origin::Origin, provider::ProviderConfig};
use http::Request;
use serde::Deserialize;
use std::{collections::BTreeMap, time::Duration};

/// The pauses between the attempts, seconds: identity may start after the app.
const PAUSES: [u64; 6] = [1, 2, 5, 10, 20, 30];

/// A provider, as `GET /auth/providers?settings` describes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProviderFacts {
    client_id: String,
    issuer: String,
    scope: String,
    /// Further parameters; `None` if identity is older.
    params: Option<String>,
}

/// Logs each difference between this app's providers and identity's. In direct mode there is nothing to compare.
pub(crate) async fn report_differences(auth: &Auth) {
    let Some(identity) = auth.identity_origins().canonical() else { return };
    for pause in PAUSES {
        let ours = auth.providers().iter().map(|provider| &provider.config);
        if let Some(found) = compare_with(auth.http(), identity, ours).await {
            found.iter().for_each(|difference| tracing::warn!(identity = %identity, "{difference}"));
            return;
        }
        tokio::time::sleep(Duration::from_secs(pause)).await;
    }
    tracing::warn!(identity = %identity, "identity does not answer; provider settings not compared");
}

/// Returns a sentence for each difference between `ours` and identity's providers; `None` if identity does not answer.
pub(crate) async fn compare_with<'a>(
    http: &HttpClient,
    identity: &Origin,
    ours: impl Iterator<Item = &'a ProviderConfig>,
) -> Option<Vec<String>> {
    let theirs = fetch(http, identity).await?;
    Some(differences(&facts(ours), &theirs))
}

async fn fetch(http: &HttpClient, identity: &Origin) -> Option<BTreeMap<String, ProviderFacts>> {
    let request = Request::get(identity.join("/auth/providers?settings").as_str()).body(Vec::new()).ok()?;
    let answer = http.send(request).await.ok().filter(|answer| answer.status().is_success())?;
    serde_json::from_slice(answer.body()).ok()
}

fn facts<'a>(providers: impl Iterator<Item = &'a ProviderConfig>) -> BTreeMap<String, ProviderFacts> {
    let facts = providers.map(|config| {
        let facts = ProviderFacts {
            client_id: config.client_id.clone(),
            issuer: config.issuer().to_owned(),
            scope: config.scopes.clone(),
            params: Some(config.params_text()),
        };
        (config.id.clone(), facts)
    });
    facts.collect()
}

/// Returns a sentence for each difference. It names the variable of this app.
fn differences(
    ours: &BTreeMap<String, ProviderFacts>,
    theirs: &BTreeMap<String, ProviderFacts>,
) -> Vec<String> {
    let mut found = Vec::new();
    for (id, ours) in ours {
        let variable = |what: &str| format!("AUTH_{}_{what}", id.to_ascii_uppercase());
        let Some(theirs) = theirs.get(id) else {
            let id_variable = variable("ID");
            found.push(format!(
                "{id_variable}: identity has no provider \"{id}\", so it refuses these sign-ins"
            ));
            continue;
        };
        let mut compare = |what: &str, ours: &str, theirs: &str, effect: &str| {
            if ours != theirs {
                let variable = variable(what);
                found.push(format!("{variable} is \"{ours}\" here and \"{theirs}\" at identity: {effect}"));
            }
        };
        let effect = "this app refuses the ID tokens, unless identity's registry gives it this client";
        compare("ID", &ours.client_id, &theirs.client_id, effect);
        compare("ISSUER", &ours.issuer, &theirs.issuer, "this app refuses the ID tokens");
        let effect = "identity's scopes are requested, or those of the app's entry in identity's registry";
        compare("SCOPES", &ours.scope, &theirs.scope, effect);
        if let (Some(ours), Some(theirs)) = (&ours.params, &theirs.params) {
            let effect = "identity's parameters are sent, or those of its registry, but this app checks its own max_age";
            compare("PARAMS", ours, theirs, effect);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn providers(list: &[(&str, [&str; 4])]) -> BTreeMap<String, ProviderFacts> {
        let facts = |[client_id, issuer, scope, params]: [&str; 4]| ProviderFacts {
            client_id: client_id.to_owned(),
            issuer: issuer.to_owned(),
            scope: scope.to_owned(),
            params: Some(params.to_owned()),
        };
        list.iter().map(|(id, values)| ((*id).to_owned(), facts(*values))).collect()
    }

    #[test]
    fn each_difference_names_its_variable() {
        let same = ["client", "https://op.example", "openid", "audience=api"];
        let theirs = providers(&[("staff", same), ("more", same)]);
        assert_eq!(differences(&providers(&[("staff", same)]), &theirs), [""; 0]);
        for (ours, variable) in [
            (("staff", ["other", "https://op.example", "openid", "audience=api"]), "AUTH_STAFF_ID"),
            (("staff", ["client", "https://op.example/", "openid", "audience=api"]), "AUTH_STAFF_ISSUER"),
            (
                ("staff", ["client", "https://op.example", "openid email", "audience=api"]),
                "AUTH_STAFF_SCOPES",
            ),
            (("staff", ["client", "https://op.example", "openid", "max_age=300"]), "AUTH_STAFF_PARAMS"),
            (("guests", same), "AUTH_GUESTS_ID"),
        ] {
            let found = differences(&providers(&[ours]), &theirs);
            assert!(found.len() == 1 && found[0].starts_with(variable), "{found:?}");
        }
        let mut older = providers(&[("staff", same)]);
        older.values_mut().for_each(|facts| facts.params = None);
        assert_eq!(differences(&providers(&[("staff", same)]), &older), [""; 0], "an older identity");
    }
}
