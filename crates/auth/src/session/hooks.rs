//! Hooks: [events](SignInEvent) that an app is told of, and a [question](SignInAttempt) about each sign-in.
//!
//! Register hooks with [`Auth::builder`](crate::Auth::builder). Each event is sent once, in the process that
//! caused it, and delays no answer. A hook that panics or hangs only costs a log line.
//!
//! The question is part of the sign-in, which waits a few seconds for the answer. Everything but
//! [`Verdict::Allow`] refuses the sign-in. No argument of a hook contains a token.

use super::{NewSession, SessionRecord, User};
use crate::request_id::carry;
use auth_types::EndReason;
use chrono::{DateTime, Utc};
use futures::{FutureExt, future::BoxFuture};
use serde_json::{Map, Value};
use std::{fmt::Display, future::Future, panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio::time::timeout;

/// How long a hook may take before it is cancelled.
const HOOK_LIMIT: Duration = Duration::from_secs(30);
/// How long the visitor waits for a verdict about their sign-in.
const VERDICT_LIMIT: Duration = Duration::from_secs(3);

/// A user has signed in, and the session exists.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SignInEvent {
    /// The session's public id, as in the user's list of devices.
    pub session: String,
    /// The provider's id.
    pub provider: String,
    /// `provider:sub`, as pages see it.
    pub user_id: String,
    /// The user.
    pub user: User,
}

/// This process ended a session: the user signed out here or on another device, the provider ended the
/// session, or the session was idle. A session that simply expires causes no event.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SignOutEvent {
    /// Why the session ended.
    pub reason: EndReason,
    /// The session's public id; `None` if one action ended several sessions.
    pub session: Option<String>,
    /// `provider:sub`, if known.
    pub user_id: Option<String>,
}

/// A session's tokens have been renewed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RefreshEvent {
    /// The session's public id.
    pub session: String,
    /// The provider's id.
    pub provider: String,
    /// `provider:sub`, as pages see it.
    pub user_id: String,
    /// When the new access token ends, if the provider said.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A verified sign-in that is not a session yet.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SignInAttempt {
    /// The provider's id.
    pub provider: String,
    /// `iss`.
    pub issuer: String,
    /// `sub`.
    pub subject: String,
    /// The user.
    pub user: User,
    /// The standard claims of the verified ID token (OpenID Connect Core §5.1), completed from `/userinfo`. A
    /// plain OAuth 2.0 provider has at most `email` and `email_verified`.
    pub claims: Map<String, Value>,
}

impl SignInAttempt {
    /// The email address, if the provider says that it belongs to the user (`email_verified`). Any other
    /// address may be made up, and must not grant access.
    #[must_use]
    pub fn verified_email(&self) -> Option<&str> {
        let is_verified = self.claims.get("email_verified").is_some_and(|verified| *verified == true);
        // `email_verified` is about the `email` claim; the user's address must be the same.
        let about = self.claims.get("email").and_then(Value::as_str).filter(|_| is_verified);
        self.user.email.as_deref().filter(|email| Some(*email) == about)
    }
}

/// Whether a sign-in becomes a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The sign-in becomes a session.
    Allow,
    /// The sign-in is refused: `/login?error=refused`.
    Refuse,
}

type EventHook<E> = Arc<dyn Fn(E) -> BoxFuture<'static, ()> + Send + Sync>;
type SignInHook = Arc<dyn Fn(SignInAttempt) -> BoxFuture<'static, Result<Verdict, String>> + Send + Sync>;

/// All hooks that an app has registered.
#[derive(Default)]
pub(crate) struct Hooks {
    sign_in: Vec<EventHook<SignInEvent>>,
    sign_out: Vec<EventHook<SignOutEvent>>,
    refresh: Vec<EventHook<RefreshEvent>>,
    verdict: Option<SignInHook>,
}

fn boxed<E, F, Fut>(hook: F) -> EventHook<E>
where
    F: Fn(E) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    Arc::new(move |event| hook(event).boxed())
}

