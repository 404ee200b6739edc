//! Identity's side: tokens are minted, and redeemed.

use super::presence::PresenceClient;
use crate::server::registry::{RegisteredClient, Registry};
use auth::{
    Auth,
    config::ConfigError,
    flow::Flow,
    grants::{IssuedGrant, hash_of},
    handoff::{ACCESS_LIFETIME, HandoffSession, HandoffUser, TOKEN_LIFETIME, VerifyAnswer},
    limit::{Quota, QuotaExceeded, RateLimit},
    origin::Origin,
    session::{Resolution, Session, SessionKey, SessionRecord},
    store::{Claim, GrantKind, GrantOutcome, StoreError},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use http::{HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A token has 256 bits, so it cannot be guessed; the limit keeps those who try from costing the store a look-up for
/// each.
const REFUSALS: Quota = Quota { burst: 30, refill: TimeDelta::seconds(1) };

/// Somebody pressed "Open" for an app, in this browser. Without one, a link that leads past an app's
/// `/handoff/start` would sign somebody in who asked for nothing.
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
pub(crate) struct Handoffs(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) auth: Auth,
    pub(crate) registry: Arc<Registry>,
    pub(crate) asker: PresenceClient,
    /// Counts refusals only: an app may open as many sessions as it likes, and when its share is used up nothing is
    /// looked at, so no token is used up either.
    refusals: RateLimit<String>,
}

impl Handoffs {
    /// What hands a session of identity over to the apps of `registry`.
    ///
    /// # Errors
    /// A [`ConfigError`] when TLS has no roots.
    pub(crate) fn new(auth: &Auth, registry: Arc<Registry>) -> Result<Self, ConfigError> {
        let asker = PresenceClient::new(auth)?;
        let refusals = RateLimit::new(auth.clock().clone(), REFUSALS);
        Ok(Self(Arc::new(Inner { auth: auth.clone(), registry, asker, refusals })))
    }

    /// The live session that a grant is about, asked of the store itself.
    pub(crate) async fn session_of(
        &self,
        grant: IssuedGrant,
    ) -> Result<Option<(SessionKey, Arc<SessionRecord>)>, StoreError> {
        let about = grant.about.and_then(|key| key.try_into().ok());
        let Some(key) = about.map(SessionKey::from_bytes) else { return Ok(None) };
        match self.0.auth.sessions().look_again(&key).await {
            Ok(Resolution::SignedIn(key, record)) => Ok(Some((key, record))),
            Ok(Resolution::Ended(_) | Resolution::Unknown) => Ok(None),
            Err(error) => Err(error.0),
        }
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }

    /// The app of this id, if it may be opened this way.
    #[must_use]
    pub(crate) fn app(&self, client_id: &str) -> Option<&RegisteredClient> {
        self.0.registry.get(client_id).filter(|app| app.handoff)
    }

    /// Notes that somebody opens `app` in this browser: what the app has to bring back, and the cookies.
    ///
    /// # Errors
    /// [`StoreError`], which would be a fault of ours.
    pub(crate) fn open(
        &self,
        app: &RegisteredClient,
        origin: &Origin,
        headers: &HeaderMap,
    ) -> Result<(String, Vec<HeaderValue>), StoreError> {
        let opening = self.0.auth.random().token();
        let flow = LaunchMark { client_id: app.client_id.clone() };
        let cookies = self.0.auth.flows().begin(&opening, flow, origin, headers)?;
        Ok((opening, cookies))
    }

    /// Whether somebody opened `app` in this browser, once. With the cookies that forget it.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub(crate) async fn was_opened(
        &self,
        opening: &str,
        app: &RegisteredClient,
        origin: &Origin,
        headers: &HeaderMap,
    ) -> Result<Option<Vec<HeaderValue>>, StoreError> {
        let taken = self.0.auth.flows().take::<LaunchMark>(opening, origin, headers).await?;
        Ok(taken.filter(|(flow, _)| flow.client_id == app.client_id).map(|(_, clear)| clear))
    }

    /// A token that opens `app` once for the user of `session`, in the browser that knows `state`.
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
        tracing::info!(app = app.client_id, session = session.record.public_id, "a handoff begins");
        Ok(SecretString::from(token))
    }

    /// Whom a token stands for, told to `app` once.
    ///
    /// # Errors
    /// A [`VerifyRefusal`]. The token is still good for whom it fits, unless its session has ended.
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
                tracing::info!(app = app.client_id, provider, "a handoff was verified");
            }
            Err(VerifyRefusal::Store(error)) => tracing::error!(%error, "a handoff could not be looked at"),
            Err(rule) => {
                self.0.refusals.note(app.client_id.clone());
                tracing::warn!(%rule, app = app.client_id, "a handoff was refused");
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
        // Looked up before the token is used up: a store that fails here costs nobody anything.
        let found = auth.grants().look(token).await?.ok_or(VerifyRefusal::Unknown)?;
        let live = self.session_of(found).await?;
        match auth.grants().take(token, claim).await? {
            GrantOutcome::Granted(_) => {}
            GrantOutcome::Unknown => return Err(VerifyRefusal::Unknown),
            GrantOutcome::WrongAudience => return Err(VerifyRefusal::WrongClient),
            GrantOutcome::Expired => return Err(VerifyRefusal::Expired),
            GrantOutcome::WrongState => return Err(VerifyRefusal::InvalidState),
        }
        let (key, record) = live.ok_or(VerifyRefusal::SessionEnded)?;
        // And once more: whatever ended the session before the token was taken counts.
        if !auth.sessions().lives(&key).await.map_err(|error| error.0)? {
            return Err(VerifyRefusal::SessionEnded);
        }
        let access_token = self.access_token(&key, &app.client_id).await?;
        Ok(answer(auth, &key, &record, access_token))
    }
}

fn answer(auth: &Auth, key: &SessionKey, record: &SessionRecord, access_token: SecretString) -> VerifyAnswer {
    let id_token = auth.sessions().tokens(key, record).ok().and_then(|tokens| tokens.id_token);
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

/// The email address that an ID token calls verified. Our own copy of a token whose signature was checked
/// when it came.
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

/// Why identity did not verify a token. Only when it is expired or its session has ended is it lost by that.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VerifyRefusal {
    /// Never minted, redeemed before, or swept.
    #[error("invalid_token")]
    Unknown,
    /// Minted for another app (403).
    #[error("wrong_client")]
    WrongClient,
    /// Bound to another `state`.
    #[error("invalid_state")]
    InvalidState,
    /// More than [`TOKEN_LIFETIME`] old.
    #[error("token_expired")]
    Expired,
    /// The session it stands for has ended meanwhile.
    #[error("session_ended")]
    SessionEnded,
    /// This app was refused too often lately (429).
    #[error("too_many_requests")]
    QuotaExceeded(#[from] QuotaExceeded),
    /// The store does not answer (503).
    #[error("session_unavailable")]
    Store(#[from] StoreError),
}
