//! The page that a visitor wanted, while a sign-in or a sign-out is under way.
//!
//! The `state` of a sign-in and the cookie of a sign-out name a short page. A long one waits in the store: cookies of
//! several flows must fit into the request headers that proxies accept, and the answer that sets one must fit into theirs.

use crate::{
    Auth,
    flow::{Pending, SigningOut, state_names},
    grants::hash_of,
    origin::ReturnPath,
    store::{GrantKind, StoreError},
};
use chrono::TimeDelta;

/// How long a visitor may take, as for the flow itself.
const LIFETIME: TimeDelta = TimeDelta::minutes(10);
/// The audience of a kept page: this app.
const AUDIENCE: &str = "wanted-page";

/// Keeps a page that is too long for a `state`. Returns its grant; `None` for a short page.
///
/// # Errors
/// [`StoreError`] when the store does not answer.
pub(super) async fn keep(auth: &Auth, page: &ReturnPath) -> Result<Option<String>, StoreError> {
    if state_names(page) {
        return Ok(None);
    }
    let about = page.as_str();
    let kept =
        auth.grants().issue(GrantKind::WantedPage, AUDIENCE, hash_of(about), about.as_bytes(), LIFETIME);
    kept.await.map(Some)
}

/// Returns a kept page. It is not used up: a callback may be opened twice. Without the store, the visitor goes to the start
/// page.
async fn kept(auth: &Auth, grant: Option<&str>) -> Option<ReturnPath> {
    let found = auth.grants().load(grant?).await;
    let found = found.inspect_err(|cause| tracing::warn!(%cause, "wanted page not read")).ok()??;
    let about = found.about.filter(|_| found.kind == GrantKind::WantedPage)?;
    ReturnPath::parse(std::str::from_utf8(&about).ok()?)
}

/// Returns the page of a sign-out.
pub(super) async fn of_sign_out(auth: &Auth, flow: &SigningOut) -> ReturnPath {
    let kept = kept(auth, flow.page_grant.as_deref()).await;
    kept.unwrap_or_else(|| ReturnPath::or_root(Some(&flow.return_path)))
}

/// Returns the page of a sign-in, unless its `state` says it.
pub(super) async fn of(auth: &Auth, pending: &Pending) -> Option<ReturnPath> {
    match kept(auth, pending.page_grant.as_deref()).await {
        Some(page) => Some(page),
        None => pending.return_path(),
    }
}
