//! Presets: the providers known by name, and the special settings of each.

use crate::origin::is_loopback;
use chrono::TimeDelta;
use openidconnect::IssuerUrl;
use secrecy::SecretString;
use std::time::Duration;
use url::Url;

/// A `prompt` that every OpenID Provider supports (OpenID Connect Core §15.1).
pub(crate) const LOGIN: &str = "login";
/// A `prompt` that some providers do not support and then refuse.
pub(crate) const SELECT_ACCOUNT: &str = "select_account";

/// Built-in settings of a provider.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// Id in URLs; in capitals, the middle of `AUTH_<ID>_ID`.
    pub id: &'static str,
    /// Name on the button.
    pub name: &'static str,
    /// Issuer, or base URL of a plain OAuth 2.0 provider. `None` if every customer has a different issuer;
    /// then `AUTH_<ID>_ISSUER` is required.
    pub issuer: Option<&'static str>,
    /// Requested scopes: the profile, and a refresh token if the provider has a scope for refresh tokens.
    pub scopes: &'static str,
    /// Additional parameters of the authorization request.
    pub extra_params: &'static [(&'static str, &'static str)],
    /// The `prompt` for choosing an account, unless the provider's metadata list prompts.
    pub account_prompt: &'static str,
    /// Plain OAuth 2.0, without OpenID Connect.
    pub plain_oauth: bool,
}

const OIDC: Preset = Preset {
    id: "oidc",
    name: "OpenID Connect",
    issuer: None,
    scopes: "openid profile email",
    extra_params: &[],
    account_prompt: LOGIN,
    plain_oauth: false,
};

const WITH_REFRESH: &str = "openid profile email offline_access";

/// All providers that `AUTH_<ID>_ID` can enable.
pub const PRESETS: [Preset; 9] = [
    Preset { id: "demo", name: "Demo provider", scopes: WITH_REFRESH, ..OIDC },
    Preset { id: "auth0", name: "Auth0", scopes: WITH_REFRESH, ..OIDC },
    // Google issues a refresh token for a parameter, not for a scope.
    Preset {
        id: "google",
        name: "Google",
        issuer: Some("https://accounts.google.com"),
        extra_params: &[("access_type", "offline")],
        account_prompt: SELECT_ACCOUNT,
        ..OIDC
    },
    // Keycloak issues a refresh token anyway; with `offline_access`, that token would outlive the session.
    Preset { id: "keycloak", name: "Keycloak", ..OIDC },
    Preset { id: "okta", name: "Okta", scopes: WITH_REFRESH, ..OIDC },
    Preset {
        id: "entra",
        name: "Microsoft Entra ID",
        scopes: WITH_REFRESH,
        account_prompt: SELECT_ACCOUNT,
        ..OIDC
    },
    Preset { id: "gitlab", name: "GitLab", issuer: Some("https://gitlab.com"), ..OIDC },
    OIDC,
    Preset {
        id: "github",
        name: "GitHub",
        issuer: Some("https://github.com"),
        scopes: "read:user user:email",
        account_prompt: SELECT_ACCOUNT,
        plain_oauth: true,
        ..OIDC
    },
];

/// The configuration of an enabled provider.
#[derive(Clone, Debug)]
pub struct ProviderConfig {
    /// Id in URLs.
    pub id: String,
    /// Name on the button.
    pub name: String,
    /// The protocol.
    pub kind: Kind,
    /// This app's client id at the provider.
    pub client_id: String,
    /// This app's client secret at the provider. A public client has no secret and relies on PKCE.
    pub client_secret: Option<SecretString>,
    /// Scopes, space-separated.
    pub scopes: String,
    /// Additional parameters of the authorization request.
    pub extra_params: &'static [(&'static str, &'static str)],
    /// The `prompt` for choosing an account, unless the provider's metadata list prompts.
    pub account_prompt: &'static str,
    /// Timeout for the token endpoint (`AUTH_TOKEN_TIMEOUT`). A timeout loses a rotated refresh token
    /// together with the answer.
    pub token_timeout: Duration,
    /// How far the provider's clock may be off (`AUTH_CLOCK_TOLERANCE`).
    pub clock_tolerance: TimeDelta,
}

