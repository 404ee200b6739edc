//! The share of each client address in what costs the store or a provider something.

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

/// What is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Beginning a sign-in, by hand or silently; identity's `/authorize`.
    SignIn,
    /// Coming back from a provider.
    Callback,
    /// Opening an event stream.
    Events,
}

/// Whole offices come from one address: a hundred at once, then two a second.
const PER_ADDRESS: Quota = Quota { burst: 100, refill: TimeDelta::milliseconds(500) };

/// The shares in use.
#[derive(Debug)]
pub struct AddressLimits([RateLimit<ClientAddress>; 3]);

impl AddressLimits {
    pub(crate) fn new(clock: &Clock) -> Self {
        Self([(); 3].map(|()| RateLimit::new(clock.clone(), PER_ADDRESS)))
    }
}

/// Middleware for an [`Endpoint`]: 429 `too_many_requests` with `Retry-After` for an address that has used up its
/// share. Requests whose client is not known pass.
pub async fn limit_by_address(
    State((auth, endpoint)): State<(Auth, Endpoint)>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    if let Some(client) = auth.trusted_proxies().client(&parts)
        && let Err(limit) = auth.address_limits().0[endpoint as usize].take(client)
    {
        tracing::warn!(rule = %limit, ?endpoint, "a client address has used up its share");
        return Err(limit.into());
    }
    Ok(next.run(Request::from_parts(parts, body)).await)
}
