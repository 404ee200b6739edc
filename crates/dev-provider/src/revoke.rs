//! `POST /revoke`: token revocation (RFC 7009).

use crate::DevProvider;
use crate::faults::Fault;
use crate::params::Params;
use crate::random::fingerprint;
use crate::token::{TokenRefusal, client_of};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};

/// `POST /revoke`. Revoking a refresh token revokes its whole family (§2.1); revoking an access token revokes
/// only that token. The answer to an unknown token is 200 (§2.2).
pub(crate) async fn post(
    State(provider): State<DevProvider>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, TokenRefusal> {
    provider.live_counters().revocation.increment();
    let params = Params::parse(&body);
    let client = client_of(&provider, &headers, &params)?;
    let key = fingerprint(params.get("token").ok_or(TokenRefusal::MissingParameter)?);
    let now = provider.now();
    let mut state = provider.state();
    let refresh = state.refresh_tokens.get(&key, now).map(|token| token.family.clone());
    let access = state.access_tokens.get(&key, now).map(|token| token.family.clone());
    let Some(family) = refresh.as_ref().or(access.as_ref()) else {
        return Ok(StatusCode::OK);
    };
    if state.families.get(family, now).is_some_and(|grant| grant.client_id != client.client_id) {
        return Err(TokenRefusal::ForeignToken);
    }
    if provider.faults().is_due(&Fault::RevokeWholeGrant)
        && let Some(grant) = state.families.get(family, now).cloned()
    {
        state.families.retain(|other| other.client_id != grant.client_id || other.sub != grant.sub);
    }
    match refresh {
        Some(family) => drop(state.families.remove(&family)),
        None => drop(state.access_tokens.remove(&key)),
    }
    drop(state);
    tracing::info!(client_id = %client.client_id, "token revoked");
    Ok(StatusCode::OK)
}
