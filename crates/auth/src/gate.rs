//! The checks that every request passes, in order. Read this file from top to bottom.
//!
//! The gate is one service around the whole router, not a layer for each check. axum clones a layered route,
//! with all layers beneath it, at each layer and for each request. That alone cost more time than all checks
//! here.

mod resolve;

use crate::{
    Auth, Refusal, body, error_page,
    flow_trace::FlowTraces,
    guard::{self, PublicPaths},
    headers,
    origin::{self, Origin, RequestOrigin, ReturnPath},
    refusal,
    request_id::{IdSource, RequestIds, X_REQUEST_ID},
    routes,
    server::Connection,
    session::SessionKey,
    silent::{self, SilentAttempt},
    site::AppPages,
};
use auth_types::SessionState;
use axum::{
    Router,
    body::{Body, HttpBody},
    extract::Request,
    response::{IntoResponse, Response},
};
use futures::FutureExt;
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{CONTENT_LENGTH, REFERER, SET_COOKIE},
    request::Parts,
};
use std::{convert::Infallible, panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tower::{Service, service_fn};
use tracing::Instrument;

/// Longest request body, in bytes, unless [`AuthBuilder::max_body`](crate::AuthBuilder::max_body) sets
/// another limit. All forms and JSON of this crate are much shorter.
const MAX_BODY: usize = 64 * 1024;
/// How long a request's body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(30);

/// Puts the checks that every request must pass around an app's routes, and adds the health checks.
///
/// The checks run in this order:
///
/// 1. host (421)
/// 2. declared body size (413)
/// 3. path (400)
/// 4. cross-site request (403)
/// 5. session
/// 6. guard (303 or 401; 503 while the store does not answer)
///
/// Every body is limited again while the handler reads it: 413 if it is too long, 408 if it arrives too
/// slowly. A handler that panics becomes a 500. Every answer gets security headers, and every request gets a log
/// line. The health checks skip the checks above, so they answer for any host. So does `/robots.txt`, where `AUTH_ROBOTS` keeps robots out.
pub fn protect(router: Router, auth: &Auth, public: PublicPaths) -> Router {
    let router = router.merge(routes::health().with_state(auth.clone()));
    let site = AppPages { pages: auth.pages().clone(), public };
    let gate = Arc::new(Gate { auth: auth.clone(), site, router, ids: IdSource::new(auth.random()) });
    Router::new().fallback_service(service_fn(move |request: Request| {
        // The span has the path but not the query, because a query may contain a code. Its level is `debug`:
        // a span for each request costs more than the session check. `init_logging` adds the request's id to each line.
        let ids = RequestIds::of(&request, gate.auth.trusted_proxies(), &gate.ids);
        let id = ids.header();
        let span = tracing::debug_span!(
            "request",
            id = id.to_str().unwrap_or_default(),
            method = %request.method(),
            path = request.uri().path()
        );
        ids.scope(gate.clone().answer(request, id)).instrument(span).map(Ok::<_, Infallible>)
    }))
}

struct Gate {
    auth: Auth,
    site: AppPages,
    router: Router,
    ids: IdSource,
}

impl Gate {
    async fn answer(self: Arc<Self>, request: Request, id: HeaderValue) -> Response {
        let begun = self.auth.metrics().begin_request();
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let wants_html = error_page::accepts_html(request.headers());
        // A health check may address the process by IP, so no host check applies. All other requests must
        // pass the checks, including requests without a matching route.
        let (mut response, is_https) = if routes::is_for_any_host(uri.path()) {
            (self.route(request).await, false)
        } else if let Some(file) = self.auth.robots().file(uri.path()) {
            (file, false)
        } else {
            let (parts, body) = request.into_parts();
            match origin::check_host(self.auth.public_urls(), &parts) {
                Ok(origin) => (self.at(&origin, parts, body).await, origin.is_https()),
                Err(refusal) => (refusal.into_response(), false),
            }
        };
        refusal::log(&response, &method, uri.path());
        self.auth.metrics().answered(begun, &response);
        if method != Method::HEAD {
            let wanted = refusal::Wanted { html: wants_html, method: &method, uri: &uri };
            response = refusal::negotiate(response, wanted, &self.auth);
        }
        headers::secure(response.headers_mut(), &self.auth.site().policy, is_https);
        response.headers_mut().insert(X_REQUEST_ID, id);
        self.auth.robots().mark(response.headers_mut());
        response
    }

    async fn at(&self, origin: &Origin, parts: Parts, body: Body) -> Response {
        let max_body = self.max_body(parts.uri.path());
        if is_too_long(&parts.headers, max_body) {
            return too_long();
        }
        if body.is_end_stream() {
            return self.check_and_route(origin, parts, body).await;
        }
        let (body, exceeded) = body::limited(body, max_body, BODY_TIME);
        let response = self.check_and_route(origin, parts, body).await;
        // The handler saw only a body that broke off. Answer with the real cause instead.
        if exceeded.is_too_long() {
            return too_long();
        }
        if exceeded.is_too_slow() {
            let status = StatusCode::REQUEST_TIMEOUT;
            return Refusal::new(status, "request_timeout", error_page::sentence(status)).into_response();
        }
        response
    }

    async fn check_and_route(&self, origin: &Origin, mut parts: Parts, body: Body) -> Response {
        if let Err(error) = origin::check_path(parts.uri.path()) {
            tracing::warn!(%error, path = parts.uri.path(), "path refused");
            let sentence =
                "This address can be read in more than one way. Check it for double slashes and dots.";
            return Refusal::bad_request(error.to_string(), sentence).into_response();
        }
        if !routes::is_form_post(&self.auth, &parts)
            && let Err(refusal) = origin::refuse_cross_site(origin, &parts)
        {
            return refusal.into_response();
        }
        drop_foreign_referer(origin, &mut parts.headers);
        let (current, cookie) = resolve::resolve(&self.auth, self.site.public, origin, &parts).await;
        if let Some(may_try) =
            SilentAttempt::of(&self.auth, self.auth.cookies(origin, &parts.headers), &current, &parts)
        {
            parts.extensions.insert(may_try);
        }
        let clear_attempt =
            silent::clear_attempt(self.auth.cookies(origin, &parts.headers), &current, &parts);
        let key = current.as_ref().ok().and_then(SessionState::session).map(|session| session.key);
        parts.extensions.insert(current);
        parts.extensions.insert(self.site.clone());
        let mut response = match guard::admit(&self.site, &parts) {
            Ok(()) => self.admitted(origin, parts, body, key).await,
            Err(refusal) => refusal,
        };
        if let Some(cookie) = cookie {
            // Boxed, here and in `resolve`, so that a rarely used part does not enlarge every request's
            // future.
            Box::pin(cookie.apply(&self.auth, origin, &mut response)).await;
        }
        if let Some(forget) = clear_attempt.filter(|_| !headers::is_storable(response.headers())) {
            response.headers_mut().append(SET_COOKIE, forget);
        }
        response
    }

    /// Answers a request that passed the guard. A stream or WebSocket that outlasts the answer ends with the
    /// session that opened it.
    async fn admitted(
        &self,
        origin: &Origin,
        mut parts: Parts,
        body: Body,
        key: Option<SessionKey>,
    ) -> Response {
        // Public endpoints need no session, so their answers do not end with a session. `GET /auth/events`
        // sends an event when the session ends.
        let key = key.filter(|_| !self.site.public.is_file(parts.uri.path()));
        if let Some(key) = key
            && origin::is_upgrade(&parts.method, &parts.headers)
        {
            let Some(connection) = parts.extensions.get::<Connection>().cloned() else {
                tracing::error!(
                    "WebSocket refused: only `auth::server` can close a WebSocket when its session ends"
                );
                let sentence = "This server does not open WebSockets.";
                let refusal = Refusal::new(StatusCode::NOT_IMPLEMENTED, "upgrade_not_supported", sentence);
                return refusal.into_response();
            };
            let ended = self.auth.sessions().ended(key);
            tokio::spawn(async move {
                tokio::select! {
                    () = ended => connection.close(),
                    () = connection.closed() => {}
                }
            });
        }
        parts.extensions.insert(RequestOrigin(origin.clone()));
        let response = match self.auth.traces() {
            Some(traces) => Box::pin(self.route_traced(traces, origin, parts, body)).await,
            None => self.route(Request::from_parts(parts, body)).await,
        };
        match key {
            Some(key) if response.body().size_hint().exact().is_none() => {
                let ended = self.auth.sessions().ended(key);
                response.map(|body| body::until(body, ended))
            }
            _ => response,
        }
    }

    /// The longest request body at a path, in bytes.
    fn max_body(&self, path: &str) -> usize {
        let is_meant = |meant: &str| path == meant || (meant.ends_with('/') && path.starts_with(meant));
        let chosen = self.auth.site().max_bodies.iter().rev().find(|(meant, _)| is_meant(meant));
        chosen.map_or(MAX_BODY, |(_, bytes)| *bytes)
    }

    /// Returns the router's answer, and keeps the trace of the flow that the request belongs to.
    async fn route_traced(&self, traces: &FlowTraces, origin: &Origin, parts: Parts, body: Body) -> Response {
        let headers = parts.headers.clone();
        let jar = self.auth.cookies(origin, &headers);
        let recorder = traces.recorder(jar);
        let mut response = recorder.clone().scope(self.route(Request::from_parts(parts, body))).await;
        if response.status().is_server_error() {
            recorder.fail_if_open();
        }
        if let Some(cookie) = traces.cookie(&recorder, jar, response.headers()) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        response
    }

    /// Returns the router's answer; 500 if the handler panics. Without this, the browser would show that the connection
    /// broke, and nothing would name the request.
    async fn route(&self, request: Request) -> Response {
        // Nothing of the request is used after a panic. Locks that the handler held are used in spite of poison.
        match AssertUnwindSafe(self.router.clone().call(request)).catch_unwind().await {
            Ok(answer) => answer.unwrap_or_else(|never| match never {}),
            Err(_) => {
                // The panic hook has written the message and the place.
                tracing::error!("handler panicked");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

/// Removes a `Referer` that is not a page of this origin. After a form without JavaScript, frameworks
/// redirect to the `Referer`; that redirect must stay on this origin.
fn drop_foreign_referer(origin: &Origin, headers: &mut HeaderMap) {
    let Some(referer) = headers.get(REFERER) else { return };
    let is_own_page = referer.to_str().is_ok_and(|text| {
        let path = text.strip_prefix(&origin.to_string());
        path.is_some_and(|path| path.starts_with('/') && ReturnPath::parse(path).is_some())
    });
    if !is_own_page {
        headers.remove(REFERER);
    }
}

fn too_long() -> Response {
    let status = StatusCode::PAYLOAD_TOO_LARGE;
    Refusal::new(status, "body_too_large", error_page::sentence(status)).into_response()
}

/// Whether the declared body size is above the limit. A body without a declared size is limited while it is
/// read.
fn is_too_long(headers: &HeaderMap, max_body: usize) -> bool {
    let declared = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    declared.is_some_and(|length| length > max_body as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declared_body_size_above_the_limit_is_refused() {
        let with = |length: usize| HeaderMap::from_iter([(CONTENT_LENGTH, length.into())]);
        assert!(!is_too_long(&with(MAX_BODY), MAX_BODY) && !is_too_long(&HeaderMap::new(), MAX_BODY));
        assert!(is_too_long(&with(MAX_BODY + 1), MAX_BODY));
    }

    #[test]
    fn only_a_referer_of_this_origin_is_kept() {
        let own = Origin::parse("http://games.wow.localhost:4201").unwrap();
        let kept = |referer: &str| {
            let mut headers = HeaderMap::from_iter([(REFERER, referer.parse().unwrap())]);
            drop_foreign_referer(&own, &mut headers);
            headers.contains_key(REFERER)
        };
        assert!(kept("http://games.wow.localhost:4201/dashboard?tab=2"));
        for referer in [
            "javascript:alert(1)",
            "https://evil.example/",
            "http://games.wow.localhost:4201.evil.example/",
            "http://games.wow.localhost:4201@evil.example/",
            "http://games.wow.localhost:42010/",
            "http://games.wow.localhost:4201//evil.example",
            "http://games.wow.localhost:4201/\\evil.example",
            "http://games.wow.localhost:4201/auth/signout",
            "http://games.wow.localhost:4201",
            "/dashboard",
            "",
        ] {
            assert!(!kept(referer), "{referer}");
        }
    }
}
