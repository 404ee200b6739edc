//! `GET /auth/events`: tells the tabs of a session what happens to it.
//!
//! The stream consists of server-sent events (HTML Standard §9.2). An event grants nothing: a tab that hears
//! one asks `GET /auth/session`. Events are not stored for tabs that are away. A tab that comes back with
//! `Last-Event-ID` gets `changed`, so that it asks again.

use super::waiting;
use crate::{
    Auth, Refusal,
    events::{BusMessage, Listener, SessionEvent, StreamPermit},
    origin::RequestOrigin,
    session::{Session, SessionKey, rfc3339},
};
use auth_types::{CurrentSession, EndReason, SessionState};
use axum::{
    Extension,
    extract::State,
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use futures::stream::{self, Stream};
use http::{HeaderName, HeaderValue, header, request::Parts};
use serde_json::{Value, json};
use std::{convert::Infallible, time::Duration};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Interval, MissedTickBehavior, interval},
};

/// How often a stream sends a heartbeat and checks its session.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(15);
/// Minimum time between two checks of a session.
const MIN_CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// How long before the session's end the `expiring` event comes.
const EXPIRY_WARNING: TimeDelta = TimeDelta::seconds(60);
/// How long a browser waits before it connects again.
const RETRY: Duration = Duration::from_secs(1);

/// `GET /auth/events`.
///
/// Each event has JSON data, and the time (milliseconds since 1970) as its id:
///
/// - `signed_out` `{"reason"}` and `user_changed` are the last of a stream.
/// - `changed` means that data or tokens are new.
/// - `expiring` `{"expires"}` comes a minute before the end.
/// - `heartbeat` `{"now", "last_activity", "expires"}` (milliseconds since 1970) comes every 15 seconds, and
///   as soon as the user was active in another tab or app.
///
/// With `?waiting`, the stream is for a waiting, signed-out tab; see [`waiting`].
///
/// # Errors
/// 401 signed out; 429 when the session has too many streams open; 503 when the store is down.
pub(super) async fn events(
    State(auth): State<Auth>,
    Extension(current): Extension<CurrentSession<Session>>,
    RequestOrigin(origin): RequestOrigin,
    parts: Parts,
) -> Result<Response, Refusal> {
    if parts.uri.query() == Some("waiting") {
        let client = auth.trusted_proxies().client(&parts);
        return waiting::events(auth, &origin, &parts.headers, client);
    }
    let key = match current? {
        SessionState::SignedIn(session) => session.key,
        SessionState::SignedOut(_) => return Err(Refusal::signed_out()),
    };
    let permit = auth.streams().open(Listener::Session(key.to_bytes()))?;
    let missed_some = parts.headers.contains_key("last-event-id");
    let watch = SessionStream::new(auth, key, permit, missed_some);
    Ok(answer(stream::unfold(watch, SessionStream::next)))
}

/// Answers with a stream.
pub(super) fn answer(events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static) -> Response {
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // A reverse proxy that buffers answers would never pass on the events.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    (headers, Sse::new(events)).into_response()
}

/// Builds an event with the time as its id.
pub(super) fn event(now: DateTime<Utc>, name: &str, data: &Value) -> Event {
    Event::default().event(name).id(now.timestamp_millis().to_string()).retry(RETRY).data(data.to_string())
}

/// One tab's stream.
struct SessionStream {
    auth: Auth,
    key: SessionKey,
    permit: StreamPermit,
    bus: Receiver<BusMessage>,
    heartbeat: Interval,
    /// The expiry that the tab was told of.
    warned_of: Option<DateTime<Utc>>,
    /// Whether the session's end was sent, after which the stream ends.
    is_over: bool,
    missed_some: bool,
}

impl SessionStream {
    fn new(auth: Auth, key: SessionKey, permit: StreamPermit, missed_some: bool) -> Self {
        // Subscribe first, so that no event is missed. The first tick comes at once and reports the current
        // state.
        let bus = auth.sessions().events();
        let mut heartbeat = interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { auth, key, permit, bus, heartbeat, warned_of: None, is_over: false, missed_some }
    }

    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        if self.is_over {
            return None;
        }
        let event = loop {
            tokio::select! {
                () = self.permit.stopped() => return None,
                heard = self.bus.recv() => match heard {
                    Ok(BusMessage::Event(SessionEvent::Ended(key, reason))) if key == self.key => {
                        break self.ended(reason);
                    }
                    Ok(BusMessage::Event(SessionEvent::Changed(key))) if key == self.key => {
                        break self.event("changed", &json!({}));
                    }
                    Ok(BusMessage::Event(SessionEvent::Seen(key))) if key == self.key => {
                        // The next heartbeat comes at once and carries the new times.
                        self.auth.sessions().forget(&key);
                        self.heartbeat.reset_immediately();
                    }
                    Ok(BusMessage::Event(_)) => {}
                    Ok(BusMessage::Lagged) | Err(RecvError::Lagged(_)) => self.heartbeat.reset_immediately(),
                    Err(RecvError::Closed) => return None,
                },
                _ = self.heartbeat.tick() => break self.report().await,
            }
        };
        Some((Ok(event), self))
    }

    /// Checks the session, and returns the event to send: at least a heartbeat.
    async fn report(&mut self) -> Event {
        if std::mem::take(&mut self.missed_some) {
            return self.event("changed", &json!({}));
        }
        match self.auth.sessions().load(&self.key).await {
            Ok(SessionState::SignedIn(session)) => {
                // A tab that only listens uses its session too, so the tokens are renewed in time.
                self.auth.refresher().renew_if_user_active(&session);
                let expires_at = session.record.expires_at;
                let left = expires_at - self.auth.clock().now();
                let is_near = left <= EXPIRY_WARNING;
                // Wake up exactly at the warning and at the expiry.
                let until = if is_near { left } else { left - EXPIRY_WARNING }.to_std().unwrap_or_default();
                self.heartbeat.reset_after(until.max(MIN_CHECK_INTERVAL).min(HEARTBEAT));
                if is_near && self.warned_of != Some(expires_at) {
                    self.warned_of = Some(expires_at);
                    // The times follow at once, in a heartbeat.
                    self.heartbeat.reset_immediately();
                    return self.event("expiring", &json!({ "expires": rfc3339(expires_at) }));
                }
                self.event("heartbeat", &json!(self.auth.sessions().times(&session.record)))
            }
            Ok(SessionState::SignedOut(reason)) => self.ended(reason.unwrap_or(EndReason::Expired)),
            // A failure of the store signs no user out.
            Err(_) => self.event("heartbeat", &json!({})),
        }
    }

    fn ended(&mut self, reason: EndReason) -> Event {
        self.is_over = true;
        match reason {
            EndReason::UserChanged => self.event("user_changed", &json!({})),
            _ => self.event("signed_out", &json!({ "reason": reason.as_str() })),
        }
    }

    fn event(&self, name: &str, data: &Value) -> Event {
        event(self.auth.clock().now(), name, data)
    }
}
