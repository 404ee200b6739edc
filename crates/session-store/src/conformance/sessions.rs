//! Conformance tests for sessions.

use super::*;
use LogoutScope::{Browser, ProviderSession, Subject};

pub(super) async fn a_created_session_loads_as_it_was(store: Arc<dyn Store>) {
    let record = record("alice", Some("s1"));
    store.create(&key(1), &record, at(0)).await.unwrap();
    assert_eq!(store.load(&key(1), at(1)).await.unwrap(), SessionState::SignedIn(Box::new(record)));
    assert_eq!(store.load(&key(2), at(1)).await.unwrap(), SessionState::SignedOut(None));
}

pub(super) async fn a_taken_id_is_refused_and_the_first_session_stays(store: Arc<dyn Store>) {
    store.create(&key(1), &record("alice", None), at(0)).await.unwrap();
    let second = store.create(&key(1), &record("bob", None), at(0)).await;
    assert!(matches!(second, Err(CreateError::Collision)));
    let SessionState::SignedIn(found) = store.load(&key(1), at(1)).await.unwrap() else { panic!("gone") };
    assert_eq!(found.subject, "alice");
}

pub(super) async fn an_ended_session_stays_ended_when_a_late_save_arrives(store: Arc<dyn Store>) {
    store.create(&key(1), &record("alice", None), at(0)).await.unwrap();
    assert!(store.end(&key(1), EndReason::SignedOut, at(1)).await.unwrap());
    let touch =
        Touch { seen_at: at(300), now: at(300), expires_at: at(900), interval: TimeDelta::seconds(60) };
    assert!(!store.touch(&key(1), touch).await.unwrap());
    assert!(!store.set_data(&key(1), NewData { expected: "{}", data: "[1]" }, at(2)).await.unwrap());
    assert!(!store.end(&key(1), EndReason::Revoked, at(2)).await.unwrap());
    assert!(store.create(&key(1), &record("alice", None), at(0)).await.is_err());
    assert_eq!(
        store.load(&key(1), at(2)).await.unwrap(),
        SessionState::SignedOut(Some(EndReason::SignedOut))
    );
}

pub(super) async fn time_ends_a_session_and_no_activity_revives_it(store: Arc<dyn Store>) {
    store.create(&key(1), &record("alice", None), at(0)).await.unwrap();
    assert!(matches!(store.load(&key(1), at(599)).await.unwrap(), SessionState::SignedIn(_)));
    assert_eq!(
        store.load(&key(1), at(600)).await.unwrap(),
        SessionState::SignedOut(Some(EndReason::Expired))
    );
    let late = Touch { seen_at: at(600), now: at(600), expires_at: at(1200), interval: TimeDelta::zero() };
    assert!(!store.touch(&key(1), late).await.unwrap());
    let told_late = Touch { seen_at: at(590), ..late };
    assert!(!store.touch(&key(1), told_late).await.unwrap(), "activity that is reported after the expiry");
    assert!(!store.set_data(&key(1), NewData { expected: "{}", data: "[1]" }, at(600)).await.unwrap());
    assert!(!store.end(&key(1), EndReason::SignedOut, at(600)).await.unwrap());
    assert!(!store.end_idle(&key(1), at(0), at(600)).await.unwrap());
    assert_eq!(
        store.load(&key(1), at(600)).await.unwrap(),
        SessionState::SignedOut(Some(EndReason::Expired))
    );
}

pub(super) async fn activity_rolls_once_an_interval_and_never_past_the_absolute_end(store: Arc<dyn Store>) {
    store.create(&key(1), &record("alice", None), at(0)).await.unwrap();
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
    let SessionState::SignedIn(found) = store.load(&key(1), at(501)).await.unwrap() else { panic!("gone") };
    assert_eq!((found.last_seen_at, found.expires_at), (at(500), at(900)));
}

