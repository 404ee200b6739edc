//! The one outgoing HTTP client: no redirects, limits on time and size, `*.localhost` resolved.

use ::http::{HeaderMap, Response};
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::{
    future::Future,
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    time::Duration,
};

/// How long a connection may take to stand.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a request may take in all.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Longest answer we read, bytes: metadata, keys and tokens are far smaller.
const MAX_BODY: usize = 512 * 1024;

/// Outgoing HTTP for everything the server asks of others.
#[derive(Clone, Debug)]
pub struct HttpClient(reqwest::Client);

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
    #[expect(clippy::disallowed_methods, reason = "the one place that builds a client")]
    pub fn new() -> Result<Self, HttpError> {
        // Somebody else in the process may have chosen the provider already; then theirs is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            // A redirect from a token endpoint is never followed: it would carry credentials along
            // (and let a provider send us inside the network).
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .dns_resolver(LocalhostResolver)
            .user_agent(concat!("leptos-shared-sessions/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self(client))
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// [`HttpError`]; the message names no query and no body.
    pub async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let request = reqwest::Request::try_from(request).map_err(reqwest::Error::without_url)?;
        let mut answer = self.0.execute(request).await.map_err(reqwest::Error::without_url)?;
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

impl<'c> AsyncHttpClient<'c> for HttpClient {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// RFC 6761 §6.3: `localhost` and every name under it is the loopback. Browsers know; many system
/// resolvers do not.
struct LocalhostResolver;

impl Resolve for LocalhostResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let host = name.as_str().trim_end_matches('.').to_ascii_lowercase();
            if host == "localhost" || host.ends_with(".localhost") {
                let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
                return Ok(Box::new(std::iter::once(loopback)) as Addrs);
            }
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(Box::new(found.collect::<Vec<_>>().into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn resolve(name: &str) -> Vec<SocketAddr> {
        LocalhostResolver.resolve(name.parse().unwrap()).await.unwrap().collect()
    }

    #[tokio::test]
    async fn every_name_under_localhost_is_the_loopback() {
        for name in ["localhost", "auth.wow.localhost", "AUTH.WOW.LOCALHOST", "partner.localhost."] {
            assert_eq!(resolve(name).await, [SocketAddr::from((Ipv4Addr::LOCALHOST, 0))], "{name}");
        }
    }
}
