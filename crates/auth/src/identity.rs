//! The identity app, from the point of view of an app that is registered there.

mod settings;

pub(crate) use settings::{compare_with, report_differences};

use crate::{
    Auth,
    clock::Clock,
    config::IdentityClient,
    http::HttpClient,
    jws::TokenRule,
    message::{Expected, MessageError, ReadMessage, Verified, receive, rule_error},
    origin::UniqueParams,
    provider::KeyCache,
};
use openidconnect::JsonWebKeySetUrl;

/// The identity app: this app's client registration there, and the keys of identity's signed messages.
#[derive(Debug)]
pub struct Identity {
    client: IdentityClient,
    keys: KeyCache,
}

impl Identity {
    /// Creates the identity app at which this app is registered as `client`. No request is sent yet.
    #[must_use]
    pub fn new(client: IdentityClient, http: HttpClient, clock: Clock) -> Self {
        let url = JsonWebKeySetUrl::from_url(client.issuer.join("/.well-known/jwks.json"));
        Self { keys: KeyCache::new(url, http, clock), client }
    }

    /// This app's client registration: identity's issuer, the client id and the client secret.
    #[must_use]
    pub fn client(&self) -> &IdentityClient {
        &self.client
    }

    /// Checks that identity sent this message to this app.
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

/// Reads the message of kind `M` from a form, and checks that identity sent it to this app.
///
/// # Errors
/// [`MessageError::Rule`] or [`MessageError::Keys`]. An app that is not registered at identity refuses every
/// message with [`TokenRule::Issuer`].
pub(crate) async fn message_from_identity<M: ReadMessage>(
    auth: &Auth,
    form: &UniqueParams,
) -> Result<Verified<M>, MessageError> {
    let token = form.get(M::FIELD).ok_or_else(|| rule_error::<M>(TokenRule::Missing))?;
    let identity = auth.identity().as_ref().ok_or_else(|| rule_error::<M>(TokenRule::Issuer))?;
    identity.receive(token, auth.clock()).await
}
