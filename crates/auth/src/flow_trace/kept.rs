//! Where traces are kept: in the browser while a flow is under way, and with a session.

use super::{FlowTrace, Recorder, recorder::Tagged};
use crate::{
    Auth,
    clock::Clock,
    cookie::{CookieKind, Cookies},
    origin::RequestOrigin,
    seal::{Keyring, Purpose},
    session::{CurrentSession, Session},
};
use auth_types::SessionState;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue, request::Parts};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// How long a browser keeps traces without a session, seconds.
const LIFETIME: i64 = 15 * 60;
/// Maximum size of the headers of an answer with a trace, bytes. The gate adds more headers later; nginx buffers 4 KB.
const MAX_HEADERS: usize = 3_000;
/// What the sealed traces of a browser are bound to.
const PLACE: &[u8] = b"in the browser";

/// What a browser keeps.
#[derive(Serialize, Deserialize)]
struct InBrowser {
    /// When the browser got the traces, milliseconds since the epoch.
    at: i64,
    #[serde(deserialize_with = "known")]
    traces: Vec<Tagged>,
}

/// Reads the elements that this version knows. A later version may have written other kinds of steps.
pub(crate) fn known<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let elements = Vec::<serde_json::Value>::deserialize(deserializer)?;
    Ok(elements.into_iter().filter_map(|element| serde_json::from_value(element).ok()).collect())
}

/// Returns `traces` with `new` added. A trace of the same kind is replaced.
pub(crate) fn with_trace(mut traces: Vec<FlowTrace>, new: Option<FlowTrace>) -> Vec<FlowTrace> {
    if let Some(new) = new {
        traces.retain(|old| old.kind != new.kind);
        traces.push(new);
    }
    traces
}

/// Keeps the traces of flows.
#[derive(Clone)]
pub(crate) struct FlowTraces {
    /// The app's name.
    app: Arc<str>,
    keyring: Keyring,
    clock: Clock,
}

impl FlowTraces {
    pub(crate) fn new(app: &str, keyring: Keyring, clock: Clock) -> Self {
        Self { app: app.into(), keyring, clock }
    }

    /// Returns the recorder of a request.
    pub(crate) fn recorder(&self, jar: Cookies<'_>) -> Recorder {
        Recorder::new(&self.app, self.clock.now(), self.brought(jar))
    }

    /// Returns the recorder of background work, which has no browser.
    pub(crate) fn background_recorder(&self) -> Recorder {
        Recorder::new(&self.app, self.clock.now(), Vec::new())
    }

    /// Returns the cookie that the answer of a recorded request sets. `headers` are those that the answer has already: a
    /// trace is dropped if it would make them too long.
    pub(crate) fn cookie(
        &self,
        recorder: &Recorder,
        jar: Cookies<'_>,
        headers: &HeaderMap,
    ) -> Option<HeaderValue> {
        let traces = recorder.take_for_browser()?;
        let clear = || jar.is_sent(CookieKind::Trace).then(|| jar.clear(CookieKind::Trace));
        if traces.is_empty() {
            return clear();
        }
        let plain =
            serde_json::to_vec(&InBrowser { at: self.clock.now().timestamp_millis(), traces }).ok()?;
        let sealed = URL_SAFE_NO_PAD.encode(self.keyring.seal(Purpose::Trace, PLACE, &plain));
        let cookie = jar.set(CookieKind::Trace, &sealed, Some(LIFETIME));
        let others: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        // An older trace must not stay in place of this one.
        if others + cookie.len() <= MAX_HEADERS { Some(cookie) } else { clear() }
    }

    fn brought(&self, jar: Cookies<'_>) -> Vec<Tagged> {
        let kept = jar.values(CookieKind::Trace).find_map(|value| {
            let sealed = URL_SAFE_NO_PAD.decode(value).ok()?;
            let plain = self.keyring.open(Purpose::Trace, PLACE, &sealed).ok()?;
            serde_json::from_slice::<InBrowser>(&plain).ok()
        });
        let is_fresh = |kept: &InBrowser| self.clock.now().timestamp_millis() - kept.at < LIFETIME * 1_000;
        kept.filter(is_fresh).map(|kept| kept.traces).unwrap_or_default()
    }
}

impl Auth {
    /// Returns the traces that a page may show for this request, newest first: of the visitor's session, and of the
    /// latest flows in this browser that ended without a session or are under way. Empty while `AUTH_FLOW_TRACE` is off.
    #[must_use]
    pub fn flow_traces(&self, request: &Parts) -> Vec<FlowTrace> {
        let (Some(traces), Some(RequestOrigin(origin))) = (self.traces(), request.extensions.get()) else {
            return Vec::new();
        };
        let brought = traces.brought(self.cookies(origin, &request.headers));
        let brought = brought.into_iter().map(|tagged| tagged.trace);
        let session = request.extensions.get::<CurrentSession<Session>>();
        let session = session.and_then(|current| current.as_ref().ok()).and_then(SessionState::session);
        let sealed = session.and_then(|session| self.sessions().sealed(&session.key, &session.record).ok());
        let mut found: Vec<_> =
            sealed.map(|sealed| sealed.traces).into_iter().flatten().chain(brought).collect();
        found.sort_by_key(|trace| std::cmp::Reverse(trace.began_at));
        found
    }
}

/// The part of a `state` by which a trace belongs to a flow, without revealing the `state`.
pub(super) fn tag_of(state: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(format!("trace {state}"))[..6])
}
