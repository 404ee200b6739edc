//! The demo users. They sign in with one click and have no passwords.
//!
//! There are two people, Alice and Bob. Usually each is one user for all browsers. In a public demo each
//! visitor has a separate Alice and a separate Bob ([`crate::public_demo`]).

use crate::personality::{ALICE_TENANT, BOB_TENANT};
use crate::public_demo::is_visitor_id;
use openidconnect::core::CoreGenderClaim;
use openidconnect::{
    EndUserEmail, EndUserFamilyName, EndUserGivenName, EndUserName, EndUserUsername, StandardClaims,
    SubjectIdentifier,
};

/// The made-up facts about a demo person.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) username: &'static str,
    pub(crate) given_name: &'static str,
    pub(crate) family_name: &'static str,
    /// Tenant under [`Personality::Entra`](crate::Personality::Entra).
    pub(crate) tenant: &'static str,
}

/// All demo people.
pub(crate) const PEOPLE: [Person; 2] = [
    Person { username: "alice", given_name: "Alice", family_name: "Adams", tenant: ALICE_TENANT },
    Person { username: "bob", given_name: "Bob", family_name: "Brown", tenant: BOB_TENANT },
];

/// A demo user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) person: &'static Person,
    /// The visitor of a public demo to whom this user belongs.
    pub(crate) visitor: Option<String>,
}

impl User {
    /// Returns all users of a visitor; without a visitor, those that all browsers share.
    pub(crate) fn all(visitor: Option<&str>) -> Vec<Self> {
        PEOPLE.iter().map(|person| Self { person, visitor: visitor.map(str::to_owned) }).collect()
    }

    /// Returns the user with this `sub`.
    pub(crate) fn by_sub(sub: &str) -> Option<Self> {
        let mut parts = sub.strip_prefix("demo|")?.split('|');
        let person = by_username(parts.next()?)?;
        let visitor = parts.next().map(str::to_owned);
        let is_valid = parts.next().is_none() && visitor.as_deref().is_none_or(is_visitor_id);
        is_valid.then_some(Self { person, visitor })
    }

    /// Returns the user of a visitor with this user name.
    pub(crate) fn by_username(username: &str, visitor: Option<&str>) -> Option<Self> {
        by_username(username).map(|person| Self { person, visitor: visitor.map(str::to_owned) })
    }

    /// `sub`: stable and never reassigned.
    pub(crate) fn sub(&self) -> String {
        let username = self.person.username;
        match &self.visitor {
            None => format!("demo|{username}"),
            Some(visitor) => format!("demo|{username}|{visitor}"),
        }
    }

    /// The email address. All addresses are below a name that is reserved for documentation (RFC 6761 §6.5).
    pub(crate) fn email(&self) -> String {
        let username = self.person.username;
        match &self.visitor {
            None => format!("{username}@example.com"),
            Some(visitor) => format!("{username}@visitor-{visitor}.example"),
        }
    }

    /// Whether a `login_hint` names this user by user name or email address, in any case.
    pub(crate) fn matches_hint(&self, hint: &str) -> bool {
        self.person.username.eq_ignore_ascii_case(hint) || self.email().eq_ignore_ascii_case(hint)
    }

    /// Returns a different user, for [`Fault::OtherUser`](crate::Fault::OtherUser).
    pub(crate) fn other(&self) -> Option<Self> {
        Self::all(self.visitor.as_deref()).into_iter().find(|user| user != self)
    }

    /// The full name.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.person.given_name, self.person.family_name)
    }

    /// Returns the claims that `scope` requests (OpenID Connect Core §5.4).
    pub(crate) fn claims(&self, scope: &crate::params::Scopes) -> StandardClaims<CoreGenderClaim> {
        let Person { username, given_name, family_name, .. } = *self.person;
        let mut claims = StandardClaims::new(SubjectIdentifier::new(self.sub()));
        if scope.has("profile") {
            claims = claims
                .set_name(Some(EndUserName::new(self.name()).into()))
                .set_given_name(Some(EndUserGivenName::new(given_name.to_owned()).into()))
                .set_family_name(Some(EndUserFamilyName::new(family_name.to_owned()).into()))
                .set_preferred_username(Some(EndUserUsername::new(username.to_owned())));
        }
        if scope.has("email") {
            claims = claims.set_email(Some(EndUserEmail::new(self.email()))).set_email_verified(Some(true));
        }
        claims
    }
}

fn by_username(username: &str) -> Option<&'static Person> {
    PEOPLE.iter().find(|person| person.username == username)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VISITOR: &str = "0123456789abcdef0123";

    #[test]
    fn a_login_hint_is_a_user_name_or_an_email_address() {
        let bob = User::by_username("bob", None).unwrap();
        for hint in ["bob", "Bob", "bob@example.com"] {
            assert!(bob.matches_hint(hint), "{hint}");
        }
        assert!(!bob.matches_hint("mallory"));
    }

    #[test]
    fn the_other_user_is_always_a_different_user_of_the_same_visitor() {
        for visitor in [None, Some(VISITOR)] {
            for user in User::all(visitor) {
                let other = user.other().unwrap();
                assert_ne!(other, user);
                assert_eq!(other.visitor, user.visitor);
            }
        }
    }

    #[test]
    fn a_user_is_found_again_by_sub() {
        for visitor in [None, Some(VISITOR)] {
            for user in User::all(visitor) {
                assert_eq!(User::by_sub(&user.sub()), Some(user));
            }
        }
        for sub in ["", "alice", "demo|", "demo|mallory", "demo|alice|", "demo|alice|short", "demo|alice||"] {
            assert_eq!(User::by_sub(sub), None, "{sub}");
        }
        assert_eq!(User::by_sub(&format!("demo|alice|{VISITOR}|x")), None);
    }

    #[test]
    fn the_users_of_a_visitor_have_reserved_addresses() {
        let alice = User::by_username("alice", Some(VISITOR)).unwrap();
        assert_eq!(alice.email(), format!("alice@visitor-{VISITOR}.example"));
    }
}
