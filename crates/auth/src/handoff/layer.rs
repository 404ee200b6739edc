//! The layer that accepts handoff tokens (article 5, `createHandoffHandler`).

use super::{ErrorRedirect, HandoffError, HandoffOutcome, TOKEN, verify};
use crate::{
    Auth, Refusal,
    config::IdentityClient,
    cookie::set_cookies,
    flow_trace,
    origin::{FetchMetadata, Origin, ReturnPath, UniqueParams},
};
use axum::{
    extract::Request,
    response::{IntoResponse, Redirect, Response},
};
use futures::future::BoxFuture;
use http::{HeaderValue, Method, StatusCode, Uri, header, request::Parts};
use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};
use tower::{Layer, Service};
use url::form_urlencoded;

/// The default path at identity where tokens are verified.
pub(crate) const VERIFY_ENDPOINT: &str = "/auth/external/handoff/verify";
/// Set on every answer to a handoff, so that an address with a token appears in no `Referer`.
const NO_REFERRER: (header::HeaderName, HeaderValue) =
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));

/// Accepts handoff tokens. The layer verifies a request with `?handoff_token=` with identity, begins a
/// session, and redirects (303) to the same address without `handoff_token` and `state`. Other requests pass
/// through.
///
/// All settings have defaults. Identity's origin and this app's credentials come from `AUTH_IDENTITY_ISSUER`,
/// `AUTH_IDENTITY_ID` and `AUTH_IDENTITY_SECRET`. The session cookie is the cookie of every sign-in
/// ([`AuthBuilder::session_options`](crate::AuthBuilder::session_options)).
///
/// ```no_run
/// use auth::{Auth, config::Config, guard::PublicPaths, handoff::{self, HandoffError, HandoffLayer}, protect, routes};
/// use axum::{Router, routing::get};
///
/// /// A visitor with a token has no session yet.
/// const PUBLIC: PublicPaths =
///     PublicPaths { pages: &["/", "/login"], others: &["/callback"], prefixes: &["/auth/", "/handoff/"] };
///
/// # async fn app() -> Result<Router, Box<dyn std::error::Error>> {
/// let auth = Auth::builder(Config::from_env("shop")?).build().await?;
/// let layer = HandoffLayer::new(&auth)
///     .landing("/dashboard")
///     .error_redirect(|error: &HandoffError| match error {
///         HandoffError::TokenExpired => "/login?error=token_expired",
///         _ => "/login?error=handoff_failed",
///     });
/// let app = Router::new()
///     .route("/dashboard", get(async || "Welcome"))
///     .merge(handoff::routes(layer))
///     .merge(routes::common(&auth))
///     .merge(routes::callbacks(&auth));
/// Ok(protect(app, &auth, PUBLIC))
/// # }
/// ```
///
/// [`handoff::routes`](super::routes) puts the layer around `/callback`, where identity redirects to. To
/// accept tokens at other public addresses, put the layer around a router: `router.layer(layer)`.
#[derive(Clone, Debug)]
pub struct HandoffLayer(Arc<HandoffSettings>);

#[derive(Clone)]
pub(super) struct HandoffSettings {
    pub(super) auth: Auth,
    /// `None` if not configured; then every token is refused.
    pub(super) client: Option<IdentityClient>,
    pub(super) verify_endpoint: String,
    pub(super) landing: ReturnPath,
    error_redirect: Option<ErrorRedirect>,
}

impl std::fmt::Debug for HandoffSettings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("HandoffSettings")
            .field("client", &self.client)
            .field("verify_endpoint", &self.verify_endpoint)
            .finish_non_exhaustive()
    }
}

impl HandoffLayer {
    /// Creates a layer with all defaults.
    #[must_use]
    pub fn new(auth: &Auth) -> Self {
        Self(Arc::new(HandoffSettings {
            auth: auth.clone(),
            client: auth.identity().as_ref().map(|identity| identity.client().clone()),
            verify_endpoint: VERIFY_ENDPOINT.to_owned(),
            landing: ReturnPath::root(),
            error_redirect: None,
        }))
    }

    fn with(self, change: impl FnOnce(&mut HandoffSettings)) -> Self {
        let mut settings = HandoffSettings::clone(&self.0);
        change(&mut settings);
        Self(Arc::new(settings))
    }

    /// Sets identity's origin, in place of `AUTH_IDENTITY_ISSUER`.
    #[must_use]
    pub fn issuer(self, issuer: Origin) -> Self {
        self.with(|settings| {
            if let Some(client) = &mut settings.client {
                client.issuer = issuer;
            }
        })
    }

    /// Sets the client id at identity, in place of `AUTH_IDENTITY_ID`.
    #[must_use]
    pub fn client_id(self, client_id: impl Into<String>) -> Self {
        self.with(|settings| {
            if let Some(client) = &mut settings.client {
                client.client_id = client_id.into();
            }
        })
    }

    /// Sets the path at identity where tokens are verified; `/auth/external/handoff/verify` by default.
    #[must_use]
    pub fn verify_endpoint(self, path: impl Into<String>) -> Self {
        self.with(|settings| settings.verify_endpoint = path.into())
    }

    /// Sets where a failed handoff redirects: a path, or a function of the error. The default is
    /// `/login?error=` with the error's [`code`](HandoffError::code). A path that is not local becomes
    /// `/login`.
    #[must_use]
    pub fn error_redirect(self, to: impl Into<ErrorRedirect>) -> Self {
        let to = to.into();
        self.with(|settings| settings.error_redirect = Some(to))
    }

    /// Sets the page to open if the launcher named no page; `/` by default, and in place of a path that is
    /// not local.
    #[must_use]
    pub fn landing(self, path: &str) -> Self {
        self.with(|settings| settings.landing = ReturnPath::or_root(Some(path)))
    }

