//! `GET /authorize`: the authorization endpoint (RFC 6749 §4.1.1, RFC 7636, OpenID Connect Core §3.1.2).

use crate::browser::Browser;
use crate::config::{Config, is_registered};
use crate::error::Failure;
use crate::faults::Fault;
use crate::params::{Params, Scopes};
use crate::state::{Code, Grant, LoginTransaction, ProviderSession, TRANSACTION_TTL};
use crate::users::User;
use crate::{DevProvider, clock::later, pages, random::fingerprint};
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tower_sessions::Session;
use url::Url;

/// Why a request is answered here, with a page, and never by a redirect: nobody vouches for the address
/// (RFC 6749 §4.1.2.1).
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PageRefusal {
    #[error("No app is registered here under the client_id it sent.")]
    UnknownClient,
    #[error("The request names its client_id or redirect_uri twice.")]
    DuplicateTarget,
    #[error("The redirect URI is missing. We expected {expected}")]
    MissingRedirectUri { expected: String },
    /// The words of article 1, whose app meets this at Auth0.
    #[error("The redirect URI is wrong. You sent {sent}, and we expected {expected}")]
    WrongRedirectUri { sent: String, expected: String },
}

impl PageRefusal {
    fn rule(&self) -> &'static str {
        match self {
            Self::UnknownClient => "unknown_client",
            Self::DuplicateTarget => "duplicate_target",
            Self::MissingRedirectUri { .. } => "missing_redirect_uri",
            Self::WrongRedirectUri { .. } => "wrong_redirect_uri",
        }
    }
}

impl IntoResponse for PageRefusal {
    fn into_response(self) -> Response {
        tracing::warn!(rule = self.rule(), "authorization refused");
        let code = if self == Self::DuplicateTarget {
            "invalid_request"
        } else {
            "unauthorized_client"
        };
        pages::refusal(StatusCode::BAD_REQUEST, code, &self.to_string())
    }
}

/// Why a request is sent back to its redirect URI with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("a parameter was sent twice")]
    DuplicateParameter,
    #[error("only response_type=code is supported")]
    UnsupportedResponseType,
    #[error("only response_mode=query is supported")]
    UnsupportedResponseMode,
    #[error("request objects are not supported")]
    RequestObject,
    #[error("request_uri is not supported")]
    RequestUri,
    #[error("the scope must include openid")]
    MissingOpenid,
    #[error("code_challenge is missing: PKCE is required")]
    MissingChallenge,
    #[error("code_challenge_method must be S256")]
    PlainChallenge,
    #[error("code_challenge is not a SHA-256 in base64url")]
    MalformedChallenge,
    #[error("prompt is unknown, or none is combined with another")]
    UnsupportedPrompt,
    #[error("max_age must be a number of seconds")]
    MalformedMaxAge,
    #[error("the user is not signed in")]
    LoginRequired,
    #[error("the user said no")]
    Cancelled,
}

impl Refusal {
    /// The `error` parameter.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::RequestObject => "request_not_supported",
            Self::RequestUri => "request_uri_not_supported",
            Self::MissingOpenid => "invalid_scope",
            Self::LoginRequired => "login_required",
            Self::Cancelled => "access_denied",
            Self::DuplicateParameter
            | Self::UnsupportedResponseMode
            | Self::MissingChallenge
            | Self::PlainChallenge
            | Self::MalformedChallenge
            | Self::UnsupportedPrompt
            | Self::MalformedMaxAge => "invalid_request",
        }
    }
}

/// Where an answer goes: a registered redirect URI, and the client's `state`.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) redirect_uri: String,
    state: Option<String>,
}

