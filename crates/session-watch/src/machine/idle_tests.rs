use super::{Output::*, *};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
/// When the server last saw the user.
const T0: i64 = 1_800_000_000_000;
const LEADER: Input = Input::Tick { is_active: true };
const FOLLOWER: Input = Input::Tick { is_active: false };

/// Half an hour, a warning of a minute, a beacon each 15 seconds.
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
fn one_tab_asks_for_the_end_and_names_what_the_server_knew() {
    let (mut leader, mut follower) = (idle(), idle());
    assert_eq!(leader.handle(LEADER, T0 + 30 * MINUTE), [Warn], "the server may say so itself");
    let end = T0 + 30 * MINUTE + GRACE;
    assert_eq!(leader.handle(LEADER, end), [Expire { last_activity: T0 }]);
    assert_eq!(follower.handle(FOLLOWER, end), [Warn]);
    assert_eq!((leader.phase(), follower.phase()), (Phase::Over, Phase::Over));
    assert!(leader.handle(LEADER, end + SECOND).is_empty());
    assert_eq!(leader.handle(LEADER, end + 5 * SECOND), [Expire { last_activity: T0 }], "nobody answered");
}

#[test]
fn newer_activity_that_the_server_knows_of_calls_it_off() {
    let mut tab = idle();
    assert_eq!(tab.handle(LEADER, T0 + 31 * MINUTE).len(), 2);
    assert_eq!(tab.handle(Input::Known(T0 + 10 * MINUTE), T0 + 31 * MINUTE + 5), [DismissWarning]);
    assert_eq!(tab.deadline(), Some(T0 + 40 * MINUTE));
    assert_eq!(tab.handle(LEADER, T0 + 39 * MINUTE), [Warn]);
    let end = tab.handle(LEADER, T0 + 40 * MINUTE + GRACE);
    assert_eq!(end, [Expire { last_activity: T0 + 10 * MINUTE }]);
}

#[test]
fn activity_is_shared_each_second_and_told_to_the_server_by_one_tab_each_quarter_minute() {
    let (mut acting, mut leader) = (idle(), idle());
    let (mut shared, mut told) = (0, 0);
    for tick in 0..600 {
        let now = T0 + MINUTE + tick * 100;
        for effect in acting.handle(Input::Acted, now) {
            let Share(at) = effect else { panic!("{effect:?}") };
            shared += 1;
            assert!(leader.handle(Input::Told(at), now).is_empty());
        }
        assert!(acting.handle(FOLLOWER, now).is_empty());
        for effect in leader.handle(LEADER, now) {
            assert!(matches!(effect, Beacon { ago } if ago < SECOND), "{effect:?}");
            told += 1;
            leader.handle(Input::Known(now), now);
        }
    }
    assert_eq!((shared, told), (60, 4));
}

#[test]
fn the_last_move_before_a_pause_is_told_with_its_age() {
    let mut tab = idle();
    let now = T0 + MINUTE;
    tab.handle(Input::Acted, now);
    assert_eq!(tab.handle(LEADER, now), [Beacon { ago: 0 }]);
    tab.handle(Input::Known(now), now + 20);
    tab.handle(Input::Acted, now + 14 * SECOND);
    assert!(tab.handle(LEADER, now + 14 * SECOND).is_empty());
    assert_eq!(tab.handle(LEADER, now + 15 * SECOND), [Beacon { ago: SECOND }]);
    tab.handle(Input::Known(now + 14 * SECOND), now + 15 * SECOND);
    assert!(tab.handle(LEADER, now + 31 * SECOND).is_empty(), "and once");
}

#[test]
fn a_server_whose_clock_runs_a_little_behind_is_told_once() {
    let mut tab = idle();
    tab.handle(Input::Acted, T0 + MINUTE);
    tab.handle(LEADER, T0 + MINUTE);
    tab.handle(Input::Known(T0 + MINUTE - 40), T0 + MINUTE + 5);
    assert!(tab.handle(LEADER, T0 + 5 * MINUTE).is_empty());
}

