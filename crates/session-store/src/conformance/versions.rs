//! Programs of two versions on one database. The later version is this one with more migrations.

use super::*;
use crate::{
    SCHEMA_VERSION as PRESENT,
    migrations::{self, tests::later},
    postgres,
    schema::{AtOpen, OpenError},
    sqlite,
};
use sqlx::{Connection, PgConnection, migrate::Migrator};

/// An expansion of every kind: columns, a table and indexes.
const EXPAND: &str = "
    ALTER TABLE sessions ADD COLUMN device_name TEXT;
    ALTER TABLE sessions ADD COLUMN risk INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE tombstones ADD COLUMN told_by TEXT;
    ALTER TABLE grants ADD COLUMN used_by TEXT;
    ALTER TABLE outbox ADD COLUMN last_error TEXT;
    ALTER TABLE used_states ADD COLUMN flow TEXT;
    ALTER TABLE app_origins ADD COLUMN seen_at INTEGER;
    CREATE INDEX sessions_by_device ON sessions (device_name, created_at);
    CREATE TABLE devices (id TEXT PRIMARY KEY, name TEXT NOT NULL);";
/// Removes a column that this program writes. Programs below the next version no longer work.
fn contract() -> (i64, &'static str, &'static str) {
    let name = format!("contract {} user agent", PRESENT + 1);
    (PRESENT + 2, name.leak(), "ALTER TABLE sessions DROP COLUMN user_agent;")
}

fn expanded(present: &Migrator) -> Migrator {
    later(present, &[(PRESENT + 1, "device names", EXPAND)])
}

fn contracted(present: &Migrator) -> Migrator {
    later(present, &[(PRESENT + 1, "device names", EXPAND), contract()])
}

fn sqlite_url(folder: &tempfile::TempDir) -> String {
    format!("sqlite://{}", folder.path().join("sessions.db").display())
}

pub(super) async fn sqlite_expanded_fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite_url(&folder);
    sqlite::migrate(&url, &expanded(&migrations::sqlite())).await.unwrap();
    let store = SqliteStore::open(&url).await.unwrap();
    Fixture { store: Arc::new(store), _keep: Box::new(folder) }
}

pub(super) async fn postgres_expanded_fixture() -> Fixture {
    let url = postgres_url().await;
    postgres::migrate(&url, &expanded(&migrations::postgres())).await.unwrap();
    let store = PostgresStore::open(&url).await.unwrap();
    Fixture { store: Arc::new(store), _keep: Box::new(()) }
}

/// Sessions of each store work at the other, and an end at one is an end at the other.
async fn they_share_sessions(earlier: &dyn Store, later: &dyn Store, first: u64) {
    for (one, other, seed) in [(earlier, later, first), (later, earlier, first + 1)] {
        one.create(&key(seed), &record("alice", Some("s1")), at(0)).await.unwrap();
        assert!(matches!(other.load(&key(seed), at(1)).await.unwrap(), SessionState::SignedIn(_)));
        let new = NewData { expected: "{}", data: "[1]" };
        assert!(other.set_data(&key(seed), new, at(1)).await.unwrap());
        assert!(other.end(&key(seed), EndReason::SignedOut, at(2)).await.unwrap());
        let ended = SessionState::SignedOut(Some(EndReason::SignedOut));
        assert_eq!(one.load(&key(seed), at(3)).await.unwrap(), ended);
    }
    // A logout at one store refuses a late sign-in at the other.
    later.log_out(logout(LogoutScope::ProviderSession("s2"), 10), at(10)).await.unwrap();
    let late = earlier.create(&key(first + 2), &record("bob", Some("s2")), at(0)).await;
    assert!(matches!(late, Err(CreateError::LoggedOutMeanwhile)), "{late:?}");
}

fn refusal<T>(opened: Result<T, OpenError>) -> String {
    match opened {
        Err(OpenError::Schema(problem)) => problem,
        Err(OpenError::Store(problem)) => panic!("{problem}"),
        Ok(_) => panic!("opened"),
    }
}

mod sqlite_versions {
    use super::*;

