//! Builds an [`Auth`].

use crate::{
    Auth,
    clock::Clock,
    config::{Config, ConfigError, METRICS_ADDR},
    cookie::SessionOptions,
    headers,
    hooks::{Hooks, RefreshEvent, SignInAttempt, SignInEvent, SignOutEvent, Verdict},
    provider::ProviderConfig,
    random::Random,
    routes::update_user_data,
    server,
    session::AppDataType,
    store::{self, Store, StoreError},
};
use auth_types::{AppData, Pages};
use axum::routing::post;
use http::HeaderValue;
use std::{fmt::Display, future::Future, sync::Arc};

/// The builder that [`Auth::builder`] returns: the configuration, and the app's settings.
#[must_use = "call `build` to get an `Auth`"]
pub struct AuthBuilder {
    pub(crate) config: Config,
    pub(crate) store: Option<Arc<dyn Store>>,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) hooks: Hooks,
    pub(crate) app_data: Option<AppDataType>,
    pub(crate) site: Site,
}

/// The app's pages, style sheet, policy and body limits.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) pages: Arc<Pages>,
    pub(crate) style: &'static str,
    pub(crate) policy: HeaderValue,
    pub(crate) max_bodies: Vec<(&'static str, usize)>,
}

impl Default for Site {
    fn default() -> Self {
        Self {
            pages: Arc::default(),
            style: include_str!("plain.css"),
            policy: headers::STRICT_CSP,
            max_bodies: Vec::new(),
        }
    }
}

impl Auth {
    /// Returns a builder for an app's sign-in.
    ///
    /// ```no_run
    /// use auth::{Auth, config::Config, hooks::Verdict};
    /// # use auth_types::{AppData, Invalid};
    /// # #[derive(Default, serde::Serialize, serde::Deserialize)]
    /// # struct Preferences {}
    /// # impl AppData for Preferences {
    /// #     type Update = ();
    /// #     type Public = ();
    /// #     fn apply(&mut self, (): &()) -> Result<(), Invalid> { Ok(()) }
    /// #     fn public(&self) {}
    /// # }
    ///
    /// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
    /// let auth = Auth::builder(Config::from_env("main")?)
    ///     .app_data::<Preferences>()
    ///     .sign_in(async |attempt| {
    ///         let is_ours = attempt.verified_email().is_some_and(|email| email.ends_with("@example.com"));
    ///         Ok::<_, std::io::Error>(if is_ours { Verdict::Allow } else { Verdict::Refuse })
    ///     })
    ///     .on_sign_in(async |event| println!("{} is here", event.user_id))
    ///     .on_sign_out(async |event| println!("a session ended: {}", event.reason.as_str()))
    ///     .on_refresh(async |event| println!("fresh tokens until {:?}", event.expires_at))
    ///     .build()
    ///     .await?;
    /// tokio::spawn(auth.clone().run_in_background());
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder(config: Config) -> AuthBuilder {
        AuthBuilder {
            config,
            store: None,
            clock: Clock::system(),
            random: Random::system(),
            hooks: Hooks::default(),
            app_data: None,
            site: Site::default(),
        }
    }
}

impl AuthBuilder {
    /// The configuration that the builder started with.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Keeps a `D` in each session. Apps that share a store share the type.
    ///
    /// - [`Session::data`](crate::session::Session::data) reads the `D`.
    /// - [`Auth::update_data`] and `POST /api/update-user-data` change the `D`.
    /// - `GET /auth/session` and pages contain the public part.
    pub fn app_data<D: AppData>(self) -> Self {
        let update = || post(update_user_data::<D>);
        Self { app_data: Some(AppDataType::of::<D>(update)), ..self }
    }

    /// Sets the name, `SameSite`, path and age of the session cookie.
    pub fn session_options(mut self, options: SessionOptions) -> Self {
        self.config.cookies.session = options;
        self
    }

    /// Adds a provider after those of the environment, or replaces the provider with the same id.
    pub fn provider(mut self, provider: ProviderConfig) -> Self {
        match self.config.providers.iter_mut().find(|known| known.id == provider.id) {
            Some(known) => *known = provider,
            None => self.config.providers.push(provider),
        }
        self
    }

