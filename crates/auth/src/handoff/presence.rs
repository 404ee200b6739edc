//! Whether a browser has a live session here: identity's launcher asks, server to server, with a signed question, and is
//! told yes or no. No cookie follows anybody from app to app for this.

use crate::{
    Auth,
    jws::{Jws, Validity},
    logout::LogoutTokenError,
    provider::{KeyRequester, Unavailable},
    session::SessionUnavailable,
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

/// Identity's question about a provider's session.
#[derive(Clone, Copy, Debug)]
pub struct SessionQuery;

impl SessionQuery {
    /// The `typ` of a question, so that it passes for no logout token and the other way round (RFC 8725 §3.11).
    pub const TYPE: &str = "session-query+jwt";
    /// Where an app answers.
    pub const PATH: &str = "/auth/session-query";
    /// How long a question may be answered.
    pub const LIFETIME: TimeDelta = TimeDelta::seconds(30);
}

/// A question, as an app reads it.
#[derive(Deserialize)]
struct Query {
    iss: String,
    aud: String,
    iat: i64,
    exp: i64,
    sub_id: SubjectId,
    sid: String,
}

/// RFC 9493 §3.2.3.
#[derive(Deserialize)]
struct SubjectId {
    format: String,
    iss: String,
    sub: String,
}

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QueryRefusal {
    /// This app has no identity app.
    #[error("not_configured")]
    NotConfigured,
    /// It cannot be read, or is not signed by identity.
    #[error("query_signature")]
    Signature(#[from] LogoutTokenError),
    /// It is a token for something else.
    #[error("query_type")]
    Type,
    /// Of somebody else than identity, or for another app.
    #[error("query_audience")]
    Audience,
    /// Too old, or of the future.
    #[error("query_expired")]
    Expired,
    /// Identity's keys are not to be had.
    #[error(transparent)]
    Keys(#[from] Unavailable),
    /// The store does not answer.
    #[error("session_unavailable")]
    Store(#[from] SessionUnavailable),
}

/// Checks a question of identity's, and answers it.
pub(crate) async fn answer_session_query(auth: &Auth, text: &str) -> Result<bool, QueryRefusal> {
    let identity = auth.identity().as_ref().ok_or(QueryRefusal::NotConfigured)?;
    let jws = Jws::parse(text).map_err(LogoutTokenError::from)?;
    if jws.header.typ.as_deref() != Some(SessionQuery::TYPE) {
        return Err(QueryRefusal::Type);
    }
    let query: Query = identity
        .keys()
        .check(KeyRequester::Anybody, LogoutTokenError::needs_another_key, |jwks| Ok(jws.verified(jwks)?))
        .await??;
    let client = identity.client();
    let is_ours = query.iss == client.issuer.to_string()
        && query.aud == client.client_id
        && query.sub_id.format == "iss_sub";
    if !is_ours {
        return Err(QueryRefusal::Audience);
    }
    if !is_current(&query, auth.clock().now()) {
        return Err(QueryRefusal::Expired);
    }
    let SubjectId { iss, sub, .. } = &query.sub_id;
    let live = auth.sessions().of_user(iss, sub).await?;
    Ok(live.iter().any(|session| session.sid.as_ref() == Some(&query.sid)))
}

fn is_current(query: &Query, now: DateTime<Utc>) -> bool {
    let is_short = query.exp.saturating_sub(query.iat) <= SessionQuery::LIFETIME.num_seconds();
    is_short && Validity::check(query.iat, query.exp, now).is_ok()
}
