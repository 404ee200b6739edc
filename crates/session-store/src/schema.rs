//! The rules for a schema that programs of several versions share.
//!
//! An update starts programs of the new version before the last program of the old version stops, and a rollback starts
//! the old version again. So most migrations only *expand* the schema: they add a table, an index, or a column that is
//! nullable or has a default. Earlier programs work with an expanded schema.
//!
//! A migration that removes what earlier programs need *contracts* the schema. The name of its file says so:
//! `0007_contract_6_user_agent.sql` means that programs of schema version 6 and later still work, and that earlier
//! programs do not. The database lists the names of its migrations. An earlier program reads the name there and refuses to
//! start.

use crate::{StoreError, StoreKind};
#[cfg(feature = "sql")]
use sqlx::migrate::{MigrateError, Migrator};
use std::fmt;

/// The beginning of the name of a migration that contracts the schema. The oldest schema version whose programs still
/// work follows.
#[cfg(feature = "sql")]
const CONTRACT: &str = "contract ";

/// Whether the table of applied migrations exists, for SQLite.
#[cfg(feature = "sqlite")]
pub(crate) const IS_LISTED_IN_SQLITE: &str =
    "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations')";
/// Whether the table of applied migrations exists, for PostgreSQL.
#[cfg(feature = "postgres")]
pub(crate) const IS_LISTED_IN_POSTGRES: &str = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL";
/// Selects the applied migrations, as [`Applied`].
#[cfg(feature = "sql")]
pub(crate) const APPLIED: &str =
    "SELECT version, description, checksum FROM _sqlx_migrations WHERE success ORDER BY version";

/// A migration that a database has: its version, name and checksum.
#[cfg(feature = "sql")]
pub(crate) type Applied = (i64, String, Vec<u8>);

/// Whether opening a store brings its schema up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AtOpen {
    /// Apply missing migrations.
    Migrate,
    /// Change nothing, and refuse a schema with missing migrations.
    Check,
}

/// Why a store was not opened.
#[derive(Debug)]
pub(crate) enum OpenError {
    /// The store does not answer properly.
    Store(StoreError),
    /// The schema does not fit this program. The sentence contains the fix.
    Schema(String),
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

#[cfg(feature = "sql")]
impl From<sqlx::Error> for OpenError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<OpenError> for StoreError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Store(error) => error,
            OpenError::Schema(problem) => Self(problem),
        }
    }
}

/// A failed migration.
#[cfg(feature = "sql")]
pub(crate) fn migration_failed(error: &MigrateError) -> OpenError {
    OpenError::Schema(format!(
        "cannot migrate the schema: {error}; does the store's user have the rights to change it?"
    ))
}

/// The schema of a database, compared with the schema of this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaState {
    /// The database has exactly the migrations of this program.
    Current {
        /// The version of both.
        version: i64,
    },
    /// The database lacks migrations of this program.
    Older {
        /// The version of the database; 0 without a schema.
        found: i64,
        /// The version of this program.
        wanted: i64,
    },
    /// A later program has expanded the schema. This program works with it.
    Newer {
        /// The version of the database.
        found: i64,
        /// The version of this program.
        known: i64,
    },
    /// A later program has removed what this program needs.
    TooNew {
        /// The version of the database.
        found: i64,
        /// The version of this program.
        known: i64,
        /// The oldest version whose programs still work.
        oldest: i64,
    },
    /// A migration of this program differs from the one that the database has.
    Changed {
        /// The version of the migration.
        version: i64,
    },
}

impl SchemaState {
    #[cfg(feature = "sql")]
    pub(crate) fn of(applied: &[Applied], migrator: &Migrator) -> Self {
        let known = migrator.iter().map(|step| step.version).max().unwrap_or_default();
        let found = applied.iter().map(|(version, ..)| *version).max().unwrap_or_default();
        let oldest = applied.iter().filter_map(|(_, name, _)| oldest_version(name)).max().unwrap_or_default();
        if oldest > known {
            return Self::TooNew { found, known, oldest };
        }
        let mut is_missing = false;
        for step in migrator.iter() {
            match applied.iter().find(|(version, ..)| *version == step.version) {
                Some((version, _, checksum)) if **checksum != *step.checksum => {
                    return Self::Changed { version: *version };
                }
                Some(_) => {}
                None => is_missing = true,
            }
        }
        match found {
            _ if is_missing => Self::Older { found, wanted: known },
            _ if found > known => Self::Newer { found, known },
            _ => Self::Current { version: known },
        }
    }

    /// Whether this program works with the schema as it is.
    ///
    /// # Errors
    /// One sentence with the problem and the fix.
    pub fn check(self) -> Result<(), String> {
        match self {
            Self::Current { .. } | Self::Newer { .. } => Ok(()),
            Self::Older { found, wanted } => Err(format!(
                "the schema is version {found}, and this program needs version {wanted}; run it with the argument \
                 migrate first, as in main migrate"
            )),
            Self::TooNew { found, known, oldest } => Err(format!(
                "the schema is version {found}, which works with programs of version {oldest} or later, and this \
                 program's is {known}; start a later version of the program"
            )),
            Self::Changed { version } => Err(format!(
                "migration {version} of this program differs from the one in the database; use an unchanged version \
                 of the program"
            )),
        }
    }
}

