//! `POST /token`: the token endpoint (RFC 6749 §4.1.3 and §6, RFC 7636 §4.6, RFC 9700 §4.14).

use crate::DevProvider;
use crate::client_auth::authenticate;
use crate::clock::later;
use crate::config::Client;
use crate::error::Failure;
use crate::faults::{Endpoint, Fault};
use crate::params::{Params, Scopes};
use crate::random::fingerprint;
use crate::state::{AccessToken, Grant, RefreshToken, State as Memory, TokenAnswer, Used};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// Why a token request is refused (RFC 6749 §5.2). Also the refusals of `/revoke`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenRefusal {
    #[error("the client is unknown, or its credentials are wrong")]
    InvalidClient,
    #[error("credentials came in the header and in the body")]
    TwoCredentials,
    #[error("the body must be application/x-www-form-urlencoded")]
    NotAForm,
    #[error("a parameter was sent twice")]
    DuplicateParameter,
    #[error("a required parameter is missing")]
    MissingParameter,
    #[error("grant_type must be authorization_code or refresh_token")]
    UnsupportedGrantType,
    #[error("the code is unknown, expired, or another client's")]
    UnknownCode,
    #[error("the code was used before; the tokens of its first use are revoked")]
    ReplayedCode,
    #[error("redirect_uri is not the one the code was sent to")]
    WrongRedirectUri,
    #[error("code_verifier does not fit the code_challenge")]
    WrongVerifier,
    #[error("the session has ended")]
    SessionEnded,
    #[error("the refresh token is unknown, expired, revoked, or another client's")]
    UnknownRefreshToken,
    #[error("the refresh token was used before; its whole family is revoked")]
    ReusedRefreshToken,
    #[error("the refresh token is refused")]
    RefusedByFault,
    #[error("the scope goes beyond what was granted")]
    WiderScope,
    #[error("the token belongs to another client")]
    ForeignToken,
}

impl TokenRefusal {
    fn code(self) -> &'static str {
        match self {
            Self::InvalidClient => "invalid_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::WiderScope => "invalid_scope",
            Self::ForeignToken => "unauthorized_client",
            Self::TwoCredentials | Self::NotAForm | Self::DuplicateParameter | Self::MissingParameter => {
                "invalid_request"
            }
            Self::UnknownCode
            | Self::ReplayedCode
            | Self::WrongRedirectUri
            | Self::WrongVerifier
            | Self::SessionEnded
            | Self::UnknownRefreshToken
            | Self::ReusedRefreshToken
            | Self::RefusedByFault => "invalid_grant",
        }
    }
}

impl IntoResponse for TokenRefusal {
    fn into_response(self) -> Response {
        tracing::warn!(rule = ?self, error = self.code(), "token request refused");
        let body = Json(json!({ "error": self.code(), "error_description": self.to_string() }));
        if self == Self::InvalidClient {
            let challenge = [(
                header::WWW_AUTHENTICATE,
                "Basic realm=\"token\", charset=\"UTF-8\"",
            )];
            return (StatusCode::UNAUTHORIZED, challenge, body).into_response();
        }
        (StatusCode::BAD_REQUEST, body).into_response()
    }
}

/// A refusal of the request, or a failure of the provider.
enum Stop {
    Refused(TokenRefusal),
    Failed(Failure),
}

