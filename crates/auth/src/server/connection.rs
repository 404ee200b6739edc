//! One accepted connection: what it is doing, and the means to end it from outside.

use futures::task::AtomicWaker;
use pin_project_lite::pin_project;
use std::{
    future::Future,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::Notify,
    time::{Sleep, sleep},
};

/// A connection as others see it; in the extensions of its requests. Clones are the same connection.
#[derive(Clone, Debug)]
pub struct Connection(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    accepted_at: Instant,
    /// Requests that are being answered, their bodies included.
    in_flight: AtomicUsize,
    /// Whether a request has begun at all.
    has_asked: AtomicBool,
    /// When the last answer ended, milliseconds after it was accepted.
    idle_since: AtomicU64,
    /// Whether it is a WebSocket by now.
    is_upgraded: AtomicBool,
    is_closed: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
    closed: Notify,
}

impl Connection {
    pub(super) fn new() -> Self {
        Self(Arc::new(Shared {
            accepted_at: Instant::now(),
            in_flight: AtomicUsize::new(0),
            has_asked: AtomicBool::new(false),
            idle_since: AtomicU64::new(0),
            is_upgraded: AtomicBool::new(false),
            is_closed: AtomicBool::new(false),
            reader: AtomicWaker::new(),
            writer: AtomicWaker::new(),
            closed: Notify::new(),
        }))
    }

    /// Ends it at once: both sides see it closed, whatever was under way.
    pub fn close(&self) {
        self.0.is_closed.store(true, Ordering::Release);
        self.0.reader.wake();
        self.0.writer.wake();
        self.0.closed.notify_waiters();
    }

    /// Returns when it is closed, from whichever side.
    pub async fn closed(&self) {
        let notified = self.0.closed.notified();
        if !self.is_closed() {
            notified.await;
        }
    }

    fn is_closed(&self) -> bool {
        self.0.is_closed.load(Ordering::Acquire)
    }

    /// It speaks another protocol from here on, with pauses of its own.
    pub(super) fn has_upgraded(&self) {
        self.0.is_upgraded.store(true, Ordering::Release);
    }

    /// A request begins; it ends when the returned value is dropped.
    pub(super) fn request(&self) -> InFlight {
        self.0.has_asked.store(true, Ordering::Release);
        self.0.in_flight.fetch_add(1, Ordering::AcqRel);
        InFlight(self.clone())
    }

    /// For how long no request has been under way, and whether there ever was one; `None` while there is one, and for
    /// a WebSocket.
    pub(super) fn idle(&self) -> Option<(Duration, bool)> {
        if self.0.in_flight.load(Ordering::Acquire) > 0 || self.0.is_upgraded.load(Ordering::Acquire) {
            return None;
        }
        let since = Duration::from_millis(self.0.idle_since.load(Ordering::Acquire));
        Some((self.0.accepted_at.elapsed().saturating_sub(since), self.0.has_asked.load(Ordering::Acquire)))
    }
}

/// A request under way.
#[derive(Debug)]
pub(super) struct InFlight(Connection);

impl Drop for InFlight {
    fn drop(&mut self) {
        let Shared { accepted_at, idle_since, in_flight, .. } = &*self.0.0;
        let now = u64::try_from(accepted_at.elapsed().as_millis()).unwrap_or(u64::MAX);
        idle_since.store(now, Ordering::Release);
        in_flight.fetch_sub(1, Ordering::AcqRel);
    }
}

pin_project! {
    /// The socket: closed when its [`Connection`] is, and given up when the other side takes nothing for too long.
    /// Holds `held` for as long as it is open, upgraded connections included.
    pub(super) struct Io<H> {
        #[pin]
        stream: TcpStream,
        connection: Connection,
        patience: Duration,
        stuck: Option<Pin<Box<Sleep>>>,
        held: Closing<H>,
    }
}

/// Says that the connection is closed when the socket goes.
struct Closing<H> {
    connection: Connection,
    _held: H,
}

impl<H> Drop for Closing<H> {
    fn drop(&mut self) {
        self.connection.close();
    }
}

impl<H> Io<H> {
    pub(super) fn new(stream: TcpStream, connection: Connection, patience: Duration, held: H) -> Self {
        let held = Closing { connection: connection.clone(), _held: held };
        Self { stream, connection, patience, stuck: None, held }
    }
}

fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "the connection was closed by the server")
}

impl<H> AsyncRead for Io<H> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        this.connection.0.reader.register(cx.waker());
        if this.connection.is_closed() {
            return Poll::Ready(Err(closed()));
        }
        this.stream.poll_read(cx, buf)
    }
}

impl<H> AsyncWrite for Io<H> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.project();
        this.connection.0.writer.register(cx.waker());
        if this.connection.is_closed() {
            return Poll::Ready(Err(closed()));
        }
        let written = this.stream.poll_write(cx, buf);
        in_time(this.stuck, *this.patience, cx, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        this.connection.0.writer.register(cx.waker());
        if this.connection.is_closed() {
            return Poll::Ready(Err(closed()));
        }
        let written = this.stream.poll_write_vectored(cx, bufs);
        in_time(this.stuck, *this.patience, cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        let flushed = this.stream.poll_flush(cx);
        in_time(this.stuck, *this.patience, cx, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().stream.poll_shutdown(cx)
    }
}

/// The outcome of a write, or an error when the other side has taken nothing for as long as `patience`.
fn in_time<T>(
    stuck: &mut Option<Pin<Box<Sleep>>>,
    patience: Duration,
    cx: &mut Context<'_>,
    outcome: Poll<io::Result<T>>,
) -> Poll<io::Result<T>> {
    if outcome.is_ready() {
        *stuck = None;
        return outcome;
    }
    let timer = stuck.get_or_insert_with(|| Box::pin(sleep(patience)));
    match timer.as_mut().poll(cx) {
        Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
        Poll::Pending => Poll::Pending,
    }
}
