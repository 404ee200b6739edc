//! `GET /hub`: the sync hub (article 4, "How it Works"), a frame that the apps of identity's own site load to
//! tell each other that somebody signed in or out.
//!
//! The article polls localStorage at an interval and sends what it finds to every parent; here the browser's
//! `storage` event says when something changed, and a parent hears nothing before it has greeted from a
//! registered origin. What the hub says is a hint: the parent asks its server. Apps of other sites cannot use
//! it, for browsers give a frame of another site a storage of its own; they are told by
//! [`browser events`](auth::sign_in_events).

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

/// The frame's one script.
const SCRIPT: &str = include_str!("hub/hub.js");

/// What of the script's URL changes with it, so that browsers may keep it.
static VERSION: LazyLock<String> = LazyLock::new(|| URL_SAFE_NO_PAD.encode(&Sha256::digest(SCRIPT)[..9]));

/// `GET /hub`: the page, empty but for its script. It may be framed by the registered apps of the site it
/// was asked on and by nobody else (CSP `frame-ancestors`), and talks to the same ones. Patterns are left
/// out: a policy cannot say `pr-*.preview.example`, and `*.preview.example` would say too much.
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
        // The same page for everybody, but not the same for each of identity's origins.
        (header::CACHE_CONTROL, "private, max-age=300".to_owned()),
    ];
    (headers, Html(page))
}

/// `GET /hub.js`.
pub(super) async fn script() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, SCRIPT)
}

/// The registered origins of the same site, exactly. An origin is made of checked characters, none of which
/// means anything in HTML or in a policy.
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
            "[[app]]\nclient_id='a'\nname='A'\norigins=['https://a.shop.example', 'https://pr-*.shop.example']\n\
             [[app]]\nclient_id='b'\nname='B'\norigins=['https://b.example', 'http://c.shop.example']\n\
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
