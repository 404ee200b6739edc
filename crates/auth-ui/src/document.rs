//! The HTML document around every page, and the policy sent with it.

use crate::{content_security_policy, page};
use http::{HeaderValue, header};
use leptos::{config::LeptosOptions, nonce::use_nonce, prelude::*};
use leptos_axum::ResponseOptions;
use leptos_meta::{HashedStylesheet, MetaTags};

/// Whether the page being rendered loads scripts.
#[derive(Clone, Copy)]
struct Scripts(bool);

/// The document: `<head>`, the app in `<body>`, and the Content-Security-Policy on the response.
///
/// Scripts and wasm are loaded only for a page that `has_scripts`; one with nothing interactive loads
/// none.
pub fn document<V: IntoView + 'static>(
    options: LeptosOptions,
    has_scripts: bool,
    app: impl FnOnce() -> V,
) -> impl IntoView {
    provide_context(Scripts(has_scripts));
    send_policy(&options);
    let script = has_scripts.then(|| start_script(&options));
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
                {script}
                <MetaTags/>
            </head>
            <body>{app()}</body>
        </html>
    }
}

/// Whether the page being rendered loads scripts, so that components ask for the browser only where it is awake.
#[must_use]
pub fn has_scripts() -> bool {
    use_context::<Scripts>().is_some_and(|Scripts(has_scripts)| has_scripts)
}

/// Loads the WebAssembly once the page is painted, and calls its `hydrate`. A tab that nobody looks at is never
/// painted, so it does not wait for long. (Leptos' own script is for its islands; it loads before the paint.)
fn start_script(options: &LeptosOptions) -> impl IntoView + use<> {
    let file = format!("/{}/{}", options.site_pkg_dir, options.output_name);
    let script = format!("({})({file:?})", include_str!("document/start.js").trim());
    view! { <script type="module" nonce=use_nonce() inner_html=script></script> }
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
