//! An app: the auth crate's real router with its real layers, and two plain pages.

use auth::{
    Auth, AuthBuilder,
    clock::Clock,
    config::Config,
    guard::PublicPaths,
    handoff::{self, HandoffLayer},
    protect, routes,
    store::SqliteStore,
};
use axum::{Router, routing::get};
use chrono::{DateTime, Utc};
use std::sync::Arc;
use tokio::net::TcpListener;
use url::Url;

/// What the plain app lets everybody see.
const PUBLIC: PublicPaths = PublicPaths {
    pages: &["/", "/public", "/login", "/ssr-login", "/ssr-logout", "/signed-out"],
    others: &["/authorize", "/api/get-session-status", "/callback"],
    prefixes: &["/auth/", "/handoff/"],
};

/// A running app.
pub struct App {
    /// Its origin.
    pub url: Url,
    /// Its state, to look inside.
    pub auth: Auth,
    /// Its clock, which stands still until a test moves it.
    pub clock: Clock,
    store: SqliteStore,
    config: Config,
    configure: Configure,
    folder: tempfile::TempDir,
}

/// What an app adds to the builder.
pub type Configure = Arc<dyn Fn(AuthBuilder) -> AuthBuilder + Send + Sync>;

/// How an app differs from the plainest one.
pub struct AppOptions<'a> {
    /// Further variables.
    pub vars: Vec<(&'a str, String)>,
    /// Its host; `localhost` by default.
    pub host: Option<&'a str>,
    /// What it adds to the builder.
    pub configure: Configure,
}

impl Default for AppOptions<'_> {
    fn default() -> Self {
        Self { vars: Vec::new(), host: None, configure: Arc::new(|builder| builder) }
    }
}

/// A free port, taken.
///
/// # Panics
/// When there is none.
pub async fn bind() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// The time at which tests begin: now, because browsers and test tools look at the real clock.
#[must_use]
pub fn now() -> DateTime<Utc> {
    Clock::system().now()
}

/// An app that finishes its own flows, with a few plain pages, layers included.
pub fn app_routes(auth: &Auth) -> Router {
    let router = Router::new()
        .route("/", get(|| async { "start page" }))
        .route("/login", get(|| async { "sign-in page" }))
        .route("/signed-out", get(|| async { "signed out" }))
        .route("/protected", get(|| async { "protected page" }))
        .merge(routes::common(auth))
        .merge(routes::callbacks(auth))
        .merge(handoff::routes(HandoffLayer::new(auth)));
    protect(router, auth, PUBLIC)
}

impl App {
    /// Starts an app on `listener` that signs in at `issuer` and tells the time by `clock`; `router` makes its router, layers included.
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
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, auth, clock, store, config, configure: options.configure, folder }
    }

    /// Another process of this app on the same store, as far as its state goes.
    pub async fn replica(&self) -> Auth {
        let store = SqliteStore::open(&self.config.store_url).await.unwrap();
        let builder = Auth::builder(self.config.clone()).store(Arc::new(store)).clock(self.clock.clone());
        let auth = (self.configure)(builder).build().await.unwrap();
        tokio::spawn(auth.clone().run_in_background());
        auth
    }

    /// Takes the store away, as a lost disk or server would.
    pub async fn lose_store(&self) {
        self.store.close().await;
    }

    /// Everything the store has on disk, its write-ahead log included.
    #[must_use]
    pub fn store_files(&self) -> Vec<u8> {
        let files = ["sessions.db", "sessions.db-wal"].map(|name| self.folder.path().join(name));
        files.iter().flat_map(|file| std::fs::read(file).unwrap_or_default()).collect()
    }

    /// A URL of this app.
    #[must_use]
    pub fn at(&self, path: &str) -> Url {
        self.url.join(path).unwrap()
    }
}
