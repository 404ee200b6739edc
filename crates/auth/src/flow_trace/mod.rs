//! Records what a sign-in, refresh, sign-out or handoff does, for pages that show it (`AUTH_FLOW_TRACE`).
//!
//! A handler says which flow begins or goes on, and names each step. The HTTP client and the store add the requests to
//! providers, to identity and to the store, with their times. Without a recorder (the setting is off, or the request is
//! no part of a flow), each of these functions does nothing.
//!
//! The trace of a sign-in or a refresh that succeeded is kept with the session, sealed like its tokens. All other traces are
//! in a sealed cookie of the browser for a quarter of an hour, one of each kind. See [`FlowTrace`] for what a trace can hold.

mod kept;
mod recorder;

pub use auth_types::{FlowKind, FlowOutcome, FlowTrace, StepKind};
pub(crate) use kept::{FlowTraces, known, with_trace};
pub(crate) use recorder::Recorder;

use auth_types::SignInError;
use recorder::CURRENT;
use std::time::Instant;

/// Begins a trace. It replaces this browser's trace of the same kind.
pub fn begin(kind: FlowKind) {
    with_recorder(|recorder| recorder.begin(kind));
}

/// Binds the trace to the flow with this `state`, so that a later request can [`resume`] it.
pub fn bind(state: &str) {
    with_recorder(|recorder| recorder.bind(state));
}

/// Continues the trace of the flow with this `state`, if this browser has it.
pub fn resume(state: &str) {
    with_recorder(|recorder| recorder.resume(state));
}

/// Records a step.
pub fn step(kind: StepKind) {
    with_recorder(|recorder| recorder.step(kind, None, false));
}

/// Records steps of one moment, in order.
pub fn steps<const N: usize>(kinds: [StepKind; N]) {
    kinds.into_iter().for_each(step);
}

/// Records a step that began at `begun` and has ended now.
pub(crate) fn timed_step(kind: StepKind, begun: Instant, has_failed: bool) {
    with_recorder(|recorder| recorder.step(kind, Some(begun), has_failed));
}

/// Ends the trace.
pub fn finish() {
    with_recorder(|recorder| recorder.finish(FlowOutcome::Done));
}

/// Ends the trace: the visitor gets the sentence of `error`.
pub fn refuse(error: SignInError) {
    with_recorder(|recorder| recorder.finish(FlowOutcome::Refused(error)));
}

/// Ends the trace: the flow failed.
pub fn fail() {
    with_recorder(|recorder| recorder.finish(FlowOutcome::Failed));
}

/// Returns the trace as a flow leaves it that succeeds now, to be kept with its session. Call [`moved`] once it is kept.
pub(crate) fn done() -> Option<FlowTrace> {
    CURRENT.try_with(Recorder::done).ok().flatten()
}

/// Takes the trace out of the browser: it is kept with a session now.
pub(crate) fn moved() {
    with_recorder(Recorder::moved);
}

/// Drops the traces of the browser's previous user.
pub(crate) fn forget_others() {
    with_recorder(Recorder::forget_others);
}

fn with_recorder(record: impl FnOnce(&Recorder)) {
    // Outside a traced request there is no recorder.
    let _ = CURRENT.try_with(record);
}
