//! Conformance tests for grants.

use super::at;
use crate::{Claim, ClaimOutcome, Grant, GrantKind, Store};
use futures::future::join_all;
use std::sync::Arc;

fn grant(kind: GrantKind) -> Grant {
    // Bytes that are not UTF-8, with zeros among them.
    let sealed = vec![0, 255, 1, 0, 128];
    Grant { kind, audience: "games".into(), state_hash: [0xff; 32], sealed, expires_at: at(30) }
}

const CLAIM: Claim<'_> = Claim { kind: GrantKind::HandoffToken, audience: "games", state_hash: [0xff; 32] };

async fn put(store: &Arc<dyn Store>, kind: GrantKind) {
    store.put_grant(&[1; 32], &grant(kind), at(0)).await.unwrap();
}

pub(super) async fn a_grant_is_taken_once_by_a_matching_claim(store: Arc<dyn Store>) {
    put(&store, GrantKind::HandoffToken).await;
    let found = store.load_grant(&[1; 32]).await.unwrap();
    assert_eq!(found, Some(grant(GrantKind::HandoffToken)));
    let sealed = grant(GrantKind::HandoffToken).sealed;
    assert_eq!(store.take_grant(&[1; 32], CLAIM, at(29)).await.unwrap(), ClaimOutcome::Granted(sealed));
    assert_eq!(store.take_grant(&[1; 32], CLAIM, at(29)).await.unwrap(), ClaimOutcome::Unknown);
    assert_eq!(store.load_grant(&[1; 32]).await.unwrap(), None);
    assert_eq!(store.take_grant(&[2; 32], CLAIM, at(29)).await.unwrap(), ClaimOutcome::Unknown);
}

pub(super) async fn one_of_fifty_concurrent_claims_takes_the_grant(store: Arc<dyn Store>) {
    put(&store, GrantKind::HandoffToken).await;
    let all = join_all((0..50).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.take_grant(&[1; 32], CLAIM, at(1)).await.unwrap() })
    }));
    let taken: Vec<ClaimOutcome> = all.await.into_iter().map(Result::unwrap).collect();
    assert_eq!(taken.iter().filter(|taken| matches!(taken, ClaimOutcome::Granted(_))).count(), 1);
    assert_eq!(taken.iter().filter(|taken| **taken == ClaimOutcome::Unknown).count(), 49);
}

pub(super) async fn a_refused_claim_gets_the_reason_and_leaves_the_grant(store: Arc<dyn Store>) {
    put(&store, GrantKind::HandoffToken).await;
    for (claim, told) in [
        (Claim { audience: "store", ..CLAIM }, ClaimOutcome::WrongAudience),
        (Claim { state_hash: [0; 32], ..CLAIM }, ClaimOutcome::WrongState),
        (Claim { kind: GrantKind::AccessToken, ..CLAIM }, ClaimOutcome::Unknown),
        (Claim { kind: GrantKind::PendingConfirmation, ..CLAIM }, ClaimOutcome::Unknown),
    ] {
        assert_eq!(store.take_grant(&[1; 32], claim, at(1)).await.unwrap(), told, "{claim:?}");
    }
    assert!(matches!(store.take_grant(&[1; 32], CLAIM, at(1)).await.unwrap(), ClaimOutcome::Granted(_)));
}

pub(super) async fn a_grant_expires_on_time_and_is_swept_an_hour_later(store: Arc<dyn Store>) {
    put(&store, GrantKind::HandoffToken).await;
    assert_eq!(store.take_grant(&[1; 32], CLAIM, at(30)).await.unwrap(), ClaimOutcome::Expired);
    assert_eq!(store.sweep(at(30 + 3599)).await.unwrap(), 0);
    assert_eq!(store.take_grant(&[1; 32], CLAIM, at(30 + 3599)).await.unwrap(), ClaimOutcome::Expired);
    assert_eq!(store.sweep(at(30 + 3600)).await.unwrap(), 1);
    assert_eq!(store.take_grant(&[1; 32], CLAIM, at(30 + 3600)).await.unwrap(), ClaimOutcome::Unknown);
}
