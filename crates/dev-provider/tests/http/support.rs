//! A provider with a fixed clock, visitors with cookies, and a relying party's side of the flow.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::DateTime;
use dev_provider::{Client, Clock, Config, DevProvider, Random, serve};
use openidconnect::JsonWebKey as _;
use openidconnect::core::{CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Method, StatusCode};
use secrecy::SecretString;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;
use tokio::net::TcpListener;
use url::Url;

pub(crate) const CALLBACK: &str = "http://localhost:4200/auth/callback/demo";
pub(crate) const AFTER: &str = "http://localhost:4200/auth/logout/callback";
pub(crate) const SECRET: &str = "a secret: with & odd+signs";
/// RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A running provider.
pub(crate) struct Suite {
    pub(crate) provider: DevProvider,
    pub(crate) clock: Clock,
    pub(crate) issuer: String,
    http: reqwest::Client,
}

pub(crate) async fn start() -> Suite {
    start_with(|_| {}).await
}

pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Suite {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let issuer = format!("http://auth.wow.localhost:{}", addr.port());
    let clock = Clock::manual(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
    let client = |client_id: &str| Client {
        client_id: client_id.to_owned(),
        client_secret: SecretString::from(SECRET),
        redirect_uris: vec![
            CALLBACK.parse().unwrap(),
            "http://identity.wow.localhost:4200/auth/callback/demo".parse().unwrap(),
        ],
        post_logout_redirect_uris: vec![AFTER.parse().unwrap()],
        ..Client::default()
    };
    let mut config = Config {
        clients: vec![client("demo"), client("second")],
        // One key for all test processes: generating a key takes a second.
        data_dir: Some(concat!(env!("CARGO_TARGET_TMPDIR"), "/dev-provider").into()),
        faults: true,
        clock: clock.clone(),
        random: Random::seeded(7),
        ..Config::new(issuer.parse().unwrap())
    };
    change(&mut config);
    let provider = DevProvider::new(config).unwrap();
    tokio::spawn(serve(provider.clone(), listener, std::future::pending()));
    Suite { provider, clock, issuer, http: client_for(addr) }
}

#[expect(clippy::disallowed_methods, reason = "this client acts as a browser")]
fn client_for(addr: SocketAddr) -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .resolve("auth.wow.localhost", addr)
        .build()
        .unwrap()
}

/// A browser: keeps cookies and does not follow redirects.
pub(crate) struct Visitor<'a> {
    suite: &'a Suite,
    pub(crate) cookies: Mutex<BTreeMap<String, String>>,
}

