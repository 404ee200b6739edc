//! The app's side of a handoff: verifies a token and its `state`.

use super::{
    FailureCause, HandoffError, HandoffOutcome, HandoffSession, HandoffUser, TOKEN, VerifyAnswer,
    VerifyRequest,
    arrive::{Handoff, HandoffRequest},
    layer::{HandoffSettings, clean},
};
use crate::{
    Auth,
    config::IdentityClient,
    flow::Flow,
    flow_trace::{self, StepKind},
    jws::is_identifier,
    origin::{RequestOrigin, UniqueParams},
    provider::Provider,
    session::{CurrentSession, NewSession, Session, SessionState, Tokens},
    store::StoreError,
};
use chrono::{DateTime, TimeDelta, Utc};
use http::{StatusCode, request::Parts};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// How long a visitor waits for identity. Shorter than the limit of the HTTP client, so that the sign-in page
/// appears within five seconds.
const TIMEOUT: Duration = Duration::from_secs(4);
/// Length of a token: 32 bytes in base64url.
const TOKEN_LENGTH: usize = 43;

/// A handoff that this browser began at this app.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StartedHandoff {}

impl Flow for StartedHandoff {
    const KIND: &'static str = "handoff";
}

/// A parsed request with a token.
struct Incoming<'r> {
    arrival: HandoffRequest<'r>,
    token: SecretString,
    state: SecretString,
}

impl<'r> Incoming<'r> {
    fn read(request: &'r Parts) -> Result<Self, HandoffError> {
        let params = UniqueParams::parse(request.uri.query().unwrap_or_default().as_bytes());
        let params = params.map_err(|_| FailureCause::Malformed)?;
        let state =
            params.get("state").filter(|state| !state.is_empty()).ok_or(HandoffError::InvalidState)?;
        let is_token = |text: &&str| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            text.len() == TOKEN_LENGTH && text.bytes().all(allowed)
        };
        let token = params.get(TOKEN).filter(is_token).ok_or(FailureCause::Malformed)?;
        let RequestOrigin(origin) = request.extensions.get().ok_or(FailureCause::NotConfigured)?;
        let current = request.extensions.get::<CurrentSession<Session>>().cloned();
        let current = current.unwrap_or(Ok(SessionState::SignedOut(None)));
        let current = current.map_err(|error| HandoffError::Store(StoreError(error.to_string())))?;
        let arrival = HandoffRequest { origin: origin.clone(), current, headers: &request.headers };
        Ok(Self { arrival, token: SecretString::from(token), state: SecretString::from(state) })
    }
}

/// Verifies the token of a request, and begins its session or asks the visitor.
pub(super) async fn verify(
    settings: &HandoffSettings,
    request: &Parts,
) -> Result<HandoffOutcome, HandoffError> {
    let auth = &settings.auth;
    let incoming = Incoming::read(request)?;
    let arrival = &incoming.arrival;
    let client = settings.client.as_ref().ok_or(FailureCause::NotConfigured)?;
    flow_trace::resume(incoming.state.expose_secret());
    flow_trace::step(StepKind::HandoffToken);
    // The `state` is bound to this browser, so it is checked first. A visitor who was sent here with an
    // attacker's token keeps their session, and the token is not used up.
    let taken = auth
        .flows()
        .take::<StartedHandoff>(
            incoming.state.expose_secret(),
            auth.cookies(&arrival.origin, arrival.headers),
        )
        .await
        .map_err(HandoffError::Store)?;
    let (StartedHandoff {}, cookies) = taken.ok_or(HandoffError::InvalidState)?;
    let asked_at = auth.clock().now();
    let VerifyAnswer { session, user, .. } =
        verify_with_identity(auth, client, &settings.verify_endpoint, &incoming).await?;
    let begun_at = match session.begun_ago {
        Some(age) => i64::try_from(age)
            .ok()
            .and_then(TimeDelta::try_milliseconds)
            .and_then(|age| asked_at.checked_sub_signed(age))
            .ok_or(FailureCause::BadAnswer)?,
        None => session.issued_at,
    };
    let handoff = Handoff { session, user, begun_at, return_to: clean(&request.uri).to_string() };
    HandoffOutcome::decide(auth, arrival, handoff, cookies).await
}

