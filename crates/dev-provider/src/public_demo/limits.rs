//! Rate limits per client address, as the apps have them.
//!
//! A public demo stands behind a reverse proxy on this machine. The client is the last address in
//! `X-Forwarded-For`, which that proxy has added. The header of any other peer is ignored.

use crate::clock::later;
use crate::expiring_map::ExpiringMap;
use crate::{DevProvider, pages};
use axum::Json;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Requests that an address may send at once.
const BURST: i32 = 100;
/// Time until an address may send one more request.
const REFILL: TimeDelta = TimeDelta::milliseconds(500);
/// How long an address is remembered; more than the time until its quota is full again.
const REMEMBERED: Duration = Duration::from_secs(600);
/// Maximum number of addresses; beyond it the oldest is forgotten.
const ADDRESSES: usize = 20_000;

/// The rate limits of a public demo.
#[derive(Debug)]
pub(crate) struct Limits {
    /// Requests for pages: `/authorize`, `/login` and `/logout`.
    pages: Limit,
    /// Requests with wrong client credentials. The apps' requests have the right ones and are not counted:
    /// all of them come from one address.
    credentials: Limit,
}

impl Limits {
    pub(crate) fn new() -> Self {
        Self { pages: Limit::new(), credentials: Limit::new() }
    }
}

/// One rate limit: a token bucket for each address.
#[derive(Debug)]
struct Limit(Mutex<ExpiringMap<IpAddr, DateTime<Utc>>>);

impl Limit {
    fn new() -> Self {
        Self(Mutex::new(ExpiringMap::new(ADDRESSES)))
    }

    /// Returns the seconds until the next request is allowed, if the quota of the address is used up.
    fn wait(&self, client: IpAddr, now: DateTime<Utc>) -> Option<i64> {
        let full_at = *self.buckets().get(&client, now)?;
        let over = full_at - now - REFILL * (BURST - 1);
        (over > TimeDelta::zero()).then(|| (over.num_milliseconds() + 999) / 1000)
    }

    /// Counts a request of the address.
    fn count(&self, client: IpAddr, now: DateTime<Utc>) {
        let mut buckets = self.buckets();
        let full_at = buckets.remove(&client).unwrap_or(now).max(now) + REFILL;
        buckets.insert(client, full_at, later(now, REMEMBERED), now);
    }

    fn buckets(&self) -> MutexGuard<'_, ExpiringMap<IpAddr, DateTime<Utc>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Middleware for pages: 429 with `Retry-After` for an address above its limit.
pub(crate) async fn limit_pages(
    State(provider): State<DevProvider>,
    request: Request,
    next: Next,
) -> Response {
    let (now, limit) = (provider.now(), &provider.limits().pages);
    if let Some(client) = client(&request) {
        if let Some(seconds) = limit.wait(client, now) {
            tracing::warn!(rule = "TooManyRequests", "request refused");
            let sentence = "Too many requests came from your address. Please wait a moment and try again.";
            let page = pages::refusal(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", sentence);
            return retry_after(page, seconds);
        }
        limit.count(client, now);
    }
    next.run(request).await
}

/// Middleware for the endpoints of clients: 429 with `Retry-After` for an address that has sent too many
/// requests with wrong credentials.
pub(crate) async fn limit_credentials(
    State(provider): State<DevProvider>,
    request: Request,
    next: Next,
) -> Response {
    let (now, limit) = (provider.now(), &provider.limits().credentials);
    let Some(client) = client(&request) else {
        return next.run(request).await;
    };
    if let Some(seconds) = limit.wait(client, now) {
        tracing::warn!(rule = "TooManyRequests", "token request refused");
        let answer = (StatusCode::TOO_MANY_REQUESTS, Json(json!({ "error": "too_many_requests" })));
        return retry_after(answer.into_response(), seconds);
    }
    let response = next.run(request).await;
    if response.status() == StatusCode::UNAUTHORIZED {
        limit.count(client, now);
    }
    response
}

fn retry_after(mut response: Response, seconds: i64) -> Response {
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// Returns the client of a request, or `None` for a program on this machine that uses no proxy.
fn client(request: &Request) -> Option<IpAddr> {
    let ConnectInfo(peer) = request.extensions().get::<ConnectInfo<SocketAddr>>()?;
    client_of(peer.ip().to_canonical(), request.headers())
}

fn client_of(peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
    if !peer.is_loopback() {
        return Some(network(peer));
    }
    let line = headers.get_all("x-forwarded-for").iter().next_back()?;
    let last = line.to_str().unwrap_or_default().rsplit(',').next().unwrap_or_default().trim();
    // Some proxies add the port.
    let with_port = || last.parse::<SocketAddr>().map(|socket| socket.ip());
    let address = last.parse::<IpAddr>().or_else(|_| with_port());
    // All clients with an unreadable address count as one.
    Some(network(address.unwrap_or(peer).to_canonical()))
}

/// An IPv6 client counts as the network of 64 bits that a household or a machine gets.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_its_burst_an_address_gets_two_requests_a_second() {
        let limit = Limit::new();
        let (client, other) = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        let mut now = DateTime::UNIX_EPOCH;
        for number in 0..BURST {
            assert_eq!(limit.wait(client, now), None, "{number}");
            limit.count(client, now);
        }
        assert_eq!(limit.wait(client, now), Some(1));
        assert_eq!(limit.wait(other, now), None);
        now += REFILL;
        assert_eq!(limit.wait(client, now), None);
        limit.count(client, now);
        assert_eq!(limit.wait(client, now), Some(1));
    }

    #[test]
    fn the_client_is_the_last_address_that_the_proxy_on_this_machine_reports() {
        let client = |peer: &str, forwarded: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in forwarded {
                headers.append("x-forwarded-for", line.parse().unwrap());
            }
            client_of(peer.parse().unwrap(), &headers).map(|address| address.to_string())
        };
        assert_eq!(client("127.0.0.1", &[]), None);
        assert_eq!(client("127.0.0.1", &["198.51.100.1"]).as_deref(), Some("198.51.100.1"));
        assert_eq!(client("127.0.0.1", &["203.0.113.6, 198.51.100.1"]).as_deref(), Some("198.51.100.1"));
        assert_eq!(client("::1", &["203.0.113.6", "198.51.100.1:99"]).as_deref(), Some("198.51.100.1"));
        assert_eq!(client("127.0.0.1", &["nonsense"]).as_deref(), Some("127.0.0.1"));
        assert_eq!(client("127.0.0.1", &["2001:db8:1:2:3::4"]).as_deref(), Some("2001:db8:1:2::"));
        assert_eq!(client("203.0.113.9", &["198.51.100.1"]).as_deref(), Some("203.0.113.9"));
    }
}
