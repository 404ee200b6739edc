//! The sentence at the top of every page (`AUTH_NOTICE`).

use leptos::prelude::*;

/// The operator's sentence, for an app that hydrates as a whole. The document of
/// [`document`](crate::document) contains the sentence already.
///
/// Place it first in the app. Server and browser render the same: the sentence travels in the page.
#[component]
pub fn SiteNotice() -> impl IntoView {
    let text = SharedValue::new(|| {
        #[cfg(feature = "ssr")]
        let text = crate::page().app.notice;
        #[cfg(not(feature = "ssr"))]
        let text: Option<String> = None;
        text
    });
    site_notice(text.into_inner())
}

/// Renders the sentence, if there is one.
pub(crate) fn site_notice(text: Option<String>) -> impl IntoView {
    text.map(|text| view! { <aside class="site-notice" aria-label="Notice">{text}</aside> })
}
