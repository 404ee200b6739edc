//! A sign-in between its beginning and its callback.

use super::{AuthorizeHints, Callback, FlowError, Outcome};
use crate::{origin::ReturnPath, provider::Endpoints, random::Random};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

/// What began a sign-in. This decides where the sign-in ends and whether a failure is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Initiator {
    /// The visitor, with a form.
    #[default]
    Visitor,
    /// The guard, on the way to a protected page. If the provider does not know the visitor, no error is
    /// shown, because the visitor did not ask to sign in.
    Guard,
    /// A waiting, signed-out tab that heard of a sign-in elsewhere. As with the guard, no error is shown.
    #[serde(rename = "waiting")]
    WaitingTab,
    /// A hidden frame of a page (`checkSession`). The result is a message to that page.
    Frame,
}

/// The parameters of a new sign-in.
#[derive(Clone, Debug)]
pub struct NewSignIn {
    /// The provider's id.
    pub provider: String,
    /// Where the provider answers: this app's callback, or identity's.
    pub redirect_uri: Url,
    /// The grant that keeps where the visitor goes afterwards; `None` if the `state` says it.
    pub page_grant: Option<String>,
    /// What began the sign-in.
    pub initiator: Initiator,
    /// Whether this silent sign-in asks a second provider, as identity advised.
    pub is_second: bool,
    /// The hints for the provider.
    pub hints: AuthorizeHints,
    /// When the user wanted to sign in; now, unless a waiting tab comes back. A logout after that wins.
    pub at: DateTime<Utc>,
}

/// A sign-in under way: the only way to [`Authorized`]. The sign-in is kept sealed, and only the browser
/// where the sign-in began can continue the flow.
#[derive(Debug, Serialize, Deserialize)]
pub struct Pending {
    /// The provider's id.
    pub provider: String,
    /// The `nonce` that the ID token must contain.
    pub nonce: String,
    /// Proves at the token endpoint that this app began the flow (RFC 7636).
    code_verifier: String,
    /// Repeated at the token endpoint (RFC 6749 §4.1.3).
    pub redirect_uri: Url,
    /// Where the visitor goes afterwards, if the path is too long for the `state`; a checked path. Only in cookies of an
    /// older version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    return_path: Option<String>,
    /// The grant with that path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) page_grant: Option<String>,
    /// What began the sign-in. The visitor, if the cookie is from a version without this field.
    #[serde(default, rename = "begun_by")]
    pub initiator: Initiator,
    /// Whether this silent sign-in asks a second provider, as identity advised.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_second: bool,
    /// The hints for the provider.
    #[serde(default, skip_serializing_if = "AuthorizeHints::is_empty")]
    hints: AuthorizeHints,
    /// When the sign-in began. The epoch, if the cookie is from a version without this field.
    #[serde(default)]
    begun_at: DateTime<Utc>,
}

/// A callback that matches its flow: the code may be exchanged.
#[derive(Debug)]
pub struct Authorized {
    /// The code, which can be exchanged once.
    pub(crate) code: SecretString,
    /// Sent with the code.
    pub(crate) code_verifier: SecretString,
    /// Sent with the code.
    pub(crate) redirect_uri: Url,
    /// Expected in the ID token.
    pub(crate) nonce: String,
    /// When the sign-in began. A logout after that wins over the sign-in.
    pub(crate) begun_at: DateTime<Utc>,
    /// Whether the sign-in started without the user's request. Such a sign-in undoes no logout, even if the
    /// provider's session outlived the logout.
    pub(crate) is_automatic: bool,
}

impl Pending {
    /// Begins a sign-in: fresh `nonce` and `code_verifier`, 256 bits each.
    #[must_use]
    pub fn begin(begin: NewSignIn, random: &Random) -> Self {
        Self {
            provider: begin.provider,
            nonce: random.token(),
            code_verifier: random.token(),
            redirect_uri: begin.redirect_uri,
            return_path: None,
            page_grant: begin.page_grant,
            initiator: begin.initiator,
            is_second: begin.is_second,
            hints: begin.hints,
            begun_at: begin.at,
        }
    }

    /// The `code_challenge` of the verifier.
    #[must_use]
    pub fn code_challenge(&self) -> String {
        code_challenge(&self.code_verifier)
    }

    /// The hints for the provider.
    #[must_use]
    pub fn hints(&self) -> &AuthorizeHints {
        &self.hints
    }

    /// Where the visitor goes afterwards, in a cookie of an older version.
    #[must_use]
    pub(crate) fn return_path(&self) -> Option<ReturnPath> {
        ReturnPath::parse(self.return_path.as_deref()?)
    }

