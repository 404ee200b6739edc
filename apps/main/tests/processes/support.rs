//! Starts processes of the main app and sends requests to them.

use auth::http::HttpError;
use http::{Method, StatusCode};
use test_support::{
    Browser, CLIENT_SECRET, Page, TestProvider,
    process::{Port, Process, ProcessCommand},
    until,
};
use url::Url;

/// A running process of the main app, or of identity.
pub(crate) struct Main {
    pub(crate) url: Url,
    pub(crate) process: Process,
    program: ProcessCommand,
    /// Reserves the port while the process is down.
    _port: Port,
}

/// Processes of the main app on one store, and their provider. They share a host, so a browser sends its
/// cookies to all of them, as with replicas behind a load balancer.
pub(crate) struct Suite {
    pub(crate) provider: TestProvider,
    pub(crate) mains: Vec<Main>,
}

/// The program of the main app, with the variables that it needs.
pub(crate) fn program(port: &Port, issuer: &str, store_url: &str) -> ProcessCommand {
    program_at(env!("CARGO_BIN_EXE_main"), port, issuer, store_url)
}

/// The program at `binary`, with the same variables.
pub(crate) fn program_at(binary: &str, port: &Port, issuer: &str, store_url: &str) -> ProcessCommand {
    ProcessCommand::new(binary, [""; 0])
        .var("LEPTOS_SITE_ADDR", format!("127.0.0.1:{}", port.number()))
        .var("PUBLIC_URL", port.origin().origin().ascii_serialization())
        .var("AUTH_SECRET", "a secret for all processes of these tests")
        .var("AUTH_DEMO_ID", "demo")
        .var("AUTH_DEMO_SECRET", CLIENT_SECRET)
        .var("AUTH_DEMO_ISSUER", issuer)
        .var("SESSION_STORE_URL", store_url)
}

impl Suite {
    /// Starts one process for each of `cache_ages`: the number of seconds for which it caches sessions.
    pub(crate) async fn start(store_url: &str, cache_ages: &[u32]) -> Self {
        let ports: Vec<_> = cache_ages.iter().map(|_| Port::reserve()).collect();
        let origins: Vec<_> = ports.iter().map(Port::origin).collect();
        let provider = TestProvider::start_in_real_time(&origins.iter().collect::<Vec<_>>(), |_| {}).await;
        let issuer = provider.issuer.as_str().trim_end_matches('/').to_owned();
        let mut mains = Vec::new();
        for (port, age) in ports.into_iter().zip(cache_ages) {
            let program = program(&port, &issuer, store_url).var("AUTH_SESSION_CACHE_AGE", age.to_string());
            let program = program.ignoring_file_size_signal();
            mains.push(Main::begin(program, port));
        }
        for main in &mut mains {
            main.wait().await;
        }
        Self { provider, mains }
    }

    /// Returns a browser in which `user` is signed in, at the first process.
    pub(crate) async fn signed_in(&self, user: &str) -> Browser {
        let mut browser = Browser::new();
        let page = self.provider.sign_in(&mut browser, &self.mains[0].url, user).await.unwrap();
        assert_eq!(page.status, StatusCode::OK);
        assert!(browser.cookie(&self.mains[0].url, "main.session").is_some(), "{}", page.body);
        browser
    }
}

impl Main {
    /// Starts the process without waiting for it.
    fn begin(program: ProcessCommand, port: Port) -> Self {
        Self { url: port.origin(), process: program.start(), program, _port: port }
    }

    /// Starts the process and waits until it serves.
    pub(crate) async fn start(program: ProcessCommand, port: Port) -> Self {
        let mut main = Self::begin(program, port);
        main.wait().await;
        main
    }

    pub(crate) fn at(&self, path: &str) -> Url {
        self.url.join(path).unwrap()
    }

    /// Waits until the process serves.
    pub(crate) async fn wait(&mut self) {
        let health = self.at("/healthz");
        until("the app serves", async || {
            assert!(self.process.is_running(), "the process ended: {}", self.process.output());
            Browser::new().try_send(Method::GET, &health, &[], "").await.is_ok()
        })
        .await;
    }

    /// Starts the process again, on the same port.
    pub(crate) async fn restart(&mut self) {
        self.process = self.program.start();
        self.wait().await;
    }

    /// The status of the session, 200 or 401. Asking does not count as activity.
    pub(crate) async fn status(&self, browser: &mut Browser) -> u64 {
        let page = browser.get(&self.at("/api/get-session-status?peek=1")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        page.json()["status"].as_u64().unwrap()
    }

    pub(crate) async fn save(&self, browser: &mut Browser, number: u64) -> Page {
        self.try_save(browser, number).await.unwrap()
    }

    /// # Errors
    /// When no complete answer arrives.
    pub(crate) async fn try_save(&self, browser: &mut Browser, number: u64) -> Result<Page, HttpError> {
        let body = format!(r#"{{"favourite_number": {number}}}"#);
        let url = self.at("/api/update-user-data");
        browser.try_send(Method::POST, &url, &[("content-type", "application/json")], &body).await
    }

    pub(crate) async fn saved(&self, browser: &mut Browser) -> Option<u64> {
        browser.get(&self.at("/auth/session")).await.json()["user"]["favourite_number"].as_u64()
    }

    pub(crate) async fn sign_out(&self, browser: &mut Browser) -> Page {
        self.try_sign_out(browser).await.unwrap()
    }

    /// # Errors
    /// When no complete answer arrives.
    pub(crate) async fn try_sign_out(&self, browser: &mut Browser) -> Result<Page, HttpError> {
        browser.try_post(&self.at("/auth/signout"), &[("scope", "local")]).await
    }
}
