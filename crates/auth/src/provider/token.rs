//! Requests to the token endpoint (RFC 6749 §4.1.3 and §6, RFC 7636 §4.5), and requests with an access token.
//!
//! Answers are parsed leniently: a lifetime may be a number or a string, and unneeded members may have any
//! type. Refusals are judged strictly: only a refusal of the grant itself is [`FlowError::InvalidGrant`].

use super::{RelyingParty, TokenStatus, Unavailable, client_auth::AssertionContext, for_log};
use crate::{
    flow::{Authorized, FlowError},
    http::{EndpointKind, HttpClient, HttpError},
};
use ::http::{HeaderValue, Request, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use std::time::Duration;
use url::Url;

/// A successful answer of a token endpoint (RFC 6749 §5.1).
pub(super) struct TokenAnswer {
    pub(super) access_token: SecretString,
    pub(super) expires_in: Option<Duration>,
    pub(super) refresh_token: Option<SecretString>,
    pub(super) id_token: Option<String>,
}

/// A provider's token endpoint, and how the app authenticates there.
pub(super) struct TokenEndpoint<'a> {
    pub(super) party: RelyingParty<'a>,
    /// The provider's issuer.
    pub(super) issuer: &'a str,
    pub(super) url: &'a Url,
    /// Whether the provider accepts `client_secret_basic`.
    pub(super) supports_basic: bool,
    /// The provider's documented error names that mean `invalid_grant`.
    pub(super) refused_grants: &'static [&'static str],
}

impl TokenEndpoint<'_> {
    /// Exchanges a code for tokens.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub(super) async fn exchange(&self, authorized: &Authorized) -> Result<TokenAnswer, FlowError> {
        self.ask(&[
            ("grant_type", "authorization_code"),
            ("code", authorized.code.expose_secret()),
            ("redirect_uri", authorized.redirect_uri.as_str()),
            ("code_verifier", authorized.code_verifier.expose_secret()),
        ])
        .await
    }

    /// Exchanges a refresh token for new tokens.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub(super) async fn refresh(&self, refresh_token: &SecretString) -> Result<TokenAnswer, FlowError> {
        self.ask(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose_secret())]).await
    }

    /// Sends a token request with client authentication. The log has the reason for an error.
    ///
    /// # Errors
    /// - [`FlowError::InvalidGrant`] if, and only if, the provider refused the grant;
    /// - [`FlowError::ClientRefused`] for another refusal;
    /// - [`FlowError::Unavailable`] without an answer;
    /// - [`FlowError::BadTokenAnswer`] for an unreadable answer or a server error.
    async fn ask(&self, fields: &[(&str, &str)]) -> Result<TokenAnswer, FlowError> {
        let RelyingParty { config, http, .. } = self.party;
        let mut request = self.form_request(self.url, fields);
        request.extensions_mut().insert(EndpointKind::Token);
        request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let answer = http.send_within(request, config.token_timeout).await.map_err(|error| {
            tracing::warn!(provider = config.id, %error, "token endpoint unavailable");
            Unavailable
        })?;
        let status = answer.status();
        let body = match serde_json::from_slice::<Value>(answer.body()) {
            Ok(Value::Object(body)) => body,
            _ => {
                tracing::warn!(
                    provider = config.id,
                    status = status.as_u16(),
                    "token endpoint answer is not a JSON object"
                );
                return Err(FlowError::BadTokenAnswer);
            }
        };
        if let Some(error) = text(&body, "error").filter(|error| !error.is_empty()) {
            return Err(self.refusal(status, error, text(&body, "error_description").unwrap_or_default()));
        }
        if !status.is_success() {
            tracing::warn!(provider = config.id, status = status.as_u16(), "token endpoint failed");
            return Err(FlowError::BadTokenAnswer);
        }
        read(&body).ok_or_else(|| {
            tracing::warn!(provider = config.id, "token endpoint answer has no usable access token");
            FlowError::BadTokenAnswer
        })
    }

    /// Revokes a refresh token at `endpoint` (RFC 7009 §2.1) and returns the status.
    ///
    /// # Errors
    /// [`HttpError`] without an answer.
    pub(super) async fn revoke(
        &self,
        endpoint: &Url,
        refresh_token: &SecretString,
    ) -> Result<StatusCode, HttpError> {
        let fields = [("token", refresh_token.expose_secret()), ("token_type_hint", "refresh_token")];
        let mut request = self.form_request(endpoint, &fields);
        request.extensions_mut().insert(EndpointKind::Revocation);
        Ok(self.party.http.send(request).await?.status())
    }

    /// Builds a form request for one of the provider's endpoints, with client authentication.
    fn form_request(&self, url: &Url, fields: &[(&str, &str)]) -> Request<Vec<u8>> {
        let RelyingParty { config, http, clock, random } = self.party;
        let context = AssertionContext {
            client_id: &config.client_id,
            issuer: self.issuer,
            token_endpoint: self.url.as_str(),
            now: clock.now(),
            random,
        };
        let authentication = config.credentials.authenticate(self.supports_basic, &context);
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields).extend_pairs(authentication.fields);
        let basic = authentication.basic.as_ref().map(|secret| (&*config.client_id, secret.expose_secret()));
        http.post_form(url, form.finish(), basic)
    }

    /// Maps the provider's `error` to a [`FlowError`] (RFC 6749 §5.2). A 5xx or 429 answer is never a
    /// refusal, whatever its `error`.
    fn refusal(&self, status: StatusCode, error: &str, description: &str) -> FlowError {
        let is_trouble = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        let is_refused = error == "invalid_grant" || self.refused_grants.contains(&error);
        tracing::warn!(
            provider = self.party.config.id,
            status = status.as_u16(),
            error = for_log(error),
            description = for_log(description),
            "token request refused"
        );
        match (is_refused, is_trouble) {
            (true, false) => FlowError::InvalidGrant,
            (_, true) => FlowError::BadTokenAnswer,
            (false, false) => FlowError::ClientRefused,
        }
    }
}

