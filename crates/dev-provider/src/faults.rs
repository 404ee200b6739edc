//! Faults that a test can switch on, to check that a relying party refuses wrong responses.
//!
//! Faults exist only with [`Config::faults`](crate::Config::faults). A test sets them in process through
//! [`Faults`], or over HTTP with `POST /test/faults` and a [`FaultsRequest`].

use axum::http::HeaderValue;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A way in which the provider misbehaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// ID token with a wrong `iss`.
    WrongIss,
    /// ID token with a wrong `aud`.
    WrongAud,
    /// ID token with a wrong `nonce`.
    WrongNonce,
    /// ID token without `nonce`.
    MissingNonce,
    /// ID token whose `kid` is in no key set.
    WrongKid,
    /// ID token with a wrong `azp`.
    WrongAzp,
    /// ID token without a signature, `alg=none`.
    AlgNone,
    /// ID token signed with HS256 and the public key's PEM as the secret.
    Hs256WithPublicKey,
    /// ID token that expired an hour ago.
    Expired,
    /// ID token issued an hour from now.
    NotYetValid,
    /// ID token with an invalid signature.
    BadSignature,
    /// Token response without an ID token.
    NoIdToken,
    /// A delayed response.
    Slow(Endpoint, Duration),
    /// Status 500; the request has no effect.
    Status500(Endpoint),
    /// Status 500 after the token request has taken effect, as if its response were lost.
    LostTokenAnswer,
    /// Authorization response with a wrong `iss` (RFC 9207).
    WrongIssParameter,
    /// Authorization response without `iss`.
    MissingIssParameter,
    /// `POST /test/faults` replaces the signing key immediately, and ignores `times`. The published key set
    /// then contains only the new key.
    RotateKeys,
    /// `invalid_grant` for a valid refresh token, which stays valid.
    RefuseRefresh,
    /// `prompt=none` answers with a different user than the signed-in user.
    OtherUser,
    /// Access token with a lifetime of two seconds.
    ShortLived,
    /// The key set from before the last rotation, as from a cache that keeps it too long.
    StaleKeys,
    /// The metadata announces back-channel logout, but the clients of the session get no logout token.
    SilentBackChannel,
    /// Revoking a token revokes all tokens that the client has for this user.
    RevokeWholeGrant,
    /// This response instead of the right one; the request has no effect.
    Answer(Endpoint, CustomResponse),
    /// Members to set in a document, or to remove where they are null.
    Members(Document, Map<String, Value>),
}

/// A response that follows no specification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomResponse {
    /// The status, from 200 to 599.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: String,
    /// The body, sent unchanged.
    pub body: String,
}

impl CustomResponse {
    /// Creates a JSON response.
    #[must_use]
    pub fn json(status: u16, body: &Value) -> Self {
        Self { status, content_type: "application/json".to_owned(), body: body.to_string() }
    }
}

/// A document that [`Fault::Members`] changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Document {
    /// The provider's metadata.
    Discovery,
    /// A successful token response.
    TokenAnswer,
    /// The claims of an ID token, before it is signed.
    IdToken,
    /// The claims at `/userinfo`.
    Userinfo,
    /// The claims of a logout token, before it is signed.
    LogoutToken,
}

/// An endpoint for [`Fault::Slow`], [`Fault::Status500`] and [`Fault::Answer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// `/.well-known/openid-configuration`
    Discovery,
    /// `/jwks.json`
    Jwks,
    /// `/token`
    Token,
    /// `/userinfo`
    Userinfo,
}

/// The active faults. Clones are handles to the same list.
#[derive(Clone, Debug)]
pub struct Faults {
    enabled: bool,
    planned: Arc<Mutex<Vec<PlannedFault>>>,
}

#[derive(Debug)]
struct PlannedFault {
    fault: Fault,
    /// Number of responses that the fault still applies to; `None`: until cleared.
    times: Option<u32>,
}

impl Faults {
    pub(crate) fn new(enabled: bool) -> Self {
        Self { enabled, planned: Arc::default() }
    }

