//! Whether the page still shows a session ([`session`](session_watch::session)).

use super::Watcher;
use crate::{
    browser::{dom::window, front, session_watch::clock::now},
    tab::{
        message::kind,
        session::{News, Todo},
    },
};
use wasm_bindgen_futures::spawn_local;

impl Watcher {
    /// Takes in a piece of news about the session.
    pub(crate) fn news(&self, news: News) {
        let todo = self.0.watch.borrow_mut().hear(news, now());
        match todo {
            None => {}
            Some(Todo::Ask) => {
                let watcher = self.clone();
                spawn_local(async move {
                    let answer = front::session().await;
                    let has_answered = answer.is_some();
                    watcher.news(answer.map_or(News::NoAnswer, |session| {
                        News::Answer(session.map(|session| session.user_id().to_owned()))
                    }));
                    if has_answered {
                        watcher.sync_stream();
                    }
                });
            }
            Some(Todo::ShowEnded(reason)) => {
                self.0.page.show_ended(reason);
                self.0.hub.say(false);
                self.say_changed();
                self.0.pause.set((0, 0));
                // The others may not have heard: this tab may have found out by asking, and it listens for all.
                if self.0.leadership.borrow().acts() {
                    self.0.channel.post(kind::SIGNED_OUT, reason.as_str());
                }
            }
            Some(Todo::Veil) => self.0.page.veil(true),
            Some(Todo::Unveil) => self.0.page.veil(false),
            Some(Todo::Reload) => {
                let _ = window().location().reload();
            }
            Some(Todo::Return(ticket)) => self.0.page.sign_in_silently(&ticket),
        }
    }
}
