//! Leptos options, page routes and static files, for both servers.

mod server_functions;

use auth_types::{Accent, PageContext};
use axum::{
    Router,
    extract::Request,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, get_service},
};
use http::{HeaderValue, StatusCode, header, request::Parts};
use leptos::{
    config::{Env, LeptosOptions},
    prelude::{IntoView, provide_context, use_context},
};
use leptos_axum::{LeptosRoutes, generate_route_list, render_app_async_with_context};
use std::{future::ready, net::SocketAddr, path::Path};
use tower_http::{
    services::{ServeDir, ServeFile},
    set_header::SetResponseHeaderLayer,
};

/// Returns Leptos' options for the app `name`, from the environment variables that cargo-leptos documents.
/// The defaults let the binary run from the workspace.
#[must_use]
pub fn leptos_options(name: &str, address: SocketAddr) -> LeptosOptions {
    let var = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let number = |name: &str| var(name).and_then(|value| value.parse().ok());
    let is_production = var("LEPTOS_ENV").is_some_and(|env| env.eq_ignore_ascii_case("prod"));
    LeptosOptions::builder()
        // All apps share this name (`output-name` in Cargo.toml), because Leptos compiles the name in once.
        .output_name(var("LEPTOS_OUTPUT_NAME").unwrap_or_else(|| "app".to_owned()))
        .site_root(var("LEPTOS_SITE_ROOT").unwrap_or_else(|| default_site_root(name)))
        .site_pkg_dir("pkg")
        .site_addr(address)
        .env(if is_production { Env::PROD } else { Env::DEV })
        .reload_port(number("LEPTOS_RELOAD_PORT").unwrap_or(3001))
        .build()
}

/// The folder with the files for browsers. An installed program is in `bin`, and its files are in `site/<name>` beside
/// that folder. In a repository they are in `target/site/<name>`.
fn default_site_root(name: &str) -> String {
    let program = std::env::current_exe().unwrap_or_default();
    let prefix = program.parent().filter(|folder| folder.ends_with("bin")).and_then(Path::parent);
    let installed = prefix.map(|folder| folder.join("site").join(name)).filter(|folder| folder.is_dir());
    installed.map_or_else(|| format!("target/site/{name}"), |folder| folder.display().to_string())
}

/// Builds the router for the pages of `app` in their `shell`, the server functions that Leptos registers, and
/// `not_found`, the document for every other path. All of them get the page's context, and the values that
/// `context` provides.
///
/// The answer with the `not_found` document is a 404. The document contains no Leptos router, so no spelling of a path can make it show one of the
/// app's pages.
pub fn pages<V, S, N>(
    options: &LeptosOptions,
    app: impl Fn() -> V + Clone + Send + 'static,
    shell: fn(LeptosOptions) -> S,
    not_found: fn(LeptosOptions) -> N,
    context: impl Fn() + Clone + Send + Sync + 'static,
) -> Router
where
    V: IntoView + 'static,
    S: IntoView + 'static,
    N: IntoView + 'static,
{
    let context = move || {
        provide_page_context();
        context();
    };
    let render = {
        let options = options.clone();
        move || shell(options.clone())
    };
    let fallback = {
        let (context, options) = (context.clone(), options.clone());
        move |request: Request| {
            let options = options.clone();
            let page = render_app_async_with_context(context.clone(), move || not_found(options.clone()));
            async move {
                let mut answer = page(request).await.into_response();
                if answer.status() == StatusCode::OK {
                    *answer.status_mut() = StatusCode::NOT_FOUND;
                }
                answer
            }
        }
    };
    Router::new()
        .leptos_routes_with_context(options, generate_route_list(app), context, render)
        .fallback(fallback)
        .with_state(options.clone())
        .layer(middleware::from_fn(server_functions::judge))
}

/// Passes the page's context from the request's extensions to Leptos.
fn provide_page_context() {
    let page = use_context::<Parts>().and_then(|parts| parts.extensions.get::<PageContext>().cloned());
    if let Some(page) = page {
        provide_context(page);
    }
}

/// Answers 404 if a path segment is too long for a file name. The file system reports such a name with an
/// error other than "not found", which would become a 500.
async fn reject_long_names(request: Request, next: Next) -> Response {
    const LONGEST: usize = 255;
    if request.uri().path().split('/').any(|name| name.len() > LONGEST) {
        return StatusCode::NOT_FOUND.into_response();
    }
    next.run(request).await
}

/// Serves the built files in `/pkg`. Browsers cache the files and revalidate them. The watch
/// ([`Scripts::Watch`](crate::Scripts)) has a folder apart, because cargo-leptos owns the folder `pkg`.
pub fn site_files<S: Clone + Send + Sync + 'static>(options: &LeptosOptions) -> Router<S> {
    let root = Path::new(options.site_root.as_ref());
    let files = |folder| ServeDir::new(root.join(folder)).precompressed_br().precompressed_gzip();
    let pkg = files("pkg").fallback(files("watch"));
    Router::new()
        .nest_service("/pkg", pkg)
        .layer(middleware::from_fn(reject_long_names))
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, REVALIDATE))
}

/// Serves `/favicon.svg` from the built files.
pub fn icon_file<S: Clone + Send + Sync + 'static>(options: &LeptosOptions) -> Router<S> {
    let file = ServeFile::new(Path::new(options.site_root.as_ref()).join("favicon.svg"));
    let icon: MethodRouter<S> = get_service(file);
    Router::new()
        .route("/favicon.svg", icon)
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, REVALIDATE))
}

/// Serves `/favicon.svg`: the [`icon`](crate::icon) of an app.
pub fn icon<S: Clone + Send + Sync + 'static>(name: &str, accent: Accent) -> Router<S> {
    let icon = crate::icon(name, accent);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml")),
        (header::CACHE_CONTROL, REVALIDATE),
    ];
    Router::new().route("/favicon.svg", get(move || ready((headers, icon))))
}

const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");
