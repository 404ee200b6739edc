//! `GET /hub`: the sync hub (article 4, "How it Works"). Apps on identity's own site load it in a frame to
//! tell each other about sign-ins and sign-outs.
//!
//! The article polls localStorage and sends the result to every parent. Here the browser's `storage` event
//! reports a change, and a parent is told nothing before it has sent `hello` from a registered origin. A
//! message is only a hint: the parent asks its own server. Apps on other sites cannot use the hub, because
//! browsers partition the storage of cross-site frames. Identity sends those apps [browser
//! events](auth::sign_in_events).

use super::registry::Registry;
use auth::origin::{Origin, OriginPattern, RequestOrigin};
use axum::{
    extract::State,
    response::{Html, IntoResponse},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::header;
use sha2::{Digest, Sha256};
use std::sync::{Arc, LazyLock};

/// The script of the frame.
const SCRIPT: &str = include_str!("hub/hub.js");

/// The hash in the script's URL, so that browsers can cache the script.
static VERSION: LazyLock<String> = LazyLock::new(|| URL_SAFE_NO_PAD.encode(&Sha256::digest(SCRIPT)[..9]));

/// `GET /hub`: the page, empty except for its script. Only registered apps on the same site as the requested
/// origin may frame it (CSP `frame-ancestors`), and the hub talks only to them. Origin patterns are left out:
/// CSP cannot express `pr-*.preview.example`, and `*.preview.example` would allow too much.
pub(super) async fn hub(
    State(registry): State<Arc<Registry>>,
    RequestOrigin(own): RequestOrigin,
) -> impl IntoResponse {
    let origins = parents(&registry, &own);
    let ancestors = if origins.is_empty() { "'none'".to_owned() } else { origins.join(" ") };
    let policy = format!(
        "default-src 'none'; script-src 'self'; frame-ancestors {ancestors}; base-uri 'none'; form-action 'none'"
    );
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Sync hub</title>\
         <meta name=\"origins\" content=\"{}\">\
         <script type=\"module\" src=\"/hub.js?v={}\"></script></head><body></body></html>\n",
        origins.join(" "),
        *VERSION,
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy),
        // The page is the same for all users, but differs between identity's origins.
        (header::CACHE_CONTROL, "private, max-age=300".to_owned()),
    ];
    (headers, Html(page))
}

/// `GET /hub.js`: the script of the frame.
pub(super) async fn script() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, SCRIPT)
}

/// The exact registered origins on the same site as `own`. Their characters are checked, so none needs
/// escaping in HTML or in a policy.
fn parents(registry: &Registry, own: &Origin) -> Vec<String> {
    let registered = registry.iter().flat_map(|app| &app.origins);
    registered
        .filter_map(OriginPattern::exact)
        .filter(|origin| origin.is_same_site(own))
        .map(ToString::to_string)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_registered_apps_of_the_same_site_may_frame_it() {
        let registry = Registry::parse(
            "[[app]]\nclient_id='a'\nname='A'\norigins=['https://a.shop.example']\n\
             [[app]]\nclient_id='b'\nname='B'\norigins=['https://b.example', 'http://c.shop.example']\n\
             [[app]]\nclient_id='c'\nname='C'\npreview=true\norigins=['https://pr-*.shop.example']\n\
             [[app]]\nclient_id='d'\nname='D'\norigins=['https://d.shop.example:8443']",
            |_| None,
        )
        .unwrap();
        let own = |text: &str| parents(&registry, &Origin::parse(text).unwrap());
        assert_eq!(
            own("https://identity.shop.example"),
            ["https://a.shop.example", "https://d.shop.example:8443"]
        );
        assert!(own("https://identity.example").is_empty());
    }
}
