//! `GET /auth/events?waiting`: a tab that waits signed out hears that somebody signed in in its browser, at
//! whichever app of the suite (article 4, "instantly redirecting back when any one of the tabs logs back in").
//!
//! Nobody is signed in on this stream. It is tied to the handle by which identity knows the browser
//! ([`browser`](crate::sign_in_events)), says nothing about who it is, and grants nothing.

use super::events::{HEARTBEAT, answer, event};
use crate::{
    Auth, Refusal,
    events::{BusMessage, Listener, SessionEvent, StreamPermit},
    origin::{ClientAddress, Origin},
    sign_in_events::BrowserKey,
    silent,
};
use axum::response::{IntoResponse, Response, sse::Event};
use futures::stream;
use http::{HeaderMap, StatusCode};
use serde_json::json;
use std::convert::Infallible;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Interval, MissedTickBehavior, interval},
};

/// Events: `signed_in` `{"ticket"}`, which is good for one silent sign-in (`POST /auth/come-back`) within a minute;
/// `heartbeat` every 15 seconds. 204, which tells a browser not to try again, where identity never named
/// this browser, or its user left this app alone.
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
    let browser = auth.browsers().of(jar).filter(|_| !silent::left_this_app(&auth, jar));
    let Some(browser) = browser else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    let slot = auth.streams().open(Listener::Waiting(*browser.as_bytes(), client))?;
    Ok(answer(stream::unfold(Waiting::new(auth, browser, slot), Waiting::next)))
}

/// One tab's stream.
struct Waiting {
    auth: Auth,
    browser: BrowserKey,
    slot: StreamPermit,
    bus: Receiver<BusMessage>,
    heartbeat: Interval,
}

impl Waiting {
    fn new(auth: Auth, browser: BrowserKey, slot: StreamPermit) -> Self {
        let bus = auth.sessions().events();
        let mut heartbeat = interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { auth, browser, slot, bus, heartbeat }
    }

    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        let event = loop {
            tokio::select! {
                () = self.slot.stopped() => return None,
                heard = self.bus.recv() => match heard {
                    Ok(BusMessage::Event(SessionEvent::SignedInBrowser(browser))) if browser == self.browser => {
                        let ticket = self.auth.browsers().ticket(&browser);
                        break event(self.auth.clock().now(), "signed_in", &json!({ "ticket": ticket }));
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
