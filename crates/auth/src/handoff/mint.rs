//! Identity's side: tokens are minted, and redeemed.

use super::{
    ACCESS_LIFETIME, HandedOver, HandoffUser, TOKEN_LIFETIME, VerifyAnswer, VerifyRefusal, presence::Asker,
};
use crate::{
    Auth,
    config::ConfigError,
    flow::Flow,
    limit::{RateLimit, Share},
    origin::{Origin, RegisteredClient, Registry},
    seal::Purpose,
    session::{Resolution, Session, SessionKey, SessionRecord},
    store::{Claim, Grant, GrantHash, GrantKind, StoreError, Taken},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use http::{HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// A token has 256 bits, so it cannot be guessed; the limit keeps those who try from costing the store a look-up for
/// each.
const REFUSALS: Share = Share { burst: 30, refill: TimeDelta::seconds(1) };

/// Somebody pressed "Open" for an app, in this browser. Without one, a link that leads past an app's
/// `/handoff/start` would sign somebody in who asked for nothing.
#[derive(Debug, Serialize, Deserialize)]
pub struct Opening {
    /// The app.
    pub client_id: String,
}

impl Flow for Opening {
    const KIND: &'static str = "opening";
}

/// Identity's half of handoffs; cheap to clone.
#[derive(Clone)]
pub struct Handoffs(Arc<Inner>);

pub(super) struct Inner {
    pub(super) auth: Auth,
    pub(super) registry: Arc<Registry>,
    pub(super) asker: Asker,
    /// Counts refusals only: an app may open as many sessions as it likes, and when its share is used up nothing is
    /// looked at, so no token is used up either.
    refusals: RateLimit<String>,
}

impl Auth {
    /// What opens the apps of `registry` for whoever is signed in here: identity's part of the handoff.
    ///
    /// # Errors
    /// A [`ConfigError`] when TLS has no roots.
    pub fn handoffs(&self, registry: Arc<Registry>) -> Result<Handoffs, ConfigError> {
        let asker = Asker::new(self)?;
        let refusals = RateLimit::new(self.clock.clone(), REFUSALS);
        Ok(Handoffs(Arc::new(Inner { auth: self.clone(), registry, asker, refusals })))
    }

    /// Keeps a grant about `about`, and returns what is handed out for it.
    pub(super) async fn grant(
        &self,
        kind: GrantKind,
        audience: &str,
        state_hash: [u8; 32],
        about: &[u8],
        lifetime: TimeDelta,
    ) -> Result<String, StoreError> {
        let token = self.random.token();
        let (hash, now) = (sha256(&token), self.clock.now());
        let sealed = self.keyring.seal(Purpose::Grant, &hash, about);
        let grant =
            Grant { kind, audience: audience.to_owned(), state_hash, sealed, expires_at: now + lifetime };
        self.store.put_grant(&hash, &grant, now).await?;
        Ok(token)
    }

    /// What a grant is about; `None` when it was sealed with a secret that is gone.
    pub(super) fn open_grant(&self, hash: &GrantHash, sealed: &[u8]) -> Option<Vec<u8>> {
        self.keyring.open(Purpose::Grant, hash, sealed).ok()
    }

    /// The live session that a grant is about, asked of the store itself.
    pub(super) async fn session_of_grant(
        &self,
        hash: &GrantHash,
        sealed: &[u8],
    ) -> Result<Option<(SessionKey, Arc<SessionRecord>)>, StoreError> {
        let about = self.open_grant(hash, sealed).and_then(|key| key.try_into().ok());
        let Some(key) = about.map(SessionKey::from_bytes) else { return Ok(None) };
        match self.sessions.look_again(&key).await {
            Ok(Resolution::SignedIn(key, record)) => Ok(Some((key, record))),
            Ok(Resolution::Ended(_) | Resolution::Unknown) => Ok(None),
            Err(error) => Err(error.0),
        }
    }
}

impl Handoffs {
    pub(super) fn inner(&self) -> &Inner {
        &self.0
    }

    /// The app of this id, if it may be opened this way.
    #[must_use]
    pub fn app(&self, client_id: &str) -> Option<&RegisteredClient> {
        self.0.registry.get(client_id).filter(|app| app.handoff)
    }

    /// The app that proves itself with this id and secret.
    #[must_use]
    pub fn authenticate(&self, client_id: &str, client_secret: &str) -> Option<&RegisteredClient> {
        self.0.registry.authenticate(client_id, client_secret)
    }

    /// Notes that somebody opens `app` in this browser: what the app has to bring back, and the cookies.
    ///
    /// # Errors
    /// [`StoreError`], which would be a fault of ours.
    pub fn open(
        &self,
        app: &RegisteredClient,
        origin: &Origin,
        headers: &HeaderMap,
    ) -> Result<(String, Vec<HeaderValue>), StoreError> {
        let opening = self.0.auth.random.token();
        let flow = Opening { client_id: app.client_id.clone() };
        let cookies = self.0.auth.flows.begin(&opening, flow, origin, headers)?;
        Ok((opening, cookies))
    }

    /// Whether somebody opened `app` in this browser, once. With the cookies that forget it.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn was_opened(
        &self,
        opening: &str,
        app: &RegisteredClient,
        origin: &Origin,
        headers: &HeaderMap,
    ) -> Result<Option<Vec<HeaderValue>>, StoreError> {
        let taken = self.0.auth.flows.take::<Opening>(opening, origin, headers).await?;
        Ok(taken.filter(|(flow, _)| flow.client_id == app.client_id).map(|(_, clear)| clear))
    }

    /// A token that opens `app` once for the user of `session`, in the browser that knows `state`.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn mint(
        &self,
        session: &Session,
        app: &RegisteredClient,
        state: &str,
    ) -> Result<SecretString, StoreError> {
        let about = session.key.as_bytes();
        let kind = GrantKind::HandoffToken;
        let token = self.0.auth.grant(kind, &app.client_id, sha256(state), about, TOKEN_LIFETIME).await?;
        tracing::info!(app = app.client_id, session = session.record.public_id, "a handoff begins");
        Ok(SecretString::from(token))
    }

    /// Whom a token stands for, told to `app` once.
    ///
    /// # Errors
    /// A [`VerifyRefusal`]. The token is still good for whom it fits, unless its session has ended.
    pub async fn redeem(
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
        let hash = sha256(token.expose_secret());
        let state_hash = sha256(state.expose_secret());
        let claim = Claim { kind: GrantKind::HandoffToken, audience: &app.client_id, state_hash };
        // Looked up before the token is used up: a store that fails here costs nobody anything.
        let found = auth.store.look_at_grant(&hash).await?.ok_or(VerifyRefusal::Unknown)?;
        let live = auth.session_of_grant(&hash, &found.sealed).await?;
        match auth.store.take_grant(&hash, claim, auth.clock.now()).await? {
            Taken::Granted(_) => {}
            Taken::Unknown => return Err(VerifyRefusal::Unknown),
            Taken::WrongAudience => return Err(VerifyRefusal::WrongClient),
            Taken::Expired => return Err(VerifyRefusal::Expired),
            Taken::WrongState => return Err(VerifyRefusal::InvalidState),
        }
        let (key, record) = live.ok_or(VerifyRefusal::SessionEnded)?;
        // And once more: whatever ended the session before the token was taken counts.
        if !auth.sessions.lives(&key).await.map_err(|error| error.0)? {
            return Err(VerifyRefusal::SessionEnded);
        }
        let access_token = self.access_token(&key, &app.client_id).await?;
        Ok(answer(auth, &key, &record, access_token))
    }
}

fn answer(auth: &Auth, key: &SessionKey, record: &SessionRecord, access_token: SecretString) -> VerifyAnswer {
    let id_token = auth.sessions.tokens(key, record).ok().and_then(|tokens| tokens.id_token);
    let user = user_of(record, id_token.as_ref());
    VerifyAnswer {
        access_token,
        token_type: "Bearer".to_owned(),
        expires_in: ACCESS_LIFETIME.num_seconds(),
        session: HandedOver {
            provider: record.provider.clone(),
            iss: record.issuer.clone(),
            sub: record.subject.clone(),
            sid: record.sid.clone(),
            browser: record.browser.clone(),
            begun_ago: (auth.clock.now() - record.begun_at).num_milliseconds().try_into().ok(),
            issued_at: record.issued_at,
            expires_at: record.absolute_expires_at,
            id_token_hint: id_token,
        },
        user,
    }
}

/// The user of a session.
pub(super) fn user_of(record: &SessionRecord, id_token: Option<&SecretString>) -> HandoffUser {
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

pub(super) fn sha256(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}
