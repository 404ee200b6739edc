//! Which sessions a logout means.

use crate::SessionRecord;
use chrono::{DateTime, TimeDelta, Utc};

/// A logout, as a store carries it out.
#[derive(Clone, Copy, Debug)]
pub struct Logout<'a> {
    /// The provider whose `sid` or `sub` it is.
    pub issuer: &'a str,
    /// Whose sessions.
    pub scope: LogoutScope<'a>,
    /// Sessions that began later are not meant.
    pub until: LogoutTime,
}

/// Whose sessions a logout ends, at one provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogoutScope<'a> {
    /// Those of the provider's session with this `sid`.
    ProviderSession(&'a str),
    /// Those of a user in one browser, for a provider that has no `sid`.
    Browser {
        /// The user's `sub`.
        subject: &'a str,
        /// Identity's reference for the browser.
        browser: &'a str,
    },
    /// All of a user, by their `sub`.
    Subject(&'a str),
}

impl<'a> LogoutScope<'a> {
    /// What a message with these members means: the narrowest that it names. `None` when it names nobody.
    #[must_use]
    pub fn of(sid: Option<&'a str>, sub: Option<&'a str>, browser: Option<&'a str>) -> Option<Self> {
        match (sid, sub, browser) {
            (Some(sid), _, _) => Some(Self::ProviderSession(sid)),
            (None, Some(subject), Some(browser)) => Some(Self::Browser { subject, browser }),
            (None, Some(subject), None) => Some(Self::Subject(subject)),
            (None, None, _) => None,
        }
    }
}

/// When a logout took place, by the clock that its sessions are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogoutTime {
    /// By our own clock: sessions whose sign-in began after this are not meant.
    Begun(DateTime<Utc>),
    /// By the provider's clock: sessions whose ID token was issued from this on are not meant.
    IssuedBefore(DateTime<Utc>),
}

impl LogoutTime {
    /// Until when a sign-in that is still under way counts as begun before the logout, by our own clock.
    pub(super) fn refuses_until(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::Begun(at) => at.min(now),
            Self::IssuedBefore(_) => now,
        }
    }

    /// The column to compare, and the last time in it that is meant. Stores keep milliseconds.
    pub(super) fn limit(self) -> (&'static str, DateTime<Utc>) {
        match self {
            Self::Begun(at) => ("begun_at", at),
            Self::IssuedBefore(at) => ("issued_at", at - TimeDelta::milliseconds(1)),
        }
    }
}

/// What a tombstone is kept under, beside the issuer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct TombstoneKey {
    pub(super) kind: &'static str,
    pub(super) value: String,
}

impl TombstoneKey {
    pub(super) fn of(scope: LogoutScope<'_>) -> Self {
        let (kind, value) = match scope {
            LogoutScope::ProviderSession(sid) => ("sid", sid.to_owned()),
            LogoutScope::Subject(subject) => ("sub", subject.to_owned()),
            // The length keeps ("a b", "c") and ("a", "b c") apart.
            LogoutScope::Browser { subject, browser } => {
                ("browser", format!("{} {subject} {browser}", subject.len()))
            }
        };
        Self { kind, value }
    }

    /// Those that could refuse a sign-in.
    pub(super) fn of_record(record: &SessionRecord) -> impl Iterator<Item = Self> {
        let subject = record.subject.as_str();
        let by_sid = record.sid.as_deref().map(LogoutScope::ProviderSession);
        let by_browser = record.browser.as_deref().map(|browser| LogoutScope::Browser { subject, browser });
        [Some(LogoutScope::Subject(subject)), by_sid, by_browser].into_iter().flatten().map(Self::of)
    }
}
