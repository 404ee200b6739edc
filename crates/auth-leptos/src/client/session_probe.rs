//! Shows the server's current answers about the session ([`SessionProbe`](crate::SessionProbe)).

use super::dom;
use ::session_watch::web::fetch;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlElement};

pub(super) fn start() {
    let (Some(probe), Some(button)) =
        (dom::find::<Element>(".session-probe"), dom::find::<HtmlElement>(".session-probe button"))
    else {
        return;
    };
    let probe = Rc::new(probe);
    dom::on(&button, "click", move |_| {
        let probe = probe.clone();
        spawn_local(async move { ask(&probe).await });
    });
    // The button stays disabled until its listener exists.
    let _ = button.toggle_attribute_with_force("disabled", false);
}

async fn ask(probe: &Element) {
    for place in dom::find_all(probe, "[data-ask]") {
        let path = place.get_attribute("data-ask").unwrap_or_default();
        let answer = match fetch::get(&path).await {
            Some(response) => fetch::text(&response).await,
            None => None,
        };
        place.set_text_content(Some(answer.as_deref().unwrap_or("The server did not answer.")));
    }
    let time: String = js_sys::Date::new_0().to_locale_time_string("en-GB").into();
    dom::fill(probe, "[data-time]", &time);
    for part in dom::find_all(probe, "[hidden]") {
        let _ = part.toggle_attribute_with_force("hidden", false);
    }
}
