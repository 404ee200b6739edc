//! How many event streams are open, for whom, and that they end when the process does.

use crate::session::SessionKey;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::watch;

/// Streams of one session: a tab of each app that shares it, in a few windows.
const PER_SESSION: usize = 16;
/// Streams of this process.
const IN_ALL: usize = 10_000;

/// The open event streams of this process.
#[derive(Clone, Debug)]
pub struct Streams(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    open: Mutex<Open>,
    stopping: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Open {
    per_session: HashMap<SessionKey, usize>,
    in_all: usize,
}

/// One open stream; dropping it makes room for another.
#[derive(Debug)]
pub struct Slot {
    streams: Streams,
    key: SessionKey,
    stopping: watch::Receiver<bool>,
}

/// The session, or this process, has as many streams open as it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too_many_streams")]
pub struct TooManyStreams;

impl Default for Streams {
    fn default() -> Self {
        Self(Arc::new(Inner { open: Mutex::default(), stopping: watch::Sender::new(false) }))
    }
}

impl Streams {
    /// Room for one more.
    ///
    /// # Errors
    /// [`TooManyStreams`].
    pub fn open(&self, key: SessionKey) -> Result<Slot, TooManyStreams> {
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        let own = open.per_session.get(&key).copied().unwrap_or_default();
        if own >= PER_SESSION || open.in_all >= IN_ALL {
            return Err(TooManyStreams);
        }
        open.per_session.insert(key, own + 1);
        open.in_all += 1;
        Ok(Slot { streams: self.clone(), key, stopping: self.0.stopping.subscribe() })
    }

    /// Ends all streams, and any that opens later: a server that stops does not wait for them.
    pub fn stop(&self) {
        self.0.stopping.send_replace(true);
    }
}

impl Slot {
    /// Returns when the process is about to stop.
    pub async fn stopped(&mut self) {
        // An error means that nobody is left who could stop us: then never.
        if self.stopping.wait_for(|stopping| *stopping).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.streams.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.in_all -= 1;
        match open.per_session.get_mut(&self.key) {
            Some(own) if *own > 1 => *own -= 1,
            _ => {
                open.per_session.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SessionKey {
        SessionKey::from_bytes([byte; 32])
    }

    #[test]
    fn a_session_has_so_many_streams_and_another_is_not_in_its_way() {
        let streams = Streams::default();
        let mut slots: Vec<Slot> = (0..PER_SESSION).map(|_| streams.open(key(1)).unwrap()).collect();
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
            slots.push(streams.open(SessionKey::from_bytes(bytes)).unwrap());
        }
        assert_eq!(streams.open(key(255)).unwrap_err(), TooManyStreams);
        drop(slots);
        assert!(streams.open(key(255)).is_ok());
        assert!(streams.0.open.lock().unwrap().per_session.is_empty());
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
