//! The demo users. They sign in with one click and have no passwords.

use crate::personality::{ALICE_TENANT, BOB_TENANT};
use openidconnect::core::CoreGenderClaim;
use openidconnect::{
    EndUserEmail, EndUserFamilyName, EndUserGivenName, EndUserName, EndUserUsername, StandardClaims,
    SubjectIdentifier,
};

/// A demo user.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct User {
    /// `sub`: stable and never reassigned.
    pub(crate) sub: &'static str,
    pub(crate) username: &'static str,
    pub(crate) given_name: &'static str,
    pub(crate) family_name: &'static str,
    pub(crate) email: &'static str,
    /// Tenant under [`Personality::Entra`](crate::Personality::Entra).
    pub(crate) tenant: &'static str,
}

/// All demo users.
pub(crate) const USERS: [User; 2] = [
    User {
        sub: "demo|alice",
        username: "alice",
        given_name: "Alice",
        family_name: "Adams",
        email: "alice@example.com",
        tenant: ALICE_TENANT,
    },
    User {
        sub: "demo|bob",
        username: "bob",
        given_name: "Bob",
        family_name: "Brown",
        email: "bob@example.com",
        tenant: BOB_TENANT,
    },
];

impl User {
    pub(crate) fn by_username(username: &str) -> Option<&'static Self> {
        USERS.iter().find(|user| user.username == username)
    }

    pub(crate) fn by_sub(sub: &str) -> Option<&'static Self> {
        USERS.iter().find(|user| user.sub == sub)
    }

    /// Returns the user that a `login_hint` names by user name or email address, in any case.
    pub(crate) fn by_hint(hint: &str) -> Option<&'static Self> {
        USERS
            .iter()
            .find(|user| user.username.eq_ignore_ascii_case(hint) || user.email.eq_ignore_ascii_case(hint))
    }

    /// Returns a different user, for [`Fault::OtherUser`](crate::Fault::OtherUser).
    pub(crate) fn other(&self) -> Option<&'static Self> {
        USERS.iter().find(|user| *user != self)
    }

    /// The full name.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.given_name, self.family_name)
    }

    /// Returns the claims that `scope` requests (OpenID Connect Core §5.4).
    pub(crate) fn claims(&self, scope: &crate::params::Scopes) -> StandardClaims<CoreGenderClaim> {
        let mut claims = StandardClaims::new(SubjectIdentifier::new(self.sub.to_owned()));
        if scope.has("profile") {
            claims = claims
                .set_name(Some(EndUserName::new(self.name()).into()))
                .set_given_name(Some(EndUserGivenName::new(self.given_name.to_owned()).into()))
                .set_family_name(Some(EndUserFamilyName::new(self.family_name.to_owned()).into()))
                .set_preferred_username(Some(EndUserUsername::new(self.username.to_owned())));
        }
        if scope.has("email") {
            claims = claims
                .set_email(Some(EndUserEmail::new(self.email.to_owned())))
                .set_email_verified(Some(true));
        }
        claims
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_hint_is_a_user_name_or_an_email_address() {
        for hint in ["bob", "Bob", "bob@example.com"] {
            assert_eq!(User::by_hint(hint).map(|user| user.username), Some("bob"));
        }
        assert_eq!(User::by_hint("mallory"), None);
    }

    #[test]
    fn the_other_user_is_always_a_different_user() {
        for user in &USERS {
            assert_ne!(user.other(), Some(user));
        }
    }
}
