//! The sessions that a logout ends.

use crate::SessionRecord;
use chrono::{DateTime, TimeDelta, Utc};

/// A logout for a store to carry out.
#[derive(Clone, Copy, Debug)]
pub struct Logout<'a> {
    /// The provider that issued the `sid` or `sub`.
    pub issuer: &'a str,
    /// The sessions to end.
    pub scope: LogoutScope<'a>,
    /// The time of the logout. Sessions that began later are kept.
    pub until: LogoutTime,
}

/// Selects the sessions of one provider that a logout ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogoutScope<'a> {
    /// The sessions with this `sid`.
    ProviderSession(&'a str),
    /// The sessions of one user in one browser, for a provider that has no `sid`.
    Browser {
        /// The user's `sub`.
        subject: &'a str,
        /// Identity's reference for the browser.
        browser: &'a str,
    },
    /// All sessions of the user with this `sub`.
    Subject(&'a str),
}

impl<'a> LogoutScope<'a> {
    /// Returns the narrowest scope that a message with these members names; `None` without `sid` and `sub`.
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

/// The time of a logout, by the clock that its sessions are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogoutTime {
    /// By the app's clock. Sessions whose sign-in began after this time are kept.
    Begun(DateTime<Utc>),
    /// By the provider's clock. Sessions whose ID token was issued at this time or later are kept.
    IssuedBefore(DateTime<Utc>),
}

impl LogoutTime {
    /// Returns the latest start of a sign-in that the tombstone refuses, by the app's clock.
    pub(super) fn refuses_until(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::Begun(at) => at.min(now),
            Self::IssuedBefore(_) => now,
        }
    }

    /// Returns the column to compare, and the latest time in that column to end. Stores keep milliseconds.
    pub(super) fn limit(self) -> (&'static str, DateTime<Utc>) {
        match self {
            Self::Begun(at) => ("begun_at", at),
            Self::IssuedBefore(at) => ("issued_at", at - TimeDelta::milliseconds(1)),
        }
    }
}

/// The key of a tombstone within its issuer.
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
            // The length distinguishes ("a b", "c") from ("a", "b c").
            LogoutScope::Browser { subject, browser } => {
                ("browser", format!("{} {subject} {browser}", subject.len()))
            }
        };
        Self { kind, value }
    }

    /// Returns the keys of all tombstones that could refuse this sign-in.
    pub(super) fn of_record(record: &SessionRecord) -> impl Iterator<Item = Self> {
        let subject = record.subject.as_str();
        let by_sid = record.sid.as_deref().map(LogoutScope::ProviderSession);
        let by_browser = record.browser.as_deref().map(|browser| LogoutScope::Browser { subject, browser });
        [Some(LogoutScope::Subject(subject)), by_sid, by_browser].into_iter().flatten().map(Self::of)
    }
}
