//! The way of a request through an app, read from top to bottom.
//!
//! One service around the whole router, and not a layer for each step: axum clones a layered route with all
//! layers beneath it at every layer, for every request, and that alone cost more than everything done here.

use crate::{
    Auth, error_page,
    guard::{self, PublicPaths},
    headers,
    origin::{self, Origin, RequestOrigin},
    routes,
    session::{self, silent::MayTry},
};
use axum::{
    Router,
    body::{Body, HttpBody},
    extract::Request,
    response::Response,
};
use futures::FutureExt;
use http::{HeaderMap, Method, StatusCode, header::CONTENT_LENGTH, request::Parts};
use http_body_util::Limited;
use std::{convert::Infallible, sync::Arc};
use tower::{Service, service_fn};
use tracing::Instrument;

/// Longest request body, bytes: no form or JSON of ours comes near it.
const MAX_BODY: usize = 64 * 1024;

/// Puts everything around an app's routes that every request has to pass, from the outside in: log line,
/// security headers, host (421), body size (413), cross-site requests (403), session, guard (303 / 401).
/// Adds the health checks.
pub fn protect(router: Router, auth: &Auth, public: PublicPaths) -> Router {
    let router = router.merge(routes::health().with_state(auth.clone()));
    let gate = Arc::new(Gate { auth: auth.clone(), public, router });
    Router::new().fallback_service(service_fn(move |request: Request| {
        // The path and never the query: a query may hold a code. Only where somebody looks closely (`debug`):
        // to write it down for every request costs more than to check the session.
        let span = tracing::debug_span!("request", method = %request.method(), path = request.uri().path());
        gate.clone().answer(request).instrument(span).map(Ok::<_, Infallible>)
    }))
}

struct Gate {
    auth: Auth,
    public: PublicPaths,
    router: Router,
}

impl Gate {
    async fn answer(self: Arc<Self>, request: Request) -> Response {
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let wants_html = error_page::accepts_html(request.headers());
        // Health checks come by address, so they stand outside the host check. Everything else has to pass,
        // what there is no route for included.
        let (mut response, is_https) = if routes::is_health(uri.path()) {
            (self.route(request).await, false)
        } else {
            let (parts, body) = request.into_parts();
            match origin::check_host(&self.auth.public_urls, &parts) {
                Ok(origin) => (self.at(&origin, parts, body).await, origin.is_https()),
                Err(refusal) => (refusal, false),
            }
        };
        let status = response.status().as_u16();
        if response.status().is_server_error() {
            tracing::error!(%method, path = uri.path(), status, "could not be answered");
        } else {
            tracing::debug!(status, "answered");
        }
        if method != Method::HEAD {
            response = error_page::give_body(response, wants_html);
        }
        headers::secure(response.headers_mut(), is_https);
        response
    }

    async fn at(&self, origin: &Origin, mut parts: Parts, body: Body) -> Response {
        let body = match limited(&parts.headers, body) {
            Ok(body) => body,
            Err(refusal) => return refusal,
        };
        if let Err(refusal) = origin::refuse_cross_site(origin, &parts) {
            return refusal;
        }
        let (current, cookie) = session::resolve(&self.auth, origin, &parts).await;
        if let Some(may_try) = MayTry::of(&self.auth, origin, &current, &parts) {
            parts.extensions.insert(may_try);
        }
        parts.extensions.insert(current);
        let mut response = match guard::admit(self.public, &parts) {
            Ok(()) => {
                parts.extensions.insert(RequestOrigin(origin.clone()));
                self.route(Request::from_parts(parts, body)).await
            }
            Err(refusal) => refusal,
        };
        if let Some(cookie) = cookie {
            // Boxed, here and in `resolve`: what is seldom needed should not make every request's future large.
            Box::pin(cookie.keep_in_step(&self.auth, origin, &mut response)).await;
        }
        response
    }

    /// The router's answer.
    async fn route(&self, request: Request) -> Response {
        self.router.clone().call(request).await.unwrap_or_else(|never| match never {})
    }
}

/// A body that says it is too long is refused, and one that does not say is cut off there.
#[expect(clippy::result_large_err, reason = "axum's own rejections are responses too")]
fn limited(headers: &HeaderMap, body: Body) -> Result<Body, Response> {
    let declared = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|length| length > MAX_BODY as u64) {
        return Err(error_page::refuse(
            headers,
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_large",
            "That is more than this server reads.",
        ));
    }
    Ok(if body.is_end_stream() { body } else { Body::new(Limited::new(body, MAX_BODY)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    #[tokio::test]
    async fn a_body_that_does_not_say_how_long_it_is_ends_at_the_limit() {
        for (length, is_read) in [(0, true), (MAX_BODY, true), (MAX_BODY + 1, false)] {
            let pieces = vec![Ok::<_, Infallible>("x".repeat(length))];
            let body = limited(&HeaderMap::new(), Body::from_stream(futures::stream::iter(pieces))).unwrap();
            assert_eq!(body.collect().await.is_ok(), is_read, "{length}");
        }
    }

    #[test]
    fn a_body_that_says_it_is_too_long_is_not_read_at_all() {
        let with = |length: usize| HeaderMap::from_iter([(CONTENT_LENGTH, length.into())]);
        assert!(limited(&with(MAX_BODY), Body::empty()).is_ok());
        let refused = limited(&with(MAX_BODY + 1), Body::empty()).unwrap_err();
        assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }
}
