//! The browser's side: channel, stream and page, around the pure [`Watch`].

use super::stream;
use crate::{
    islands::fetch,
    watch::{News, Todo, Watch},
};
use auth_types::EndReason;
use leptos::{ev::Event, prelude::*, task::spawn_local};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

/// The channel between the tabs of this origin. The version is in the name: tabs of two versions of the app
/// do not understand each other, and need not.
const CHANNEL: &str = "session/1";
/// What the stream says when data or times of the session changed; pages may listen for it on the window.
pub(in crate::islands) const CHANGED: &str = "session-changed";
/// A message is a kind and one detail: far shorter than this.
const LONGEST: u32 = 300;

/// One tab.
#[derive(Clone)]
pub(super) struct Tab(Rc<Inner>);

struct Inner {
    watch: RefCell<Watch>,
    ended: RwSignal<Option<EndReason>>,
    /// `None` in a browser without it: then each tab listens for itself.
    channel: Option<BroadcastChannel>,
}

/// Begins to watch, until the page goes away.
pub(super) fn watch(user: &str, ended: RwSignal<Option<EndReason>>) {
    let channel = BroadcastChannel::new(CHANNEL).ok();
    let tab = Tab(Rc::new(Inner { watch: RefCell::new(Watch::new(user.to_owned())), ended, channel }));
    tab.listen_to_tabs();
    tab.post("signed_in", user);
    for sign in ["visibilitychange", "pageshow", "online"] {
        let tab = tab.clone();
        let _ = window_event_listener_untyped(sign, move |_: Event| {
            if !document().hidden() {
                tab.hear(News::Woke);
            }
        });
    }
    stream::lead(tab);
}

impl Tab {
    /// Whether this tab still shows a session.
    pub(super) fn is_live(&self) -> bool {
        self.0.ended.get_untracked().is_none()
    }

    /// Takes in news from the stream, and passes it on to the other tabs.
    pub(super) fn hear_from_server(&self, kind: &str, detail: &str) {
        self.post(kind, detail);
        self.hear_message(kind, detail);
    }

    /// Takes in a piece of news.
    pub(super) fn hear(&self, news: News) {
        let todo = self.0.watch.borrow_mut().hear(news);
        match todo {
            None => {}
            Some(Todo::Ask) => {
                let tab = self.clone();
                spawn_local(async move {
                    if let Some(user) = ask().await {
                        tab.hear(News::Answer(user));
                    }
                });
            }
            Some(Todo::ShowEnded(reason)) => {
                take_content_away();
                self.0.ended.set(Some(reason));
            }
            Some(Todo::Reload) => {
                let _ = window().location().reload();
            }
        }
    }

    fn hear_message(&self, kind: &str, detail: &str) {
        match kind {
            "signed_out" => self.hear(News::Ended(EndReason::parse(detail))),
            "user_changed" => self.hear(News::Ended(Some(EndReason::UserChanged))),
            "signed_in" => self.hear(News::SignedIn(detail.to_owned())),
            "changed" => {
                if let Ok(event) = Event::new(CHANGED) {
                    let _ = window().dispatch_event(&event);
                }
            }
            // Another version's, or nobody's.
            _ => {}
        }
    }

    fn listen_to_tabs(&self) {
        let Some(channel) = &self.0.channel else { return };
        let tab = self.clone();
        let heard = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            let message = event.data().dyn_into::<js_sys::JsString>().ok();
            let Some(message) = message.filter(|message| message.length() <= LONGEST) else { return };
            let message = String::from(message);
            let (kind, detail) = message.split_once(' ').unwrap_or((&message, ""));
            tab.hear_message(kind, detail);
        });
        channel.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        // For as long as the page lives.
        heard.forget();
    }

    fn post(&self, kind: &str, detail: &str) {
        if let Some(channel) = &self.0.channel {
            let _ = channel.post_message(&JsValue::from_str(&format!("{kind} {detail}")));
        }
    }
}

/// Who the server says is signed in; `None` when it does not answer.
async fn ask() -> Option<Option<String>> {
    let response = fetch::get("/auth/session").await.filter(|response| response.ok())?;
    let body = fetch::json(&response).await?;
    if body.is_null() {
        return Some(None);
    }
    let user = js_sys::Reflect::get(&body, &"user".into()).ok()?;
    js_sys::Reflect::get(&user, &"id".into()).ok()?.as_string().map(Some)
}

/// What only the user may see: the page's content, and their name in the header.
fn take_content_away() {
    for selector in ["main", ".site-header .account"] {
        if let Ok(Some(element)) = document().query_selector(selector) {
            element.replace_children_with_node_0();
        }
    }
    document().set_title("Signed out");
}
