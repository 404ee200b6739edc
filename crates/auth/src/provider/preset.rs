//! The providers we know by name, and what is special about each.

use crate::origin::is_loopback;
use chrono::TimeDelta;
use openidconnect::IssuerUrl;
use secrecy::SecretString;
use std::time::Duration;
use url::Url;

/// Every OpenID provider knows this `prompt` (OpenID Connect Core §15.1).
pub(crate) const LOGIN: &str = "login";
/// Not every provider knows this one, and some refuse what they do not know.
pub(crate) const SELECT_ACCOUNT: &str = "select_account";

/// What is known about a provider before anybody configures it.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// Id in URLs; in capitals, the middle of `AUTH_<ID>_ID`.
    pub id: &'static str,
    /// Name on the button.
    pub name: &'static str,
    /// Issuer (or base URL of a plain OAuth 2.0 provider); `None` where each customer has their own
    /// and `AUTH_<ID>_ISSUER` must say.
    pub issuer: Option<&'static str>,
    /// Scopes we ask for: profile, and where it takes a scope, a refresh token.
    pub scopes: &'static str,
    /// Parameters this provider wants on top.
    pub extra_params: &'static [(&'static str, &'static str)],
    /// The `prompt` that has it ask for the account, unless its metadata say.
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

/// Every provider that can be switched on by `AUTH_<ID>_ID`.
pub const PRESETS: [Preset; 9] = [
    Preset { id: "demo", name: "Demo provider", scopes: WITH_REFRESH, ..OIDC },
    Preset { id: "auth0", name: "Auth0", scopes: WITH_REFRESH, ..OIDC },
    // Google gives a refresh token for a parameter, not for a scope.
    Preset {
        id: "google",
        name: "Google",
        issuer: Some("https://accounts.google.com"),
        extra_params: &[("access_type", "offline")],
        account_prompt: SELECT_ACCOUNT,
        ..OIDC
    },
    // Keycloak gives one anyway; its `offline_access` means a token that outlives the session.
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

/// A provider that is switched on.
#[derive(Clone, Debug)]
pub struct ProviderConfig {
    /// Id in URLs.
    pub id: String,
    /// Name on the button.
    pub name: String,
    /// How it speaks.
    pub kind: Kind,
    /// Our id there.
    pub client_id: String,
    /// Our secret there; a public client has none and relies on PKCE.
    pub client_secret: Option<SecretString>,
    /// Scopes, space-separated.
    pub scopes: String,
    /// Parameters it wants on top.
    pub extra_params: &'static [(&'static str, &'static str)],
    /// The `prompt` that has it ask for the account, unless its metadata say.
    pub account_prompt: &'static str,
    /// How long its token endpoint may take (`AUTH_TOKEN_TIMEOUT`). Given up earlier, a rotated refresh token would be
    /// lost with the answer.
    pub token_timeout: Duration,
    /// How far its clock may be off (`AUTH_CLOCK_TOLERANCE`).
    pub clock_tolerance: TimeDelta,
}

/// How long a token endpoint may take, unless `AUTH_TOKEN_TIMEOUT` says otherwise.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(30);
/// How far a provider's clock may be off, unless `AUTH_CLOCK_TOLERANCE` says otherwise.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::seconds(30);

/// How a provider speaks.
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
    /// Completes a preset with what the customer configured.
    ///
    /// # Errors
    /// A sentence about the issuer when it is missing or no http(s) URL.
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
            return Err(format!("\"{issuer}\" must be https: over http anybody could answer for it"));
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
    fn a_provider_with_a_fixed_address_needs_none_and_others_do() {
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
