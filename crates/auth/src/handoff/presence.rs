//! Tells identity's launcher whether a browser has a live session at this app. Identity asks server to
//! server, with a signed message, so no cookie tracks a user from app to app.

use crate::{
    Auth,
    jws::{Claims, TokenRule, Validity},
    message::{ReadMessage, Sender, SignedMessage},
    store::StoreError,
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

/// Identity's question: is there a live session here that began with this provider session?
#[derive(Clone, Debug)]
pub struct SessionQuery {
    provider_issuer: String,
    subject: String,
    sid: String,
}

impl SignedMessage for SessionQuery {
    const NAME: &'static str = "session_query";
    const FIELD: &'static str = "query";
    const TYPE: &'static str = "session-query+jwt";
    const EVENT: Option<&'static str> = None;
    const LIFETIME: TimeDelta = TimeDelta::seconds(30);
}

impl SessionQuery {
    /// The path where an app answers.
    pub const PATH: &str = "/auth/session-query";
}

/// A subject identifier of format `iss_sub` (RFC 9493 §3.2.3).
#[derive(Deserialize)]
struct SubjectId {
    format: String,
    iss: String,
    sub: String,
}

impl ReadMessage for SessionQuery {
    fn read(claims: &Claims, _: Sender, _: Validity, _: DateTime<Utc>) -> Result<Self, TokenRule> {
        let sub_id = claims.0.get("sub_id").and_then(|value| SubjectId::deserialize(value).ok());
        let sub_id = sub_id.filter(|id| id.format == "iss_sub").ok_or(TokenRule::Claim("sub_id"))?;
        let sid = claims.identifier("sid")?.ok_or(TokenRule::Claim("sid"))?;
        Ok(Self { provider_issuer: sub_id.iss, subject: sub_id.sub, sid })
    }
}

/// Whether this app has a live session of the provider session in the query.
///
/// # Errors
/// [`StoreError`] when the store does not answer.
pub(crate) async fn has_session(auth: &Auth, query: &SessionQuery) -> Result<bool, StoreError> {
    let live = auth.sessions().of_user(&query.provider_issuer, &query.subject).await?;
    Ok(live.iter().any(|session| session.sid.as_ref() == Some(&query.sid)))
}
