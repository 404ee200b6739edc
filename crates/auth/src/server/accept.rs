//! Accepts connections up to the limit, and closes connections that are idle for too long.

use super::{
    Limits,
    connection::{Connection, InFlight, Io},
};
use crate::origin::PeerAddress;
use axum::{
    Router,
    body::{Body, HttpBody},
    extract::Request,
    response::Response,
};
use http::StatusCode;
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use pin_project_lite::pin_project;
use std::{
    collections::HashMap,
    convert::Infallible,
    future::Future,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tower::Service;

/// HTTP/2: time between keep-alive pings, and how long a client may take to answer a ping.
const PING: Duration = Duration::from_secs(20);
/// HTTP/2: maximum concurrent requests on one connection.
const MAX_STREAMS: u32 = 100;
/// Longest head of a request, bytes.
const MAX_HEAD: usize = 64 * 1024;
/// How often idle connections are checked.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);
/// How long to wait before accepting again after a refusal by the system, as when descriptors run out.
const REFUSED_PAUSE: Duration = Duration::from_millis(50);

/// The open connections.
#[derive(Clone)]
struct Connections {
    permits: Arc<Semaphore>,
    open: Arc<Mutex<HashMap<u64, Connection>>>,
}

/// A connection's place in the limit; dropping the permit frees the place.
struct ConnectionPermit {
    connections: Connections,
    number: u64,
    _permit: OwnedSemaphorePermit,
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.connections.lock().remove(&self.number);
    }
}

impl Connections {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Connection>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a free place. If all places are taken, closes the connection that has been idle longest.
    async fn permits(&self) -> OwnedSemaphorePermit {
        loop {
            if let Ok(permit) = self.permits.clone().try_acquire_owned() {
                return permit;
            }
            let idlest = {
                let open = self.lock();
                let idle = open.values().filter_map(|connection| Some((connection.idle()?.0, connection)));
                idle.max_by_key(|(idle, _)| *idle).map(|(_, connection)| connection.clone())
            };
            if let Some(connection) = idlest {
                connection.close();
            }
            // The closed connection frees its place when its task ends; another connection may end first.
            if let Ok(Ok(permit)) = timeout(REFUSED_PAUSE, self.permits.clone().acquire_owned()).await {
                return permit;
            }
        }
    }

    /// Regularly closes connections that have been idle for too long.
    async fn sweep(self, limits: Limits) {
        loop {
            sleep(SWEEP_INTERVAL).await;
            let stale = |connection: &&Connection| match connection.idle() {
                Some((idle, true)) => idle > limits.idle,
                Some((idle, false)) => idle > limits.head,
                None => false,
            };
            let stale: Vec<_> = self.lock().values().filter(stale).cloned().collect();
            stale.iter().for_each(Connection::close);
        }
    }
}

/// Serves connections from `listener` until `stop` is ready, then waits until requests
/// under way are answered.
pub(super) async fn accept(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    stop: impl Future<Output = ()>,
) {
    let connections =
        Connections { permits: Arc::new(Semaphore::new(limits.connections)), open: Arc::default() };
    let sweeping = tokio::spawn(connections.clone().sweep(limits));
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    let mut number = 0;
    loop {
        let next = async {
            let permit = connections.permits().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            () = &mut stop => break,
            next = next => next,
        };
        match accepted {
            Ok((stream, peer)) => {
                number += 1;
                let connection = Connection::new();
                connections.lock().insert(number, connection.clone());
                let place = ConnectionPermit { connections: connections.clone(), number, _permit: permit };
                begin(stream, peer, connection, place, router.clone(), limits, &graceful);
            }
            Err(error) => {
                tracing::warn!(%error, "connection not accepted");
                sleep(REFUSED_PAUSE).await;
            }
        }
    }
    // Accept no new connections from here on.
    drop(listener);
    graceful.shutdown().await;
    sweeping.abort();
}

fn begin(
    stream: TcpStream,
    peer: SocketAddr,
    connection: Connection,
    place: ConnectionPermit,
    router: Router,
    limits: Limits,
    graceful: &GracefulShutdown,
) {
    // Answers are small, and events must not wait for more data.
    let _ = stream.set_nodelay(true);
    let io = TokioIo::new(Io::new(stream, connection.clone(), limits.write, place));
    let service =
        hyper::service::service_fn(move |request| answer(router.clone(), connection.clone(), peer, request));
    let mut builder = auto::Builder::new(TokioExecutor::new());
    // hyper starts this timer after the previous answer, so the timer also limits the pause between requests.
    // For the first head, `sweep` applies the shorter limit.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.idle).max_buf_size(MAX_HEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING)
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(u32::try_from(MAX_HEAD).unwrap_or(u32::MAX));
    let serving = builder.serve_connection_with_upgrades(io, service).into_owned();
    let serving = graceful.watch(serving);
    tokio::spawn(async move {
        // A broken, malformed or slow connection is the client's problem: debug level only.
        if let Err(error) = serving.await {
            tracing::debug!(%error, "connection ended early");
        }
    });
}

async fn answer(
    mut router: Router,
    connection: Connection,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Result<Response<Counted>, Infallible> {
    let in_flight = connection.request();
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(PeerAddress(peer));
    request.extensions_mut().insert(connection.clone());
    let answer = router.call(request).await?;
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
        connection.has_upgraded();
    }
    Ok(answer.map(|body| Counted { body, _in_flight: in_flight }))
}

pin_project! {
    /// An answer's body; its request counts as under way until the body has been sent.
    struct Counted {
        #[pin]
        body: Body,
        _in_flight: InFlight,
    }
}

impl HttpBody for Counted {
    type Data = <Body as HttpBody>::Data;
    type Error = <Body as HttpBody>::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        self.project().body.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
