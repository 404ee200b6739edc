//! The recorder of one request.

use super::{FlowKind, FlowOutcome, FlowTrace, StepKind, kept::tag_of};
use auth_types::TraceStep;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

/// Maximum steps of a trace. A flow has about fifteen; the limit keeps the cookie short.
const MAX_STEPS: usize = 24;
/// Maximum traces of a browser, one of each kind. With more, the oldest are dropped, so that the cookie stays short.
const MAX_TRACES: usize = 4;

tokio::task_local! {
    pub(super) static CURRENT: Recorder;
}

/// A trace in a browser, with the tag of the flow that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tagged {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) tag: String,
    pub(super) trace: FlowTrace,
}

/// Records the steps of one request. Clones record into the same trace.
#[derive(Clone)]
pub(crate) struct Recorder(Arc<Mutex<Recording>>);

struct Recording {
    app: String,
    /// When the request began, by the app's clock and by the monotonic clock.
    began_at: DateTime<Utc>,
    began: Instant,
    /// The traces that the browser brought, oldest first.
    brought: Vec<Tagged>,
    /// The trace that this request records.
    current: Option<Tagged>,
    /// The kind of the trace that is kept with a session now.
    moved: Option<FlowKind>,
    /// Whether the brought traces belong to another user.
    forgets_others: bool,
}

impl Recorder {
    pub(super) fn new(app: &str, now: DateTime<Utc>, brought: Vec<Tagged>) -> Self {
        Self(Arc::new(Mutex::new(Recording {
            app: app.to_owned(),
            began_at: now,
            began: Instant::now(),
            brought,
            current: None,
            moved: None,
            forgets_others: false,
        })))
    }

    /// Runs `future` as the request that is recorded.
    pub(crate) async fn scope<F: Future>(self, future: F) -> F::Output {
        CURRENT.scope(self, future).await
    }

    /// Takes the traces that the browser keeps after this request, oldest first. `None`: they are the same as before.
    pub(super) fn take_for_browser(&self) -> Option<Vec<Tagged>> {
        self.with(|recording| {
            let current = recording.current.take();
            let mut kept = std::mem::take(&mut recording.brought);
            let before = kept.len();
            let replaced = current.as_ref().map(|tagged| tagged.trace.kind).or(recording.moved);
            kept.retain(|tagged| !recording.forgets_others && Some(tagged.trace.kind) != replaced);
            let is_changed = current.is_some() || kept.len() != before;
            kept.extend(current);
            kept.drain(..kept.len().saturating_sub(MAX_TRACES));
            is_changed.then_some(kept)
        })
    }

    /// Ends an open trace whose request the app could not answer.
    pub(crate) fn fail_if_open(&self) {
        self.with(|recording| {
            if let Some(Tagged { trace, .. }) = &mut recording.current
                && trace.outcome.is_none()
            {
                trace.outcome = Some(FlowOutcome::Failed);
            }
        });
    }

    pub(super) fn begin(&self, kind: FlowKind) {
        self.with(|recording| {
            let (app, began_at) = (recording.app.clone(), recording.began_at.timestamp_millis());
            let trace = FlowTrace { kind, app, began_at, steps: Vec::new(), outcome: None };
            recording.current = Some(Tagged { tag: String::new(), trace });
        });
    }

    pub(super) fn bind(&self, state: &str) {
        self.with(|recording| {
            if let Some(tagged) = &mut recording.current {
                tagged.tag = tag_of(state);
            }
        });
    }

    pub(super) fn resume(&self, state: &str) {
        self.with(|recording| {
            if recording.current.is_none() {
                let is_meant =
                    |tagged: &&Tagged| tagged.tag == tag_of(state) && tagged.trace.outcome.is_none();
                recording.current = recording.brought.iter().find(is_meant).cloned();
            }
        });
    }

    pub(super) fn step(&self, kind: StepKind, begun: Option<Instant>, has_failed: bool) {
        self.with(|recording| {
            let (began, began_at) = (recording.began, recording.began_at.timestamp_millis());
            let Some(Tagged { trace, .. }) = &mut recording.current else { return };
            if trace.steps.len() == MAX_STEPS {
                return;
            }
            let micros =
                |duration: std::time::Duration| u32::try_from(duration.as_micros()).unwrap_or(u32::MAX);
            let before = u32::try_from((began_at - trace.began_at).max(0)).unwrap_or(u32::MAX);
            let within = begun.unwrap_or_else(Instant::now).saturating_duration_since(began);
            let at = before.saturating_mul(1_000).saturating_add(micros(within));
            let took = begun.map(|begun| micros(begun.elapsed()));
            trace.steps.push(TraceStep { kind, at, took, has_failed });
        });
    }

    pub(super) fn finish(&self, outcome: FlowOutcome) {
        self.with(|recording| {
            if let Some(Tagged { trace, .. }) = &mut recording.current {
                trace.outcome = Some(outcome);
            }
        });
    }

    pub(super) fn done(&self) -> Option<FlowTrace> {
        self.with(|recording| {
            let trace = recording.current.as_ref()?.trace.clone();
            Some(FlowTrace { outcome: Some(FlowOutcome::Done), ..trace })
        })
    }

    pub(super) fn moved(&self) {
        self.with(|recording| recording.moved = recording.current.take().map(|tagged| tagged.trace.kind));
    }

    pub(super) fn forget_others(&self) {
        self.with(|recording| recording.forgets_others = true);
    }

