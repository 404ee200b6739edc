use super::*;
use crate::{HubState, Role, ServerEvent, SessionAnswer, TabStatus, TimesAnswer, machine::message::Message};
use auth_types::SessionTimes;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
/// When the server rendered the page, by both clocks.
const T0: i64 = 1_800_000_000_000;

/// Alice's page, with an idle limit of half an hour and a hub.
fn tab() -> Tab {
    let facts = TabFacts {
        times: times(T0),
        idle_limit: Some(30 * MINUTE),
        idle_warning: MINUTE,
        beacon_interval: 15 * SECOND,
        hub: Some("https://identity.example".to_owned()),
    };
    Tab::new("alice".to_owned(), &facts, T0, T0)
}

fn times(last_activity: i64) -> SessionTimes {
    SessionTimes { now: last_activity, last_activity, expires: T0 + 600 * MINUTE }
}

fn tick(tab: &mut Tab, now: i64) -> Vec<Effect> {
    let effects = tab.dispatch(Event::Tick { uptime: now - T0, is_hidden: false, is_playing: false }, now);
    effects.into_iter().filter(|effect| !matches!(effect, Effect::TabStatus(_))).collect()
}

fn answer(tab: &mut Tab, answer: SessionAnswer, now: i64) -> Vec<Effect> {
    tab.dispatch(Event::Session(answer), now)
}

fn alice() -> SessionAnswer {
    SessionAnswer::SignedIn("alice".to_owned())
}

/// The messages to the other tabs, without their times.
fn posted(effects: &[Effect]) -> Vec<String> {
    let lines = effects.iter().filter_map(|effect| match effect {
        Effect::PostToTabs(line) => Message::parse(line),
        _ => None,
    });
    lines.map(|message| [message.kind, " ", message.detail].concat()).collect()
}

/// Alice's tab, which leads and listens.
fn leader() -> Tab {
    let mut tab = tab();
    let _ = tab.dispatch(Event::Started { is_hidden: false }, T0);
    let _ = tab.dispatch(Event::LockGranted, T0);
    // The tab asked before the lock was granted; that answer opens the stream.
    assert_eq!(answer(&mut tab, alice(), T0), [Effect::OpenStream(StreamKind::Session)]);
    assert_eq!(tick(&mut tab, T0 + 1), [Effect::LoadHub]);
    tab
}

fn from_server(tab: &mut Tab, event: ServerEvent, now: i64) -> Vec<Effect> {
    tab.dispatch(Event::FromServer { event, sent: now - 5 }, now)
}

#[test]
fn a_tab_that_starts_says_so_asks_and_queues_for_the_lock() {
    let mut tab = tab();
    let hello = Effect::PostToTabs(format!("signed_in {T0} alice"));
    assert_eq!(
        tab.dispatch(Event::Started { is_hidden: false }, T0),
        [Effect::OpenChannel, hello, Effect::AskSession, Effect::QueueForLock]
    );
    assert_eq!(tab.dispatch(Event::LockGranted, T0 + 1), [Effect::PostToTabs(format!("here {} ", T0 + 1))]);
}

#[test]
fn a_server_event_causes_one_question_and_the_answer_ends_the_page() {
    let mut tab = leader();
    let effects = from_server(&mut tab, ServerEvent::SignedOut(Some(EndReason::Revoked)), T0 + 100);
    let Effect::TabEvent(event) = &effects[0] else { panic!("{effects:?}") };
    assert_eq!((event.at, event.name.as_str(), event.delay), (T0 + 100, "signed_out", Some(5)));
    assert_eq!(posted(&effects), ["signed_out revoked"]);
    assert!(matches!(effects[1..], [Effect::CloseStream, Effect::PostToTabs(_), Effect::AskSession]));

    let effects = answer(&mut tab, SessionAnswer::SignedOut, T0 + 120);
    assert_eq!(effects[..2], [Effect::Ended(EndReason::Revoked), Effect::Changed]);
    assert_eq!(posted(&effects), ["signed_out revoked"]);
    assert_eq!(effects.last(), Some(&Effect::OpenStream(StreamKind::Waiting)), "at once, without a pause");
}