    /// Switches `fault` on until [`Self::clear`]. Has no effect without
    /// [`Config::faults`](crate::Config::faults). For [`Fault::RotateKeys`] call
    /// [`DevProvider::rotate_keys`](crate::DevProvider::rotate_keys) instead.
    pub fn add(&self, fault: Fault) {
        self.plan(fault, None);
    }

    /// Switches `fault` on for the next `times` responses that it applies to.
    pub fn add_times(&self, fault: Fault, times: u32) {
        self.plan(fault, Some(times));
    }

    /// Switches all faults off.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// Whether `fault` applies now. Uses up one of its times.
    pub(crate) fn is_due(&self, fault: &Fault) -> bool {
        self.take(|planned| (planned == fault).then_some(())).is_some()
    }

    /// Returns how long `endpoint` must wait before it answers.
    pub(crate) fn delay(&self, endpoint: Endpoint) -> Option<Duration> {
        self.take(|planned| match planned {
            Fault::Slow(at, wait) if *at == endpoint => Some(*wait),
            _ => None,
        })
    }

    /// Returns the response that `endpoint` must send instead of the right one.
    pub(crate) fn answer(&self, endpoint: Endpoint) -> Option<CustomResponse> {
        self.take(|planned| match planned {
            Fault::Answer(at, answer) if *at == endpoint => Some(answer.clone()),
            _ => None,
        })
    }

    /// Applies [`Fault::Members`] to `value`, a document of this kind.
    pub(crate) fn change(&self, document: Document, value: &mut Value) {
        let members = self.take(|planned| match planned {
            Fault::Members(of, members) if *of == document => Some(members.clone()),
            _ => None,
        });
        let (Some(members), Value::Object(object)) = (members, value) else { return };
        for (name, member) in members {
            if member.is_null() {
                object.remove(&name);
            } else {
                object.insert(name, member);
            }
        }
    }

    fn plan(&self, fault: Fault, times: Option<u32>) {
        self.lock().push(PlannedFault { fault, times });
    }

