//! The bus between processes is interrupted. Afterwards a process must not trust its cached sessions,
//! although the cache would keep them for an hour.

use crate::support::Suite;
use auth::cookie::SessionId;
use auth_types::EndReason;
use test_support::{
    services::{self, Redis, Service},
    until,
};

/// Ends a session in the store without an event on the bus, then interrupts the bus with `cut`. Each process
/// must notice the end.
async fn a_missed_end_is_noticed(store_url: &str, cut: impl AsyncFnOnce()) {
    let suite = Suite::start(store_url, &[3600, 3600]).await;
    let alice = suite.signed_in("alice").await;
    let kept = alice.cookie(&suite.mains[0].url, "main.session").unwrap();
    let believed = async || {
        for main in &suite.mains {
            assert_eq!(main.status(&mut alice.clone()).await, 200);
        }
    };
    believed().await;

    let store = auth::store::open(store_url).await.unwrap();
    let key = SessionId::parse(&kept).unwrap().key();
    assert!(store.end(&key, EndReason::Revoked, test_support::now()).await.unwrap());
    // The processes got no event, so the cached session still counts.
    believed().await;

    cut().await;
    for main in &suite.mains {
        let status = main.at("/api/get-session-status?peek=1");
        // 503 until the server is back.
        let refused = async || alice.clone().get(&status).await.body == r#"{"status":401}"#;
        until("the process asks the store again", refused).await;
    }
}

#[tokio::test]
async fn a_missed_end_is_noticed_after_redis_reconnects() {
    let redis = Redis::start().await;
    let cut = async || {
        let killed = redis.command("CLIENT KILL TYPE pubsub").await.unwrap();
        assert!(killed.starts_with(':') && !killed.starts_with(":0"), "{killed}");
    };
    a_missed_end_is_noticed(&redis.url(), cut).await;
}

#[tokio::test]
async fn a_missed_end_is_noticed_after_redis_restarts() {
    let mut redis = Redis::start().await;
    let url = redis.url();
    let cut = async || {
        redis.stop();
        redis.restart().await;
    };
    a_missed_end_is_noticed(&url, cut).await;
}

#[tokio::test]
async fn a_missed_end_is_noticed_after_postgres_reconnects() {
    let url = services::new_database().await;
    let cut = async || {
        let listening = "datname = current_database() AND query LIKE 'LISTEN%'";
        let sql = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {listening}");
        assert!(services::execute(&url, &sql).await >= 2, "both processes listen");
    };
    a_missed_end_is_noticed(&url, cut).await;
}
