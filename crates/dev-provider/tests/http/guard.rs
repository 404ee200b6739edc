//! Rules for every request: host, body size and headers. Also tests the metadata.

use crate::support::{ask, authorize, start, start_with};
use reqwest::Method;

#[tokio::test]
async fn discovery_describes_the_provider() {
    let suite = start().await;
    let metadata = suite.send(Method::GET, "/.well-known/openid-configuration", &[], "").await.json();
    let at = |path: &str| format!("{}{path}", suite.issuer);
    assert_eq!(metadata["issuer"], suite.issuer);
    for (name, path) in [
        ("authorization_endpoint", "/authorize"),
        ("token_endpoint", "/token"),
        ("userinfo_endpoint", "/userinfo"),
        ("jwks_uri", "/jwks.json"),
        ("revocation_endpoint", "/revoke"),
        ("end_session_endpoint", "/logout"),
    ] {
        assert_eq!(metadata[name], at(path), "{name}");
    }
    for name in [
        "backchannel_logout_supported",
        "backchannel_logout_session_supported",
        "authorization_response_iss_parameter_supported",
    ] {
        assert_eq!(metadata[name], true, "{name}");
    }
    assert_eq!(metadata["code_challenge_methods_supported"], serde_json::json!(["S256"]));
    assert_eq!(metadata["id_token_signing_alg_values_supported"], serde_json::json!(["RS256"]));
    assert_eq!(metadata["prompt_values_supported"], serde_json::json!(["none", "login", "select_account"]));
    let jwks = suite.send(Method::GET, "/jwks.json", &[], "").await.json();
    assert_eq!(jwks["keys"][0]["kty"], "RSA");
    assert!(jwks["keys"][0].get("d").is_none());
}

#[tokio::test]
async fn a_forged_host_is_refused() {
    let suite = start().await;
    let port = suite.issuer.rsplit(':').next().unwrap();
    let loopback = format!("127.0.0.1:{port}");
    for host in ["evil.example", "auth.wow.localhost", loopback.as_str(), "auth.wow.localhost:1"] {
        let answer =
            suite.send(Method::GET, "/.well-known/openid-configuration", &[("host", host)], "").await;
        assert_eq!(answer.status, 421, "{host}");
        assert!(!answer.body.contains("evil"));
    }
    for host in [loopback.as_str(), "localhost:1"] {
        assert_eq!(suite.send(Method::GET, "/healthz", &[("host", host)], "").await.status, 200, "{host}");
    }
    assert_eq!(suite.send(Method::GET, "/healthz", &[("host", "evil.example")], "").await.status, 421);
}

#[tokio::test]
async fn a_large_body_is_refused() {
    let suite = start().await;
    let body = format!("token={}", "x".repeat(65 * 1024));
    for path in ["/token", "/login", "/revoke", "/logout", "/test/faults"] {
        assert_eq!(
            suite.send(Method::POST, path, &[crate::support::FORM], &body).await.status,
            413,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_browser_gets_a_page_for_each_refusal_and_a_program_does_not() {
    let suite = start().await;
    let (html, large) = (("accept", "text/html"), format!("token={}", "x".repeat(65 * 1024)));
    for (method, path, header, body, status, heading) in [
        (Method::GET, "/nothing", html, "", 404, "Page not found"),
        (Method::GET, "/login", html, "", 405, "This address cannot be opened like this"),
        (Method::GET, "/authorize", html, "", 400, "That did not work"),
        (Method::GET, "/", ("host", "evil.example"), "", 421, "This address does not belong to the provider"),
        (Method::POST, "/login", crate::support::FORM, large.as_str(), 413, "You sent too much data"),
        (Method::POST, "/login", crate::support::FORM, "", 400, "That did not work"),
    ] {
        let page = suite.send(method, path, &[html, header], body).await;
        assert_eq!(page.status, status, "{path}");
        for part in [
            format!("<h1>{heading}</h1>"),
            format!("<title>Error {status}: {heading}"),
            "role=\"alert\"".to_owned(),
        ] {
            assert!(page.body.contains(&part), "{path} {part}: {}", page.body);
        }
    }
    let program = suite.send(Method::POST, "/login", &[crate::support::FORM], &large).await;
    assert!(program.status == 413 && !program.body.contains("<h1>"), "{}", program.body);
    // The page for a wrong host has its style.
    let style = suite.send(Method::GET, "/style.css", &[("host", "evil.example")], "").await;
    assert_eq!(style.status, 200);
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let suite = start().await;
    let login = authorize(&ask());
    for path in [login.as_str(), "/logout", "/jwks.json", "/nowhere", "/authorize"] {
        let headers = suite.visitor().get(path).await.headers;
        let csp = headers["content-security-policy"].to_str().unwrap();
        assert!(csp.contains("default-src 'none'") && csp.contains("frame-ancestors 'none'"), "{path}");
        assert!(
            !csp.contains("form-action"),
            "redirects after a form lead to origins that the provider does not know"
        );
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "same-origin");
        assert_eq!(headers["cache-control"], "no-store");
    }
}

#[tokio::test]
async fn pages_contain_no_script_and_no_inline_style() {
    let suite = start().await;
    let page = suite.visitor().get(&authorize(&ask())).await.body;
    assert!(!page.contains("<script") && !page.contains("style=") && !page.contains("<style"));
    let style = suite.send(Method::GET, "/style.css", &[], "").await;
    assert_eq!(style.headers["content-type"], "text/css; charset=utf-8");
    assert!(style.body.contains(".button"));
}

#[tokio::test]
async fn a_get_changes_nothing() {
    let suite = start().await;
    for path in ["/login", "/token", "/revoke"] {
        assert_eq!(suite.send(Method::GET, path, &[], "").await.status, 405, "{path}");
    }
    assert_eq!(suite.send(Method::POST, "/authorize", &[], "").await.status, 405);
}

#[tokio::test]
async fn without_the_flag_the_test_endpoints_do_not_exist() {
    let suite = start_with(|config| config.faults = false).await;
    for (method, path) in
        [(Method::POST, "/test/faults"), (Method::DELETE, "/test/faults"), (Method::GET, "/test/counters")]
    {
        assert_eq!(suite.send(method, path, &[], "{}").await.status, 404, "{path}");
    }
}