    #[tokio::test]
    async fn a_later_program_expands_the_schema_while_an_earlier_one_works() {
        let folder = tempfile::tempdir().unwrap();
        let url = sqlite_url(&folder);
        let earlier = SqliteStore::open(&url).await.unwrap();
        they_share_sessions(&earlier, &earlier, 10).await;
        let migrator = expanded(&migrations::sqlite());
        let later = SqliteStore::open_with(&url, AtOpen::Migrate, &migrator).await.unwrap();
        they_share_sessions(&earlier, &later, 20).await;
        // A rollback: another earlier program starts.
        let restarted = SqliteStore::open(&url).await.unwrap();
        they_share_sessions(&restarted, &later, 30).await;
        assert_eq!(migrate(&url).await.unwrap(), Migrated::Newer { found: PRESENT + 1, known: PRESENT });
    }

    #[tokio::test]
    async fn a_contract_refuses_an_earlier_program_and_leaves_the_file_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let url = sqlite_url(&folder);
        sqlite::migrate(&url, &contracted(&migrations::sqlite())).await.unwrap();
        let before = std::fs::read(folder.path().join("sessions.db")).unwrap();
        for at_open in [AtOpen::Migrate, AtOpen::Check] {
            let problem = refusal(SqliteStore::open_with(&url, at_open, &migrations::sqlite()).await);
            assert!(
                problem.contains(&format!("version {}", PRESENT + 2))
                    && problem.contains(&format!("version {} or later", PRESENT + 1)),
                "{problem}"
            );
        }
        let Err(StoreError(line)) = open(&url).await else { panic!("opened") };
        assert!(line.contains("start a later version") && !line.contains('\n'), "{line}");
        assert_eq!(migrate(&url).await.unwrap_err().0, line);
        assert_eq!(std::fs::read(folder.path().join("sessions.db")).unwrap(), before);
        // A program of the next version still starts.
        let six = expanded(&migrations::sqlite());
        assert!(SqliteStore::open_with(&url, AtOpen::Migrate, &six).await.is_ok());
    }

    #[tokio::test]
    async fn without_migrations_at_start_an_older_schema_is_refused_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let url = sqlite_url(&folder);
        let Err(StoreError(line)) = open_without_migrating(&url).await else { panic!("opened") };
        assert!(line.contains("version 0") && line.contains("main migrate"), "{line}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "no file is created");

        let present = migrations::sqlite();
        let three = migrations::tests::first(&present, 3);
        let migrated = sqlite::migrate(&url, &three).await.unwrap();
        assert_eq!(migrated, Migrated::Changed { from: 0, to: 3 });
        let Err(StoreError(line)) = open_without_migrating(&url).await else { panic!("opened") };
        assert!(line.contains("version 3") && line.contains(&format!("needs version {PRESENT}")), "{line}");
        let inspected = inspect(&url).await.unwrap().schema;
        assert_eq!(inspected, Some(SchemaState::Older { found: 3, wanted: PRESENT }));

        assert_eq!(migrate(&url).await.unwrap(), Migrated::Changed { from: 3, to: PRESENT });
        assert_eq!(migrate(&url).await.unwrap(), Migrated::UpToDate(PRESENT));
        let store = open_without_migrating(&url).await.unwrap();
        they_share_sessions(&*store, &*store, 10).await;
    }

    #[tokio::test]
    async fn an_inspection_creates_no_file_and_sees_an_open_database() {
        let folder = tempfile::tempdir().unwrap();
        let url = sqlite_url(&folder);
        let names = || {
            let mut names: Vec<_> =
                std::fs::read_dir(folder.path()).unwrap().map(|one| one.unwrap().file_name()).collect();
            names.sort();
            names
        };
        let schema = async || inspect(&url).await.unwrap().schema.unwrap();
        assert_eq!(schema().await, SchemaState::Older { found: 0, wanted: PRESENT });
        assert_eq!(names().len(), 0);

        let store = SqliteStore::open(&url).await.unwrap();
        let open = names();
        assert!(open.len() > 1, "an open database has a log");
        assert_eq!(schema().await, SchemaState::Current { version: PRESENT });
        assert_eq!(names(), open);
        drop(store);

        let closed = folder.path().join("closed.db");
        let url = format!("sqlite://{}", closed.display());
        migrate(&url).await.unwrap();
        let before = (names(), std::fs::read(&closed).unwrap());
        let found = inspect(&url).await.unwrap();
        assert_eq!(found.schema, Some(SchemaState::Current { version: PRESENT }));
        assert_eq!((names(), std::fs::read(&closed).unwrap()), before);
    }
}

mod postgres_versions {
    use super::*;