pub(super) async fn apps_with_different_limits_do_not_shorten_each_other(store: Arc<dyn Store>) {
    store.create(&key(1), &record("alice", None), at(0)).await.unwrap();
    let touch = Touch { seen_at: at(100), now: at(100), expires_at: at(130), interval: TimeDelta::zero() };
    assert!(store.touch(&key(1), touch).await.unwrap());
    let SessionState::SignedIn(found) = store.load(&key(1), at(500)).await.unwrap() else { panic!("gone") };
    assert_eq!((found.last_seen_at, found.expires_at), (at(100), at(600)));
}

pub(super) async fn concurrent_activity_is_written_exactly_once(store: Arc<dyn Store>) {
    store.create(&key(1), &record("alice", None), at(0)).await.unwrap();
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
    store.create(&key(1), &before, at(0)).await.unwrap();
    // A store returns an app's data byte for byte.
    let data = "{ \"name\": \"Zo\u{eb} \\u0000 'x'\", \"n\": 7}";
    assert!(store.set_data(&key(1), NewData { expected: "{}", data }, at(1)).await.unwrap());
    let expected = SessionRecord { data: data.into(), ..before };
    assert_eq!(store.load(&key(1), at(2)).await.unwrap(), SessionState::SignedIn(Box::new(expected)));
}

pub(super) async fn app_data_that_another_request_changed_is_not_overwritten(store: Arc<dyn Store>) {
    store.create(&key(1), &record("alice", None), at(0)).await.unwrap();
    let all = futures::future::join_all((0..20).map(|number| {
        let store = store.clone();
        async move {
            let data = number.to_string();
            store.set_data(&key(1), NewData { expected: "{}", data: &data }, at(1)).await.unwrap()
        }
    }));
    let written = all.await;
    assert_eq!(written.iter().filter(|written| **written).count(), 1);
    let winner = written.iter().position(|written| *written).unwrap().to_string();
    let SessionState::SignedIn(found) = store.load(&key(1), at(2)).await.unwrap() else { panic!("gone") };
    assert_eq!(found.data, winner);
    assert!(store.set_data(&key(1), NewData { expected: &winner, data: "{}" }, at(3)).await.unwrap());
}

async fn is_live(store: &Arc<dyn Store>, seed: u64, now: i64) -> bool {
    matches!(store.load(&key(seed), at(now)).await.unwrap(), SessionState::SignedIn(_))
}

pub(super) async fn a_provider_session_ends_its_own_sessions_only(store: Arc<dyn Store>) {
    for (seed, subject, sid) in [(1, "alice", Some("s1")), (2, "alice", Some("s2")), (3, "bob", None)] {
        store.create(&key(seed), &record(subject, sid), at(0)).await.unwrap();
    }
    assert_eq!(store.log_out(logout(ProviderSession("s1"), 1), at(1)).await.unwrap(), [key(1)]);
    assert_eq!(store.load(&key(1), at(2)).await.unwrap(), SessionState::SignedOut(Some(EndReason::Revoked)));
    assert!(is_live(&store, 2, 2).await && is_live(&store, 3, 2).await);
    let elsewhere = Logout { issuer: "https://other.example", ..logout(ProviderSession("s2"), 3) };
    assert!(store.log_out(elsewhere, at(3)).await.unwrap().is_empty());
    assert!(is_live(&store, 2, 4).await);
}

pub(super) async fn a_logout_of_a_user_ends_the_sessions_that_began_before_it(store: Arc<dyn Store>) {
    store.create(&key(1), &record("alice", Some("s1")), at(0)).await.unwrap();
    let at_once = SessionRecord { begun_at: at(50), ..record("alice", Some("s2")) };
    store.create(&key(2), &at_once, at(50)).await.unwrap();
    let later = SessionRecord { begun_at: at(51), ..record("alice", Some("s2")) };
    store.create(&key(3), &later, at(51)).await.unwrap();
    store.create(&key(4), &record("bob", None), at(0)).await.unwrap();
    let mut ended = store.log_out(logout(Subject("alice"), 50), at(60)).await.unwrap();
    ended.sort_by_key(|key| key.to_bytes());
    let mut expected = [key(1), key(2)];
    expected.sort_by_key(|key| key.to_bytes());
    assert_eq!(ended, expected);
    assert_eq!(store.load(&key(1), at(61)).await.unwrap(), SessionState::SignedOut(Some(EndReason::Revoked)));
    assert!(is_live(&store, 3, 61).await && is_live(&store, 4, 61).await);
}