    fn with<T>(&self, use_recording: impl FnOnce(&mut Recording) -> T) -> T {
        use_recording(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::*, *};

    fn at(millis: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(millis).unwrap()
    }

    fn kept(recorder: &Recorder) -> Tagged {
        recorder.take_for_browser().unwrap().pop().unwrap()
    }

    #[tokio::test]
    async fn the_requests_of_one_flow_make_one_trace() {
        let first = Recorder::new("Games", at(1_000), Vec::new());
        first
            .clone()
            .scope(async {
                begin(FlowKind::SignIn);
                step(StepKind::SignInForm);
                bind("state 1");
            })
            .await;
        let brought = kept(&first);
        let second = Recorder::new("Games", at(3_500), vec![brought.clone()]);
        let trace = second
            .clone()
            .scope(async {
                resume("state 1");
                step(StepKind::Callback);
                timed_step(StepKind::TokenRequest, Instant::now(), true);
                let trace = done();
                moved();
                trace
            })
            .await
            .unwrap();
        assert_eq!((trace.began_at, trace.outcome), (1_000, Some(FlowOutcome::Done)));
        let kinds: Vec<_> = trace.steps.iter().map(|step| step.kind).collect();
        assert_eq!(kinds, [StepKind::SignInForm, StepKind::Callback, StepKind::TokenRequest]);
        assert!(trace.steps[1].at >= 2_500_000, "{trace:?}");
        assert_eq!(trace.steps.iter().map(|step| step.has_failed).collect::<Vec<_>>(), [false, false, true]);
        assert_eq!(second.take_for_browser(), Some(Vec::new()), "the session has the trace now");
    }

    #[tokio::test]
    async fn another_flow_does_not_continue_the_trace() {
        let first = Recorder::new("Games", at(0), Vec::new());
        first
            .clone()
            .scope(async {
                begin(FlowKind::SignIn);
                bind("state 1");
            })
            .await;
        let brought = kept(&first);
        for state in ["state 2", ""] {
            let other = Recorder::new("Games", at(1), vec![brought.clone()]);
            other
                .clone()
                .scope(async {
                    resume(state);
                    step(StepKind::Callback);
                })
                .await;
            assert_eq!(other.take_for_browser(), None, "{state}");
        }
        let finished = Recorder::new("Games", at(1), vec![brought.clone()]);
        finished
            .clone()
            .scope(async {
                resume("state 1");
                refuse(SignInError::AccessDenied);
            })
            .await;
        let again = Recorder::new("Games", at(2), vec![kept(&finished)]);
        again.clone().scope(async { resume("state 1") }).await;
        assert_eq!(again.take_for_browser(), None, "a finished trace stays as it is");
    }

    #[tokio::test]
    async fn a_browser_keeps_the_newest_trace_of_each_kind() {
        let mut brought = Vec::new();
        let kinds = [
            FlowKind::ProxiedSignIn,
            FlowKind::Launch,
            FlowKind::SignOut,
            FlowKind::Launch,
            FlowKind::SignIn,
            FlowKind::Handoff,
        ];
        for (millis, kind) in (0..).zip(kinds) {
            let recorder = Recorder::new("Identity", at(millis), brought);
            recorder.clone().scope(async { begin(kind) }).await;
            brought = recorder.take_for_browser().unwrap();
        }
        let found: Vec<_> = brought.iter().map(|Tagged { trace, .. }| (trace.kind, trace.began_at)).collect();
        let newest =
            [(FlowKind::SignOut, 2), (FlowKind::Launch, 3), (FlowKind::SignIn, 4), (FlowKind::Handoff, 5)];
        assert_eq!(found, newest);
        let silent = Recorder::new("Identity", at(9), brought.clone());
        let taken = silent.clone().scope(async {
            begin(FlowKind::SilentSignIn);
            let trace = done();
            moved();
            trace
        });
        assert!(taken.await.is_some());
        assert_eq!(silent.take_for_browser(), None, "the other traces stay");
        let other_user = Recorder::new("Identity", at(10), brought);
        other_user
            .clone()
            .scope(async {
                begin(FlowKind::SignIn);
                assert!(done().is_some());
                moved();
                forget_others();
            })
            .await;
        assert_eq!(other_user.take_for_browser(), Some(Vec::new()));
    }

    #[tokio::test]
    async fn a_sign_in_whose_session_is_refused_stays_in_the_browser() {
        let recorder = Recorder::new("Games", at(0), Vec::new());
        recorder
            .clone()
            .scope(async {
                begin(FlowKind::SignIn);
                assert!(done().is_some());
                refuse(SignInError::SessionEnded);
            })
            .await;
        let outcome = kept(&recorder).trace.outcome;
        assert_eq!(outcome, Some(FlowOutcome::Refused(SignInError::SessionEnded)));
    }

    #[tokio::test]
    async fn a_request_that_fails_ends_its_open_trace_only() {
        let recorder = Recorder::new("Games", at(0), Vec::new());
        recorder.clone().scope(async { begin(FlowKind::SignOut) }).await;
        recorder.fail_if_open();
        assert_eq!(kept(&recorder).trace.outcome, Some(FlowOutcome::Failed));
        let finished = Recorder::new("Games", at(0), Vec::new());
        finished
            .clone()
            .scope(async {
                begin(FlowKind::SignOut);
                finish();
            })
            .await;
        finished.fail_if_open();
        assert_eq!(kept(&finished).trace.outcome, Some(FlowOutcome::Done));
    }

    #[tokio::test]
    async fn a_trace_has_a_limited_number_of_steps() {
        let recorder = Recorder::new("Games", at(0), Vec::new());
        recorder
            .clone()
            .scope(async {
                begin(FlowKind::SignIn);
                (0..100).for_each(|_| step(StepKind::KeysRequest));
            })
            .await;
        assert_eq!(kept(&recorder).trace.steps.len(), MAX_STEPS);
    }

    #[test]
    fn without_a_recorder_nothing_is_recorded() {
        begin(FlowKind::SignIn);
        step(StepKind::SignInForm);
        assert_eq!(done(), None);
    }
}
