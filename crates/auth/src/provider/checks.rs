//! Checks of what a configuration says about a provider.

use super::{
    issuers::{Issuers, is_shared_by_tenants, names_tenant_by_id},
    preset::{Preset, Protocol},
};
use crate::origin::is_loopback;
use openidconnect::IssuerUrl;
use url::Url;

/// The parameters of an authorization request that the flow sets. No configuration may set them.
pub(super) const OF_THE_FLOW: [&str; 13] = [
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

/// Parses an issuer: an https URL without query and fragment. On this machine it may be http.
pub(super) fn check_issuer(issuer: &str) -> Result<Url, String> {
    let url = Url::parse(issuer).map_err(|_| format!("\"{issuer}\" is not a URL"))?;
    if !matches!(url.scheme(), "http" | "https") || url.query().is_some() || url.fragment().is_some() {
        return Err(format!("\"{issuer}\" must be an http(s) URL without query and fragment"));
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(format!("\"{issuer}\" must be https: http does not authenticate the provider"));
    }
    Ok(url)
}

pub(super) fn issuers(preset: &Preset, issuer: IssuerUrl, tenants: &[String]) -> Result<Issuers, String> {
    // Global and national clouds (learn.microsoft.com, "National clouds and authentication endpoints").
    let microsoft = [
        "login.microsoftonline.",
        "login.partner.microsoftonline.",
        "login.microsoft.com",
        "login.windows.net",
    ];
    let host = issuer.url().host_str().unwrap_or_default();
    let at_microsoft = microsoft.iter().any(|begin| host.starts_with(begin));
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
