//! The signals without a browser: what the watch reports is reported by hand.

use super::*;
use crate::testing::{live_session, page_with, signed_in};
use auth_types::PageContext;
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

/// Runs `test` on a page with this context.
fn on_page(page: PageContext, test: impl FnOnce(Shared)) {
    Owner::new().with(|| {
        provide_context(page);
        provide_session(SessionOptions::default());
        test(shared());
    });
}

#[test]
fn the_first_value_is_the_requests_session() {
    on_page(page_with(signed_in("Alice")), |_| {
        let session = use_session::<()>();
        assert_eq!(session.user().get().map(|user| user.name), Some("Alice".to_owned()));
        assert_eq!((session.is_signed_in().get(), session.epoch().get()), (Some(true), 0));
        assert_eq!(session.idle().get(), None);
    });
    on_page(page_with(Ok(SessionState::SignedOut(None))), |_| {
        assert_eq!(use_session::<()>().is_signed_in().get(), Some(false));
    });
    on_page(page_with(Err(auth_types::SessionUnavailable)), |_| {
        let session = use_session::<()>();
        assert_eq!((session.is_signed_in().get(), session.user().get()), (None, None));
    });
}

#[test]
fn the_end_is_seen_by_every_signal_and_changes_the_epoch() {
    on_page(page_with(signed_in("Alice")), |shared| {
        let session = use_session::<()>();
        shared.idle.set(Some(5_000));
        shared.is_covered.set(true);
        shared.end(EndReason::Revoked);
        assert_eq!(session.state().get(), Ok(SessionState::SignedOut(Some(EndReason::Revoked))));
        assert_eq!((session.user().get(), session.is_signed_in().get()), (None, Some(false)));
        assert_eq!((session.epoch().get(), session.idle().get()), (1, None));
        assert!(!shared.is_covered.get_untracked());
        assert!(!shared.seed.with_value(|seed| format!("{seed:?}").contains("Alice")));
    });
}

#[test]
fn a_session_that_comes_back_is_a_new_epoch() {
    on_page(page_with(signed_in("Alice")), |shared| {
        assert_eq!(shared.options, SessionOptions::default());
        shared.end(EndReason::SignedOut);
        assert!(!shared.is_live());
        shared.begin(live_session("Alice"));
        let session = use_session::<()>();
        assert_eq!((session.is_signed_in().get(), session.epoch().get()), (Some(true), 2));
        assert!(shared.is_live() && shared.ended.get_untracked().is_none());
    });
}

#[test]
fn new_data_of_the_same_session_changes_no_epoch() {
    on_page(page_with(signed_in("Alice")), |shared| {
        shared.state.set(Ok(SessionState::SignedIn(live_session("Alice Adams"))));
        let session = use_session::<()>();
        assert_eq!(session.user().get().map(|user| user.name), Some("Alice Adams".to_owned()));
        assert_eq!(session.epoch().get(), 0);
    });
}

/// Counts how often it is dropped.
#[derive(Clone)]
struct Disposed(Arc<AtomicU32>);

#[test]
fn the_newest_events_are_kept_and_the_tab_is_forgotten_at_the_end() {
    use session_watch::{HubState, Role, Source, StreamKind, TabEvent, TabStatus};

    on_page(page_with(signed_in("Alice")), |shared| {
        let session = use_session::<()>();
        for at in 1..=15 {
            shared.note(TabEvent { at, source: Source::Server, name: "changed".to_owned(), delay: None });
        }
        let times: Vec<_> = session.events().get().iter().map(|event| event.at).collect();
        assert_eq!(times, (4..=15).rev().collect::<Vec<_>>());

        assert_eq!(session.time_left().get(), Some(0), "from the page");
        shared.tab.set(Some(TabStatus {
            role: Role::Leader,
            stream: Some(StreamKind::Session),
            hub: HubState::None,
            offset: 0,
            active: 0,
            idle: None,
            expires: 5_000,
        }));
        assert_eq!(session.time_left().get(), Some(5_000), "from the watch");
        shared.end(EndReason::Revoked);
        assert_eq!((session.time_left().get(), session.tab().get()), (None, None));
    });
}

/// Renders a boundary whose child owns a signal and registers a clean-up.
fn boundary(disposed: &Disposed) -> impl IntoView + use<> {
    let disposed = disposed.clone();
    view! {
        <SessionBoundary>
            {
                let disposed = disposed.clone();
                on_cleanup(move || {
                    disposed.0.fetch_add(1, Ordering::SeqCst);
                });
                let secret = RwSignal::new("what only Alice may see");
                view! { <p>{move || secret.get()}</p> }
            }
        </SessionBoundary>
    }
}