pub(super) async fn a_logout_in_one_browser_leaves_the_others_alone(store: Arc<dyn Store>) {
    let in_browser = |subject, browser: Option<&str>| SessionRecord {
        browser: browser.map(Into::into),
        ..record(subject, None)
    };
    for (seed, subject, browser) in
        [(1, "alice", Some("b1")), (2, "alice", Some("b2")), (3, "bob", Some("b1")), (4, "alice", None)]
    {
        store.create(&key(seed), &in_browser(subject, browser), at(0)).await.unwrap();
    }
    let scope = Browser { subject: "alice", browser: "b1" };
    assert_eq!(store.log_out(logout(scope, 10), at(10)).await.unwrap(), [key(1)]);
    for seed in 2..=4 {
        assert!(is_live(&store, seed, 11).await, "{seed}");
    }
    // A sign-in under way is refused for this user in this browser only.
    let late = store.create(&key(5), &in_browser("alice", Some("b1")), at(10)).await;
    assert!(matches!(late, Err(CreateError::LoggedOutMeanwhile)));
    for (seed, subject, browser) in [(6, "alice", "b2"), (7, "bob", "b1")] {
        store.create(&key(seed), &in_browser(subject, Some(browser)), at(0)).await.unwrap();
    }
    store.create(&key(8), &in_browser("alice", Some("b1")), at(11)).await.unwrap();
}

pub(super) async fn a_late_logout_ends_nothing_that_began_after_it(store: Arc<dyn Store>) {
    for (seed, begun) in [(1, 9), (2, 10), (3, 11)] {
        let session =
            SessionRecord { begun_at: at(begun), created_at: at(30), ..record("alice", Some("s1")) };
        store.create(&key(seed), &session, at(begun)).await.unwrap();
    }
    // The logout took place at 10 and reaches the store at 40.
    for scope in [ProviderSession("s1"), Browser { subject: "alice", browser: "b1" }, Subject("alice")] {
        store.log_out(logout(scope, 10), at(40)).await.unwrap();
        for (seed, expected) in [(1, false), (2, false), (3, true)] {
            assert_eq!(is_live(&store, seed, 41).await, expected, "{scope:?} {seed}");
        }
        let after = SessionRecord { begun_at: at(11), ..record("alice", Some("s1")) };
        let seed = match scope {
            ProviderSession(_) => 11,
            Browser { .. } => 12,
            Subject(_) => 13,
        };
        store.create(&key(seed), &after, at(11)).await.unwrap();
        let before = store.create(&key(20), &after, at(10)).await;
        assert!(matches!(before, Err(CreateError::LoggedOutMeanwhile)), "{scope:?}");
    }
}

pub(super) async fn a_providers_logout_is_compared_by_the_providers_clock(store: Arc<dyn Store>) {
    // The provider's clock is an hour ahead of the app's clock.
    for (seed, issued) in [(1, 3_600), (2, 3_610), (3, 3_611)] {
        let session = SessionRecord { issued_at: at(issued), ..record("alice", Some("s1")) };
        store.create(&key(seed), &session, at(0)).await.unwrap();
    }
    let until = LogoutTime::IssuedBefore(at(3_611));
    let logout = Logout { issuer: ISSUER, scope: ProviderSession("s1"), until };
    assert_eq!(store.log_out(logout, at(20)).await.unwrap().len(), 2);
    assert!(is_live(&store, 3, 21).await);
    // Sign-ins under way are compared by the app's clock.
    let again = SessionRecord { issued_at: at(3_600), created_at: at(22), ..record("alice", Some("s1")) };
    assert!(matches!(store.create(&key(4), &again, at(20)).await, Err(CreateError::LoggedOutMeanwhile)));
    store.create(&key(4), &again, at(21)).await.unwrap();
}

