#![doc = include_str!("../README.md")]

mod event;
mod grants;
mod key;
mod limited;
mod logout;
mod memory;
#[cfg(feature = "sql")]
mod migrations;
mod outbox;
#[cfg(feature = "postgres")]
mod postgres;
mod record;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "sql")]
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite;
mod url;

#[cfg(test)]
mod conformance;

pub use event::{BusMessage, EventBus, Listeners, SessionEvent};
use grants::REMEMBER_EXPIRED;
pub use grants::{Claim, Grant, GrantHash, GrantKind, GrantOutcome, GrantStore};
pub use key::{BrowserKey, SessionKey};
use logout::TombstoneKey;
pub use logout::{Logout, LogoutScope, LogoutTime};
pub use memory::MemoryStore;
pub use outbox::{Delivery, DeliveryId, NewDelivery, Outbox};
#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
pub use record::{SessionRecord, User};
#[cfg(feature = "redis")]
pub use redis::RedisStore;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;
pub use url::{StoreKind, open};

use async_trait::async_trait;
use auth_types::EndReason;
use chrono::{DateTime, TimeDelta, Utc};

/// How long the reason of an ended session can still be told.
const REMEMBER_ENDED: TimeDelta = TimeDelta::days(1);
/// How long a logout refuses the sign-in that it overtook; a code lives ten minutes at most.
const TOMBSTONE_AGE: TimeDelta = TimeDelta::hours(1);

/// The store did not answer, or answered nonsense. The session is neither there nor gone.
#[derive(Debug, thiserror::Error)]
#[error("session store: {0}")]
pub struct StoreError(pub String);

/// What a key leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// A live session.
    Live(Box<SessionRecord>),
    /// It was there and has ended.
    Ended(EndReason),
    /// Never heard of it, or swept since.
    Unknown,
}

/// Why a session was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The provider ended this session (or this user's sessions) before the sign-in was finished.
    #[error("the provider ended this session meanwhile")]
    LoggedOutMeanwhile,
    /// The key is taken; ids are random, so this is a fault and not chance.
    #[error("the session id is taken")]
    Collision,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Activity to write down.
#[derive(Clone, Copy, Debug)]
pub struct Touch {
    /// When the user was active.
    pub seen_at: DateTime<Utc>,
    /// What time it is: activity that is told late revives nothing.
    pub now: DateTime<Utc>,
    /// The new end.
    pub expires_at: DateTime<Utc>,
    /// Nothing is written when activity was written down within this time before `seen_at`.
    pub interval: TimeDelta,
}

/// Who holds the lease to refresh a session's tokens: random, fresh for each attempt.
pub type LeaseOwner = [u8; 16];

/// Refreshed tokens.
#[derive(Clone, Copy, Debug)]
pub struct NewTokens<'a> {
    /// Sealed.
    pub sealed: &'a [u8],
    /// When the access token ends, if the provider said.
    pub expire_at: Option<DateTime<Utc>>,
}

/// A change of the app's own data: JSON, which no store looks into.
#[derive(Clone, Copy, Debug)]
pub struct NewData<'a> {
    /// What it was when it was read, byte for byte.
    pub seen: &'a str,
    /// What it shall be.
    pub data: &'a str,
}

