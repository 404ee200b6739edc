//! What every store must do, as one suite; a macro runs it over each.

mod grants;
mod outbox;

use super::*;
use crate::{
    events::{Heard, SessionEvent},
    random::Random,
    session::{SessionId, User},
};
use grants::*;
use outbox::*;
use std::sync::Arc;

/// A store and the folder or server that it needs.
pub(super) struct Fixture {
    pub store: Arc<dyn Store>,
    pub _keep: Box<dyn std::any::Any>,
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn key(seed: u64) -> SessionKey {
    SessionId::generate(&Random::seeded(seed)).key()
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

/// A record for tests that need just any.
pub(crate) fn sample_record() -> SessionRecord {
    record("alice", None)
}

const ISSUER: &str = "https://op.example";

pub(super) async fn a_created_session_loads_as_it_was(store: Arc<dyn Store>) {
    let record = record("alice", Some("s1"));
    store.create(&key(1), &record).await.unwrap();
    assert_eq!(store.load(&key(1), at(1)).await.unwrap(), Lookup::Live(Box::new(record)));
    assert_eq!(store.load(&key(2), at(1)).await.unwrap(), Lookup::Unknown);
}

pub(super) async fn a_taken_id_is_refused_and_the_first_session_stays(store: Arc<dyn Store>) {
    store.create(&key(1), &record("alice", None)).await.unwrap();
    let second = store.create(&key(1), &record("bob", None)).await;
    assert!(matches!(second, Err(CreateError::Collision)));
    let Lookup::Live(found) = store.load(&key(1), at(1)).await.unwrap() else { panic!("gone") };
    assert_eq!(found.subject, "alice");
}

pub(super) async fn an_ended_session_stays_ended_when_a_late_save_arrives(store: Arc<dyn Store>) {
    store.create(&key(1), &record("alice", None)).await.unwrap();
    assert!(store.end(&key(1), EndReason::SignedOut, at(1)).await.unwrap());
    let touch =
        Touch { seen_at: at(300), now: at(300), expires_at: at(900), interval: TimeDelta::seconds(60) };
    assert!(!store.touch(&key(1), touch).await.unwrap());
    assert!(!store.set_data(&key(1), NewData { seen: "{}", data: "[1]" }, at(2)).await.unwrap());
    assert!(!store.end(&key(1), EndReason::Revoked, at(2)).await.unwrap());
    assert!(store.create(&key(1), &record("alice", None)).await.is_err());
    assert_eq!(store.load(&key(1), at(2)).await.unwrap(), Lookup::Ended(EndReason::SignedOut));
}

pub(super) async fn time_ends_a_session_and_no_activity_revives_it(store: Arc<dyn Store>) {
    store.create(&key(1), &record("alice", None)).await.unwrap();
    assert!(matches!(store.load(&key(1), at(599)).await.unwrap(), Lookup::Live(_)));
    assert_eq!(store.load(&key(1), at(600)).await.unwrap(), Lookup::Ended(EndReason::Expired));
    let late = Touch { seen_at: at(600), now: at(600), expires_at: at(1200), interval: TimeDelta::zero() };
    assert!(!store.touch(&key(1), late).await.unwrap());
    let told_late = Touch { seen_at: at(590), ..late };
    assert!(!store.touch(&key(1), told_late).await.unwrap(), "it was in time, but nobody said so in time");
    assert!(!store.set_data(&key(1), NewData { seen: "{}", data: "[1]" }, at(600)).await.unwrap());
    assert!(!store.end(&key(1), EndReason::SignedOut, at(600)).await.unwrap());
    assert!(!store.end_idle(&key(1), at(0), at(600)).await.unwrap());
    assert_eq!(store.load(&key(1), at(600)).await.unwrap(), Lookup::Ended(EndReason::Expired));
}

pub(super) async fn activity_rolls_once_an_interval_and_never_past_the_absolute_end(store: Arc<dyn Store>) {
    store.create(&key(1), &record("alice", None)).await.unwrap();
    let touch = |seconds| Touch {
        seen_at: at(seconds),
        now: at(seconds),
        expires_at: at(seconds + 600),
        interval: TimeDelta::seconds(60),
    };
    assert!(!store.touch(&key(1), touch(59)).await.unwrap());
    assert!(store.touch(&key(1), touch(60)).await.unwrap());
    assert!(!store.touch(&key(1), touch(61)).await.unwrap());
    assert!(store.touch(&key(1), touch(500)).await.unwrap());
    let Lookup::Live(found) = store.load(&key(1), at(501)).await.unwrap() else { panic!("gone") };
    assert_eq!((found.last_seen_at, found.expires_at), (at(500), at(900)));
}

pub(super) async fn apps_with_different_limits_do_not_shorten_each_other(store: Arc<dyn Store>) {
    store.create(&key(1), &record("alice", None)).await.unwrap();
    let touch = Touch { seen_at: at(100), now: at(100), expires_at: at(130), interval: TimeDelta::zero() };
    assert!(store.touch(&key(1), touch).await.unwrap());
    let Lookup::Live(found) = store.load(&key(1), at(500)).await.unwrap() else { panic!("gone") };
    assert_eq!((found.last_seen_at, found.expires_at), (at(100), at(600)));
}

pub(super) async fn concurrent_activity_is_written_exactly_once(store: Arc<dyn Store>) {
    store.create(&key(1), &record("alice", None)).await.unwrap();
    let touch =
        Touch { seen_at: at(100), now: at(100), expires_at: at(700), interval: TimeDelta::seconds(60) };
    let all = futures::future::join_all((0..20).map(|_| {
        let store = store.clone();
        async move { store.touch(&key(1), touch).await.unwrap() }
    }));
    assert_eq!(all.await.into_iter().filter(|written| *written).count(), 1);
}

pub(super) async fn app_data_is_kept_and_touches_nothing_else(store: Arc<dyn Store>) {
    let before = record("alice", None);
    store.create(&key(1), &before).await.unwrap();
    // Whatever an app writes comes back byte for byte.
    let data = "{ \"name\": \"Zo\u{eb} \\u0000 'x'\", \"n\": 7}";
    assert!(store.set_data(&key(1), NewData { seen: "{}", data }, at(1)).await.unwrap());
    let expected = SessionRecord { data: data.into(), ..before };
    assert_eq!(store.load(&key(1), at(2)).await.unwrap(), Lookup::Live(Box::new(expected)));
}

pub(super) async fn app_data_that_somebody_changed_meanwhile_is_not_overwritten(store: Arc<dyn Store>) {
    store.create(&key(1), &record("alice", None)).await.unwrap();
    let all = futures::future::join_all((0..20).map(|number| {
        let store = store.clone();
        async move {
            let data = number.to_string();
            store.set_data(&key(1), NewData { seen: "{}", data: &data }, at(1)).await.unwrap()
        }
    }));
    let written = all.await;
    assert_eq!(written.iter().filter(|written| **written).count(), 1);
    let winner = written.iter().position(|written| *written).unwrap().to_string();
    let Lookup::Live(found) = store.load(&key(1), at(2)).await.unwrap() else { panic!("gone") };
    assert_eq!(found.data, winner);
    assert!(store.set_data(&key(1), NewData { seen: &winner, data: "{}" }, at(3)).await.unwrap());
}

pub(super) async fn a_provider_session_ends_its_own_sessions_only(store: Arc<dyn Store>) {
    for (seed, subject, sid) in [(1, "alice", Some("s1")), (2, "alice", Some("s2")), (3, "bob", None)] {
        store.create(&key(seed), &record(subject, sid)).await.unwrap();
    }
    assert_eq!(store.end_provider_session(ISSUER, "s1", EndReason::Revoked, at(1)).await.unwrap(), [key(1)]);
    assert_eq!(store.load(&key(1), at(2)).await.unwrap(), Lookup::Ended(EndReason::Revoked));
    assert!(matches!(store.load(&key(2), at(2)).await.unwrap(), Lookup::Live(_)));
    assert!(matches!(store.load(&key(3), at(2)).await.unwrap(), Lookup::Live(_)));
    assert!(
        store
            .end_provider_session("https://other.example", "s2", EndReason::Revoked, at(3))
            .await
            .unwrap()
            .is_empty()
    );
    assert!(matches!(store.load(&key(2), at(4)).await.unwrap(), Lookup::Live(_)));
}

pub(super) async fn a_subject_ends_the_sessions_begun_before(store: Arc<dyn Store>) {
    store.create(&key(1), &record("alice", Some("s1"))).await.unwrap();
    let later = SessionRecord { issued_at: at(50), ..record("alice", Some("s2")) };
    store.create(&key(2), &later).await.unwrap();
    store.create(&key(3), &record("bob", None)).await.unwrap();
    assert_eq!(
        store.end_subject(ISSUER, "alice", at(50), EndReason::Revoked, at(60)).await.unwrap(),
        [key(1)]
    );
    assert_eq!(store.load(&key(1), at(61)).await.unwrap(), Lookup::Ended(EndReason::Revoked));
    assert!(matches!(store.load(&key(2), at(61)).await.unwrap(), Lookup::Live(_)));
    assert!(matches!(store.load(&key(3), at(61)).await.unwrap(), Lookup::Live(_)));
}

pub(super) async fn a_logout_that_overtakes_its_sign_in_refuses_it(store: Arc<dyn Store>) {
    store.end_provider_session(ISSUER, "s1", EndReason::Revoked, at(0)).await.unwrap();
    let late = store.create(&key(1), &record("alice", Some("s1"))).await;
    assert!(matches!(late, Err(CreateError::LoggedOutMeanwhile)));
    store.create(&key(2), &record("alice", Some("s2"))).await.unwrap();

    store.end_subject(ISSUER, "bob", at(10), EndReason::Revoked, at(10)).await.unwrap();
    let late = store.create(&key(3), &record("bob", None)).await;
    assert!(matches!(late, Err(CreateError::LoggedOutMeanwhile)));
    let fresh = SessionRecord { issued_at: at(10), created_at: at(11), ..record("bob", None) };
    store.create(&key(4), &fresh).await.unwrap();
}

pub(super) async fn no_sign_in_slips_past_a_logout_at_the_same_moment(store: Arc<dyn Store>) {
    for round in 0..50 {
        let (sid, subject) = (format!("s{round}"), format!("user-{round}"));
        let session = record(&subject, Some(&sid));
        let key = key(round);
        let (created, ended) = if round % 2 == 0 {
            let logout = store.end_provider_session(ISSUER, &sid, EndReason::Revoked, at(1));
            tokio::join!(store.create(&key, &session), logout)
        } else {
            let logout = store.end_subject(ISSUER, &subject, at(1), EndReason::Revoked, at(1));
            tokio::join!(store.create(&key, &session), logout)
        };
        match created {
            Ok(()) => assert_eq!(ended.unwrap(), [key]),
            Err(error) => assert!(matches!(error, CreateError::LoggedOutMeanwhile), "{error}"),
        }
        assert!(!matches!(store.load(&key, at(2)).await.unwrap(), Lookup::Live(_)), "round {round}");
    }
}

pub(super) async fn tokens_are_replaced_by_the_holder_of_the_lease_only(store: Arc<dyn Store>) {
    store.create(&key(1), &record("alice", None)).await.unwrap();
    let (mine, theirs) = ([1; 16], [2; 16]);
    let tokens = NewTokens { sealed: &[9], expire_at: Some(at(500)) };
    assert!(!store.set_tokens(&key(1), &mine, tokens, at(1)).await.unwrap(), "no lease");
    assert!(store.lease_refresh(&key(1), &mine, at(1), at(11)).await.unwrap());
    assert!(!store.lease_refresh(&key(1), &theirs, at(10), at(20)).await.unwrap(), "it is taken");
    assert!(!store.set_tokens(&key(1), &theirs, tokens, at(10)).await.unwrap());
    assert!(store.set_tokens(&key(1), &mine, tokens, at(10)).await.unwrap());
    let Lookup::Live(found) = store.load(&key(1), at(10)).await.unwrap() else { panic!("gone") };
    assert_eq!((found.sealed_tokens, found.tokens_expire_at), (vec![9], Some(at(500))));
    assert_eq!(found.checked_at, at(10), "the provider stood by it");
    assert!(store.lease_refresh(&key(1), &theirs, at(10), at(20)).await.unwrap(), "given back");
    store.release_refresh(&key(1), &mine, Some(at(11))).await.unwrap();
    assert!(!store.lease_refresh(&key(1), &mine, at(11), at(21)).await.unwrap(), "not mine to give back");
    assert!(store.lease_refresh(&key(1), &mine, at(20), at(30)).await.unwrap(), "ran out");
    assert!(!store.set_tokens(&key(1), &theirs, tokens, at(21)).await.unwrap(), "too late");
    let checked_at = async || match store.load(&key(1), at(22)).await.unwrap() {
        Lookup::Live(found) => found.checked_at,
        other => panic!("{other:?}"),
    };
    assert_eq!(checked_at().await, at(10), "who does not hold the lease notes nothing");
    store.release_refresh(&key(1), &mine, None).await.unwrap();
    assert_eq!(checked_at().await, at(10));
    assert!(store.lease_refresh(&key(1), &theirs, at(21), at(31)).await.unwrap());
    store.release_refresh(&key(1), &theirs, Some(at(22))).await.unwrap();
    assert_eq!(checked_at().await, at(22));
}

pub(super) async fn a_refresh_loses_against_a_sign_out(store: Arc<dyn Store>) {
    store.create(&key(1), &record("alice", None)).await.unwrap();
    assert!(store.lease_refresh(&key(1), &[1; 16], at(1), at(11)).await.unwrap());
    store.end(&key(1), EndReason::SignedOut, at(2)).await.unwrap();
    let tokens = NewTokens { sealed: &[9], expire_at: None };
    assert!(!store.set_tokens(&key(1), &[1; 16], tokens, at(3)).await.unwrap());
    assert!(!store.lease_refresh(&key(1), &[2; 16], at(20), at(30)).await.unwrap());
}

pub(super) async fn twenty_who_want_the_lease_get_it_once(store: Arc<dyn Store>) {
    store.create(&key(1), &record("alice", None)).await.unwrap();
    let all = futures::future::join_all((0..20).map(|owner| {
        let store = store.clone();
        async move { store.lease_refresh(&key(1), &[owner; 16], at(1), at(11)).await.unwrap() }
    }));
    assert_eq!(all.await.into_iter().filter(|taken| *taken).count(), 1);
}

pub(super) async fn idleness_ends_only_what_was_not_used_meanwhile(store: Arc<dyn Store>) {
    store.create(&key(1), &record("alice", None)).await.unwrap();
    let touch =
        Touch { seen_at: at(100), now: at(100), expires_at: at(700), interval: TimeDelta::seconds(60) };
    assert!(store.touch(&key(1), touch).await.unwrap());
    assert!(!store.end_idle(&key(1), at(0), at(200)).await.unwrap(), "it was used at 100");
    assert!(store.end_idle(&key(1), at(100), at(200)).await.unwrap());
    assert_eq!(store.load(&key(1), at(201)).await.unwrap(), Lookup::Ended(EndReason::Idle));
}

pub(super) async fn a_user_ends_one_session_or_all_others_and_nobody_elses(store: Arc<dyn Store>) {
    for seed in 1..=4 {
        let session = SessionRecord { public_id: format!("p{seed}"), ..record("alice", None) };
        store.create(&key(seed), &session).await.unwrap();
    }
    store.create(&key(9), &SessionRecord { public_id: "p9".into(), ..record("bob", None) }).await.unwrap();
    let end =
        |subject: &'static str, which| store.end_of_user(ISSUER, subject, which, EndReason::Revoked, at(1));
    assert_eq!(end("alice", Which::PublicId("p9")).await.unwrap(), [], "bob's");
    assert_eq!(end("alice", Which::PublicId("p2")).await.unwrap(), [key(2)]);
    assert_eq!(end("alice", Which::PublicId("p2")).await.unwrap(), [], "ended already");
    let kept = key(1);
    let mut ended = end("alice", Which::AllBut(&kept)).await.unwrap();
    ended.sort_by_key(|key| key.as_bytes().to_vec());
    let mut expected = vec![key(3), key(4)];
    expected.sort_by_key(|key| key.as_bytes().to_vec());
    assert_eq!(ended, expected);
    for seed in [1, 9] {
        assert!(matches!(store.load(&key(seed), at(2)).await.unwrap(), Lookup::Live(_)), "{seed}");
    }
}

pub(super) async fn ten_thousand_sessions_are_kept_apart(store: Arc<dyn Store>) {
    // Few at once: a call waits some seconds at most for the one writer that SQLite has, and disks are slow.
    for chunk in (0..10_000_u64).collect::<Vec<_>>().chunks(10) {
        let created = futures::future::join_all(chunk.iter().map(|&seed| {
            let (store, session) = (store.clone(), record(&format!("user-{}", seed % 100), None));
            async move { store.create(&key(seed), &session).await }
        }));
        created.await.into_iter().for_each(|created| created.unwrap());
    }
    assert_eq!(store.of_user(ISSUER, "user-7", at(1)).await.unwrap().len(), 100);
    assert!(store.end(&key(7), EndReason::SignedOut, at(1)).await.unwrap());
    assert_eq!(store.of_user(ISSUER, "user-7", at(2)).await.unwrap().len(), 99);
}

pub(super) async fn a_user_finds_their_live_sessions_newest_first(store: Arc<dyn Store>) {
    for (seed, created) in [(1, 0), (2, 20), (3, 10)] {
        let session =
            SessionRecord { created_at: at(created), public_id: format!("p{seed}"), ..record("alice", None) };
        store.create(&key(seed), &session).await.unwrap();
    }
    store.create(&key(4), &record("bob", None)).await.unwrap();
    store.end(&key(3), EndReason::SignedOut, at(30)).await.unwrap();
    let found = store.of_user(ISSUER, "alice", at(40)).await.unwrap();
    assert_eq!(found.iter().map(|session| session.public_id.as_str()).collect::<Vec<_>>(), ["p2", "p1"]);
}

pub(super) async fn sweeping_removes_what_is_long_over_and_nothing_else(store: Arc<dyn Store>) {
    store.create(&key(1), &record("alice", None)).await.unwrap();
    store.use_state(&[1; 32], at(100)).await.unwrap();
    assert_eq!(store.sweep(at(99)).await.unwrap(), 0);
    assert_eq!(store.sweep(at(100)).await.unwrap(), 1);
    assert_eq!(store.sweep(at(600 + 86_400)).await.unwrap(), 1);
    assert_eq!(store.load(&key(1), at(601)).await.unwrap(), Lookup::Unknown);
}

pub(super) async fn a_state_is_used_once_even_by_many_at_once(store: Arc<dyn Store>) {
    let all = futures::future::join_all((0..20).map(|_| {
        let store = store.clone();
        async move { store.use_state(&[1; 32], at(600)).await.unwrap() }
    }));
    assert_eq!(all.await.into_iter().filter(|first| *first).count(), 1);
    assert!(!store.is_used(&[2; 32]).await.unwrap());
    assert!(store.use_state(&[2; 32], at(600)).await.unwrap());
    assert!(store.is_used(&[2; 32]).await.unwrap());
}

pub(super) async fn what_is_published_is_heard(store: Arc<dyn Store>) {
    let mut heard = store.subscribe();
    let event = SessionEvent::Ended(key(1), EndReason::Revoked);
    // A listener that is just being set up may miss the first.
    loop {
        store.publish(event).await.unwrap();
        match tokio::time::timeout(std::time::Duration::from_millis(500), heard.recv()).await {
            Ok(Ok(Heard::Event(heard))) => break assert_eq!(heard, event),
            Ok(Ok(Heard::Gap)) | Err(_) => {}
            Ok(Err(error)) => panic!("{error}"),
        }
    }
}

/// One module of tests a store; `$fixture` makes an empty one.
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
            app_data_that_somebody_changed_meanwhile_is_not_overwritten,
            a_provider_session_ends_its_own_sessions_only,
            a_subject_ends_the_sessions_begun_before,
            a_logout_that_overtakes_its_sign_in_refuses_it,
            no_sign_in_slips_past_a_logout_at_the_same_moment,
            tokens_are_replaced_by_the_holder_of_the_lease_only,
            a_refresh_loses_against_a_sign_out,
            twenty_who_want_the_lease_get_it_once,
            idleness_ends_only_what_was_not_used_meanwhile,
            a_user_ends_one_session_or_all_others_and_nobody_elses,
            ten_thousand_sessions_are_kept_apart,
            a_user_finds_their_live_sessions_newest_first,
            sweeping_removes_what_is_long_over_and_nothing_else,
            a_state_is_used_once_even_by_many_at_once,
            a_delivery_is_taken_by_one_and_comes_back_when_its_time_is_over,
            a_delivery_is_due_when_it_was_put_off_to_and_gone_when_settled,
            the_same_delivery_put_in_twice_is_one_and_keeps_its_tries,
            a_delivery_that_is_no_use_any_more_is_not_taken_and_swept,
            a_grant_is_taken_once_by_whom_it_fits_and_then_gone,
            of_fifty_who_want_a_grant_at_once_one_gets_it,
            what_does_not_fit_is_told_and_leaves_the_grant_there,
            a_grant_is_over_at_its_time_and_swept_an_hour_later,
            what_is_published_is_heard,
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

/// Where a throwaway server is.
///
/// # Panics
/// Without one: a test that is silently skipped proves nothing.
fn server(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!(
            "{variable} is not set; run it as `.ci/services cargo nextest run -p auth`, which starts a server"
        )
    })
}

