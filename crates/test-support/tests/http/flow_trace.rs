//! The traces of flows (`AUTH_FLOW_TRACE`).

use crate::support::{World, world, world_with, world_with_fault};
use auth::flow_trace::{FlowKind, FlowOutcome, FlowTrace, StepKind};
use auth_types::SignInError;
use dev_provider::{Endpoint, Fault};
use http::StatusCode;
use secrecy::ExposeSecret;

const COOKIE: &str = "app.trace";

fn on() -> Vec<(&'static str, String)> {
    vec![("AUTH_FLOW_TRACE", "1".to_owned())]
}

impl World {
    async fn traces(&mut self) -> Vec<FlowTrace> {
        serde_json::from_value(self.get("/public").await.json()).unwrap()
    }
}

fn kinds(trace: &FlowTrace) -> Vec<StepKind> {
    trace.steps.iter().map(|step| step.kind).collect()
}

#[tokio::test]
async fn a_sign_in_is_kept_with_its_session() {
    let mut world = world_with(on()).await;
    world.sign_in("/", "alice").await;
    assert_eq!(world.browser.cookie(&world.app.url, COOKIE), None, "the session has the trace now");
    let traces = world.traces().await;
    let [trace] = &traces[..] else { panic!("{traces:?}") };
    assert_eq!((trace.kind, trace.outcome), (FlowKind::SignIn, Some(FlowOutcome::Done)));
    let expected = [
        StepKind::SignInForm,
        StepKind::FlowSealed,
        StepKind::Continue,
        StepKind::SentToProvider,
        StepKind::Callback,
        StepKind::StateUsed,
        StepKind::TokenRequest,
        StepKind::KeysRequest,
        StepKind::IdTokenVerified,
        StepKind::SessionBegun,
        StepKind::SessionCookie,
    ];
    let seen: Vec<_> = kinds(trace).into_iter().filter(|kind| expected.contains(kind)).collect();
    let departure = seen.iter().filter(|kind| **kind == StepKind::StateUsed).count();
    assert_eq!(departure, 2, "the departure and the state: {seen:?}");
    for pair in expected.windows(2).filter(|pair| !pair.contains(&StepKind::KeysRequest)) {
        let place = |kind| seen.iter().rposition(|seen| *seen == kind);
        assert!(place(pair[0]) < place(pair[1]), "{pair:?} in {seen:?}");
    }
    let token = trace.steps.iter().find(|step| step.kind == StepKind::TokenRequest).unwrap();
    assert!(token.took.is_some() && !token.has_failed, "{token:?}");
}

#[tokio::test]
async fn a_refresh_is_kept_beside_the_sign_in() {
    let mut world = world_with(on()).await;
    world.sign_in("/", "alice").await;
    assert_eq!(world.renew().await.status, StatusCode::OK);
    let traces = world.traces().await;
    let found: Vec<_> = traces.iter().map(|trace| trace.kind).collect();
    assert!(found.contains(&FlowKind::SignIn) && found.contains(&FlowKind::Refresh), "{found:?}");
    let refresh = traces.iter().find(|trace| trace.kind == FlowKind::Refresh).unwrap();
    assert_eq!(refresh.outcome, Some(FlowOutcome::Done));
    let steps = kinds(refresh);
    for kind in [StepKind::LeaseTaken, StepKind::TokenRequest, StepKind::TokensSaved] {
        assert!(steps.contains(&kind), "{kind:?} in {steps:?}");
    }
    // The tokens beside the traces still work.
    let session = world.session().await;
    assert!(world.app.auth.refresher().access_token(&session).await.is_ok());
}

#[tokio::test]
async fn a_sign_out_outlives_its_session_in_the_browser_only() {
    let mut world = world_with(on()).await;
    world.sign_in("/", "alice").await;
    let begun = world.post("/auth/signout", &[]).await;
    world.browser.follow(begun).await;
    let traces = world.traces().await;
    let [trace] = &traces[..] else { panic!("{traces:?}") };
    assert_eq!((trace.kind, trace.outcome), (FlowKind::SignOut, Some(FlowOutcome::Done)));
    let steps = kinds(trace);
    for kind in [StepKind::SessionEnded, StepKind::SentToSignOut, StepKind::SignedOutAtProvider] {
        assert!(steps.contains(&kind), "{kind:?} in {steps:?}");
    }
    let mut other = test_support::Browser::new();
    assert_eq!(other.get(&world.app.at("/public")).await.body, "[]", "another browser has no trace");
}

#[tokio::test]
async fn a_failed_sign_in_shows_the_step_that_failed() {
    let mut world = world_with_fault(on(), Some(Fault::Status500(Endpoint::Token))).await;
    world.sign_in("/", "alice").await;
    let traces = world.traces().await;
    let [trace] = &traces[..] else { panic!("{traces:?}") };
    assert_eq!(trace.outcome, Some(FlowOutcome::Refused(SignInError::ProviderUnavailable)));
    let failed: Vec<_> = trace.steps.iter().filter(|step| step.has_failed).map(|step| step.kind).collect();
    assert_eq!(failed, [StepKind::TokenRequest]);
}

#[tokio::test]
async fn a_trace_has_no_secret_and_a_forged_one_is_not_read() {
    let mut world = world_with(on()).await;
    let answer = world.at_provider("/", "alice").await;
    let under_way = world.browser.cookie(&world.app.url, COOKIE).unwrap();
    assert!(under_way.len() < 700, "{} bytes", under_way.len());
    world.browser.get(&answer.location().unwrap()).await;
    let session = world.session().await;
    let tokens = world.app.auth.sessions().tokens(&session.key, &session.record).unwrap();
    let body = world.get("/public").await.body;
    for secret in [
        tokens.access_token.unwrap().expose_secret(),
        tokens.refresh_token.unwrap().expose_secret(),
        &session.record.public_id,
        "alice",
        "Alice",
        "http://",
    ] {
        assert!(!body.contains(secret), "{secret} in {body}");
    }
    let mut other = test_support::Browser::new();
    for forged in [&under_way[1..], "e30", ""] {
        other.plant(&world.app.url, COOKIE, forged);
        assert_eq!(other.get(&world.app.at("/public")).await.body, "[]", "{forged}");
    }
}

#[tokio::test]
async fn a_trace_gives_way_to_a_long_flow() {
    let mut world = world_with(on()).await;
    let size = |page: &test_support::Page| page.set_cookies().iter().map(String::len).sum::<usize>();
    let submit = world.app.at("/auth/signin/demo");
    let short = world.browser.submit(&submit, &[("callbackUrl", "/")]).await;
    assert!(short.set_cookies().iter().any(|cookie| cookie.starts_with(COOKIE)));
    let path = format!("/{}", "a".repeat(1_500));
    let long = world.browser.submit(&submit, &[("callbackUrl", &path)]).await;
    assert!(size(&long) < 3_000, "{}", size(&long));
    let flow = long.set_cookies().into_iter().find(|cookie| cookie.starts_with("app.flow."));
    assert!(flow.is_some(), "the flow itself stays");
}

#[tokio::test]
async fn without_the_setting_nothing_is_recorded() {
    let mut world = world().await;
    world.begin("/").await;
    assert_eq!(world.browser.cookie(&world.app.url, COOKIE), None);
    world.sign_in("/", "alice").await;
    world.renew().await;
    assert_eq!(world.get("/public").await.body, "[]");
}
