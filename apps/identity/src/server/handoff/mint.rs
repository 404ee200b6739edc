//! Mints and redeems handoff tokens.

use crate::server::{
    messages::Messenger,
    registry::{RegisteredClient, Registry},
};
use auth::{
    Auth,
    flow::Flow,
    grants::{IssuedGrant, hash_of},
    handoff::{ACCESS_LIFETIME, HandoffSession, HandoffUser, TOKEN_LIFETIME, VerifyAnswer},
    limit::{Quota, QuotaExceeded, RateLimit},
    origin::Origin,
    session::{Session, SessionKey, SessionRecord},
    store::{Claim, ClaimOutcome, GrantKind, StoreError},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use http::{HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The rate limit of refused tokens, for each app. A token has 256 random bits and cannot be guessed. The
/// limit protects the store, which looks up each guess.
const REFUSALS: Quota = Quota { burst: 30, refill: TimeDelta::seconds(1) };

/// The record that the user pressed "Open" for an app in this browser. Without this check, a link to an app's
/// `/handoff/start` would sign in a visitor who did not ask for that.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct LaunchMark {
    /// The app.
    pub(crate) client_id: String,
}

impl Flow for LaunchMark {
    const KIND: &'static str = "opening";
}

/// Identity's half of handoffs; cheap to clone.
#[derive(Clone)]
pub(crate) struct HandoffService(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) auth: Auth,
    pub(crate) registry: Arc<Registry>,
    pub(crate) messenger: Messenger,
    /// Counts only refusals: successful handoffs are not limited. Over the limit no token is looked up, so
    /// none is used up.
    refusals: RateLimit<String>,
}

impl HandoffService {
    /// Creates identity's half of handoffs, for the apps of `registry`.
    pub(crate) fn new(auth: &Auth, registry: Arc<Registry>, messenger: Messenger) -> Self {
        let refusals = RateLimit::new(auth.clock().clone(), REFUSALS);
        Self(Arc::new(Inner { auth: auth.clone(), registry, messenger, refusals }))
    }

    /// The live session behind a grant, read from the store and not from the cache.
    pub(crate) async fn session_of(&self, grant: IssuedGrant) -> Result<Option<Session>, StoreError> {
        let about = grant.about.and_then(|key| key.try_into().ok());
        let Some(key) = about.map(SessionKey::from_bytes) else { return Ok(None) };
        let state = self.0.auth.sessions().reload(&key).await?;
        Ok(state.session().cloned())
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }

    /// The app with this id, if handoff is enabled for the app.
    #[must_use]
    pub(crate) fn app(&self, client_id: &str) -> Option<&RegisteredClient> {
        self.0.registry.get(client_id).filter(|app| app.handoff)
    }

    /// Records that the user opens `app` in this browser. Returns the `opening` that the app must bring back,
    /// and the cookies to set.
    ///
    /// # Errors
    /// [`StoreError`] when the record does not fit into a cookie, which would be a bug.
    pub(crate) fn begin_launch(
        &self,
        app: &RegisteredClient,
        origin: &Origin,
        headers: &HeaderMap,
    ) -> Result<(String, Vec<HeaderValue>), StoreError> {
        let opening = self.0.auth.random().token();
        let flow = LaunchMark { client_id: app.client_id.clone() };
        let cookies = self.0.auth.flows().begin(&opening, flow, self.0.auth.cookies(origin, headers))?;
        Ok((opening, cookies))
    }