#[test]
fn a_follower_that_hears_of_the_end_tells_no_other_tab() {
    let mut tab = tab();
    let line = format!("signed_out {T0} idle");
    let effects = tab.dispatch(Event::FromTab(line), T0 + 3);
    assert!(matches!(&effects[..], [Effect::TabEvent(_), Effect::AskSession]));
    let effects = answer(&mut tab, SessionAnswer::SignedOut, T0 + 4);
    assert_eq!(effects, [Effect::Ended(EndReason::Idle), Effect::Changed]);
    assert_eq!(answer(&mut tab, alice(), T0 + 5), [Effect::Restore]);
}

#[test]
fn a_ticket_stays_in_its_tab_and_leads_to_one_silent_sign_in() {
    let mut tab = leader();
    let _ = from_server(&mut tab, ServerEvent::SignedOut(None), T0 + 2);
    let _ = answer(&mut tab, SessionAnswer::SignedOut, T0 + 3);
    let effects = from_server(&mut tab, ServerEvent::SignedIn { ticket: "t".to_owned() }, T0 + 4);
    assert!(
        matches!(&effects[..], [Effect::TabEvent(_), Effect::AskSession]),
        "the ticket stays in this tab"
    );
    assert_eq!(answer(&mut tab, SessionAnswer::SignedOut, T0 + 5), [Effect::SignInSilently("t".to_owned())]);
}

#[test]
fn the_leaders_times_reach_the_followers_and_their_clock() {
    let mut leader = leader();
    let mut heartbeat = times(T0 + 60 * SECOND);
    // This machine's clock is an hour behind the server's.
    heartbeat.now = T0 + 61 * MINUTE;
    let effects = from_server(&mut leader, ServerEvent::Heartbeat(Some(heartbeat)), T0 + MINUTE);
    let line = effects.iter().find_map(|effect| match effect {
        Effect::PostToTabs(line) => Some(line.clone()),
        _ => None,
    });
    let mut follower = tab();
    let _ = follower.dispatch(Event::FromTab(line.expect("the times")), T0 + MINUTE);
    let tick = Event::Tick { uptime: 0, is_hidden: false, is_playing: false };
    let effects = follower.dispatch(tick, T0 + MINUTE);
    let status = TabStatus {
        role: Role::Follower,
        stream: None,
        hub: HubState::NotLoaded,
        offset: 60 * MINUTE,
        active: 60 * MINUTE,
        idle: Some(-30 * MINUTE),
        expires: 539 * MINUTE,
    };
    assert_eq!(effects.last(), Some(&Effect::TabStatus(status)));
}

#[test]
fn after_a_clock_jump_the_tab_covers_its_page_and_does_not_warn() {
    let mut tab = leader();
    let effects = tick(&mut tab, T0 + 40 * MINUTE);
    assert!(effects.contains(&Effect::CloseStream) && effects.contains(&Effect::Cover), "{effects:?}");
    assert!(!effects.contains(&Effect::Warn), "{effects:?}");
}

#[test]
fn the_tab_warns_and_counts_down_but_the_server_enforces_the_idle_limit() {
    let mut tab = leader();
    let mut now = T0;
    let mut until = |tab: &mut Tab, end: i64| {
        let mut effects = Vec::new();
        while now < end {
            now += SECOND;
            // A heartbeat keeps the stream from counting as dead.
            let _ = from_server(tab, ServerEvent::Heartbeat(Some(SessionTimes { now, ..times(T0) })), now);
            effects = tick(tab, now);
        }
        effects
    };
    assert_eq!(until(&mut tab, T0 + 29 * MINUTE - SECOND), []);
    let effects = until(&mut tab, T0 + 29 * MINUTE);
    assert_eq!(effects, [Effect::TimeLeft(MINUTE)], "the heartbeat has already triggered the warning");
    let effects = until(&mut tab, T0 + 30 * MINUTE + 2 * SECOND);
    assert_eq!(effects, [Effect::EndIdle { last_activity: T0 }, Effect::TimeLeft(-2 * SECOND)]);

    let refused = tab.dispatch(Event::IdleRefused(TimesAnswer::Times(times(T0 + 30 * MINUTE))), now);
    assert!(refused.contains(&Effect::DismissWarning), "{refused:?}");
    let ended = tab.dispatch(Event::IdleEnded, now);
    assert_eq!(posted(&ended), ["signed_out idle"]);
    assert_eq!(ended.last(), Some(&Effect::AskSession));
}