impl Target {
    /// The target of a request, or why there is none. Also gives the client's id.
    fn find(config: &Config, params: &Params) -> Result<(String, Self), PageRefusal> {
        if params.is_duplicate("client_id") || params.is_duplicate("redirect_uri") {
            return Err(PageRefusal::DuplicateTarget);
        }
        let client = params
            .get("client_id")
            .and_then(|id| config.client(id))
            .ok_or(PageRefusal::UnknownClient)?;
        let registered = &client.redirect_uris;
        let Some(sent) = params.get("redirect_uri") else {
            return Err(PageRefusal::MissingRedirectUri {
                expected: list(registered, Url::to_string),
            });
        };
        if is_registered(registered, sent) {
            let target = Self {
                redirect_uri: sent.to_owned(),
                state: params.owned("state"),
            };
            return Ok((client.client_id.clone(), target));
        }
        // A wrong origin is the mistake people make: then the origins say it best.
        let origin = |url: &Url| url.origin().ascii_serialization();
        let wrong_origin = Url::parse(sent)
            .ok()
            .filter(|url| url.origin().is_tuple())
            .map(|url| origin(&url));
        Err(
            match wrong_origin.filter(|sent| registered.iter().all(|url| origin(url) != *sent)) {
                Some(sent) => PageRefusal::WrongRedirectUri {
                    sent,
                    expected: list(registered, origin),
                },
                None => PageRefusal::WrongRedirectUri {
                    sent: sent.to_owned(),
                    expected: list(registered, Url::to_string),
                },
            },
        )
    }

    /// A redirect to the target with `answer`, `state` and `iss` (RFC 9207 §2).
    fn redirect(&self, provider: &DevProvider, answer: &[(&str, &str)]) -> Response {
        let Ok(mut url) = Url::parse(&self.redirect_uri) else {
            return pages::refusal(
                StatusCode::BAD_REQUEST,
                "invalid_request",
                "The redirect URI cannot be read.",
            );
        };
        let mut query = url.query_pairs_mut();
        query.extend_pairs(answer);
        if let Some(state) = &self.state {
            query.append_pair("state", state);
        }
        if provider.faults().strikes(Fault::WrongIssParameter) {
            query.append_pair("iss", "http://somebody-else.localhost");
        } else if !provider.faults().strikes(Fault::MissingIssParameter) {
            query.append_pair("iss", &provider.config().issuer());
        }
        drop(query);
        (StatusCode::SEE_OTHER, [(header::LOCATION, String::from(url))]).into_response()
    }

    /// An error response (RFC 6749 §4.1.2.1).
    pub(crate) fn refuse(&self, provider: &DevProvider, refusal: Refusal) -> Response {
        tracing::info!(rule = ?refusal, error = refusal.code(), "authorization refused");
        self.redirect(
            provider,
            &[
                ("error", refusal.code()),
                ("error_description", &refusal.to_string()),
            ],
        )
    }
}

fn list(urls: &[Url], show: impl Fn(&Url) -> String) -> String {
    let mut shown: Vec<String> = urls.iter().map(show).collect();
    shown.dedup();
    shown.join(" or ")
}

/// What the user is to be asked (OpenID Connect Core §3.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Prompt {
    IfNeeded,
    Never,
    Always,
}

/// A request that may be answered with a code.
#[derive(Clone, Debug)]
pub(crate) struct AuthorizeRequest {
    pub(crate) client_id: String,
    pub(crate) target: Target,
    pub(crate) login_hint: Option<String>,
    /// The user an `id_token_hint` names: nobody else will do.
    pub(crate) expected_sub: Option<String>,
    /// The query as it came, to start over.
    pub(crate) query: String,
    scope: Scopes,
    nonce: Option<String>,
    code_challenge: String,
    prompt: Prompt,
    max_age: Option<i64>,
}

impl AuthorizeRequest {
    fn parse(params: &Params, client_id: String, target: Target, query: String) -> Result<Self, Refusal> {
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
        if params.get("response_mode").is_some_and(|mode| mode != "query") {
            return Err(Refusal::UnsupportedResponseMode);
        }
        let scope = Scopes::parse(params.get("scope").unwrap_or_default());
        if !scope.has("openid") {
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
            prompt: prompt(params.get("prompt").unwrap_or_default())?,
            max_age: max_age.map_err(|_| Refusal::MalformedMaxAge)?.map(i64::from),
        })
    }

    /// Whether `session` is enough without asking.
    fn is_satisfied_by(&self, session: &ProviderSession, now: chrono::DateTime<chrono::Utc>) -> bool {
        let age = (now - session.auth_time).num_seconds();
        self.max_age.is_none_or(|max_age| max_age > 0 && age <= max_age)
            && self.expected_sub.as_ref().is_none_or(|sub| sub == session.sub)
    }
}

