//! The source files that the stops name, so that a reader gets from a stop to its code in one click, offline too.

use crate::STYLE_PATH;
use auth_leptos::{page, pages::PageTitle};
use http::{StatusCode, request::Parts};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::Stylesheet;
use url::form_urlencoded;

/// The path of the page that shows a file.
pub const SOURCE_PAGE: &str = "/source";

/// Lists files: a missing file is an error of the compiler.
macro_rules! sources {
    ($($path:literal)*) => {
        /// The files, by their paths in the repository.
        pub const SOURCES: &[(&str, &str)] = &[$(($path, include_str!(concat!("../../../", $path)))),*];
    };
}

sources! {
    "apps/identity/apps.toml"
    "apps/identity/src/server/handoff.rs"
    "apps/identity/src/server/handoff/mint.rs"
    "apps/identity/src/server/handoff/verify.rs"
    "apps/identity/src/server/hub.rs"
    "apps/identity/src/server/logout.rs"
    "apps/identity/src/server/logout/fan_out.rs"
    "apps/identity/src/server/logout/fan_out/delivery.rs"
    "apps/identity/src/server/proxy/authorize.rs"
    "apps/identity/src/server/proxy/callback.rs"
    "apps/identity/src/server/registry.rs"
    "apps/identity/src/server/sign_in_events/announcer.rs"
    "apps/main/src/islands/favourite_number.rs"
    "apps/main/src/pages/public.rs"
    "apps/main/src/preferences.rs"
    "crates/auth-leptos/src/check_session/frame.rs"
    "crates/auth-leptos/src/session.rs"
    "crates/auth-leptos/src/session/gates.rs"
    "crates/auth-leptos/src/session/link_guard.rs"
    "crates/auth/src/cookie/settings.rs"
    "crates/auth/src/flow/pending.rs"
    "crates/auth/src/gate.rs"
    "crates/auth/src/gate/resolve.rs"
    "crates/auth/src/guard.rs"
    "crates/auth/src/handoff/arrive.rs"
    "crates/auth/src/handoff/start.rs"
    "crates/auth/src/handoff/verify.rs"
    "crates/auth/src/provider/oidc.rs"
    "crates/auth/src/refresh/attempt.rs"
    "crates/auth/src/refresh/mod.rs"
    "crates/auth/src/routes/backchannel_logout.rs"
    "crates/auth/src/routes/callback.rs"
    "crates/auth/src/routes/check_session.rs"
    "crates/auth/src/routes/finish.rs"
    "crates/auth/src/routes/sign_in.rs"
    "crates/auth/src/routes/sign_out.rs"
    "crates/auth/src/routes/silent.rs"
    "crates/auth/src/routes/status.rs"
    "crates/auth/src/session/activity.rs"
    "crates/auth/src/session/engine.rs"
    "crates/auth/src/silent.rs"
    "crates/dev-provider/src/authorize.rs"
    "crates/session-watch/src/machine/hub.rs"
    "crates/session-watch/src/machine/idle.rs"
    "crates/session-watch/src/machine/leadership.rs"
    "crates/session-watch/src/machine/session.rs"
}

/// Whether a file is in [`SOURCES`].
#[must_use]
pub fn is_known(path: &str) -> bool {
    find(path).is_some()
}

fn find(path: &str) -> Option<&'static (&'static str, &'static str)> {
    SOURCES.iter().find(|(known, _)| *known == path)
}

/// `/source?file=`: shows one of [`SOURCES`], with line numbers. Without such a file it lists them; for an unknown
/// file with the status 404.
#[component]
pub fn SourcePage() -> impl IntoView {
    let wanted = use_context::<Parts>().and_then(|request| file_param(request.uri.query()?));
    let found = wanted.as_deref().and_then(find);
    if wanted.is_some()
        && found.is_none()
        && let Some(response) = use_context::<ResponseOptions>()
    {
        response.set_status(StatusCode::NOT_FOUND);
    }
    let content = match found {
        Some((path, text)) => view! { <File path text/> }.into_any(),
        None => view! { <List is_missing=wanted.is_some()/> }.into_any(),
    };
    view! {
        <Stylesheet href=STYLE_PATH/>
        {content}
    }
}

fn file_param(query: &str) -> Option<String> {
    let (_, value) = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "file")?;
    Some(value.into_owned())
}

#[component]
fn File(path: &'static str, text: &'static str) -> impl IntoView {
    let lines = text.lines().enumerate().map(|(at, line)| {
        view! { <li id=format!("L{}", at + 1)><code>{line}</code></li> }
    });
    let app = page().app.name;
    view! {
        <PageTitle text=path/>
        <main id="content" tabindex="-1" class="stack source">
            <p class="small"><a href="/">{format!("Back to the tour of {app}")}</a></p>
            <h1><code>{path}</code></h1>
            // Scrolls sideways, so the keyboard must reach it.
            <div class="source-text" tabindex="0" role="region" aria-label=format!("Text of {path}")>
                <ol>{lines.collect_view()}</ol>
            </div>
        </main>
    }
}

#[component]
fn List(is_missing: bool) -> impl IntoView {
    let links = SOURCES.iter().map(|(path, _)| {
        view! { <li><a href=format!("{SOURCE_PAGE}?file={path}")><code>{*path}</code></a></li> }
    });
    view! {
        <PageTitle text="Source files"/>
        <main id="content" tabindex="-1" class="stack">
            <h1>"Source files"</h1>
            {is_missing.then(|| view! {
                <p class="notice warning" role="status">"The tour does not name such a file. These are the files that it names:"</p>
            })}
            <ul>{links.collect_view()}</ul>
        </main>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_files_are_shown() {
        for path in ["", "Cargo.toml", "../Cargo.toml", "/etc/passwd", "crates/auth/src/guard.rs/"] {
            assert!(!is_known(path), "{path}");
        }
        assert!(is_known("crates/auth/src/guard.rs"));
        assert!(SOURCES.is_sorted(), "the list stays in order");
    }

    #[test]
    fn the_parameter_is_decoded_once() {
        assert_eq!(file_param("a=1&file=crates%2Fauth").as_deref(), Some("crates/auth"));
        assert_eq!(file_param("file=a%2520b").as_deref(), Some("a%20b"));
        assert_eq!(file_param("files=a"), None);
    }
}
