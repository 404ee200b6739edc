#![doc = include_str!("../README.md")]
//!
//! A request passes [`protect`] (host → declared body size → path → cross-site → session → guard), then a
//! handler in [`routes`] (extract, call the flow, map the error), then [`flow`] (pure steps) and
//! [`provider`], then the [`store`]. A later step never calls an earlier one.

mod body;
mod builder;
pub mod clock;
pub mod config;
pub mod cookie;
pub mod doctor;
pub mod error_page;
pub mod events;
pub mod flow;
pub mod flow_trace;
mod form;
mod gate;
pub mod grants;
pub mod guard;
pub mod handoff;
mod headers;
pub mod http;
mod identity;
pub mod jws;
pub mod last_provider;
pub mod limit;
pub mod logout;
pub mod message;
pub mod metrics;
pub mod origin;
pub mod page;
mod parts;
pub mod provider;
pub mod random;
pub mod refresh;
mod refusal;
pub mod request_id;
pub mod robots;
pub mod routes;
pub mod seal;
pub mod server;
pub mod session;
mod sign_in;
pub mod sign_in_events;
mod silent;
mod site;
pub use session::hooks;
pub use session_store as store;

pub use auth_types::Pages;
pub use builder::AuthBuilder;
pub use gate::protect;
pub use refusal::Refusal;

use ::http::HeaderMap;
use auth_types::Accent;
use builder::Site;
use clock::Clock;
use config::{ConfigError, IdentityOrigins};
use cookie::{CookieSettings, Cookies};
use events::Streams;
use flow::Flows;
use flow_trace::FlowTraces;
use futures::future::join_all;
use grants::Grants;
use http::HttpClient;
use logout::{Identity, NotifyApps};
use metrics::{MeasuredStore, Metrics, gauge_value};
use origin::{Origin, PublicUrls, TrustedProxies};
use provider::Provider;
use random::Random;
use refresh::Refresher;
use robots::Robots;
use routes::AddressLimits;
use seal::Keyring;
use secrecy::SecretString;
use session::{AppDataType, Sessions};
use sign_in_events::Browsers;
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use store::{OriginStore, Outbox, Store};
use tokio::net::TcpListener;

/// The state that all handlers share. Cloning is cheap.
#[derive(Clone)]
pub struct Auth(Arc<Inner>);

/// The parts of the state. The accessors are in [`parts`].
struct Inner {
    app_name: String,
    notice: Option<String>,
    accent: Accent,
    robots: Robots,
    traces: Option<FlowTraces>,
    public_urls: Arc<PublicUrls>,
    identity_origins: IdentityOrigins,
    cookie_settings: Arc<CookieSettings>,
    providers: Arc<[Provider]>,
    identity: Option<Identity>,
    app_notifier: OnceLock<Arc<dyn NotifyApps>>,
    pages: Arc<Pages>,
    site: Site,
    grants: Grants,
    sessions: Sessions,
    refresher: Refresher,
    streams: Streams,
    is_draining: AtomicBool,
    flows: Flows,
    browsers: Browsers,
    http: HttpClient,
    metrics: Metrics,
    metrics_listener: Mutex<Option<TcpListener>>,
    metrics_address: Option<SocketAddr>,
    secrets: Vec<SecretString>,
    keyring: Keyring,
    store: Arc<dyn Store>,
    trusted_proxies: TrustedProxies,
    address_limits: AddressLimits,
    clock: Clock,
    random: Random,
    app_data: Option<AppDataType>,
}

impl Auth {
    fn assemble(
        builder: AuthBuilder,
        store: Arc<dyn Store>,
        metrics_listener: Option<TcpListener>,
    ) -> Result<Self, ConfigError> {
        let AuthBuilder { config, clock, random, hooks, app_data, site, .. } = builder;
        config.hints().for_each(|hint| tracing::warn!("{hint}"));
        let http = HttpClient::new(config.host_addresses)
            .map_err(|error| ConfigError::new("SSL_CERT_FILE", error.to_string()))?;
        let ids = config.providers.iter().map(|provider| provider.id.as_str());
        let metrics = Metrics::new(metrics_listener.is_some(), ids);
        let store = MeasuredStore::wrap(store, &metrics, config.flow_trace);
        let keyring = Keyring::new(&config.secrets, random.clone());
        let cookie_settings = Arc::new(config.cookies);
        let providers: Arc<[Provider]> = config
            .providers
            .into_iter()
            .map(|provider| {
                let http = http.to_provider(&provider.id, &metrics);
                Provider::new(provider, http, clock.clone(), random.clone())
            })
            .collect();
        // Requests to identity carry the ids of the request that causes them; requests to providers do not.
        let http = http.within_suite();
        let sessions = Sessions::new(
            (store.clone(), metrics.clone()),
            keyring.clone(),
            config.policy,
            clock.clone(),
            random.clone(),
            Arc::new(hooks),
            app_data,
        );
        let streams = Streams::default();
        poll_gauges(&metrics, (&store, &clock), &streams);
        let traces =
            config.flow_trace.then(|| FlowTraces::new(&config.app_name, keyring.clone(), clock.clone()));
        Ok(Self(Arc::new(Inner {
            app_name: config.app_name,
            notice: config.notice,
            accent: config.accent,
            robots: config.robots,
            traces: traces.clone(),
            pages: site.pages.clone(),
            site,
            public_urls: Arc::new(config.public_urls),
            identity_origins: config.identity_origins,
            identity: config.identity.map(|client| Identity::new(client, http.clone(), clock.clone())),
            app_notifier: OnceLock::new(),
            grants: Grants::new(store.clone(), keyring.clone(), clock.clone(), random.clone()),
            refresher: Refresher::new(
                sessions.clone(),
                providers.clone(),
                clock.clone(),
                metrics.clone(),
                traces,
            ),
            providers,
            sessions,
            streams,
            is_draining: AtomicBool::new(false),
            flows: Flows::new(store.clone(), keyring.clone(), clock.clone()),
            browsers: Browsers::new(store.clone(), keyring.clone(), clock.clone(), random.clone()),
            keyring,
            cookie_settings,
            http,
            metrics,
            metrics_address: metrics_listener.as_ref().and_then(|listener| listener.local_addr().ok()),
            metrics_listener: Mutex::new(metrics_listener),
            trusted_proxies: config.trusted_proxies,
            address_limits: AddressLimits::new(&clock),
            secrets: config.secrets,
            store,
            clock,
            random,
            app_data,
        })))
    }

