//! Limits the number of open event streams, and ends them when the process stops.

use crate::origin::ClientAddress;
use std::{
    collections::HashMap,
    future::pending,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, time::sleep};

/// Maximum streams of one session: a tab of each app that shares the session, in a few windows.
const PER_SESSION: usize = 16;
/// Maximum streams of all sessions in this process.
const MAX_STREAMS: usize = 10_000;
/// Maximum streams of one waiting, signed-out browser.
const PER_BROWSER: usize = 4;
/// Maximum streams of all waiting browsers behind one address: enough for an office, and one visitor
/// cannot take all places.
const WAITING_PER_ADDRESS: usize = 100;
/// Maximum streams of all waiting browsers. They are not signed in, so they must not take
/// the places of sessions.
const MAX_WAITING_STREAMS: usize = 2_000;

/// The open event streams of this process.
#[derive(Clone, Debug)]
pub struct Streams(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// The open streams: sessions first, then waiting browsers.
    open: [Mutex<Open>; 2],
    stopping: watch::Sender<Stopping>,
}

/// Whether streams must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stopping {
    No,
    /// Each stream ends at another time within this window, so that their tabs do not all connect again at once.
    Within(Duration),
    Now,
}

#[derive(Debug, Default)]
struct Open {
    per_key: HashMap<[u8; 32], usize>,
    per_address: HashMap<ClientAddress, usize>,
    total: usize,
}

/// The listener of an event stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listener {
    /// A session, by its key.
    Session([u8; 32]),
    /// A waiting, signed-out browser, by its key, with its address if known.
    Waiting([u8; 32], Option<ClientAddress>),
}

impl Listener {
    /// The listener's key, its index in `open`, and its limits: for the key, and in all.
    fn limits(self) -> ([u8; 32], usize, usize, usize) {
        match self {
            Self::Session(key) => (key, 0, PER_SESSION, MAX_STREAMS),
            Self::Waiting(key, _) => (key, 1, PER_BROWSER, MAX_WAITING_STREAMS),
        }
    }

    /// The client address whose limit applies too.
    fn address(self) -> Option<ClientAddress> {
        match self {
            Self::Session(_) => None,
            Self::Waiting(_, address) => address,
        }
    }
}

/// One open stream; dropping it makes room for another.
#[derive(Debug)]
pub struct StreamPermit {
    streams: Streams,
    listener: Listener,
    stopping: watch::Receiver<Stopping>,
}

/// The session, the browser, its address or this process has reached its limit of open streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too_many_streams")]
pub struct TooManyStreams;

impl Default for Streams {
    fn default() -> Self {
        Self(Arc::new(Inner { open: Default::default(), stopping: watch::Sender::new(Stopping::No) }))
    }
}

impl Streams {
    /// Opens a stream.
    ///
    /// # Errors
    /// [`TooManyStreams`] when a limit is reached.
    pub fn open(&self, listener: Listener) -> Result<StreamPermit, TooManyStreams> {
        let (key, place, per_key, total) = listener.limits();
        let mut open = self.0.open[place].lock().unwrap_or_else(PoisonError::into_inner);
        let own = open.per_key.get(&key).copied().unwrap_or_default();
        if own >= per_key || open.total >= total {
            return Err(TooManyStreams);
        }
        if let Some(address) = listener.address() {
            let from_there = open.per_address.entry(address).or_default();
            if *from_there >= WAITING_PER_ADDRESS {
                return Err(TooManyStreams);
            }
            *from_there += 1;
        }
        open.per_key.insert(key, own + 1);
        open.total += 1;
        Ok(StreamPermit { streams: self.clone(), listener, stopping: self.0.stopping.subscribe() })
    }

    /// The number of open streams.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.open.iter().map(|open| open.lock().unwrap_or_else(PoisonError::into_inner).total).sum()
    }

    /// Ends all streams within this time, each at another moment. Their tabs connect again, to another replica if the
    /// proxy no longer sends requests here.
    pub fn move_within(&self, window: Duration) {
        self.0.stopping.send_replace(Stopping::Within(window));
    }

    /// Ends all streams, including later ones, so that the server stops without waiting for them.
    pub fn stop(&self) {
        self.0.stopping.send_replace(Stopping::Now);
    }
}

