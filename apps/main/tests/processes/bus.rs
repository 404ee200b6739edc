//! The bus between processes is cut: what may have been missed is not believed, though the cache would go on
//! believing it for an hour.

use crate::support::Suite;
use auth::cookie::SessionId;
use auth_types::EndReason;
use test_support::{
    services::{self, Redis, Service},
    until,
};

/// A session ends and nobody hears of it; then `cut` takes the connections of the bus away.
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
    // Nobody told them.
    believed().await;

    cut().await;
    for main in &suite.mains {
        let status = main.at("/api/get-session-status?peek=1");
        // 503 while the server itself is not back yet.
        let refused = async || alice.clone().get(&status).await.body == r#"{"status":401}"#;
        until("it looks again", refused).await;
    }
}

#[tokio::test]
async fn a_missed_end_is_noticed_when_redis_is_heard_again() {
    let redis = Redis::start().await;
    let cut = async || {
        let killed = redis.command("CLIENT KILL TYPE pubsub").await.unwrap();
        assert!(killed.starts_with(':') && !killed.starts_with(":0"), "{killed}");
    };
    a_missed_end_is_noticed(&redis.url(), cut).await;
}

#[tokio::test]
async fn a_missed_end_is_noticed_when_redis_was_away() {
    let mut redis = Redis::start().await;
    let url = redis.url();
    let cut = async || {
        redis.stop();
        redis.start_again().await;
    };
    a_missed_end_is_noticed(&url, cut).await;
}

#[tokio::test]
async fn a_missed_end_is_noticed_when_postgres_is_heard_again() {
    let url = services::new_database().await;
    let cut = async || {
        let listening = "datname = current_database() AND query LIKE 'LISTEN%'";
        let sql = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {listening}");
        assert!(services::execute(&url, &sql).await >= 2, "both listen");
    };
    a_missed_end_is_noticed(&url, cut).await;
}
