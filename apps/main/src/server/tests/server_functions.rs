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
