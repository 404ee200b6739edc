//! What an app of pull-request previews may be registered for.
//!
//! A preview runs code that is not reviewed yet. So it gets a separate client at the provider, and nothing that acts on
//! other apps: no handoff, no global logout.

use super::{RegisteredClient, Registry, entry::Entry};
use auth::{
    origin::{Origin, OriginPattern, is_localhost},
    provider::ProviderConfig,
};
use secrecy::ExposeSecret;
use url::Url;

/// The part of a registry entry that only previews have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Preview {
    /// Where each preview receives logout tokens: a path at the origin where a user signed in.
    pub(crate) backchannel_logout_path: Option<String>,
}

impl Preview {
    /// Checks what an entry with these origins says of previews. `None` if it is not for previews.
    ///
    /// # Errors
    /// What is wrong.
    pub(super) fn read(entry: &Entry, origins: &[OriginPattern]) -> Result<Option<Self>, &'static str> {
        let has_pattern = origins.iter().any(|origin| origin.exact().is_none());
        if !entry.preview {
            return match &entry.backchannel_logout_path {
                _ if has_pattern => Err("an origin with a * needs preview = true"),
                Some(_) => Err(
                    "backchannel_logout_path needs preview = true; other apps have backchannel_logout_uri",
                ),
                None => Ok(None),
            };
        }
        if entry.handoff || entry.backchannel_logout_uri.is_some() || entry.browser_event_uri.is_some() {
            return Err("a preview has no handoff, backchannel_logout_uri or browser_event_uri");
        }
        if origins.iter().any(|origin| origin.exact().is_some()) {
            return Err("each origin of a preview must have a *");
        }
        if entry.backchannel_logout_path.as_ref().is_some_and(|path| !is_path(path)) {
            return Err("backchannel_logout_path must be a path, as in /auth/backchannel-logout");
        }
        Ok(Some(Self { backchannel_logout_path: entry.backchannel_logout_path.clone() }))
    }

    /// Where the preview at `origin` receives logout tokens.
    pub(crate) fn backchannel_logout_uri(&self, origin: &Origin) -> Option<Url> {
        Some(origin.join(self.backchannel_logout_path.as_ref()?))
    }
}

fn is_path(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.');
    text.starts_with('/') && !text.contains("//") && !text.contains("..") && text.bytes().all(is_plain)
}

/// Checks the previews of a registry against its other apps, and against identity's origins and providers. Returns the
/// client id of the first wrong entry and what is wrong.
pub(super) fn check(
    registry: &Registry,
    identity: &[Origin],
    providers: &[ProviderConfig],
) -> Result<(), (String, String)> {
    for app in registry.iter().filter(|app| app.preview.is_some()) {
        let problem = app
            .origins
            .iter()
            .find_map(|pattern| neighbour(pattern, registry, identity))
            .or_else(|| client_problem(app, registry, providers));
        if let Some(problem) = problem {
            return Err((app.client_id.clone(), problem));
        }
    }
    Ok(())
}

/// A preview gets the cookies of its registrable domain, whatever their scheme, and those of production must not be among
/// them.
fn neighbour(pattern: &OriginPattern, registry: &Registry, identity: &[Origin]) -> Option<String> {
    let sample = Origin::parse(&pattern.to_string().replace('*', "x")).ok()?;
    if !sample.is_https() && !is_localhost(sample.host()) {
        return Some(format!("origin \"{pattern}\" must be https"));
    }
    let exact = registry.iter().flat_map(|app| &app.origins).filter_map(OriginPattern::exact);
    let near = exact.chain(identity).find(|origin| origin.shares_domain_with(&sample))?;
    Some(format!(
        "origin \"{pattern}\" is on the site of {near}, whose cookies it could get; use another domain"
    ))
}

fn client_problem(
    app: &RegisteredClient,
    registry: &Registry,
    providers: &[ProviderConfig],
) -> Option<String> {
    let others = || registry.iter().filter(|other| other.preview.is_none());
    let secret = app.client_secret.as_ref().map(ExposeSecret::expose_secret);
    let shares_secret = |other: &RegisteredClient| {
        secret.is_some() && other.client_secret.as_ref().map(ExposeSecret::expose_secret) == secret
    };
    if let Some(other) = others().find(|other| shares_secret(other)) {
        return Some(format!("client_secret_env has the secret of {}; make another one", other.client_id));
    }
    let mut clients =
        app.requests.iter().filter_map(|(id, request)| Some((id, request.client_id.as_ref()?))).peekable();
    if clients.peek().is_none() {
        return Some("needs [app.providers.NAME] with the client_id of previews at that provider".to_owned());
    }
    let is_production = |(id, client): &(&String, &String)| {
        let of_identity =
            providers.iter().any(|provider| provider.id == **id && provider.client_id == **client);
        let of_app = |other: &RegisteredClient| {
            other.requests.get(*id).and_then(|request| request.client_id.as_ref()) == Some(*client)
        };
        of_identity || others().any(of_app)
    };
    let (id, _) = clients.find(is_production)?;
    Some(format!("providers.{id}.client_id is a client of production; register another one for previews"))
}
