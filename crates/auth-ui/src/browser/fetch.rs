//! The requests of what runs in the browser: same origin, never from a cache, never for longer than a few seconds.

use super::dom::window;
use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, RequestCache, RequestInit, Response};

/// After this many milliseconds an answer is no longer waited for.
const PATIENCE_MS: u32 = 5_000;

/// The response to `GET path`, whatever its status; `None` when there was none.
pub(super) async fn get(path: &str) -> Option<Response> {
    let init = RequestInit::new();
    init.set_cache(RequestCache::NoStore);
    send(path, &init).await
}

/// The response to a form posted to `path`, whatever its status; `None` when there was none.
pub(super) async fn post(path: &str, form: &str) -> Option<Response> {
    let init = RequestInit::new();
    init.set_method("POST");
    let headers = Object::new();
    let _ = Reflect::set(&headers, &"content-type".into(), &"application/x-www-form-urlencoded".into());
    init.set_headers(&headers);
    init.set_body(&form.into());
    send(path, &init).await
}

async fn send(path: &str, init: &RequestInit) -> Option<Response> {
    init.set_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE_MS)));
    let answer = window().fetch_with_str_and_init(path, init);
    JsFuture::from(answer).await.ok()?.dyn_into().ok()
}

/// The body of a response as JSON.
pub(super) async fn json(response: &Response) -> Option<JsValue> {
    JsFuture::from(response.json().ok()?).await.ok()
}

/// The body of a response as text.
pub(super) async fn text(response: &Response) -> Option<String> {
    JsFuture::from(response.text().ok()?).await.ok()?.as_string()
}