/// A database of its own.
async fn postgres_url() -> String {
    let server = server("TEST_POSTGRES_URL");
    let name = format!("test_{:032x}", u128::from_le_bytes(Random::system().bytes()));
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
    let prefix = format!("test-{}", Random::system().token());
    let store = RedisStore::open_with_prefix(&server("TEST_REDIS_URL"), &prefix).await.unwrap();
    Fixture { store: Arc::new(store), _keep: Box::new(()) }
}

conformance!(sqlite, super::sqlite_fixture);
conformance!(memory, super::memory_fixture);
conformance!(postgres, super::postgres_fixture);
conformance!(redis, super::redis_fixture);

mod postgres_only {
    use super::*;

    #[tokio::test]
    async fn replicas_may_open_a_new_database_at_once_and_see_and_hear_each_other() {
        let url = postgres_url().await;
        let opened = futures::future::join_all((0..4).map(|_| PostgresStore::open(&url))).await;
        let stores: Vec<_> = opened.into_iter().map(|store| store.unwrap()).collect();
        let mut heard = stores[1].subscribe();
        stores[0].create(&key(1), &record("alice", None)).await.unwrap();
        assert!(matches!(stores[1].load(&key(1), at(1)).await.unwrap(), Lookup::Live(_)));
        let event = SessionEvent::Changed(key(1));
        stores[0].publish(event).await.unwrap();
        assert_eq!(heard.recv().await.unwrap(), Heard::Event(event));
    }

