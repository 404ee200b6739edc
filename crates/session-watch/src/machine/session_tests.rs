use super::*;

fn alices() -> Session {
    Session::new("alice".into())
}

/// Alice's page after her session has ended.
fn waiting() -> Session {
    let mut tab = alices();
    assert_eq!(tab.handle(Input::Woke, 0), Some(Output::Ask));
    assert_eq!(tab.handle(Input::Answer(None), 1), Some(Output::Ended(EndReason::Expired)));
    tab
}

fn says(user: &str) -> Input {
    Input::Answer(Some(user.into()))
}

#[test]
fn the_page_changes_only_after_the_server_has_answered() {
    let mut tab = alices();
    assert_eq!(tab.handle(Input::Ended(Some(EndReason::Revoked)), 0), Some(Output::Ask));
    assert_eq!(tab.handle(says("alice"), 1), None, "a forged message");
    assert_eq!(tab.handle(Input::Woke, 2), Some(Output::Ask));
    assert_eq!(tab.handle(Input::Answer(None), 3), Some(Output::Ended(EndReason::Expired)));
}

#[test]
fn a_tab_that_begins_to_listen_while_it_asks_asks_once() {
    let mut tab = alices();
    assert_eq!(tab.handle(Input::EventsMissed, 0), Some(Output::Ask));
    assert_eq!(tab.handle(Input::Listens, 1), None);
    assert_eq!(tab.handle(says("alice"), 2), None);
    assert_eq!(tab.handle(Input::Tick, 3), None, "no question is due");
    assert_eq!(tab.handle(Input::Listens, 4), Some(Output::Ask));
}

#[test]
fn the_hinted_reason_is_shown_once_the_server_confirms_the_end() {
    let mut tab = alices();
    tab.handle(Input::Ended(Some(EndReason::Revoked)), 0);
    assert_eq!(tab.handle(Input::Answer(None), 1), Some(Output::Ended(EndReason::Revoked)));
    assert_eq!(tab.handle(Input::Answer(None), 2), None, "reported once");
}

#[test]
fn a_signed_out_page_is_restored_when_the_same_user_signs_in() {
    let mut tab = waiting();
    assert_eq!(tab.handle(Input::SignedIn("alice".into()), 2), Some(Output::Ask));
    assert_eq!(tab.handle(Input::Answer(None), 3), None, "a forged message");
    assert_eq!(tab.handle(Input::SignedInOnSite, 4), Some(Output::Ask));
    assert_eq!(tab.handle(says("alice"), 5), Some(Output::Restore));
    assert_eq!(tab.handle(Input::Woke, 6), None, "the browser is loading another page");
}

#[test]
fn another_user_never_gets_this_users_page() {
    let mut tab = alices();
    assert_eq!(tab.handle(Input::SignedIn("alice".into()), 0), None);
    assert_eq!(tab.handle(Input::SignedIn("bob".into()), 0), Some(Output::Ask));
    assert_eq!(tab.handle(says("bob"), 1), Some(Output::Ended(EndReason::UserChanged)));
    assert_eq!(tab.handle(says("bob"), 2), None);
    let mut waiting = waiting();
    assert_eq!(waiting.handle(says("bob"), 2), Some(Output::Ended(EndReason::UserChanged)));
    assert_eq!(waiting.handle(says("alice"), 3), Some(Output::Restore));
}

#[test]
fn a_sign_in_elsewhere_allows_a_signed_out_tab_one_silent_sign_in() {
    let mut tab = alices();
    assert_eq!(tab.handle(Input::SignedInWithTicket("t".into()), 0), None);
    let mut tab = waiting();
    assert_eq!(tab.handle(Input::SignedInWithTicket("t".into()), 2), Some(Output::Ask));
    assert_eq!(tab.handle(Input::Answer(None), 3), Some(Output::SignInSilently("t".into())));
    assert_eq!(tab.handle(Input::SignedInWithTicket("u".into()), 4), None);
    // This app shares its session with the app of the sign-in, so no silent sign-in is needed.
    let mut tab = waiting();
    tab.handle(Input::SignedInWithTicket("t".into()), 2);
    assert_eq!(tab.handle(says("alice"), 3), Some(Output::Restore));
}

