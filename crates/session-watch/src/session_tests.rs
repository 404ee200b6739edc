use super::*;

fn alices() -> Watch {
    Watch::new("alice".into())
}

/// Alice's page after her session has ended.
fn waiting() -> Watch {
    let mut watch = alices();
    assert_eq!(watch.hear(News::Woke, 0), Some(Todo::Ask));
    assert_eq!(watch.hear(News::Answer(None), 1), Some(Todo::ShowEnded(EndReason::Expired)));
    watch
}

fn says(user: &str) -> News {
    News::Answer(Some(user.into()))
}

#[test]
fn nothing_is_believed_before_the_server_was_asked() {
    let mut watch = alices();
    assert_eq!(watch.hear(News::Ended(Some(EndReason::Revoked)), 0), Some(Todo::Ask));
    assert_eq!(watch.hear(says("alice"), 1), None, "a forged message");
    assert_eq!(watch.hear(News::Woke, 2), Some(Todo::Ask));
    assert_eq!(watch.hear(News::Answer(None), 3), Some(Todo::ShowEnded(EndReason::Expired)));
}

#[test]
fn a_tab_that_begins_to_listen_while_it_asks_asks_once() {
    let mut watch = alices();
    assert_eq!(watch.hear(News::LostTouch, 0), Some(Todo::Ask));
    assert_eq!(watch.hear(News::Listens, 1), None);
    assert_eq!(watch.hear(says("alice"), 2), None);
    assert_eq!(watch.hear(News::Tick, 3), None, "nothing is owed");
    assert_eq!(watch.hear(News::Listens, 4), Some(Todo::Ask));
}

#[test]
fn the_reason_is_what_was_said_once_the_server_confirms_the_end() {
    let mut watch = alices();
    watch.hear(News::Ended(Some(EndReason::Revoked)), 0);
    assert_eq!(watch.hear(News::Answer(None), 1), Some(Todo::ShowEnded(EndReason::Revoked)));
    assert_eq!(watch.hear(News::Answer(None), 2), None, "said once");
}

#[test]
fn a_tab_that_waits_comes_back_when_the_same_user_does() {
    let mut watch = waiting();
    assert_eq!(watch.hear(News::SignedIn("alice".into()), 2), Some(Todo::Ask));
    assert_eq!(watch.hear(News::Answer(None), 3), None, "a forged message");
    assert_eq!(watch.hear(News::SignedInNearby, 4), Some(Todo::Ask));
    assert_eq!(watch.hear(says("alice"), 5), Some(Todo::Reload));
    assert_eq!(watch.hear(News::Woke, 6), None, "on its way");
}

#[test]
fn another_user_never_gets_this_ones_page() {
    let mut watch = alices();
    assert_eq!(watch.hear(News::SignedIn("alice".into()), 0), None);
    assert_eq!(watch.hear(News::SignedIn("bob".into()), 0), Some(Todo::Ask));
    assert_eq!(watch.hear(says("bob"), 1), Some(Todo::ShowEnded(EndReason::UserChanged)));
    assert_eq!(watch.hear(says("bob"), 2), None);
    let mut waiting = waiting();
    assert_eq!(waiting.hear(says("bob"), 2), Some(Todo::ShowEnded(EndReason::UserChanged)));
    assert_eq!(waiting.hear(says("alice"), 3), Some(Todo::Reload));
}

#[test]
fn a_sign_in_elsewhere_is_worth_one_silent_try_and_only_to_who_waits() {
    let mut watch = alices();
    assert_eq!(watch.hear(News::SignedInElsewhere("t".into()), 0), None);
    let mut tab = waiting();
    assert_eq!(tab.hear(News::SignedInElsewhere("t".into()), 2), Some(Todo::Ask));
    assert_eq!(tab.hear(News::Answer(None), 3), Some(Todo::Return("t".into())));
    assert_eq!(tab.hear(News::SignedInElsewhere("u".into()), 4), None);
    // The app shares its session with the one where it happened: no detour needed.
    let mut tab = waiting();
    tab.hear(News::SignedInElsewhere("t".into()), 2);
    assert_eq!(tab.hear(says("alice"), 3), Some(Todo::Reload));
}