    #[tokio::test]
    async fn a_lost_bus_connection_is_made_again_and_told_as_a_gap() {
        let url = postgres_url().await;
        let store = PostgresStore::open(&url).await.unwrap();
        let mut heard = store.subscribe();
        let mut admin = <sqlx::PgConnection as sqlx::Connection>::connect(&url).await.unwrap();
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        sqlx::query(cut).execute(&mut admin).await.unwrap();
        assert_eq!(heard.recv().await.unwrap(), Heard::Gap);
        let event = SessionEvent::Changed(key(1));
        store.publish(event).await.unwrap();
        assert_eq!(heard.recv().await.unwrap(), Heard::Event(event));
    }
}

mod redis_only {
    use super::*;

    #[tokio::test]
    async fn replicas_see_and_hear_each_other_and_other_prefixes_do_not() {
        let (url, prefix) = (server("TEST_REDIS_URL"), format!("test-{}", Random::system().token()));
        let open = |prefix: String| async { RedisStore::open_with_prefix(&url, &{ prefix }).await.unwrap() };
        let (one, two) = (open(prefix.clone()).await, open(prefix).await);
        let other = open(format!("test-{}", Random::system().token())).await;
        let mut heard = two.subscribe();
        one.create(&key(1), &record("alice", None)).await.unwrap();
        assert!(matches!(two.load(&key(1), at(1)).await.unwrap(), Lookup::Live(_)));
        assert_eq!(other.load(&key(1), at(1)).await.unwrap(), Lookup::Unknown);
        let (theirs, ours) = (SessionEvent::Changed(key(2)), SessionEvent::Changed(key(1)));
        other.publish(theirs).await.unwrap();
        one.publish(ours).await.unwrap();
        assert_eq!(heard.recv().await.unwrap(), Heard::Event(ours));
    }
}

