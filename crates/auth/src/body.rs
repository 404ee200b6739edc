//! Limits on bodies: a request's body has a maximum length and time; an answer's body ends with its session.

use axum::body::{Body, Bytes};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::{LengthLimitError, Limited};
use pin_project_lite::pin_project;
use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Sleep, sleep};

/// The error type of both kinds of bodies.
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The limit that a request's body exceeded, if any. Known once the handler has tried to read the body.
#[derive(Clone, Debug, Default)]
pub(crate) struct BodyLimitExceeded(Arc<Flags>);

#[derive(Debug, Default)]
struct Flags {
    too_slow: AtomicBool,
    too_long: AtomicBool,
}

impl BodyLimitExceeded {
    /// Whether the body did not arrive in time.
    pub(crate) fn is_too_slow(&self) -> bool {
        self.0.too_slow.load(Ordering::Relaxed)
    }

    /// Whether the body is longer than allowed.
    pub(crate) fn is_too_long(&self) -> bool {
        self.0.too_long.load(Ordering::Relaxed)
    }
}

/// Limits a request's body: reading fails beyond `length` bytes, or when the body is incomplete after `time`.
pub(crate) fn limited(body: Body, length: usize, time: Duration) -> (Body, BodyLimitExceeded) {
    let exceeded = BodyLimitExceeded::default();
    let timer = Box::pin(sleep(time));
    let timed = Timed { body: Limited::new(body, length), timer, exceeded: exceeded.clone() };
    (Body::new(timed), exceeded)
}

pin_project! {
    struct Timed {
        #[pin]
        body: Limited<Body>,
        timer: Pin<Box<Sleep>>,
        exceeded: BodyLimitExceeded,
    }
}

impl HttpBody for Timed {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.project();
        if let Poll::Ready(frame) = this.body.poll_frame(cx) {
            if matches!(&frame, Some(Err(error)) if error.is::<LengthLimitError>()) {
                this.exceeded.0.too_long.store(true, Ordering::Relaxed);
            }
            return Poll::Ready(frame);
        }
        if this.timer.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        this.exceeded.0.too_slow.store(true, Ordering::Relaxed);
        Poll::Ready(Some(Err("the request's body took too long".into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Ends an answer's body with an error when `ended` is ready. So a stream to a signed-in user does
/// not outlive the session.
pub(crate) fn until(body: Body, ended: impl Future<Output = ()> + Send + 'static) -> Body {
    Body::new(Until { body, ended: Box::pin(ended) })
}

pin_project! {
    struct Until {
        #[pin]
        body: Body,
        ended: Pin<Box<dyn Future<Output = ()> + Send>>,
    }
}

impl HttpBody for Until {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.project();
        if this.ended.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Some(Err("the session has ended".into())));
        }
        this.body.poll_frame(cx).map_err(Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;
    use http_body_util::BodyExt;
    use std::{convert::Infallible, future::pending};

    fn pieces(text: &str) -> Body {
        Body::from_stream(stream::iter([Ok::<_, Infallible>(text.to_owned())]))
    }

    #[tokio::test]
    async fn a_body_of_unknown_length_ends_at_the_limit() {
        for (length, is_read) in [(0, true), (10, true), (11, false)] {
            let (body, exceeded) = limited(pieces(&"x".repeat(length)), 10, Duration::from_secs(60));
            assert_eq!(body.collect().await.is_ok(), is_read, "{length}");
            assert!(!exceeded.is_too_slow() && exceeded.is_too_long() != is_read);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_body_ends_at_the_time_limit() {
        let dripping = stream::unfold((), |()| async {
            sleep(Duration::from_secs(7)).await;
            Some((Ok::<_, Infallible>("x"), ()))
        });
        let (body, exceeded) = limited(Body::from_stream(dripping), 1_000_000, Duration::from_secs(60));
        assert!(body.collect().await.is_err());
        assert!(exceeded.is_too_slow() && !exceeded.is_too_long());
    }

    #[tokio::test]
    async fn an_answer_ends_with_its_session() {
        assert!(until(pieces("all of it"), pending()).collect().await.is_ok());
        assert!(until(pieces("nothing"), async {}).collect().await.is_err());
    }
}
