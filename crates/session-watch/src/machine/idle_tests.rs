use super::{Output::*, *};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
/// The last activity that the server knows of.
const T0: i64 = 1_800_000_000_000;
const LEADER: Input = Input::Tick { is_active: true };
const FOLLOWER: Input = Input::Tick { is_active: false };

/// A limit of 30 minutes, a warning one minute before, a beacon every 15 seconds.
fn idle() -> Idle {
    Idle::new(Limits { limit: Some(30 * MINUTE), warning: MINUTE, beacon: 15 * SECOND }, T0)
}

#[test]
fn a_minute_before_the_end_the_user_is_warned_once() {
    let mut tab = idle();
    assert!(tab.handle(FOLLOWER, T0 + 29 * MINUTE - 1).is_empty());
    assert_eq!(tab.handle(FOLLOWER, T0 + 29 * MINUTE), [Warn]);
    assert_eq!(tab.phase(), Phase::Warned);
    assert!(tab.handle(FOLLOWER, T0 + 29 * MINUTE + SECOND).is_empty());
}

#[test]
fn the_leader_asks_for_the_end_and_names_the_confirmed_activity() {
    let (mut leader, mut follower) = (idle(), idle());
    assert_eq!(leader.handle(LEADER, T0 + 30 * MINUTE), [Warn], "the server may end the session itself");
    let end = T0 + 30 * MINUTE + GRACE;
    assert_eq!(leader.handle(LEADER, end), [Expire { last_activity: T0 }]);
    assert_eq!(follower.handle(FOLLOWER, end), [Warn]);
    assert_eq!((leader.phase(), follower.phase()), (Phase::Over, Phase::Over));
    assert!(leader.handle(LEADER, end + SECOND).is_empty());
    assert_eq!(leader.handle(LEADER, end + 5 * SECOND), [Expire { last_activity: T0 }], "no answer arrived");
}

#[test]
fn newer_activity_confirmed_by_the_server_dismisses_the_warning() {
    let mut tab = idle();
    assert_eq!(tab.handle(LEADER, T0 + 31 * MINUTE).len(), 2);
    assert_eq!(
        tab.handle(Input::ConfirmedByServer(T0 + 10 * MINUTE), T0 + 31 * MINUTE + 5),
        [DismissWarning]
    );
    assert_eq!(tab.deadline(), Some(T0 + 40 * MINUTE));
    assert_eq!(tab.handle(LEADER, T0 + 39 * MINUTE), [Warn]);
    let end = tab.handle(LEADER, T0 + 40 * MINUTE + GRACE);
    assert_eq!(end, [Expire { last_activity: T0 + 10 * MINUTE }]);
}

#[test]
fn tabs_share_activity_each_second_and_the_leader_reports_every_15_seconds() {
    let (mut acting, mut leader) = (idle(), idle());
    let (mut shared, mut reported) = (0, 0);
    for tick in 0..600 {
        let now = T0 + MINUTE + tick * 100;
        for effect in acting.handle(Input::Acted, now) {
            let Share(at) = effect else { panic!("{effect:?}") };
            shared += 1;
            assert!(leader.handle(Input::ReportedByTab(at), now).is_empty());
        }
        assert!(acting.handle(FOLLOWER, now).is_empty());
        for effect in leader.handle(LEADER, now) {
            assert!(matches!(effect, Beacon { ago } if ago < SECOND), "{effect:?}");
            reported += 1;
            leader.handle(Input::ConfirmedByServer(now), now);
        }
    }
    assert_eq!((shared, reported), (60, 4));
}

#[test]
fn the_last_activity_before_a_pause_is_reported_with_its_age() {
    let mut tab = idle();
    let now = T0 + MINUTE;
    tab.handle(Input::Acted, now);
    assert_eq!(tab.handle(LEADER, now), [Beacon { ago: 0 }]);
    tab.handle(Input::ConfirmedByServer(now), now + 20);
    tab.handle(Input::Acted, now + 14 * SECOND);
    assert!(tab.handle(LEADER, now + 14 * SECOND).is_empty());
    assert_eq!(tab.handle(LEADER, now + 15 * SECOND), [Beacon { ago: SECOND }]);
    tab.handle(Input::ConfirmedByServer(now + 14 * SECOND), now + 15 * SECOND);
    assert!(tab.handle(LEADER, now + 31 * SECOND).is_empty(), "reported once");
}