    /// Checks whether the user opened `app` in this browser, and takes the record. Returns the cookies that
    /// clear the record; `None` without a record for this app.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub(crate) async fn take_launch(
        &self,
        opening: &str,
        app: &RegisteredClient,
        origin: &Origin,
        headers: &HeaderMap,
    ) -> Result<Option<Vec<HeaderValue>>, StoreError> {
        let taken =
            self.0.auth.flows().take::<LaunchMark>(opening, self.0.auth.cookies(origin, headers)).await?;
        Ok(taken.filter(|(flow, _)| flow.client_id == app.client_id).map(|(_, clear)| clear))
    }

    /// Mints a token with which `app` can sign in the user of `session`, once, in the browser that knows
    /// `state`.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub(crate) async fn mint(
        &self,
        session: &Session,
        app: &RegisteredClient,
        state: &str,
    ) -> Result<SecretString, StoreError> {
        let about = session.key.as_bytes();
        let kind = GrantKind::HandoffToken;
        let token =
            self.0.auth.grants().issue(kind, &app.client_id, hash_of(state), about, TOKEN_LIFETIME).await?;
        tracing::info!(app = app.client_id, session = session.record.public_id, "handoff token issued");
        Ok(SecretString::from(token))
    }

    /// Redeems a token of `app`, once, for the session and the user behind it.
    ///
    /// # Errors
    /// A [`VerifyRefusal`]. The token stays valid, unless its session has ended or the store fails after the
    /// token was taken.
    pub(crate) async fn redeem(
        &self,
        app: &RegisteredClient,
        token: &SecretString,
        state: &SecretString,
    ) -> Result<VerifyAnswer, VerifyRefusal> {
        self.0.refusals.check(&app.client_id)?;
        let redeemed = self.try_redeem(app, token, state).await;
        match &redeemed {
            Ok(answer) => {
                let provider = answer.session.provider.as_str();
                tracing::info!(app = app.client_id, provider, "handoff token redeemed");
            }
            Err(VerifyRefusal::Store(error)) => tracing::error!(%error, "session store unavailable"),
            Err(rule) => {
                self.0.refusals.take_unchecked(app.client_id.clone());
                tracing::warn!(%rule, app = app.client_id, "handoff token rejected");
            }
        }
        redeemed
    }

    async fn try_redeem(
        &self,
        app: &RegisteredClient,
        token: &SecretString,
        state: &SecretString,
    ) -> Result<VerifyAnswer, VerifyRefusal> {
        let auth = &self.0.auth;
        let token = token.expose_secret();
        let state_hash = hash_of(state.expose_secret());
        let claim = Claim { kind: GrantKind::HandoffToken, audience: &app.client_id, state_hash };
        // Looked up before the token is taken: a store that fails here does not use the token up.
        let found = auth.grants().load(token).await?.ok_or(VerifyRefusal::Unknown)?;
        let live = self.session_of(found).await?;
        match auth.grants().take(token, claim).await? {
            ClaimOutcome::Granted(_) => {}
            ClaimOutcome::Unknown => return Err(VerifyRefusal::Unknown),
            ClaimOutcome::WrongAudience => return Err(VerifyRefusal::WrongClient),
            ClaimOutcome::Expired => return Err(VerifyRefusal::Expired),
            ClaimOutcome::WrongState => return Err(VerifyRefusal::InvalidState),
        }
        let session = live.ok_or(VerifyRefusal::SessionEnded)?;
        // Checked again: the session may have ended before the token was taken.
        if !auth.sessions().is_live(&session.key).await? {
            return Err(VerifyRefusal::SessionEnded);
        }
        let access_token = self.access_token(&session.key, &app.client_id).await?;
        Ok(answer(auth, &session, access_token))
    }
}

fn answer(auth: &Auth, session: &Session, access_token: SecretString) -> VerifyAnswer {
    let record = &session.record;
    let id_token =
        auth.sessions().tokens(&session.key, &session.record).ok().and_then(|tokens| tokens.id_token);
    let user = user_of(record, id_token.as_ref());
    VerifyAnswer {
        access_token,
        token_type: "Bearer".to_owned(),
        expires_in: ACCESS_LIFETIME.num_seconds(),
        session: HandoffSession {
            provider: record.provider.clone(),
            iss: record.issuer.clone(),
            sub: record.subject.clone(),
            sid: record.sid.clone(),
            browser: record.browser.clone(),
            begun_ago: (auth.clock().now() - record.begun_at).num_milliseconds().try_into().ok(),
            issued_at: record.issued_at,
            expires_at: record.absolute_expires_at,
            id_token_hint: id_token,
        },
        user,
    }
}

/// The user of a session.
pub(crate) fn user_of(record: &SessionRecord, id_token: Option<&SecretString>) -> HandoffUser {
    HandoffUser {
        sub: record.subject.clone(),
        name: record.user.name.clone(),
        email: record.user.email.clone(),
        email_verified: id_token
            .and_then(verified_email)
            .is_some_and(|verified| Some(verified) == record.user.email),
        picture: record.user.picture.clone(),
    }
}

/// The email address that an ID token calls verified. The signature was checked when identity received the
/// token.
fn verified_email(id_token: &SecretString) -> Option<String> {
    #[derive(Deserialize)]
    struct Claims {
        email: Option<String>,
        #[serde(default)]
        email_verified: bool,
    }
    let payload = id_token.expose_secret().split('.').nth(1)?;
    let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    claims.email.filter(|_| claims.email_verified)
}

/// Why identity refused a token. See [`HandoffService::redeem`] for when the token stays valid.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VerifyRefusal {
    /// Never minted, already redeemed, or deleted.
    #[error("invalid_token")]
    Unknown,
    /// Minted for another app (403).
    #[error("wrong_client")]
    WrongClient,
    /// Bound to another `state`.
    #[error("invalid_state")]
    InvalidState,
    /// Older than [`TOKEN_LIFETIME`].
    #[error("token_expired")]
    Expired,
    /// The session behind the token has ended.
    #[error("session_ended")]
    SessionEnded,
    /// Too many tokens of this app were refused lately (429).
    #[error("too_many_requests")]
    QuotaExceeded(#[from] QuotaExceeded),
    /// The store does not answer (503).
    #[error("session_unavailable")]
    Store(#[from] StoreError),
}
