#![doc = include_str!("../README.md")]

mod event;
mod grants;
mod inspection;
mod key;
mod logout;
mod memory;
#[cfg(feature = "sql")]
mod migrations;
mod origins;
mod outbox;
#[cfg(feature = "postgres")]
mod postgres;
mod record;
#[cfg(feature = "redis")]
mod redis;
mod schema;
#[cfg(feature = "sql")]
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite;
mod time_limit;
mod url;

#[cfg(test)]
mod conformance;

pub use auth_types::SessionState;
pub use event::{BrowserSignIn, BusMessage, EventBus, Listeners, SessionEvent};
use grants::EXPIRED_GRANT_RETENTION;
pub use grants::{Claim, ClaimOutcome, Grant, GrantHash, GrantKind, GrantStore};
pub use inspection::Inspection;
pub use key::{BrowserKey, SessionKey};
use logout::TombstoneKey;
pub use logout::{Logout, LogoutScope, LogoutTime};
pub use memory::MemoryStore;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use migrations::SCHEMA_VERSION;
pub use origins::OriginStore;
pub use outbox::{Backlog, Delivery, DeliveryId, NewDelivery, Outbox};
#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
pub use record::{SessionRecord, User};
#[cfg(feature = "redis")]
pub use redis::RedisStore;
pub use schema::{Migrated, SchemaState};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;
pub use url::{StoreKind, inspect, migrate, open, open_without_migrating};

use async_trait::async_trait;
use auth_types::EndReason;
use chrono::{DateTime, TimeDelta, Utc};

/// How long a store remembers why a session ended.
const ENDED_RETENTION: TimeDelta = TimeDelta::days(1);
/// How long a tombstone refuses sign-ins. An authorization code is valid for ten minutes at most.
const TOMBSTONE_LIFETIME: TimeDelta = TimeDelta::hours(1);

/// The store did not answer, or its answer is invalid. The session may or may not be live.
#[derive(Debug, thiserror::Error)]
#[error("session store: {0}")]
pub struct StoreError(pub String);

/// Why a session was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// A logout ended this session, or this user's sessions, before the sign-in finished.
    #[error("a logout ended this session before the sign-in finished")]
    LoggedOutMeanwhile,
    /// The key is taken. Ids are random, so this is a fault and not chance.
    #[error("the session id is taken")]
    Collision,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// User activity to record.
#[derive(Clone, Copy, Debug)]
pub struct Touch {
    /// When the user was active.
    pub seen_at: DateTime<Utc>,
    /// The current time. Activity that is reported late does not revive an expired session.
    pub now: DateTime<Utc>,
    /// The new expiry: ignored if earlier than the current expiry, and capped at the absolute expiry.
    pub expires_at: DateTime<Utc>,
    /// Nothing is written if activity was recorded within this time before `seen_at`.
    pub interval: TimeDelta,
}

/// The holder of the lease to refresh a session's tokens: a random value, new for each attempt.
pub type LeaseOwner = [u8; 16];

/// Refreshed tokens.
#[derive(Clone, Copy, Debug)]
pub struct NewTokens<'a> {
    /// The sealed tokens.
    pub sealed: &'a [u8],
    /// When the access token expires, if the provider said so.
    pub expire_at: Option<DateTime<Utc>>,
}

/// A change of the app's own data: JSON that a store does not read.
#[derive(Clone, Copy, Debug)]
pub struct NewData<'a> {
    /// The data as the caller read it, byte for byte.
    pub expected: &'a str,
    /// The new data.
    pub data: &'a str,
}

