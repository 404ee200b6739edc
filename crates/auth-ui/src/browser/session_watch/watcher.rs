//! One tab: feeds the three machines of [`tab`](crate::tab) and does what they say.

use super::{
    CHANGED, activity,
    channel::Channel,
    clock::{Clock, now},
    hub::Hub,
    life,
    lock::Lock,
    page::Page,
    panel::{Panel, Readings},
    stream::{Kind, Stream},
};
use crate::{
    browser::{
        dom::{property, window},
        fetch, front,
    },
    tab::{
        allowance::Allowance,
        idle::{self, Idle, Phase},
        leadership::{self, Leadership},
        message::{Message, Times, kind},
        session::{News, Todo, Watch},
    },
};
use auth_types::EndReason;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::Response;

/// So many messages of other tabs are looked at in ten seconds: twenty busy tabs send a tenth of it.
const MESSAGES: u32 = 300;
const SPAN: i64 = 10_000;
/// How long a stream that was refused is left alone, milliseconds; doubled each time, up to the longest.
const PAUSE: i64 = 2_000;
const LONGEST_PAUSE: i64 = 60_000;
/// The server shows itself every 15 seconds; a stream that was quiet for longer than this is a dead one.
const SILENCE: i64 = 40_000;

/// One tab; cheap to clone.
#[derive(Clone)]
pub(super) struct Watcher(Rc<Inner>);

struct Inner {
    page: Page,
    watch: RefCell<Watch>,
    leadership: RefCell<Leadership>,
    idle: RefCell<Idle>,
    clock: Clock,
    /// When the session ends, as far as the server has said: by its clock.
    expires: Cell<i64>,
    channel: Channel,
    allowance: RefCell<Allowance>,
    lock: Lock,
    stream: RefCell<Option<Stream>>,
    /// When the stream was heard last.
    heard_at: Cell<i64>,
    hub: Hub,
    panel: Panel,
    /// No stream is opened before, and how long that was after the last refusal.
    pause: Cell<(i64, i64)>,
}

impl Watcher {
    /// Begins to watch, until the page goes away.
    pub(super) fn start(page: Page) {
        let facts = page.facts();
        let user = page.user();
        let watcher = Self(Rc::new(Inner {
            watch: RefCell::new(Watch::new(user.clone())),
            leadership: RefCell::new(Leadership::new(now())),
            idle: RefCell::new(Idle::new(facts.limits, facts.last_activity)),
            clock: Clock::new(facts.now),
            expires: Cell::new(facts.expires),
            channel: Channel::default(),
            allowance: RefCell::new(Allowance::new(MESSAGES, SPAN)),
            lock: Lock::default(),
            stream: RefCell::new(None),
            heard_at: Cell::new(0),
            hub: Hub::new(page.hub()),
            panel: Panel::find(),
            pause: Cell::new((0, 0)),
            page,
        }));
        watcher.open_channel();
        watcher.0.channel.post(kind::SIGNED_IN, &user);
        watcher.0.lock.queue(&watcher);
        activity::listen(&watcher);
        life::follow(&watcher);
        watcher.0.page.on_stay({
            let watcher = watcher.clone();
            move || watcher.idle(idle::Event::Stayed)
        });
        watcher.tick();
        watcher.0.page.is_ready();
    }

    pub(super) fn open_channel(&self) {
        self.0.channel.open(self);
    }

    pub(super) fn close_channel(&self) {
        self.0.channel.close();
    }

    pub(super) fn hub(&self) -> &Hub {
        &self.0.hub
    }

    /// Nothing is decided by this machine's clock before the server has told the time: the first thing that it
    /// says on a new stream.
    pub(super) fn clock_is_doubtful(&self) {
        self.0.clock.doubt();
        drop(self.0.stream.borrow_mut().take());
    }

    /// A second has passed.
    pub(super) fn tick(&self) {
        self.lead(leadership::Event::Tick);
        self.news(News::Tick);
        let acts = self.0.leadership.borrow().acts();
        if acts && now() - self.0.heard_at.get() > SILENCE && self.0.stream.borrow_mut().take().is_some() {
            self.news(News::LostTouch);
        }
        if self.0.watch.borrow().is_live() {
            if activity::is_watching() {
                self.idle(idle::Event::Acted);
            }
            self.idle(idle::Event::Tick { acts });
        }
        self.sync_stream();
        self.0.hub.sync(self, acts);
        self.show();
    }

    /// Shows what there is to show on `/session`.
    pub(super) fn show(&self) {
        let server_now = self.0.clock.server();
        let is_live = self.0.watch.borrow().is_live();
        self.0.hub.say(is_live);
        let idle = self.0.idle.borrow();
        self.0.panel.show(&Readings {
            role: self.0.leadership.borrow().role().as_str(),
            stream: self.0.stream.borrow().as_ref().map_or("nothing", |stream| stream.kind.as_str()),
            hub: self.0.hub.standing().as_str(),
            offset: self.0.clock.offset(),
            active: server_now - idle.last_activity(),
            idle: idle.deadline().map(|deadline| deadline - server_now),
            expires: self.0.expires.get() - server_now,
        });
    }

    // The session.

