//! The configuration of one provider.

use super::{
    checks::{check_issuer, check_params, check_scopes, is_provider_id, issuers},
    client_auth::Credentials,
    issuers::Issuers,
    preset::{Preset, Protocol},
};
use chrono::TimeDelta;
use openidconnect::IssuerUrl;
use secrecy::SecretString;
use std::time::Duration;
use url::Url;

/// Default of `AUTH_TOKEN_TIMEOUT`.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(30);
/// Default of `AUTH_CLOCK_TOLERANCE`.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::seconds(30);

/// The configuration of an enabled provider.
///
/// [`Config::from_env`](crate::config::Config::from_env) reads providers from the environment. In code:
///
/// ```
/// use auth::provider::{Credentials, Preset, ProviderConfig};
///
/// # fn main() -> Result<(), String> {
/// let secret = Credentials::Secret { secret: "from a vault".into(), method: None };
/// let mut staff = ProviderConfig::new("staff", Preset::oidc(), "client-1", secret, Some("https://id.example.com"))?;
/// staff.name = "Staff account".to_owned();
/// staff.params = vec![("audience".to_owned(), "https://api.example.com".to_owned())];
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ProviderConfig {
    /// Id in URLs: `/auth/callback/{id}`.
    pub id: String,
    /// Name on the button.
    pub name: String,
    /// An image beside the name: a path of this app.
    pub icon: Option<String>,
    /// The protocol.
    pub kind: Kind,
    /// This app's client id at the provider.
    pub client_id: String,
    /// How this app authenticates at the provider.
    pub credentials: Credentials,
    /// Scopes, space-separated.
    pub scopes: String,
    /// Whether to request `offline_access` too, where the provider's metadata offer that scope.
    pub offline_access: bool,
    /// Further parameters of the authorization request. A `prompt` of the flow goes before a `prompt` here.
    pub params: Vec<(String, String)>,
    /// Further audiences that an ID token may name beside this client. `azp` must then be this client.
    pub audiences: Vec<String>,
    /// Other clients at this provider whose logout tokens this app accepts: identity receives those of apps with a
    /// separate client.
    pub logout_audiences: Vec<String>,
    /// Whether an address counts as verified if the provider sends no `email_verified`.
    pub trusts_email: bool,
    /// Whether the provider may be asked with `prompt=none`.
    pub is_silent: bool,
    /// Whether the provider answers with a form that the visitor's browser posts to the callback.
    pub is_form_post: bool,
    /// The `prompt` for choosing an account, unless the provider's metadata list prompts. `None`: no `prompt`.
    pub account_prompt: Option<&'static str>,
    /// The parameter for the address after the provider's sign-out.
    pub post_logout_param: &'static str,
    /// Whether the provider is known to send `email_verified`.
    pub sends_email_verified: bool,
    /// Timeout for the token endpoint. A timeout loses a rotated refresh token together with the answer.
    pub token_timeout: Duration,
    /// How far the provider's clock may be off.
    pub clock_tolerance: TimeDelta,
}

/// The protocol of a provider.
#[derive(Clone, Debug)]
pub enum Kind {
    /// OpenID Connect with discovery.
    Oidc {
        /// The issuers that tokens may name.
        issuers: Issuers,
    },
    /// GitHub's OAuth 2.0: no discovery, no ID token; the user comes from its API.
    GitHub {
        /// `https://github.com`, or the address of a GitHub Enterprise server.
        base: Url,
    },
}

impl ProviderConfig {
    /// The further parameters as one text, whatever their order.
    pub(crate) fn params_text(&self) -> String {
        let mut params: Vec<_> = self.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        params.sort();
        params.join(" ")
    }

    /// Completes a preset with the configured values.
    ///
    /// # Errors
    /// An error sentence about the issuer: missing, not an http(s) URL, or shared by several tenants.
    pub fn new(
        id: &str,
        preset: &Preset,
        client_id: &str,
        credentials: Credentials,
        issuer: Option<&str>,
    ) -> Result<Self, String> {
        Self::with_tenants(id, preset, client_id, credentials, (issuer, &[]))
    }