mod sqlite_only {
    use super::*;

    #[tokio::test]
    async fn two_processes_may_open_a_new_file_at_once_and_see_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("sessions.db").display());
        let (one, two) = tokio::join!(SqliteStore::open(&url), SqliteStore::open(&url));
        let (one, two) = (one.unwrap(), two.unwrap());
        one.create(&key(1), &record("alice", None)).await.unwrap();
        assert!(matches!(two.load(&key(1), at(1)).await.unwrap(), Lookup::Live(_)));
        two.end(&key(1), EndReason::SignedOut, at(2)).await.unwrap();
        assert_eq!(one.load(&key(1), at(3)).await.unwrap(), Lookup::Ended(EndReason::SignedOut));
    }

    #[tokio::test]
    async fn the_file_holds_no_session_id() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sessions.db");
        let store = SqliteStore::open(&format!("sqlite://{}", path.display())).await.unwrap();
        let id = SessionId::generate(&Random::seeded(1));
        store.create(&id.key(), &record("alice", None)).await.unwrap();
        for name in ["sessions.db", "sessions.db-wal"] {
            let bytes = std::fs::read(folder.path().join(name)).unwrap_or_default();
            assert!(!bytes.windows(43).any(|window| window == id.expose().as_bytes()), "{name}");
        }
    }

    #[tokio::test]
    async fn a_folder_that_is_not_there_is_an_error() {
        assert!(SqliteStore::open("sqlite:///nowhere/at/all/sessions.db").await.is_err());
    }
}
