//! An https origin behind a proxy that terminates TLS: the scheme comes from `PUBLIC_URL`, never from the
//! request.

use http::{Method, StatusCode};
use test_support::{App, AppOptions, Browser, Page, TestProvider, app_routes, bind};
use url::{Position, Url};

/// An app behind a TLS proxy, and a browser that reaches the app at `host`.
struct World {
    provider: TestProvider,
    app: App,
    browser: Browser,
    host: String,
}

async fn world(public_url: &str, host: &str, vars: Vec<(&'static str, String)>) -> World {
    let origin: Url = format!("https://{host}").parse().unwrap();
    let provider = TestProvider::start(&[&origin]).await;
    let (issuer, clock) = (&provider.issuer, provider.clock.clone());
    let vars = [vec![("PUBLIC_URL", public_url.to_owned())], vars].concat();
    let options = AppOptions { vars, ..AppOptions::default() };
    let app = App::start(bind().await, issuer, clock, options, app_routes).await;
    World { provider, app, browser: Browser::new(), host: host.to_owned() }
}

impl World {
    /// Sends a request as the proxy forwards it: to the app's address, with the host that the browser sees.
    async fn send(&mut self, method: Method, path: &str, body: &str) -> Page {
        let origin = format!("https://{}", self.host);
        let mut headers = vec![("host", self.host.as_str()), ("accept", "text/html")];
        if method == Method::POST {
            headers
                .extend([("origin", origin.as_str()), ("content-type", "application/x-www-form-urlencoded")]);
        }
        self.browser.send(method, &self.app.at(path), &headers, body).await
    }

    async fn get(&mut self, path: &str) -> Page {
        self.send(Method::GET, path, "").await
    }

    /// Signs in; returns the app's first and last response.
    async fn sign_in(&mut self) -> (Page, Page) {
        let begun = self.send(Method::POST, "/auth/signin/demo", "callbackUrl=%2Fprotected").await;
        let gone = self.get(&begun.path()).await;
        let redirect_uri = gone.location().unwrap();
        let redirect_uri = redirect_uri.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap().1;
        assert_eq!(redirect_uri, format!("https://{}/auth/callback/demo", self.host));
        let login = self.browser.get(&gone.location().unwrap()).await;
        let login = self.browser.follow(login).await;
        let back = self.provider.continue_as(&mut self.browser, &login, "alice").await.location().unwrap();
        assert_eq!((back.scheme(), back.host_str()), ("https", Some(self.host.as_str())));
        let finished = self.get(&back[Position::BeforePath..]).await;
        (begun, finished)
    }
}

fn cookie<'a>(cookies: &'a [String], name: &str) -> Vec<&'a str> {
    let line = cookies.iter().find(|cookie| cookie.starts_with(name));
    line.unwrap_or_else(|| panic!("no {name} in {cookies:?}")).split("; ").skip(1).collect()
}

#[tokio::test]
async fn host_cookies_are_secure_and_have_the_host_prefix() {
    let mut world = world("https://games.example", "games.example", vec![]).await;
    let (begun, finished) = world.sign_in().await;
    for attributes in [
        cookie(&begun.set_cookies(), "__Host-app.flow."),
        cookie(&finished.set_cookies(), "__Host-app.session="),
    ] {
        for wanted in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(attributes.contains(&wanted), "{attributes:?}");
        }
        assert!(!attributes.iter().any(|attribute| attribute.starts_with("Domain")), "{attributes:?}");
    }
    assert_eq!(world.get("/protected").await.body, "protected page");
    let left = world.send(Method::POST, "/auth/signout", "scope=local").await;
    let cleared = left.set_cookies();
    let attributes = cookie(&cleared, "__Host-app.session=; ");
    assert!(attributes.contains(&"Max-Age=0") && attributes.contains(&"Secure"), "a deletion needs `Secure`");
    assert_eq!(world.get("/protected").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_domain_cookie_is_secure_and_has_the_secure_prefix() {
    let vars = vec![("AUTH_COOKIE_DOMAIN", ".wow.example".to_owned())];
    let mut world = world("https://games.wow.example", "games.wow.example", vars).await;
    let (begun, finished) = world.sign_in().await;
    cookie(&begun.set_cookies(), "__Host-app.flow.");
    let cookies = finished.set_cookies();
    let attributes = cookie(&cookies, "__Secure-app.session=");
    assert!(attributes.contains(&"Domain=wow.example") && attributes.contains(&"Secure"), "{attributes:?}");
    assert_eq!(world.get("/protected").await.body, "protected page");
}

#[tokio::test]
async fn an_unprefixed_cookie_opens_no_session_on_https() {
    let mut world = world("https://games.example", "games.example", vec![]).await;
    world.sign_in().await;
    let value = world.browser.cookie(&world.app.url, "__Host-app.session").unwrap();
    world.browser = Browser::new();
    world.browser.plant(&world.app.url, "app.session", &value);
    assert_eq!(world.get("/protected").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn every_answer_sets_strict_transport_security() {
    let mut world = world("https://games.example", "games.example", vec![]).await;
    for path in ["/", "/protected", "/auth/session", "/auth/nothing"] {
        let answer = world.get(path).await;
        assert_eq!(answer.headers["strict-transport-security"], "max-age=63072000", "{path}");
    }
}

#[tokio::test]
async fn a_preview_host_is_served_and_an_unlisted_host_is_misdirected() {
    let origins = "https://games.example,https://pr-*.preview.example";
    let mut world = world(origins, "pr-7.preview.example", vec![]).await;
    world.sign_in().await;
    assert_eq!(world.get("/protected").await.body, "protected page");
    for host in [
        "preview.example",
        "pr-7.example",
        "x.pr-7.preview.example",
        "pr-7.x.preview.example",
        "pr-7.preview.example.evil.example",
        "pr-7.preview.example:8443",
        "qr-7.preview.example",
    ] {
        host.clone_into(&mut world.host);
        assert_eq!(world.get("/protected").await.status, StatusCode::MISDIRECTED_REQUEST, "{host}");
    }
    "games.example".clone_into(&mut world.host);
    assert_eq!(world.get("/").await.status, StatusCode::OK);
}
