//! The provider: its state, its routes and its server loop.

use crate::backchannel::http_client;
use crate::browser_session::{self, Browser, Store};
use crate::counters::LiveCounters;
use crate::error::Failure;
use crate::faults::{CustomResponse, Endpoint, Fault};
use crate::keys::{Keys, SigningKey, generate_signing_key, load_or_create};
use crate::public_demo::limits::{Limits, limit_credentials, limit_pages};
use crate::public_demo::{Visitors, robots};
use crate::state::{ProviderSession, State};
use crate::visitor_faults::{self, VisitorFaults};
use crate::{Config, Counters, Error, Faults, Personality};
use crate::{
    authorize, discovery, fault_endpoints, federated, guard, login, logout, pages, revoke, token, userinfo,
};
use axum::Router;
use axum::http::{StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tower_http::limit::RequestBodyLimitLayer;

/// Largest request body, in bytes.
const BODY_LIMIT: usize = 64 * 1024;
/// How long open requests may take when the provider stops, and after them logout-token deliveries.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(3);

/// An OpenID Provider. Clones are handles to the same provider.
#[derive(Clone)]
pub struct DevProvider(Arc<Parts>);

struct Parts {
    config: Config,
    keys: RwLock<Keys>,
    state: Mutex<State>,
    refresh_lock: Mutex<()>,
    browsers: Store,
    visitors: Visitors,
    limits: Limits,
    faults: Faults,
    visitor_faults: VisitorFaults,
    live_counters: LiveCounters,
    http: reqwest::Client,
    deliveries: Mutex<JoinSet<()>>,
}

impl DevProvider {
    /// Creates a provider. Reads the signing key, or generates a new key.
    ///
    /// # Errors
    /// When the configuration is invalid, the key cannot be generated, read or stored, or the HTTP client
    /// cannot be built.
    pub fn new(config: Config) -> Result<Self, Error> {
        config.check()?;
        let pem = match (&config.signing_key, &config.data_dir) {
            (Some(pem), _) => pem.clone(),
            (None, Some(data_dir)) => load_or_create(data_dir)?,
            (None, None) => generate_signing_key()?,
        };
        Ok(Self(Arc::new(Parts {
            keys: RwLock::new(Keys::new(SigningKey::from_pem(&pem)?)),
            state: Mutex::new(State::new()),
            refresh_lock: Mutex::new(()),
            browsers: Store::new(),
            visitors: Visitors::new(&config.random),
            limits: Limits::new(),
            faults: Faults::new(config.faults),
            visitor_faults: VisitorFaults::new(),
            live_counters: LiveCounters::default(),
            http: http_client(&config.host_addresses)?,
            deliveries: Mutex::new(JoinSet::new()),
            config,
        })))
    }

    /// Returns all routes, to be mounted at the issuer's origin.
    pub fn router(&self) -> Router {
        let config = self.config();
        let secure = config.issuer.scheme() == "https";
        let mut pages = Router::new()
            .route("/authorize", get(authorize::get))
            .route("/login", post(login::post))
            .route("/logout", get(logout::get).post(logout::post));
        if config.visitor_faults {
            pages = pages.route(visitor_faults::PATH, get(visitor_faults::get).post(visitor_faults::post));
        }
        let pages = pages.layer(browser_session::layer(self.0.browsers.clone(), secure, config.session_ttl));
        let for_clients =
            Router::new().route("/token", post(token::post)).route("/revoke", post(revoke::post));
        let mut router = if config.public_demo {
            Router::new()
                .merge(pages.route_layer(from_fn_with_state(self.clone(), limit_pages)))
                .merge(for_clients.route_layer(from_fn_with_state(self.clone(), limit_credentials)))
                .route("/robots.txt", get(robots::file))
        } else {
            pages.merge(for_clients)
        };
        router = router
            .route("/jwks.json", get(discovery::jwks))
            .route("/userinfo", get(userinfo::any).post(userinfo::any))
            .route("/style.css", get(pages::style))
            .route("/healthz", get(|| async { "ok\n" }));
        router = match config.personality {
            Personality::Entra => {
                let path = "/{tenant}/v2.0/.well-known/openid-configuration";
                router.route(path, get(discovery::tenant_configuration))
            }
            Personality::Plain | Personality::Apple => {
                router.route("/.well-known/openid-configuration", get(discovery::configuration))
            }
        };
        if config.federated_via.is_some() {
            router = router.route("/federated/{endpoint}", get(federated::get));
        }
        if config.faults {
            router = router
                .route("/test/faults", post(fault_endpoints::add).delete(fault_endpoints::clear))
                .route("/test/counters", get(fault_endpoints::counters));
        }
        router
            .fallback(|| async {
                pages::refusal(StatusCode::NOT_FOUND, "not_found", "There is no such page at this provider.")
            })
            .method_not_allowed_fallback(|| async {
                let sentence = "This address does not accept this request method.";
                pages::refusal(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", sentence)
            })
            .layer(RequestBodyLimitLayer::new(BODY_LIMIT))
            .layer(from_fn_with_state(self.clone(), guard::host))
            .layer(from_fn_with_state(self.clone(), pages::render))
            .layer(from_fn_with_state(self.clone(), guard::headers))
            .with_state(self.clone())
    }

    /// Returns the faults, which a test can switch on and off.
    #[must_use]
    pub fn faults(&self) -> Faults {
        self.0.faults.clone()
    }

    /// Returns how many requests clients have sent so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.live_counters().snapshot()
    }

    /// Replaces the signing key; the old key leaves the key set at once. The new key is not stored: a restart
    /// uses the key in the data folder again.
    ///
    /// # Errors
    /// When the key cannot be generated.
    pub async fn rotate_keys(&self) -> Result<(), Error> {
        let made = tokio::task::spawn_blocking(|| SigningKey::from_pem(&generate_signing_key()?)).await;
        let next = made.map_err(|error| Error::Key(error.to_string()))??;
        self.0.keys.write().unwrap_or_else(PoisonError::into_inner).rotate(next);
        tracing::info!("signing key rotated");
        Ok(())
    }

    /// Waits until every logout-token delivery so far has succeeded or failed.
    pub async fn deliveries_done(&self) {
        let mut deliveries = std::mem::take(&mut *self.deliveries());
        while deliveries.join_next().await.is_some() {}
    }

    pub(crate) fn config(&self) -> &Config {
        &self.0.config
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.0.config.clock.now()
    }

    pub(crate) fn keys(&self) -> RwLockReadGuard<'_, Keys> {
        self.0.keys.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn refresh_lock(&self) -> MutexGuard<'_, ()> {
        self.0.refresh_lock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn visitor_faults(&self) -> &VisitorFaults {
        &self.0.visitor_faults
    }

    pub(crate) fn live_counters(&self) -> &LiveCounters {
        &self.0.live_counters
    }

    pub(crate) fn visitors(&self) -> &Visitors {
        &self.0.visitors
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.0.http
    }

    /// Returns the `sid` and the session that this browser is signed in with, if the session is live.
    pub(crate) async fn signed_in(
        &self,
        browser: &Browser,
    ) -> Result<Option<(String, ProviderSession)>, Failure> {
        let Some(sid) = browser.sid().await? else {
            return Ok(None);
        };
        let session = self.state().sessions.get(&sid, self.now()).cloned();
        Ok(session.map(|session| (sid, session)))
    }

    /// Applies the faults of an endpoint: waits, and returns a response to send instead of the real one, if
    /// any.
    pub(crate) async fn apply_faults(&self, endpoint: Endpoint) -> Option<Response> {
        if let Some(delay) = self.0.faults.delay(endpoint) {
            tokio::time::sleep(delay).await;
        }
        let broken = self.0.faults.is_due(&Fault::Status500(endpoint));
        if broken {
            return Some(StatusCode::INTERNAL_SERVER_ERROR.into_response());
        }
        let CustomResponse { status, content_type, body } = self.0.faults.answer(endpoint)?;
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Some((status, [(header::CONTENT_TYPE, content_type)], body).into_response())
    }

    /// Runs a delivery in the background.
    pub(crate) fn in_background(&self, delivery: impl Future<Output = ()> + Send + 'static) {
        let mut deliveries = self.deliveries();
        while deliveries.try_join_next().is_some() {}
        deliveries.spawn(delivery);
    }

    fn deliveries(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.0.deliveries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves `provider` until `shutdown`. Then open requests get three seconds to finish, and after them
/// logout-token deliveries get three seconds.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    provider: DevProvider,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    let (stopping, stopped) = tokio::sync::oneshot::channel();
    let service = provider.router().into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(async move {
        shutdown.await;
        let _ = stopping.send(());
    });
    let too_late = async {
        // A dropped sender means that the server ended without `shutdown`: no deadline.
        if stopped.await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(SHUTDOWN_GRACE).await;
    };
    tokio::select! {
        result = serving => result.map_err(Error::Serve)?,
        () = too_late => tracing::warn!("shutdown deadline reached, open requests dropped"),
    }
    let _ = tokio::time::timeout(SHUTDOWN_GRACE, provider.deliveries_done()).await;
    Ok(())
}
