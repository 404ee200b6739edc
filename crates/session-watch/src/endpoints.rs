//! The server's paths.

/// The server's paths for a watch. The defaults match the `auth` crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// `GET`: the current session. Default `/auth/session`.
    pub session: &'static str,
    /// `GET`: the session's event stream. Default `/auth/events`.
    pub events: &'static str,
    /// `GET`: the event stream of a browser that waits for a sign-in. Default `/auth/events?waiting`.
    pub waiting: &'static str,
    /// `POST`: reports that the user was active. Default `/auth/activity`.
    pub activity: &'static str,
    /// `POST`: asks the server to end an idle session. Default `/auth/idle`.
    pub idle: &'static str,
    /// The page of the sync hub, at the hub's own origin. Default `/hub`.
    pub hub: &'static str,
}

impl Default for Endpoints {
    fn default() -> Self {
        Self {
            session: "/auth/session",
            events: "/auth/events",
            waiting: "/auth/events?waiting",
            activity: "/auth/activity",
            idle: "/auth/idle",
            hub: "/hub",
        }
    }
}
