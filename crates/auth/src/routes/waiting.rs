//! `GET /auth/events?waiting`: tells a waiting, signed-out tab that a user signed in in its browser, at any
//! app of the suite (article 4, "instantly redirecting back when any one of the tabs logs back in").
//!
//! The stream belongs to no session. It is tied to the handle by which identity knows the browser
//! ([`sign_in_events`](crate::sign_in_events)). The stream does not say which user it is, and grants nothing.

use super::events::{HEARTBEAT, answer, event};
use crate::{
    Auth, Refusal,
    events::{BusMessage, Listener, SessionEvent, StreamPermit},
    origin::{ClientAddress, Origin},
    sign_in_events::{BrowserKey, SignInElsewhere},
    silent,
};
use axum::response::{IntoResponse, Response, sse::Event};
use chrono::{DateTime, Utc};
use futures::stream;
use http::{HeaderMap, StatusCode};
use serde_json::json;
use std::convert::Infallible;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Interval, MissedTickBehavior, interval},
};

/// Opens the stream. Its events are `signed_in` `{"ticket"}` and, every 15 seconds, `heartbeat`. A ticket is
/// good for one silent sign-in (`POST /auth/come-back`) within a minute. The stream tells only of sign-ins after it
/// began, so a late event does not undo a sign-out.
///
/// Answers 204, which tells the browser not to reconnect, if the browser has no handle from identity, or if
/// the user signed out of this app only.
///
/// # Errors
/// 429 when this browser, or its address, has too many streams open.
pub(super) fn events(
    auth: Auth,
    origin: &Origin,
    headers: &HeaderMap,
    client: Option<ClientAddress>,
) -> Result<Response, Refusal> {
    let jar = auth.cookies(origin, headers);
    let browser = auth.browsers().of(jar).filter(|_| !silent::signed_out_locally(&auth, jar));
    let Some(browser) = browser else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    let permit = auth.streams().open(Listener::Waiting(*browser.as_bytes(), client))?;
    Ok(answer(stream::unfold(Waiting::new(auth, browser, permit), Waiting::next)))
}

/// One tab's stream.
struct Waiting {
    auth: Auth,
    browser: BrowserKey,
    permit: StreamPermit,
    bus: Receiver<BusMessage>,
    heartbeat: Interval,
    /// The tab waits since then. An earlier sign-in is no news: the user has signed out after it, and the event is late.
    opened_at: DateTime<Utc>,
}

impl Waiting {
    fn new(auth: Auth, browser: BrowserKey, permit: StreamPermit) -> Self {
        let bus = auth.sessions().events();
        let mut heartbeat = interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let opened_at = auth.clock().now();
        Self { auth, browser, permit, bus, heartbeat, opened_at }
    }

    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        let event = loop {
            tokio::select! {
                () = self.permit.stopped() => return None,
                heard = self.bus.recv() => match heard {
                    Ok(BusMessage::Event(SessionEvent::SignedInBrowser(browser, sign_in)))
                        if browser == self.browser && sign_in.at.is_none_or(|at| at >= self.opened_at) =>
                    {
                        let now = self.auth.clock().now();
                        let sign_in =
                            SignInElsewhere { at: sign_in.at.unwrap_or(now), provider: sign_in.provider };
                        let ticket = self.auth.browsers().ticket(&browser, sign_in);
                        break event(now, "signed_in", &json!({ "ticket": ticket }));
                    }
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return None,
                },
                _ = self.heartbeat.tick() => break event(self.auth.clock().now(), "heartbeat", &json!({})),
            }
        };
        Some((Ok(event), self))
    }
}
