//! The HTML document around every page, and the policy sent with it.

use crate::{content_security_policy, page, site_notice::site_notice};
use http::{HeaderValue, header};
use leptos::{config::LeptosOptions, nonce::use_nonce, prelude::*};
use leptos_axum::ResponseOptions;
use leptos_meta::{HashedStylesheet, MetaTags};

/// The scripts that a page loads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scripts {
    /// Nothing: no script, no WebAssembly.
    None,
    /// The watch alone (`watch.js`, the build with the feature `watch`), fetched after the first paint: for a page that
    /// the server renders, and that only has to follow the end of its session.
    Watch,
    /// The app's islands, which include the watch: for a page with islands. Loaded by Leptos' own script.
    Islands,
}

/// The name of the watch's files, without their extension.
const WATCH: &str = "watch";

/// Renders the document: `<head>`, and the app in `<body>`. Sets the response's Content-Security-Policy.
///
/// A page without interactive parts passes [`Scripts::None`].
pub fn document<V: IntoView + 'static>(
    options: LeptosOptions,
    scripts: Scripts,
    app: impl FnOnce() -> V,
) -> impl IntoView {
    provide_context(scripts);
    send_policy(&options, &[]);
    let script = match scripts {
        Scripts::None => None,
        Scripts::Watch => Some(start_script(&options).into_any()),
        Scripts::Islands => {
            let options = options.clone();
            Some(view! { <HydrationScripts options islands=true/> }.into_any())
        }
    };
    view! {
        <!DOCTYPE html>
        <html lang="en" data-accent=page().app.accent.name()>
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
            <body>
                {site_notice(page().app.notice)}
                {app()}
            </body>
        </html>
    }
}

/// Returns whether the current page loads scripts. Components that need browser code render only then.
#[must_use]
pub fn has_scripts() -> bool {
    use_context::<Scripts>().is_some_and(|scripts| scripts != Scripts::None)
}

/// Renders the script that loads the watch after the first paint, and calls its `hydrate`. Browsers
/// never paint a background tab, so the script waits one second there. (Leptos' own script loads earlier.)
fn start_script(options: &LeptosOptions) -> impl IntoView + use<> {
    let file = format!("/{}/{WATCH}", options.site_pkg_dir);
    let script = format!("({})({file:?})", include_str!("document/start.js").trim());
    view! { <script type="module" nonce=use_nonce() inner_html=script></script> }
}

/// Sets the Content-Security-Policy of the response that is being rendered, for an app that writes its own document:
/// [`content_security_policy`] with the nonce of Leptos' scripts, and the `additions`, each a whole directive.
pub fn send_policy(options: &LeptosOptions, additions: &[&str]) {
    let (Some(response), Some(nonce)) = (use_context::<ResponseOptions>(), use_nonce()) else {
        return;
    };
    let port = options.reload_external_port.unwrap_or(options.reload_port);
    let watching = std::env::var_os("LEPTOS_WATCH").is_some();
    let policy = content_security_policy(&nonce, &page().frame_origins, watching.then_some(port));
    let policy = [&[policy.as_str()], additions].concat().join("; ");
    // The nonce and the origins contain only checked characters, so this conversion succeeds. A page must
    // never be sent without a policy, so the fallback blocks everything.
    let value = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    response.insert_header(header::CONTENT_SECURITY_POLICY, value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{page_with, render};
    use auth_types::SessionState;

    fn rendered(scripts: Scripts) -> String {
        let options = LeptosOptions::builder().output_name("app").build();
        render(page_with(Ok(SessionState::SignedOut(None))), || {
            document(options, scripts, || has_scripts().to_string())
        })
    }

    #[test]
    fn the_operators_notice_stands_above_the_page_as_text() {
        let mut page = page_with(Ok(SessionState::SignedOut(None)));
        assert!(!rendered(Scripts::None).contains("site-notice"));
        page.app.notice = Some("Tests <only> & more".to_owned());
        let options = LeptosOptions::builder().output_name("app").build();
        let html = render(page, || document(options, Scripts::None, || "the page"));
        let expected =
            r#"<aside aria-label="Notice" class="site-notice">Tests &lt;only&gt; &amp; more</aside>"#;
        let notice = html.find(expected).unwrap_or_else(|| panic!("{html}"));
        assert!(notice < html.find("the page").unwrap(), "{html}");
    }

    #[test]
    fn a_page_loads_the_scripts_it_was_given_and_components_see_them() {
        let nothing = rendered(Scripts::None);
        assert!(!nothing.contains("<script") && nothing.contains("false"), "{nothing}");
        let watch = rendered(Scripts::Watch);
        assert!(watch.contains(r#"("/pkg/watch")</script>"#) && watch.contains("true"), "{watch}");
        assert!(!watch.contains("preload"), "nothing is fetched before the paint: {watch}");
        let islands = rendered(Scripts::Islands);
        assert!(islands.contains("leptos-island") && islands.contains("true"), "{islands}");
        assert!(!islands.contains("/pkg/watch"), "the islands include the watch: {islands}");
        assert_eq!(islands.matches("<script").count(), 1, "{islands}");
    }
}