    #[tokio::test]
    async fn a_later_program_expands_the_schema_while_an_earlier_one_works() {
        let url = postgres_url().await;
        let earlier = PostgresStore::open(&url).await.unwrap();
        they_share_sessions(&earlier, &earlier, 10).await;
        let migrator = expanded(&migrations::postgres());
        let later = PostgresStore::open_with(&url, AtOpen::Migrate, &migrator).await.unwrap();
        they_share_sessions(&earlier, &later, 20).await;
        let restarted = PostgresStore::open(&url).await.unwrap();
        they_share_sessions(&restarted, &later, 30).await;
    }

    #[tokio::test]
    async fn a_contract_refuses_an_earlier_program() {
        let url = postgres_url().await;
        postgres::migrate(&url, &contracted(&migrations::postgres())).await.unwrap();
        for at_open in [AtOpen::Migrate, AtOpen::Check] {
            let problem = refusal(PostgresStore::open_with(&url, at_open, &migrations::postgres()).await);
            assert!(
                problem.contains(&format!("version {}", PRESENT + 2))
                    && problem.contains(&format!("version {} or later", PRESENT + 1)),
                "{problem}"
            );
        }
    }

    #[tokio::test]
    async fn a_user_without_rights_to_change_the_schema_serves_after_a_migration() {
        let owner = postgres_url().await;
        let role = format!("serving_{:032x}", u128::from_le_bytes(random()));
        let mut connection = PgConnection::connect(&owner).await.unwrap();
        let grant = format!(
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC;
             CREATE ROLE {role} LOGIN;
             ALTER DEFAULT PRIVILEGES IN SCHEMA public
                 GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role};"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(grant)).execute(&mut connection).await.unwrap();
        let mut serving = ::url::Url::parse(&owner).unwrap();
        serving.set_username(&role).unwrap();
        let serving: String = serving.into();

        let Err(StoreError(line)) = open_without_migrating(&serving).await else { panic!("opened") };
        assert!(line.contains("version 0") && line.contains("main migrate"), "{line}");
        let Err(StoreError(line)) = open(&serving).await else { panic!("opened") };
        assert!(line.contains("permission denied") && line.contains("the rights to change it"), "{line}");

        assert_eq!(migrate(&owner).await.unwrap(), Migrated::Changed { from: 0, to: PRESENT });
        for store in [open_without_migrating(&serving).await.unwrap(), open(&serving).await.unwrap()] {
            let seed = u64::from_le_bytes(random()[..8].try_into().unwrap()) / 2;
            they_share_sessions(&*store, &*store, seed).await;
        }
        let found = inspect(&serving).await.unwrap();
        assert_eq!((found.schema, found.read_only), (Some(SchemaState::Current { version: PRESENT }), None));

        let revoke = sqlx::AssertSqlSafe(format!("REVOKE UPDATE ON sessions FROM {role}"));
        sqlx::raw_sql(revoke).execute(&mut connection).await.unwrap();
        let found = inspect(&serving).await.unwrap().read_only.unwrap();
        assert!(found.contains("on sessions;"), "{found}");
    }
}

mod without_a_schema {
    use super::*;

    #[tokio::test]
    async fn redis_and_memory_have_nothing_to_migrate() {
        let redis = server("TEST_REDIS_URL");
        assert_eq!(migrate(&redis).await.unwrap(), Migrated::NoSchema(StoreKind::Redis));
        assert_eq!(migrate("memory:").await.unwrap(), Migrated::NoSchema(StoreKind::Memory));
        assert_eq!(inspect("memory:").await.unwrap().schema, None);
    }

    #[tokio::test]
    async fn an_inspection_of_redis_names_settings_that_lose_sign_outs() {
        // The server of these tests runs without an append-only file.
        let found = inspect(&server("TEST_REDIS_URL")).await.unwrap();
        assert_eq!((found.read_only, found.schema), (None, None));
        assert!(found.risks.iter().any(|risk| risk.contains("appendonly")), "{:?}", found.risks);
    }
}

#[tokio::test]
async fn this_programs_schema_version_is_the_one_of_these_tests() {
    let newest = |migrator: &Migrator| migrator.iter().map(|step| step.version).max();
    assert_eq!(newest(&migrations::sqlite()), Some(PRESENT));
    assert_eq!(newest(&migrations::postgres()), Some(PRESENT));
}
