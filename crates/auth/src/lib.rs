//! One session, many web applications: sign-in, sessions, guards and sign-out for axum apps.
//!
//! The way of a request: [`protect`] (host → cross-site → session → guard) → a handler in
//! [`routes`] (extract, call the flow, map the error) → [`flow`] (pure steps) and [`provider`] →
//! [`store`]. Nothing calls back up.
//!
//! A whole app, `examples/minimal.rs`:
//!
#![doc = concat!("```no_run\n", include_str!("../examples/minimal.rs"), "```")]
//!
//! [`Auth::builder`] shows what an app may add: data of its own in the session, a say in sign-ins, and
//! events.

mod body;
pub mod browser;
mod builder;
pub mod clock;
pub mod config;
pub mod error_page;
pub mod events;
pub mod flow;
mod gate;
pub mod guard;
pub mod handoff;
mod headers;
pub mod hooks;
pub mod http;
mod jws;
pub mod limit;
pub mod logout;
pub mod origin;
pub mod page;
pub mod provider;
pub mod random;
pub mod routes;
pub mod seal;
pub mod server;
pub mod session;
pub use session_store as store;

pub use builder::AuthBuilder;
pub use gate::protect;

use browser::{Announcer, Browsers};
use clock::Clock;
use config::{ConfigError, Proxies};
use events::Streams;
use flow::Flows;
use futures::future::join_all;
use http::HttpClient;
use logout::{FanOut, Identity, Patience, SigningKeys, Speaker};
use origin::{Origin, PublicUrls, Registry, TrustedProxies};
use provider::Provider;
use random::Random;
use routes::AddressLimits;
use seal::Keyring;
use secrecy::SecretString;
use session::{AppDataType, CookieSettings, Refresher, Sessions};
use std::{
    ops::Deref,
    sync::{Arc, OnceLock},
};
use store::Store;

/// The state that handlers share; cheap to clone.
#[derive(Clone)]
pub struct Auth(Arc<Inner>);

/// What [`Auth`] gives access to.
pub struct Inner {
    /// How the app calls itself.
    pub app_name: String,
    /// The origins this process answers for.
    pub public_urls: Arc<PublicUrls>,
    /// Where the identity app is; empty in direct mode.
    pub proxies: Proxies,
    /// Cookie names and scope.
    pub cookies: Arc<CookieSettings>,
    /// The configured providers, in order.
    pub providers: Arc<[Provider]>,
    /// Further origins that a sign-in form leads through.
    pub form_action_origins: Vec<Origin>,
    /// The identity app, where this app is registered there.
    pub identity: Option<Identity>,
    /// What tells the registered apps of logouts, where this app is identity.
    own_fan_out: OnceLock<FanOut>,
    /// The sessions.
    pub sessions: Sessions,
    /// Fresh access tokens.
    pub refresher: Refresher,
    /// The open event streams.
    pub streams: Streams,
    /// Sign-ins and sign-outs under way.
    pub flows: Flows,
    /// The browsers that can be told of sign-ins elsewhere.
    pub browsers: Browsers,
    /// The one client for what this process asks of others.
    pub http: HttpClient,
    secrets: Vec<SecretString>,
    keyring: Keyring,
    store: Arc<dyn Store>,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: TrustedProxies,
    /// The shares of client addresses.
    pub address_limits: AddressLimits,
    /// The clock.
    pub clock: Clock,
    /// Where unguessable values come from.
    pub random: Random,
    app_data: Option<AppDataType>,
}

