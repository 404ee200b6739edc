//! Personalities: how well-known providers differ from the standards and from each other.

use crate::Config;
use crate::authorize::Refusal;
use crate::params::{SCOPES, Scopes};
use crate::users::{PEOPLE, User};
use serde_json::{Value, json};

/// The provider that this one behaves like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Personality {
    /// Follows the standards.
    #[default]
    Plain,
    /// Microsoft Entra ID with its multi-tenant endpoints.
    ///
    /// The metadata are at `/{tenant}/v2.0/.well-known/openid-configuration`. For `common` and
    /// `organizations` their `issuer` contains the literal text `{tenantid}`. ID tokens carry the issuer of
    /// the user's tenant and `tid`, but no `email_verified`. Authorization responses have no `iss`.
    Entra,
    /// Sign in with Apple.
    ///
    /// Requests with scope `name` or `email` need `response_mode=form_post`. The name comes once, in the
    /// `user` field of a user's first sign-in to a client, and `email_verified` is a string. There is no
    /// UserInfo endpoint, no sign-out and no `sid`. Every client gets a refresh token.
    Apple,
}

/// Tenant of the demo user Alice under [`Personality::Entra`].
pub const ALICE_TENANT: &str = "11111111-1111-1111-1111-111111111111";
/// Tenant of the demo user Bob under [`Personality::Entra`].
pub const BOB_TENANT: &str = "22222222-2222-2222-2222-222222222222";

/// Tenant names of Entra that stand for every tenant.
const MULTI_TENANT: [&str; 2] = ["common", "organizations"];

impl Personality {
    /// Whether authorization responses contain `iss` (RFC 9207).
    pub(crate) fn sends_iss(self) -> bool {
        self == Self::Plain
    }

    /// Whether relying parties can sign users out, and learn of a sign-out from logout tokens.
    pub(crate) fn has_logout(self) -> bool {
        self != Self::Apple
    }

    /// Whether an authorization response may be a form that the browser posts.
    pub(crate) fn has_form_post(self) -> bool {
        self == Self::Apple
    }

    /// The scopes that the metadata announce by default.
    pub(crate) fn scopes(self) -> &'static [&'static str] {
        if self == Self::Apple { &["openid", "email", "name"] } else { &SCOPES }
    }

    /// The `error` of a refused authorization request.
    pub(crate) fn error_code(self, refusal: Refusal) -> &'static str {
        match (self, refusal) {
            (Self::Apple, Refusal::Cancelled) => "user_cancelled_authorize",
            _ => refusal.code(),
        }
    }

    /// The `tid` claim.
    pub(crate) fn tid(self, user: &User) -> Option<&'static str> {
        (self == Self::Entra).then_some(user.person.tenant)
    }

    /// Changes claims about a user into the claims that this provider would send.
    pub(crate) fn reshape(self, claims: &mut Value) {
        let Value::Object(claims) = claims else { return };
        match self {
            Self::Plain => {}
            Self::Entra => drop(claims.remove("email_verified")),
            Self::Apple => {
                for name in ["name", "given_name", "family_name", "preferred_username", "sid"] {
                    claims.remove(name);
                }
                if let Some(verified) = claims.get_mut("email_verified") {
                    *verified = verified.to_string().into();
                }
            }
        }
    }

    /// Returns the `user` field of a first sign-in, if this provider sends it.
    pub(crate) fn user_field(self, user: &User, scope: &Scopes) -> Option<String> {
        let mut field = json!({});
        if scope.has("name") {
            field["name"] =
                json!({ "firstName": user.person.given_name, "lastName": user.person.family_name });
        }
        if scope.has("email") {
            field["email"] = user.email().into();
        }
        (self == Self::Apple && field != json!({})).then(|| field.to_string())
    }
}

impl Config {
    /// Returns the `iss` of tokens for `user`.
    pub(crate) fn issuer_of(&self, user: &User) -> String {
        match self.personality {
            Personality::Entra => self.at_tenant(user.person.tenant),
            Personality::Plain | Personality::Apple => self.issuer(),
        }
    }

    /// Returns the `issuer` in the metadata of an Entra tenant, if the tenant exists.
    pub(crate) fn tenant_issuer(&self, tenant: &str) -> Option<String> {
        if MULTI_TENANT.contains(&tenant) {
            return Some(self.at_tenant("{tenantid}"));
        }
        PEOPLE.iter().any(|person| person.tenant == tenant).then(|| self.at_tenant(tenant))
    }

    /// Whether a relying party may know this provider under `issuer`.
    pub(crate) fn is_own_issuer(&self, issuer: &str) -> bool {
        match self.personality {
            Personality::Entra => MULTI_TENANT
                .into_iter()
                .chain(PEOPLE.iter().map(|person| person.tenant))
                .any(|tenant| issuer == self.at_tenant(tenant)),
            Personality::Plain | Personality::Apple => issuer == self.issuer(),
        }
    }

    fn at_tenant(&self, tenant: &str) -> String {
        format!("{}/{tenant}/v2.0", self.issuer())
    }
}
