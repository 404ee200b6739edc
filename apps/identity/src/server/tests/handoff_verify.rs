//! An app verifies the handoff token itself, and identity answers (article 5 in `docs/articles.md`).

use super::*;
use auth::Pages;
use auth::{
    handoff::{self, HandoffError, HandoffLayer},
    protect, routes,
    session::{Session, SessionState},
};
use axum::{
    extract::{Request, State as AxumState},
    response::{IntoResponse, Redirect, Response},
};
use chrono::TimeDelta;
use secrecy::ExposeSecret;
use serde_json::json;

/// An app that takes tokens at `/open`, verifies them by hand at `/by-hand`, and has its own error page.
fn by_hand(auth: &Auth) -> Router {
    async fn callback(AxumState(handoff): AxumState<HandoffLayer>, request: Request) -> Response {
        match handoff.verify_handoff_token(&request.into_parts().0).await {
            Ok(arrived) => {
                let to = arrived.location("/protected");
                (arrived.into_cookies(), Redirect::to(&to)).into_response()
            }
            Err(error) => Redirect::to(&Pages::default().login_error_url(error.code(), "/")).into_response(),
        }
    }
    let layer = HandoffLayer::new(auth).error_redirect(|error: &HandoffError| match error {
        HandoffError::TokenExpired => "/login?error=expired",
        _ => "https://evil.example/login",
    });
    const PUBLIC: PublicPaths = PublicPaths {
        pages: &["/", "/login", "/open"],
        others: &["/callback"],
        prefixes: &["/auth/", "/handoff/"],
    };
    let app = Router::new()
        .route("/", get(async || "start page"))
        .route("/login", get(async || "sign-in page"))
        .route("/protected", get(async || "protected page"))
        .route("/open", get(async || "opened"))
        .layer(layer.clone())
        .route("/by-hand", get(callback))
        .with_state(layer.clone())
        .merge(handoff::routes(layer))
        .merge(routes::common(auth))
        .merge(routes::callbacks(auth));
    let public = PublicPaths { pages: &["/", "/login", "/open", "/by-hand"], ..PUBLIC };
    protect(app, auth, public)
}

#[tokio::test]
async fn an_app_may_take_tokens_at_other_paths_and_have_its_own_error_page() {
    let mut world = world_with_options(None, AppOptions::default(), by_hand).await;
    world.at_identity("alice").await;
    let mut url = world.minted().await;
    url.set_path("/open");
    url.query_pairs_mut().append_pair("a", "1");
    let arrived = world.browser.get(&url).await;
    assert_eq!(arrived.path(), "/open?a=1");
    assert_eq!(world.status().await, SIGNED_IN);
    world.browser.post(&world.app.at("/auth/signout"), &[("scope", "local")]).await;

    let mut url = world.minted().await;
    url.set_path("/by-hand");
    let arrived = world.browser.get(&url).await;
    assert_eq!(arrived.path(), "/protected");
    assert_eq!(world.status().await, SIGNED_IN);
    assert_eq!(world.browser.get(&url).await.path(), "/login?error=invalid_state");
    world.browser.post(&world.app.at("/auth/signout"), &[("scope", "local")]).await;

    let url = world.minted().await;
    world.identity.clock.advance(TimeDelta::seconds(31));
    assert_eq!(world.browser.get(&url).await.path(), "/login?error=expired");
    assert_eq!(world.browser.get(&url).await.path(), "/login", "an error page on another site is ignored");
}

#[tokio::test]
async fn verify_answers_with_the_fields_of_the_article_and_standard_claims() {
    let mut world = world().await;
    world.at_identity("alice").await;
    let minted = world.minted().await;
    let answer = world.verify(&minted, "partner", APP_SECRET).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.headers["cache-control"], "no-store");
    let told = answer.json();
    let record = world.record(&world.identity).await;
    assert_eq!(told["access_token"].as_str().unwrap().len(), 43);
    assert_eq!((&told["token_type"], &told["expires_in"]), (&json!("Bearer"), &json!(300)));
    assert_eq!(told["user"]["name"], "Alice Adams");
    assert_eq!(told["user"]["email_verified"], true);
    assert_eq!(told["session"]["sid"], record.sid.as_deref().unwrap());
    assert_eq!(told["session"]["sub"], told["user"]["sub"]);
    let mut names: Vec<_> = told.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["access_token", "expires_in", "session", "token_type", "user"]);
}

#[tokio::test]
async fn no_store_contains_a_usable_token() {
    let mut world = world().await;
    world.at_identity("alice").await;
    let minted = params(&world.minted().await);
    let kept = world.minted().await;
    let answer = world.verify(&kept, "partner", APP_SECRET).await.json();
    let record = world.record(&world.identity).await;
    let cookie = world.browser.cookie(&world.identity.url, "app.session").unwrap();
    let id_token = {
        let SessionState::SignedIn(Session { key, .. }) =
            world.identity.auth.sessions().resolve(&cookie).await.unwrap()
        else {
            panic!("signed out")
        };
        world.identity.auth.sessions().tokens(&key, &record).unwrap().id_token.unwrap()
    };
    let secrets = [
        minted["handoff_token"].as_str(),
        minted["state"].as_str(),
        answer["access_token"].as_str().unwrap(),
        id_token.expose_secret(),
    ];
    for files in [world.identity.store_files(), world.app.store_files()] {
        assert!(files.len() > 1000);
        for secret in secrets {
            assert!(!files.windows(secret.len()).any(|window| window == secret.as_bytes()));
        }
    }
}
