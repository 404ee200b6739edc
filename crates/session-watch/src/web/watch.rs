//! Starts and stops a watch, and carries out its effects.

use super::{
    activity,
    channel::Channel,
    hub::Hub,
    lifecycle,
    listener::{Listener, Timer},
    lock::LeaderLock,
    server::{self, SessionView},
    sink::EventSink,
    stream::Stream,
    window::{now, page_arrived},
};
use crate::{Effect, Endpoints, Event, Host, StreamKind, Tab};
use auth_types::TabFacts;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

/// A running watch on the page's session; stopped on drop.
///
/// On drop, the watch removes all listeners and timers, closes the stream and the channel, releases the lock
/// and removes the hub's frame. The page stays as it is.
#[must_use = "dropping it stops the watch"]
pub struct Watch {
    driver: Rc<Driver>,
    sink: EventSink,
}

/// The host's handle to the watch; cheap to clone. Calls have no effect once the watch has stopped.
#[derive(Clone)]
pub struct Controls(EventSink);

struct Driver {
    tab: RefCell<Tab>,
    /// `None` once the watch has stopped.
    adaptors: RefCell<Option<Rc<Adaptors>>>,
    /// Events that arrived while the driver handled another event.
    queue: RefCell<Vec<Event>>,
    is_busy: Cell<bool>,
}

/// The host and the adaptors, which carry out the effects. On drop, the adaptors release their resources.
struct Adaptors {
    host: Box<dyn Host>,
    endpoints: Endpoints,
    sink: EventSink,
    channel: Channel,
    lock: LeaderLock,
    stream: RefCell<Option<Stream>>,
    hub: Hub,
    /// Listeners for user activity and lifecycle events.
    listeners: RefCell<Vec<Listener>>,
    timer: RefCell<Option<Timer>>,
}

impl Watch {
    /// Starts a watch on a page that the server rendered for the user with this id, together with `facts`.
    pub fn start(user: String, facts: &TabFacts, endpoints: Endpoints, host: impl Host + 'static) -> Self {
        let now = now();
        let driver = Rc::new(Driver {
            tab: RefCell::new(Tab::new(user, facts, page_arrived().unwrap_or(now), now)),
            adaptors: RefCell::new(None),
            queue: RefCell::new(Vec::new()),
            is_busy: Cell::new(false),
        });
        let sink = {
            let driver = driver.clone();
            EventSink::new(move |event| driver.receive(event))
        };
        let adaptors = Rc::new(Adaptors {
            host: Box::new(host),
            endpoints,
            sink: sink.clone(),
            channel: Channel::new(sink.clone()),
            lock: LeaderLock::new(sink.clone()),
            stream: RefCell::new(None),
            hub: Hub::new(facts.hub.as_deref().unwrap_or_default(), endpoints.hub, sink.clone()),
            listeners: RefCell::new(Vec::new()),
            timer: RefCell::new(None),
        });
        *driver.adaptors.borrow_mut() = Some(adaptors.clone());
        sink.send(Event::Started { is_hidden: lifecycle::is_hidden() });
        activity::listen(&sink, &mut adaptors.listeners.borrow_mut());
        let timer = lifecycle::follow(&sink, &mut adaptors.listeners.borrow_mut());
        *adaptors.timer.borrow_mut() = Some(timer);
        Self { driver, sink }
    }

    /// Returns the host's handle to the watch.
    #[must_use]
    pub fn controls(&self) -> Controls {
        Controls(self.sink.clone())
    }

    /// Keeps the watch running until the page unloads.
    pub fn run_until_unload(self) {
        std::mem::forget(self);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // The sinks of the adaptors and the controls hold the driver. The driver is freed with the last sink.
        let adaptors = self.driver.adaptors.take();
        drop(adaptors);
    }
}

impl Controls {
    /// Reports that the user answered the idle warning and wants to stay.
    pub fn stay(&self) {
        self.0.send(Event::Stayed);
    }

    /// Asks the server for the session. However many callers ask at once, one request is sent.
    pub fn check(&self) {
        self.0.send(Event::Doubted);
    }
}

impl Driver {
    /// Handles an event, after all earlier events.
    fn receive(&self, event: Event) {
        self.queue.borrow_mut().push(event);
        if self.is_busy.replace(true) {
            return;
        }
        while let Some(event) = self.next() {
            let effects = self.tab.borrow_mut().dispatch(event, now());
            for effect in effects {
                self.carry_out(effect);
            }
        }
        self.is_busy.set(false);
    }

    fn next(&self) -> Option<Event> {
        let mut queue = self.queue.borrow_mut();
        (!queue.is_empty()).then(|| queue.remove(0))
    }

    /// Carries out an effect; the only place with side effects. Does nothing once the watch has stopped: the
    /// host may stop the watch in the middle of an event.
    fn carry_out(&self, effect: Effect) {
        let Some(adaptors) = self.adaptors.borrow().clone() else { return };
        let Adaptors { host, endpoints, sink, channel, lock, stream, hub, .. } = &*adaptors;
        match effect {
            Effect::Show => host.show(),
            Effect::Cover => host.cover(),
            Effect::Ended(reason) => host.ended(reason),
            Effect::Restore => host.restore(),
            Effect::SignInSilently(ticket) => host.sign_in_silently(&ticket),
            Effect::Changed => host.changed(),
            Effect::Warn => host.warn(),
            Effect::TimeLeft(left) => host.time_left(left),
            Effect::Unreachable => host.unreachable(),
            Effect::DismissWarning => host.dismiss_warning(),
            Effect::TabStatus(status) => host.status(&status),
            Effect::TabEvent(event) => host.on_event(&event),

            Effect::AskSession => {
                let adaptors = adaptors.clone();
                let told = move |session: Option<&SessionView>| adaptors.host.session(session);
                server::ask_session(endpoints.session, told, sink.clone());
            }
            Effect::SendActivity { ago } => server::send_activity(endpoints.activity, ago, sink.clone()),
            Effect::EndIdle { last_activity } => {
                server::end_idle(endpoints.idle, last_activity, sink.clone());
            }
            Effect::OpenStream(kind) => {
                let path = match kind {
                    StreamKind::Session => endpoints.events,
                    StreamKind::Waiting => endpoints.waiting,
                };
                drop(stream.replace(Stream::open(kind, path, sink)));
            }
            Effect::CloseStream => drop(stream.take()),

            Effect::OpenChannel => channel.open(),
            Effect::CloseChannel => channel.close(),
            Effect::PostToTabs(line) => channel.post(&line),
            Effect::QueueForLock => lock.queue(),
            Effect::StealLock => lock.take_over(),
            Effect::ReleaseLock => lock.release(),

            Effect::LoadHub => hub.load(),
            Effect::UnloadHub => hub.unload(),
            Effect::PostToHub(line) => hub.post(line),
        }
    }
}
