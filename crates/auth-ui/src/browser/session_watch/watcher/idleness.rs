//! How long the user has been away ([`idle`](session_watch::idle)), and what the server is told of it.

use super::Watcher;
use crate::{
    browser::{dom::property, fetch},
    tab::{
        idle::{self, Phase},
        message::{Times, kind},
        session::News,
    },
};
use auth_types::EndReason;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::Response;

impl Watcher {
    /// Takes in what matters for how long the user has been away.
    pub(crate) fn idle(&self, event: idle::Event) {
        if !self.0.watch.borrow().is_live() || self.0.clock.is_doubtful() {
            return;
        }
        let server_now = self.0.clock.server();
        let effects = self.0.idle.borrow_mut().hear(event, server_now);
        for effect in effects {
            match effect {
                idle::Effect::Share(at) => {
                    self.0.channel.post(kind::ACTIVE, &(at - self.0.clock.offset()).to_string());
                }
                idle::Effect::Beacon { ago } => self.beacon(ago),
                idle::Effect::Warn => self.0.page.warn(),
                idle::Effect::Calm => self.0.page.calm(),
                idle::Effect::Expire { last_activity } => self.expire(last_activity),
            }
        }
        let idle = self.0.idle.borrow();
        if idle.phase() != Phase::Calm
            && let Some(deadline) = idle.deadline()
        {
            self.0.page.count_down(deadline - server_now);
        }
    }

    /// Tells the server of activity.
    fn beacon(&self, ago: i64) {
        let watcher = self.clone();
        spawn_local(async move {
            let answer = fetch::post("/auth/activity", &["ago=", &ago.to_string()].concat()).await;
            if watcher.know_from(answer.as_ref()).await {
                // The others need not wait for the server's word.
                let at = watcher.0.idle.borrow().last_activity() - watcher.0.clock.offset();
                watcher.0.channel.post(kind::ACTIVE, &at.to_string());
            } else {
                watcher.idle(idle::Event::NotTold);
                watcher.0.page.is_unreachable();
            }
        });
    }

    /// Asks the server to end a session whose user is away for too long.
    fn expire(&self, last_activity: i64) {
        let watcher = self.clone();
        spawn_local(async move {
            let body = ["last_activity=", &last_activity.to_string()].concat();
            let answer = fetch::post("/auth/idle", &body).await;
            match &answer {
                Some(answer) if answer.ok() => {
                    watcher.0.channel.post(kind::SIGNED_OUT, EndReason::Idle.as_str());
                    watcher.news(News::Ended(Some(EndReason::Idle)));
                }
                // 409: it knows of newer activity, and says of which.
                _ => {
                    watcher.know_from(answer.as_ref()).await;
                }
            }
        });
    }

    /// Takes in an answer that may hold the session's times; `false` when it does not.
    async fn know_from(&self, answer: Option<&Response>) -> bool {
        let Some(answer) = answer else { return false };
        match fetch::json(answer).await {
            // The session has ended, and this tab was not told yet.
            Some(times) if times.is_null() => {
                self.news(News::LostTouch);
                true
            }
            Some(times) => self.know(&times),
            None => false,
        }
    }

    /// Takes in the session's times, and passes them on.
    pub(super) fn know(&self, times: &JsValue) -> bool {
        let (Some(sent), Some(last_activity), Some(expires)) =
            (number(times, "now"), number(times, "last_activity"), number(times, "expires"))
        else {
            return false;
        };
        self.0.clock.sample(sent);
        self.0.expires.set(expires);
        let offset = self.0.clock.offset();
        if self.0.leadership.borrow().acts() {
            self.0.channel.post(kind::TIMES, &Times { offset, last_activity, expires }.detail());
        }
        self.idle(idle::Event::Known(last_activity));
        true
    }
}

fn number(object: &JsValue, name: &str) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of this era fit")]
    property(object, name).as_f64().map(|number| number as i64)
}