    /// Does the background work: warms up provider discovery, compares the providers with identity's, listens to the
    /// bus, sweeps the store, and serves the metrics (`AUTH_METRICS_ADDR`).
    ///
    /// Spawn this once per process. The work goes on until the future is dropped.
    pub async fn run_in_background(self) {
        let greeting = join_all(self.0.providers.iter().map(Provider::is_reachable));
        let comparison = identity::report_differences(&self);
        tokio::join!(greeting, comparison, self.0.sessions.run_in_background(), self.serve_metrics());
    }

    /// Serves the metrics, if they are on and nothing serves them yet.
    async fn serve_metrics(&self) {
        let listener = self.0.metrics_listener.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(listener) = listener {
            self.0.metrics.clone().serve(listener).await;
        }
    }

    /// The address that serves the metrics; `None` while metrics are off.
    #[must_use]
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.0.metrics_address
    }

    /// Waits for token requests under way, so that no rotated refresh token is lost. Call this when the
    /// process stops. The wait is not longer than the slowest provider's `token_timeout`.
    pub async fn finish(&self) {
        let limit =
            self.0.providers.iter().map(|provider| provider.config.token_timeout).max().unwrap_or_default();
        if tokio::time::timeout(limit, self.0.refresher.finish()).await.is_err() {
            tracing::warn!("token request still under way when the process stopped");
        }
    }

    /// Whether this process is about to stop, so that proxies should send requests to other replicas.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.0.is_draining.load(Ordering::Relaxed)
    }

    /// Announces at `/readyz` that this process is about to stop, and moves its event streams to other replicas within
    /// this time. [`server::serve_app`] calls this.
    pub(crate) fn drain(&self, window: Duration) {
        self.0.is_draining.store(true, Ordering::Relaxed);
        self.0.streams.move_within(window);
    }

    /// Sets the notifier that tells the other apps of sign-outs at this app, in place of a request to
    /// identity. The app that keeps the registry of apps calls this once, at start.
    pub fn notify_apps_with(&self, app_notifier: Arc<dyn NotifyApps>) {
        // A second call has no effect.
        let _ = self.0.app_notifier.set(app_notifier);
    }

    /// Returns the notifier that tells the other apps of a sign-out at this app: the one of
    /// [`notify_apps_with`](Self::notify_apps_with), else identity. `None` if the app has neither.
    fn app_notifier(&self) -> Option<&dyn NotifyApps> {
        let own = self.0.app_notifier.get().map(|app_notifier| &**app_notifier);
        own.or_else(|| self.0.identity.as_ref().map(|identity| identity as &dyn NotifyApps))
    }

    /// Returns the outbox in the store: messages that still have to be delivered to other apps.
    #[must_use]
    pub fn outbox(&self) -> Arc<dyn Outbox> {
        self.0.store.clone()
    }

    /// The origins of apps whose registration is a pattern, which identity keeps.
    #[must_use]
    pub fn app_origins(&self) -> Arc<dyn OriginStore> {
        self.0.store.clone()
    }

    /// Returns `AUTH_SECRET` and the older secrets, newest first, for deriving keys.
    #[must_use]
    pub fn secrets(&self) -> &[SecretString] {
        &self.0.secrets
    }

    /// Returns the cookies of a request to `origin`.
    #[must_use]
    pub fn cookies<'a>(&'a self, origin: &'a Origin, headers: &'a HeaderMap) -> Cookies<'a> {
        self.0.cookie_settings.at(origin, headers)
    }

    /// Returns the provider with this id.
    #[must_use]
    pub fn provider(&self, id: &str) -> Option<&Provider> {
        self.0.providers.iter().find(|provider| provider.config.id == id)
    }
}

/// Adds the gauges that each scrape asks for.
fn poll_gauges(metrics: &Metrics, (store, clock): (&Arc<dyn Store>, &Clock), streams: &Streams) {
    let (store, clock, streams) = (store.clone(), clock.clone(), streams.clone());
    metrics.poll_live_sessions(move || {
        let (store, now) = (store.clone(), clock.now());
        async move { Some([gauge_value(store.count_live(now).await.ok()?)]) }
    });
    metrics.poll_event_streams(move || gauge_value(streams.count() as u64));
}
