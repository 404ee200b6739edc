//! Whether the launcher's browser is signed in at an app: identity asks server to server, and the app answers
//! yes or no.

use super::*;
use chrono::TimeDelta;
use serde_json::json;

impl World {
    async fn launcher(&mut self) -> String {
        self.browser.get(&self.identity.at("/")).await.body
    }
}

const ACTIVE: &str = "Signed in there";
const NONE: &str = "Not signed in there yet";
const UNKNOWN: &str = "Status unknown";

fn shown(page: &str, app: &str) -> &'static str {
    let entry = page.split(&format!("id=\"app-{app}\"")).nth(1).unwrap().split("</li><li").next().unwrap();
    [NONE, ACTIVE, UNKNOWN].into_iter().find(|badge| entry.contains(badge)).unwrap_or("nothing")
}

#[tokio::test]
async fn the_launcher_shows_where_this_browser_is_signed_in() {
    let mut world = world().await;
    assert_eq!(shown(&world.launcher().await, "partner"), "nothing", "signed out, the launcher asks no app");
    world.at_identity("alice").await;
    let page = world.launcher().await;
    assert_eq!(shown(&page, "partner"), NONE);
    assert_eq!(shown(&page, "other"), UNKNOWN, "this app has no address for questions");
    world.opened().await;
    assert_eq!(shown(&world.launcher().await, "partner"), ACTIVE);
    world.browser.post(&world.app.at("/auth/signout"), &[("scope", "local")]).await;
    assert_eq!(shown(&world.launcher().await, "partner"), NONE);
}

#[tokio::test]
async fn a_session_in_another_browser_does_not_count() {
    let mut world = world().await;
    let mut elsewhere = Browser::new();
    let begun = elsewhere.post(&world.app.at("/auth/signin/demo"), &[]).await;
    let login = elsewhere.follow(begun).await;
    let answer = world.provider.continue_as(&mut elsewhere, &login, "alice").await;
    elsewhere.follow(answer).await;
    world.at_identity("alice").await;
    assert_eq!(shown(&world.launcher().await, "partner"), NONE);
}

#[tokio::test]
async fn an_app_without_its_store_is_shown_as_unknown() {
    let mut world = world().await;
    world.at_identity("alice").await;
    world.app.lose_store().await;
    assert_eq!(shown(&world.launcher().await, "partner"), UNKNOWN);
}

#[tokio::test]
async fn only_a_fresh_question_from_identity_for_this_app_is_answered() {
    let mut world = world().await;
    world.sign_in_at_app().await;
    let record = world.record(&world.app).await;
    let keys = crate::server::signing::SigningKeys::new(&[world.identity_secret()]);
    let identity = world.identity.url.origin().ascii_serialization();
    let now = world.app.clock.now();
    let claims = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut claims = json!({
            "iss": identity,
            "aud": "partner",
            "iat": now.timestamp(),
            "exp": now.timestamp() + 30,
            "jti": "one",
            "sub_id": { "format": "iss_sub", "iss": record.issuer, "sub": record.subject },
            "sid": record.sid,
        });
        change(&mut claims);
        claims
    };
    let url = world.app.at("/auth/session-query");
    let ask = async |token: String| {
        let answer = Browser::new().post(&url, &[("query", &token)]).await;
        (answer.status, answer.json())
    };
    let typ = "session-query+jwt";
    let good = claims(&|_| ());
    assert_eq!(ask(keys.sign(typ, &good)).await, (StatusCode::OK, json!({ "active": true })));
    let other = claims(&|claims| claims["sid"] = "another".into());
    assert_eq!(ask(keys.sign(typ, &other)).await, (StatusCode::OK, json!({ "active": false })));
    let stranger = claims(&|claims| claims["sub_id"]["sub"] = "demo|bob".into());
    assert_eq!(ask(keys.sign(typ, &stranger)).await, (StatusCode::OK, json!({ "active": false })));

    let foreign =
        crate::server::signing::SigningKeys::new(&["the secret of another identity, long enough".into()]);
    let old = claims(&|claims| {
        claims["iat"] = (now - TimeDelta::seconds(61)).timestamp().into();
        claims["exp"] = (now - TimeDelta::seconds(31)).timestamp().into();
    });
    let future = claims(&|claims| claims["iat"] = (now + TimeDelta::seconds(31)).timestamp().into());
    let forever = claims(&|claims| claims["exp"] = (now + TimeDelta::days(1)).timestamp().into());
    for (token, rule) in [
        (keys.sign("logout+jwt", &good), "session_query_type"),
        (keys.sign("JWT", &good), "session_query_type"),
        (foreign.sign(typ, &good), "session_query_unknown_key"),
        (keys.sign(typ, &claims(&|claims| claims["aud"] = "other".into())), "session_query_audience"),
        (
            keys.sign(typ, &claims(&|claims| claims["iss"] = "https://evil.example".into())),
            "session_query_issuer",
        ),
        (keys.sign(typ, &old), "session_query_expired"),
        (keys.sign(typ, &future), "session_query_not_yet_valid"),
        (keys.sign(typ, &forever), "session_query_expired"),
        (keys.sign(typ, &json!({})), "session_query_claim: iss"),
        ("a.b.c".to_owned(), "session_query_malformed"),
        (String::new(), "session_query_malformed"),
    ] {
        let (status, body) = ask(token).await;
        assert_eq!(
            (status, body["error_description"].as_str()),
            (StatusCode::BAD_REQUEST, Some(rule)),
            "{rule}"
        );
        assert!(body.get("active").is_none());
    }
    // In reverse, a question is not accepted as a logout token.
    let told = Browser::new()
        .post(&world.app.at("/auth/backchannel-logout"), &[("logout_token", &keys.sign(typ, &good))])
        .await;
    assert_eq!(told.status, StatusCode::BAD_REQUEST);
    assert_eq!(world.status().await, SIGNED_IN);
}

impl World {
    async fn sign_in_at_app(&mut self) {
        let answer = self.at_provider().await;
        self.browser.follow(answer).await;
    }

    /// The secret that identity's keys are derived from (`test_support::App::start`).
    fn identity_secret(&self) -> secrecy::SecretString {
        format!("a secret for the tests of {}, long enough", self.identity.url).into()
    }
}
