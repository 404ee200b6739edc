//! What the visitor sees of it. The markup is the server's ([`SessionWatch`](crate::SessionWatch)); here it is
//! shown, filled in and taken away.

use crate::{
    client::dom::{self, callback, document, find},
    remaining::remaining,
};
use auth_types::{EndReason, SessionTimes, TabFacts};
use web_sys::{Element, HtmlDialogElement, HtmlElement, HtmlFormElement};

/// On `<html>` while the page is covered.
const VEILED: &str = "data-veiled";
/// The seconds at which the time left is read out.
const READ_OUT: [i64; 4] = [60, 30, 10, 5];

/// The part of the page that the watch shows itself in.
#[derive(Clone)]
pub(super) struct Page(HtmlElement);

impl Page {
    /// There is one where the page was written for a signed-in user.
    pub(super) fn find() -> Option<Self> {
        find(".session-watch").map(Self)
    }

    pub(super) fn user(&self) -> String {
        self.data("data-user").unwrap_or_default()
    }

    /// What the server wrote into the page about its session.
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

    /// Says that the tab watches now.
    pub(super) fn is_ready(&self) {
        dom::mark_ready(&self.0);
    }

    /// Covers the page, or uncovers it.
    pub(super) fn cover(&self, is_covered: bool) {
        if let Some(root) = document().document_element() {
            let _ = root.toggle_attribute_with_force(VEILED, is_covered);
        }
    }

    /// Takes away what only the user may see, which is the page's content and their name in the header, and
    /// says why.
    pub(super) fn show_ended(&self, reason: EndReason) {
        self.dismiss_warning();
        for selector in ["main", ".site-header .account"] {
            if let Some(element) = find::<Element>(selector) {
                element.replace_children_with_node_0();
            }
        }
        document().set_title("Signed out");
        dom::show(&self.0, Some("session-ended"));
        self.fill(".session-ended [data-reason]", reason.sentence());
        if let Some(other) = find::<HtmlElement>(".session-ended [data-other]") {
            other.set_hidden(reason != EndReason::UserChanged);
        }
        self.cover(false);
        // Focus asks for the layout, which takes its time: what must go is gone first.
        dom::after(0, || {
            if let Some(heading) = find::<HtmlElement>(".session-ended h1") {
                let _ = heading.focus();
            }
        });
    }

    /// Tries a silent sign-in: the form leads past the provider and back to this page.
    pub(super) fn sign_in_silently(&self, ticket: &str) {
        let (form, field) = (".session-ended form", ".session-ended [name=ticket]");
        if let (Some(form), Some(field)) = (find::<HtmlFormElement>(form), find::<Element>(field)) {
            let _ = field.set_attribute("value", ticket);
            let _ = form.submit();
        }
    }

    /// Warns of the idle limit. The browser keeps the focus inside the dialog and the page out of reach.
    pub(super) fn warn(&self) {
        if let Some(dialog) = dialog().filter(|dialog| !dialog.open()) {
            let _ = dialog.show_modal();
        }
    }

    /// Stops warning.
    pub(super) fn dismiss_warning(&self) {
        if let Some(dialog) = dialog().filter(HtmlDialogElement::open) {
            dialog.close();
            self.fill("#idle-warning [role=status]", "");
        }
    }

    /// The server could not be told that the user stays: the warning says so, and it is tried again.
    pub(super) fn is_unreachable(&self) {
        self.fill("#idle-warning [role=status]", "The server does not answer. Trying again.");
    }

    /// Shows how long there is left; reads it out a few times.
    pub(super) fn count_down(&self, left: i64) {
        let seconds = (left.max(0) + 999) / 1_000;
        let text = remaining(seconds);
        self.fill("#idle-warning [data-left]", &text);
        if READ_OUT.contains(&seconds) {
            self.fill("#idle-warning [role=status]", &[&text, " left"].concat());
        }
    }

    /// Calls `stays` when the user answers that they want to stay. The Escape key says so too.
    pub(super) fn on_stay(&self, stays: impl Fn() + 'static) {
        let Some(dialog) = dialog() else { return };
        let stays = callback(move |event| {
            // The dialog closes when the server has heard the answer.
            event.prevent_default();
            stays();
        });
        let _ = dialog.add_event_listener_with_callback("cancel", &stays);
        if let Some(button) = find::<Element>("#idle-warning [data-stay]") {
            let _ = button.add_event_listener_with_callback("click", &stays);
        }
    }

    fn fill(&self, selector: &str, text: &str) {
        if let Some(element) = find::<Element>(selector) {
            element.set_text_content(Some(text));
        }
    }
}

fn dialog() -> Option<HtmlDialogElement> {
    find("#idle-warning")
}
