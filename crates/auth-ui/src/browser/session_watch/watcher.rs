//! One tab: feeds the three machines of [`tab`](session_watch) and does what they say.

mod idleness;
mod listening;
mod session;
mod tabs;

use super::{
    activity,
    channel::Channel,
    clock::{Clock, now},
    hub::Hub,
    life,
    lock::Lock,
    page::Page,
    panel::{Panel, Readings},
    stream::Stream,
};
use crate::tab::{
    allowance::Allowance,
    idle::{self, Idle},
    leadership::{self, Leadership},
    message::kind,
    session::{News, Watch},
};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

/// So many messages of other tabs are looked at in ten seconds: twenty busy tabs send a tenth of it.
const MESSAGES: u32 = 300;
const SPAN: i64 = 10_000;
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
        // What happened since the page was written, nobody has told this tab.
        watcher.news(News::LostTouch);
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
}