/// Asks identity, server to server, what a token stands for.
async fn verify_with_identity(
    auth: &Auth,
    client: &IdentityClient,
    endpoint: &str,
    incoming: &Incoming<'_>,
) -> Result<VerifyAnswer, HandoffError> {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
    }
    let secret = client.client_secret.as_ref().ok_or(FailureCause::NotConfigured)?;
    let question = VerifyRequest {
        handoff_token: incoming.token.clone(),
        state: incoming.state.clone(),
        client_id: client.client_id.clone(),
        client_secret: None,
    };
    let question = serde_json::to_vec(&question).map_err(|_| FailureCause::Malformed)?;
    let credentials = (client.client_id.as_str(), secret.expose_secret());
    let request = auth.http().post_json(&client.issuer.join(endpoint), question, credentials);
    let asked = Instant::now();
    let answer = timeout(TIMEOUT, auth.http().send(request)).await;
    let is_verified = matches!(&answer, Ok(Ok(answer)) if answer.status() == StatusCode::OK);
    flow_trace::timed_step(StepKind::HandoffVerified, asked, !is_verified);
    let answer = match answer {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => {
            tracing::warn!(%error, "identity did not answer");
            return Err(FailureCause::IdentityUnavailable.into());
        }
        Err(_) => return Err(FailureCause::IdentityUnavailable.into()),
    };
    if answer.status() == StatusCode::OK {
        return Ok(serde_json::from_slice(answer.body()).map_err(|_| FailureCause::BadAnswer)?);
    }
    let named = serde_json::from_slice::<Refusal>(answer.body()).map(|refusal| refusal.error);
    Err(match (answer.status(), named.as_deref()) {
        (StatusCode::BAD_REQUEST, Ok("token_expired")) => HandoffError::TokenExpired,
        (StatusCode::BAD_REQUEST, Ok("invalid_state")) => HandoffError::InvalidState,
        (StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS, _) => {
            FailureCause::IdentityUnavailable.into()
        }
        (status, _) => FailureCause::IdentityRefused(status).into(),
    })
}

/// Returns the provider of a handed-over session. This app must be configured with that provider: identity
/// may vouch only for users of the app's own providers.
pub(super) fn provider_of<'a>(
    auth: &'a Auth,
    session: &HandoffSession,
    user: &HandoffUser,
) -> Result<&'a Provider, HandoffError> {
    if !is_identifier(&session.sub) || user.sub != session.sub {
        return Err(FailureCause::BadAnswer.into());
    }
    // Of two clients of one issuer, the provider with identity's name for it.
    let named = auth.provider(&session.provider).filter(|provider| provider.is_issuer_of(&session.iss));
    let known =
        named.or_else(|| auth.providers().iter().find(|provider| provider.is_issuer_of(&session.iss)));
    Ok(known.ok_or(FailureCause::UnknownProvider)?)
}

/// Builds the session that identity hands over.
pub(super) fn new_session(
    auth: &Auth,
    session: HandoffSession,
    begun_at: DateTime<Utc>,
    user: &HandoffUser,
) -> Result<NewSession, HandoffError> {
    let provider = provider_of(auth, &session, user)?;
    // `email_verified` counts only together with an address.
    let email = user.email.iter().map(|email| ("email".to_owned(), Value::String(email.clone())));
    let verified = user.email.iter().map(|_| ("email_verified".to_owned(), Value::Bool(user.email_verified)));
    let claims = email.chain(verified).collect::<Map<_, _>>();
    Ok(NewSession {
        provider: provider.config.id.clone(),
        issuer: session.iss,
        subject: session.sub,
        sid: session.sid,
        issued_at: session.issued_at,
        begun_at,
        is_automatic: false,
        browser: session.browser.filter(|text| is_identifier(text)),
        user: user.user(),
        claims,
        // The other tokens stay with identity. The ID token is the hint for signing out at the provider.
        tokens: Tokens {
            access_token: None,
            access_expires_at: None,
            refresh_token: None,
            id_token: session.id_token_hint,
        },
        ends_by: Some(session.expires_at),
    })
}
