//! Whether the launcher's browser is signed in at an app: asked server to server, answered with yes or no.

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
const UNKNOWN: &str = "Not known";

fn shown(page: &str, app: &str) -> &'static str {
    let entry = page.split(&format!("id=\"app-{app}\"")).nth(1).unwrap().split("</li><li").next().unwrap();
    [NONE, ACTIVE, UNKNOWN].into_iter().find(|badge| entry.contains(badge)).unwrap_or("nothing")
}

#[tokio::test]
async fn the_launcher_shows_where_this_browser_is_signed_in() {
    let mut world = world().await;
    assert_eq!(shown(&world.launcher().await, "partner"), "nothing", "nobody is asked about nobody");
    world.at_identity("alice").await;
    let page = world.launcher().await;
    assert_eq!(shown(&page, "partner"), NONE);
    assert_eq!(shown(&page, "other"), UNKNOWN, "it cannot be asked");
    world.opened().await;
    assert_eq!(shown(&world.launcher().await, "partner"), ACTIVE);
    world.browser.post(&world.app.at("/auth/signout"), &[("scope", "local")]).await;
    assert_eq!(shown(&world.launcher().await, "partner"), NONE);
}

#[tokio::test]
async fn the_same_user_in_another_browser_is_not_this_one() {
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
async fn an_app_in_trouble_is_not_known_and_holds_nobody_up() {
    let mut world = world().await;
    world.at_identity("alice").await;
    world.app.lose_store().await;
    assert_eq!(shown(&world.launcher().await, "partner"), UNKNOWN);
}

#[tokio::test]
async fn only_identitys_own_fresh_question_for_this_app_is_answered() {
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
        crate::server::signing::SigningKeys::new(&["a secret of somebody else, long enough!".into()]);
    let old = claims(&|claims| {
        claims["iat"] = (now - TimeDelta::seconds(61)).timestamp().into();
        claims["exp"] = (now - TimeDelta::seconds(31)).timestamp().into();
    });
    let future = claims(&|claims| claims["iat"] = (now + TimeDelta::seconds(31)).timestamp().into());
    let forever = claims(&|claims| claims["exp"] = (now + TimeDelta::days(1)).timestamp().into());
    for (token, rule) in [
        (keys.sign("logout+jwt", &good), "query_type"),
        (keys.sign("JWT", &good), "query_type"),
        (foreign.sign(typ, &good), "query_signature"),
        (keys.sign(typ, &claims(&|claims| claims["aud"] = "other".into())), "query_audience"),
        (keys.sign(typ, &claims(&|claims| claims["iss"] = "https://evil.example".into())), "query_audience"),
        (keys.sign(typ, &old), "query_expired"),
        (keys.sign(typ, &future), "query_expired"),
        (keys.sign(typ, &forever), "query_expired"),
        (keys.sign(typ, &json!({})), "query_signature"),
        ("a.b.c".to_owned(), "query_signature"),
        (String::new(), "query_signature"),
    ] {
        let (status, body) = ask(token).await;
        assert_eq!((status, body["message"].as_str()), (StatusCode::BAD_REQUEST, Some(rule)), "{rule}");
        assert!(body.get("active").is_none());
    }
    // And the other way round: a question ends no session.
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

    /// What identity's keys are derived from (`test_support::App::start`).
    fn identity_secret(&self) -> secrecy::SecretString {
        format!("a secret for the tests of {}, long enough", self.identity.url).into()
    }
}
