//! `GET /auth/events`: what happens to a session, told to its tabs as it happens.
//!
//! Server-sent events (HTML Standard §9.2). An event grants nothing: a tab that hears one asks
//! `GET /auth/session`. Nothing is stored for tabs that are away: a tab that comes back with
//! `Last-Event-ID` is told to look again.

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

/// How often a stream shows that it lives, and looks whether the session still does.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(15);
/// No two looks are closer together than this.
const SOON: Duration = Duration::from_secs(1);
/// How long before its end a session is said to expire.
const WARNING: TimeDelta = TimeDelta::seconds(60);
/// How long a browser waits before it connects again.
const RETRY: Duration = Duration::from_secs(1);

/// `GET /auth/events`.
///
/// Events, each with JSON data and the time (milliseconds since 1970) as its id: `signed_out`
/// `{"reason"}` and `user_changed` are the last of a stream; `changed` means that data or tokens are new;
/// `expiring` `{"expires"}` comes a minute before the end; `heartbeat` `{"now", "last_activity", "expires"}`
/// (milliseconds since 1970) every 15 seconds, and as soon as the user was active in another tab or app.
///
/// With `?waiting`, for a tab that waits signed out, see [`waiting`].
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
    let slot = auth.streams().open(Listener::Session(key.to_bytes()))?;
    let missed_some = parts.headers.contains_key("last-event-id");
    let watch = Watch::new(auth, key, slot, missed_some);
    Ok(answer(stream::unfold(watch, Watch::next)))
}

/// A stream as an answer.
pub(super) fn answer(events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static) -> Response {
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // A reverse proxy that collects answers before it passes them on would keep these for ever.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    (headers, Sse::new(events)).into_response()
}

/// An event with the time as its id.
pub(super) fn event(now: DateTime<Utc>, name: &str, data: &Value) -> Event {
    Event::default().event(name).id(now.timestamp_millis().to_string()).retry(RETRY).data(data.to_string())
}

/// One tab's stream.
struct Watch {
    auth: Auth,
    key: SessionKey,
    slot: StreamPermit,
    bus: Receiver<BusMessage>,
    heartbeat: Interval,
    /// The end that was announced as near.
    warned_of: Option<DateTime<Utc>>,
    /// Nothing comes after the session's end.
    is_over: bool,
    missed_some: bool,
}

impl Watch {
    fn new(auth: Auth, key: SessionKey, slot: StreamPermit, missed_some: bool) -> Self {
        // From here on nothing is missed; the first tick, which comes at once, looks at what was before.
        let bus = auth.sessions().events();
        let mut heartbeat = interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { auth, key, slot, bus, heartbeat, warned_of: None, is_over: false, missed_some }
    }

    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        if self.is_over {
            return None;
        }
        let event = loop {
            tokio::select! {
                () = self.slot.stopped() => return None,
                heard = self.bus.recv() => match heard {
                    Ok(BusMessage::Event(SessionEvent::Ended(key, reason))) if key == self.key => {
                        break self.ended(reason);
                    }
                    Ok(BusMessage::Event(SessionEvent::Changed(key))) if key == self.key => {
                        break self.event("changed", &json!({}));
                    }
                    Ok(BusMessage::Event(SessionEvent::Seen(key))) if key == self.key => {
                        // The next heartbeat, which comes at once, says since when.
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

    /// Looks at the session; says what is to be said of it, if only that the stream lives.
    async fn report(&mut self) -> Event {
        if std::mem::take(&mut self.missed_some) {
            return self.event("changed", &json!({}));
        }
        match self.auth.sessions().load(&self.key).await {
            Ok(SessionState::SignedIn(session)) => {
                // A tab that only listens uses its session too: the tokens are renewed in time.
                self.auth.refresher().renew_if_user_active(&session);
                let expires_at = session.record.expires_at;
                let left = expires_at - self.auth.clock().now();
                let is_near = left <= WARNING;
                // Not a heartbeat late at the two times that matter.
                let until = if is_near { left } else { left - WARNING }.to_std().unwrap_or_default();
                self.heartbeat.reset_after(until.max(SOON).min(HEARTBEAT));
                if is_near && self.warned_of != Some(expires_at) {
                    self.warned_of = Some(expires_at);
                    // What tabs count by comes right after it.
                    self.heartbeat.reset_immediately();
                    return self.event("expiring", &json!({ "expires": rfc3339(expires_at) }));
                }
                self.event("heartbeat", &json!(self.auth.sessions().times(&session.record)))
            }
            Ok(SessionState::SignedOut(reason)) => self.ended(reason.unwrap_or(EndReason::Expired)),
            // A store in trouble signs no user out.
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
