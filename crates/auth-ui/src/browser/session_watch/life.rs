//! The tab's own life (Page Lifecycle): shown, hidden, frozen, put away and brought back; and the machine's:
//! asleep, offline, its clock set.

use super::{clock::now, watcher::Watcher};
use crate::{
    browser::dom::{document, every, on, property, window},
    tab::{leadership, session::News},
};
use std::{cell::Cell, rc::Rc};
use web_sys::EventTarget;

/// How often a tab looks at the clock, milliseconds.
const TICK: i32 = 1_000;
/// After so long in the background a page is covered, milliseconds: the server is asked before it shows again.
const NAP: i64 = 30_000;
/// A step between two ticks that no timer makes in a tab one can see, milliseconds.
const SLEPT: i64 = 10_000;
/// So far the two clocks of a machine drift apart between two ticks when neither was touched, milliseconds.
const DRIFT: f64 = 2_000.0;

/// Follows it until the page goes away.
pub(super) fn follow(watcher: &Watcher) {
    let hidden_at = Rc::new(Cell::new(document().hidden().then(now)));
    {
        let (watcher, hidden_at) = (watcher.clone(), hidden_at.clone());
        on(&document(), "visibilitychange", move |_| {
            if document().hidden() {
                hidden_at.set(Some(now()));
                return;
            }
            if hidden_at.take().is_some_and(napped) {
                watcher.news(News::Slept);
            }
            watcher.wake();
        });
    }
    let (page, tab): (EventTarget, EventTarget) = (document().into(), window().into());
    for (target, sign) in [(&page, "freeze"), (&tab, "pagehide")] {
        let watcher = watcher.clone();
        on(target, sign, move |_| watcher.leave());
    }
    for (target, sign) in [(&page, "resume"), (&tab, "pageshow")] {
        let watcher = watcher.clone();
        on(target, sign, move |event| {
            let is_first = sign == "pageshow" && !property(&event, "persisted").is_truthy();
            if !is_first {
                watcher.come_back();
            }
        });
    }
    {
        let watcher = watcher.clone();
        on(&tab, "online", move |_| watcher.wake());
    }
    tick(watcher.clone(), hidden_at);
}

fn napped(hidden_at: i64) -> bool {
    !(hidden_at..hidden_at + NAP).contains(&now())
}

fn tick(watcher: Watcher, hidden_at: Rc<Cell<Option<i64>>>) {
    let last = Cell::new((now(), monotonic()));
    every(TICK, move || {
        let here = (now(), monotonic());
        let before = last.replace(here);
        let passed = here.0 - before.0;
        #[expect(clippy::cast_precision_loss, reason = "the time between two ticks")]
        let drift = (passed as f64 - (here.1 - before.1)).abs();
        if drift > DRIFT || (hidden_at.get().is_none() && passed > SLEPT) {
            watcher.slept();
        } else if hidden_at.get().is_some_and(napped) {
            watcher.news(News::Slept);
        }
        watcher.tick();
    });
}

/// A clock that nobody can set.
fn monotonic() -> f64 {
    window().performance().map(|performance| performance.now()).unwrap_or_default()
}

impl Watcher {
    /// The tab is looked at again, or the network is back.
    fn wake(&self) {
        if !document().hidden() {
            self.news(News::Woke);
        }
        self.lead(leadership::Event::Tick);
    }

    /// The tab is about to be frozen or put away: it covers what it shows and keeps nothing.
    fn leave(&self) {
        self.news(News::Slept);
        self.lead(leadership::Event::Leaving);
        self.close_channel();
    }

    fn come_back(&self) {
        self.clock_is_doubtful();
        self.open_channel();
        self.lead(leadership::Event::Back);
        self.wake();
    }

    /// The machine slept, or its clock was set.
    fn slept(&self) {
        self.clock_is_doubtful();
        self.news(News::Slept);
        self.wake();
    }
}
