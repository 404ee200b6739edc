//! One accepted connection: its state, and a way to close it from outside.

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

/// A handle to a connection, in the extensions of its requests. Clones refer to the same connection.
#[derive(Clone, Debug)]
pub struct Connection(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    accepted_at: Instant,
    /// Requests that are being answered, including their bodies.
    in_flight: AtomicUsize,
    /// Whether the connection has ever had a request.
    has_asked: AtomicBool,
    /// When the last answer ended, in milliseconds after the connection was accepted.
    idle_since: AtomicU64,
    /// Whether the connection has switched to another protocol, such as a WebSocket.
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

    /// Closes the connection at once, for both sides, even with requests under way.
    pub fn close(&self) {
        self.0.is_closed.store(true, Ordering::Release);
        self.0.reader.wake();
        self.0.writer.wake();
        self.0.closed.notify_waiters();
    }

    /// Returns when either side has closed the connection.
    pub async fn closed(&self) {
        let notified = self.0.closed.notified();
        if !self.is_closed() {
            notified.await;
        }
    }

    fn is_closed(&self) -> bool {
        self.0.is_closed.load(Ordering::Acquire)
    }

    /// Marks the connection as switched to another protocol, which exempts it from idle limits.
    pub(super) fn has_upgraded(&self) {
        self.0.is_upgraded.store(true, Ordering::Release);
    }

    /// Counts a request as under way until the returned value is dropped.
    pub(super) fn request(&self) -> InFlight {
        self.0.has_asked.store(true, Ordering::Release);
        self.0.in_flight.fetch_add(1, Ordering::AcqRel);
        InFlight(self.clone())
    }

    /// How long no request has been under way, and whether the connection ever had a request. `None` while a
    /// request is under way, and after a switch to another protocol.
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
    /// The socket. Its reads and writes fail once the [`Connection`] is closed, and its writes fail when the
    /// client stops reading for too long.
    ///
    /// Keeps `held` while the socket is open, also after a switch to another protocol.
    pub(super) struct Io<H> {
        #[pin]
        stream: TcpStream,
        connection: Connection,
        write_timeout: Duration,
        write_timer: Option<Pin<Box<Sleep>>>,
        held: Closing<H>,
    }
}

/// Marks the connection as closed when the socket is dropped.
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
    pub(super) fn new(stream: TcpStream, connection: Connection, write_timeout: Duration, held: H) -> Self {
        let held = Closing { connection: connection.clone(), _held: held };
        Self { stream, connection, write_timeout, write_timer: None, held }
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
        with_write_timeout(this.write_timer, *this.write_timeout, cx, written)
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
        with_write_timeout(this.write_timer, *this.write_timeout, cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        let flushed = this.stream.poll_flush(cx);
        with_write_timeout(this.write_timer, *this.write_timeout, cx, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().stream.poll_shutdown(cx)
    }
}

/// Returns the outcome of a write, or an error if the client has read nothing for as long as `write_timeout`.
fn with_write_timeout<T>(
    write_timer: &mut Option<Pin<Box<Sleep>>>,
    write_timeout: Duration,
    cx: &mut Context<'_>,
    outcome: Poll<io::Result<T>>,
) -> Poll<io::Result<T>> {
    if outcome.is_ready() {
        *write_timer = None;
        return outcome;
    }
    let timer = write_timer.get_or_insert_with(|| Box::pin(sleep(write_timeout)));
    match timer.as_mut().poll(cx) {
        Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
        Poll::Pending => Poll::Pending,
    }
}
