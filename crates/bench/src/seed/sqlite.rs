//! Fills SQLite. Every `create` syncs the disk, which takes an hour for a million sessions. So the store
//! creates one session, and the others are copies of that row, in few transactions.

use super::Seed;
use crate::problem::Problem;
use auth::store::{SessionStore, SqliteStore};
use sqlx::{AssertSqlSafe, Connection, Executor, SqliteConnection, sqlite::SqliteConnectOptions};
use std::str::FromStr;

/// Rows in a transaction: few enough that the write-ahead log stays short.
const IN_A_TRANSACTION: usize = 10_000;
/// Columns in which sessions differ. All other columns are copied.
const VARYING_COLUMNS: [&str; 6] =
    ["key", "public_id", "user", "subject", "provider_session", "sealed_tokens"];

pub(super) async fn fill(url: &str, mut seeds: impl Iterator<Item = Seed>) -> Result<(), Problem> {
    let Some(first) = seeds.next() else { return Ok(()) };
    let seeding = |error: &dyn std::fmt::Display| Problem::Seeding(error.to_string());
    let store = SqliteStore::open(url).await.map_err(|error| seeding(&error))?;
    store
        .create(&first.key, &first.record, first.record.created_at)
        .await
        .map_err(|error| seeding(&error))?;
    store.close().await;

    let mut connection = SqliteConnection::connect_with(&SqliteConnectOptions::from_str(url)?).await?;
    // An incomplete file is thrown away, so the disk need not be synced.
    connection.execute("PRAGMA synchronous = OFF; PRAGMA cache_size = -500000").await?;
    let copy = copy_of_a_row(&mut connection).await?;
    let mut seeds = seeds.peekable();
    while seeds.peek().is_some() {
        let mut transaction = connection.begin().await?;
        for Seed { key, record } in seeds.by_ref().take(IN_A_TRANSACTION) {
            sqlx::query(AssertSqlSafe(copy.as_str()))
                .bind(key.as_bytes())
                .bind(record.public_id)
                .bind(serde_json::to_string(&record.user).unwrap_or_default())
                .bind(record.subject)
                .bind(record.sid)
                .bind(record.sealed_tokens)
                .bind(first.key.as_bytes())
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
    }
    connection.close().await?;
    Ok(())
}

/// Returns an `INSERT … SELECT` with [`VARYING_COLUMNS`] as parameters 1 to 6, and the key of the row to copy as the
/// last.
async fn copy_of_a_row(connection: &mut SqliteConnection) -> Result<String, Problem> {
    let columns: Vec<String> =
        sqlx::query_scalar("SELECT name FROM pragma_table_info('sessions')").fetch_all(connection).await?;
    let others: Vec<String> =
        columns.into_iter().filter(|name| !VARYING_COLUMNS.contains(&name.as_str())).collect();
    let others = others.join(", ");
    Ok(format!(
        "INSERT INTO sessions ({}, {others}) SELECT ?1, ?2, ?3, ?4, ?5, ?6, {others} FROM sessions WHERE key = ?7",
        VARYING_COLUMNS.join(", ")
    ))
}
