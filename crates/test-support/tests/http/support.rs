use auth::events::{BusMessage, SessionEvent};
use auth::store::{Logout, LogoutScope, LogoutTime};
use dev_provider::Fault;
use test_support::{App, AppOptions, Browser, Page, TestProvider, app_routes, bind};
use tokio::sync::broadcast::Receiver;
use url::Url;

/// An app in direct mode, its provider, and a browser.
pub(crate) struct World {
    pub(crate) provider: TestProvider,
    pub(crate) app: App,
    pub(crate) browser: Browser,
}

pub(crate) async fn world() -> World {
    world_with(vec![]).await
}

pub(crate) async fn world_with(vars: Vec<(&str, String)>) -> World {
    world_with_fault(vars, None).await
}

/// Starts a world whose provider has `fault` from the start.
pub(crate) async fn world_with_fault(vars: Vec<(&str, String)>, fault: Option<Fault>) -> World {
    world_with_options(AppOptions { vars, ..AppOptions::default() }, fault).await
}

pub(crate) async fn world_with_options(options: AppOptions<'_>, fault: Option<Fault>) -> World {
    let app_socket = bind().await;
    let origin: Url = format!("http://localhost:{}", app_socket.1).parse().unwrap();
    let provider = TestProvider::start(&[&origin]).await;
    fault.into_iter().for_each(|fault| provider.faults().add(fault));
    let app = App::start(app_socket, &provider.issuer, provider.clock.clone(), options, app_routes).await;
    World { provider, app, browser: Browser::new() }
}

/// Waits until the data or tokens of a session have been written.
pub(crate) async fn changed(bus: &mut Receiver<BusMessage>) {
    while !matches!(bus.recv().await.unwrap(), BusMessage::Event(SessionEvent::Changed(_))) {}
}

impl World {
    /// Begins a sign-in; returns the redirect to the provider.
    pub(crate) async fn begin(&mut self, callback_url: &str) -> Page {
        let url = self.app.at("/auth/signin/demo");
        self.browser.post(&url, &[("callbackUrl", callback_url)]).await
    }

    /// Goes through the provider as `user`; returns the provider's redirect to the app's callback.
    pub(crate) async fn at_provider(&mut self, callback_url: &str, user: &str) -> Page {
        let begun = self.begin(callback_url).await;
        let login = self.browser.follow(begun).await;
        self.provider.continue_as(&mut self.browser, &login, user).await
    }

    /// Signs in as `user`; returns the response of the app's callback.
    pub(crate) async fn sign_in(&mut self, callback_url: &str, user: &str) -> Page {
        let answer = self.at_provider(callback_url, user).await;
        self.browser.get(&answer.location().unwrap()).await
    }

    /// Returns a logout of all of Alice's sessions that have begun up to now.
    pub(crate) fn logout_of_alice(&self) -> Logout<'_> {
        let issuer = self.provider.issuer.as_str().trim_end_matches('/');
        let until = LogoutTime::Begun(self.app.clock.now());
        Logout { issuer, scope: LogoutScope::Subject("demo|alice"), until }
    }

    /// Ends all of Alice's sessions; returns their number.
    pub(crate) async fn log_out_alice(&self) -> usize {
        self.app.auth.sessions().log_out(self.logout_of_alice()).await.unwrap().len()
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        let url = self.app.at(path);
        self.browser.get(&url).await
    }

    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let url = self.app.at(path);
        self.browser.post(&url, fields).await
    }

    pub(crate) async fn status(&mut self) -> u64 {
        let status = self.get("/api/get-session-status?peek=1").await;
        status.json()["status"].as_u64().unwrap()
    }
}

/// Returns `url` with the parameter `name` set to `value`, or removed.
pub(crate) fn with_param(url: &Url, name: &str, value: Option<&str>) -> Url {
    let mut changed = url.clone();
    let others = url.query_pairs().filter(|(known, _)| known != name);
    changed.query_pairs_mut().clear().extend_pairs(others);
    if let Some(value) = value {
        changed.query_pairs_mut().append_pair(name, value);
    }
    changed
}
