//! What becomes of a sign-in that is verified, however it came: a session.

use crate::{
    Auth,
    cookie::SessionId,
    flow::FlowError,
    session::{NewSession, Session, SessionRecord},
};
use auth_types::EndReason;
use http::{HeaderMap, header::USER_AGENT};
use std::sync::Arc;

/// A new session under a new id in the place of the `current` one, which ends; once the app has allowed it,
/// and then the app is told.
///
/// # Errors
/// A [`FlowError`]; there is no new session then, and the old one goes on unless the store failed half-way.
pub(crate) async fn begin_session(
    auth: &Auth,
    current: Option<&Session>,
    headers: &HeaderMap,
    new: NewSession,
) -> Result<(SessionId, SessionRecord), FlowError> {
    if !auth.sessions().allow(&new).await {
        return Err(FlowError::Refused);
    }
    let user_agent = headers.get(USER_AGENT).and_then(|name| name.to_str().ok());
    let (id, record) = auth.sessions().begin(new, user_agent).await?;
    if let Some(old) = current {
        let reason =
            if old.record.same_user(&record) { EndReason::SignedOut } else { EndReason::UserChanged };
        if let Err(error) = auth.sessions().end(&old.key, reason).await {
            // Two live sessions where there should be one: neither, then. The visitor starts again.
            let _ = auth.sessions().end(&id.key(), EndReason::Revoked).await;
            return Err(error.into());
        }
    }
    let session = auth.sessions().session(id.key(), Arc::new(record.clone()));
    if let Err(error) = auth.sessions().end_beyond_limit(&session).await {
        // The sign-in stands; the next one tries again.
        tracing::warn!(%error, "the oldest sessions of a user could not be ended");
    }
    auth.sessions().notify_signed_in(&record);
    Ok((id, record))
}
