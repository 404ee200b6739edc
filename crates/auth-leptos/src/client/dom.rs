//! Small DOM helpers. Missing elements are ignored.

use js_sys::Function;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, Event, EventTarget, HtmlTemplateElement};

pub(super) use crate::dom::{after, document, window};

/// Returns the first element of the page that matches `selector`.
pub(super) fn find<T: JsCast>(selector: &str) -> Option<T> {
    document().query_selector(selector).ok()??.dyn_into().ok()
}

/// Sets the text of the first element inside `root` that matches `selector`.
pub(super) fn fill(root: &Element, selector: &str, text: &str) {
    if let Ok(Some(element)) = root.query_selector(selector) {
        element.set_text_content(Some(text));
    }
}

/// Sets an attribute of the first element inside `root` that matches `selector`.
pub(super) fn set_attribute(root: &Element, selector: &str, name: &str, value: &str) {
    if let Ok(Some(element)) = root.query_selector(selector) {
        let _ = element.set_attribute(name, value);
    }
}

/// Sets `data-ready`, which tells tests and styles that this part of the page is active.
pub(super) fn mark_ready(part: &Element) {
    let _ = part.set_attribute("data-ready", "true");
}

/// Replaces the content of `root` with the content of the template with this id, or with nothing.
pub(super) fn show(root: &Element, template: Option<&str>) {
    root.replace_children_with_node_0();
    let template = template.and_then(|id| document().get_element_by_id(id));
    if let Some(template) = template.and_then(|element| element.dyn_into::<HtmlTemplateElement>().ok())
        && let Ok(copy) = template.content().clone_node_with_deep(true)
    {
        let _ = root.append_child(&copy);
    }
}

/// Calls `does` at each `event` of `target`, until the page unloads.
pub(super) fn on(target: &EventTarget, event: &str, does: impl Fn(Event) + 'static) {
    let _ = target.add_event_listener_with_callback(event, &callback(does));
}

/// Creates a function that the browser can call with an event, until the page unloads.
pub(super) fn callback(does: impl Fn(Event) + 'static) -> Function {
    Closure::<dyn Fn(Event)>::new(does).into_js_value().unchecked_into()
}
