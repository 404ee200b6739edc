//! Article 3's `checkSession`: a page that is open to everybody notices that its visitor is signed in at the
//! provider, without leaving it. The hidden frame goes to `GET /auth/check-session`.

use leptos::prelude::*;

/// What is known about the visitor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser finds out more"))]
enum Check {
    /// Nobody was asked yet.
    #[default]
    Idle,
    /// The frame is on its way.
    Asking,
    /// The visitor has a session now.
    SignedIn,
    /// The provider knows nobody in this browser.
    LoginRequired,
    /// Nobody can say: blocked cookies, a slow provider. This page does not ask again.
    Unavailable,
}

impl Check {
    /// For `data-check`.
    fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Asking => "asking",
            Self::SignedIn => "signed_in",
            Self::LoginRequired => "login_required",
            Self::Unavailable => "unavailable",
        }
    }

    /// Whether coming to the front is a reason to ask again.
    #[cfg(feature = "hydrate")]
    fn may_ask(self) -> bool {
        matches!(self, Self::Idle | Self::LoginRequired)
    }
}

/// Asks once the page is there, and when it comes to the front, whether its signed-out visitor is signed in
/// elsewhere in the suite; then a link offers to go on. Where browsers block the question, nothing happens.
///
/// Put it once on a public page that was written for nobody in particular.
#[island]
pub fn CheckSession(
    /// Where the page is, with its query.
    path: String,
) -> impl IntoView {
    let check = RwSignal::new(Check::default());
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| browser::watch(check));
    let offer = move || {
        (check.get() == Check::SignedIn).then(|| {
            view! {
                <div class="notice success">
                    <p>"You are signed in already. " <a href=path.clone()>"Continue"</a></p>
                </div>
            }
        })
    };
    view! {
        <div class="guard-message" role="status" data-check=move || check.get().as_str()>
            {offer}
        </div>
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use super::Check;
    use leptos::{ev, prelude::*};
    use std::{cell::RefCell, rc::Rc, time::Duration};
    use wasm_bindgen::JsCast;
    use web_sys::{HtmlElement, HtmlIFrameElement, MessageEvent};

    /// How long the frame may take.
    const PATIENCE: Duration = Duration::from_secs(5);
    /// What the frame's messages are called, and the version this page understands.
    const TYPE: &str = "check_session";
    const VERSION: f64 = 1.0;

    type Frame = Rc<RefCell<Option<HtmlIFrameElement>>>;

    pub(super) fn watch(check: RwSignal<Check>) {
        let frame = Frame::default();
        {
            let frame = frame.clone();
            let _ = window_event_listener(ev::message, move |event| {
                if let Some(answer) = answer(&event, &frame) {
                    finish(&frame);
                    check.set(answer);
                }
            });
        }
        {
            let frame = frame.clone();
            let _ = window_event_listener_untyped("visibilitychange", move |_: ev::Event| {
                if !document().hidden() {
                    ask(check, &frame);
                }
            });
        }
        ask(check, &frame);
    }

    fn ask(check: RwSignal<Check>, frame: &Frame) {
        if !check.get_untracked().may_ask() {
            return;
        }
        let Some(element) = open() else { return };
        *frame.borrow_mut() = Some(element);
        check.set(Check::Asking);
        let frame = frame.clone();
        set_timeout(
            move || {
                if check.try_get_untracked() == Some(Check::Asking) {
                    finish(&frame);
                    check.set(Check::Unavailable);
                }
            },
            PATIENCE,
        );
    }

    fn open() -> Option<HtmlIFrameElement> {
        let frame: HtmlIFrameElement = document().create_element("iframe").ok()?.dyn_into().ok()?;
        frame.set_title("Session check");
        frame.unchecked_ref::<HtmlElement>().set_hidden(true);
        frame.set_src("/auth/check-session");
        document().body()?.append_child(&frame).ok()?;
        Some(frame)
    }

    fn finish(frame: &Frame) {
        if let Some(frame) = frame.borrow_mut().take() {
            frame.remove();
        }
    }

    /// What our frame says; `None` for every message of another window, origin, kind or version.
    fn answer(event: &MessageEvent, frame: &Frame) -> Option<Check> {
        let own = frame.borrow().as_ref()?.content_window()?;
        if !js_sys::Object::is(&event.source()?.into(), &own)
            || event.origin() != window().location().origin().ok()?
        {
            return None;
        }
        let field = |name: &str| js_sys::Reflect::get(&event.data(), &name.into()).ok();
        if field("type")?.as_string()? != TYPE || field("version")?.as_f64()? != VERSION {
            return None;
        }
        match field("result")?.as_string()?.as_str() {
            "signed_in" => Some(Check::SignedIn),
            "login_required" => Some(Check::LoginRequired),
            "unavailable" => Some(Check::Unavailable),
            _ => None,
        }
    }
}