/// Selects sessions of a user.
#[derive(Clone, Copy, Debug)]
pub enum SessionFilter<'a> {
    /// The session with this public id.
    PublicId(&'a str),
    /// All sessions except this one.
    AllBut(&'a SessionKey),
}

/// Stores sessions. A method that changes a session does nothing to an ended or expired session: **ended
/// wins**, in whatever order requests arrive.
#[async_trait]
pub trait SessionStore: Send + Sync + 'static {
    /// Creates a session, unless a matching logout took place at `refused_since` or later, by the app's
    /// clock. With the start of the sign-in as `refused_since`, earlier logouts do not refuse the session.
    ///
    /// # Errors
    /// - [`CreateError::LoggedOutMeanwhile`] if such a logout named the session's `sid`, its user, or its
    ///   user in its browser. The check runs in the same transaction.
    /// - [`CreateError::Collision`] if the key is taken.
    /// - [`CreateError::Store`] if the store fails.
    async fn create(
        &self,
        key: &SessionKey,
        record: &SessionRecord,
        refused_since: DateTime<Utc>,
    ) -> Result<(), CreateError>;

    /// Loads a session. A session that expired by `now` counts as ended.
    async fn load(
        &self,
        key: &SessionKey,
        now: DateTime<Utc>,
    ) -> Result<SessionState<Box<SessionRecord>>, StoreError>;

    /// Records activity and extends the expiry. Returns `false` if nothing was written.
    async fn touch(&self, key: &SessionKey, touch: Touch) -> Result<bool, StoreError>;

    /// Replaces the app's own data by compare-and-set. Returns `false` if another request changed the data
    /// first, or if the session is not live.
    async fn set_data(
        &self,
        key: &SessionKey,
        new: NewData<'_>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// Replaces the sealed tokens, records `now` as the last provider check, and releases the lease. Returns
    /// `false` if `owner` does not hold the lease or the session is not live. An expired lease stays valid
    /// until another owner takes it.
    async fn set_tokens(
        &self,
        key: &SessionKey,
        owner: &LeaseOwner,
        tokens: NewTokens<'_>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// Takes the lease to refresh a session's tokens, until `until`. Returns `false` if the lease is held or
    /// the session is not live. Only one refresh runs at a time, across all processes.
    async fn lease_refresh(
        &self,
        key: &SessionKey,
        owner: &LeaseOwner,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// Releases the lease without new tokens. If the provider confirmed the session, `checked_at` records
    /// when. Does nothing if `owner` does not hold the lease.
    async fn release_refresh(
        &self,
        key: &SessionKey,
        owner: &LeaseOwner,
        checked_at: Option<DateTime<Utc>>,
    ) -> Result<(), StoreError>;

    /// Ends a session. Returns `false` if the session was not live.
    async fn end(&self, key: &SessionKey, reason: EndReason, now: DateTime<Utc>) -> Result<bool, StoreError>;

    /// Ends an idle session, but only if its last activity is still `last_seen_at` (compare-and-set). A tab
    /// that wakes from sleep therefore cannot end a session that another tab used in the meantime. Returns
    /// `false` if the last activity differs or the session was not live.
    async fn end_idle(
        &self,
        key: &SessionKey,
        last_seen_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// Ends the sessions of `(iss, sub)` that `which` selects. Returns the keys of the ended sessions.
    async fn end_of_user(
        &self,
        issuer: &str,
        subject: &str,
        which: SessionFilter<'_>,
        reason: EndReason,
        now: DateTime<Utc>,
    ) -> Result<Vec<SessionKey>, StoreError>;

    /// Ends the sessions that a logout names, and leaves a tombstone. The tombstone refuses sign-ins that
    /// began before the logout and are still under way. Returns the keys of the ended sessions.
    async fn log_out(&self, logout: Logout<'_>, now: DateTime<Utc>) -> Result<Vec<SessionKey>, StoreError>;

    /// Returns the live sessions of a user, newest first.
    async fn of_user(
        &self,
        issuer: &str,
        subject: &str,
        now: DateTime<Utc>,
    ) -> Result<Vec<SessionRecord>, StoreError>;

    /// Counts the live sessions of all apps on this store. Metrics ask this, so it must be cheap: an index holds the
    /// answer. An older version's session counts in Redis from its next activity on.
    async fn count_live(&self, now: DateTime<Utc>) -> Result<u64, StoreError>;

    /// Removes sessions a day after their end, grants an hour after theirs, and expired tombstones, used
    /// states, deliveries and origins. Returns the number of removed entries.
    async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, StoreError>;

    /// Checks that the store answers.
    async fn ping(&self) -> Result<(), StoreError>;
}

/// Records used `state` values and other single-use ids. The flows themselves travel in sealed cookies.
#[async_trait]
pub trait SingleUseStore: Send + Sync + 'static {
    /// Marks a `state` (its SHA-256) as used. Returns `true` the first time, then `false` until `expires_at`,
    /// when the flow itself has expired.
    async fn mark_used(&self, state_hash: &[u8; 32], expires_at: DateTime<Utc>) -> Result<bool, StoreError>;

    /// Returns whether a `state` is marked as used.
    async fn is_used(&self, state_hash: &[u8; 32]) -> Result<bool, StoreError>;
}

/// A complete store: sessions, used states, grants, deliveries, origins of apps, and the event bus.
pub trait Store: SessionStore + SingleUseStore + GrantStore + Outbox + OriginStore + EventBus {}
impl<T: SessionStore + SingleUseStore + GrantStore + Outbox + OriginStore + EventBus> Store for T {}