impl Hooks {
    pub(crate) fn on_sign_in<F, Fut>(&mut self, hook: F)
    where
        F: Fn(SignInEvent) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.sign_in.push(boxed(hook));
    }

    pub(crate) fn on_sign_out<F, Fut>(&mut self, hook: F)
    where
        F: Fn(SignOutEvent) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.sign_out.push(boxed(hook));
    }

    pub(crate) fn on_refresh<F, Fut>(&mut self, hook: F)
    where
        F: Fn(RefreshEvent) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.refresh.push(boxed(hook));
    }

    pub(crate) fn set_sign_in_callback<F, Fut, E>(&mut self, callback: F)
    where
        F: Fn(SignInAttempt) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Verdict, E>> + Send + 'static,
        E: Display + 'static,
    {
        self.verdict = Some(Arc::new(move |attempt| {
            // Called inside the future, so that a panic before the first `await` is caught too.
            callback(attempt).map(|verdict| verdict.map_err(|error| error.to_string())).boxed()
        }));
    }

    pub(crate) fn signed_in(&self, record: &SessionRecord) {
        notify("on_sign_in", &self.sign_in, || SignInEvent {
            session: record.public_id.clone(),
            provider: record.provider.clone(),
            user_id: record.user_id(),
            user: record.user.clone(),
        });
    }

    /// Whether the app has sign-out hooks. If so, the user must be looked up before the session ends.
    pub(crate) fn has_sign_out_hooks(&self) -> bool {
        !self.sign_out.is_empty()
    }

    /// Calls the sign-out hooks. `session` and `user` may each be unknown.
    pub(crate) fn signed_out(&self, reason: EndReason, session: Option<&str>, user: Option<&SessionRecord>) {
        notify("on_sign_out", &self.sign_out, || SignOutEvent {
            reason,
            session: session.map(Into::into),
            user_id: user.map(SessionRecord::user_id),
        });
    }

    pub(crate) fn refreshed(&self, record: &SessionRecord, expires_at: Option<DateTime<Utc>>) {
        notify("on_refresh", &self.refresh, || RefreshEvent {
            session: record.public_id.clone(),
            provider: record.provider.clone(),
            user_id: record.user_id(),
            expires_at,
        });
    }

    /// Whether this sign-in may become a session. An error, a panic or a timeout refuses the sign-in.
    pub(crate) async fn allows(&self, new: &NewSession) -> bool {
        let Some(callback) = self.verdict.clone() else { return true };
        let attempt = SignInAttempt {
            provider: new.provider.clone(),
            issuer: new.issuer.clone(),
            subject: new.subject.clone(),
            user: new.user.clone(),
            claims: new.claims.clone(),
        };
        let asked = AssertUnwindSafe(async move { callback(attempt).await }).catch_unwind();
        match timeout(VERDICT_LIMIT, asked).await {
            Ok(Ok(Ok(verdict))) => return verdict == Verdict::Allow,
            Ok(Ok(Err(error))) => tracing::error!(error, "sign_in callback failed; sign-in refused"),
            Ok(Err(_)) => tracing::error!("sign_in callback panicked; sign-in refused"),
            Err(_) => tracing::error!(limit = ?VERDICT_LIMIT, "sign_in callback timed out; sign-in refused"),
        }
        false
    }
}

/// Runs each hook in a separate task.
fn notify<E: Clone + Send + 'static>(name: &'static str, hooks: &[EventHook<E>], event: impl FnOnce() -> E) {
    if hooks.is_empty() {
        return;
    }
    let event = event();
    for hook in hooks {
        let (hook, event) = (hook.clone(), event.clone());
        tokio::spawn(carry(async move {
            let told = AssertUnwindSafe(async move { hook(event).await }).catch_unwind();
            match timeout(HOOK_LIMIT, told).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => tracing::error!(hook = name, "hook panicked"),
                Err(_) => {
                    tracing::error!(hook = name, limit = ?HOOK_LIMIT, "hook timed out");
                }
            }
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Tokens;
    use std::future::pending;

    fn new_session() -> NewSession {
        NewSession {
            provider: "demo".into(),
            issuer: "https://op.example".into(),
            subject: "1".into(),
            sid: None,
            is_automatic: false,
            browser: None,
            begun_at: chrono::DateTime::UNIX_EPOCH,
            issued_at: DateTime::UNIX_EPOCH,
            user: User::default(),
            claims: Map::new(),
            tokens: Tokens {
                access_token: Some("access".into()),
                access_expires_at: None,
                refresh_token: None,
                id_token: None,
            },
            ends_by: None,
        }
    }

    #[tokio::test]
    async fn without_a_callback_sign_ins_are_allowed_and_a_hanging_callback_refuses() {
        let mut hooks = Hooks::default();
        assert!(hooks.allows(&new_session()).await);
        hooks.set_sign_in_callback(async |_| pending::<Result<Verdict, String>>().await);
        assert!(!hooks.allows(&new_session()).await);
    }

    #[test]
    fn an_unverified_address_is_not_returned() {
        let attempt = |claims: Value| SignInAttempt {
            provider: "demo".into(),
            issuer: "https://op.example".into(),
            subject: "1".into(),
            user: User { email: Some("a@example.com".into()), ..User::default() },
            claims: claims.as_object().cloned().unwrap_or_default(),
        };
        let verified = serde_json::json!({ "email": "a@example.com", "email_verified": true });
        assert_eq!(attempt(verified).verified_email(), Some("a@example.com"));
        for claims in [
            serde_json::json!({}),
            serde_json::json!({ "email": "a@example.com" }),
            serde_json::json!({ "email": "a@example.com", "email_verified": "true" }),
            serde_json::json!({ "email": "a@example.com", "email_verified": false }),
            // `email_verified` without an address, or about another address.
            serde_json::json!({ "email_verified": true }),
            serde_json::json!({ "email": null, "email_verified": true }),
            serde_json::json!({ "email": "b@example.com", "email_verified": true }),
        ] {
            assert_eq!(attempt(claims.clone()).verified_email(), None, "{claims}");
        }
    }
}
