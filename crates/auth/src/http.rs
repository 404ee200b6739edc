//! The one outgoing HTTP client: no redirects, limits on time and size, `*.localhost` resolved.

mod host_addresses;

pub use host_addresses::HostAddresses;

use crate::{
    flow_trace::{self, StepKind},
    metrics::{Metrics, ProviderRequests},
    origin::{is_localhost, is_loopback, is_non_public},
    request_id::RequestIds,
};
use ::http::{
    HeaderMap, HeaderValue, Method, Request, Response,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use base64::{Engine, engine::general_purpose::STANDARD};
pub use openidconnect::HttpResponse;
use openidconnect::{AsyncHttpClient, HttpRequest};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::{
    future::Future,
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};
use url::{Url, form_urlencoded};

/// Timeout for opening a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Timeout for a whole request.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Longest accepted answer, bytes. Metadata, keys and tokens are far smaller.
const MAX_BODY: usize = 512 * 1024;

/// The HTTP client for all outgoing requests.
#[derive(Clone, Debug)]
pub struct HttpClient {
    /// Connects directly, whatever proxy the environment names.
    direct: reqwest::Client,
    /// Connects through the proxy that the environment names (`HTTPS_PROXY` and related variables), if any.
    /// `None` if every request must be direct.
    by_environment: Option<reqwest::Client>,
    /// The hosts whose addresses the operator gives.
    hosts: Arc<HostAddresses>,
    receiver: Receiver,
}

/// The receiver of a client's requests.
#[derive(Clone, Debug, Default)]
enum Receiver {
    /// Any server.
    #[default]
    Any,
    /// Another app of the suite.
    Suite,
    /// A provider, whose answers are measured.
    Provider(ProviderRequests),
}

/// The kind of a provider's endpoint, for metrics. A request carries it as an extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndpointKind {
    /// The metadata (OpenID Connect Discovery §4).
    Metadata,
    /// The keys: an endpoint whose request names no other kind.
    Keys,
    /// The token endpoint.
    Token,
    /// `/userinfo`, or GitHub's API.
    Userinfo,
    /// The revocation endpoint (RFC 7009).
    Revocation,
}

impl EndpointKind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::Keys => "keys",
            Self::Token => "token",
            Self::Userinfo => "userinfo",
            Self::Revocation => "revocation",
        }
    }

    /// The step of a flow that asks this endpoint.
    const fn step(self) -> StepKind {
        match self {
            Self::Metadata => StepKind::MetadataRequest,
            Self::Keys => StepKind::KeysRequest,
            Self::Token => StepKind::TokenRequest,
            Self::Userinfo => StepKind::UserinfoRequest,
            Self::Revocation => StepKind::RevocationRequest,
        }
    }
}

/// Why a request got no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// No connection, no answer in time, or an interrupted answer.
    #[error("no answer: {}", cause(.0))]
    Unreachable(#[from] reqwest::Error),
    /// The answer is longer than allowed.
    #[error("the answer is larger than {MAX_BODY} bytes")]
    TooLarge,
}

/// The innermost cause, such as `Connection refused` or `invalid peer certificate: UnknownIssuer`.
fn cause(error: &reqwest::Error) -> String {
    let sources = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    sources.last().unwrap_or(error).to_string()
}

impl HttpClient {
    /// Builds the client. It connects to `hosts` at their addresses, and asks the system for all others.
    ///
    /// # Errors
    /// When the system's TLS roots cannot be set up.
    pub fn new(hosts: HostAddresses) -> Result<Self, HttpError> {
        Self::build(true, TIMEOUT, Arc::new(hosts))
    }

    /// Builds a client with another timeout for whole requests.
    ///
    /// # Errors
    /// When the system's TLS roots cannot be set up.
    pub fn with_timeout(timeout: Duration) -> Result<Self, HttpError> {
        Self::build(true, timeout, Arc::default())
    }

    /// Builds a client for addresses that other parties supply, with the same [`HostAddresses`].
    ///
    /// Names that resolve to internal addresses fail, whatever they resolved to in an earlier check. The operator's
    /// host addresses are an exception, and so is `localhost`: the caller checks which party may name it.
    ///
    /// # Errors
    /// When the system's TLS roots cannot be set up.
    pub fn public_addresses_only(&self) -> Result<Self, HttpError> {
        Self::build(false, TIMEOUT, self.hosts.clone())
    }

    /// Returns this client for requests to other apps of the suite. They carry the ids of the request that this task
    /// answers, so that the log lines of all apps can be found by one id. Other servers never get these ids.
    #[must_use]
    pub fn within_suite(self) -> Self {
        Self { receiver: Receiver::Suite, ..self }
    }