impl StreamPermit {
    /// Returns when the stream must end, because the process is about to stop.
    pub async fn stopped(&mut self) {
        loop {
            let (key, ..) = self.listener.limits();
            let pause = match *self.stopping.borrow_and_update() {
                Stopping::No => None,
                // The keys are hashes, so they spread the streams over the window.
                Stopping::Within(window) => Some(window * u32::from(key[0]) / 256),
                Stopping::Now => Some(Duration::ZERO),
            };
            let elapsed = async {
                match pause {
                    Some(pause) => sleep(pause).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                () = elapsed => return,
                // An error means that the sender is gone, so the process can no longer announce a stop.
                changed = self.stopping.changed() => if changed.is_err() { pending::<()>().await },
            }
        }
    }
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        let (key, place, ..) = self.listener.limits();
        let mut open = self.streams.0.open[place].lock().unwrap_or_else(PoisonError::into_inner);
        open.total -= 1;
        decrement(&mut open.per_key, &key);
        if let Some(address) = self.listener.address() {
            decrement(&mut open.per_address, &address);
        }
    }
}

fn decrement<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: &K) {
    match counts.get_mut(key) {
        Some(count) if *count > 1 => *count -= 1,
        _ => {
            counts.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::TrustedProxies;

    fn key(byte: u8) -> Listener {
        Listener::Session([byte; 32])
    }

    #[test]
    fn a_session_at_its_stream_limit_does_not_block_another() {
        let streams = Streams::default();
        let mut slots: Vec<StreamPermit> = (0..PER_SESSION).map(|_| streams.open(key(1)).unwrap()).collect();
        assert_eq!(streams.open(key(1)).unwrap_err(), TooManyStreams);
        let _other = streams.open(key(2)).unwrap();
        slots.pop();
        assert!(streams.open(key(1)).is_ok());
    }

    #[test]
    fn the_process_has_a_stream_limit_and_forgets_closed_streams() {
        let streams = Streams::default();
        let mut slots = Vec::new();
        for number in 0..MAX_STREAMS {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&number.to_le_bytes());
            slots.push(streams.open(Listener::Session(bytes)).unwrap());
        }
        assert_eq!(streams.open(key(255)).unwrap_err(), TooManyStreams);
        drop(slots);
        assert!(streams.open(key(255)).is_ok());
        assert!(streams.0.open[0].lock().unwrap().per_key.is_empty());
    }

    #[test]
    fn waiting_browsers_take_no_place_from_sessions() {
        let streams = Streams::default();
        let waiting = |number: usize| {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&number.to_le_bytes());
            streams.open(Listener::Waiting(bytes, None))
        };
        let _own: Vec<StreamPermit> = (0..PER_BROWSER).map(|_| waiting(0).unwrap()).collect();
        assert!(waiting(0).is_err());
        let _all: Vec<StreamPermit> =
            (PER_BROWSER..MAX_WAITING_STREAMS).map(|number| waiting(number).unwrap()).collect();
        assert_eq!(waiting(MAX_WAITING_STREAMS).unwrap_err(), TooManyStreams);
        assert!(streams.open(key(0)).is_ok());
    }

    #[test]
    fn one_address_has_a_limit_on_waiting_streams() {
        let client = |address: &str| {
            let (mut parts, ()) = http::Request::new(()).into_parts();
            parts.extensions.insert(crate::origin::PeerAddress(format!("{address}:1").parse().unwrap()));
            TrustedProxies::default().client(&parts)
        };
        let streams = Streams::default();
        let waiting = |number: u8, address: &str| {
            let [key, count] = [number / 4, number];
            streams.open(Listener::Waiting([key; 32].map(|_| key), client(address))).map(|slot| (slot, count))
        };
        let mut slots: Vec<_> = (0..100).map(|number| waiting(number, "203.0.113.9").unwrap()).collect();
        assert!(waiting(101, "203.0.113.9").is_err());
        assert!(waiting(102, "203.0.113.10").is_ok());
        slots.pop();
        assert!(waiting(103, "203.0.113.9").is_ok());
        drop(slots);
        assert!(streams.0.open[1].lock().unwrap().per_address.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn moving_ends_streams_one_after_another_and_stopping_ends_the_rest() {
        let streams = Streams::default();
        let [mut early, mut late] = [key(0), key(255)].map(|listener| streams.open(listener).unwrap());
        let begun = tokio::time::Instant::now();
        streams.move_within(Duration::from_secs(256));
        early.stopped().await;
        assert_eq!(begun.elapsed(), Duration::ZERO);
        late.stopped().await;
        assert_eq!(begun.elapsed(), Duration::from_secs(255));
        let mut last = streams.open(key(255)).unwrap();
        streams.stop();
        last.stopped().await;
        assert_eq!(begun.elapsed(), Duration::from_secs(255));
    }

    #[tokio::test]
    async fn stopping_ends_open_and_later_streams() {
        let streams = Streams::default();
        let mut before = streams.open(key(1)).unwrap();
        streams.stop();
        before.stopped().await;
        streams.open(key(1)).unwrap().stopped().await;
    }
}
