//! `grant_type=refresh_token`: rotation, grace period and family revocation (RFC 6749 §6, RFC 9700 §4.14).

use super::refusal::{TokenError, TokenRefusal};
use crate::DevProvider;
use crate::client::Client;
use crate::clock::later;
use crate::faults::Fault;
use crate::params::{Params, Scopes};
use crate::random::{Fingerprint, fingerprint};
use crate::state::{Grant, State as Memory, TokenAnswer, UsedRefreshToken};
use chrono::{DateTime, Utc};

impl DevProvider {
    pub(super) fn refresh(&self, client: &Client, params: &Params) -> Result<TokenAnswer, TokenError> {
        let key = fingerprint(params.get("refresh_token").ok_or(TokenRefusal::MissingParameter)?);
        if self.faults().is_due(&Fault::RefuseRefresh) {
            return Err(TokenRefusal::RefusedByFault.into());
        }
        let now = self.now();
        // One refresh at a time: of two concurrent refreshes, the second sees the token as used.
        let _turn = self.refresh_lock();
        let (family, grant) = {
            let mut state = self.state();
            let Some((family, grant, used)) = state.refresh_token(&key, now) else {
                return Err(TokenRefusal::UnknownRefreshToken.into());
            };
            if grant.client_id != client.client_id {
                return Err(TokenRefusal::UnknownRefreshToken.into());
            }
            if self.loses_session(&mut state, &grant) {
                return Err(TokenRefusal::LostByFault.into());
            }
            if let Some(used) = used {
                return self.reuse(&mut state, &family, used).map_err(TokenError::from);
            }
            (family, grant)
        };
        let scope = params
            .get("scope")
            .map_or_else(|| grant.scope.clone(), |text| Scopes::parse(text, &self.config().scopes()));
        if !scope.within(&grant.scope) {
            return Err(TokenRefusal::WiderScope.into());
        }
        // A refreshed ID token has no `nonce` (OpenID Connect Core §12.2).
        let (answer, successor) = self.answer(&family, &grant, &scope, None)?;
        if let (Some(successor), Some(token)) = (successor, self.state().refresh_tokens.get_mut(&key, now)) {
            let answer_expires = later(now, self.config().access_token_ttl);
            token.used =
                Some(UsedRefreshToken { at: now, successor, answer: answer.clone(), answer_expires });
        }
        tracing::info!(client_id = %client.client_id, "tokens refreshed");
        Ok(answer)
    }

    /// Handles the reuse of a refresh token. Within the grace period, and while its successor is unused, the
    /// response was probably lost: returns that response again. Otherwise two parties hold the token: revokes
    /// its family.
    fn reuse(
        &self,
        state: &mut Memory,
        family: &String,
        used: UsedRefreshToken,
    ) -> Result<TokenAnswer, TokenRefusal> {
        let now = self.now();
        let successor_unused =
            state.refresh_tokens.get(&used.successor, now).is_some_and(|successor| successor.used.is_none());
        if successor_unused && now < later(used.at, self.config().refresh_grace) {
            let mut answer = used.answer;
            answer.expires_in = (used.answer_expires - now).num_seconds().max(0);
            return Ok(answer);
        }
        state.families.remove(family);
        Err(TokenRefusal::ReusedRefreshToken)
    }
}

impl Memory {
    /// Returns the family, the grant and the first use (if any) of a refresh token whose family is not
    /// revoked.
    fn refresh_token(
        &self,
        key: &Fingerprint,
        now: DateTime<Utc>,
    ) -> Option<(String, Grant, Option<UsedRefreshToken>)> {
        let token = self.refresh_tokens.get(key, now)?;
        let grant = self.families.get(&token.family, now)?;
        Some((token.family.clone(), grant.clone(), token.used.clone()))
    }
}