/// Default of `AUTH_TOKEN_TIMEOUT`.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(30);
/// Default of `AUTH_CLOCK_TOLERANCE`.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::seconds(30);

/// The protocol of a provider.
#[derive(Clone, Debug)]
pub enum Kind {
    /// OpenID Connect with discovery.
    Oidc {
        /// The issuer, exactly as its metadata and tokens spell it.
        issuer: IssuerUrl,
    },
    /// GitHub's OAuth 2.0: no discovery, no ID token; the user comes from its API.
    GitHub {
        /// `https://github.com`, or the address of a GitHub Enterprise server.
        base: Url,
    },
}

impl ProviderConfig {
    /// Completes a preset with the configured values.
    ///
    /// # Errors
    /// An error sentence if the issuer is missing or not an http(s) URL.
    pub fn new(
        preset: &Preset,
        client_id: String,
        client_secret: Option<SecretString>,
        issuer: Option<&str>,
    ) -> Result<Self, String> {
        let issuer = issuer.or(preset.issuer).ok_or("is missing: this provider needs its issuer URL")?;
        let url = Url::parse(issuer).map_err(|_| format!("\"{issuer}\" is not a URL"))?;
        if !matches!(url.scheme(), "http" | "https") || url.query().is_some() || url.fragment().is_some() {
            return Err(format!("\"{issuer}\" must be an http(s) URL without query and fragment"));
        }
        if url.scheme() == "http" && !is_loopback(&url) {
            return Err(format!("\"{issuer}\" must be https: http does not authenticate the provider"));
        }
        let kind = if preset.plain_oauth {
            Kind::GitHub { base: url }
        } else {
            Kind::Oidc { issuer: IssuerUrl::new(issuer.to_owned()).map_err(|error| error.to_string())? }
        };
        Ok(Self {
            id: preset.id.into(),
            name: preset.name.into(),
            kind,
            client_id,
            client_secret,
            scopes: preset.scopes.into(),
            extra_params: preset.extra_params,
            account_prompt: preset.account_prompt,
            token_timeout: TOKEN_TIMEOUT,
            clock_tolerance: CLOCK_TOLERANCE,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configured(id: &str, issuer: Option<&str>) -> Result<ProviderConfig, String> {
        let preset = PRESETS.iter().find(|preset| preset.id == id).unwrap();
        ProviderConfig::new(preset, "client".into(), None, issuer)
    }

    #[test]
    fn only_a_provider_without_a_fixed_address_needs_an_issuer() {
        for id in ["google", "gitlab", "github"] {
            assert!(configured(id, None).is_ok(), "{id}");
        }
        for id in ["demo", "auth0", "keycloak", "okta", "entra", "oidc"] {
            assert!(configured(id, None).unwrap_err().contains("missing"), "{id}");
            assert!(configured(id, Some("https://op.example/tenant/")).is_ok(), "{id}");
        }
    }

    #[test]
    fn an_issuer_is_https_except_on_this_machine() {
        assert!(configured("oidc", Some("http://op.example")).is_err());
        assert!(configured("oidc", Some("http://localhost.evil.example")).is_err());
        assert!(configured("oidc", Some("http://auth.wow.localhost:4300")).is_ok());
        for bad in ["op.example", "ftp://op.example", "https://op.example?x", "https://op.example#x"] {
            assert!(configured("oidc", Some(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_github_is_plain_oauth() {
        for preset in PRESETS {
            assert_eq!(preset.plain_oauth, preset.id == "github");
            assert_eq!(preset.scopes.split(' ').any(|scope| scope == "openid"), !preset.plain_oauth);
        }
    }
}