#[test]
fn another_users_sign_in_discards_the_ticket() {
    let mut tab = waiting();
    assert_eq!(tab.handle(Input::SignedInWithTicket("bobs".into()), 2), Some(Output::Ask));
    assert_eq!(tab.handle(says("bob"), 3), Some(Output::Ended(EndReason::UserChanged)));
    assert_eq!(tab.handle(Input::EventsMissed, 5_000), Some(Output::Ask));
    assert_eq!(tab.handle(Input::Answer(None), 5_001), None, "bob has signed out again");
}

#[test]
fn hints_during_a_question_cause_one_more_question() {
    let mut tab = alices();
    assert_eq!(tab.handle(Input::Woke, 0), Some(Output::Ask));
    for _ in 0..20 {
        assert_eq!(tab.handle(Input::Ended(Some(EndReason::Idle)), 1), None);
    }
    assert_eq!(tab.handle(says("alice"), 2), None, "the answer may be older than the hints");
    assert_eq!(tab.handle(Input::Tick, 3), Some(Output::Ask));
    assert_eq!(tab.handle(Input::Answer(None), 4), Some(Output::Ended(EndReason::Idle)));
    assert_eq!(tab.handle(Input::Tick, 5), None);
}

#[test]
fn a_server_that_does_not_answer_is_asked_until_it_does() {
    let mut tab = alices();
    tab.handle(Input::Ended(Some(EndReason::Revoked)), 0);
    for now in 1..10 {
        assert_eq!(tab.handle(Input::NoAnswer, now), None, "a lost answer signs no user out");
        assert_eq!(tab.handle(Input::Tick, now), Some(Output::Ask));
        assert_eq!(tab.handle(Input::Tick, now), None, "one question at a time");
    }
    assert_eq!(tab.handle(Input::Answer(None), 10), Some(Output::Ended(EndReason::Revoked)));
}

#[test]
fn a_flood_of_hints_is_rate_limited_and_the_last_hint_is_kept() {
    let mut tab = alices();
    let mut asked = 0;
    for now in 0..1_000 {
        if tab.handle(Input::Ended(None), now) == Some(Output::Ask) {
            asked += 1;
            tab.handle(says("alice"), now);
        }
    }
    assert_eq!(asked, QUESTIONS);
    assert_eq!(tab.handle(Input::Tick, 1_000), Some(Output::Ask), "the last hint is not forgotten");
}

#[test]
fn a_tab_that_slept_stays_covered_until_the_server_has_answered() {
    let mut tab = alices();
    assert_eq!(tab.handle(Input::Slept, 0), Some(Output::Cover));
    assert_eq!(tab.handle(Input::Slept, 1), None, "frozen, then cached");
    assert_eq!(tab.handle(Input::Woke, 9), Some(Output::Ask));
    assert_eq!(tab.handle(Input::NoAnswer, 10), None, "offline, the page stays covered");
    assert_eq!(tab.handle(Input::Tick, 11), Some(Output::Ask));
    assert_eq!(tab.handle(says("alice"), 12), Some(Output::Show));
    tab.handle(Input::Slept, 20);
    tab.handle(Input::Woke, 30);
    assert_eq!(tab.handle(Input::Answer(None), 31), Some(Output::Ended(EndReason::Expired)));
}

#[test]
fn an_answer_from_before_the_sleep_does_not_lift_the_cover() {
    let mut tab = alices();
    tab.handle(Input::Woke, 0);
    assert_eq!(tab.handle(Input::Slept, 1), Some(Output::Cover));
    assert_eq!(tab.handle(Input::Woke, 99_000), None);
    assert_eq!(tab.handle(says("alice"), 99_001), None, "the answer may be as old as the sleep");
    assert!(tab.is_live());
    assert_eq!(tab.handle(Input::Tick, 99_002), Some(Output::Ask));
    assert_eq!(tab.handle(says("alice"), 99_003), Some(Output::Show));
}

#[test]
fn an_answer_while_the_tab_sleeps_does_not_lift_the_cover() {
    let mut tab = alices();
    assert_eq!(tab.handle(Input::Slept, 0), Some(Output::Cover));
    assert_eq!(tab.handle(Input::Ended(None), 1), Some(Output::Ask));
    assert_eq!(tab.handle(says("alice"), 2), None, "the user may look much later");
    assert_eq!(tab.handle(Input::EventsMissed, 3), Some(Output::Ask));
    assert_eq!(tab.handle(says("alice"), 4), None);
    assert_eq!(tab.handle(Input::Woke, 60_000), Some(Output::Ask));
    assert_eq!(tab.handle(says("alice"), 60_001), Some(Output::Show));
}
