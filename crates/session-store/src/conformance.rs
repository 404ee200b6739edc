//! The conformance suite: a macro runs its tests over every store.

mod forgetting;
mod grants;
mod origins;
mod outbox;
mod sessions;
mod versions;

use super::*;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use grants::*;
use origins::*;
use outbox::*;
use rand::{TryRngCore, rngs::OsRng};
use sessions::*;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use versions::*;

/// A store, and the folder or server that it needs.
pub(super) struct Fixture {
    pub store: Arc<dyn Store>,
    pub _keep: Box<dyn std::any::Any>,
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn key(seed: u64) -> SessionKey {
    SessionKey::from_bytes(Sha256::digest(seed.to_le_bytes()).into())
}

fn record(subject: &str, sid: Option<&str>) -> SessionRecord {
    SessionRecord {
        public_id: format!("public-{subject}"),
        user: User { name: Some("Alice".into()), ..User::default() },
        provider: "demo".into(),
        issuer: "https://op.example".into(),
        subject: subject.into(),
        sid: sid.map(Into::into),
        issued_at: at(0),
        begun_at: at(0),
        browser: Some("b1".into()),
        created_at: at(0),
        last_seen_at: at(0),
        checked_at: at(0),
        expires_at: at(600),
        absolute_expires_at: at(900),
        data: "{}".into(),
        sealed_tokens: vec![1, 2, 3],
        tokens_expire_at: Some(at(300)),
        user_agent: Some("Browser".into()),
    }
}

const ISSUER: &str = "https://op.example";

/// A logout at this second, by the app's clock.
fn logout(scope: LogoutScope<'_>, seconds: i64) -> Logout<'_> {
    Logout { issuer: ISSUER, scope, until: LogoutTime::Begun(at(seconds)) }
}

/// Declares the module of tests for one store; `$fixture` creates an empty store.
macro_rules! conformance {
    ($store:ident, $fixture:path) => {
        conformance!(@tests $store, $fixture,
            a_created_session_loads_as_it_was,
            a_taken_id_is_refused_and_the_first_session_stays,
            an_ended_session_stays_ended_when_a_late_save_arrives,
            time_ends_a_session_and_no_activity_revives_it,
            activity_rolls_once_an_interval_and_never_past_the_absolute_end,
            concurrent_activity_is_written_exactly_once,
            app_data_is_kept_and_touches_nothing_else,
            app_data_that_another_request_changed_is_not_overwritten,
            a_provider_session_ends_its_own_sessions_only,
            a_logout_of_a_user_ends_the_sessions_that_began_before_it,
            a_logout_in_one_browser_leaves_the_others_alone,
            a_late_logout_ends_nothing_that_began_after_it,
            a_providers_logout_is_compared_by_the_providers_clock,
            a_logout_refuses_a_sign_in_that_it_overtakes,
            no_sign_in_slips_past_a_logout_at_the_same_moment,
            tokens_are_replaced_by_the_holder_of_the_lease_only,
            a_refresh_loses_against_a_sign_out,
            one_of_twenty_concurrent_requests_takes_the_lease,
            idleness_does_not_end_a_session_that_was_used_since,
            a_user_ends_one_session_or_all_others_of_this_user_only,
            ten_thousand_sessions_are_kept_apart,
            a_user_finds_their_live_sessions_newest_first,
            live_sessions_are_counted_until_they_end_or_expire,
            sweeping_removes_only_expired_entries,
            a_state_is_used_once_by_concurrent_requests,
            a_delivery_is_taken_once_and_due_again_later,
            a_postponed_delivery_is_due_later_and_a_settled_one_is_gone,
            a_delivery_enqueued_twice_exists_once_and_keeps_its_tries,
            an_expired_delivery_is_swept_and_not_taken,
            an_apps_origins_are_remembered_until_their_time,
            an_app_has_a_limited_number_of_origins,
            one_origin_remembered_many_times_at_once_is_one,
            the_backlog_counts_what_waits_and_names_the_first_expiry,
            a_grant_is_taken_once_by_a_matching_claim,
            one_of_fifty_concurrent_claims_takes_the_grant,
            a_refused_claim_gets_the_reason_and_leaves_the_grant,
            a_grant_expires_on_time_and_is_swept_an_hour_later,
            a_published_event_reaches_a_subscriber,
            apps_with_different_limits_do_not_shorten_each_other,
        );
    };
    (@tests $store:ident, $fixture:path, $($test:ident,)*) => {
        mod $store {
            $(#[tokio::test]
            async fn $test() {
                let fixture = $fixture().await;
                super::$test(fixture.store.clone()).await;
            })*
        }
    };
}

async fn sqlite_fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("sessions.db").display());
    let store = SqliteStore::open(&url).await.unwrap();
    Fixture { store: Arc::new(store), _keep: Box::new(folder) }
}

async fn memory_fixture() -> Fixture {
    Fixture { store: Arc::new(MemoryStore::new()), _keep: Box::new(()) }
}

/// Returns the URL of a throwaway server.
///
/// # Panics
/// If the variable is not set: a test that is silently skipped proves nothing.
fn server(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!(
            "{variable} is not set; run it as `.ci/services cargo nextest run -p onesession-store`, which starts a server"
        )
    })
}