#[test]
fn another_users_sign_in_leaves_nothing_to_come_back_with() {
    let mut tab = waiting();
    assert_eq!(tab.hear(News::SignedInElsewhere("bobs".into()), 2), Some(Todo::Ask));
    assert_eq!(tab.hear(says("bob"), 3), Some(Todo::ShowEnded(EndReason::UserChanged)));
    assert_eq!(tab.hear(News::LostTouch, 5_000), Some(Todo::Ask));
    assert_eq!(tab.hear(News::Answer(None), 5_001), None, "bob has left again");
}

#[test]
fn what_came_while_the_server_was_asked_is_asked_again_once() {
    let mut watch = alices();
    assert_eq!(watch.hear(News::Woke, 0), Some(Todo::Ask));
    for _ in 0..20 {
        assert_eq!(watch.hear(News::Ended(Some(EndReason::Idle)), 1), None);
    }
    assert_eq!(watch.hear(says("alice"), 2), None, "an answer from before");
    assert_eq!(watch.hear(News::Tick, 3), Some(Todo::Ask));
    assert_eq!(watch.hear(News::Answer(None), 4), Some(Todo::ShowEnded(EndReason::Idle)));
    assert_eq!(watch.hear(News::Tick, 5), None);
}

#[test]
fn a_server_that_does_not_answer_is_asked_until_it_does() {
    let mut watch = alices();
    watch.hear(News::Ended(Some(EndReason::Revoked)), 0);
    for now in 1..10 {
        assert_eq!(watch.hear(News::NoAnswer, now), None, "nobody is signed out by a lost answer");
        assert_eq!(watch.hear(News::Tick, now), Some(Todo::Ask));
        assert_eq!(watch.hear(News::Tick, now), None, "one at a time");
    }
    assert_eq!(watch.hear(News::Answer(None), 10), Some(Todo::ShowEnded(EndReason::Revoked)));
}

#[test]
fn a_flood_of_hints_is_one_question_with_each_tick() {
    let mut watch = alices();
    let mut asked = 0;
    for now in 0..1_000 {
        if watch.hear(News::Ended(None), now) == Some(Todo::Ask) {
            asked += 1;
            watch.hear(says("alice"), now);
        }
    }
    assert_eq!(asked, QUESTIONS);
    assert_eq!(watch.hear(News::Tick, 1_000), Some(Todo::Ask), "and the last one is not forgotten");
}

#[test]
fn who_slept_shows_nothing_before_the_server_has_answered() {
    let mut watch = alices();
    assert_eq!(watch.hear(News::Slept, 0), Some(Todo::Veil));
    assert_eq!(watch.hear(News::Slept, 1), None, "frozen, then put away");
    assert_eq!(watch.hear(News::Woke, 9), Some(Todo::Ask));
    assert_eq!(watch.hear(News::NoAnswer, 10), None, "offline, the page stays covered");
    assert_eq!(watch.hear(News::Tick, 11), Some(Todo::Ask));
    assert_eq!(watch.hear(says("alice"), 12), Some(Todo::Unveil));
    watch.hear(News::Slept, 20);
    watch.hear(News::Woke, 30);
    assert_eq!(watch.hear(News::Answer(None), 31), Some(Todo::ShowEnded(EndReason::Expired)));
}

#[test]
fn an_answer_from_before_the_sleep_does_not_lift_the_cover() {
    let mut watch = alices();
    watch.hear(News::Woke, 0);
    assert_eq!(watch.hear(News::Slept, 1), Some(Todo::Veil));
    assert_eq!(watch.hear(News::Woke, 99_000), None);
    assert_eq!(watch.hear(says("alice"), 99_001), None, "it may be as old as the sleep was long");
    assert!(watch.is_live());
    assert_eq!(watch.hear(News::Tick, 99_002), Some(Todo::Ask));
    assert_eq!(watch.hear(says("alice"), 99_003), Some(Todo::Unveil));
}

#[test]
fn what_is_asked_while_nobody_looks_does_not_lift_the_cover() {
    let mut watch = alices();
    assert_eq!(watch.hear(News::Slept, 0), Some(Todo::Veil));
    assert_eq!(watch.hear(News::Ended(None), 1), Some(Todo::Ask));
    assert_eq!(watch.hear(says("alice"), 2), None, "it is looked at much later");
    assert_eq!(watch.hear(News::LostTouch, 3), Some(Todo::Ask));
    assert_eq!(watch.hear(says("alice"), 4), None);
    assert_eq!(watch.hear(News::Woke, 60_000), Some(Todo::Ask));
    assert_eq!(watch.hear(says("alice"), 60_001), Some(Todo::Unveil));
}
