//! The page, without ceremony. What is not there is left alone.

use js_sys::Function;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
pub use web_sys::Element;
use web_sys::{Document, Event, EventTarget, HtmlIFrameElement, HtmlTemplateElement, Window};

pub(super) fn window() -> Window {
    // What a page runs has nothing else for its global object.
    js_sys::global().unchecked_into()
}

pub(super) fn document() -> Document {
    #[expect(clippy::expect_used, reason = "the window of a page has a document")]
    window().document().expect("a page")
}

/// The first element of the page that matches.
#[must_use]
pub fn find<T: JsCast>(selector: &str) -> Option<T> {
    document().query_selector(selector).ok()??.dyn_into().ok()
}

/// All elements inside `root` that match.
pub(super) fn find_all(root: &Element, selector: &str) -> Vec<Element> {
    let Ok(found) = root.query_selector_all(selector) else { return Vec::new() };
    (0..found.length()).filter_map(|index| found.item(index)?.dyn_into().ok()).collect()
}

/// A text for the first element inside `root` that matches.
pub fn fill(root: &Element, selector: &str, text: &str) {
    if let Ok(Some(element)) = root.query_selector(selector) {
        element.set_text_content(Some(text));
    }
}

/// An attribute for the first element inside `root` that matches.
pub fn set_attribute(root: &Element, selector: &str, name: &str, value: &str) {
    if let Ok(Some(element)) = root.query_selector(selector) {
        let _ = element.set_attribute(name, value);
    }
}

/// Says, for tests and styles, that this part of the page is awake: `data-ready`.
pub fn mark_ready(part: &Element) {
    let _ = part.set_attribute("data-ready", "true");
}

/// What `root` shows from now on: what the template with this id holds, or nothing.
pub(super) fn show(root: &Element, template: Option<&str>) {
    root.replace_children_with_node_0();
    let template = template.and_then(|id| document().get_element_by_id(id));
    if let Some(template) = template.and_then(|element| element.dyn_into::<HtmlTemplateElement>().ok())
        && let Ok(copy) = template.content().clone_node_with_deep(true)
    {
        let _ = root.append_child(&copy);
    }
}

/// A frame that nobody sees, for the caller to put into the page.
pub(super) fn hidden_frame(title: &str, address: &str) -> Option<HtmlIFrameElement> {
    let frame: HtmlIFrameElement = document().create_element("iframe").ok()?.dyn_into().ok()?;
    frame.set_title(title);
    frame.set_hidden(true);
    frame.set_src(address);
    Some(frame)
}

/// Calls `does` at each such event, until the page goes away.
pub(super) fn on(target: &EventTarget, event: &str, does: impl Fn(Event) + 'static) {
    let _ = target.add_event_listener_with_callback(event, &callback(does));
}

/// A function for the browser to call with an event, as long as the page lives.
pub(super) fn callback(does: impl Fn(Event) + 'static) -> Function {
    Closure::<dyn Fn(Event)>::new(does).into_js_value().unchecked_into()
}

/// Calls `does` every so many milliseconds.
pub(super) fn every(milliseconds: i32, does: impl Fn() + 'static) {
    let does = callback(move |_| does());
    let _ = window().set_interval_with_callback_and_timeout_and_arguments_0(&does, milliseconds);
}

/// Calls `does` once, after so many milliseconds.
pub(super) fn after(milliseconds: i32, does: impl FnOnce() + 'static) {
    let does: Function = Closure::once_into_js(does).unchecked_into();
    let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&does, milliseconds);
}

/// A property of an object; `undefined` where there is none.
pub(super) fn property(object: &JsValue, name: &str) -> JsValue {
    js_sys::Reflect::get(object, &name.into()).unwrap_or_default()
}
