//! The identity app, as an app that signs in through it knows it.

use crate::{
    Auth,
    clock::Clock,
    config::IdentityClient,
    http::HttpClient,
    jws::TokenRule,
    message::{Expected, MessageError, ReadMessage, Verified, broke, receive},
    origin::UniqueParams,
    provider::KeyCache,
};
use openidconnect::JsonWebKeySetUrl;

/// The identity app: our client there, and the keys of its signed messages.
#[derive(Debug)]
pub struct Identity {
    client: IdentityClient,
    keys: KeyCache,
}

impl Identity {
    /// The identity app that knows this app as `client`.
    #[must_use]
    pub fn new(client: IdentityClient, http: HttpClient, clock: Clock) -> Self {
        let url = JsonWebKeySetUrl::from_url(client.issuer.join("/.well-known/jwks.json"));
        Self { keys: KeyCache::new(url, http, clock), client }
    }

    /// Our client there: its issuer, our id and our secret.
    #[must_use]
    pub fn client(&self) -> &IdentityClient {
        &self.client
    }

    /// Checks a message that identity must have sent to this app.
    ///
    /// # Errors
    /// [`MessageError::Rule`] or [`MessageError::Keys`].
    pub(crate) async fn receive<M: ReadMessage>(
        &self,
        token: &str,
        clock: &Clock,
    ) -> Result<Verified<M>, MessageError> {
        let issuer = self.client.issuer.to_string();
        receive(token, Expected::from_identity(&issuer, &self.client.client_id), &self.keys, clock).await
    }
}

/// Reads the message of kind `M` in a form: identity must have sent it to this app.
///
/// # Errors
/// [`MessageError::Rule`] or [`MessageError::Keys`]. An app without identity refuses every message by its issuer.
pub(crate) async fn message_from_identity<M: ReadMessage>(
    auth: &Auth,
    form: &UniqueParams,
) -> Result<Verified<M>, MessageError> {
    let token = form.get(M::FIELD).ok_or_else(|| broke::<M>(TokenRule::Missing))?;
    let identity = auth.identity().as_ref().ok_or_else(|| broke::<M>(TokenRule::Issuer))?;
    identity.receive(token, auth.clock()).await
}