pub(super) async fn a_logout_refuses_a_sign_in_that_it_overtakes(store: Arc<dyn Store>) {
    store.log_out(logout(ProviderSession("s1"), 0), at(0)).await.unwrap();
    let late = store.create(&key(1), &record("alice", Some("s1")), at(0)).await;
    assert!(matches!(late, Err(CreateError::LoggedOutMeanwhile)));
    store.create(&key(2), &record("alice", Some("s2")), at(0)).await.unwrap();

    // A sign-in that began after the logout is accepted, even with the same `sid`.
    let again = SessionRecord { created_at: at(2), ..record("alice", Some("s1")) };
    store.create(&key(5), &again, at(1)).await.unwrap();

    store.log_out(logout(Subject("bob"), 10), at(10)).await.unwrap();
    let late = store.create(&key(3), &record("bob", None), at(0)).await;
    assert!(matches!(late, Err(CreateError::LoggedOutMeanwhile)));
    let fresh = SessionRecord { created_at: at(12), ..record("bob", None) };
    store.create(&key(4), &fresh, at(11)).await.unwrap();
}

pub(super) async fn no_sign_in_slips_past_a_logout_at_the_same_moment(store: Arc<dyn Store>) {
    for round in 0..50 {
        let (sid, subject) = (format!("s{round}"), format!("user-{round}"));
        let session = record(&subject, Some(&sid));
        let key = key(round);
        let scope = match round % 3 {
            0 => ProviderSession(&sid),
            1 => Subject(&subject),
            _ => Browser { subject: &subject, browser: "b1" },
        };
        let (created, ended) =
            tokio::join!(store.create(&key, &session, at(0)), store.log_out(logout(scope, 1), at(1)));
        match created {
            Ok(()) => assert_eq!(ended.unwrap(), [key]),
            Err(error) => assert!(matches!(error, CreateError::LoggedOutMeanwhile), "{error}"),
        }
        assert!(
            !matches!(store.load(&key, at(2)).await.unwrap(), SessionState::SignedIn(_)),
            "round {round}"
        );
    }
}

pub(super) async fn tokens_are_replaced_by_the_holder_of_the_lease_only(store: Arc<dyn Store>) {
    store.create(&key(1), &record("alice", None), at(0)).await.unwrap();
    let (mine, theirs) = ([1; 16], [2; 16]);
    let tokens = NewTokens { sealed: &[9], expire_at: Some(at(500)) };
    assert!(!store.set_tokens(&key(1), &mine, tokens, at(1)).await.unwrap(), "no lease");
    assert!(store.lease_refresh(&key(1), &mine, at(1), at(11)).await.unwrap());
    assert!(!store.lease_refresh(&key(1), &theirs, at(10), at(20)).await.unwrap(), "the lease is held");
    assert!(!store.set_tokens(&key(1), &theirs, tokens, at(10)).await.unwrap());
    assert!(store.set_tokens(&key(1), &mine, tokens, at(10)).await.unwrap());
    let SessionState::SignedIn(found) = store.load(&key(1), at(10)).await.unwrap() else { panic!("gone") };
    assert_eq!((found.sealed_tokens, found.tokens_expire_at), (vec![9], Some(at(500))));
    assert_eq!(found.checked_at, at(10), "the provider confirmed the session");
    assert!(store.lease_refresh(&key(1), &theirs, at(10), at(20)).await.unwrap(), "the lease was released");
    store.release_refresh(&key(1), &mine, Some(at(11))).await.unwrap();
    assert!(!store.lease_refresh(&key(1), &mine, at(11), at(21)).await.unwrap(), "theirs holds the lease");
    assert!(store.lease_refresh(&key(1), &mine, at(20), at(30)).await.unwrap(), "the lease expired");
    assert!(!store.set_tokens(&key(1), &theirs, tokens, at(21)).await.unwrap(), "mine holds the lease");
    let checked_at = async || match store.load(&key(1), at(22)).await.unwrap() {
        SessionState::SignedIn(found) => found.checked_at,
        other => panic!("{other:?}"),
    };
    assert_eq!(checked_at().await, at(10), "only the holder records a check");
    store.release_refresh(&key(1), &mine, None).await.unwrap();
    assert_eq!(checked_at().await, at(10));
    assert!(store.lease_refresh(&key(1), &theirs, at(21), at(31)).await.unwrap());
    store.release_refresh(&key(1), &theirs, Some(at(22))).await.unwrap();
    assert_eq!(checked_at().await, at(22));
}

