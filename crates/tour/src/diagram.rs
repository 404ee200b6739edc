//! The sequence diagram of a flow that really took place.
//!
//! It is a list, so that it can be read aloud, printed, and read on a narrow screen. On wide screens the style sheet draws
//! lanes and arrows.

use auth_types::{FlowKind, FlowOutcome, FlowTrace, Party, TraceStep};
use chrono::DateTime;
use leptos::prelude::*;

/// A pause between two steps that is worth a row, microseconds. The browser was elsewhere then.
const PAUSE: u32 = 150_000;

/// Shows the steps of a trace, with their times.
#[component]
pub fn Diagram(
    /// The trace.
    trace: FlowTrace,
) -> impl IntoView {
    let lanes = lanes(&trace);
    let rows = rows(&trace);
    let caption = caption(&trace);
    let slowest = trace.steps.iter().filter_map(|step| step.took).max().filter(|took| *took > PAUSE);
    let FlowTrace { app, outcome, .. } = trace;
    let heads = lanes.iter().map(|party| view! { <span>{name(*party, &app)}</span> }).collect_view();
    let rows = rows.into_iter().map(|row| match row {
        Row::Step(step) => {
            let is_slowest = slowest.is_some() && step.took == slowest;
            view! { <Step step lanes=lanes.clone() app=app.clone() is_slowest/> }.into_any()
        }
        Row::Pause(micros) => view! {
            <li class="pause">
                <span class="at"></span>
                <span class="what">{format!("{} elsewhere: this app did not see it", duration(micros))}</span>
            </li>
        }
        .into_any(),
    });
    let rows = rows.collect_view();
    view! {
        <figure class=format!("diagram lanes-{}", lanes.len())>
            <figcaption>{caption} " " <Outcome outcome/></figcaption>
            <div class="heads" aria-hidden="true">{heads}</div>
            <ol class="steps">{rows}</ol>
        </figure>
    }
}

#[component]
fn Step(step: TraceStep, lanes: Vec<Party>, app: String, is_slowest: bool) -> impl IntoView {
    let (from, to) = (step.kind.from(), step.kind.to());
    let place = |party| lanes.iter().position(|lane| *lane == party).unwrap_or_default() + 1;
    let (first, last) = (place(from).min(place(to)), place(from).max(place(to)));
    let direction = match place(from).cmp(&place(to)) {
        std::cmp::Ordering::Less => "right",
        std::cmp::Ordering::Equal => "inside",
        std::cmp::Ordering::Greater => "left",
    };
    let who =
        if from == to { name(from, &app) } else { format!("{} to {}", name(from, &app), name(to, &app)) };
    let took = step.took.map(|took| {
        let class = if is_slowest { "took slowest" } else { "took" };
        view! { <span class=class>{format!("took {}", duration(took))}</span> }
    });
    view! {
        <li class:failed=step.has_failed>
            <span class="at">{duration(step.at)}</span>
            <span class="who">{who} ": "</span>
            <span class=format!("arrow {direction} from-{first} span-{}", last - first + 1) aria-hidden="true"></span>
            <span class="what">
                {step.kind.text()} " " {took}
                {step.has_failed.then(|| view! { <strong class="failure">" failed"</strong> })}
            </span>
        </li>
    }
}

#[component]
fn Outcome(outcome: Option<FlowOutcome>) -> impl IntoView {
    match outcome {
        Some(FlowOutcome::Done) => view! { <span class="badge good">"Done"</span> }.into_any(),
        Some(FlowOutcome::Refused(error)) => view! {
            <span class="badge warn">"Refused: " <code>{error.code()}</code></span>
        }
        .into_any(),
        Some(FlowOutcome::Failed) => view! { <span class="badge warn">"Failed"</span> }.into_any(),
        None => view! { <span class="badge">"No answer has come back yet"</span> }.into_any(),
    }
}

/// A row of the diagram.
#[derive(Debug, PartialEq, Eq)]
enum Row {
    Step(TraceStep),
    Pause(u32),
}

fn rows(trace: &FlowTrace) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut end = 0;
    for step in &trace.steps {
        let pause = step.at.saturating_sub(end);
        if step.kind.from() == Party::Browser && pause >= PAUSE && !rows.is_empty() {
            rows.push(Row::Pause(pause));
        }
        rows.push(Row::Step(*step));
        end = step.at.saturating_add(step.took.unwrap_or_default());
    }
    rows
}

