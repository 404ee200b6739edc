//! ID tokens: signing them, and verifying them as `id_token_hint`.

use crate::DevProvider;
use crate::Error;
use crate::clock::later;
use crate::faults::{Document, Fault};
use crate::jwt::UnverifiedJwt;
use crate::keys::{SigningKey, segment};
use crate::state::Grant;
use crate::users::User;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use openidconnect::core::{
    CoreGenderClaim, CoreHmacKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
};
use openidconnect::{
    AccessToken, AdditionalClaims, Audience, ClientId, IdToken, IdTokenClaims, IssuerUrl, Nonce,
    PrivateSigningKey as _,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The claim this provider adds to every ID token (Back-Channel Logout 1.0 §2.1).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SessionClaims {
    pub(crate) sid: String,
}

impl AdditionalClaims for SessionClaims {}

type Claims = IdTokenClaims<SessionClaims, CoreGenderClaim>;
type Token =
    IdToken<SessionClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

impl DevProvider {
    /// Signs the ID token of a grant and applies the faults for ID tokens. Returns `None` for
    /// [`Fault::NoIdToken`].
    pub(crate) fn id_token(
        &self,
        grant: &Grant,
        nonce: Option<&str>,
        access_token: &str,
    ) -> Result<Option<String>, Error> {
        if self.faults().is_due(&Fault::NoIdToken) {
            return Ok(None);
        }
        let claims = self.apply_claim_faults(self.claims(grant, nonce)?)?;
        let keys = self.keys();
        let key = &keys.current;
        let access_token = AccessToken::new(access_token.to_owned());
        let algorithm = CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256;
        let token = Token::new(claims, &key.signer, algorithm, Some(&access_token), None)
            .map_err(|error| Error::Sign(error.to_string()))?;
        let token = self.change_members(key, token.to_string(), User::by_sub(&grant.sub).as_ref())?;
        self.apply_signature_faults(key, token).map(Some)
    }

    fn claims(&self, grant: &Grant, nonce: Option<&str>) -> Result<Claims, Error> {
        let now = self.now();
        let user = User::by_sub(&grant.sub).ok_or_else(|| Error::Sign("no such user".to_owned()))?;
        let extra = self.config().extra_audience.clone();
        // `azp` is needed only beside a second audience (OpenID Connect Core §2).
        let authorized_party = extra.as_ref().map(|_| ClientId::new(grant.client_id.clone()));
        let audiences = std::iter::once(grant.client_id.clone()).chain(extra).map(Audience::new).collect();
        let claims = Claims::new(
            issuer_url(self.config().issuer_of(&user))?,
            audiences,
            later(now, self.config().id_token_ttl),
            now,
            user.claims(&grant.scope),
            SessionClaims { sid: grant.sid.clone() },
        );
        Ok(claims
            .set_authorized_party(authorized_party)
            .set_auth_time(Some(grant.auth_time))
            .set_nonce(nonce.map(|nonce| Nonce::new(nonce.to_owned()))))
    }

    fn apply_claim_faults(&self, mut claims: Claims) -> Result<Claims, Error> {
        let faults = self.faults();
        let now = self.now();
        if faults.is_due(&Fault::WrongIss) {
            let issuer = IssuerUrl::new("http://somebody-else.localhost".to_owned());
            claims = claims.set_issuer(issuer.map_err(|error| Error::Sign(error.to_string()))?);
        }
        if faults.is_due(&Fault::WrongAud) {
            claims = claims.set_audiences(vec![Audience::new("somebody-else".to_owned())]);
        }
        if faults.is_due(&Fault::WrongAzp) {
            claims = claims.set_authorized_party(Some(ClientId::new("somebody-else".to_owned())));
        }
        if faults.is_due(&Fault::WrongNonce) {
            claims = claims.set_nonce(Some(Nonce::new("another-nonce".to_owned())));
        }
        if faults.is_due(&Fault::MissingNonce) {
            claims = claims.set_nonce(None);
        }
        if faults.is_due(&Fault::Expired) {
            claims =
                claims.set_issue_time(now - TimeDelta::hours(2)).set_expiration(now - TimeDelta::hours(1));
        }
        if faults.is_due(&Fault::NotYetValid) {
            claims =
                claims.set_issue_time(now + TimeDelta::hours(1)).set_expiration(now + TimeDelta::hours(2));
        }
        Ok(claims)
    }

    /// Applies the personality and [`Fault::Members`]: signs the claims again if they changed.
    fn change_members(&self, key: &SigningKey, token: String, user: Option<&User>) -> Result<String, Error> {
        let payload = token.split('.').nth(1).unwrap_or_default();
        let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap_or_default();
        let before = serde_json::from_slice::<Value>(&payload).unwrap_or_default();
        let mut claims = before.clone();
        let personality = self.config().personality;
        personality.reshape(&mut claims);
        if let Some(tid) = user.and_then(|user| personality.tid(user)) {
            claims["tid"] = tid.into();
        }
        self.faults().change(Document::IdToken, &mut claims);
        if claims == before {
            return Ok(token);
        }
        sign(key, &json!({ "alg": "RS256", "kid": key.kid }), &segment(&claims)?)
    }

    fn apply_signature_faults(&self, key: &SigningKey, token: String) -> Result<String, Error> {
        let faults = self.faults();
        let payload = token.split('.').nth(1).unwrap_or_default();
        if faults.is_due(&Fault::WrongKid) {
            return sign(key, &json!({ "alg": "RS256", "kid": "unheard-of" }), payload);
        }
        if faults.is_due(&Fault::AlgNone) {
            return Ok(join_jwt(&format!("{}.{payload}", segment(&json!({ "alg": "none" }))?), &[]));
        }
        if faults.is_due(&Fault::Hs256WithPublicKey) {
            let input = format!("{}.{payload}", segment(&json!({ "alg": "HS256", "kid": key.kid }))?);
            let secret = CoreHmacKey::new(key.public_pem.as_bytes());
            let signature = secret.sign(&CoreJwsSigningAlgorithm::HmacSha256, input.as_bytes());
            return Ok(join_jwt(&input, &signature.map_err(|error| Error::Sign(error.to_string()))?));
        }
        if faults.is_due(&Fault::BadSignature) {
            let (input, _) = token.rsplit_once('.').unwrap_or_default();
            return Ok(join_jwt(input, &[7; 256]));
        }
        Ok(token)
    }

    /// Verifies an `id_token_hint`: issued by this provider to a registered client, with a valid signature.
    /// The token may have expired, and its key may be retired (RP-Initiated Logout 1.0 §4).
    pub(crate) fn read_hint(&self, hint: &str) -> Option<Hint> {
        let jwt = UnverifiedJwt::parse(hint)?;
        // Logout tokens have another type.
        if jwt.header("typ").is_some_and(|typ| typ != "JWT") {
            return None;
        }
        let claims = jwt.verify(self.keys().known().keys())?;
        let user = User::by_sub(claims.text("sub")?)?;
        if claims.text("iss") != Some(&self.config().issuer_of(&user)) {
            return None;
        }
        let azp = claims.text("azp");
        let client = self.config().clients.iter().find(|client| {
            let client_id = client.client_id.as_str();
            claims.is_for(|audience| audience == client_id) && azp.is_none_or(|azp| azp == client_id)
        })?;
        Some(Hint {
            client_id: client.client_id.clone(),
            sub: user.sub(),
            sid: claims.text("sid").map(str::to_owned),
        })
    }
}

/// Claims of a verified `id_token_hint`.
#[derive(Clone, Debug)]
pub(crate) struct Hint {
    pub(crate) client_id: String,
    pub(crate) sub: String,
    /// `None` for a provider without sign-out.
    pub(crate) sid: Option<String>,
}

pub(crate) fn issuer_url(issuer: String) -> Result<IssuerUrl, Error> {
    IssuerUrl::new(issuer).map_err(|error| Error::Sign(error.to_string()))
}

fn sign(key: &SigningKey, header: &Value, payload: &str) -> Result<String, Error> {
    let input = format!("{}.{payload}", segment(header)?);
    let signature = key.signer.sign(&CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256, input.as_bytes());
    Ok(join_jwt(&input, &signature.map_err(|error| Error::Sign(error.to_string()))?))
}

fn join_jwt(input: &str, signature: &[u8]) -> String {
    format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}
