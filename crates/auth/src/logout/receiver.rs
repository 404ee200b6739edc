//! Taking a logout token in: the same steps for a provider's and for identity's.

use super::{Expected, LogoutToken, LogoutTokenError};
use crate::{
    Auth,
    clock::Clock,
    config::IdentityClient,
    http::HttpClient,
    jws::OWN_TOLERANCE,
    provider::{KeyCache, KeyRequester, Provider, Unavailable},
    store::{Logout, StoreError},
};
use openidconnect::JsonWebKeySetUrl;
use sha2::{Digest, Sha256};

/// The identity app as an issuer of logout tokens.
#[derive(Debug)]
pub struct Identity {
    client: IdentityClient,
    keys: KeyCache,
}

/// Why a logout token was not acted on.
#[derive(Debug, thiserror::Error)]
pub enum LogoutRefusal {
    /// It broke a rule; a 400, and nothing changed.
    #[error(transparent)]
    Token(#[from] LogoutTokenError),
    /// Its sender's keys are not to be had; a 503, and the sender tries again.
    #[error(transparent)]
    Keys(#[from] Unavailable),
    /// The store does not answer; a 503, and the sender tries again.
    #[error("session_unavailable")]
    Store(#[from] StoreError),
}

impl Identity {
    /// Listens to the identity app that knows us as this client.
    #[must_use]
    pub fn new(client: IdentityClient, http: HttpClient, clock: Clock) -> Self {
        let url = JsonWebKeySetUrl::from_url(client.issuer.join("/.well-known/jwks.json"));
        Self { keys: KeyCache::new(url, http, clock), client }
    }

    /// How it knows us.
    #[must_use]
    pub fn client(&self) -> &IdentityClient {
        &self.client
    }

    /// Its keys.
    pub(crate) fn keys(&self) -> &KeyCache {
        &self.keys
    }

    async fn check(&self, text: &str, issuer: &str, clock: &Clock) -> Result<LogoutToken, LogoutRefusal> {
        let expected = Expected {
            issuer,
            audience: &self.client.client_id,
            from_identity: true,
            tolerance: OWN_TOLERANCE,
        };
        let check = |jwks: &_| LogoutToken::verify(text, &expected, jwks, clock.now());
        Ok(self.keys.check(KeyRequester::Anybody, LogoutTokenError::needs_another_key, check).await??)
    }
}

/// Checks a logout token and ends what it names: the sessions of a `sid`, of a user in one browser, or, with `sub`
/// alone, all of a user. Sessions that began after the event stay. `also` runs after that, and before the token counts
/// as used.
///
/// Everything is done at least once: should this process die half-way, the sender's next try does it all
/// again, and ending twice is ending once. That is why the token's id is noted last.
///
/// # Errors
/// A [`LogoutRefusal`].
pub async fn receive(
    auth: &Auth,
    text: &str,
    also: impl AsyncFnOnce(&LogoutToken, [u8; 32]) -> Result<(), StoreError>,
) -> Result<(), LogoutRefusal> {
    let token = check(auth, text).await?;
    let id: [u8; 32] = Sha256::digest(format!("logout {} {}", token.provider_issuer, token.jti)).into();
    if auth.sessions().is_used(&id).await? {
        return Err(LogoutTokenError::Replayed.into());
    }
    let scope = token.scope().ok_or(LogoutTokenError::MissingSubject)?;
    let logout = Logout { issuer: &token.provider_issuer, scope, until: token.until };
    let ended = auth.sessions().log_out(logout).await.map_err(|error| error.0)?.len();
    also(&token, id).await?;
    if !auth.sessions().use_id(&id, token.expires_at).await? {
        return Err(LogoutTokenError::Replayed.into());
    }
    tracing::info!(sessions = ended, "a logout token ended sessions");
    Ok(())
}

async fn check(auth: &Auth, text: &str) -> Result<LogoutToken, LogoutRefusal> {
    let issuer = LogoutToken::claimed_issuer(text)?;
    if let Some(identity) = &auth.identity()
        && identity.client.issuer.to_string() == issuer
    {
        return identity.check(text, &issuer, auth.clock()).await;
    }
    let of_issuer = |provider: &&Provider| provider.issuer() == Some(issuer.as_str());
    match auth.providers().iter().find(of_issuer) {
        Some(provider) => {
            let audience = provider.config.client_id.as_str();
            let tolerance = provider.config.clock_tolerance;
            let expected = Expected { issuer: &issuer, audience, from_identity: false, tolerance };
            let check = |jwks: &_| LogoutToken::verify(text, &expected, jwks, auth.clock().now());
            Ok(provider
                .keys()
                .await?
                .check(KeyRequester::Anybody, LogoutTokenError::needs_another_key, check)
                .await??)
        }
        None => Err(LogoutTokenError::Issuer.into()),
    }
}