#[test]
fn the_user_is_told_when_their_answer_to_the_warning_is_lost() {
    let mut tab = leader();
    assert_eq!(tab.dispatch(Event::Stayed, T0 + 5), [Effect::SendActivity { ago: 0 }]);
    assert_eq!(tab.dispatch(Event::Activity(TimesAnswer::Missing), T0 + 6), [Effect::Unreachable]);
    let effects = tab.dispatch(Event::Activity(TimesAnswer::Times(times(T0 + 5))), T0 + 7);
    assert_eq!(posted(&effects).last(), Some(&format!("active {}", T0 + 5)));
    // No user waits for a background report.
    let quiet = tab.dispatch(Event::Activity(TimesAnswer::Missing), T0 + 8);
    assert!(!quiet.contains(&Effect::Unreachable), "{quiet:?}");
}

#[test]
fn a_leaving_tab_releases_everything_and_comes_back_covered() {
    let mut tab = leader();
    let effects = tab.dispatch(Event::Leaving, T0 + 10);
    assert_eq!(effects, [Effect::Cover, Effect::CloseStream, Effect::ReleaseLock, Effect::CloseChannel]);
    let effects = tab.dispatch(Event::Returned { is_hidden: false }, T0 + 90_000);
    assert_eq!(effects, [Effect::OpenChannel, Effect::QueueForLock, Effect::AskSession]);
    // A hint came after the question, so the answer may be out of date.
    assert_eq!(answer(&mut tab, alice(), T0 + 90_001), []);
    assert_eq!(tick(&mut tab, T0 + 90_002)[0], Effect::AskSession);
}

#[test]
fn a_silent_stream_is_closed_and_the_tab_asks_the_server() {
    let mut tab = leader();
    for second in 1..=40 {
        let _ = tick(&mut tab, T0 + second * SECOND);
    }
    let effects = tick(&mut tab, T0 + 41 * SECOND);
    assert_eq!(effects, [Effect::CloseStream, Effect::AskSession, Effect::OpenStream(StreamKind::Session)]);
}

#[test]
fn a_refused_stream_pauses_and_the_tab_asks_about_its_session() {
    let mut tab = leader();
    let effects = tab.dispatch(Event::StreamLost(StreamKind::Session), T0 + 2);
    assert_eq!(effects, [Effect::CloseStream, Effect::AskSession]);
    assert_eq!(answer(&mut tab, alice(), T0 + 3), [], "not yet");
    assert!(tick(&mut tab, T0 + 2_002).contains(&Effect::OpenStream(StreamKind::Session)));
}

#[test]
fn a_hub_message_goes_to_all_tabs_and_the_tab_asks_the_server() {
    let mut tab = leader();
    assert_eq!(tab.dispatch(Event::HubLoaded, T0 + 2), [Effect::PostToHub("hub/1 hello")]);
    let effects = tab.dispatch(Event::FromHub("hub/1 state none 1".to_owned()), T0 + 3);
    assert_eq!(effects[0], Effect::PostToHub("hub/1 set in"));
    let effects = tab.dispatch(Event::FromHub("hub/1 state out 2".to_owned()), T0 + 4);
    assert_eq!(posted(&effects), ["hub out"]);
    assert_eq!(effects.last(), Some(&Effect::AskSession));
    let effects = tab.dispatch(Event::FromHub("hub/1 aside blocked".to_owned()), T0 + 5);
    assert_eq!(effects[0], Effect::UnloadHub);
}

#[test]
fn a_flood_of_messages_causes_one_question() {
    let mut tab = tab();
    let mut asked = 0;
    for _ in 0..1_000 {
        let effects = tab.dispatch(Event::FromTab("here 0 ".to_owned()), T0);
        asked += effects.iter().filter(|effect| **effect == Effect::AskSession).count();
    }
    assert_eq!(asked, 1);
}
