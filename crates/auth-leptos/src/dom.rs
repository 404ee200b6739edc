//! The DOM helpers that both browser builds use.

use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{AddEventListenerOptions, Document, Element, Event, EventTarget, HtmlIFrameElement, Window};

pub(crate) fn window() -> Window {
    // In a page, the global object is the window.
    js_sys::global().unchecked_into()
}

pub(crate) fn document() -> Document {
    #[expect(clippy::expect_used, reason = "the window of a page has a document")]
    window().document().expect("a page")
}

/// The attribute of `<html>` while the page is covered.
const COVERED: &str = "data-veiled";

/// Covers the page, or uncovers it.
pub(crate) fn cover(is_covered: bool) {
    if let Some(root) = document().document_element() {
        let _ = root.toggle_attribute_with_force(COVERED, is_covered);
    }
}

/// Returns the parts of the page that the server rendered for the signed-in user.
#[cfg(any(feature = "islands", feature = "watch"))]
pub(crate) fn private_parts() -> Vec<Element> {
    all("main, [data-signed-in]")
}

/// Returns all elements of the page that match `selector`.
pub(crate) fn all(selector: &str) -> Vec<Element> {
    let Ok(found) = document().query_selector_all(selector) else { return Vec::new() };
    (0..found.length()).filter_map(|index| found.item(index)?.dyn_into().ok()).collect()
}

/// Creates a hidden frame. The caller adds the frame to the page.
pub(crate) fn hidden_frame(title: &str, address: &str) -> Option<HtmlIFrameElement> {
    let frame: HtmlIFrameElement = document().create_element("iframe").ok()?.dyn_into().ok()?;
    frame.set_title(title);
    frame.set_hidden(true);
    frame.set_src(address);
    Some(frame)
}

/// Calls `does` once, after this many milliseconds.
pub(crate) fn after(milliseconds: i32, does: impl FnOnce() + 'static) {
    let does: js_sys::Function = Closure::once_into_js(does).unchecked_into();
    let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&does, milliseconds);
}

/// Returns a property of an object; `undefined` if the property is missing.
pub(crate) fn property(object: &JsValue, name: &str) -> JsValue {
    js_sys::Reflect::get(object, &name.into()).unwrap_or_default()
}

/// A listener for an event, removed on drop.
pub(crate) struct Listener {
    target: EventTarget,
    event: &'static str,
    is_capturing: bool,
    callback: Closure<dyn Fn(Event)>,
}

impl Listener {
    pub(crate) fn new(target: &EventTarget, event: &'static str, does: impl Fn(Event) + 'static) -> Self {
        Self::add(target, event, false, does)
    }

    /// A listener that is called before the listeners of the elements inside `target`.
    #[cfg(feature = "hydrate")]
    pub(crate) fn capturing(
        target: &EventTarget,
        event: &'static str,
        does: impl Fn(Event) + 'static,
    ) -> Self {
        Self::add(target, event, true, does)
    }

    fn add(
        target: &EventTarget,
        event: &'static str,
        is_capturing: bool,
        does: impl Fn(Event) + 'static,
    ) -> Self {
        let callback = Closure::<dyn Fn(Event)>::new(does);
        let options = AddEventListenerOptions::new();
        options.set_capture(is_capturing);
        let function = callback.as_ref().unchecked_ref();
        let _ =
            target.add_event_listener_with_callback_and_add_event_listener_options(event, function, &options);
        Self { target: target.clone(), event, is_capturing, callback }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let function = self.callback.as_ref().unchecked_ref();
        let _ =
            self.target.remove_event_listener_with_callback_and_bool(self.event, function, self.is_capturing);
    }
}
