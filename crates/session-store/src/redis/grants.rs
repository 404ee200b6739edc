//! Grants in Redis.

use super::{RedisStore, ask, scripts};
use crate::{Claim, ClaimOutcome, EXPIRED_GRANT_RETENTION, Grant, GrantHash, GrantStore, StoreError};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

/// Kind, audience, state hash, sealed content and expiry, as the Redis hash has them.
type Row = (Option<String>, Option<String>, Option<Vec<u8>>, Option<Vec<u8>>, Option<i64>);

#[async_trait]
impl GrantStore for RedisStore {
    async fn put_grant(&self, hash: &GrantHash, grant: &Grant, now: DateTime<Utc>) -> Result<(), StoreError> {
        let mut connection = self.connection.clone();
        let expires_at = grant.expires_at.timestamp_millis();
        let mut script = scripts::GRANT_PUT.key(self.keys.grant(hash));
        script
            .key(self.keys.expiry())
            .arg(now.timestamp_millis())
            .arg((grant.expires_at + EXPIRED_GRANT_RETENTION).timestamp_millis())
            .arg(&[("kind", grant.kind.as_str()), ("audience", &grant.audience)])
            .arg(&[("state_hash", grant.state_hash.as_slice()), ("sealed", &grant.sealed)])
            .arg(&[("expires_at", expires_at)]);
        ask(script.invoke_async(&mut connection)).await
    }

    async fn take_grant(
        &self,
        hash: &GrantHash,
        claim: Claim<'_>,
        now: DateTime<Utc>,
    ) -> Result<ClaimOutcome, StoreError> {
        let mut connection = self.connection.clone();
        let mut script = scripts::GRANT_TAKE.key(self.keys.grant(hash));
        script
            .key(self.keys.expiry())
            .arg(now.timestamp_millis())
            .arg(claim.kind.as_str())
            .arg(claim.audience)
            .arg(claim.state_hash.as_slice());
        match ask(script.invoke_async(&mut connection)).await? {
            Some(sealed) => Ok(ClaimOutcome::Granted(sealed)),
            None => Ok(claim.mismatch(self.load_grant(hash).await?.as_ref(), now)),
        }
    }

    async fn load_grant(&self, hash: &GrantHash) -> Result<Option<Grant>, StoreError> {
        let mut connection = self.connection.clone();
        let mut command = ::redis::cmd("HMGET");
        command.arg(self.keys.grant(hash)).arg(&["kind", "audience", "state_hash", "sealed", "expires_at"]);
        let row: Row = ask(command.query_async(&mut connection)).await?;
        let (Some(kind), Some(audience), Some(state_hash), Some(sealed), Some(expires_at)) = row else {
            return Ok(None);
        };
        Grant::from_row(&kind, audience, state_hash, sealed, expires_at).map(Some)
    }
}