#[test]
fn activity_is_reported_once_to_a_server_whose_clock_is_slightly_behind() {
    let mut tab = idle();
    tab.handle(Input::Acted, T0 + MINUTE);
    tab.handle(LEADER, T0 + MINUTE);
    tab.handle(Input::ConfirmedByServer(T0 + MINUTE - 40), T0 + MINUTE + 5);
    assert!(tab.handle(LEADER, T0 + 5 * MINUTE).is_empty());
}

#[test]
fn a_failed_activity_report_is_repeated_later() {
    let mut tab = idle();
    tab.handle(Input::Acted, T0 + MINUTE);
    assert_eq!(tab.handle(LEADER, T0 + MINUTE).len(), 1);
    tab.handle(Input::ReportFailed, T0 + MINUTE + 5 * SECOND);
    assert!(tab.handle(LEADER, T0 + MINUTE + 15 * SECOND).is_empty());
    assert_eq!(tab.handle(LEADER, T0 + MINUTE + 20 * SECOND), [Beacon { ago: 20 * SECOND }]);
}

#[test]
fn a_warned_user_must_answer_and_the_answer_closes_the_dialog_in_every_tab() {
    let (mut tab, mut other) = (idle(), idle());
    let now = T0 + 29 * MINUTE + 30 * SECOND;
    tab.handle(LEADER, now);
    other.handle(FOLLOWER, now);
    assert!(tab.handle(Input::Acted, now).is_empty(), "the user may be moving to the sign-out button");
    assert_eq!(tab.phase(), Phase::Warned);
    assert_eq!(tab.handle(Input::Stayed, now), [Beacon { ago: 0 }]);
    assert_eq!(tab.phase(), Phase::Warned, "until the server has confirmed the answer");
    assert_eq!(tab.handle(Input::ConfirmedByServer(now), now + 2), [DismissWarning]);
    assert_eq!(other.handle(Input::ReportedByTab(now), now + 3), [DismissWarning]);
    assert_eq!(other.deadline(), Some(now + 30 * MINUTE));
    assert!(tab.handle(FOLLOWER, now + 10 * SECOND).is_empty());
}

#[test]
fn a_lost_answer_to_the_warning_is_sent_again_with_its_age() {
    let mut tab = idle();
    let now = T0 + 29 * MINUTE + 30 * SECOND;
    tab.handle(FOLLOWER, now);
    tab.handle(Input::Stayed, now);
    tab.handle(Input::ReportFailed, now + SECOND);
    assert!(tab.handle(FOLLOWER, now + 2 * SECOND).is_empty());
    assert_eq!(tab.handle(FOLLOWER, now + 3 * SECOND), [Beacon { ago: 3 * SECOND }]);
    assert_eq!(tab.handle(Input::ConfirmedByServer(now), now + 4 * SECOND), [DismissWarning]);
}

#[test]
fn activity_reported_for_the_future_counts_as_now() {
    let mut tab = idle();
    tab.handle(Input::ReportedByTab(T0 + 1_000 * MINUTE), T0 + MINUTE);
    assert_eq!(tab.last_activity(), T0 + MINUTE);
    tab.handle(Input::ConfirmedByServer(i64::MAX), T0 + 2 * MINUTE);
    assert_eq!(tab.deadline(), Some(T0 + 32 * MINUTE + SLACK));
}

#[test]
fn older_activity_does_not_move_the_deadline_back() {
    let mut tab = idle();
    tab.handle(Input::Acted, T0 + 20 * MINUTE);
    tab.handle(Input::ReportedByTab(T0 + MINUTE), T0 + 21 * MINUTE);
    tab.handle(Input::ConfirmedByServer(T0), T0 + 21 * MINUTE);
    assert_eq!(tab.deadline(), Some(T0 + 50 * MINUTE));
}

#[test]
fn without_a_limit_the_tab_never_warns_but_still_reports_activity() {
    let mut tab = Idle::new(Limits { limit: None, warning: 0, beacon: MINUTE }, T0);
    assert!(tab.handle(LEADER, T0 + 10_000 * MINUTE).is_empty());
    assert_eq!(tab.deadline(), None);
    let now = T0 + 10_001 * MINUTE;
    tab.handle(Input::Acted, now);
    assert_eq!(tab.handle(LEADER, now), [Beacon { ago: 0 }]);
}

#[test]
fn a_laptop_that_slept_past_the_limit_asks_as_soon_as_it_wakes() {
    let mut tab = idle();
    tab.handle(LEADER, T0 + MINUTE);
    assert_eq!(tab.handle(LEADER, T0 + 600 * MINUTE), [Warn, Expire { last_activity: T0 }]);
}
