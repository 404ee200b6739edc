//! Acts on a logout token: the same steps for a provider's token and for identity's.

use super::LogoutToken;
use crate::{
    Auth,
    jws::TokenRule,
    message::{self, Expected, MessageError, Sender, Verified, rule_error},
    store::{Logout, StoreError},
};
use sha2::{Digest, Sha256};

/// Checks a logout token and ends the sessions that it names: those of a `sid`, those of a user in one
/// browser, or, with `sub` alone, all sessions of a user. Sessions that began after the event stay. `also`
/// runs after that, and before the token counts as used.
///
/// All steps run at least once, and ending a session is idempotent. If this process dies halfway, the
/// sender's retry repeats the steps. So the token's id is recorded last.
///
/// # Errors
/// [`MessageError`].
pub async fn receive(
    auth: &Auth,
    token: &str,
    also: impl AsyncFnOnce(&LogoutToken, [u8; 32]) -> Result<(), StoreError>,
) -> Result<(), MessageError> {
    let token = check(auth, token).await?;
    let id: [u8; 32] = Sha256::digest(format!("logout {} {}", token.provider_issuer, token.jti)).into();
    if auth.sessions().is_used(&id).await? {
        return Err(rule_error::<LogoutToken>(TokenRule::Replayed));
    }
    let scope = token.scope().ok_or_else(|| rule_error::<LogoutToken>(TokenRule::MissingSubject))?;
    let logout = Logout { issuer: &token.provider_issuer, scope, until: token.until };
    let ended = auth.sessions().log_out(logout).await?.len();
    also(&token, id).await?;
    if !auth.sessions().use_id(&id, token.expires_at).await? {
        return Err(rule_error::<LogoutToken>(TokenRule::Replayed));
    }
    tracing::info!(sessions = ended, "a logout token ended sessions");
    Ok(())
}

async fn check(auth: &Auth, token: &str) -> Result<Verified<LogoutToken>, MessageError> {
    let issuer = message::claimed_issuer(token).map_err(rule_error::<LogoutToken>)?;
    if let Some(identity) = auth.identity()
        && identity.client().issuer.to_string() == issuer
    {
        return identity.receive(token, auth.clock()).await;
    }
    // Two providers may be two clients of one issuer. The token is for one of them.
    let mut result = Err(rule_error::<LogoutToken>(TokenRule::Issuer));
    for provider in auth.providers().iter().filter(|provider| provider.signs_as(&issuer)) {
        for audience in std::iter::once(&provider.config.client_id).chain(&provider.config.logout_audiences) {
            let expected = Expected {
                issuer: &issuer,
                audience,
                from: Sender::Provider,
                tolerance: provider.config.clock_tolerance,
            };
            result = message::receive(token, expected, &*provider.keys().await?, auth.clock()).await;
            if !matches!(&result, Err(MessageError::Rule { rule: TokenRule::Audience, .. })) {
                return result;
            }
        }
    }
    result
}
