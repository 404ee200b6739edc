//! What is handed out for seconds or minutes, to be shown once or a few times: handoff tokens and what comes
//! of them.

use super::StoreError;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

/// SHA-256 of what was handed out: all that a store ever sees of it.
pub type GrantHash = [u8; 32];

/// How long a grant that has expired can still be told from one that never was.
pub(super) const REMEMBER_EXPIRED: TimeDelta = TimeDelta::hours(1);

/// What was handed out. One kind does not pass for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantKind {
    /// Opens a session at one app, once.
    HandoffToken,
    /// An access token for identity's `/userinfo`.
    AccessToken,
    /// A handoff that has arrived at an app and waits for its user's answer.
    Arrival,
}

impl GrantKind {
    /// The name in the store.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::HandoffToken => "handoff_token",
            Self::AccessToken => "access_token",
            Self::Arrival => "arrival",
        }
    }

    /// The reverse of [`as_str`](Self::as_str).
    pub(super) fn parse(name: &str) -> Result<Self, StoreError> {
        [Self::HandoffToken, Self::AccessToken, Self::Arrival]
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or_else(|| StoreError("a grant of an unknown kind".into()))
    }
}

/// A grant as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// What it is.
    pub kind: GrantKind,
    /// Who may use it: a client id, or the address it is good for.
    pub audience: String,
    /// SHA-256 of what has to come along with it.
    pub state_hash: [u8; 32],
    /// Whom it is about, sealed; the store does not look into it.
    pub sealed: Vec<u8>,
    /// When it is no use any more.
    pub expires_at: DateTime<Utc>,
}

/// Who wants to use a grant.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// What it should be.
    pub kind: GrantKind,
    /// Who shows it.
    pub audience: &'a str,
    /// SHA-256 of what came along with it.
    pub state_hash: [u8; 32],
}

/// What became of a claim. All but [`GrantOutcome::Granted`] leave the grant as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantOutcome {
    /// It was there, fitted, and is gone now: what was sealed.
    Granted(Vec<u8>),
    /// Never heard of it, or it was taken before.
    Unknown,
    /// It is somebody else's.
    WrongAudience,
    /// Its time is over.
    Expired,
    /// Something else came along with it than what it was bound to.
    WrongState,
}

/// Grants.
#[async_trait]
pub trait GrantStore: Send + Sync + 'static {
    /// Keeps a grant.
    async fn put_grant(&self, hash: &GrantHash, grant: &Grant, now: DateTime<Utc>) -> Result<(), StoreError>;

    /// Takes a grant if everything fits: one statement, so that of many at once one succeeds. When it does
    /// not, the answer says why, and the grant is still there for whom it does fit.
    async fn take_grant(
        &self,
        hash: &GrantHash,
        claim: Claim<'_>,
        now: DateTime<Utc>,
    ) -> Result<GrantOutcome, StoreError>;

    /// Looks at a grant, be it expired, and leaves it there.
    async fn load_grant(&self, hash: &GrantHash) -> Result<Option<Grant>, StoreError>;
}

impl Claim<'_> {
    /// Why a grant that was not taken was not.
    pub(super) fn refusal(&self, found: Option<&Grant>, now: DateTime<Utc>) -> GrantOutcome {
        match found {
            Some(grant) if grant.kind != self.kind => GrantOutcome::Unknown,
            Some(grant) if grant.audience != self.audience => GrantOutcome::WrongAudience,
            Some(grant) if grant.expires_at <= now => GrantOutcome::Expired,
            Some(grant) if grant.state_hash != self.state_hash => GrantOutcome::WrongState,
            // It fits now and was not taken a moment ago: there is nothing to be made of that.
            Some(_) | None => GrantOutcome::Unknown,
        }
    }
}

impl Grant {
    /// From what the stores keep.
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