/// The parties that take part, in the order of the lanes.
fn lanes(trace: &FlowTrace) -> Vec<Party> {
    let takes_part =
        |party: &Party| trace.steps.iter().any(|step| step.kind.from() == *party || step.kind.to() == *party);
    Party::ALL.into_iter().filter(takes_part).collect()
}

fn name(party: Party, app: &str) -> String {
    match party {
        Party::Browser => "Browser".to_owned(),
        Party::App => app.to_owned(),
        Party::Store => "Session store".to_owned(),
        Party::Identity => "Identity".to_owned(),
        Party::Provider => "Provider".to_owned(),
        Party::OtherApp => "The other app".to_owned(),
    }
}

fn caption(trace: &FlowTrace) -> String {
    let kind = match trace.kind {
        FlowKind::SignIn => "Your sign-in",
        FlowKind::SilentSignIn => "Your silent sign-in",
        FlowKind::Handoff => "Your handoff",
        FlowKind::Refresh => "The refresh of your tokens",
        FlowKind::SignOut => "Your sign-out",
        FlowKind::ProxiedSignIn => "Your sign-in at another app, seen by identity",
        FlowKind::ProxiedSilentSignIn => "Your silent sign-in at another app, seen by identity",
        FlowKind::Launch => "The app that you opened, seen by identity",
    };
    let time = DateTime::from_timestamp_millis(trace.began_at).unwrap_or_default().format("%H:%M:%S UTC");
    let last = trace.steps.last().map_or(0, |step| step.at.saturating_add(step.took.unwrap_or_default()));
    format!("{kind} at {}, {time}: {}.", trace.app, duration(last))
}

/// A duration for people: `0.3 ms`, `41 ms`, `1.9 s`.
fn duration(micros: u32) -> String {
    let millis = f64::from(micros) / 1_000.0;
    match micros {
        0 => "0 ms".to_owned(),
        1..10_000 => format!("{millis:.1} ms"),
        10_000..1_000_000 => format!("{millis:.0} ms"),
        _ => format!("{:.1} s", millis / 1_000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use auth_types::{SignInError, StepKind};

    fn step(kind: StepKind, at: u32, took: Option<u32>) -> TraceStep {
        TraceStep { kind, at, took, has_failed: false }
    }

    fn trace() -> FlowTrace {
        FlowTrace {
            kind: FlowKind::SignIn,
            app: "Games & <Co>".to_owned(),
            began_at: 0,
            steps: vec![
                step(StepKind::SignInForm, 0, None),
                step(StepKind::SentToIdentity, 900, None),
                step(StepKind::Callback, 2_000_000, None),
                step(StepKind::TokenRequest, 2_000_400, Some(3_100_000)),
            ],
            outcome: Some(FlowOutcome::Refused(SignInError::ProviderUnavailable)),
        }
    }

    fn html(trace: FlowTrace) -> String {
        Owner::new().with(|| view! { <Diagram trace/> }.to_html())
    }

    #[test]
    fn the_list_reads_as_text_and_escapes_the_name_of_the_app() {
        let html = html(trace());
        assert!(html.contains("Browser to Games &amp; &lt;Co&gt;"), "{html}");
        assert!(html.contains("took 3.1 s") && html.contains("slowest"), "{html}");
        assert!(html.contains("provider_unavailable") && html.contains("lanes-4"), "{html}");
        assert!(!html.contains("style="), "the policy forbids inline styles: {html}");
    }

    #[test]
    fn a_time_elsewhere_is_a_row() {
        let pauses =
            rows(&trace()).into_iter().filter(|row| matches!(row, Row::Pause(_))).collect::<Vec<_>>();
        assert_eq!(pauses, [Row::Pause(1_999_100)]);
    }

    #[test]
    fn durations_are_short() {
        let shown = [0, 300, 9_999, 41_200, 999_499, 1_940_000].map(duration);
        assert_eq!(shown, ["0 ms", "0.3 ms", "10.0 ms", "41 ms", "999 ms", "1.9 s"]);
    }

    #[test]
    fn a_flow_without_an_answer_says_so() {
        assert!(html(FlowTrace { outcome: None, ..trace() }).contains("No answer has come back yet"));
    }
}
