//! Conformance tests for the origins of an app.

use super::at;
use crate::Store;
use futures::future::join_all;
use std::sync::Arc;

const MOST: usize = 3;

async fn remember(store: &Arc<dyn Store>, app: &str, origin: &str, until: i64, now: i64) -> bool {
    store.remember_origin(app, origin, at(until), at(now), MOST).await.unwrap()
}

pub(super) async fn an_apps_origins_are_remembered_until_their_time(store: Arc<dyn Store>) {
    assert_eq!(store.origins_of("previews", at(0)).await.unwrap(), [""; 0]);
    assert!(remember(&store, "previews", "https://pr-2.example", 100, 0).await);
    assert!(remember(&store, "previews", "https://pr-1.example", 50, 0).await);
    assert!(remember(&store, "others", "https://other.example", 100, 0).await);
    let known = store.origins_of("previews", at(10)).await.unwrap();
    assert_eq!(known, ["https://pr-1.example", "https://pr-2.example"]);
    // Remembered again: the later time counts.
    assert!(remember(&store, "previews", "https://pr-1.example", 20, 10).await);
    assert!(remember(&store, "previews", "https://pr-2.example", 200, 10).await);
    assert_eq!(store.origins_of("previews", at(49)).await.unwrap().len(), 2);
    assert_eq!(store.origins_of("previews", at(50)).await.unwrap(), ["https://pr-2.example"]);
    assert_eq!(store.origins_of("previews", at(199)).await.unwrap(), ["https://pr-2.example"]);
    store.sweep(at(199)).await.unwrap();
    assert_eq!(store.origins_of("previews", at(199)).await.unwrap(), ["https://pr-2.example"]);
    assert_eq!(store.origins_of("previews", at(200)).await.unwrap(), [""; 0]);
}

pub(super) async fn an_app_has_a_limited_number_of_origins(store: Arc<dyn Store>) {
    for number in 0..MOST {
        assert!(remember(&store, "previews", &format!("https://pr-{number}.example"), 100, 0).await);
    }
    assert!(!remember(&store, "previews", "https://pr-9.example", 100, 0).await);
    assert!(
        remember(&store, "previews", "https://pr-0.example", 120, 0).await,
        "a known origin has its place"
    );
    assert!(remember(&store, "others", "https://pr-9.example", 100, 0).await, "each app has its limit");
    assert_eq!(store.origins_of("previews", at(1)).await.unwrap().len(), MOST);
    assert!(remember(&store, "previews", "https://pr-9.example", 300, 110).await, "old origins make room");
    let known = store.origins_of("previews", at(110)).await.unwrap();
    assert_eq!(known, ["https://pr-0.example", "https://pr-9.example"]);
}

pub(super) async fn one_origin_remembered_many_times_at_once_is_one(store: Arc<dyn Store>) {
    let all = join_all((0..8).map(|_| remember(&store, "previews", "https://pr-1.example", 100, 0))).await;
    assert!(all.into_iter().all(|remembered| remembered));
    assert_eq!(store.origins_of("previews", at(0)).await.unwrap(), ["https://pr-1.example"]);
}
