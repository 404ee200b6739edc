//! The access token of a handoff: valid for identity's `/userinfo` for five minutes, but not longer than the
//! session behind it.

use super::mint::{HandoffService, user_of};
use auth::{
    grants::hash_of,
    handoff::{ACCESS_LIFETIME, HandoffUser},
    session::SessionKey,
    store::{GrantKind, StoreError},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

/// The answer of `/userinfo` (OpenID Connect Core §5.3.2), with the provider of the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct UserInfo {
    /// The provider that issued `sub`.
    pub(crate) iss: String,
    /// The user.
    #[serde(flatten)]
    pub(crate) user: HandoffUser,
}

/// Why an access token was rejected.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AccessRefusal {
    /// The token is unknown, expired, of another kind, or of a session that has ended. RFC 6750 §3.1 has one
    /// name for all of these.
    #[error("invalid_token")]
    Invalid,
    /// The store does not answer.
    #[error("session_unavailable")]
    Store(#[from] StoreError),
}

impl HandoffService {
    /// The only audience of the access tokens: the address of `/userinfo`.
    fn audience(&self) -> String {
        format!("{}/userinfo", self.inner().auth.public_urls().canonical())
    }

    /// Issues an access token for the user of this session. An access token has no `state`; the hash of the
    /// client id takes its place in the grant.
    pub(crate) async fn access_token(
        &self,
        session: &SessionKey,
        client_id: &str,
    ) -> Result<SecretString, StoreError> {
        let (audience, app) = (self.audience(), hash_of(client_id));
        let grant = self.inner().auth.grants().issue(
            GrantKind::AccessToken,
            &audience,
            app,
            session.as_bytes(),
            ACCESS_LIFETIME,
        );
        grant.await.map(SecretString::from)
    }

    /// Returns the user of an access token, which stays valid.
    ///
    /// # Errors
    /// An [`AccessRefusal`].
    pub(crate) async fn userinfo(&self, access_token: &SecretString) -> Result<UserInfo, AccessRefusal> {
        let auth = &self.inner().auth;
        let grant = auth.grants().load(access_token.expose_secret()).await?.ok_or(AccessRefusal::Invalid)?;
        let is_good = grant.kind == GrantKind::AccessToken
            && grant.audience == self.audience()
            && grant.expires_at > auth.clock().now();
        if !is_good {
            return Err(AccessRefusal::Invalid);
        }
        let session = self.session_of(grant).await?.ok_or(AccessRefusal::Invalid)?;
        let id_token =
            auth.sessions().tokens(&session.key, &session.record).ok().and_then(|tokens| tokens.id_token);
        Ok(UserInfo { iss: session.record.issuer.clone(), user: user_of(&session.record, id_token.as_ref()) })
    }
}