/// What [`migrate`](crate::migrate) did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migrated {
    /// This kind of store has no schema.
    NoSchema(StoreKind),
    /// The schema had this program's version already.
    UpToDate(i64),
    /// A later program has migrated the schema further, and this program works with it.
    Newer {
        /// The version of the database.
        found: i64,
        /// The version of this program.
        known: i64,
    },
    /// Migrations were applied.
    Changed {
        /// The version before; 0 without a schema.
        from: i64,
        /// The version now.
        to: i64,
    },
}

impl Migrated {
    #[cfg(feature = "sql")]
    pub(crate) fn between(before: SchemaState, after: SchemaState) -> Self {
        match (before, after) {
            (SchemaState::Older { found, .. }, SchemaState::Current { version }) => {
                Self::Changed { from: found, to: version }
            }
            (SchemaState::Older { found: from, .. }, SchemaState::Newer { found: to, .. }) => {
                Self::Changed { from, to }
            }
            (_, SchemaState::Newer { found, known }) => Self::Newer { found, known },
            (
                _,
                SchemaState::Current { version }
                | SchemaState::Changed { version }
                | SchemaState::Older { found: version, .. }
                | SchemaState::TooNew { found: version, .. },
            ) => Self::UpToDate(version),
        }
    }
}

impl fmt::Display for Migrated {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSchema(kind) => write!(formatter, "{kind} has no schema, so there is nothing to migrate"),
            Self::UpToDate(version) => write!(formatter, "schema {version} is up to date"),
            Self::Newer { found, known } => {
                write!(formatter, "schema {found} is newer than this program's {known}, and works with it")
            }
            Self::Changed { from, to } => write!(formatter, "migrated from {from} to {to}"),
        }
    }
}

/// The oldest schema version whose programs work after this migration; `None` if the migration only expands.
#[cfg(feature = "sql")]
fn oldest_version(name: &str) -> Option<i64> {
    // A contract without a readable version is not safe for any earlier program.
    let rest = name.strip_prefix(CONTRACT)?;
    Some(rest.split(' ').next().and_then(|version| version.parse().ok()).unwrap_or(i64::MAX))
}

/// Whether the name of a migration obeys the rules: a contract names a version that existed before it.
#[cfg(test)]
pub(crate) fn is_well_named(version: i64, name: &str) -> bool {
    oldest_version(name).is_none_or(|oldest| oldest <= version)
}

#[cfg(all(test, feature = "sql"))]
mod tests {
    use super::*;
    use crate::migrations::tests::migrator;

    fn applied(steps: &[(i64, &'static str, &'static str)]) -> Vec<Applied> {
        let list = migrator(steps);
        list.iter().map(|step| (step.version, step.description.to_string(), step.checksum.to_vec())).collect()
    }

    const ONE: (i64, &str, &str) = (1, "sessions", "CREATE TABLE sessions (key)");
    const TWO: (i64, &str, &str) = (2, "outbox", "CREATE TABLE outbox (id)");

    fn state(found: &[(i64, &'static str, &'static str)]) -> SchemaState {
        SchemaState::of(&applied(found), &migrator(&[ONE, TWO]))
    }

    #[test]
    fn a_schema_is_compared_with_the_program() {
        assert_eq!(state(&[ONE, TWO]), SchemaState::Current { version: 2 });
        assert_eq!(state(&[ONE]), SchemaState::Older { found: 1, wanted: 2 });
        assert_eq!(state(&[]), SchemaState::Older { found: 0, wanted: 2 });
        let (three, four) = ((3, "device names", "…"), (4, "contract 2 device names", "…"));
        assert_eq!(state(&[ONE, TWO, three]), SchemaState::Newer { found: 3, known: 2 });
        assert_eq!(state(&[ONE, TWO, three, four]), SchemaState::Newer { found: 4, known: 2 });
        let other = (2, "outbox", "CREATE TABLE outbox (other)");
        assert_eq!(state(&[ONE, other]), SchemaState::Changed { version: 2 });
    }

    #[test]
    fn a_contract_refuses_the_programs_before_the_version_in_its_name() {
        let contract = |name| state(&[ONE, TWO, (3, "expand", "…"), (4, name, "…")]);
        let too_new = |oldest| SchemaState::TooNew { found: 4, known: 2, oldest };
        assert_eq!(contract("contract 3 outbox"), too_new(3));
        assert_eq!(contract("contract outbox"), too_new(i64::MAX), "a name without a version refuses all");
        let refusal = too_new(3).check().unwrap_err();
        assert!(refusal.contains("later version") && !refusal.contains('\n'), "{refusal}");
        // A later expansion does not lift the refusal.
        let found = [ONE, TWO, (4, "contract 3 outbox", "…"), (5, "more", "…")];
        assert_eq!(state(&found), SchemaState::TooNew { found: 5, known: 2, oldest: 3 });
    }

    #[test]
    fn a_migration_says_what_it_did() {
        let older = SchemaState::Older { found: 3, wanted: 5 };
        let current = SchemaState::Current { version: 5 };
        assert_eq!(Migrated::between(older, current).to_string(), "migrated from 3 to 5");
        assert_eq!(Migrated::between(current, current).to_string(), "schema 5 is up to date");
        assert!(Migrated::NoSchema(StoreKind::Redis).to_string().starts_with("Redis has no schema"));
    }
}
