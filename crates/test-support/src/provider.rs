//! The embedded OpenID Provider on a separate socket.

use crate::{
    Browser, Page,
    app::{bind, now},
};
use auth::{clock::Clock, http::HttpError};
use dev_provider::{Client, Config, DevProvider, Faults, generate_signing_key, serve};
use secrecy::SecretString;
use std::{
    path::Path,
    sync::{Arc, OnceLock, atomic::AtomicI64},
    time::Duration,
};
use url::Url;

/// The secret of the client `demo`.
pub const CLIENT_SECRET: &str = "the demo client's secret";

/// A running provider with the client `demo`.
pub struct TestProvider {
    /// The issuer.
    pub issuer: Url,
    /// The provider, for faults, counters and key rotation.
    pub provider: DevProvider,
    /// The clock of the provider and its apps. A manual clock stands still until a test advances it.
    pub clock: Clock,
}

impl TestProvider {
    /// Starts a provider that accepts `/auth/callback/demo` and `/auth/logout/callback` of each origin as
    /// redirect URIs.
    ///
    /// Access tokens last six hours, so that advancing the clock causes no unintended refresh.
    pub async fn start(origins: &[&Url]) -> Self {
        Self::start_with(origins, |_| {}).await
    }

    /// Like [`TestProvider::start`], with changes to the configuration.
    pub async fn start_with(origins: &[&Url], settings: impl FnOnce(&mut Config)) -> Self {
        let millis = Arc::new(AtomicI64::new(now().timestamp_millis()));
        let clocks = (dev_provider::Clock::Manual(millis.clone()), Clock::shared(millis));
        Self::start_by(clocks, origins, settings).await
    }

    /// Like [`TestProvider::start_with`], with the system clock, for apps in separate processes.
    pub async fn start_in_real_time(origins: &[&Url], settings: impl FnOnce(&mut Config)) -> Self {
        Self::start_by((dev_provider::Clock::System, Clock::system()), origins, settings).await
    }

    async fn start_by(
        (own, clock): (dev_provider::Clock, Clock),
        origins: &[&Url],
        settings: impl FnOnce(&mut Config),
    ) -> Self {
        let (listener, port) = bind().await;
        let mut issuer: Url = format!("http://auth.wow.localhost:{port}").parse().unwrap();
        let at = |path: &str| origins.iter().map(|origin| origin.join(path).unwrap()).collect();
        let mut config = Config::new(issuer.clone());
        config.clients = vec![Client {
            client_id: "demo".into(),
            client_secret: SecretString::from(CLIENT_SECRET),
            redirect_uris: at("/auth/callback/demo"),
            post_logout_redirect_uris: at("/auth/logout/callback"),
            ..Client::default()
        }];
        config.faults = true;
        config.access_token_ttl = Duration::from_secs(6 * 3600);
        config.clock = own;
        config.signing_key = Some(signing_key());
        settings(&mut config);
        // A second provider beside this one needs another host: browsers keep cookies by host, not by port.
        issuer.set_host(config.issuer.host_str()).unwrap();
        let provider = DevProvider::new(config).unwrap();
        tokio::spawn(serve(provider.clone(), listener, std::future::pending()));
        Self { issuer, provider, clock }
    }

    /// Returns the faults that a test can switch on.
    #[must_use]
    pub fn faults(&self) -> Faults {
        self.provider.faults()
    }

    /// Signs `user` in at the app at `origin`; returns the app's start page.
    ///
    /// # Errors
    /// When the app sends no complete response.
    pub async fn sign_in(&self, browser: &mut Browser, origin: &Url, user: &str) -> Result<Page, HttpError> {
        let url = origin.join("/auth/signin/demo").unwrap();
        let begun = browser.try_post(&url, &[("callbackUrl", "/")]).await?;
        let login = browser.try_follow(begun).await?;
        let answer = self.continue_as(browser, &login, user).await;
        browser.try_follow(answer).await
    }

    /// Presses "Continue as …" on the login page; returns the redirect to the callback.
    pub async fn continue_as(&self, browser: &mut Browser, login: &Page, user: &str) -> Page {
        let transaction = login.field("transaction").unwrap();
        let url = self.issuer.join("/login").unwrap();
        browser.post(&url, &[("transaction", &transaction), ("user", user)]).await
    }
}

/// Returns the signing key of all tests. The key is cached in `target/tmp`, because generating a key is slow
/// in a debug build.
fn signing_key() -> SecretString {
    static KEY: OnceLock<SecretString> = OnceLock::new();
    KEY.get_or_init(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tmp/test-signing-key.pem");
        if let Ok(pem) = std::fs::read_to_string(&path) {
            return SecretString::from(pem);
        }
        let key = generate_signing_key().unwrap();
        let own = path.with_extension(std::process::id().to_string());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&own, secrecy::ExposeSecret::expose_secret(&key)).unwrap();
        std::fs::rename(own, path).unwrap();
        key
    })
    .clone()
}
