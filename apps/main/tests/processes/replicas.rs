//! Two processes on one store behave as one. Both cache sessions for an hour, so a process can learn of a
//! change only over the bus.

use crate::support::{Main, Suite};
use dev_provider::{Endpoint, Fault};
use futures::future::join_all;
use http::StatusCode;
use std::time::Duration;
use test_support::{Browser, until};

const HOUR: u32 = 3600;

async fn they_behave_as_one(store_url: &str) {
    let suite = Suite::start(store_url, &[HOUR, HOUR]).await;
    let [a, b] = suite.mains.as_slice() else { panic!("the suite has two processes") };
    let mut alice = suite.signed_in("alice").await;
    let mut bob = suite.signed_in("bob").await;

    // Both sessions are used at the second process, which now has them in its cache.
    assert!(alice.get(&b.at("/protected")).await.body.contains("Alice Adams"));
    assert_eq!((b.status(&mut alice).await, b.status(&mut bob).await), (200, 200));

    // A change at one process is seen at the other, in both directions.
    assert_eq!(a.save(&mut alice, 42).await.status, StatusCode::OK);
    until("the other process sees the change", async || b.saved(&mut alice).await == Some(42)).await;
    assert_eq!(b.save(&mut alice, 7).await.status, StatusCode::OK);
    until("the first process sees the change", async || a.saved(&mut alice).await == Some(7)).await;

    // A session that ends at one process is refused at the other. A thief kept the cookie.
    let kept = alice.cookie(&a.url, "main.session").unwrap();
    let mut thief = Browser::new();
    thief.plant(&a.url, "main.session", &kept);
    assert_eq!(a.sign_out(&mut alice).await.path(), "/signed-out");
    assert_eq!(a.status(&mut thief).await, 401);
    until("the other process refuses the session", async || {
        thief.plant(&b.url, "main.session", &kept);
        b.status(&mut thief).await == 401
    })
    .await;
    thief.plant(&b.url, "main.session", &kept);
    assert_eq!(thief.get(&b.at("/protected")).await.status, StatusCode::SEE_OTHER);
    assert_eq!((a.status(&mut bob).await, b.status(&mut bob).await), (200, 200), "Bob stays signed in");
}

async fn a_refresh_due_at_both_is_one_request(store_url: &str) {
    let suite = Suite::start(store_url, &[HOUR, HOUR]).await;
    let [a, b] = suite.mains.as_slice() else { panic!("the suite has two processes") };
    // The first access token is due for renewal after a second. The token endpoint answers slowly, so that
    // both processes want to renew the token at the same time.
    suite.provider.faults().add_times(Fault::ShortLived, 1);
    suite.provider.faults().add_times(Fault::Slow(Endpoint::Token, Duration::from_secs(1)), 2);
    let mut alice = suite.signed_in("alice").await;
    let renewed = |main: &Main| main.process.output().contains("access token renewed");
    until("one process renews the token", async || {
        let visits = (0..20).map(|number| {
            let (mut browser, url) = (alice.clone(), if number % 2 == 0 { a.at("/") } else { b.at("/") });
            async move { browser.get(&url).await }
        });
        for page in join_all(visits).await {
            assert!(page.body.contains("Alice Adams"), "no request waits for the renewal");
        }
        renewed(a) || renewed(b)
    })
    .await;
    for main in [a, b] {
        assert!(alice.get(&main.at("/protected")).await.body.contains("Alice Adams"));
    }
    assert_eq!(suite.provider.provider.counters().refresh_token, 1);
    assert!(!(renewed(a) && renewed(b)));
}

/// Runs each test over every store that processes can share.
macro_rules! over_each_store {
    ($($test:ident),*) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $test() {
                let folder = tempfile::tempdir().unwrap();
                super::$test(&format!("sqlite://{}", folder.path().join("sessions.db").display())).await;
            })*
        }
        mod redis {
            $(#[tokio::test]
            async fn $test() {
                super::$test(&test_support::services::redis_url()).await;
            })*
        }
        mod postgres {
            $(#[tokio::test]
            async fn $test() {
                super::$test(&test_support::services::new_database().await).await;
            })*
        }
    };
}

over_each_store!(they_behave_as_one, a_refresh_due_at_both_is_one_request);