    /// Takes in a piece of news about the session.
    pub(super) fn news(&self, news: News) {
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
                self.0.pause.set((0, 0));
            }
            Some(Todo::Veil) => self.0.page.veil(true),
            Some(Todo::Unveil) => self.0.page.veil(false),
            Some(Todo::Reload) => {
                let _ = window().location().reload();
            }
            Some(Todo::Return(ticket)) => self.0.page.sign_in_silently(&ticket),
        }
    }

    // Who listens.

    /// Takes in what matters for who leads.
    pub(super) fn lead(&self, event: leadership::Event) {
        use leadership::Effect;
        let effects = self.0.leadership.borrow_mut().hear(event, now());
        for effect in effects {
            match effect {
                Effect::Queue => self.0.lock.queue(self),
                Effect::Steal => self.0.lock.steal(self),
                Effect::Release => self.0.lock.release(),
                // The stream is opened when the server has said which.
                Effect::Listen | Effect::Ask => self.news(News::LostTouch),
                Effect::StopListening => drop(self.0.stream.borrow_mut().take()),
                Effect::Ping => self.0.channel.post(kind::PING, ""),
                Effect::SayHere => self.0.channel.post(kind::HERE, ""),
            }
        }
    }

    /// Listens to what there is to listen to, if this tab is the one that listens.
    fn sync_stream(&self) {
        if !self.0.leadership.borrow().acts() {
            return;
        }
        let wanted = if self.0.watch.borrow().is_live() { Kind::Session } else { Kind::Waiting };
        if self.0.stream.borrow().as_ref().is_some_and(|stream| stream.kind == wanted)
            || now() < self.0.pause.get().0
        {
            return;
        }
        self.0.heard_at.set(now());
        let stream = Stream::open(wanted, self);
        drop(self.0.stream.replace(stream));
    }

    /// The server refused the stream, or ended it for good.
    pub(super) fn lost_stream(&self, kind: Kind) {
        drop(self.0.stream.borrow_mut().take());
        let pause = (self.0.pause.get().1 * 2).clamp(PAUSE, LONGEST_PAUSE);
        self.0.pause.set((now() + pause, pause));
        if kind == Kind::Session {
            self.news(News::LostTouch);
        }
    }

    /// Takes in what the server says on the stream.
    pub(super) fn hear_server(&self, name: &str, sent: i64, data: &JsValue) {
        self.0.heard_at.set(now());
        self.0.panel.note("server", name, Some((self.0.clock.server() - sent).max(0)));
        if name == "heartbeat" {
            self.0.pause.set((0, 0));
            self.know(data);
            return;
        }
        if matches!(name, "signed_out" | "user_changed") {
            // The last event of a stream; the browser would connect again and be refused.
            drop(self.0.stream.borrow_mut().take());
            self.0.pause.set((now() + PAUSE, 0));
        }
        if name == "signed_in" {
            self.news(News::SignedInElsewhere(text(data, "ticket").unwrap_or_default()));
            return;
        }
        let detail = text(data, "reason").unwrap_or_default();
        self.0.channel.post(name, &detail);
        self.hear(name, &detail);
    }

    // The other tabs.

    /// Takes in what another tab says; `None` for what cannot be read.
    pub(super) fn hear_line(&self, message: Option<Message<'_>>) {
        if !self.0.allowance.borrow_mut().take(now()) {
            // Among what is not looked at may be something true.
            self.news(News::LostTouch);
            return;
        }
        let Some(Message { kind, sent, detail }) = message else { return };
        if !matches!(kind, kind::PING | kind::HERE | kind::TIMES) {
            self.0.panel.note("tab", kind, Some((now() - sent).max(0)));
        }
        match kind {
            kind::PING => self.lead(leadership::Event::Pinged),
            kind::HERE => self.lead(leadership::Event::Heard),
            kind::TIMES => {
                self.lead(leadership::Event::Heard);
                let times = Times::parse(detail);
                if let Some(times) = times.filter(|_| !self.0.leadership.borrow().acts()) {
                    self.0.clock.set(times.offset);
                    self.0.expires.set(times.expires);
                    self.idle(idle::Event::Known(times.last_activity));
                }
            }
            kind::ACTIVE => {
                if let Ok(at) = detail.parse::<i64>() {
                    self.idle(idle::Event::Told(at.saturating_add(self.0.clock.offset())));
                }
            }
            _ => self.hear(kind, detail),
        }
    }

    fn hear(&self, kind: &str, detail: &str) {
        match kind {
            kind::SIGNED_OUT => self.news(News::Ended(EndReason::parse(detail))),
            kind::USER_CHANGED => self.news(News::Ended(Some(EndReason::UserChanged))),
            kind::SIGNED_IN => self.news(News::SignedIn(detail.to_owned())),
            kind::HUB if detail == "in" => self.news(News::SignedInNearby),
            kind::HUB => self.news(News::LostTouch),
            kind::CHANGED => {
                if let Ok(event) = web_sys::Event::new(CHANGED) {
                    let _ = window().dispatch_event(&event);
                }
            }
            // Another version's, or nobody's.
            _ => {}
        }
    }

    // The other apps of the site.

    /// Takes in what the hub says, and passes it on.
    pub(super) fn hear_hub(&self, is_signed_in: bool) {
        let detail = if is_signed_in { "in" } else { "out" };
        self.0.panel.note("hub", detail, None);
        self.0.channel.post(kind::HUB, detail);
        self.hear(kind::HUB, detail);
    }

    // The user.

    /// Takes in what matters for how long the user has been away.
    pub(super) fn idle(&self, event: idle::Event) {
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
    fn know(&self, times: &JsValue) -> bool {
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

fn text(object: &JsValue, name: &str) -> Option<String> {
    property(object, name).as_string()
}

fn number(object: &JsValue, name: &str) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of this era fit")]
    property(object, name).as_f64().map(|number| number as i64)
}