#[test]
fn a_server_that_cannot_be_told_is_told_later() {
    let mut tab = idle();
    tab.handle(Input::Acted, T0 + MINUTE);
    assert_eq!(tab.handle(LEADER, T0 + MINUTE).len(), 1);
    tab.handle(Input::NotTold, T0 + MINUTE + 5 * SECOND);
    assert!(tab.handle(LEADER, T0 + MINUTE + 15 * SECOND).is_empty());
    assert_eq!(tab.handle(LEADER, T0 + MINUTE + 20 * SECOND), [Beacon { ago: 20 * SECOND }]);
}

#[test]
fn who_is_warned_must_answer_and_the_answer_is_told_at_once_and_closes_every_dialog() {
    let (mut tab, mut other) = (idle(), idle());
    let now = T0 + 29 * MINUTE + 30 * SECOND;
    tab.handle(LEADER, now);
    other.handle(FOLLOWER, now);
    assert!(tab.handle(Input::Acted, now).is_empty(), "a hand on its way to the other button");
    assert_eq!(tab.phase(), Phase::Warned);
    assert_eq!(tab.handle(Input::Stayed, now), [Beacon { ago: 0 }]);
    assert_eq!(tab.phase(), Phase::Warned, "until the server has heard it");
    assert_eq!(tab.handle(Input::Known(now), now + 2), [DismissWarning]);
    assert_eq!(other.handle(Input::Told(now), now + 3), [DismissWarning]);
    assert_eq!(other.deadline(), Some(now + 30 * MINUTE));
    assert!(tab.handle(FOLLOWER, now + 10 * SECOND).is_empty());
}

#[test]
fn an_answer_that_does_not_get_through_is_sent_again_for_when_it_was_given() {
    let mut tab = idle();
    let now = T0 + 29 * MINUTE + 30 * SECOND;
    tab.handle(FOLLOWER, now);
    tab.handle(Input::Stayed, now);
    tab.handle(Input::NotTold, now + SECOND);
    assert!(tab.handle(FOLLOWER, now + 2 * SECOND).is_empty());
    assert_eq!(tab.handle(FOLLOWER, now + 3 * SECOND), [Beacon { ago: 3 * SECOND }]);
    assert_eq!(tab.handle(Input::Known(now), now + 4 * SECOND), [DismissWarning]);
}

#[test]
fn a_forged_word_about_the_future_counts_as_now() {
    let mut tab = idle();
    tab.handle(Input::Told(T0 + 1_000 * MINUTE), T0 + MINUTE);
    assert_eq!(tab.last_activity(), T0 + MINUTE);
    tab.handle(Input::Known(i64::MAX), T0 + 2 * MINUTE);
    assert_eq!(tab.deadline(), Some(T0 + 32 * MINUTE + SLACK));
}

#[test]
fn a_background_tab_that_knows_nothing_new_cannot_move_the_end_back() {
    let mut tab = idle();
    tab.handle(Input::Acted, T0 + 20 * MINUTE);
    tab.handle(Input::Told(T0 + MINUTE), T0 + 21 * MINUTE);
    tab.handle(Input::Known(T0), T0 + 21 * MINUTE);
    assert_eq!(tab.deadline(), Some(T0 + 50 * MINUTE));
}

#[test]
fn without_a_limit_nobody_is_warned_but_activity_is_told_for_the_apps_that_have_one() {
    let mut tab = Idle::new(Limits { limit: None, warning: 0, beacon: MINUTE }, T0);
    assert!(tab.handle(LEADER, T0 + 10_000 * MINUTE).is_empty());
    assert_eq!(tab.deadline(), None);
    let now = T0 + 10_001 * MINUTE;
    tab.handle(Input::Acted, now);
    assert_eq!(tab.handle(LEADER, now), [Beacon { ago: 0 }]);
}

#[test]
fn a_laptop_that_slept_over_the_end_asks_as_soon_as_it_wakes() {
    let mut tab = idle();
    tab.handle(LEADER, T0 + MINUTE);
    assert_eq!(tab.handle(LEADER, T0 + 600 * MINUTE), [Warn, Expire { last_activity: T0 }]);
}
