//! A test app: the auth crate's real router and layers, with a few plain pages.

use auth::{
    Auth, AuthBuilder,
    clock::Clock,
    config::Config,
    flow_trace::FlowTrace,
    guard::PublicPaths,
    handoff::{self, HandoffLayer},
    protect, routes,
    store::SqliteStore,
};
use axum::{
    Json, Router,
    extract::{Request, State},
    routing::get,
};
use chrono::{DateTime, Utc};
use std::{net::SocketAddr, sync::Arc};
use tokio::net::TcpListener;
use url::Url;

/// The paths that the plain app serves without a session.
const PUBLIC: PublicPaths = PublicPaths {
    pages: &["/", "/public", "/login", "/ssr-login", "/ssr-logout", "/signed-out"],
    others: &["/authorize", "/api/get-session-status", "/callback"],
    prefixes: &["/auth/", "/handoff/"],
};

/// A running app.
pub struct App {
    /// The app's origin.
    pub url: Url,
    /// The app's state, for assertions and direct calls.
    pub auth: Auth,
    /// The app's clock. A manual clock stands still until a test advances it.
    pub clock: Clock,
    store: SqliteStore,
    config: Config,
    configure: Configure,
    folder: tempfile::TempDir,
}

/// Changes that a test makes to an app's [`AuthBuilder`].
pub type Configure = Arc<dyn Fn(AuthBuilder) -> AuthBuilder + Send + Sync>;

/// Options for [`App::start`]. The default is the plain app.
pub struct AppOptions<'a> {
    /// Environment variables in addition to the defaults, or in place of them.
    pub vars: Vec<(&'a str, String)>,
    /// The app's host; `localhost` by default.
    pub host: Option<&'a str>,
    /// Changes to the builder.
    pub configure: Configure,
}

impl Default for AppOptions<'_> {
    fn default() -> Self {
        Self { vars: Vec::new(), host: None, configure: Arc::new(|builder| builder) }
    }
}

/// Binds a free port of 127.0.0.1; returns the listener and the port.
///
/// # Panics
/// When no port is free.
pub async fn bind() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// Returns the start time of a test: the current time, because browsers and test tools use the real clock.
#[must_use]
pub fn now() -> DateTime<Utc> {
    Clock::system().now()
}

/// Builds the router of an app with its own callbacks: a few plain pages, the auth routes and all layers.
pub fn app_routes(auth: &Auth) -> Router {
    let router = Router::new()
        .route("/", get(|| async { "start page" }))
        .route("/login", get(|| async { "sign-in page" }))
        .route("/signed-out", get(|| async { "signed out" }))
        .route("/public", get(traces).with_state(auth.clone()))
        .route("/protected", get(|| async { "protected page" }))
        .merge(routes::common(auth))
        .merge(routes::callbacks(auth))
        .merge(handoff::routes(HandoffLayer::new(auth)));
    protect(router, auth, PUBLIC)
}

/// The traces that a page may show to this visitor.
async fn traces(State(auth): State<Auth>, request: Request) -> Json<Vec<FlowTrace>> {
    Json(auth.flow_traces(&request.into_parts().0))
}

impl App {
    /// Starts an app on the listener that signs in at `issuer` and uses `clock`. `router` builds the app's
    /// router, layers included.
    pub async fn start(
        (listener, port): (TcpListener, u16),
        issuer: &Url,
        clock: Clock,
        options: AppOptions<'_>,
        router: impl FnOnce(&Auth) -> Router,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let host = options.host.unwrap_or("localhost");
        let url: Url = format!("http://{host}:{port}").parse().unwrap();
        let mut vars = vec![
            ("PUBLIC_URL", url.origin().ascii_serialization()),
            ("AUTH_SECRET", format!("a secret for the tests of {url}, long enough")),
            ("AUTH_DEMO_ID", "demo".to_owned()),
            ("AUTH_DEMO_SECRET", crate::CLIENT_SECRET.to_owned()),
            ("AUTH_DEMO_ISSUER", issuer.as_str().trim_end_matches('/').to_owned()),
            ("SESSION_STORE_URL", format!("sqlite://{}", folder.path().join("sessions.db").display())),
        ];
        vars.extend(options.vars);
        let vars = vars.into_iter().map(|(name, value)| (name.to_owned(), value));
        let config = Config::from_vars("app", vars).unwrap();
        let store = SqliteStore::open(&config.store_url).await.unwrap();
        let builder = Auth::builder(config.clone()).store(Arc::new(store.clone())).clock(clock.clone());
        let auth = (options.configure)(builder).build().await.unwrap();
        tokio::spawn(auth.clone().run_in_background());
        let router = router(&auth);
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self { url, auth, clock, store, config, configure: options.configure, folder }
    }

    /// Builds a second [`Auth`] with the same configuration and store, like another process of this app.
    pub async fn replica(&self) -> Auth {
        let store = SqliteStore::open(&self.config.store_url).await.unwrap();
        let builder = Auth::builder(self.config.clone()).store(Arc::new(store)).clock(self.clock.clone());
        let auth = (self.configure)(builder).build().await.unwrap();
        tokio::spawn(auth.clone().run_in_background());
        auth
    }

    /// Closes the store. Every later store call fails, as after a lost disk or server.
    pub async fn lose_store(&self) {
        self.store.close().await;
    }

    /// Returns the contents of the store's files, the write-ahead log included.
    #[must_use]
    pub fn store_files(&self) -> Vec<u8> {
        let files = ["sessions.db", "sessions.db-wal"].map(|name| self.folder.path().join(name));
        files.iter().flat_map(|file| std::fs::read(file).unwrap_or_default()).collect()
    }

    /// Returns the metrics, as Prometheus reads them.
    ///
    /// # Panics
    /// If the app was started without `AUTH_METRICS_ADDR`.
    pub async fn metrics(&self) -> String {
        let url = format!("http://{}/metrics", self.auth.metrics_address().unwrap());
        let page = crate::Browser::new().get(&url.parse().unwrap()).await;
        assert_eq!(page.status, http::StatusCode::OK);
        page.body
    }

    /// Returns the value of a series, written as in the metrics: `name{label="value"}`. `None` if it does not exist.
    pub async fn metric(&self, series: &str) -> Option<f64> {
        let text = self.metrics().await;
        let value = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        value.map(|value| value.parse().unwrap())
    }

    /// Returns the URL of `path` at this app.
    #[must_use]
    pub fn at(&self, path: &str) -> Url {
        self.url.join(path).unwrap()
    }
}
