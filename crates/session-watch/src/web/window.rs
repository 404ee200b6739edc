//! The page's globals, and its clocks.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Window};

pub(super) fn window() -> Window {
    // In a page, the global object is the window.
    js_sys::global().unchecked_into()
}

pub(super) fn document() -> Document {
    #[expect(clippy::expect_used, reason = "the window of a page has a document")]
    window().document().expect("a page")
}

/// Returns a property of an object; `undefined` if the property is missing.
pub(super) fn property(object: &JsValue, name: &str) -> JsValue {
    js_sys::Reflect::get(object, &name.into()).unwrap_or_default()
}

/// Returns the time of this machine's clock, milliseconds since 1970.
#[must_use]
pub fn now() -> i64 {
    milliseconds(js_sys::Date::now())
}

/// Returns the time of a monotonic clock that the user cannot set, milliseconds.
pub(super) fn uptime() -> i64 {
    window().performance().map_or(0, |performance| milliseconds(performance.now()))
}

/// Returns when the first byte of the page arrived, by this machine's clock; `None` if unknown.
pub(super) fn page_arrived() -> Option<i64> {
    let performance = window().performance()?;
    let entry = performance.get_entries_by_type("navigation").get(0);
    let since_start = property(&entry, "responseStart").as_f64()?;
    (since_start > 0.0).then(|| milliseconds(performance.time_origin() + since_start))
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit")]
pub(super) fn milliseconds(number: f64) -> i64 {
    number as i64
}