fn prompt(text: &str) -> Result<Prompt, Refusal> {
    let mut prompt = Prompt::IfNeeded;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        prompt = match (word, prompt) {
            ("none", Prompt::IfNeeded) => Prompt::Never,
            ("login" | "select_account", Prompt::IfNeeded | Prompt::Always) => Prompt::Always,
            _ => return Err(Refusal::UnsupportedPrompt),
        };
    }
    Ok(prompt)
}

/// `GET /authorize`
pub(crate) async fn get(
    State(provider): State<DevProvider>,
    session: Session,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let query = query.unwrap_or_default();
    let params = Params::parse(query.as_bytes());
    let (client_id, target) = match Target::find(provider.config(), &params) {
        Ok(found) => found,
        Err(refusal) => return Ok(refusal.into_response()),
    };
    let mut request = match AuthorizeRequest::parse(&params, client_id, target.clone(), query) {
        Ok(request) => request,
        Err(refusal) => return Ok(target.refuse(&provider, refusal)),
    };
    if let Some(hint) = params.get("id_token_hint") {
        match provider.read_hint(hint) {
            Some(hint) => request.expected_sub = Some(hint.sub),
            None => return Ok(target.refuse(&provider, Refusal::LoginRequired)),
        }
    }
    let browser = Browser::new(session);
    let current = provider.signed_in(&browser).await?;
    let enough = current
        .as_ref()
        .filter(|(_, session)| request.is_satisfied_by(session, provider.now()));
    match (request.prompt, enough) {
        (Prompt::Never, None) => Ok(target.refuse(&provider, Refusal::LoginRequired)),
        (Prompt::Never, Some((_, session))) if provider.faults().strikes(Fault::OtherUser) => {
            let other = User::by_sub(session.sub).and_then(User::other);
            match other {
                Some(user) => provider.sign_in(&browser, &request, user).await,
                None => Ok(target.refuse(&provider, Refusal::LoginRequired)),
            }
        }
        (Prompt::Never | Prompt::IfNeeded, Some((sid, _))) => Ok(provider.issue_code(&request, sid)),
        (Prompt::IfNeeded, None) | (Prompt::Always, _) => {
            let transaction = provider.config().random.token();
            let binding = browser.bind(&provider.config().random).await?;
            let open = LoginTransaction {
                browser: binding,
                request: request.clone(),
            };
            let now = provider.now();
            provider
                .state()
                .logins
                .insert(transaction.clone(), open, later(now, TRANSACTION_TTL), now);
            let user = current.and_then(|(_, session)| User::by_sub(session.sub));
            Ok(pages::login(&request, user, &transaction))
        }
    }
}

impl DevProvider {
    /// Answers `request` with a code of the session `sid`. A session that ended in between gives none.
    pub(crate) fn issue_code(&self, request: &AuthorizeRequest, sid: &str) -> Response {
        let now = self.now();
        let code = self.config().random.token();
        {
            let mut state = self.state();
            let Some(session) = state.sessions.get_mut(&sid.to_owned(), now) else {
                drop(state);
                return request.target.refuse(self, Refusal::LoginRequired);
            };
            session.clients.insert(request.client_id.clone());
            let grant = Grant {
                client_id: request.client_id.clone(),
                sub: session.sub,
                sid: sid.to_owned(),
                auth_time: session.auth_time,
                scope: request.scope.clone(),
            };
            let issued = Code {
                grant,
                redirect_uri: request.target.redirect_uri.clone(),
                code_challenge: request.code_challenge.clone(),
                nonce: request.nonce.clone(),
                expires: later(now, self.config().code_ttl),
                used: None,
            };
            state.codes.insert(
                fingerprint(&code),
                issued,
                later(now, crate::state::CODE_MEMORY),
                now,
            );
        }
        tracing::info!(client_id = %request.client_id, "code issued");
        request.target.redirect(self, &[("code", &code)])
    }
}
