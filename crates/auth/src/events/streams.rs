//! How many event streams are open, for whom, and that they end when the process does.

use crate::origin::ClientAddress;
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::watch;

/// Streams of one session: a tab of each app that shares it, in a few windows.
const PER_SESSION: usize = 16;
/// Streams of all sessions in this process.
const IN_ALL: usize = 10_000;
/// Streams of one browser that waits signed out.
const PER_BROWSER: usize = 4;
/// Streams of all browsers that wait behind one address: an office has many, one visitor must not have all.
const WAITING_PER_ADDRESS: usize = 100;
/// Streams of all browsers that wait: none has shown who it is, so they must not take the place of the others.
const WAITING_IN_ALL: usize = 2_000;

/// The open event streams of this process.
#[derive(Clone, Debug)]
pub struct Streams(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Of sessions, and of browsers that wait.
    open: [Mutex<Open>; 2],
    stopping: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Open {
    per_key: HashMap<[u8; 32], usize>,
    per_address: HashMap<ClientAddress, usize>,
    in_all: usize,
}

/// Who listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listener {
    /// A session, by its key.
    Session([u8; 32]),
    /// A browser that waits signed out, by its key, and where it is, if that is known.
    Waiting([u8; 32], Option<ClientAddress>),
}

impl Listener {
    /// Its key, its place, and how many there may be of it and in all.
    fn limits(self) -> ([u8; 32], usize, usize, usize) {
        match self {
            Self::Session(key) => (key, 0, PER_SESSION, IN_ALL),
            Self::Waiting(key, _) => (key, 1, PER_BROWSER, WAITING_IN_ALL),
        }
    }

    /// Whose share it is part of, beside that of its key.
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
    stopping: watch::Receiver<bool>,
}

/// The session or browser, or this process, has as many streams open as it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too_many_streams")]
pub struct TooManyStreams;

impl Default for Streams {
    fn default() -> Self {
        Self(Arc::new(Inner { open: Default::default(), stopping: watch::Sender::new(false) }))
    }
}

impl Streams {
    /// Room for one more.
    ///
    /// # Errors
    /// [`TooManyStreams`].
    pub fn open(&self, listener: Listener) -> Result<StreamPermit, TooManyStreams> {
        let (key, place, per_key, in_all) = listener.limits();
        let mut open = self.0.open[place].lock().unwrap_or_else(PoisonError::into_inner);
        let own = open.per_key.get(&key).copied().unwrap_or_default();
        if own >= per_key || open.in_all >= in_all {
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
        open.in_all += 1;
        Ok(StreamPermit { streams: self.clone(), listener, stopping: self.0.stopping.subscribe() })
    }

    /// Ends all streams, and any that opens later: a server that stops does not wait for them.
    pub fn stop(&self) {
        self.0.stopping.send_replace(true);
    }
}

impl StreamPermit {
    /// Returns when the process is about to stop.
    pub async fn stopped(&mut self) {
        // An error means that nobody is left who could stop us: then never.
        if self.stopping.wait_for(|stopping| *stopping).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        let (key, place, ..) = self.listener.limits();
        let mut open = self.streams.0.open[place].lock().unwrap_or_else(PoisonError::into_inner);
        open.in_all -= 1;
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
    fn a_session_has_so_many_streams_and_another_is_not_in_its_way() {
        let streams = Streams::default();
        let mut slots: Vec<StreamPermit> = (0..PER_SESSION).map(|_| streams.open(key(1)).unwrap()).collect();
        assert_eq!(streams.open(key(1)).unwrap_err(), TooManyStreams);
        let _other = streams.open(key(2)).unwrap();
        slots.pop();
        assert!(streams.open(key(1)).is_ok());
    }

    #[test]
    fn the_process_has_so_many_and_closed_ones_leave_nothing_behind() {
        let streams = Streams::default();
        let mut slots = Vec::new();
        for number in 0..IN_ALL {
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
    fn those_who_wait_signed_out_take_no_place_of_those_who_are_signed_in() {
        let streams = Streams::default();
        let waiting = |number: usize| {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&number.to_le_bytes());
            streams.open(Listener::Waiting(bytes, None))
        };
        let _own: Vec<StreamPermit> = (0..PER_BROWSER).map(|_| waiting(0).unwrap()).collect();
        assert!(waiting(0).is_err());
        let _all: Vec<StreamPermit> =
            (PER_BROWSER..WAITING_IN_ALL).map(|number| waiting(number).unwrap()).collect();
        assert_eq!(waiting(WAITING_IN_ALL).unwrap_err(), TooManyStreams);
        assert!(streams.open(key(0)).is_ok());
    }

    #[test]
    fn one_address_has_its_share_of_those_who_wait_and_no_more() {
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

    #[tokio::test]
    async fn stopping_ends_those_that_are_open_and_those_that_come_later() {
        let streams = Streams::default();
        let mut before = streams.open(key(1)).unwrap();
        streams.stop();
        before.stopped().await;
        streams.open(key(1)).unwrap().stopped().await;
    }
}