#[test]
fn the_boundary_shows_its_children_and_after_the_end_the_reason() {
    on_page(page_with(signed_in("Alice")), |shared| {
        let disposed = Disposed(Arc::default());
        let before = boundary(&disposed).to_html();
        assert!(before.contains("what only Alice may see"), "{before}");
        shared.end(EndReason::Revoked);
        let after = boundary(&disposed).to_html();
        assert!(!after.contains("what only Alice may see"), "{after}");
        assert!(after.contains("You have been signed out"), "{after}");
        assert!(after.contains(EndReason::Revoked.sentence()), "{after}");
        assert!(!after.contains("Go on as the other user"), "{after}");
        shared.end(EndReason::UserChanged);
        assert!(boundary(&disposed).to_html().contains("Go on as the other user"));
    });
}

#[test]
fn a_guarded_view_is_called_once_for_a_member_and_never_for_a_guest() {
    let calls = |page: PageContext| {
        let count = Arc::new(AtomicU32::new(0));
        Owner::new().with(|| {
            provide_context(page);
            provide_session(SessionOptions::default());
            let counted = count.clone();
            let view = move || {
                counted.fetch_add(1, Ordering::Relaxed);
                view! { <p>"for members"</p> }
            };
            super::guarded::guarded(view, (|| view! { <p>"please sign in"</p> }).into())().to_html()
        });
        count.load(Ordering::Relaxed)
    };
    assert_eq!(calls(page_with(signed_in("Alice"))), 1);
    assert_eq!(calls(page_with(Ok(SessionState::SignedOut(None)))), 0);
}

#[test]
fn a_guarded_view_never_renders_for_a_guest() {
    let rendered = |page: PageContext| {
        Owner::new().with(|| {
            provide_context(page);
            provide_session(SessionOptions::default());
            super::guarded::guarded(
                || view! { <p>"for members"</p> },
                (|| view! { <p>"please sign in"</p> }).into(),
            )()
            .to_html()
        })
    };
    let member = rendered(page_with(signed_in("Alice")));
    assert!(member.contains("for members") && !member.contains("please sign in"), "{member}");
    for page in [page_with(Ok(SessionState::SignedOut(None))), page_with(Err(auth_types::SessionUnavailable))]
    {
        let guest = rendered(page);
        assert!(!guest.contains("for members") && guest.contains("please sign in"), "{guest}");
    }
}

#[test]
fn the_buttons_are_forms_that_post() {
    let mut page = page_with(signed_in("Alice"));
    page.providers =
        vec![ProviderView { id: "demo".to_owned(), name: "Demo".to_owned(), icon: None, available: true }];
    on_page(page, |_| {
        let sign_in = view! { <SignInButton callback_url="/a?b=\"c"/> }.to_html();
        assert!(sign_in.contains(r#"method="post" action="/auth/signin/demo""#), "{sign_in}");
        assert!(
            sign_in.contains(r#"value="/a?b=&quot;c""#) && sign_in.contains("Sign in with Demo"),
            "{sign_in}"
        );
        let sign_out = view! { <SignOutButton scope=SignOutScope::Local/> }.to_html();
        assert!(
            sign_out.contains(r#"action="/auth/signout""#) && sign_out.contains(r#"value="local""#),
            "{sign_out}"
        );
    });
}

#[test]
fn a_sign_in_page_has_a_button_for_each_provider_in_order() {
    let mut page = page_with(Ok(SessionState::SignedOut(None)));
    let provider =
        |id: &str| ProviderView { id: id.to_owned(), name: id.to_owned(), icon: None, available: true };
    let staff = ProviderView { icon: Some("/staff.svg".to_owned()), ..provider("staff") };
    page.providers = vec![staff, provider("demo")];
    on_page(page, |_| {
        let html = view! { <SignInButtons callback_url="/a"/> }.to_html();
        let places = ["/auth/signin/staff", "/staff.svg", "/auth/signin/demo"].map(|text| html.find(text));
        assert!(places[0].is_some() && places.is_sorted(), "{html}");
    });
    on_page(page_with(Ok(SessionState::SignedOut(None))), |_| {
        assert!(view! { <SignInButtons/> }.to_html().contains("No sign-in provider is configured."));
    });
}

#[test]
fn the_seed_of_a_page_can_hold_no_token() {
    on_page(page_with(signed_in("Alice")), |shared| {
        let json = shared.seed.with_value(|seed| serde_json::to_value(seed).unwrap());
        let keys: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["pages", "providers", "public", "session", "tab"]);
        assert_eq!(json["session"]["Ok"]["SignedIn"]["user"]["name"], "Alice");
    });
}