    /// Sets the paths of the app's pages; [`Pages`] has the defaults.
    pub fn pages(mut self, pages: Pages) -> Self {
        self.site.pages = Arc::new(pages);
        self
    }

    /// Sets the style sheet of the pages that this crate renders (refusals,
    /// [`routes::pages`](crate::routes::pages)). The default is plain.
    pub fn style(mut self, css: &'static str) -> Self {
        self.site.style = css;
        self
    }

    /// Sets the `Content-Security-Policy` of answers that have none. By default they load only style
    /// sheets of the app's origin.
    ///
    /// # Panics
    /// If the policy contains a character that headers do not allow.
    pub fn csp(mut self, policy: &'static str) -> Self {
        self.site.policy = HeaderValue::from_static(policy);
        self
    }

    /// Sets the longest request body at `path`, in bytes, as for uploads. A `path` that ends in `/` includes
    /// all paths below. The default is 64 KB.
    pub fn max_body(mut self, path: &'static str, bytes: usize) -> Self {
        self.site.max_bodies.push((path, bytes));
        self
    }

    /// Asks `callback` about every verified sign-in, before there is a session.
    ///
    /// Unless the callback returns [`Verdict::Allow`] within seconds, the visitor is sent to
    /// `/login?error=refused`. An earlier session continues.
    pub fn sign_in<F, Fut, E>(mut self, callback: F) -> Self
    where
        F: Fn(SignInAttempt) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Verdict, E>> + Send + 'static,
        E: Display + 'static,
    {
        self.hooks.set_sign_in_callback(callback);
        self
    }

    /// Calls `hook` after every sign-in in this process.
    pub fn on_sign_in<F, Fut>(mut self, hook: F) -> Self
    where
        F: Fn(SignInEvent) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.hooks.on_sign_in(hook);
        self
    }

    /// Calls `hook` after this process has ended a session.
    pub fn on_sign_out<F, Fut>(mut self, hook: F) -> Self
    where
        F: Fn(SignOutEvent) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.hooks.on_sign_out(hook);
        self
    }

    /// Calls `hook` after this process has renewed tokens.
    pub fn on_refresh<F, Fut>(mut self, hook: F) -> Self
    where
        F: Fn(RefreshEvent) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.hooks.on_refresh(hook);
        self
    }

    /// Uses an open store instead of the store at `SESSION_STORE_URL`.
    pub fn store(self, store: Arc<dyn Store>) -> Self {
        Self { store: Some(store), ..self }
    }

    /// Uses another clock than the system's.
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Uses another random source than the system's.
    pub fn random(self, random: Random) -> Self {
        Self { random, ..self }
    }

    /// Opens the store and builds the [`Auth`]. No provider is asked yet.
    ///
    /// # Errors
    /// A [`ConfigError`] that names the variable: there is no provider, a provider's settings are invalid, the store
    /// does not open, the session options are invalid, `AUTH_METRICS_ADDR` is taken, or TLS has no roots.
    pub async fn build(mut self) -> Result<Auth, ConfigError> {
        self.config.check_providers()?;
        let Config { cookies, public_urls, policy, .. } = &mut self.config;
        cookies.session.check(public_urls)?;
        if let Some(max_age) = cookies.session.max_age {
            policy.max_age = max_age;
            policy.absolute_age = policy.absolute_age.max(max_age);
        }
        // Before the store is opened, so that a taken address is noticed at once.
        let metrics_listener = match &self.config.metrics_addr {
            Some(address) => Some(server::listen(METRICS_ADDR, address).await?),
            None => None,
        };
        let store = match &self.store {
            Some(store) => store.clone(),
            None => open_store(&self.config)
                .await
                .map_err(|StoreError(problem)| ConfigError::new("SESSION_STORE_URL", problem))?,
        };
        Auth::assemble(self, store, metrics_listener)
    }
}

async fn open_store(config: &Config) -> Result<Arc<dyn Store>, StoreError> {
    if config.migrates_store {
        store::open(&config.store_url).await
    } else {
        store::open_without_migrating(&config.store_url).await
    }
}
