//! `POST /token`: the token endpoint (RFC 6749 §4.1.3, RFC 7636 §4.6).

mod assertion;
mod client_auth;
mod refresh;
mod refusal;

pub(crate) use refusal::TokenRefusal;

use crate::DevProvider;
use crate::client::Client;
use crate::clock::later;
use crate::faults::{Document, Endpoint, Fault};
use crate::params::{Params, Scopes};
use crate::random::{Fingerprint, fingerprint};
use crate::state::{AccessToken, Code, Grant, RefreshToken, TokenAnswer};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use client_auth::authenticate;
use refusal::TokenError;
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use subtle::ConstantTimeEq as _;

/// Lifetime of an access token under [`Fault::ShortLived`].
const SHORT_LIFETIME: Duration = Duration::from_secs(2);

/// `POST /token`
pub(crate) async fn post(State(provider): State<DevProvider>, headers: HeaderMap, body: Bytes) -> Response {
    let params = Params::parse(&body);
    let live_counters = provider.live_counters();
    match params.get("grant_type") {
        Some("authorization_code") => live_counters.authorization_code.increment(),
        Some("refresh_token") => live_counters.refresh_token.increment(),
        _ => live_counters.other_grant.increment(),
    }
    if let Some(answer) = provider.apply_faults(Endpoint::Token).await {
        return answer;
    }
    let exchanged = match client_of(&provider, &headers, &params) {
        Ok(client) => {
            if let Some(answer) = provider.apply_visitor_fault(client, &params).await {
                return answer;
            }
            provider.exchange(client, &params)
        }
        Err(refusal) => Err(refusal.into()),
    };
    let answer = match exchanged {
        Ok(answer) => {
            let mut answer = serde_json::to_value(answer).unwrap_or_default();
            provider.faults().change(Document::TokenAnswer, &mut answer);
            Json(answer).into_response()
        }
        Err(TokenError::Refused(refusal)) => refusal.into_response(),
        Err(TokenError::Failed(failure)) => failure.into_response(),
    };
    if provider.faults().is_due(&Fault::LostTokenAnswer) {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    answer
}

/// Checks the content type, the parameters and the credentials of a client's form, and returns the client.
pub(crate) fn client_of<'a>(
    provider: &'a DevProvider,
    headers: &HeaderMap,
    params: &Params,
) -> Result<&'a Client, TokenRefusal> {
    let form = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if form.split(';').next().map(str::trim) != Some("application/x-www-form-urlencoded") {
        return Err(TokenRefusal::NotAForm);
    }
    if params.has_duplicates() {
        return Err(TokenRefusal::DuplicateParameter);
    }
    authenticate(provider, headers, params)
}

impl DevProvider {
    fn exchange(&self, client: &Client, params: &Params) -> Result<TokenAnswer, TokenError> {
        match params.get("grant_type") {
            Some("authorization_code") => self.redeem_code(client, params),
            Some("refresh_token") => self.refresh(client, params),
            Some(_) => Err(TokenRefusal::UnsupportedGrantType.into()),
            None => Err(TokenRefusal::MissingParameter.into()),
        }
    }

    fn redeem_code(&self, client: &Client, params: &Params) -> Result<TokenAnswer, TokenError> {
        let key = fingerprint(params.get("code").ok_or(TokenRefusal::MissingParameter)?);
        let now = self.now();
        let family = self.config().random.token();
        let code = {
            let mut state = self.state();
            let Some(code) =
                state.codes.get_mut(&key, now).filter(|code| code.grant.client_id == client.client_id)
            else {
                return Err(TokenRefusal::UnknownCode.into());
            };
            if let Some(first_use) = code.used.clone() {
                if let Some(family) = first_use {
                    state.families.remove(&family);
                }
                return Err(TokenRefusal::ReplayedCode.into());
            }
            // Mark the code as used before the checks: a wrong verifier gets no second try.
            code.used = Some(None);
            if code.expires <= now {
                return Err(TokenRefusal::UnknownCode.into());
            }
            check_binding(code, params)?;
            code.used = Some(Some(family.clone()));
            let code = code.clone();
            if state.sessions.get(&code.grant.sid, now).is_none() {
                return Err(TokenRefusal::SessionEnded.into());
            }
            let expires = later(now, self.config().refresh_token_ttl.max(self.config().access_token_ttl));
            state.families.insert(family.clone(), code.grant.clone(), expires, now);
            code
        };
        let (answer, _) = self.answer(&family, &code.grant, &code.grant.scope, code.nonce.as_deref())?;
        tracing::info!(client_id = %client.client_id, "code redeemed");
        Ok(answer)
    }

    /// Issues and stores the tokens of a response. Also returns the fingerprint of the refresh token, if any.
    fn answer(
        &self,
        family: &str,
        grant: &Grant,
        scope: &Scopes,
        nonce: Option<&str>,
    ) -> Result<(TokenAnswer, Option<Fingerprint>), crate::Error> {
        let config = self.config();
        let now = self.now();
        let access_token = config.random.token();
        let refresh_token = config.grants_refresh_token(&grant.scope).then(|| config.random.token());
        let id_token = self.id_token(grant, nonce, &access_token)?;
        let successor = refresh_token.as_deref().map(fingerprint);
        let mut state = self.state();
        let access = AccessToken { family: family.to_owned(), scope: scope.clone() };
        let short_lived = self.faults().is_due(&Fault::ShortLived);
        let lifetime = if short_lived { SHORT_LIFETIME } else { config.access_token_ttl };
        let expires = later(now, lifetime);
        state.access_tokens.insert(fingerprint(&access_token), access, expires, now);
        if let Some(successor) = successor {
            let refresh = RefreshToken { family: family.to_owned(), used: None };
            state.refresh_tokens.insert(successor, refresh, later(now, config.refresh_token_ttl), now);
        }
        let answer = TokenAnswer {
            access_token,
            token_type: "Bearer",
            expires_in: i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX),
            refresh_token,
            id_token,
            scope: scope.to_string(),
        };
        Ok((answer, successor))
    }
}

/// Checks that the code was issued for this redirect URI and this verifier.
fn check_binding(code: &Code, params: &Params) -> Result<(), TokenRefusal> {
    if params.get("redirect_uri") != Some(code.redirect_uri.as_str()) {
        return Err(TokenRefusal::WrongRedirectUri);
    }
    let verifier = params.get("code_verifier").unwrap_or_default();
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    if (43..=128).contains(&verifier.len())
        && bool::from(challenge.as_bytes().ct_eq(code.code_challenge.as_bytes()))
    {
        Ok(())
    } else {
        Err(TokenRefusal::WrongVerifier)
    }
}