    pub(super) fn settings(&self) -> &HandoffSettings {
        &self.0
    }

    /// Verifies the token of a request, and begins its session. For a handler that replaces the layer.
    ///
    /// ```no_run
    /// use auth::{Pages, handoff::HandoffLayer};
    /// use axum::{extract::{Request, State}, response::{IntoResponse, Redirect, Response}};
    ///
    /// async fn callback(State(handoff): State<HandoffLayer>, request: Request) -> Response {
    ///     match handoff.verify_handoff_token(&request.into_parts().0).await {
    ///         Ok(arrived) => {
    ///             let to = arrived.location("/dashboard");
    ///             (arrived.into_cookies(), Redirect::to(&to)).into_response()
    ///         }
    ///         Err(error) => Redirect::to(&Pages::default().login_error_url(error.code(), "/")).into_response(),
    ///     }
    /// }
    /// # let _: axum::Router<HandoffLayer> = axum::Router::new().route("/callback", axum::routing::get(callback));
    /// ```
    ///
    /// # Errors
    /// A [`HandoffError`]; an earlier session continues.
    pub async fn verify_handoff_token(&self, request: &Parts) -> Result<HandoffOutcome, HandoffError> {
        verify::verify(&self.0, request).await
    }

    /// Answers a request that carries a token.
    async fn answer(&self, request: &Parts) -> Response {
        if let Some(refusal) = refuse_unusable(request) {
            return refusal;
        }
        let mut answer = match self.verify_handoff_token(request).await {
            Ok(arrived) => {
                let to = arrived.location(clean(&request.uri).as_str());
                (set_cookies(arrived.cookies), Redirect::to(&to)).into_response()
            }
            Err(HandoffError::Store(error)) => Refusal::from(error).into_response(),
            Err(error) => {
                self.0.auth.metrics().refused(&error, None);
                flow_trace::fail();
                tracing::warn!(rule = %error, "handoff refused");
                Redirect::to(&self.after(&error, &request.uri)).into_response()
            }
        };
        answer.headers_mut().insert(NO_REFERRER.0, NO_REFERRER.1);
        answer
    }

    /// Returns where a failed handoff redirects.
    fn after(&self, error: &HandoffError, uri: &Uri) -> String {
        match &self.0.error_redirect {
            Some(redirect) => {
                let path = ReturnPath::parse(&redirect.path(error));
                path.map_or_else(|| self.0.auth.pages().login.clone(), |path| path.to_string())
            }
            None => self
                .0
                .auth
                .pages()
                .login_error_url(error.code(), wanted(uri).unwrap_or_else(ReturnPath::root).as_str()),
        }
    }
}

/// Refuses HEAD requests and prefetches, so that they use up no token. The browser asks again when the
/// visitor really opens the page.
fn refuse_unusable(request: &Parts) -> Option<Response> {
    if request.method == Method::HEAD {
        Some(StatusCode::METHOD_NOT_ALLOWED.into_response())
    } else if FetchMetadata::of(&request.headers).is_prefetch() {
        Some(StatusCode::SERVICE_UNAVAILABLE.into_response())
    } else {
        None
    }
}

/// Whether a request has a `handoff_token`, valid or not.
fn has_token(request: &Request) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD)
        && request
            .uri()
            .query()
            .is_some_and(|query| form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == TOKEN))
}

/// Returns the address without the token and `state`. All other parameters stay unchanged.
pub(super) fn clean(uri: &Uri) -> ReturnPath {
    let is_ours = |pair: &&str| {
        let name = form_urlencoded::parse(pair.as_bytes()).next().map(|(name, _)| name.into_owned());
        name.is_some_and(|name| name == TOKEN || name == "state")
    };
    let others: Vec<_> = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty() && !is_ours(pair))
        .collect();
    let address = if others.is_empty() {
        uri.path().to_owned()
    } else {
        format!("{}?{}", uri.path(), others.join("&"))
    };
    ReturnPath::or_root(Some(&address))
}

/// Returns `callbackUrl`, if it is a path of this app.
pub(super) fn wanted(uri: &Uri) -> Option<ReturnPath> {
    let params = UniqueParams::parse(uri.query().unwrap_or_default().as_bytes()).ok()?;
    params.get("callbackUrl").and_then(ReturnPath::parse)
}

impl<S> Layer<S> for HandoffLayer {
    type Service = HandoffService<S>;

    fn layer(&self, inner: S) -> HandoffService<S> {
        HandoffService { layer: self.clone(), inner }
    }
}

/// The service that [`HandoffLayer`] wraps around another service.
#[derive(Clone, Debug)]
pub struct HandoffService<S> {
    layer: HandoffLayer,
    inner: S,
}

impl<S> Service<Request> for HandoffService<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Send,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if !has_token(&request) {
            return Box::pin(self.inner.call(request));
        }
        let layer = self.layer.clone();
        Box::pin(async move { Ok(layer.answer(&request.into_parts().0).await) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_removes_token_and_state_and_nothing_else() {
        for (uri, cleaned) in [
            ("/callback?handoff_token=t&state=s", "/callback"),
            ("/callback?a=1&handoff_token=t&b=%2F&state=s&c", "/callback?a=1&b=%2F&c"),
            ("/callback?handoff%5Ftoken=t&st%61te=s&a=1", "/callback?a=1"),
            ("/callback?handoff_tokens=t&restate=s&state=x", "/callback?handoff_tokens=t&restate=s"),
            ("/a/b?handoff_token", "/a/b"),
            ("//evil.example?handoff_token=t", "/"),
            ("/%5cevil.example?handoff_token=t&state=s", "/"),
        ] {
            assert_eq!(clean(&uri.parse().unwrap()).as_str(), cleaned, "{uri}");
        }
    }
}