impl Deref for Auth {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Auth {
    fn assemble(builder: AuthBuilder, store: Arc<dyn Store>) -> Result<Self, ConfigError> {
        let AuthBuilder { config, clock, random, hooks, app_data, .. } = builder;
        let http = HttpClient::new().map_err(|error| ConfigError::new("SSL_CERT_FILE", error.to_string()))?;
        let keyring = Keyring::new(&config.secrets, random.clone());
        let cookies = Arc::new(config.cookies);
        let providers: Arc<[Provider]> = config
            .providers
            .into_iter()
            .map(|provider| Provider::new(provider, http.clone(), clock.clone()))
            .collect();
        let sessions = Sessions::new(
            store.clone(),
            keyring.clone(),
            config.policy,
            clock.clone(),
            random.clone(),
            Arc::new(hooks),
            app_data,
        );
        Ok(Self(Arc::new(Inner {
            app_name: config.app_name,
            public_urls: Arc::new(config.public_urls),
            proxies: config.proxies,
            identity: config.identity.map(|client| Identity::new(client, http.clone(), clock.clone())),
            own_fan_out: OnceLock::new(),
            form_action_origins: config.form_action_origins,
            refresher: Refresher::new(sessions.clone(), providers.clone(), clock.clone()),
            providers,
            sessions,
            streams: Streams::default(),
            flows: Flows::new(store.clone(), keyring.clone(), cookies.clone(), clock.clone()),
            browsers: Browsers::new(
                store.clone(),
                keyring.clone(),
                cookies.clone(),
                clock.clone(),
                random.clone(),
            ),
            keyring,
            cookies,
            http,
            trusted_proxies: config.trusted_proxies,
            address_limits: AddressLimits::new(&clock),
            secrets: config.secrets,
            store,
            clock,
            random,
            app_data,
        })))
    }

    /// What goes on beside the requests: asking the providers once, so that the first visitor need not
    /// wait, and what the sessions need.
    pub async fn run_in_background(self) {
        let greeting = join_all(self.providers.iter().map(Provider::is_reachable));
        tokio::join!(greeting, self.sessions.run_in_background());
    }

    /// Waits for what must not be cut off when the process stops: answers of token endpoints under way. At most as long
    /// as the slowest of them may take.
    pub async fn finish(&self) {
        let limit =
            self.providers.iter().map(|provider| provider.config.token_timeout).max().unwrap_or_default();
        if tokio::time::timeout(limit, self.refresher.finish()).await.is_err() {
            tracing::warn!("a token endpoint did not answer before the process stopped");
        }
    }

    /// What tells the apps of `registry` that a session has ended: identity's part of single logout. From now on a
    /// sign-out at this app is told to them too.
    ///
    /// # Errors
    /// A [`ConfigError`] when TLS has no roots.
    pub fn fan_out(&self, registry: Arc<Registry>, patience: Patience) -> Result<FanOut, ConfigError> {
        let outside = HttpClient::outside_only()
            .map_err(|error| ConfigError::new("SSL_CERT_FILE", error.to_string()))?;
        let speaker = Speaker {
            issuer: self.public_urls.canonical().to_string(),
            keys: SigningKeys::new(&self.secrets),
            registry,
        };
        let http = [outside, self.http.clone()];
        let (store, clock, random) = (self.store.clone(), self.clock.clone(), self.random.clone());
        let fan_out = FanOut::new(speaker, store, http, clock, random, patience);
        // A second one is for other apps than those of this process.
        let _ = self.own_fan_out.set(fan_out.clone());
        Ok(fan_out)
    }

    /// What tells the apps of `registry` that somebody signed in in a browser: identity's part of coming back
    /// across sites.
    ///
    /// # Errors
    /// A [`ConfigError`] when TLS has no roots.
    pub fn announcer(&self, registry: Arc<Registry>) -> Result<Announcer, ConfigError> {
        let http = HttpClient::outside_only()
            .map_err(|error| ConfigError::new("SSL_CERT_FILE", error.to_string()))?;
        let newest = self.secrets.first().cloned();
        let secret = newest.ok_or_else(|| ConfigError::new("AUTH_SECRET", "is missing"))?;
        Ok(Announcer::new(self.clone(), registry, SigningKeys::new(&self.secrets), secret, http))
    }

    /// The provider with this id.
    #[must_use]
    pub fn provider(&self, id: &str) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.config.id == id)
    }
}
