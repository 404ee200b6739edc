//! The messages to and from the sync hub (article 4).
//!
//! The hub is a page of identity, in a hidden frame. Only the leading tab of an origin loads the frame. Each
//! message is a line of text that starts with the version. A message from the hub is a hint, so the tab asks
//! the server.

use crate::Effect;

const VERSION: &str = "hub/1";
/// The greeting to a loaded hub; the hub answers with its state.
pub(crate) const HELLO: &str = "hub/1 hello";
const SET_IN: &str = "hub/1 set in";
const SET_OUT: &str = "hub/1 set out";
/// Hub state: an app of the site has a session.
pub(crate) const IN: &str = "in";
/// Hub state: a session has ended.
pub(crate) const OUT: &str = "out";

/// The state of the tab's connection to the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HubState {
    /// The app has no hub: identity is on another site, or the app does not use identity.
    None,
    /// This tab has no hub frame; only the leading tab loads the frame.
    NotLoaded,
    /// This tab loads the hub and waits for its answer.
    Loading,
    /// The hub has answered.
    Ready,
    /// The hub is unusable: the browser blocks or partitions its storage.
    Unusable,
}

/// The meaning of a message from the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HubReply {
    /// Another app of the site has a session (`true`), or a session has ended (`false`).
    Session(bool),
    /// The hub is unusable.
    Unusable,
    /// No news, or an unreadable message.
    Nothing,
}

/// The tab's view of the hub.
#[derive(Clone, Debug)]
pub(crate) struct Hub {
    state: HubState,
    /// The session state that this app last reported to the hub.
    reported: Option<bool>,
}

impl Hub {
    pub(crate) fn new(has_hub: bool) -> Self {
        Self { state: if has_hub { HubState::NotLoaded } else { HubState::None }, reported: None }
    }

    pub(crate) fn state(&self) -> HubState {
        self.state
    }

    /// Loads the hub in the leading tab; removes the hub from a tab that no longer leads.
    pub(crate) fn sync(&mut self, is_active: bool) -> Option<Effect> {
        match self.state {
            HubState::NotLoaded if is_active => {
                self.state = HubState::Loading;
                Some(Effect::LoadHub)
            }
            HubState::Loading | HubState::Ready if !is_active => {
                (self.state, self.reported) = (HubState::NotLoaded, None);
                Some(Effect::UnloadHub)
            }
            _ => None,
        }
    }

    /// Tells the hub whether this app has a session, once per change.
    pub(crate) fn report(&mut self, is_signed_in: bool) -> Option<Effect> {
        if self.state != HubState::Ready || self.reported.replace(is_signed_in) == Some(is_signed_in) {
            return None;
        }
        Some(Effect::PostToHub(if is_signed_in { SET_IN } else { SET_OUT }))
    }

    /// Handles a message from the hub.
    pub(crate) fn handle(&mut self, line: &str) -> HubReply {
        let mut words = line.split(' ');
        let (version, kind, state) = (words.next(), words.next(), words.next());
        if version != Some(VERSION) || self.state == HubState::Unusable {
            return HubReply::Nothing;
        }
        match (kind, state) {
            (Some("aside"), Some(_)) => {
                self.state = HubState::Unusable;
                HubReply::Unusable
            }
            (Some("state"), Some(state @ (IN | OUT | "none"))) => {
                self.state = HubState::Ready;
                if state == "none" { HubReply::Nothing } else { HubReply::Session(state == IN) }
            }
            _ => HubReply::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready() -> Hub {
        let mut hub = Hub::new(true);
        assert_eq!(hub.sync(false), None);
        assert_eq!(hub.sync(true), Some(Effect::LoadHub));
        assert_eq!(hub.handle("hub/1 state none 0"), HubReply::Nothing);
        assert_eq!(hub.state(), HubState::Ready);
        hub
    }

    #[test]
    fn the_hub_is_told_once_each_time_the_session_changes() {
        let mut hub = ready();
        assert_eq!(hub.report(true), Some(Effect::PostToHub(SET_IN)));
        assert_eq!(hub.report(true), None);
        assert_eq!(hub.report(false), Some(Effect::PostToHub(SET_OUT)));
        assert_eq!(hub.sync(false), Some(Effect::UnloadHub));
        assert_eq!(hub.report(true), None, "another tab leads");
    }

    #[test]
    fn a_message_of_another_version_or_kind_is_ignored() {
        let mut hub = ready();
        for line in [
            "",
            "hub/1",
            "hub/1 aside",
            "hub/2 state out 1",
            "hub/1 state",
            "hub/1 state away 1",
            "state out",
        ] {
            assert_eq!(hub.handle(line), HubReply::Nothing, "{line:?}");
        }
        assert_eq!(hub.handle("hub/1 state out 1"), HubReply::Session(false));
        assert_eq!(hub.handle("hub/1 state in 2"), HubReply::Session(true));
    }

    #[test]
    fn an_unusable_hub_is_ignored() {
        let mut hub = ready();
        assert_eq!(hub.handle("hub/1 aside blocked"), HubReply::Unusable);
        assert_eq!(hub.handle("hub/1 state in 1"), HubReply::Nothing);
        assert_eq!((hub.sync(false), hub.sync(true), hub.report(true)), (None, None, None));
    }

    #[test]
    fn an_app_without_a_hub_loads_none() {
        let mut hub = Hub::new(false);
        assert_eq!((hub.sync(true), hub.state()), (None, HubState::None));
    }
}