/// A response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Suite {
    pub(crate) fn visitor(&self) -> Visitor<'_> {
        Visitor { suite: self, cookies: Mutex::default() }
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.issuer)).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        Answer {
            status: response.status(),
            headers: response.headers().clone(),
            body: response.text().await.unwrap(),
        }
    }

    /// A server-to-server form post.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(Method::POST, path, &[FORM], &form(fields)).await
    }

    /// Posts a form as the client `demo`, with the credentials in the body.
    pub(crate) async fn as_client(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut all = vec![("client_id", "demo"), ("client_secret", SECRET)];
        all.extend(fields);
        self.post(path, &all).await
    }

    pub(crate) async fn redeem(&self, code: &str) -> Answer {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        self.as_client("/token", &fields).await
    }

    pub(crate) async fn refresh(&self, refresh_token: &str) -> Answer {
        self.as_client("/token", &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
    }

    pub(crate) async fn userinfo(&self, access_token: &str) -> Answer {
        self.send(Method::GET, "/userinfo", &[("authorization", &format!("Bearer {access_token}"))], "").await
    }

    /// Signs in, redeems the code and returns the token response.
    pub(crate) async fn tokens(&self, visitor: &Visitor<'_>, user: &str) -> Value {
        let code = visitor.sign_in(&ask(), user).await.param("code").unwrap();
        let answer = self.redeem(&code).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    /// Returns the claims of `token` if a published key verifies its signature.
    pub(crate) async fn verified(&self, token: &str) -> Option<Value> {
        let jwks = self.send(Method::GET, "/jwks.json", &[], "").await;
        let jwks: CoreJsonWebKeySet = serde_json::from_str(&jwks.body).unwrap();
        let (input, signature) = token.rsplit_once('.').unwrap();
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
        let kid = header(token)["kid"].as_str()?.to_owned();
        let key = jwks.keys().iter().find(|key| key.key_id().is_some_and(|id| id.as_str() == kid))?;
        let algorithm = CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256;
        key.verify_signature(&algorithm, input.as_bytes(), &signature).ok()?;
        Some(claims(token))
    }
}

impl Visitor<'_> {
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], "").await
    }

    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let headers = [FORM, ("origin", self.suite.issuer.as_str()), ("sec-fetch-site", "same-origin")];
        self.send(Method::POST, path, &headers, &form(fields)).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let cookies: Vec<String> =
            self.cookies.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let mut all = headers.to_vec();
        if !cookies.is_empty() {
            all.push((COOKIE.as_str(), &cookies));
        }
        let answer = self.suite.send(method, path, &all, body).await;
        for cookie in answer.headers.get_all(SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            let mut jar = self.cookies.lock().unwrap();
            if cookie.contains("Max-Age=0") {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// Opens the login page and presses a user's button.
    pub(crate) async fn sign_in(&self, request: &[(&str, &str)], user: &str) -> Answer {
        let page = self.get(&authorize(request)).await;
        assert_eq!(page.status, 200, "{}", page.body);
        self.post("/login", &[("transaction", &page.hidden("transaction")), ("user", user)]).await
    }

    pub(crate) fn cookie(&self) -> Option<String> {
        self.cookies.lock().unwrap().get("provider.session").cloned()
    }
}

impl Answer {
    pub(crate) fn location(&self) -> Url {
        let Some(location) = self.headers.get(LOCATION) else { panic!("no redirect: {}", self.body) };
        location.to_str().unwrap().parse().unwrap()
    }

    /// Returns a parameter of the redirect.
    pub(crate) fn param(&self, name: &str) -> Option<String> {
        self.location().query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Returns the `error` of a token response.
    pub(crate) fn error(&self) -> String {
        self.json()["error"].as_str().unwrap().to_owned()
    }

    /// Returns the value of a hidden field.
    pub(crate) fn hidden(&self, name: &str) -> String {
        let marker = format!("name=\"{name}\" value=\"");
        let Some((_, rest)) = self.body.split_once(&marker) else { panic!("no {name} in {}", self.body) };
        rest.split('"').next().unwrap().to_owned()
    }

    pub(crate) fn is_redirect(&self) -> bool {
        self.headers.contains_key(LOCATION)
    }
}

pub(crate) const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// Returns a valid authorization request.
pub(crate) fn ask() -> Vec<(&'static str, &'static str)> {
    vec![
        ("response_type", "code"),
        ("client_id", "demo"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid profile email offline_access"),
        ("state", "the state"),
        ("nonce", "the-nonce"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]
}

/// Returns a valid authorization request with one parameter changed. An empty value removes the parameter.
pub(crate) fn ask_with<'a>(name: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut request: Vec<_> = ask().into_iter().filter(|(key, _)| *key != name).collect();
    if !value.is_empty() {
        request.push((name, value));
    }
    request
}

pub(crate) fn authorize(request: &[(&str, &str)]) -> String {
    format!("/authorize?{}", form(request))
}

pub(crate) fn logout(parameters: &[(&str, &str)]) -> String {
    format!("/logout?{}", form(parameters))
}

pub(crate) fn claims(token: &str) -> Value {
    segment(token, 1)
}

pub(crate) fn header(token: &str) -> Value {
    segment(token, 0)
}

fn segment(token: &str, index: usize) -> Value {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}
