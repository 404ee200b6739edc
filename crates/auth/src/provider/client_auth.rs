//! How the app authenticates at a provider (OpenID Connect Core §9): by a secret, by a signed JWT, or not at all.

use crate::random::Random;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::{
    PrivateSigningKey,
    core::{CoreJwsSigningAlgorithm, CoreRsaPrivateSigningKey},
};
use p256::{
    ecdsa::{Signature, SigningKey, signature::Signer},
    pkcs8::DecodePrivateKey as _,
};
use rsa::{
    pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey},
    pkcs8::DecodePrivateKey as _,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::{fmt, sync::Arc};

/// How long a signed JWT is valid: one request, and a clock that is a little off.
const LIFETIME: TimeDelta = TimeDelta::minutes(5);

/// `client_assertion_type` of a JWT (RFC 7523 §2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The credentials of this app at a provider.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// `none`: a public client. PKCE alone protects the code.
    Public,
    /// A client secret.
    Secret {
        /// The secret.
        secret: SecretString,
        /// How the secret is sent; `None`: as the provider's metadata say.
        method: Option<SecretMethod>,
    },
    /// `private_key_jwt`: the app signs a JWT for each request (RFC 7523 §3).
    PrivateKeyJwt {
        /// The app's key. The provider knows its public half.
        key: Arc<ClientKey>,
        /// What the JWT names as its audience.
        audience: AssertionAudience,
    },
    /// Apple: the client secret is a JWT that the app signs (developer.apple.com, "Creating a client secret").
    Apple {
        /// The developer team.
        team_id: String,
        /// The key of the team, with its key id.
        key: Arc<ClientKey>,
    },
}

/// Where a client secret is sent (RFC 6749 §2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretMethod {
    /// `client_secret_basic`: in the `Authorization` header.
    Basic,
    /// `client_secret_post`: in the form.
    Post,
}

/// The `aud` of the JWT of `private_key_jwt`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AssertionAudience {
    /// The token endpoint, as OpenID Connect Core §9 recommends.
    #[default]
    TokenEndpoint,
    /// The issuer, as newer providers demand (draft-ietf-oauth-rfc7523bis).
    Issuer,
}

/// A private key of this app, for signing JWTs.
pub struct ClientKey {
    /// The `kid` by which the provider finds the public key.
    key_id: Option<String>,
    key: Key,
}

enum Key {
    /// P-256.
    Es256(SigningKey),
    Rs256(Box<CoreRsaPrivateSigningKey>),
}

/// The client authentication of one request: fields of its form, or the pair for its `Authorization` header.
#[derive(Default)]
pub(super) struct ClientAuthentication {
    pub(super) fields: Vec<(&'static str, String)>,
    pub(super) basic: Option<SecretString>,
}

/// What a JWT needs to know about its request.
#[derive(Clone, Copy)]
pub(super) struct AssertionContext<'a> {
    pub(super) client_id: &'a str,
    /// The provider's issuer.
    pub(super) issuer: &'a str,
    /// The provider's token endpoint.
    pub(super) token_endpoint: &'a str,
    pub(super) now: DateTime<Utc>,
    pub(super) random: &'a Random,
}

impl ClientKey {
    /// Reads a private key: P-256 (`ES256`) or RSA (`RS256`), in PEM. Both the general form (`PRIVATE KEY`) and the
    /// forms of OpenSSL (`EC PRIVATE KEY`, `RSA PRIVATE KEY`) are accepted.
    ///
    /// # Errors
    /// A sentence. It contains nothing of the key.
    pub fn from_pem(pem: &str, key_id: Option<String>) -> Result<Self, String> {
        let ec = p256::SecretKey::from_pkcs8_pem(pem).ok();
        if let Some(secret) = ec.or_else(|| p256::SecretKey::from_sec1_pem(pem).ok()) {
            return Ok(Self { key_id, key: Key::Es256(SigningKey::from(secret)) });
        }
        let rsa = rsa::RsaPrivateKey::from_pkcs8_pem(pem).ok();
        let rsa = rsa.or_else(|| rsa::RsaPrivateKey::from_pkcs1_pem(pem).ok());
        let rsa = rsa.and_then(|key| key.to_pkcs1_pem(rsa::pkcs1::LineEnding::LF).ok());
        match rsa.and_then(|pem| CoreRsaPrivateSigningKey::from_pem(&pem, None).ok()) {
            Some(key) => Ok(Self { key_id, key: Key::Rs256(Box::new(key)) }),
            None => Err("must be a private key in PEM: P-256 or RSA, without a password".to_owned()),
        }
    }

