use super::*;
use auth_types::{AppInfo, PageContext, PublicSession, PublicUser, SessionFacts};
use axum::http::{Request, header};
use leptos::reactive::{computed::ScopedFuture, owner::Owner};
use leptos_axum::ResponseOptions;
use std::sync::Mutex;

/// Remembers what was saved, and answers as it is told.
struct Notebook {
    answer: Result<(), SaveError>,
    saved: Mutex<Vec<i32>>,
}

impl UserData for Notebook {
    fn save_favourite_number(&self, number: i32) -> Saving {
        if let Ok(mut saved) = self.saved.lock() {
            saved.push(number);
        }
        let answer = self.answer;
        Box::pin(async move { answer })
    }
}

/// Posts `number` as the form does; where the browser is sent, and what was saved.
async fn post(session: SessionState, answer: Result<(), SaveError>, number: &str) -> (String, Vec<i32>) {
    let notebook = Arc::new(Notebook { answer, saved: Mutex::new(Vec::new()) });
    let response = ResponseOptions::default();
    let call = Owner::new().with(|| {
        let (parts, ()) =
            Request::builder().header(header::ACCEPT, "text/html").body(()).unwrap().into_parts();
        provide_context(parts);
        provide_context(response.clone());
        provide_context(page_with(session));
        provide_context::<Arc<dyn UserData>>(notebook.clone());
        ScopedFuture::new(save_favourite_number(number.to_owned()))
    });
    call.await.unwrap();
    let parts = response.0.read().unwrap();
    let location = parts.headers[header::LOCATION].to_str().unwrap().to_owned();
    let saved = notebook.saved.lock().unwrap().clone();
    (location, saved)
}

fn page_with(session: SessionState) -> PageContext {
    PageContext {
        app: AppInfo {
            name: "Games".to_owned(),
            origin: "http://localhost:4201".to_owned(),
            identity_origin: None,
        },
        session,
        providers: Vec::new(),
        form_action: Vec::new(),
        devices: Vec::new(),
    }
}

fn signed_in() -> SessionState {
    SessionState::SignedIn {
        session: PublicSession {
            user: PublicUser {
                id: "demo:1".to_owned(),
                name: "Alice".to_owned(),
                email: None,
                picture: None,
                data: Default::default(),
            },
            expires: "2030-01-01T00:00:00Z".to_owned(),
        },
        facts: SessionFacts {
            public_id: "public".to_owned(),
            provider: "demo".to_owned(),
            signed_in_at: "2029-01-01T00:00:00Z".to_owned(),
            last_seen_at: "2029-01-01T00:00:00Z".to_owned(),
            absolute_expires: "2030-01-01T00:00:00Z".to_owned(),
            has_provider_session: false,
        },
    }
}

#[tokio::test]
async fn a_number_is_saved_and_the_dashboard_says_so() {
    let (location, saved) = post(signed_in(), Ok(()), " 42 ").await;
    assert_eq!((location.as_str(), saved), ("/dashboard?saved=yes", vec![42]));
}

#[tokio::test]
async fn a_signed_out_call_saves_nothing_and_is_shown_the_way_in() {
    let (location, saved) = post(SessionState::SignedOut(None), Ok(()), "42").await;
    assert_eq!((location.as_str(), saved), ("/login?callbackUrl=%2Fdashboard", vec![]));
}

#[tokio::test]
async fn a_session_that_ends_during_the_save_is_shown_the_way_in() {
    let (location, _) = post(signed_in(), Err(SaveError::SignedOut), "42").await;
    assert_eq!(location, "/login?callbackUrl=%2Fdashboard");
}

#[tokio::test]
async fn what_is_no_whole_number_is_not_saved() {
    for typed in ["", "abc", "1.5", "99999999999", "1; drop"] {
        let (location, saved) = post(signed_in(), Ok(()), typed).await;
        assert_eq!((location.as_str(), saved), ("/dashboard?saved=not_a_number", vec![]), "{typed:?}");
    }
}

#[tokio::test]
async fn a_store_that_is_down_is_told_to_the_user() {
    let (location, saved) = post(SessionState::Unavailable, Ok(()), "42").await;
    assert_eq!((location.as_str(), saved), ("/dashboard?saved=unavailable", vec![]));
    let (location, _) = post(signed_in(), Err(SaveError::Unavailable), "42").await;
    assert_eq!(location, "/dashboard?saved=unavailable");
}

#[test]
fn an_outcome_reads_back_from_its_name() {
    for saved in [Saved::Yes, Saved::NotANumber, Saved::Unavailable] {
        assert_eq!(Saved::parse(saved.as_str()), Some(saved));
    }
    assert_eq!(Saved::parse("<b>"), None);
}