impl From<TokenRefusal> for Stop {
    fn from(refusal: TokenRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<crate::Error> for Stop {
    fn from(error: crate::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// `POST /token`
pub(crate) async fn post(State(provider): State<DevProvider>, headers: HeaderMap, body: Bytes) -> Response {
    let params = Params::parse(&body);
    let tally = provider.tally();
    match params.get("grant_type") {
        Some("authorization_code") => tally.authorization_code.one_more(),
        Some("refresh_token") => tally.refresh_token.one_more(),
        _ => tally.other_grant.one_more(),
    }
    if let Some(answer) = provider.interfere(Endpoint::Token).await {
        return answer;
    }
    let answer = match provider.exchange(&headers, &params) {
        Ok(answer) => Json(answer).into_response(),
        Err(Stop::Refused(refusal)) => refusal.into_response(),
        Err(Stop::Failed(failure)) => failure.into_response(),
    };
    if provider.faults().strikes(Fault::LostTokenAnswer) {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    answer
}

/// Checks what every form endpoint for clients asks for, and names the client.
pub(crate) fn client_of<'a>(
    provider: &'a DevProvider,
    headers: &HeaderMap,
    params: &Params,
) -> Result<&'a Client, TokenRefusal> {
    let form = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if form.split(';').next().map(str::trim) != Some("application/x-www-form-urlencoded") {
        return Err(TokenRefusal::NotAForm);
    }
    if params.has_duplicates() {
        return Err(TokenRefusal::DuplicateParameter);
    }
    authenticate(provider.config(), headers, params)
}

impl DevProvider {
    fn exchange(&self, headers: &HeaderMap, params: &Params) -> Result<TokenAnswer, Stop> {
        let client = client_of(self, headers, params)?;
        match params.get("grant_type") {
            Some("authorization_code") => self.redeem_code(client, params),
            Some("refresh_token") => self.refresh(client, params),
            Some(_) => Err(TokenRefusal::UnsupportedGrantType.into()),
            None => Err(TokenRefusal::MissingParameter.into()),
        }
    }

    fn redeem_code(&self, client: &Client, params: &Params) -> Result<TokenAnswer, Stop> {
        let key = fingerprint(params.get("code").ok_or(TokenRefusal::MissingParameter)?);
        let now = self.now();
        let family = self.config().random.token();
        let code = {
            let mut state = self.state();
            let Some(code) = state
                .codes
                .get_mut(&key, now)
                .filter(|code| code.grant.client_id == client.client_id)
            else {
                return Err(TokenRefusal::UnknownCode.into());
            };
            if let Some(first_use) = code.used.clone() {
                if let Some(family) = first_use {
                    state.families.remove(&family);
                }
                return Err(TokenRefusal::ReplayedCode.into());
            }
            // One try, whatever comes of it: a wrong verifier gets no second guess.
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
            let expires = later(
                now,
                self.config()
                    .refresh_token_ttl
                    .max(self.config().access_token_ttl),
            );
            state
                .families
                .insert(family.clone(), code.grant.clone(), expires, now);
            code
        };
        let (answer, _) = self.answer(&family, &code.grant, &code.grant.scope, code.nonce.as_deref())?;
        tracing::info!(client_id = %client.client_id, "code redeemed");
        Ok(answer)
    }

    fn refresh(&self, client: &Client, params: &Params) -> Result<TokenAnswer, Stop> {
        let key = fingerprint(
            params
                .get("refresh_token")
                .ok_or(TokenRefusal::MissingParameter)?,
        );
        if self.faults().strikes(Fault::RefuseRefresh) {
            return Err(TokenRefusal::RefusedByFault.into());
        }
        let now = self.now();
        // One refresh at a time: the second of two sees what the first has made of the token.
        let _turn = self.refresh_turn();
        let (family, grant) = {
            let mut state = self.state();
            let Some((family, grant, used)) = state.refresh_token(&key, now) else {
                return Err(TokenRefusal::UnknownRefreshToken.into());
            };
            if grant.client_id != client.client_id {
                return Err(TokenRefusal::UnknownRefreshToken.into());
            }
            if let Some(used) = used {
                return self.again(&mut state, &family, used).map_err(Stop::from);
            }
            (family, grant)
        };
        let scope = params
            .get("scope")
            .map_or_else(|| grant.scope.clone(), Scopes::parse);
        if !scope.within(&grant.scope) {
            return Err(TokenRefusal::WiderScope.into());
        }
        // No nonce: it belongs to the sign-in (OpenID Connect Core §12.2).
        let (answer, successor) = self.answer(&family, &grant, &scope, None)?;
        if let (Some(successor), Some(token)) = (successor, self.state().refresh_tokens.get_mut(&key, now)) {
            let answer_expires = later(now, self.config().access_token_ttl);
            token.used = Some(Used {
                at: now,
                successor,
                answer: answer.clone(),
                answer_expires,
            });
        }
        tracing::info!(client_id = %client.client_id, "refreshed");
        Ok(answer)
    }

    /// A refresh token comes a second time. Within the grace, and while its successor is unused, the answer
    /// was probably lost: the same one again. Otherwise two parties hold it, and the family ends.
    fn again(&self, state: &mut Memory, family: &String, used: Used) -> Result<TokenAnswer, TokenRefusal> {
        let now = self.now();
        let successor_unused = state
            .refresh_tokens
            .get(&used.successor, now)
            .is_some_and(|successor| successor.used.is_none());
        if successor_unused && now < later(used.at, self.config().refresh_grace) {
            let mut answer = used.answer;
            answer.expires_in = (used.answer_expires - now).num_seconds().max(0);
            return Ok(answer);
        }
        state.families.remove(family);
        Err(TokenRefusal::ReusedRefreshToken)
    }

    /// Makes the tokens of an answer and remembers them. Also gives the fingerprint of the refresh token.
    fn answer(
        &self,
        family: &str,
        grant: &Grant,
        scope: &Scopes,
        nonce: Option<&str>,
    ) -> Result<(TokenAnswer, Option<crate::random::Fingerprint>), crate::Error> {
        let config = self.config();
        let now = self.now();
        let access_token = config.random.token();
        let refresh_token = grant.scope.has("offline_access").then(|| config.random.token());
        let id_token = self.id_token(grant, nonce, &access_token)?;
        let successor = refresh_token.as_deref().map(fingerprint);
        let mut state = self.state();
        let access = AccessToken {
            family: family.to_owned(),
            scope: scope.clone(),
        };
        let expires = later(now, config.access_token_ttl);
        state
            .access_tokens
            .insert(fingerprint(&access_token), access, expires, now);
        if let Some(successor) = successor {
            let refresh = RefreshToken {
                family: family.to_owned(),
                used: None,
            };
            state
                .refresh_tokens
                .insert(successor, refresh, later(now, config.refresh_token_ttl), now);
        }
        let answer = TokenAnswer {
            access_token,
            token_type: "Bearer",
            expires_in: i64::try_from(config.access_token_ttl.as_secs()).unwrap_or(i64::MAX),
            refresh_token,
            id_token,
            scope: scope.to_string(),
        };
        Ok((answer, successor))
    }
}

impl Memory {
    /// A refresh token whose family is alive: the family, its grant, and its first use if there was one.
    fn refresh_token(
        &self,
        key: &crate::random::Fingerprint,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Option<(String, Grant, Option<Used>)> {
        let token = self.refresh_tokens.get(key, now)?;
        let grant = self.families.get(&token.family, now)?;
        Some((token.family.clone(), grant.clone(), token.used.clone()))
    }
}

/// The code was made for this redirect URI and this verifier.
fn check_binding(code: &crate::state::Code, params: &Params) -> Result<(), TokenRefusal> {
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
