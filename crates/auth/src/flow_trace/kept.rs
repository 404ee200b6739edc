//! Where traces are kept: in the browser while a flow is under way, and with a session.

use super::{FlowTrace, Recorder, recorder::Tagged};
use crate::{
    Auth,
    cookie::{CookieKind, Cookies},
    origin::RequestOrigin,
    seal::{Keyring, Purpose},
    session::{CurrentSession, Session, Tokens},
};
use auth_types::SessionState;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue, request::Parts};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How long a browser keeps traces without a session, seconds.
const LIFETIME: i64 = 15 * 60;
/// The most that the headers of an answer may have together with a trace, bytes: with the headers that follow, they fit
/// into the buffers of common proxies (nginx has 4 KB).
const MAX_HEADERS: usize = 3_000;
/// What the sealed traces of a browser are bound to.
const PLACE: &[u8] = b"in the browser";

/// What a session's sealed part contains: its tokens, and the traces of its sign-in and of its last refresh.
#[derive(Serialize, Deserialize)]
pub(crate) struct Sealed {
    #[serde(flatten)]
    pub(crate) tokens: Tokens,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) traces: Vec<FlowTrace>,
}

impl Sealed {
    /// The traces with `new` added. A trace of the same kind is replaced.
    pub(crate) fn with_trace(mut traces: Vec<FlowTrace>, new: Option<FlowTrace>) -> Vec<FlowTrace> {
        if let Some(new) = new {
            traces.retain(|old| old.kind != new.kind);
            traces.push(new);
        }
        traces
    }
}

/// Keeps the traces of flows.
#[derive(Clone)]
pub(crate) struct FlowTraces {
    keyring: Keyring,
}

impl FlowTraces {
    pub(crate) fn new(keyring: Keyring) -> Self {
        Self { keyring }
    }

    /// Returns the recorder of a request.
    pub(crate) fn recorder(&self, auth: &Auth, jar: Cookies<'_>) -> Recorder {
        Recorder::new(auth.app_name(), auth.clock().now(), self.brought(jar))
    }

    /// Returns the cookie that the answer of a recorded request sets. `headers` are those that the answer has already: a
    /// trace is dropped if it would make them too long.
    pub(crate) fn cookie(
        &self,
        recorder: &Recorder,
        jar: Cookies<'_>,
        headers: &HeaderMap,
    ) -> Option<HeaderValue> {
        let traces = recorder.in_browser()?;
        if traces.is_empty() {
            return Some(jar.clear(CookieKind::Trace));
        }
        let plain = serde_json::to_vec(&traces).ok()?;
        let sealed = URL_SAFE_NO_PAD.encode(self.keyring.seal(Purpose::Trace, PLACE, &plain));
        let cookie = jar.set(CookieKind::Trace, &sealed, Some(LIFETIME));
        let others: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        (others + cookie.len() <= MAX_HEADERS).then_some(cookie)
    }

    fn brought(&self, jar: Cookies<'_>) -> Vec<Tagged> {
        let traces = jar.values(CookieKind::Trace).find_map(|value| {
            let sealed = URL_SAFE_NO_PAD.decode(value).ok()?;
            let plain = self.keyring.open(Purpose::Trace, PLACE, &sealed).ok()?;
            serde_json::from_slice(&plain).ok()
        });
        traces.unwrap_or_default()
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