/// Returns random bytes, for a name that no other test uses.
fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    OsRng.try_fill_bytes(&mut bytes).unwrap();
    bytes
}

/// Creates a database for one test, and returns its URL.
async fn postgres_url() -> String {
    let server = server("TEST_POSTGRES_URL");
    let name = format!("test_{:032x}", u128::from_le_bytes(random()));
    let mut connection = <sqlx::PgConnection as sqlx::Connection>::connect(&server).await.unwrap();
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::query(create).execute(&mut connection).await.unwrap();
    let mut url = ::url::Url::parse(&server).unwrap();
    url.set_path(&name);
    url.into()
}

async fn postgres_fixture() -> Fixture {
    let store = PostgresStore::open(&postgres_url().await).await.unwrap();
    Fixture { store: Arc::new(store), _keep: Box::new(()) }
}

async fn redis_fixture() -> Fixture {
    let prefix = format!("test-{}", URL_SAFE_NO_PAD.encode(random()));
    let store = RedisStore::open_with_prefix(&server("TEST_REDIS_URL"), &prefix).await.unwrap();
    Fixture { store: Arc::new(store), _keep: Box::new(()) }
}

conformance!(sqlite, super::sqlite_fixture);
conformance!(memory, super::memory_fixture);
conformance!(postgres, super::postgres_fixture);
conformance!(redis, super::redis_fixture);
// The same suite on a schema that a later program has expanded.
conformance!(sqlite_expanded, super::sqlite_expanded_fixture);
conformance!(postgres_expanded, super::postgres_expanded_fixture);

mod postgres_only {
    use super::*;

    #[tokio::test]
    async fn replicas_can_open_a_new_database_at_once_and_share_sessions_and_events() {
        let url = postgres_url().await;
        let opened = futures::future::join_all((0..4).map(|_| PostgresStore::open(&url))).await;
        let stores: Vec<_> = opened.into_iter().map(|store| store.unwrap()).collect();
        let mut heard = stores[1].subscribe();
        stores[0].create(&key(1), &record("alice", None), at(0)).await.unwrap();
        assert!(matches!(stores[1].load(&key(1), at(1)).await.unwrap(), SessionState::SignedIn(_)));
        let event = SessionEvent::Changed(key(1));
        stores[0].publish(event).await.unwrap();
        assert_eq!(heard.recv().await.unwrap(), BusMessage::Event(event));
    }

    #[tokio::test]
    async fn a_lost_bus_connection_is_restored_and_reported_as_lagged() {
        let url = postgres_url().await;
        let store = PostgresStore::open(&url).await.unwrap();
        let mut heard = store.subscribe();
        let mut admin = <sqlx::PgConnection as sqlx::Connection>::connect(&url).await.unwrap();
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        sqlx::query(cut).execute(&mut admin).await.unwrap();
        assert_eq!(heard.recv().await.unwrap(), BusMessage::Lagged);
        let event = SessionEvent::Changed(key(1));
        store.publish(event).await.unwrap();
        assert_eq!(heard.recv().await.unwrap(), BusMessage::Event(event));
    }
}

mod redis_only {
    use super::*;

    #[tokio::test]
    async fn replicas_share_sessions_and_events_and_other_prefixes_do_not() {
        let (url, prefix) = (server("TEST_REDIS_URL"), format!("test-{}", URL_SAFE_NO_PAD.encode(random())));
        let open = |prefix: String| async { RedisStore::open_with_prefix(&url, &{ prefix }).await.unwrap() };
        let (one, two) = (open(prefix.clone()).await, open(prefix).await);
        let other = open(format!("test-{}", URL_SAFE_NO_PAD.encode(random()))).await;
        let mut heard = two.subscribe();
        one.create(&key(1), &record("alice", None), at(0)).await.unwrap();
        assert!(matches!(two.load(&key(1), at(1)).await.unwrap(), SessionState::SignedIn(_)));
        assert_eq!(other.load(&key(1), at(1)).await.unwrap(), SessionState::SignedOut(None));
        let (theirs, ours) = (SessionEvent::Changed(key(2)), SessionEvent::Changed(key(1)));
        other.publish(theirs).await.unwrap();
        one.publish(ours).await.unwrap();
        assert_eq!(heard.recv().await.unwrap(), BusMessage::Event(ours));
    }
}

mod sqlite_only {
    use super::*;

    #[tokio::test]
    async fn two_processes_can_open_a_new_file_at_once_and_share_sessions() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("sessions.db").display());
        let (one, two) = tokio::join!(SqliteStore::open(&url), SqliteStore::open(&url));
        let (one, two) = (one.unwrap(), two.unwrap());
        one.create(&key(1), &record("alice", None), at(0)).await.unwrap();
        assert!(matches!(two.load(&key(1), at(1)).await.unwrap(), SessionState::SignedIn(_)));
        two.end(&key(1), EndReason::SignedOut, at(2)).await.unwrap();
        assert_eq!(
            one.load(&key(1), at(3)).await.unwrap(),
            SessionState::SignedOut(Some(EndReason::SignedOut))
        );
    }

    #[tokio::test]
    async fn a_missing_folder_is_an_error() {
        assert!(SqliteStore::open("sqlite:///nowhere/at/all/sessions.db").await.is_err());
    }
}