fn read(body: &Map<String, Value>) -> Option<TokenAnswer> {
    let secret = |name: &str| text(body, name).filter(|text| !text.is_empty()).map(SecretString::from);
    let is_bearer = text(body, "token_type").is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
    Some(TokenAnswer {
        access_token: secret("access_token").filter(|_| is_bearer)?,
        expires_in: body.get("expires_in").and_then(lifetime),
        refresh_token: secret("refresh_token"),
        id_token: text(body, "id_token").filter(|text| !text.is_empty()).map(str::to_owned),
    })
}

fn text<'b>(body: &'b Map<String, Value>, name: &str) -> Option<&'b str> {
    body.get(name)?.as_str()
}

/// Parses a lifetime in seconds, from a number or a string. Fractions are cut off; longer
/// lifetimes count as 366 days.
fn lifetime(value: &Value) -> Option<Duration> {
    const LONGEST: f64 = 366.0 * 24.0 * 3600.0;
    let seconds = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    (seconds.is_finite() && seconds > 0.0).then(|| Duration::from_secs_f64(seconds.min(LONGEST).floor()))
}

/// Builds a request with an access token (RFC 6750 §2.1).
pub(super) fn bearer_request(
    endpoint: &Url,
    access_token: &SecretString,
    accept: &str,
) -> Option<Request<Vec<u8>>> {
    Request::get(endpoint.as_str())
        .header(header::ACCEPT, accept)
        .header(header::AUTHORIZATION, format!("Bearer {}", access_token.expose_secret()))
        .extension(EndpointKind::Userinfo)
        .body(Vec::new())
        .ok()
}

/// Checks whether an endpoint of the provider still accepts an access token.
pub(super) async fn check_access_token(
    http: &HttpClient,
    endpoint: &Url,
    access_token: &SecretString,
) -> TokenStatus {
    let Some(request) = bearer_request(endpoint, access_token, "application/json") else {
        return TokenStatus::NoUserinfo;
    };
    match http.send(request).await.map(|answer| answer.status()) {
        Ok(StatusCode::UNAUTHORIZED) => TokenStatus::Rejected,
        Ok(status) if status.is_success() => TokenStatus::Active,
        _ => TokenStatus::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_lifetime_may_be_written_in_many_ways() {
        for (value, seconds) in [
            (json!(3600), Some(3600)),
            (json!("3600"), Some(3600)),
            (json!(" 3600 "), Some(3600)),
            (json!(3599.9), Some(3599)),
            (json!("3600.5"), Some(3600)),
            (json!(1e30), Some(366 * 24 * 3600)),
            (json!(0), None),
            (json!(-1), None),
            (json!(null), None),
            (json!(""), None),
            (json!("soon"), None),
            (json!("NaN"), None),
            (json!([3600]), None),
            (json!({}), None),
        ] {
            assert_eq!(lifetime(&value).map(|lifetime| lifetime.as_secs()), seconds, "{value}");
        }
    }

    #[test]
    fn unneeded_members_may_have_any_type() {
        let read = |body: Value| read(body.as_object().unwrap());
        for body in [
            json!({"access_token": "a"}),
            json!({"access_token": "a", "token_type": "bearer", "scope": null, "expires_in": {}}),
            json!({"access_token": "a", "token_type": "Bearer", "scope": ["x"], "refresh_token": "", "id_token": null}),
        ] {
            let answer = read(body.clone()).unwrap();
            assert!(answer.refresh_token.is_none() && answer.id_token.is_none(), "{body}");
        }
        for body in [
            json!({}),
            json!({"access_token": ""}),
            json!({"access_token": null}),
            json!({"access_token": ["a"]}),
            json!({"access_token": "a", "token_type": "mac"}),
        ] {
            assert!(read(body.clone()).is_none(), "{body}");
        }
    }
}
