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
    /// The trace that the browser brought.
    brought: Option<Tagged>,
    /// The trace that this request records.
    current: Option<Tagged>,
    /// Whether a session has taken the trace.
    is_taken: bool,
}

/// What the answer does with the trace in the browser.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum InBrowser {
    /// Nothing: the request was no part of a flow.
    Unchanged,
    /// The browser keeps this trace.
    Keep(Box<Tagged>),
    /// The trace is kept with a session.
    Clear,
}

impl Recorder {
    /// Returns the recorder of background work, which has no browser.
    pub(crate) fn of_background(app: &str, now: DateTime<Utc>) -> Self {
        Self::new(app, now, None)
    }

    pub(super) fn new(app: &str, now: DateTime<Utc>, brought: Option<Tagged>) -> Self {
        Self(Arc::new(Mutex::new(Recording {
            app: app.to_owned(),
            began_at: now,
            began: Instant::now(),
            brought,
            current: None,
            is_taken: false,
        })))
    }

    /// Runs `future` as the request that is recorded.
    pub(crate) async fn scope<F: Future>(self, future: F) -> F::Output {
        CURRENT.scope(self, future).await
    }

    pub(super) fn in_browser(&self) -> InBrowser {
        self.with(|recording| match recording.current.take() {
            Some(tagged) => InBrowser::Keep(Box::new(tagged)),
            None if recording.is_taken && recording.brought.is_some() => InBrowser::Clear,
            None => InBrowser::Unchanged,
        })
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
                let brought = recording.brought.as_ref();
                let is_meant =
                    |tagged: &&Tagged| tagged.tag == tag_of(state) && tagged.trace.outcome.is_none();
                recording.current = brought.filter(is_meant).cloned();
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

    pub(super) fn take(&self) -> Option<FlowTrace> {
        self.with(|recording| {
            let Tagged { mut trace, .. } = recording.current.take()?;
            recording.is_taken = true;
            trace.outcome = Some(FlowOutcome::Done);
            Some(trace)
        })
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
        match recorder.in_browser() {
            InBrowser::Keep(tagged) => *tagged,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn the_requests_of_one_flow_make_one_trace() {
        let first = Recorder::new("Games", at(1_000), None);
        first
            .clone()
            .scope(async {
                begin(FlowKind::SignIn);
                step(StepKind::SignInForm);
                bind("state 1");
            })
            .await;
        let brought = kept(&first);
        let second = Recorder::new("Games", at(3_500), Some(brought.clone()));
        let trace = second
            .clone()
            .scope(async {
                resume("state 1");
                step(StepKind::Callback);
                timed_step(StepKind::TokenRequest, Instant::now(), true);
                take()
            })
            .await
            .unwrap();
        assert_eq!((trace.began_at, trace.outcome), (1_000, Some(FlowOutcome::Done)));
        let kinds: Vec<_> = trace.steps.iter().map(|step| step.kind).collect();
        assert_eq!(kinds, [StepKind::SignInForm, StepKind::Callback, StepKind::TokenRequest]);
        assert!(trace.steps[1].at >= 2_500_000, "{trace:?}");
        assert_eq!(trace.steps.iter().map(|step| step.has_failed).collect::<Vec<_>>(), [false, false, true]);
        assert_eq!(second.in_browser(), InBrowser::Clear);
    }

    #[tokio::test]
    async fn another_flow_does_not_continue_the_trace() {
        let first = Recorder::new("Games", at(0), None);
        first
            .clone()
            .scope(async {
                begin(FlowKind::SignIn);
                bind("state 1");
            })
            .await;
        let brought = kept(&first);
        for state in ["state 2", ""] {
            let other = Recorder::new("Games", at(1), Some(brought.clone()));
            other
                .clone()
                .scope(async {
                    resume(state);
                    step(StepKind::Callback);
                })
                .await;
            assert_eq!(other.in_browser(), InBrowser::Unchanged, "{state}");
        }
        let finished = Recorder::new("Games", at(1), Some(brought.clone()));
        finished
            .clone()
            .scope(async {
                resume("state 1");
                refuse(SignInError::AccessDenied);
            })
            .await;
        let again = Recorder::new("Games", at(2), Some(kept(&finished)));
        again.clone().scope(async { resume("state 1") }).await;
        assert_eq!(again.in_browser(), InBrowser::Unchanged, "a finished trace stays as it is");
    }

    #[tokio::test]
    async fn a_trace_has_a_limited_number_of_steps() {
        let recorder = Recorder::new("Games", at(0), None);
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
        assert_eq!(take(), None);
    }
}
