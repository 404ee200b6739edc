//! The migrations that bring a database's schema up to date, in order.
//!
//! The list is written by hand: `sqlx::migrate!` would compile SQLite and both drivers a second time, for the
//! macro. Never edit a released migration: its checksum is compared. [`schema`](crate::schema) has the rules for new ones.

use sqlx::{
    SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};

/// The schema version that this program works with: the number of its last migration.
pub const SCHEMA_VERSION: i64 = 6;

/// A migration: its number, name and SQL.
type Step = (i64, &'static str, &'static str);

/// Lists the migrations in `migrations/$database`.
macro_rules! steps {
    ($database:literal) => {
        [
            (1, "sessions", include_str!(concat!("../migrations/", $database, "/0001_sessions.sql"))),
            (2, "outbox", include_str!(concat!("../migrations/", $database, "/0002_outbox.sql"))),
            (3, "handoff", include_str!(concat!("../migrations/", $database, "/0003_handoff.sql"))),
            (4, "checked at", include_str!(concat!("../migrations/", $database, "/0004_checked_at.sql"))),
            (5, "logout scope", include_str!(concat!("../migrations/", $database, "/0005_logout_scope.sql"))),
            (6, "origins", include_str!(concat!("../migrations/", $database, "/0006_origins.sql"))),
        ]
    };
}

/// Returns the migrations for SQLite.
#[cfg(feature = "sqlite")]
pub(super) fn sqlite() -> Migrator {
    migrator(steps!("sqlite"))
}

/// Returns the migrations for PostgreSQL.
#[cfg(feature = "postgres")]
pub(super) fn postgres() -> Migrator {
    migrator(steps!("postgres"))
}

fn migrator(steps: impl IntoIterator<Item = Step>) -> Migrator {
    let migrations = steps.into_iter().map(|(version, name, sql)| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    // A database that a later program has migrated has more migrations. `schema` decides whether this program works
    // with them.
    migrator.set_ignore_missing(true);
    migrator
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::schema::is_well_named;

    /// A migrator of these migrations only.
    pub(crate) fn migrator(steps: &[Step]) -> Migrator {
        super::migrator(steps.iter().copied())
    }

    /// The migrations of a later program: these, and `more`.
    pub(crate) fn later(present: &Migrator, more: &[Step]) -> Migrator {
        let more = migrator(more);
        let mut later = Migrator::with_migrations(present.iter().chain(more.iter()).cloned().collect());
        later.set_ignore_missing(true);
        later
    }

    /// The first migrations of `present`, up to `version`: an earlier program.
    pub(crate) fn first(present: &Migrator, version: i64) -> Migrator {
        Migrator::with_migrations(present.iter().filter(|step| step.version <= version).cloned().collect())
    }

    #[test]
    fn every_migration_file_is_listed() {
        for (database, migrator) in [("sqlite", sqlite()), ("postgres", postgres())] {
            let folder = format!("{}/migrations/{database}", env!("CARGO_MANIFEST_DIR"));
            let mut files: Vec<_> = std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            files.sort();
            let steps = migrator
                .iter()
                .map(|step| format!("{:04}_{}.sql", step.version, step.description.replace(' ', "_")));
            assert_eq!(steps.collect::<Vec<_>>(), files, "{database}");
            assert_eq!(migrator.iter().last().map(|step| step.version), Some(SCHEMA_VERSION), "{database}");
            assert!(migrator.iter().all(|step| is_well_named(step.version, &step.description)), "{database}");
        }
    }
}
