//! Short-lived credentials: handoff tokens, their access tokens, and pending confirmations.

use super::StoreError;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

/// The SHA-256 of a credential. A store never sees the credential.
pub type GrantHash = [u8; 32];

/// How long a store can tell an expired grant from an unknown grant.
pub(super) const EXPIRED_GRANT_RETENTION: TimeDelta = TimeDelta::hours(1);

/// The kind of a grant. A grant of one kind is not accepted as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantKind {
    /// Opens a session at one app, once.
    HandoffToken,
    /// An access token for identity's `/userinfo`.
    AccessToken,
    /// A handoff that arrived at an app and waits for the user's confirmation.
    PendingConfirmation,
    /// The ID token of a session that has ended, for the provider's sign-out.
    IdTokenHint,
    /// The page that a visitor wanted before a sign-in, if its address is too long for a cookie.
    WantedPage,
}

impl GrantKind {
    /// Returns the name in the store.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::HandoffToken => "handoff_token",
            Self::AccessToken => "access_token",
            Self::PendingConfirmation => "arrival",
            Self::IdTokenHint => "id_token_hint",
            Self::WantedPage => "wanted_page",
        }
    }

    /// Parses a name from [`as_str`](Self::as_str).
    pub(super) fn parse(name: &str) -> Result<Self, StoreError> {
        [
            Self::HandoffToken,
            Self::AccessToken,
            Self::PendingConfirmation,
            Self::IdTokenHint,
            Self::WantedPage,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == name)
        .ok_or_else(|| StoreError("unknown kind of grant".into()))
    }
}

/// A short-lived credential, as a store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The kind of the grant.
    pub kind: GrantKind,
    /// The audience that may use the grant: a client id, or the address that accepts the grant.
    pub audience: String,
    /// The SHA-256 of the value that must be presented with the grant.
    pub state_hash: [u8; 32],
    /// The grant's content, such as a session's key. Sealed; the store cannot read the content.
    pub sealed: Vec<u8>,
    /// When the grant expires.
    pub expires_at: DateTime<Utc>,
}

/// An attempt to use a grant.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The expected kind.
    pub kind: GrantKind,
    /// The audience that presents the grant.
    pub audience: &'a str,
    /// The SHA-256 of the value presented with the grant.
    pub state_hash: [u8; 32],
}

/// The result of a claim. Only [`ClaimOutcome::Granted`] removes the grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimOutcome {
    /// The claim matched. Contains the grant's sealed content.
    Granted(Vec<u8>),
    /// The grant does not exist, was already taken, or is of another kind.
    Unknown,
    /// The grant is for another audience.
    WrongAudience,
    /// The grant has expired.
    Expired,
    /// The value presented with the grant is not the value that the grant is bound to.
    WrongState,
}

/// Stores grants.
#[async_trait]
pub trait GrantStore: Send + Sync + 'static {
    /// Stores a grant.
    async fn put_grant(&self, hash: &GrantHash, grant: &Grant, now: DateTime<Utc>) -> Result<(), StoreError>;

    /// Takes a grant if the claim matches. This is one statement, so only one of several concurrent claims
    /// succeeds. If the claim does not match, the result says why, and the grant stays for a matching claim.
    async fn take_grant(
        &self,
        hash: &GrantHash,
        claim: Claim<'_>,
        now: DateTime<Utc>,
    ) -> Result<ClaimOutcome, StoreError>;

    /// Returns a grant without taking it, even if the grant has expired.
    async fn load_grant(&self, hash: &GrantHash) -> Result<Option<Grant>, StoreError>;
}

impl Claim<'_> {
    /// Returns why a claim took no grant; `found` is the grant that the store has now.
    pub(super) fn mismatch(&self, found: Option<&Grant>, now: DateTime<Utc>) -> ClaimOutcome {
        match found {
            Some(grant) if grant.kind != self.kind => ClaimOutcome::Unknown,
            Some(grant) if grant.audience != self.audience => ClaimOutcome::WrongAudience,
            Some(grant) if grant.expires_at <= now => ClaimOutcome::Expired,
            Some(grant) if grant.state_hash != self.state_hash => ClaimOutcome::WrongState,
            // The grant matches now but did not exist during the claim.
            Some(_) | None => ClaimOutcome::Unknown,
        }
    }
}

impl Grant {
    /// Builds a grant from stored values.
    pub(super) fn from_row(
        kind: &str,
        audience: String,
        state_hash: Vec<u8>,
        sealed: Vec<u8>,
        expires_at: i64,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            kind: GrantKind::parse(kind)?,
            audience,
            state_hash: state_hash
                .try_into()
                .map_err(|_| StoreError("a state hash has the wrong length".into()))?,
            sealed,
            expires_at: DateTime::from_timestamp_millis(expires_at)
                .ok_or_else(|| StoreError("bad time in a grant".into()))?,
        })
    }
}