    /// Whether the key signs with `ES256`.
    #[must_use]
    pub fn is_p256(&self) -> bool {
        matches!(self.key, Key::Es256(_))
    }

    /// The key's `kid`.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// Signs claims as a JWT (RFC 7515 §7.1).
    #[expect(clippy::expect_used, reason = "a loaded RSA key signs any bytes")]
    fn sign(&self, claims: &Value) -> String {
        let algorithm = if self.is_p256() { "ES256" } else { "RS256" };
        let mut header = json!({ "alg": algorithm, "typ": "JWT" });
        if let Some(kid) = &self.key_id {
            header["kid"] = json!(kid);
        }
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let signature = match &self.key {
            Key::Es256(key) => Signer::<Signature>::sign(key, signed.as_bytes()).to_bytes().to_vec(),
            Key::Rs256(key) => key
                .sign(&CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256, signed.as_bytes())
                .expect("RSA signs everything"),
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ClientKey({})", if self.is_p256() { "ES256" } else { "RS256" })
    }
}

impl Credentials {
    /// Builds the client authentication of one request. `supports_basic` is what the provider's metadata say about
    /// `client_secret_basic`.
    pub(super) fn authenticate(
        &self,
        supports_basic: bool,
        context: &AssertionContext<'_>,
    ) -> ClientAuthentication {
        let client_id = ("client_id", context.client_id.to_owned());
        match self {
            Self::Public => ClientAuthentication { fields: vec![client_id], basic: None },
            Self::Secret { secret, method } => {
                let default = if supports_basic { SecretMethod::Basic } else { SecretMethod::Post };
                match method.unwrap_or(default) {
                    SecretMethod::Basic => {
                        ClientAuthentication { fields: Vec::new(), basic: Some(secret.clone()) }
                    }
                    SecretMethod::Post => {
                        let secret = ("client_secret", secret.expose_secret().to_owned());
                        ClientAuthentication { fields: vec![client_id, secret], basic: None }
                    }
                }
            }
            Self::PrivateKeyJwt { key, audience } => {
                let audience = match audience {
                    AssertionAudience::TokenEndpoint => context.token_endpoint,
                    AssertionAudience::Issuer => context.issuer,
                };
                let jwt = key.sign(&context.claims(context.client_id, audience));
                let fields = vec![
                    client_id,
                    ("client_assertion_type", JWT_BEARER.to_owned()),
                    ("client_assertion", jwt),
                ];
                ClientAuthentication { fields, basic: None }
            }
            Self::Apple { team_id, key } => {
                let jwt = key.sign(&context.claims(team_id, context.issuer));
                ClientAuthentication { fields: vec![client_id, ("client_secret", jwt)], basic: None }
            }
        }
    }
}

impl AssertionContext<'_> {
    /// The claims of a JWT about this client. Each JWT has another `jti` and is used once.
    fn claims(&self, issuer: &str, audience: &str) -> Value {
        json!({
            "iss": issuer,
            "sub": self.client_id,
            "aud": audience,
            "iat": self.now.timestamp(),
            "exp": (self.now + LIFETIME).timestamp(),
            "jti": self.random.token(),
        })
    }
}

#[cfg(test)]
#[path = "client_auth_tests.rs"]
mod tests;
