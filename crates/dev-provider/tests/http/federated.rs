//! A federated login on another host.

use crate::support::{
    AFTER, Answer, FORM, Suite, Visitor, ask, ask_with, authorize, form, logout, start_with, text,
};
use reqwest::Method;

async fn start() -> (Suite, String) {
    let mut host = String::new();
    let suite = start_with(|config| {
        host = format!("login.other.localhost:{}", config.issuer.port().unwrap());
        config.federated_via = Some(format!("http://{host}").parse().unwrap());
    })
    .await;
    (suite, host)
}

/// Follows the redirect to the federated host, and returns the path at the issuer that it leads back to.
async fn there_and_back(suite: &Suite, host: &str, answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.body);
    let there = answer.location();
    assert!(there.as_str().starts_with(&format!("http://{host}/federated/")), "{there}");
    let path = format!("{}?{}", there.path(), there.query().unwrap());
    let back = suite.send(Method::GET, &path, &[("host", host)], "").await;
    assert_eq!(back.status, 303, "{}", back.body);
    back.location().as_str().strip_prefix(&suite.issuer).unwrap().to_owned()
}

async fn sign_in(suite: &Suite, host: &str, alice: &Visitor<'_>) -> serde_json::Value {
    let path = there_and_back(suite, host, &alice.get(&authorize(&ask())).await).await;
    let page = alice.get(&path).await;
    let answer =
        alice.post("/login", &[("transaction", &page.hidden("transaction")), ("user", "alice")]).await;
    assert_eq!(answer.param("state").as_deref(), Some("the state"));
    suite.redeem(&answer.param("code").unwrap()).await.json()
}

#[tokio::test]
async fn an_interactive_sign_in_leads_over_the_federated_host() {
    let (suite, host) = start().await;
    let alice = suite.visitor();
    let tokens = sign_in(&suite, &host, &alice).await;
    assert!(suite.verified(text(&tokens["id_token"])).await.is_some());
    assert!(!suite.provider.last_authorization().unwrap().contains_key("federated"));
    assert!(
        alice.get(&authorize(&ask())).await.param("code").is_some(),
        "a session needs no federated login"
    );
    let again = alice.get(&authorize(&ask_with("prompt", "login"))).await;
    there_and_back(&suite, &host, &again).await;
}

#[tokio::test]
async fn a_silent_request_does_not_lead_over_the_federated_host() {
    let (suite, _) = start().await;
    let answer = suite.visitor().get(&authorize(&ask_with("prompt", "none"))).await;
    assert_eq!(answer.param("error").as_deref(), Some("login_required"));
}

#[tokio::test]
async fn a_sign_out_leads_over_the_federated_host_once() {
    let (suite, host) = start().await;
    for method in [Method::GET, Method::POST] {
        let alice = suite.visitor();
        let tokens = sign_in(&suite, &host, &alice).await;
        let fields = [
            ("id_token_hint", text(&tokens["id_token"])),
            ("post_logout_redirect_uri", AFTER),
            ("state", "a & b"),
        ];
        let answer = match method {
            Method::GET => alice.get(&logout(&fields)).await,
            _ => alice.send(method, "/logout", &[FORM], &form(&fields)).await,
        };
        let path = there_and_back(&suite, &host, &answer).await;
        let done = alice.get(&path).await;
        assert!(done.location().as_str().starts_with(AFTER), "{}", done.body);
        assert_eq!(done.param("state").as_deref(), Some("a & b"));
        let silent = alice.get(&authorize(&ask_with("prompt", "none"))).await;
        assert_eq!(silent.param("error").as_deref(), Some("login_required"));
    }
}

#[tokio::test]
async fn the_federated_host_serves_only_its_own_paths() {
    let (suite, host) = start().await;
    let login = authorize(&ask());
    for path in [login.as_str(), "/token", "/.well-known/openid-configuration", "/federated"] {
        let answer = suite.send(Method::GET, path, &[("host", &host)], "").await;
        assert_eq!(answer.status, 421, "{path}");
    }
    assert_eq!(suite.send(Method::GET, "/federated/token", &[("host", &host)], "").await.status, 404);
    assert_eq!(suite.send(Method::GET, "/federated/authorize", &[], "").await.status, 421);
    let plain = crate::support::start().await;
    assert_eq!(plain.send(Method::GET, "/federated/authorize", &[], "").await.status, 404);
    assert_eq!(plain.send(Method::GET, "/federated/authorize", &[("host", &host)], "").await.status, 421);
}