    fn take<T>(&self, pick: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        if !self.enabled {
            return None;
        }
        let mut planned = self.lock();
        let (index, found) =
            planned.iter().enumerate().find_map(|(index, planned)| Some((index, pick(&planned.fault)?)))?;
        if let Some(times) = planned.get_mut(index).and_then(|planned| planned.times.as_mut()) {
            *times = times.saturating_sub(1);
            if *times == 0 {
                planned.remove(index);
            }
        }
        Some(found)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<PlannedFault>> {
        self.planned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The body of `POST /test/faults`: `{"faults":[{"fault":"slow","endpoint":"token","ms":500,"times":1}]}`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultsRequest {
    /// The faults to add to the active ones.
    pub faults: Vec<FaultSpec>,
}

/// One fault of a [`FaultsRequest`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultSpec {
    /// The name of the fault.
    pub fault: FaultName,
    /// For `slow`, `status500` and `answer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Endpoint>,
    /// For `slow`: the delay in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ms: Option<u64>,
    /// For `answer`: the response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<CustomResponse>,
    /// For `members`: the document to change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Document>,
    /// For `members`: the members to set or remove.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Map<String, Value>>,
    /// How many responses the fault applies to. Without `times`, until cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
}

/// Name of a fault, in `snake_case`. [`Fault`] describes the effect of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant is the Fault of the same name")]
pub enum FaultName {
    WrongIss,
    WrongAud,
    WrongNonce,
    MissingNonce,
    WrongKid,
    WrongAzp,
    AlgNone,
    Hs256WithPublicKey,
    Expired,
    NotYetValid,
    BadSignature,
    NoIdToken,
    Slow,
    Status500,
    LostTokenAnswer,
    WrongIssParameter,
    MissingIssParameter,
    RotateKeys,
    RefuseRefresh,
    OtherUser,
    ShortLived,
    StaleKeys,
    SilentBackChannel,
    RevokeWholeGrant,
    Answer,
    Members,
}

impl FaultSpec {
    /// Returns the fault of this line.
    ///
    /// # Errors
    /// A sentence when the line lacks a field of its fault, or when its answer cannot be sent.
    pub fn fault(&self) -> Result<Fault, &'static str> {
        let endpoint = || self.endpoint.ok_or("this fault needs an endpoint");
        Ok(match self.fault {
            FaultName::WrongIss => Fault::WrongIss,
            FaultName::WrongAud => Fault::WrongAud,
            FaultName::WrongNonce => Fault::WrongNonce,
            FaultName::MissingNonce => Fault::MissingNonce,
            FaultName::WrongKid => Fault::WrongKid,
            FaultName::WrongAzp => Fault::WrongAzp,
            FaultName::AlgNone => Fault::AlgNone,
            FaultName::Hs256WithPublicKey => Fault::Hs256WithPublicKey,
            FaultName::Expired => Fault::Expired,
            FaultName::NotYetValid => Fault::NotYetValid,
            FaultName::BadSignature => Fault::BadSignature,
            FaultName::NoIdToken => Fault::NoIdToken,
            FaultName::Slow => {
                Fault::Slow(endpoint()?, Duration::from_millis(self.ms.ok_or("a slow response needs ms")?))
            }
            FaultName::Status500 => Fault::Status500(endpoint()?),
            FaultName::LostTokenAnswer => Fault::LostTokenAnswer,
            FaultName::WrongIssParameter => Fault::WrongIssParameter,
            FaultName::MissingIssParameter => Fault::MissingIssParameter,
            FaultName::RotateKeys => Fault::RotateKeys,
            FaultName::RefuseRefresh => Fault::RefuseRefresh,
            FaultName::OtherUser => Fault::OtherUser,
            FaultName::ShortLived => Fault::ShortLived,
            FaultName::StaleKeys => Fault::StaleKeys,
            FaultName::SilentBackChannel => Fault::SilentBackChannel,
            FaultName::RevokeWholeGrant => Fault::RevokeWholeGrant,
            FaultName::Answer => Fault::Answer(endpoint()?, self.answer()?),
            FaultName::Members => Fault::Members(
                self.document.ok_or("this fault needs a document")?,
                self.members.clone().ok_or("this fault needs members")?,
            ),
        })
    }

    fn answer(&self) -> Result<CustomResponse, &'static str> {
        let answer = self.answer.clone().ok_or("this fault needs an answer")?;
        let is_sendable =
            (200..600).contains(&answer.status) && HeaderValue::from_str(&answer.content_type).is_ok();
        is_sendable.then_some(answer).ok_or("the status or the content type of this answer is invalid")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_applies_as_often_as_requested() {
        let faults = Faults::new(true);
        faults.add_times(Fault::WrongIss, 2);
        let is_due: Vec<bool> = (0..3).map(|_| faults.is_due(&Fault::WrongIss)).collect();
        assert_eq!(is_due, [true, true, false]);
        faults.add(Fault::WrongAud);
        assert!((0..9).all(|_| faults.is_due(&Fault::WrongAud)));
        faults.clear();
        assert!(!faults.is_due(&Fault::WrongAud));
    }

    #[test]
    fn without_the_flag_no_fault_applies() {
        let faults = Faults::new(false);
        faults.add(Fault::AlgNone);
        assert!(!faults.is_due(&Fault::AlgNone));
    }

    #[test]
    fn a_fault_at_one_endpoint_does_not_affect_the_others() {
        let faults = Faults::new(true);
        faults.add(Fault::Slow(Endpoint::Token, Duration::from_millis(5)));
        assert_eq!(faults.delay(Endpoint::Jwks), None);
        assert_eq!(faults.delay(Endpoint::Token), Some(Duration::from_millis(5)));
    }

    #[test]
    fn a_misspelt_order_is_refused() {
        let read = |json: &str| serde_json::from_str::<FaultsRequest>(json);
        assert!(read(r#"{"faults":[{"fault":"wrong_is"}]}"#).is_err());
        assert!(read(r#"{"faults":[{"fault":"wrong_iss","time":1}]}"#).is_err());
        let order =
            read(r#"{"faults":[{"fault":"slow","ms":5},{"fault":"status500","endpoint":"jwks"}]}"#).unwrap();
        assert!(order.faults[0].fault().is_err());
        assert_eq!(order.faults[1].fault(), Ok(Fault::Status500(Endpoint::Jwks)));
    }
}
