//! Presets: the providers known by name, and the special settings of each.
//!
//! `docs/providers.md` has the public source of each fact.

/// A `prompt` that every OpenID Provider supports (OpenID Connect Core §15.1).
pub(crate) const LOGIN: &str = "login";
/// A `prompt` that some providers do not support and then refuse.
pub(crate) const SELECT_ACCOUNT: &str = "select_account";

/// Built-in settings of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// The name of the preset. It is also the provider's id, unless the configuration chooses another.
    pub id: &'static str,
    /// Name on the button.
    pub name: &'static str,
    /// Issuer, or base URL of a plain OAuth 2.0 provider. `None` if every customer has a different issuer;
    /// then `AUTH_<NAME>_ISSUER` is required.
    pub issuer: Option<&'static str>,
    /// Requested scopes.
    pub scopes: &'static str,
    /// Whether to request `offline_access` too, where the provider's metadata offer that scope.
    pub offline_access: bool,
    /// Additional parameters of the authorization request.
    pub params: &'static [(&'static str, &'static str)],
    /// The `prompt` for choosing an account, unless the provider's metadata list prompts. `None` if the provider
    /// refuses every `prompt`.
    pub account_prompt: Option<&'static str>,
    /// Whether the provider answers `prompt=none` as OpenID Connect Core §3.1.2.6 says, without a page.
    pub is_silent: bool,
    /// The parameter for the address after the provider's sign-out.
    pub post_logout_param: &'static str,
    /// Whether the provider sends `email_verified`. If it never does, no address counts as verified.
    pub sends_email_verified: bool,
    /// The protocol.
    pub protocol: Protocol,
}

/// The protocol of a preset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// OpenID Connect with discovery.
    Oidc,
    /// OpenID Connect of Microsoft Entra ID, where one address may serve several tenants.
    Entra,
    /// OpenID Connect of Apple: the answer is a form post, and the client secret is a JWT.
    Apple,
    /// GitHub's OAuth 2.0: no discovery, no ID token.
    GitHub,
}

const OIDC: Preset = Preset {
    id: "oidc",
    name: "OpenID Connect",
    issuer: None,
    scopes: "openid profile email",
    offline_access: true,
    params: &[],
    account_prompt: Some(LOGIN),
    is_silent: true,
    post_logout_param: "post_logout_redirect_uri",
    sends_email_verified: true,
    protocol: Protocol::Oidc,
};

/// All presets, in the order of their buttons.
pub const PRESETS: [Preset; 14] = [
    Preset { id: "demo", name: "Demo provider", ..OIDC },
    Preset { id: "auth0", name: "Auth0", ..OIDC },
    // Google issues a refresh token for a parameter, not for a scope.
    Preset {
        id: "google",
        name: "Google",
        issuer: Some("https://accounts.google.com"),
        params: &[("access_type", "offline")],
        account_prompt: Some(SELECT_ACCOUNT),
        ..OIDC
    },
    // Keycloak issues a refresh token anyway; with `offline_access`, that token would outlive the session.
    Preset { id: "keycloak", name: "Keycloak", offline_access: false, ..OIDC },
    Preset { id: "okta", name: "Okta", ..OIDC },
    Preset {
        id: "entra",
        name: "Microsoft Entra ID",
        account_prompt: Some(SELECT_ACCOUNT),
        sends_email_verified: false,
        protocol: Protocol::Entra,
        ..OIDC
    },
    Preset { id: "gitlab", name: "GitLab", issuer: Some("https://gitlab.com"), ..OIDC },
    // ZITADEL's newer login answers `prompt=none` with a page (zitadel#12165).
    Preset { id: "zitadel", name: "ZITADEL", account_prompt: Some(SELECT_ACCOUNT), is_silent: false, ..OIDC },
    // With `offline_access`, Authentik asks for consent at every sign-in (authentik#9312).
    Preset { id: "authentik", name: "Authentik", offline_access: false, ..OIDC },
    // Cognito issues a refresh token anyway. Its sign-out has another parameter, and returns no `state`.
    Preset {
        id: "cognito",
        name: "Amazon Cognito",
        offline_access: false,
        post_logout_param: "logout_uri",
        ..OIDC
    },
    // Discord's `prompt=none` skips the consent only; a visitor without a session gets a page.
    Preset {
        id: "discord",
        name: "Discord",
        issuer: Some("https://discord.com"),
        scopes: "openid identify email",
        offline_access: false,
        account_prompt: Some("consent"),
        is_silent: false,
        ..OIDC
    },
    // Apple has no scope `profile` and no `prompt`, and issues a refresh token anyway.
    Preset {
        id: "apple",
        name: "Apple",
        issuer: Some("https://appleid.apple.com"),
        scopes: "openid name email",
        offline_access: false,
        params: &[("response_mode", "form_post")],
        account_prompt: None,
        is_silent: false,
        protocol: Protocol::Apple,
        ..OIDC
    },
    OIDC,
    Preset {
        id: "github",
        name: "GitHub",
        issuer: Some("https://github.com"),
        scopes: "read:user user:email",
        offline_access: false,
        account_prompt: Some(SELECT_ACCOUNT),
        is_silent: false,
        protocol: Protocol::GitHub,
        ..OIDC
    },
];

impl Preset {
    /// Returns the preset with this name.
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.id == id)
    }

    /// The preset of an OpenID Connect issuer that has no preset with its name.
    #[must_use]
    pub const fn oidc() -> &'static Self {
        &OIDC
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_github_does_without_openid_connect() {
        for preset in PRESETS {
            let is_plain = preset.protocol == Protocol::GitHub;
            assert_eq!(is_plain, preset.id == "github");
            assert_eq!(preset.scopes.split(' ').any(|scope| scope == "openid"), !is_plain);
        }
    }

    #[test]
    fn no_preset_has_the_name_of_another() {
        for (number, preset) in PRESETS.iter().enumerate() {
            assert!(PRESETS[..number].iter().all(|earlier| earlier.id != preset.id), "{}", preset.id);
            assert_eq!(Preset::find(preset.id), Some(preset));
        }
    }
}
