//! Turns a verified sign-in of any kind into a session.

use crate::{
    Auth,
    cookie::SessionId,
    flow::FlowError,
    flow_trace,
    session::{NewSession, Session, SessionRecord},
};
use auth_types::EndReason;
use http::{HeaderMap, header::USER_AGENT};
use std::sync::Arc;

/// Begins a session under a new id, if the app allows the sign-in. The `current` session ends. Then the app's
/// `on_sign_in` hooks run.
///
/// # Errors
/// A [`FlowError`]: there is no new session. The current session continues, unless the store failed halfway.
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
        if reason == EndReason::UserChanged {
            flow_trace::forget_others();
        }
        if let Err(error) = auth.sessions().end(&old.key, reason).await {
            // The old session may still be live, so the new session must end too. The visitor signs in again.
            let _ = auth.sessions().end(&id.key(), EndReason::Revoked).await;
            return Err(error.into());
        }
    }
    let session = auth.sessions().session(id.key(), Arc::new(record.clone()));
    if let Err(error) = auth.sessions().end_beyond_limit(&session).await {
        // The sign-in has succeeded all the same. The next sign-in tries again.
        tracing::warn!(%error, "oldest sessions of a user not ended");
    }
    auth.sessions().notify_signed_in(&record);
    Ok((id, record))
}