    /// Returns this client for requests to one provider.
    pub(crate) fn to_provider(&self, id: &str, metrics: &Metrics) -> Self {
        Self { receiver: Receiver::Provider(metrics.of_provider(id)), ..self.clone() }
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that builds a client")]
    fn build(inside: bool, timeout: Duration, hosts: Arc<HostAddresses>) -> Result<Self, HttpError> {
        // Fails if the process has installed a crypto provider before; then that provider is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = || {
            reqwest::Client::builder()
                // Redirects are never followed: a redirect from a token endpoint would carry credentials
                // along, and could lead inside the network.
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(CONNECT_TIMEOUT)
                .timeout(timeout)
                .dns_resolver(Resolver { inside, hosts: hosts.clone() })
                .user_agent(concat!("leptos-shared-sessions/", env!("CARGO_PKG_VERSION")))
        };
        // A proxy resolves names itself, which would bypass the check of internal addresses. Requests to this
        // machine never need a proxy.
        Ok(Self {
            direct: builder().no_proxy().build()?,
            by_environment: inside.then(|| builder().build()).transpose()?,
            hosts,
            receiver: Receiver::Any,
        })
    }

    /// Builds a form request for `url`, with client authentication in the header if given (RFC 6749 §2.3.1).
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

    /// Builds a JSON request for `url`, with client authentication in the header.
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
    /// [`HttpError`]; its message contains no query and no body.
    pub async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.execute(request, None).await
    }

    /// Sends a request with another timeout, and reads the whole answer.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn send_within(
        &self,
        request: HttpRequest,
        limit: Duration,
    ) -> Result<HttpResponse, HttpError> {
        self.execute(request, Some(limit)).await
    }

    /// Sends a request to its receiver: with the request's ids, or measured, or neither.
    async fn execute(
        &self,
        mut request: HttpRequest,
        limit: Option<Duration>,
    ) -> Result<HttpResponse, HttpError> {
        match &self.receiver {
            Receiver::Any => self.exchange(request, limit).await,
            Receiver::Suite => {
                if let Some(ids) = RequestIds::current() {
                    ids.add_to(request.headers_mut());
                }
                self.exchange(request, limit).await
            }
            Receiver::Provider(requests) => {
                let endpoint = request.extensions_mut().remove().unwrap_or(EndpointKind::Keys);
                let begun = Instant::now();
                let answer = self.exchange(request, limit).await;
                requests.record(begun, endpoint, &answer);
                flow_trace::timed_step(endpoint.step(), begun, has_failed(&answer));
                answer
            }
        }
    }

    async fn exchange(
        &self,
        request: HttpRequest,
        limit: Option<Duration>,
    ) -> Result<HttpResponse, HttpError> {
        let mut request = reqwest::Request::try_from(request).map_err(reqwest::Error::without_url)?;
        if limit.is_some() {
            *request.timeout_mut() = limit;
        }
        let is_given = request.url().host_str().is_some_and(|host| self.hosts.find(host).is_some());
        let is_direct = is_given || is_loopback(request.url());
        let client = self.by_environment.as_ref().filter(|_| !is_direct).unwrap_or(&self.direct);
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

/// Whether a request got no answer, or a refusal.
fn has_failed(answer: &Result<HttpResponse, HttpError>) -> bool {
    !answer.as_ref().is_ok_and(|answer| answer.status().is_success())
}

/// Reads the id and secret of `client_secret_basic` (RFC 6749 §2.3.1: both are form-encoded first).
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

/// Resolves `localhost` and every name under it to the loopback address (RFC 6761 §6.3). Browsers do so; many
/// system resolvers do not.
struct Resolver {
    /// Whether names may resolve to internal addresses.
    inside: bool,
    /// The hosts whose addresses the operator gives.
    hosts: Arc<HostAddresses>,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let inside = self.inside;
        let given = self.hosts.find(name.as_str());
        Box::pin(async move {
            if let Some(address) = given {
                return Ok(Box::new(std::iter::once(address)) as Addrs);
            }
            if is_localhost(name.as_str()) {
                let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
                return Ok(Box::new(std::iter::once(loopback)) as Addrs);
            }
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: Vec<_> = found.filter(|address| inside || !is_non_public(address.ip())).collect();
            if found.is_empty() {
                return Err("the name does not resolve, or resolves to an internal address".into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn resolve(name: &str) -> Vec<SocketAddr> {
        let hosts = Arc::new(HostAddresses::parse("app.example=10.0.0.5").unwrap());
        Resolver { inside: false, hosts }.resolve(name.parse().unwrap()).await.unwrap().collect()
    }

    #[tokio::test]
    async fn every_name_under_localhost_is_the_loopback() {
        for name in ["localhost", "auth.wow.localhost", "AUTH.WOW.LOCALHOST", "partner.localhost."] {
            assert_eq!(resolve(name).await, [SocketAddr::from((Ipv4Addr::LOCALHOST, 0))], "{name}");
        }
    }

    #[tokio::test]
    async fn a_host_of_the_operator_may_be_internal() {
        assert_eq!(resolve("app.example").await, ["10.0.0.5:0".parse().unwrap()]);
    }
}
