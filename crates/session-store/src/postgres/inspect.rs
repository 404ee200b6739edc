//! Looks at a database without a change.

use super::{STATEMENT_TIMEOUT, applied, connect, connect_options};
use crate::{Inspection, StoreError, StoreKind, schema::SchemaState};
use sqlx::{Connection, PgConnection, migrate::Migrator};

/// The tables that the store writes to.
const TABLES: [&str; 6] = ["sessions", "tombstones", "used_states", "outbox", "grants", "app_origins"];

/// Reads the schema of the database at `url`, and whether the user may write.
///
/// # Errors
/// If the server does not answer or refuses the connection, or the user may not read the list of migrations.
pub(crate) async fn inspect(url: &str, place: String, migrator: &Migrator) -> Result<Inspection, StoreError> {
    let options = connect_options(url)?.options([("statement_timeout", STATEMENT_TIMEOUT)]);
    let mut connection = connect(&options).await?;
    let schema = SchemaState::of(&applied(&mut connection).await?, migrator);
    let read_only = read_only(&mut connection).await?;
    connection.close().await?;
    Ok(Inspection { kind: StoreKind::Postgres, place, schema: Some(schema), read_only, risks: Vec::new() })
}

/// Why the user cannot write, if so.
async fn read_only(connection: &mut PgConnection) -> Result<Option<String>, StoreError> {
    let is_standby = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean";
    if sqlx::query_scalar(is_standby).fetch_one(&mut *connection).await? {
        return Ok(Some("the server is a standby, or the database is read-only".to_owned()));
    }
    // A table that does not exist yet is not closed: its rights are NULL.
    let closed = "SELECT string_agg(name, ', ') FROM unnest($1::text[]) AS name
         WHERE NOT (has_table_privilege(to_regclass(name), 'SELECT')
             AND has_table_privilege(to_regclass(name), 'INSERT')
             AND has_table_privilege(to_regclass(name), 'UPDATE')
             AND has_table_privilege(to_regclass(name), 'DELETE'))";
    let tables: Option<String> =
        sqlx::query_scalar(closed).bind(TABLES.map(str::to_owned).to_vec()).fetch_one(connection).await?;
    Ok(tables.map(|tables| {
        format!("the user lacks SELECT, INSERT, UPDATE or DELETE on {tables}; grant them to the user")
    }))
}
