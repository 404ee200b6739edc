//! A fake GitHub: plain OAuth 2.0 as GitHub Enterprise documents it. Tests cannot use the real GitHub.

use crate::bind;
use axum::{
    Form, Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use url::Url;

/// The form fields that the token endpoint has received. A later value replaces an earlier one.
pub type Seen = Arc<Mutex<HashMap<String, String>>>;

async fn access_token(State(seen): State<Seen>, Form(form): Form<HashMap<String, String>>) -> Json<Value> {
    let answer = match form.get("code").map(String::as_str) {
        Some("good") => json!({"access_token": "gho_1", "token_type": "bearer", "scope": "read:user"}),
        Some("private") => json!({"access_token": "gho_2", "token_type": "bearer", "expires_in": "28800",
            "refresh_token": "ghr_1"}),
        None if form.contains_key("refresh_token") => json!({"error": "bad_refresh_token",
            "error_description": "The refresh token passed is incorrect or expired."}),
        _ => {
            json!({"error": "bad_verification_code", "error_description": "The code passed is incorrect or expired."})
        }
    };
    seen.lock().unwrap().extend(form);
    Json(answer)
}

async fn user(headers: HeaderMap) -> Result<Json<Value>, StatusCode> {
    let email = match headers["authorization"].to_str() {
        Ok("Bearer gho_1") => json!("octocat@example.com"),
        Ok("Bearer gho_2") => Value::Null,
        _ => return Err(StatusCode::UNAUTHORIZED),
    };
    Ok(Json(
        json!({"id": 583231, "login": "octocat", "name": null, "email": email, "avatar_url": "https://example.com/a.png"}),
    ))
}

/// Lists the user's email addresses. GitHub requires the scope `user:email`; here only `gho_2` has it.
async fn emails(headers: HeaderMap) -> Result<Json<Value>, StatusCode> {
    match headers["authorization"].to_str() {
        Ok("Bearer gho_2") => Ok(Json(json!([
            {"email": "old@example.com", "primary": false, "verified": true, "visibility": null},
            {"email": "private@example.com", "primary": true, "verified": true, "visibility": "private"},
        ]))),
        _ => Err(StatusCode::NOT_FOUND),
    }
}

/// A running fake GitHub.
pub struct FakeGithub {
    /// The base URL.
    pub base: Url,
    /// The environment variables of an app that signs in at this server.
    pub vars: Vec<(&'static str, String)>,
    /// The form fields that the token endpoint has received.
    pub seen: Seen,
}

impl FakeGithub {
    /// Starts the server. `code=good` is a user with a public email address, `code=private` a user with a
    /// private one.
    pub async fn start() -> Self {
        let (listener, port) = bind().await;
        let base: Url = format!("http://github.localhost:{port}").parse().unwrap();
        let seen = Seen::default();
        let github = Router::new()
            .route("/login/oauth/access_token", post(access_token))
            .route("/api/v3/user", get(user))
            .route("/api/v3/user/emails", get(emails))
            .with_state(seen.clone());
        tokio::spawn(async move { axum::serve(listener, github).await });
        let vars = vec![
            ("AUTH_GITHUB_ID", "client".to_owned()),
            ("AUTH_GITHUB_SECRET", "secret".to_owned()),
            ("AUTH_GITHUB_ISSUER", base.as_str().to_owned()),
        ];
        Self { base, vars, seen }
    }
}