pub(super) async fn a_refresh_loses_against_a_sign_out(store: Arc<dyn Store>) {
    store.create(&key(1), &record("alice", None), at(0)).await.unwrap();
    assert!(store.lease_refresh(&key(1), &[1; 16], at(1), at(11)).await.unwrap());
    store.end(&key(1), EndReason::SignedOut, at(2)).await.unwrap();
    let tokens = NewTokens { sealed: &[9], expire_at: None };
    assert!(!store.set_tokens(&key(1), &[1; 16], tokens, at(3)).await.unwrap());
    assert!(!store.lease_refresh(&key(1), &[2; 16], at(20), at(30)).await.unwrap());
}

pub(super) async fn one_of_twenty_concurrent_requests_takes_the_lease(store: Arc<dyn Store>) {
    store.create(&key(1), &record("alice", None), at(0)).await.unwrap();
    let all = futures::future::join_all((0..20).map(|owner| {
        let store = store.clone();
        async move { store.lease_refresh(&key(1), &[owner; 16], at(1), at(11)).await.unwrap() }
    }));
    assert_eq!(all.await.into_iter().filter(|taken| *taken).count(), 1);
}

pub(super) async fn idleness_does_not_end_a_session_that_was_used_since(store: Arc<dyn Store>) {
    store.create(&key(1), &record("alice", None), at(0)).await.unwrap();
    let touch =
        Touch { seen_at: at(100), now: at(100), expires_at: at(700), interval: TimeDelta::seconds(60) };
    assert!(store.touch(&key(1), touch).await.unwrap());
    assert!(!store.end_idle(&key(1), at(0), at(200)).await.unwrap(), "the session was used at 100");
    assert!(store.end_idle(&key(1), at(100), at(200)).await.unwrap());
    assert_eq!(store.load(&key(1), at(201)).await.unwrap(), SessionState::SignedOut(Some(EndReason::Idle)));
}

pub(super) async fn a_user_ends_one_session_or_all_others_of_this_user_only(store: Arc<dyn Store>) {
    for seed in 1..=4 {
        let session = SessionRecord { public_id: format!("p{seed}"), ..record("alice", None) };
        store.create(&key(seed), &session, at(0)).await.unwrap();
    }
    store
        .create(&key(9), &SessionRecord { public_id: "p9".into(), ..record("bob", None) }, at(0))
        .await
        .unwrap();
    let end =
        |subject: &'static str, which| store.end_of_user(ISSUER, subject, which, EndReason::Revoked, at(1));
    assert_eq!(end("alice", SessionFilter::PublicId("p9")).await.unwrap(), [], "bob's");
    assert_eq!(end("alice", SessionFilter::PublicId("p2")).await.unwrap(), [key(2)]);
    assert_eq!(end("alice", SessionFilter::PublicId("p2")).await.unwrap(), [], "ended already");
    let kept = key(1);
    let mut ended = end("alice", SessionFilter::AllBut(&kept)).await.unwrap();
    ended.sort_by_key(|key| key.as_bytes().to_vec());
    let mut expected = vec![key(3), key(4)];
    expected.sort_by_key(|key| key.as_bytes().to_vec());
    assert_eq!(ended, expected);
    for seed in [1, 9] {
        assert!(matches!(store.load(&key(seed), at(2)).await.unwrap(), SessionState::SignedIn(_)), "{seed}");
    }
}

