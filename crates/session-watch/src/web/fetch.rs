//! Requests to the page's own server: same origin, never from a cache, with a timeout of five seconds.

use super::window::window;
use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, RequestCache, RequestInit, Response};

/// The timeout of a request, milliseconds.
const TIMEOUT: u32 = 5_000;

/// Sends `GET path`. Returns the response with any status; `None` if no response arrived.
pub fn get(path: &str) -> impl Future<Output = Option<Response>> + use<> {
    let init = RequestInit::new();
    init.set_cache(RequestCache::NoStore);
    send(path, &init)
}

/// Posts a form to `path`. Returns the response with any status; `None` if no response arrived.
pub(super) fn post(path: &str, form: &str) -> impl Future<Output = Option<Response>> + use<> {
    let init = RequestInit::new();
    init.set_method("POST");
    let headers = Object::new();
    let _ = Reflect::set(&headers, &"content-type".into(), &"application/x-www-form-urlencoded".into());
    init.set_headers(&headers);
    init.set_body(&form.into());
    send(path, &init)
}

fn send(path: &str, init: &RequestInit) -> impl Future<Output = Option<Response>> + use<> {
    init.set_signal(Some(&AbortSignal::timeout_with_u32(TIMEOUT)));
    let answer = JsFuture::from(window().fetch_with_str_and_init(path, init));
    async { answer.await.ok()?.dyn_into().ok() }
}

/// Reads a response's body as JSON; `None` if the body is not JSON or did not arrive.
pub async fn json(response: &Response) -> Option<JsValue> {
    JsFuture::from(response.json().ok()?).await.ok()
}

/// Reads a response's body as text; `None` if the body did not arrive.
pub async fn text(response: &Response) -> Option<String> {
    JsFuture::from(response.text().ok()?).await.ok()?.as_string()
}