    /// Checks a callback against this flow.
    ///
    /// # Errors
    /// [`FlowError::InvalidState`] for another provider's callback, [`FlowError::IssuerMissing`] and
    /// [`FlowError::IssuerMismatch`] by RFC 9207 §2.4, or the provider's own refusal.
    pub fn check(
        self,
        callback: Callback,
        provider: &str,
        endpoints: &Endpoints,
    ) -> Result<Authorized, FlowError> {
        if self.provider != provider {
            return Err(FlowError::InvalidState);
        }
        // Check the issuer before using anything else from the answer, including an error.
        match callback.iss {
            Some(iss) if !endpoints.issuers.contains(&iss) => return Err(FlowError::IssuerMismatch),
            None if endpoints.iss_required => return Err(FlowError::IssuerMissing),
            _ => {}
        }
        match callback.outcome {
            Outcome::Refused(error) => Err(error),
            Outcome::Code(code) => Ok(Authorized {
                code,
                code_verifier: SecretString::from(self.code_verifier),
                redirect_uri: self.redirect_uri,
                nonce: self.nonce,
                begun_at: self.begun_at,
                is_automatic: matches!(self.initiator, Initiator::Guard | Initiator::Frame),
            }),
        }
    }
}

/// `S256`: the base64url of the verifier's SHA-256 (RFC 7636 §4.2).
#[must_use]
pub fn code_challenge(code_verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(code_verifier))
}

/// A sign-out at the provider. The app's session has already ended.
#[derive(Debug, Serialize, Deserialize)]
pub struct SigningOut {
    /// Where the visitor goes afterwards; a checked path, empty if it is long.
    pub return_path: String,
    /// The provider's id.
    #[serde(default)]
    pub provider: String,
    /// The user's `sub`, for a provider that gets no ID token.
    #[serde(default)]
    pub subject: String,
    /// The grant with that path, if it is long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_grant: Option<String>,
    /// The grant that holds the ID token of the ended session, for `id_token_hint`.
    #[serde(default)]
    pub id_token_grant: Option<String>,
}

impl Authorized {
    /// The `code_challenge` of the verifier.
    #[must_use]
    pub fn code_challenge(&self) -> String {
        code_challenge(self.code_verifier.expose_secret())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{origin::UniqueParams, provider::Issuers};
    use openidconnect::IssuerUrl;

    fn begin() -> NewSignIn {
        NewSignIn {
            provider: "demo".into(),
            redirect_uri: "http://localhost:4200/auth/callback/demo".parse().unwrap(),
            page_grant: None,
            initiator: Initiator::Visitor,
            is_second: false,
            hints: AuthorizeHints::default(),
            at: DateTime::UNIX_EPOCH,
        }
    }

    fn pending() -> Pending {
        Pending::begin(begin(), &Random::seeded(1))
    }

    fn endpoints(iss_required: bool) -> Endpoints {
        Endpoints {
            issuers: Issuers::one(IssuerUrl::new("https://op.example".into()).unwrap()),
            iss_required,
            authorization_endpoint: "https://op.example/authorize".parse().unwrap(),
            end_session_endpoint: None,
            account_prompt: None,
            supports_silent: true,
            offers_offline_access: false,
        }
    }

    fn callback(rest: &str) -> Callback {
        let query = format!("state=s&{rest}");
        Callback::read(&UniqueParams::parse(query.as_bytes()).unwrap()).unwrap()
    }

    fn check(rest: &str, iss_required: bool) -> Result<Authorized, String> {
        pending().check(callback(rest), "demo", &endpoints(iss_required)).map_err(|error| error.to_string())
    }

    #[test]
    fn the_code_challenge_matches_rfc_7636_appendix_b() {
        assert_eq!(
            code_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn a_matching_callback_yields_the_code_and_its_verifier() {
        let challenge = pending().code_challenge();
        let authorized = check("code=c&iss=https://op.example", true).unwrap();
        assert_eq!(authorized.code.expose_secret(), "c");
        assert_eq!(authorized.code_challenge(), challenge);
        assert!(check("code=c", false).is_ok());
    }

    #[test]
    fn a_missing_or_foreign_issuer_is_refused_even_beside_an_error() {
        assert_eq!(check("code=c", true).unwrap_err(), "issuer_missing");
        assert_eq!(check("code=c&iss=https://evil.example", false).unwrap_err(), "issuer_mismatch");
        assert_eq!(check("code=c&iss=https://op.example/", false).unwrap_err(), "issuer_mismatch");
        assert_eq!(
            check("error=access_denied&iss=https://evil.example", true).unwrap_err(),
            "issuer_mismatch"
        );
    }

    #[test]
    fn another_providers_callback_is_refused() {
        let error = pending().check(callback("code=c"), "google", &endpoints(false)).unwrap_err();
        assert!(matches!(error, FlowError::InvalidState));
    }

    #[test]
    fn nonce_and_verifier_are_fresh_each_time() {
        let random = Random::seeded(1);
        let [one, two] = [(), ()].map(|()| Pending::begin(begin(), &random));
        assert_ne!(one.nonce, two.nonce);
        assert_ne!(one.code_verifier, two.code_verifier);
        assert_ne!(one.nonce, one.code_verifier);
    }
}
