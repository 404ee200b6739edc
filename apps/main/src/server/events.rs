//! Logs session events: the public id of the session, the provider and the reason. Never a token, a session
//! id or an address.

use auth::hooks::{RefreshEvent, SignInEvent, SignOutEvent};
use tracing::info;

pub(super) async fn signed_in(event: SignInEvent) {
    info!(event = "sign_in", session = event.session, provider = event.provider);
}

pub(super) async fn signed_out(event: SignOutEvent) {
    info!(event = "sign_out", session = event.session, reason = event.reason.as_str());
}

pub(super) async fn refreshed(event: RefreshEvent) {
    let expires_at = event.expires_at.map(|at| at.to_rfc3339());
    info!(event = "refresh", session = event.session, provider = event.provider, expires_at);
}