/// Which sessions of a user.
#[derive(Clone, Copy, Debug)]
pub enum SessionFilter<'a> {
    /// The one with this public id.
    PublicId(&'a str),
    /// All but this one.
    AllBut(&'a SessionKey),
}

/// Sessions. Every method that changes a session does nothing to an ended or expired one: **ended
/// wins**, whatever order requests arrive in.
#[async_trait]
pub trait SessionStore: Send + Sync + 'static {
    /// Creates a session, unless a logout took place at `refused_since` or later, by our clock.
    ///
    /// # Errors
    /// [`CreateError::LoggedOutMeanwhile`] when there was one that meant its `sid`, its user, or its user in its
    /// browser; checked in the same transaction. Who began to sign in after a logout is not refused for it, whatever
    /// the provider made of that logout.
    async fn create(
        &self,
        key: &SessionKey,
        record: &SessionRecord,
        refused_since: DateTime<Utc>,
    ) -> Result<(), CreateError>;

    /// Looks a session up; one whose time is over at `now` counts as ended.
    async fn load(&self, key: &SessionKey, now: DateTime<Utc>) -> Result<Lookup, StoreError>;

    /// Writes activity down and rolls the end; `false` when nothing was written.
    async fn touch(&self, key: &SessionKey, touch: Touch) -> Result<bool, StoreError>;

    /// Replaces the app's own data if it is still what was seen: compare and set. `false` when somebody
    /// else changed it meanwhile, or the session does not live any more.
    async fn set_data(
        &self,
        key: &SessionKey,
        new: NewData<'_>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// Replaces the sealed tokens, if `owner` holds the lease to refresh them, and notes that the provider
    /// stood by the session at `now`; gives the lease back. `false` when the session does not live any more, or the lease ran out and is another's now.
    async fn set_tokens(
        &self,
        key: &SessionKey,
        owner: &LeaseOwner,
        tokens: NewTokens<'_>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// Takes the lease to refresh a session's tokens, until `until`; `false` when somebody holds it, or
    /// the session does not live. One refresh at a time, across all processes.
    async fn lease_refresh(
        &self,
        key: &SessionKey,
        owner: &LeaseOwner,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// Gives the lease back without new tokens, with the time at which the provider stood by the session if
    /// it was asked; does nothing when `owner` does not hold the lease.
    async fn release_refresh(
        &self,
        key: &SessionKey,
        owner: &LeaseOwner,
        checked_at: Option<DateTime<Utc>>,
    ) -> Result<(), StoreError>;

    /// Ends a session; `false` when it did not live.
    async fn end(&self, key: &SessionKey, reason: EndReason, now: DateTime<Utc>) -> Result<bool, StoreError>;

    /// Ends a session for idleness, if its last activity is still the one that was seen: compare and
    /// set, so that a tab which slept never signs out one that was used meanwhile.
    async fn end_idle(
        &self,
        key: &SessionKey,
        last_seen_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// Ends sessions of `(iss, sub)`: the one with this public id, or all but this key. Returns the keys
    /// of those that ended.
    async fn end_of_user(
        &self,
        issuer: &str,
        subject: &str,
        which: SessionFilter<'_>,
        reason: EndReason,
        now: DateTime<Utc>,
    ) -> Result<Vec<SessionKey>, StoreError>;

    /// Ends the sessions that a logout means, and leaves a tombstone, so that a sign-in which began before it and
    /// is still under way is refused. Returns the keys of those that ended.
    async fn log_out(&self, logout: Logout<'_>, now: DateTime<Utc>) -> Result<Vec<SessionKey>, StoreError>;

    /// The live sessions of a user, newest first.
    async fn of_user(
        &self,
        issuer: &str,
        subject: &str,
        now: DateTime<Utc>,
    ) -> Result<Vec<SessionRecord>, StoreError>;

    /// Removes what nobody needs any more: sessions a day past their end, tombstones and
    /// used states past theirs. Returns how many rows went.
    async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, StoreError>;

    /// Whether the store answers.
    async fn ping(&self) -> Result<(), StoreError>;
}

/// Sign-ins and sign-outs that came back. The flows themselves travel in sealed cookies.
#[async_trait]
pub trait FlowStore: Send + Sync + 'static {
    /// Notes that a `state` (its SHA-256) came back: `true` the first time, `false` ever after, until
    /// `expires_at`, when the flow is too old anyway.
    async fn use_state(&self, state_hash: &[u8; 32], expires_at: DateTime<Utc>) -> Result<bool, StoreError>;

    /// Whether it was noted already.
    async fn is_used(&self, state_hash: &[u8; 32]) -> Result<bool, StoreError>;
}

/// A store: sessions, used states, what is handed out, what is to be delivered, and the bus between the
/// processes that share it.
pub trait Store: SessionStore + FlowStore + GrantStore + Outbox + EventBus {}
impl<T: SessionStore + FlowStore + GrantStore + Outbox + EventBus> Store for T {}