pub(super) async fn ten_thousand_sessions_are_kept_apart(store: Arc<dyn Store>) {
    // Ten at a time: a call waits only seconds for SQLite's single writer, and disks are slow.
    for chunk in (0..10_000_u64).collect::<Vec<_>>().chunks(10) {
        let created = futures::future::join_all(chunk.iter().map(|&seed| {
            let (store, session) = (store.clone(), record(&format!("user-{}", seed % 100), None));
            async move { store.create(&key(seed), &session, at(0)).await }
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
        store.create(&key(seed), &session, at(0)).await.unwrap();
    }
    store.create(&key(4), &record("bob", None), at(0)).await.unwrap();
    store.end(&key(3), EndReason::SignedOut, at(30)).await.unwrap();
    let found = store.of_user(ISSUER, "alice", at(40)).await.unwrap();
    assert_eq!(found.iter().map(|session| session.public_id.as_str()).collect::<Vec<_>>(), ["p2", "p1"]);
}

pub(super) async fn sweeping_removes_only_expired_entries(store: Arc<dyn Store>) {
    store.create(&key(1), &record("alice", None), at(0)).await.unwrap();
    store.mark_used(&[1; 32], at(100)).await.unwrap();
    assert_eq!(store.sweep(at(99)).await.unwrap(), 0);
    assert_eq!(store.sweep(at(100)).await.unwrap(), 1);
    assert_eq!(store.sweep(at(600 + 86_400)).await.unwrap(), 1);
    assert_eq!(store.load(&key(1), at(601)).await.unwrap(), SessionState::SignedOut(None));
}

pub(super) async fn a_state_is_used_once_by_concurrent_requests(store: Arc<dyn Store>) {
    let all = futures::future::join_all((0..20).map(|_| {
        let store = store.clone();
        async move { store.mark_used(&[1; 32], at(600)).await.unwrap() }
    }));
    assert_eq!(all.await.into_iter().filter(|first| *first).count(), 1);
    assert!(!store.is_used(&[2; 32]).await.unwrap());
    assert!(store.mark_used(&[2; 32], at(600)).await.unwrap());
    assert!(store.is_used(&[2; 32]).await.unwrap());
}

pub(super) async fn a_published_event_reaches_a_subscriber(store: Arc<dyn Store>) {
    let mut heard = store.subscribe();
    let event = SessionEvent::Ended(key(1), EndReason::Revoked);
    // A listener that is still being set up may miss the first event.
    loop {
        store.publish(event).await.unwrap();
        match tokio::time::timeout(std::time::Duration::from_millis(500), heard.recv()).await {
            Ok(Ok(BusMessage::Event(heard))) => break assert_eq!(heard, event),
            Ok(Ok(BusMessage::Lagged)) | Err(_) => {}
            Ok(Err(error)) => panic!("{error}"),
        }
    }
}

pub(super) async fn live_sessions_are_counted_until_they_end_or_expire(store: Arc<dyn Store>) {
    let live = async |seconds| store.count_live(at(seconds)).await.unwrap();
    assert_eq!(live(0).await, 0);
    for seed in 1..=5 {
        store.create(&key(seed), &record("alice", Some("s1")), at(0)).await.unwrap();
    }
    assert_eq!(live(1).await, 5);
    assert!(store.end(&key(1), EndReason::SignedOut, at(1)).await.unwrap());
    assert!(store.end_idle(&key(2), at(0), at(1)).await.unwrap());
    let of_user = SessionFilter::PublicId("public-alice");
    store.create(&key(6), &record("bob", None), at(0)).await.unwrap();
    assert_eq!(live(1).await, 4);
    let touch = Touch { seen_at: at(60), now: at(60), expires_at: at(700), interval: TimeDelta::seconds(1) };
    assert!(store.touch(&key(3), touch).await.unwrap());
    assert_eq!((live(599).await, live(600).await, live(699).await, live(700).await), (4, 1, 1, 0));
    store.end_of_user(ISSUER, "alice", of_user, EndReason::Revoked, at(61)).await.unwrap();
    assert_eq!(live(61).await, 1, "only Bob's session is left");
    store.log_out(logout(Subject("bob"), 62), at(62)).await.unwrap();
    assert_eq!(live(62).await, 0);
    store.sweep(at(600)).await.unwrap();
    assert_eq!(live(600).await, 0);
}
