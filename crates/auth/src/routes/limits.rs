//! Rate limits per client address, for endpoints that cause work for the store or a provider.

use crate::{
    Auth, Refusal,
    clock::Clock,
    limit::{Quota, RateLimit},
    origin::ClientAddress,
};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use chrono::TimeDelta;

/// A group of endpoints with one rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Endpoints that begin a sign-in, by hand or silently, and identity's `/authorize`.
    SignIn,
    /// Callbacks from a provider.
    Callback,
    /// Event streams.
    Events,
}

/// A hundred requests at once, then two per second: enough for an office behind one address.
const PER_ADDRESS: Quota = Quota { burst: 100, refill: TimeDelta::milliseconds(500) };

/// The rate limits, one for each [`Endpoint`].
#[derive(Debug)]
pub struct AddressLimits([RateLimit<ClientAddress>; 3]);

impl AddressLimits {
    pub(crate) fn new(clock: &Clock) -> Self {
        Self([(); 3].map(|()| RateLimit::new(clock.clone(), PER_ADDRESS)))
    }
}

/// Middleware for an [`Endpoint`]: 429 `too_many_requests` with `Retry-After` for an address above its rate
/// limit. A request from an unknown address passes.
pub async fn limit_by_address(
    State((auth, endpoint)): State<(Auth, Endpoint)>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    if let Some(client) = auth.trusted_proxies().client(&parts)
        && let Err(limit) = auth.address_limits().0[endpoint as usize].take(client)
    {
        tracing::warn!(rule = %limit, ?endpoint, "client address above its rate limit");
        return Err(limit.into());
    }
    Ok(next.run(Request::from_parts(parts, body)).await)
}
