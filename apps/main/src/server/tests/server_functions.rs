//! A server function is a public endpoint: no input causes a 5xx or a redirect to another site.

use super::*;

const PATH: &str = "/api/save-favourite-number";
const FORM: &str = "application/x-www-form-urlencoded";

impl World {
    async fn call(&mut self, headers: &[(&str, &str)], body: &str) -> Page {
        let url = self.app.at(PATH);
        self.browser.send(Method::POST, &url, headers, body).await
    }
}

#[tokio::test]
async fn bad_arguments_are_refused_with_a_named_4xx() {
    let mut world = signed_in().await;
    let many: String = (0..20_000).map(|number| format!("a{number}=1&")).collect();
    for (content_type, body, status, named) in [
        (FORM, "", 400, "number"),
        (FORM, "other=1", 400, "number"),
        (FORM, "number=1&number=2", 400, "number"),
        (FORM, "number[a]=1", 400, ""),
        (FORM, "%ff=%fe", 400, ""),
        (FORM, many.as_str(), 413, "body_too_large"),
        ("text/plain", "number=1", 415, "unsupported_media_type"),
        ("", "number=1", 415, "unsupported_media_type"),
        ("image/png", "number=1", 415, "unsupported_media_type"),
        ("application/json", r#"{"number": "1"}"#, 400, ""),
    ] {
        let headers = [("content-type", content_type), ("accept", "application/json")];
        let headers = if content_type.is_empty() { &headers[1..] } else { &headers[..] };
        let answer = world.call(headers, body).await;
        let shown = &body[..body.len().min(40)];
        assert_eq!(answer.status.as_u16(), status, "{content_type} {shown}: {}", answer.body);
        assert!(answer.body.contains(named), "{content_type} {shown}: {}", answer.body);
        assert!(answer.location().is_none(), "{content_type} {shown}");
    }
    assert_eq!(world.favourite().await, serde_json::Value::Null);
}

#[tokio::test]
async fn a_posted_form_redirects_only_within_this_app() {
    let mut world = signed_in().await;
    let own = world.app.at("/dashboard?tab=2");
    for referer in [
        "javascript:alert(1)",
        "https://evil.example/dashboard",
        "data:text/html,hello",
        "//evil.example",
        "http://localhost:1/dashboard",
        own.as_str(),
    ] {
        for body in ["", "number=1&number=2", "number=7"] {
            let headers = [("content-type", FORM), ("accept", "text/html"), ("referer", referer)];
            let answer = world.call(&headers, body).await;
            assert!(answer.status.is_redirection() || answer.status.is_client_error(), "{referer} {body}");
            let led = answer.headers.get("location").map(|location| location.to_str().unwrap().to_owned());
            let stays = |to: &str| to.starts_with('/') && !to.starts_with("//");
            let is_own = |to: &str| to.starts_with(world.app.at("/").as_str());
            assert!(led.iter().all(|to| stays(to) || is_own(to)), "{referer} {body}: {led:?}");
        }
    }
}

const DEVICES: &str = "/api/devices";
const END: &str = "/api/end-session";

impl World {
    /// Calls a server function as an island does.
    async fn call_island(&mut self, path: &str, body: &str) -> Page {
        let headers = [("content-type", FORM), ("accept", "application/json")];
        let url = self.app.at(path);
        self.browser.send(Method::POST, &url, &headers, body).await
    }

    /// The public ids of the user's sessions.
    async fn devices(&mut self) -> Vec<String> {
        let listed = self.call_island(DEVICES, "").await;
        assert_eq!(listed.status, StatusCode::OK, "{}", listed.body);
        let devices = listed.json();
        let id = |device: &serde_json::Value| device["id"].as_str().unwrap().to_owned();
        devices.as_array().unwrap().iter().map(id).collect()
    }

    /// Signs this user in with another browser, and comes back to the first browser.
    async fn other_browser(&mut self, user: &str) -> Browser {
        let first = std::mem::replace(&mut self.browser, Browser::new());
        self.sign_in_as(user).await;
        std::mem::replace(&mut self.browser, first)
    }
}

#[tokio::test]
async fn the_list_of_sessions_holds_the_users_own_and_nothing_secret() {
    let mut world = signed_in().await;
    let _phone = world.other_browser("alice").await;
    let _bob = world.other_browser("bob").await;
    let listed = world.call_island(DEVICES, "").await.json();
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), 2, "{listed:?}");
    for device in listed {
        let mut fields: Vec<_> = device.as_object().unwrap().keys().map(String::as_str).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["browser", "id", "is_this_one", "last_seen", "signed_in"]);
        assert!(device["signed_in"]["text"].as_str().unwrap().ends_with("UTC"), "{device}");
    }
    assert_eq!(listed.iter().filter(|device| device["is_this_one"] == true).count(), 1);
}

#[tokio::test]
async fn a_user_cannot_end_the_session_of_another_user() {
    let mut world = signed_in().await;
    let own = world.devices().await;
    let mut bob = world.other_browser("bob").await;
    std::mem::swap(&mut world.browser, &mut bob);
    let bobs = world.devices().await;
    std::mem::swap(&mut world.browser, &mut bob);

    for id in [bobs[0].as_str(), "unknown", "", "%00", "../others"] {
        let answer = world.call_island(END, &format!("id={id}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{id}: {}", answer.body);
    }
    assert_eq!(world.devices().await, own);
    std::mem::swap(&mut world.browser, &mut bob);
    assert_eq!(world.devices().await, bobs);
}

#[tokio::test]
async fn one_session_ends_or_all_others_do() {
    let mut world = signed_in().await;
    let own = world.devices().await;
    for body in ["others".to_owned(), String::new()] {
        let mut phone = world.other_browser("alice").await;
        let other = world.devices().await.into_iter().find(|id| !own.contains(id)).unwrap();
        let id = if body.is_empty() { other } else { body };
        let answer = world.call_island(END, &format!("id={id}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(world.devices().await, own);
        std::mem::swap(&mut world.browser, &mut phone);
        let refused = world.call_island(DEVICES, "").await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        std::mem::swap(&mut world.browser, &mut phone);
    }
}

#[tokio::test]
async fn a_form_without_javascript_goes_back_to_the_list() {
    let mut world = signed_in().await;
    let headers = [("content-type", FORM), ("accept", "text/html")];
    let answer = world.browser.send(Method::POST, &world.app.at(END), &headers, "id=others").await;
    assert!(answer.status.is_redirection());
    assert_eq!(answer.location().unwrap().path(), "/session");
}

#[tokio::test]
async fn without_a_session_or_a_store_the_islands_get_a_named_refusal() {
    let mut world = started("").await;
    for (path, body) in [(DEVICES, ""), (END, "id=others")] {
        let refused = world.call_island(path, body).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(CallError::de(refused.body.clone().into()), CallError::SignedOut, "{path}");
    }
    world.sign_in().await;
    world.app.lose_store().await;
    for (path, body) in [(DEVICES, ""), (END, "id=others")] {
        let refused = world.call_island(path, body).await;
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{path}: {}", refused.body);
        assert_eq!(CallError::de(refused.body.clone().into()), CallError::SessionUnavailable, "{path}");
    }
}
