//! Conformance tests for deliveries.

use super::at;
use crate::{Backlog, Delivery, NewDelivery, Store};
use chrono::TimeDelta;
use futures::future::join_all;
use std::sync::Arc;

fn delivery(byte: u8) -> NewDelivery {
    NewDelivery { id: [byte; 32], payload: format!("to app {byte}"), expires_at: at(0) + TimeDelta::days(1) }
}

async fn ids(store: &Arc<dyn Store>, seconds: i64) -> Vec<u8> {
    store
        .take_due(at(seconds), at(seconds + 10), 100)
        .await
        .unwrap()
        .iter()
        .map(|delivery| delivery.id[0])
        .collect()
}

pub(super) async fn a_delivery_is_taken_once_and_due_again_later(store: Arc<dyn Store>) {
    store.enqueue(&[delivery(1), delivery(2)], at(0)).await.unwrap();
    let until = at(10);
    let takers = join_all((0..8).map(|_| store.take_due(at(0), until, 100))).await;
    let mut taken: Vec<Delivery> = takers.into_iter().flat_map(Result::unwrap).collect();
    taken.sort_by_key(|delivery| delivery.id);
    assert_eq!(
        taken,
        [1, 2].map(|byte| Delivery { id: [byte; 32], payload: format!("to app {byte}"), attempt: 1 })
    );
    assert!(ids(&store, 9).await.is_empty());
    let again = store.take_due(until, at(20), 1).await.unwrap();
    assert_eq!((again.len(), again[0].attempt), (1, 2), "one delivery, as limited");
}

pub(super) async fn a_postponed_delivery_is_due_later_and_a_settled_one_is_gone(store: Arc<dyn Store>) {
    store.enqueue(&[delivery(1), delivery(2)], at(0)).await.unwrap();
    assert_eq!(ids(&store, 0).await.len(), 2);
    store.postpone(&[1; 32], at(30)).await.unwrap();
    store.remove(&[2; 32]).await.unwrap();
    store.postpone(&[2; 32], at(0)).await.unwrap();
    assert!(ids(&store, 29).await.is_empty());
    assert_eq!(ids(&store, 30).await, [1]);
}

pub(super) async fn a_delivery_enqueued_twice_exists_once_and_keeps_its_tries(store: Arc<dyn Store>) {
    store.enqueue(&[delivery(1)], at(0)).await.unwrap();
    assert_eq!(ids(&store, 0).await, [1]);
    store.enqueue(&[delivery(1)], at(1)).await.unwrap();
    assert!(ids(&store, 5).await.is_empty());
    let again = store.take_due(at(10), at(20), 100).await.unwrap();
    assert_eq!(again[0].attempt, 2);
}

pub(super) async fn an_expired_delivery_is_swept_and_not_taken(store: Arc<dyn Store>) {
    store.enqueue(&[delivery(1)], at(0)).await.unwrap();
    assert!(ids(&store, 24 * 3600).await.is_empty());
    assert_eq!(store.sweep(at(0) + TimeDelta::days(1)).await.unwrap(), 1);
}

pub(super) async fn the_backlog_counts_what_waits_and_names_the_first_expiry(store: Arc<dyn Store>) {
    let backlog = async |seconds| store.backlog(at(seconds)).await.unwrap();
    assert_eq!(backlog(0).await, Backlog::default());
    let expiring = |byte, seconds| NewDelivery { expires_at: at(seconds), ..delivery(byte) };
    store.enqueue(&[expiring(1, 300), expiring(2, 100), expiring(3, 200)], at(0)).await.unwrap();
    assert_eq!(backlog(0).await, Backlog { deliveries: 3, first_expiry: Some(at(100)) });
    // A delivery under way, or postponed, still waits.
    assert_eq!(ids(&store, 0).await.len(), 3);
    store.postpone(&[3; 32], at(150)).await.unwrap();
    assert_eq!(backlog(1).await.deliveries, 3);
    store.remove(&[2; 32]).await.unwrap();
    assert_eq!(backlog(1).await, Backlog { deliveries: 2, first_expiry: Some(at(200)) });
    assert_eq!(backlog(200).await, Backlog { deliveries: 1, first_expiry: Some(at(300)) }, "one has expired");
    store.sweep(at(300)).await.unwrap();
    assert_eq!(backlog(300).await, Backlog::default());
}
