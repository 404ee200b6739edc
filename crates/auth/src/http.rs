//! The one outgoing HTTP client: no redirects, limits on time and size, `*.localhost` resolved.

use crate::origin::{is_inside, is_localhost, is_loopback};
use ::http::{
    HeaderMap, HeaderValue, Method, Request, Response,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::{
    future::Future,
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    time::Duration,
};
use url::{Url, form_urlencoded};

/// How long a connection may take to stand.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a request may take in all.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Longest answer we read, bytes: metadata, keys and tokens are far smaller.
const MAX_BODY: usize = 512 * 1024;

/// Outgoing HTTP for everything the server asks of others.
#[derive(Clone, Debug)]
pub struct HttpClient {
    /// Goes to the address itself, whatever proxy the environment names.
    direct: reqwest::Client,
    /// Goes through the proxy that the environment names (`HTTPS_PROXY` and its relatives), if it names one;
    /// `None` where every request is direct.
    by_environment: Option<reqwest::Client>,
}

/// Why a request got no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// No connection, no answer in time, or broken off.
    #[error("no answer: {0}")]
    Unreachable(#[from] reqwest::Error),
    /// More than we are willing to read.
    #[error("the answer is larger than {MAX_BODY} bytes")]
    TooLarge,
}

impl HttpClient {
    /// Builds the client.
    ///
    /// # Errors
    /// When the system's TLS roots cannot be set up.
    pub fn new() -> Result<Self, HttpError> {
        Self::build(true, TIMEOUT)
    }

    /// The same with another limit on how long a request may take in all.
    ///
    /// # Errors
    /// When the system's TLS roots cannot be set up.
    pub fn with_timeout(timeout: Duration) -> Result<Self, HttpError> {
        Self::build(true, timeout)
    }

    /// The same, for addresses that others gave us: names that lead inside the network do not resolve,
    /// whatever they led to when they were looked at first. (`localhost` does; who may name it is checked
    /// elsewhere.)
    ///
    /// # Errors
    /// When the system's TLS roots cannot be set up.
    pub fn public_addresses_only() -> Result<Self, HttpError> {
        Self::build(false, TIMEOUT)
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that builds a client")]
    fn build(inside: bool, timeout: Duration) -> Result<Self, HttpError> {
        // Somebody else in the process may have chosen the provider already; then theirs is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = || {
            reqwest::Client::builder()
                // A redirect from a token endpoint is never followed: it would carry credentials along
                // (and let a provider send us inside the network).
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(CONNECT_TIMEOUT)
                .timeout(timeout)
                .dns_resolver(Resolver { inside })
                .user_agent(concat!("leptos-shared-sessions/", env!("CARGO_PKG_VERSION")))
        };
        // A proxy would look up the names itself, so "outside only" could not be held to; and it has no business
        // with what this machine asks itself.
        Ok(Self {
            direct: builder().no_proxy().build()?,
            by_environment: inside.then(|| builder().build()).transpose()?,
        })
    }

    /// A form for `url`, with client authentication in the header where given (RFC 6749 §2.3.1).
    #[must_use]
    pub fn post_form(&self, url: &Url, form: String, client: Option<(&str, &str)>) -> HttpRequest {
        let mut request = Request::new(form.into_bytes());
        *request.method_mut() = Method::POST;
        if let Ok(uri) = url.as_str().parse() {
            *request.uri_mut() = uri;
        }
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        if let Some((id, secret)) = client {
            let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let pair = STANDARD.encode(format!("{}:{}", encode(id), encode(secret)));
            if let Ok(mut value) = HeaderValue::from_str(&format!("Basic {pair}")) {
                value.set_sensitive(true);
                headers.insert(AUTHORIZATION, value);
            }
        }
        request
    }

    /// JSON for `url`, with client authentication in the header.
    #[must_use]
    pub fn post_json(&self, url: &Url, json: Vec<u8>, client: (&str, &str)) -> HttpRequest {
        let mut request = self.post_form(url, String::new(), Some(client));
        *request.body_mut() = json;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// [`HttpError`]; the message names no query and no body.
    pub async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let request = reqwest::Request::try_from(request).map_err(reqwest::Error::without_url)?;
        self.execute(request).await
    }

    /// The same with another limit on how long it may take in all.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn send_within(
        &self,
        request: HttpRequest,
        limit: Duration,
    ) -> Result<HttpResponse, HttpError> {
        let mut request = reqwest::Request::try_from(request).map_err(reqwest::Error::without_url)?;
        *request.timeout_mut() = Some(limit);
        self.execute(request).await
    }

    async fn execute(&self, request: reqwest::Request) -> Result<HttpResponse, HttpError> {
        let client =
            self.by_environment.as_ref().filter(|_| !is_loopback(request.url())).unwrap_or(&self.direct);
        let mut answer = client.execute(request).await.map_err(reqwest::Error::without_url)?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(reqwest::Error::without_url)? {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(HttpError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::new(body);
        *response.status_mut() = answer.status();
        *response.headers_mut() = HeaderMap::clone(answer.headers());
        Ok(response)
    }
}

/// The id and secret of `client_secret_basic` (RFC 6749 §2.3.1: both are form-encoded first).
#[must_use]
pub fn basic_credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, pair) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let pair = STANDARD.decode(pair.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let (id, secret) = std::str::from_utf8(&pair).ok()?.split_once(':')?;
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        percent_encoding::percent_decode_str(&text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
    };
    Some((decode(id)?, decode(secret)?))
}

impl<'c> AsyncHttpClient<'c> for HttpClient {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// RFC 6761 §6.3: `localhost` and every name under it is the loopback. Browsers know; many system
/// resolvers do not.
struct Resolver {
    /// Whether names may lead inside the network.
    inside: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let inside = self.inside;
        Box::pin(async move {
            if is_localhost(name.as_str()) {
                let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
                return Ok(Box::new(std::iter::once(loopback)) as Addrs);
            }
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: Vec<_> = found.filter(|address| inside || !is_inside(address.ip())).collect();
            if found.is_empty() {
                return Err("the name leads nowhere, or inside the network".into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn resolve(name: &str) -> Vec<SocketAddr> {
        Resolver { inside: false }.resolve(name.parse().unwrap()).await.unwrap().collect()
    }

    #[tokio::test]
    async fn every_name_under_localhost_is_the_loopback() {
        for name in ["localhost", "auth.wow.localhost", "AUTH.WOW.LOCALHOST", "partner.localhost."] {
            assert_eq!(resolve(name).await, [SocketAddr::from((Ipv4Addr::LOCALHOST, 0))], "{name}");
        }
    }
}
