//! The configuration of one provider.

use super::{
    client_auth::Credentials,
    issuers::{Issuers, is_shared_by_tenants, names_tenant_by_id},
    preset::{Preset, Protocol},
};
use crate::origin::is_loopback;
use chrono::TimeDelta;
use openidconnect::IssuerUrl;
use secrecy::SecretString;
use std::time::Duration;
use url::Url;

/// Default of `AUTH_TOKEN_TIMEOUT`.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(30);
/// Default of `AUTH_CLOCK_TOLERANCE`.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::seconds(30);

/// The parameters of an authorization request that the flow sets. No configuration may set them.
const OF_THE_FLOW: [&str; 13] = [
    "client_id",
    "client_secret",
    "code_challenge",
    "code_challenge_method",
    "id_token_hint",
    "nonce",
    "redirect_uri",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
];

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

/// Parses an issuer: an https URL without query and fragment. On this machine it may be http.
fn check_issuer(issuer: &str) -> Result<Url, String> {
    let url = Url::parse(issuer).map_err(|_| format!("\"{issuer}\" is not a URL"))?;
    if !matches!(url.scheme(), "http" | "https") || url.query().is_some() || url.fragment().is_some() {
        return Err(format!("\"{issuer}\" must be an http(s) URL without query and fragment"));
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(format!("\"{issuer}\" must be https: http does not authenticate the provider"));
    }
    Ok(url)
}

fn issuers(preset: &Preset, issuer: IssuerUrl, tenants: &[String]) -> Result<Issuers, String> {
    let at_microsoft = issuer.url().host_str().is_some_and(|host| host.starts_with("login.microsoftonline."));
    let is_microsoft = at_microsoft || preset.protocol == Protocol::Entra;
    if !tenants.is_empty() && !is_microsoft {
        return Err("lists tenants, which only Entra ID has".to_owned());
    }
    if at_microsoft && !is_shared_by_tenants(issuer.url()) && !names_tenant_by_id(issuer.url()) {
        return Err(format!(
            "\"{}\" must have the tenant's id as its first part: metadata and tokens have the id, not a name. The id of \
             personal accounts (consumers) is 9188040d-6c67-4c5b-b112-36a304b66dad",
            issuer.as_str()
        ));
    }
    if !is_microsoft || (tenants.is_empty() && !is_shared_by_tenants(issuer.url())) {
        return Ok(Issuers::one(issuer));
    }
    if tenants.is_empty() {
        return Err(format!(
            "\"{}\" serves every tenant; write the tenant's id in its place, or list the tenants that may sign in, \
             as in AUTH_ENTRA_TENANTS",
            issuer.as_str()
        ));
    }
    Issuers::of_tenants(issuer, tenants)
}

/// Whether a text may be a provider's id: it is part of paths and of cookies.
pub(crate) fn is_provider_id(id: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
    (1..=32).contains(&id.len()) && id.bytes().all(allowed)
}

/// Checks scopes by RFC 6749 §3.3: printable ASCII without quotation marks and backslashes, separated by single spaces.
///
/// # Errors
/// A sentence.
pub fn check_scopes(scopes: &str, is_oidc: bool) -> Result<(), String> {
    let is_scope = |scope: &str| {
        !scope.is_empty() && scope.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte))
    };
    if !scopes.split(' ').all(is_scope) {
        return Err(format!(
            "\"{scopes}\" must be scopes with one space between them, as in openid profile email"
        ));
    }
    if is_oidc && !scopes.split(' ').any(|scope| scope == "openid") {
        return Err("must include openid; without it, the provider sends no ID token".to_owned());
    }
    Ok(())
}

/// Checks the further parameters of an authorization request.
///
/// # Errors
/// A sentence that names the parameter.
pub fn check_params(params: &[(String, String)], is_form_post: bool) -> Result<(), String> {
    for (number, (name, value)) in params.iter().enumerate() {
        let is_expected = is_form_post && name == "response_mode" && value == "form_post";
        if OF_THE_FLOW.contains(&name.as_str()) && !is_expected {
            return Err(format!("must not set {name}: the sign-in flow sets it"));
        }
        if name == "prompt" && value.split(' ').any(|prompt| prompt == "none") {
            return Err("must not set prompt=none: the provider could then never ask the visitor".to_owned());
        }
        if name.is_empty() || name.chars().chain(value.chars()).any(char::is_control) {
            return Err(
                "must be a query string, as in audience=https://api.example.com&acr_values=phr".to_owned()
            );
        }
        if name == "max_age" && value.parse::<u32>().is_err() {
            return Err(format!("must set max_age to a number of seconds, not \"{value}\""));
        }
        // `resource` may occur several times (RFC 8707 §2).
        if name != "resource" && params[..number].iter().any(|(earlier, _)| earlier == name) {
            return Err(format!("sets {name} twice"));
        }
    }
    Ok(())
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
