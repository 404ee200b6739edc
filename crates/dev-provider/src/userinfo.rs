//! `GET` and `POST /userinfo` (OpenID Connect Core §5.3), with a bearer token in the header (RFC 6750 §2.1).

use crate::DevProvider;
use crate::faults::{Document, Endpoint};
use crate::random::fingerprint;
use crate::users::User;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Why a UserInfo request is refused (RFC 6750 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UserinfoRefusal {
    /// No bearer token was sent.
    NoToken,
    /// The token is unknown, expired or revoked.
    InvalidToken,
}

impl IntoResponse for UserinfoRefusal {
    fn into_response(self) -> Response {
        tracing::warn!(rule = ?self, "userinfo refused");
        let challenge = match self {
            Self::NoToken => "Bearer realm=\"userinfo\"",
            Self::InvalidToken => "Bearer realm=\"userinfo\", error=\"invalid_token\"",
        };
        (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)]).into_response()
    }
}

/// `GET` and `POST /userinfo`
pub(crate) async fn any(State(provider): State<DevProvider>, headers: HeaderMap) -> Response {
    provider.live_counters().userinfo.increment();
    if let Some(answer) = provider.apply_faults(Endpoint::Userinfo).await {
        return answer;
    }
    match provider.userinfo(&headers) {
        Ok(answer) => answer,
        Err(refusal) => refusal.into_response(),
    }
}

impl DevProvider {
    fn userinfo(&self, headers: &HeaderMap) -> Result<Response, UserinfoRefusal> {
        let token = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok()?.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or(UserinfoRefusal::NoToken)?;
        let now = self.now();
        let state = self.state();
        let access =
            state.access_tokens.get(&fingerprint(token), now).ok_or(UserinfoRefusal::InvalidToken)?;
        let grant = state.families.get(&access.family, now).ok_or(UserinfoRefusal::InvalidToken)?;
        let user = User::by_sub(&grant.sub).ok_or(UserinfoRefusal::InvalidToken)?;
        let mut claims = serde_json::to_value(user.claims(&access.scope)).unwrap_or_default();
        self.config().personality.reshape(&mut claims);
        self.faults().change(Document::Userinfo, &mut claims);
        Ok(Json(claims).into_response())
    }
}
