//! The access token that a handoff comes with: good for identity's `/userinfo` for five minutes, and never
//! longer than the session it stands for.

use super::mint::{Handoffs, user_of};
use auth::{
    grants::hash_of,
    handoff::{ACCESS_LIFETIME, HandoffUser},
    session::SessionKey,
    store::{GrantKind, StoreError},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

/// What `/userinfo` tells (OpenID Connect Core §5.3.2), and of which provider's user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct UserInfo {
    /// The provider whose `sub` it is.
    pub(crate) iss: String,
    /// The user.
    #[serde(flatten)]
    pub(crate) user: HandoffUser,
}

/// Why an access token opened nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AccessRefusal {
    /// Unknown, expired, for something else, or of a session that has ended: RFC 6750 §3.1 has one name for
    /// all of it.
    #[error("invalid_token")]
    Invalid,
    /// The store does not answer.
    #[error("session_unavailable")]
    Store(#[from] StoreError),
}

impl Handoffs {
    /// The one address that its access tokens are good for.
    fn audience(&self) -> String {
        format!("{}/userinfo", self.inner().auth.public_urls().canonical())
    }

    /// A fresh access token for the user of this session. It is not bound to a `state`; in its place is noted
    /// which app it was made for.
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

    /// Whom an access token stands for.
    ///
    /// # Errors
    /// An [`AccessRefusal`].
    pub(crate) async fn userinfo(&self, access_token: &SecretString) -> Result<UserInfo, AccessRefusal> {
        let auth = &self.inner().auth;
        let grant = auth.grants().look(access_token.expose_secret()).await?.ok_or(AccessRefusal::Invalid)?;
        let is_good = grant.kind == GrantKind::AccessToken
            && grant.audience == self.audience()
            && grant.expires_at > auth.clock().now();
        if !is_good {
            return Err(AccessRefusal::Invalid);
        }
        let live = self.session_of(grant).await?;
        let (key, record) = live.ok_or(AccessRefusal::Invalid)?;
        let id_token = auth.sessions().tokens(&key, &record).ok().and_then(|tokens| tokens.id_token);
        Ok(UserInfo { iss: record.issuer.clone(), user: user_of(&record, id_token.as_ref()) })
    }
}
