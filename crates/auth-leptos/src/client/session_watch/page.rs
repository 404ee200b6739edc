//! The visible part of the watch. The server renders the markup ([`SessionWatch`](crate::SessionWatch)); this
//! module fills, shows and removes the markup.

use crate::{
    client::dom::{self, callback, document, find, window},
    dom::{cover, private_parts},
    remaining::{is_read_out, remaining, seconds_left},
};
use auth_types::{EndReason, SessionTimes, TabFacts, encode_query};
use web_sys::{Element, HtmlDialogElement, HtmlElement, HtmlFormElement};

/// The element of the page that holds the watch's messages.
#[derive(Clone)]
pub(super) struct Page(HtmlElement);

impl Page {
    /// Finds the element. Only a page rendered for a signed-in user has the element.
    pub(super) fn find() -> Option<Self> {
        find(".session-watch").map(Self)
    }

    pub(super) fn user(&self) -> String {
        self.data("data-user").unwrap_or_default()
    }

    /// Reads the facts about the session that the server wrote into the page.
    pub(super) fn facts(&self) -> TabFacts {
        let number = |name: &str| self.data(name).and_then(|text| text.parse().ok());
        TabFacts {
            times: SessionTimes {
                now: number("data-now").unwrap_or_default(),
                last_activity: number("data-last-activity").unwrap_or_default(),
                expires: number("data-expires").unwrap_or_default(),
            },
            idle_limit: number("data-idle-limit"),
            idle_warning: number("data-idle-warning").unwrap_or_default(),
            beacon_interval: number("data-beacon").unwrap_or_default(),
            hub: self.data("data-hub"),
        }
    }

    fn data(&self, name: &str) -> Option<String> {
        self.0.get_attribute(name)
    }

    /// Marks the watch as active, for tests and styles.
    pub(super) fn is_ready(&self) {
        dom::mark_ready(&self.0);
    }

    /// Removes the page's content and the user's name in the header, and shows why the session ended.
    pub(super) fn show_ended(&self, reason: EndReason) {
        self.dismiss_warning();
        for part in private_parts() {
            part.replace_children_with_node_0();
            // The explanation is the page's main part now.
            if part.local_name() == "main" {
                part.remove();
            }
        }
        document().set_title("Signed out");
        dom::show(&self.0, Some("session-ended"));
        keep_fragment();
        self.fill(".session-ended [data-reason]", reason.sentence());
        if let Some(other) = find::<HtmlElement>(".session-ended [data-other]") {
            other.set_hidden(reason != EndReason::UserChanged);
        }
        cover(false);
        // Focus forces a slow layout, so the private content is removed first.
        dom::after(0, || {
            if let Some(heading) = find::<HtmlElement>(".session-ended h1") {
                let _ = heading.focus();
            }
        });
    }

    /// Tries a silent sign-in: posts the form, which redirects to the provider and back to this page.
    pub(super) fn sign_in_silently(&self, ticket: &str) {
        let (form, field) = (".session-ended form", ".session-ended [name=ticket]");
        if let (Some(form), Some(field)) = (find::<HtmlFormElement>(form), find::<Element>(field)) {
            let _ = field.set_attribute("value", ticket);
            let _ = form.submit();
        }
    }

    /// Shows the idle warning. The browser keeps the focus inside the modal dialog and makes the page inert.
    pub(super) fn warn(&self) {
        if let Some(dialog) = dialog().filter(|dialog| !dialog.open()) {
            let _ = dialog.show_modal();
        }
    }

    /// Dismisses the idle warning.
    pub(super) fn dismiss_warning(&self) {
        if let Some(dialog) = dialog().filter(HtmlDialogElement::open) {
            dialog.close();
            self.fill("#idle-warning [role=status]", "");
        }
    }

    /// Says in the warning that the user's answer did not reach the server. The watch sends the answer again.
    pub(super) fn is_unreachable(&self) {
        self.fill("#idle-warning [role=status]", "The server does not answer. Trying again.");
    }

    /// Shows the time left. Screen readers announce it at times ([`is_read_out`]).
    pub(super) fn count_down(&self, left: i64) {
        let seconds = seconds_left(left);
        let text = remaining(seconds);
        self.fill("#idle-warning [data-left]", &text);
        if is_read_out(seconds) {
            self.fill("#idle-warning [role=status]", &[&text, " left"].concat());
        }
    }

    /// Calls `stays` when the user wants to stay: by the button, or by the Escape key.
    pub(super) fn on_stay(&self, stays: impl Fn() + 'static) {
        let Some(dialog) = dialog() else { return };
        let stays = callback(move |event| {
            // The dialog closes when the server has confirmed the answer.
            event.prevent_default();
            stays();
        });
        let _ = dialog.add_event_listener_with_callback("cancel", &stays);
        if let Some(button) = find::<Element>("#idle-warning [data-stay]") {
            let _ = button.add_event_listener_with_callback("click", &stays);
        }
    }

    /// Sets the text of an element. A text that stays is not set again: a screen reader would announce it again.
    fn fill(&self, selector: &str, text: &str) {
        if let Some(element) = find::<Element>(selector)
            && element.text_content().as_deref() != Some(text)
        {
            element.set_text_content(Some(text));
        }
    }
}

/// Adds the fragment of the page's address to the ways back to the page. The server, which wrote them, never sees a
/// fragment.
fn keep_fragment() {
    let fragment = window().location().hash().unwrap_or_default();
    let add = |selector: &str, name: &str, end: &str| {
        if let Some(element) = find::<Element>(selector)
            && let Some(value) = element.get_attribute(name)
        {
            let _ = element.set_attribute(name, &[&value, end].concat());
        }
    };
    if !fragment.is_empty() {
        // The link of the start page has no `callbackUrl`.
        add(".session-ended a.button:not([href*='?'])", "href", "?callbackUrl=%2F");
        add(".session-ended a.button", "href", &encode_query(&fragment));
        add(".session-ended [data-other]", "href", &fragment);
        add(".session-ended [name=callbackUrl]", "value", &fragment);
    }
}

fn dialog() -> Option<HtmlDialogElement> {
    find("#idle-warning")
}
