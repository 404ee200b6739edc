//! The requests to the server, and its answers. The code reads answers field by field, because a JSON parser
//! would cost a page more than all other code here.

use super::{
    fetch,
    sink::EventSink,
    window::{milliseconds, property},
};
use crate::{Event, SessionAnswer, TimesAnswer};
use auth_types::SessionTimes;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::Response;

/// A session, as `GET /auth/session` returns it.
#[derive(Clone, Debug)]
pub struct SessionView {
    user_id: String,
    user: JsValue,
    body: JsValue,
}

impl SessionView {
    /// Returns the id of the session's user.
    #[must_use]
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// Returns the session as JSON, for a page that parses it.
    #[must_use]
    pub fn to_json(&self) -> Option<String> {
        js_sys::JSON::stringify(&self.body).ok().map(String::from)
    }

    /// Returns a field of the user, which may be public data of the app; `undefined` if the field is missing.
    #[must_use]
    pub fn user_field(&self, name: &str) -> JsValue {
        property(&self.user, name)
    }
}

/// Requests the current session from `path` ([`Endpoints::session`](crate::Endpoints)).
///
/// Returns `Some(None)` without a session, and `None` if the server does not answer or the answer is
/// unreadable. The request does not extend the session.
pub async fn session(path: &str) -> Option<Option<SessionView>> {
    let response = fetch::get(path).await.filter(Response::ok)?;
    let body = fetch::json(&response).await?;
    if body.is_null() {
        return Some(None);
    }
    let user = property(&body, "user");
    let user_id = property(&user, "id").as_string()?;
    Some(Some(SessionView { user_id, user, body }))
}

/// Requests the current session. Passes a clear answer to `told`, and then every answer to `sink`.
pub(super) fn ask_session(
    path: &'static str,
    told: impl FnOnce(Option<&SessionView>) + 'static,
    sink: EventSink,
) {
    spawn_local(async move {
        let answer = session(path).await;
        if let Some(session) = &answer {
            told(session.as_ref());
        }
        sink.send(Event::Session(match answer {
            Some(Some(session)) => SessionAnswer::SignedIn(session.user_id),
            Some(None) => SessionAnswer::SignedOut,
            None => SessionAnswer::Missing,
        }));
    });
}

/// Reports that the user was active so many milliseconds ago.
pub(super) fn send_activity(path: &str, ago: i64, sink: EventSink) {
    post(path, &["ago=", &ago.to_string()].concat(), sink, |_, answer| Event::Activity(answer));
}

/// Asks the server to end an idle session.
pub(super) fn end_idle(path: &str, last_activity: i64, sink: EventSink) {
    let form = ["last_activity=", &last_activity.to_string()].concat();
    post(path, &form, sink, |is_ok, answer| match answer {
        _ if is_ok => Event::IdleEnded,
        // 409: the server knows of newer activity; the body has its time.
        answer => Event::IdleRefused(answer),
    });
}

/// Posts a form, and sends an event to `sink`. `read` makes the event from the answer: whether the status is
/// a success, and the session's times in the body.
fn post(path: &str, form: &str, sink: EventSink, read: fn(bool, TimesAnswer) -> Event) {
    let response = fetch::post(path, form);
    spawn_local(async move {
        let response = response.await;
        let is_ok = response.as_ref().is_some_and(Response::ok);
        let body = match &response {
            Some(response) => fetch::json(response).await,
            None => None,
        };
        let answer = match body {
            Some(body) if body.is_null() => TimesAnswer::Ended,
            body => body.as_ref().and_then(times).map_or(TimesAnswer::Missing, TimesAnswer::Times),
        };
        sink.send(read(is_ok, answer));
    });
}

/// Reads the session's times from a JSON object.
pub(super) fn times(object: &JsValue) -> Option<SessionTimes> {
    let number = |name| property(object, name).as_f64().map(milliseconds);
    Some(SessionTimes {
        now: number("now")?,
        last_activity: number("last_activity")?,
        expires: number("expires")?,
    })
}
