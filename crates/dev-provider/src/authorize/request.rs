//! Parsing and validation of an authorization request.

use super::refusal::Refusal;
use super::target::Target;
use crate::config::DEFAULT_PROMPTS;
use crate::params::{Params, Scopes};
use crate::state::ProviderSession;
use crate::{Config, Personality};
use chrono::{DateTime, Utc};

/// When to show the login page: the `prompt` parameter (OpenID Connect Core §3.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prompt {
    IfNeeded,
    Never,
    Always,
}

/// An authorization request with valid parameters.
#[derive(Clone, Debug)]
pub(crate) struct AuthorizeRequest {
    pub(crate) client_id: String,
    pub(crate) target: Target,
    pub(crate) login_hint: Option<String>,
    /// The `sub` of the `id_token_hint`: only this user may sign in.
    pub(crate) expected_sub: Option<String>,
    /// The original query, to restart the request.
    pub(crate) query: String,
    pub(super) scope: Scopes,
    pub(super) nonce: Option<String>,
    pub(super) code_challenge: String,
    pub(super) prompt: Prompt,
    max_age: Option<i64>,
}

impl AuthorizeRequest {
    pub(super) fn parse(
        config: &Config,
        params: &Params,
        client_id: String,
        target: Target,
        query: String,
    ) -> Result<Self, Refusal> {
        if params.has_duplicates() {
            return Err(Refusal::DuplicateParameter);
        }
        if params.get("request").is_some() {
            return Err(Refusal::RequestObject);
        }
        if params.get("request_uri").is_some() {
            return Err(Refusal::RequestUri);
        }
        if params.get("response_type") != Some("code") {
            return Err(Refusal::UnsupportedResponseType);
        }
        let form_post = params.get("response_mode") == Some("form_post");
        let has_form_post = config.personality.has_form_post();
        match params.get("response_mode") {
            None | Some("query") => {}
            Some("form_post") if has_form_post => {}
            Some(_) => return Err(Refusal::UnsupportedResponseMode),
        }
        let scope = Scopes::parse(params.get("scope").unwrap_or_default(), &config.scopes());
        let is_apple = config.personality == Personality::Apple;
        if is_apple && !form_post && (scope.has("name") || scope.has("email")) {
            return Err(Refusal::FormPostRequired);
        }
        // Apple issues ID tokens without this scope.
        if !is_apple && !scope.has("openid") {
            return Err(Refusal::MissingOpenid);
        }
        let code_challenge = params.owned("code_challenge").ok_or(Refusal::MissingChallenge)?;
        if params.get("code_challenge_method") != Some("S256") {
            return Err(Refusal::PlainChallenge);
        }
        let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if code_challenge.len() != 43 || !code_challenge.bytes().all(is_base64url) {
            return Err(Refusal::MalformedChallenge);
        }
        let max_age = params.get("max_age").map(str::parse::<u32>).transpose();
        Ok(Self {
            client_id,
            target,
            login_hint: params.owned("login_hint"),
            expected_sub: None,
            query,
            scope,
            nonce: params.owned("nonce"),
            code_challenge,
            prompt: prompt(params.get("prompt").unwrap_or_default(), &supported_prompts(config))?,
            max_age: max_age.map_err(|_| Refusal::MalformedMaxAge)?.map(i64::from),
        })
    }

    /// Whether `session` satisfies `max_age` and `id_token_hint` without a new sign-in.
    pub(super) fn is_satisfied_by(&self, session: &ProviderSession, now: DateTime<Utc>) -> bool {
        let age = (now - session.auth_time).num_seconds();
        self.max_age.is_none_or(|max_age| max_age > 0 && age <= max_age)
            && self.expected_sub.as_ref().is_none_or(|sub| *sub == session.sub)
    }
}

fn prompt(text: &str, supported: &[String]) -> Result<Prompt, Refusal> {
    let mut prompt = Prompt::IfNeeded;
    for word in words(text) {
        if !supported.iter().any(|value| value == word) {
            return Err(Refusal::UnsupportedPrompt);
        }
        prompt = match (word, prompt) {
            ("none", Prompt::IfNeeded) => Prompt::Never,
            ("none", _) | (_, Prompt::Never) => return Err(Refusal::UnsupportedPrompt),
            (_, Prompt::IfNeeded | Prompt::Always) => Prompt::Always,
        };
    }
    Ok(prompt)
}

/// Whether a request asks for `prompt=none` although the metadata list values without `none`. The answer is a
/// page with status 400 (Initiating User Registration via OpenID Connect 1.0).
pub(super) fn is_unsupported_silent(config: &Config, params: &Params) -> bool {
    let supported = supported_prompts(config).iter().any(|value| value == "none");
    !supported && words(params.get("prompt").unwrap_or_default()).any(|word| word == "none")
}

fn supported_prompts(config: &Config) -> Vec<String> {
    config.prompt_values.clone().unwrap_or_else(|| DEFAULT_PROMPTS.map(str::to_owned).to_vec())
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(' ').filter(|word| !word.is_empty())
}