    /// As [`new`](Self::new), for an Entra ID address that several tenants share. `tenants` are their ids.
    ///
    /// # Errors
    /// As [`new`](Self::new), and a sentence about a tenant.
    pub fn with_tenants(
        id: &str,
        preset: &Preset,
        client_id: &str,
        credentials: Credentials,
        (issuer, tenants): (Option<&str>, &[String]),
    ) -> Result<Self, String> {
        let issuer = issuer.or(preset.issuer).ok_or("is missing: this provider needs its issuer URL")?;
        let url = check_issuer(issuer)?;
        let kind = if preset.protocol == Protocol::GitHub {
            Kind::GitHub { base: url }
        } else {
            let issuer = IssuerUrl::new(issuer.to_owned()).map_err(|error| error.to_string())?;
            Kind::Oidc { issuers: issuers(preset, issuer, tenants)? }
        };
        Ok(Self {
            id: id.to_owned(),
            name: preset.name.to_owned(),
            icon: None,
            kind,
            client_id: client_id.to_owned(),
            credentials,
            scopes: preset.scopes.to_owned(),
            offline_access: preset.offline_access,
            params: preset.params.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            audiences: Vec::new(),
            logout_audiences: Vec::new(),
            trusts_email: false,
            is_silent: preset.is_silent,
            is_form_post: preset.protocol == Protocol::Apple,
            account_prompt: preset.account_prompt,
            post_logout_param: preset.post_logout_param,
            sends_email_verified: preset.sends_email_verified,
            token_timeout: TOKEN_TIMEOUT,
            clock_tolerance: CLOCK_TOLERANCE,
        })
    }

    /// The configured issuer, or the base URL of a plain OAuth 2.0 provider.
    #[must_use]
    pub fn issuer(&self) -> &str {
        match &self.kind {
            Kind::Oidc { issuers } => issuers.configured().as_str(),
            Kind::GitHub { base } => base.as_str(),
        }
    }

    /// Whether tokens of several tenants are accepted.
    #[must_use]
    pub fn has_tenants(&self) -> bool {
        matches!(&self.kind, Kind::Oidc { issuers } if issuers.only().is_none())
    }

    /// The configured `max_age`: how long ago the user may have signed in at the provider.
    pub(crate) fn max_age(&self) -> Option<TimeDelta> {
        let (_, seconds) = self.params.iter().find(|(name, _)| name == "max_age")?;
        seconds.parse::<u32>().ok().map(|seconds| TimeDelta::seconds(seconds.into()))
    }

    /// The origin whose pages post the answer to the callback; `None` if the provider redirects.
    #[must_use]
    pub fn form_post_origin(&self) -> Option<String> {
        match &self.kind {
            Kind::Oidc { issuers } if self.is_form_post => {
                Some(issuers.configured().url().origin().ascii_serialization())
            }
            _ => None,
        }
    }

    /// Checks the values that code may have set.
    ///
    /// # Errors
    /// The setting, as the end of its variable, and a sentence.
    pub(crate) fn check(&self) -> Result<(), (&'static str, String)> {
        if !is_provider_id(&self.id) {
            let problem = format!("\"{}\" must have lower-case letters, digits, _ and -", self.id);
            return Err(("ID", problem));
        }
        if self.name.trim().is_empty() {
            return Err(("NAME", "must not be empty".to_owned()));
        }
        if let Some(icon) = &self.icon
            && (crate::origin::ReturnPath::parse(icon).is_none_or(|path| path.as_str() != icon))
        {
            return Err(("ICON", format!("\"{icon}\" must be a path of this app, as in /icons/staff.svg")));
        }
        check_scopes(&self.scopes, matches!(self.kind, Kind::Oidc { .. }))
            .map_err(|problem| ("SCOPES", problem))?;
        check_params(&self.params, self.is_form_post).map_err(|problem| ("PARAMS", problem))?;
        if self.trusts_email && self.has_tenants() {
            let problem = "cannot be used with several tenants: the admin of any tenant can set any address. \
                           Use the address for display only, or configure one tenant";
            return Err(("TRUST_EMAIL", problem.to_owned()));
        }
        Ok(())
    }
}

/// Returns credentials for a client with this secret, or for a public client.
impl From<Option<SecretString>> for Credentials {
    fn from(secret: Option<SecretString>) -> Self {
        secret.map_or(Self::Public, |secret| Self::Secret { secret, method: None })
    }
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
