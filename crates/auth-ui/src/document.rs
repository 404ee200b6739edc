//! The HTML document around every page, and the policy sent with it.

use crate::{content_security_policy, page};
use http::{HeaderValue, header};
use leptos::{config::LeptosOptions, nonce::use_nonce, prelude::*};
use leptos_axum::ResponseOptions;
use leptos_meta::{HashedStylesheet, MetaTags};

/// Whether the page being rendered has islands.
#[derive(Clone, Copy)]
struct Islands(bool);

/// The document: `<head>`, the app in `<body>`, and the Content-Security-Policy on the response.
///
/// Scripts and wasm are loaded only when the page has `islands`; a page with nothing interactive loads
/// none.
pub fn document<V: IntoView + 'static>(
    options: LeptosOptions,
    islands: bool,
    app: impl FnOnce() -> V,
) -> impl IntoView {
    provide_context(Islands(islands));
    send_policy(&options);
    let scripts = islands.then(|| {
        let options = options.clone();
        view! { <HydrationScripts options islands=true/> }
    });
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <HashedStylesheet options=options.clone()/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <AutoReload options/>
                {scripts}
                <MetaTags/>
            </head>
            <body>{app()}</body>
        </html>
    }
}

/// Whether the page being rendered loads scripts, so that components add islands only where they wake.
#[must_use]
pub fn has_islands() -> bool {
    use_context::<Islands>().is_some_and(|Islands(islands)| islands)
}

fn send_policy(options: &LeptosOptions) {
    let (Some(response), Some(nonce)) = (use_context::<ResponseOptions>(), use_nonce()) else {
        return;
    };
    let port = options.reload_external_port.unwrap_or(options.reload_port);
    let watching = std::env::var_os("LEPTOS_WATCH").is_some();
    let policy = content_security_policy(&nonce, &page().form_action, watching.then_some(port));
    // Nonce and origins are checked characters, so this conversion holds; a page must never go out
    // without its policy, and nothing loads without one that names it.
    let value = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    response.insert_header(header::CONTENT_SECURITY_POLICY, value);
}
