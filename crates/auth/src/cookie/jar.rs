//! Reads the cookies of a request, and writes the cookies of its answer.

use super::{CookieKind, CookieSettings, SameSite, SessionId};
use crate::{origin::Origin, store::SessionKey};
use cookie::Cookie;
use http::{HeaderMap, HeaderValue, header};
use std::collections::HashSet;

/// Maximum well-formed values of one cookie name that are read. A browser normally sends one value. A
/// neighbour on the same domain can plant one for each parent domain and for each parent of the path.
pub(crate) const MAX_CANDIDATES: usize = 16;

/// Maximum other scopes in which a cookie is cleared at a time.
const MAX_SCOPES: usize = 4;

/// The cookies of one request to one origin.
#[derive(Clone, Copy, Debug)]
pub struct Cookies<'a> {
    pub(super) settings: &'a CookieSettings,
    pub(super) origin: &'a Origin,
    pub(super) headers: &'a HeaderMap,
}

impl<'a> Cookies<'a> {
    /// The origin that the request came to.
    #[must_use]
    pub fn origin(self) -> &'a Origin {
        self.origin
    }

    /// The headers of the request.
    #[must_use]
    pub fn headers(self) -> &'a HeaderMap {
        self.headers
    }

    /// The name of a cookie at this origin.
    #[must_use]
    pub fn name(self, kind: CookieKind<'_>) -> String {
        let security = self.settings.security(kind, self.origin);
        if let (CookieKind::Session, Some(name)) = (kind, &self.settings.session.cookie_name) {
            return format!("{security}{name}");
        }
        let (suffix, tag) = kind.suffix();
        format!("{security}{}{suffix}{tag}", self.settings.prefix)
    }

    /// Whether the session cookie is also sent to the app's neighbours on the same domain.
    #[must_use]
    pub fn is_shared(self) -> bool {
        self.settings.domain_for(CookieKind::Session, self.origin).is_some()
    }

    /// Returns the values of a cookie; for the session, only well-formed ids. Several values mean that a
    /// neighbour on the same domain planted one, or that the cookie's domain has changed.
    pub fn values(self, kind: CookieKind<'a>) -> impl Iterator<Item = &'a str> + use<'a> {
        let is_well_formed =
            move |value: &str| kind != CookieKind::Session || SessionId::parse(value).is_some();
        // Every request runs this code, nearly always with one value, so the code allocates nothing.
        let (mut seen, mut count) = ([""; MAX_CANDIDATES + 1], 0);
        let is_new = move |value: &&'a str| {
            let is_new = is_well_formed(value) && !seen[..count].contains(value);
            if let Some(place) = seen.get_mut(count).filter(|_| is_new) {
                *place = *value;
                count += 1;
            }
            is_new
        };
        self.sent(kind).filter(is_new).take(MAX_CANDIDATES + 1)
    }

    /// Returns the keys of all session ids in the request if there are more than [`MAX_CANDIDATES`];
    /// otherwise an empty list.
    pub(crate) fn excess_sessions(self) -> Vec<SessionKey> {
        if self.values(CookieKind::Session).count() <= MAX_CANDIDATES {
            return Vec::new();
        }
        let ids = self.sent(CookieKind::Session).filter_map(SessionId::parse);
        ids.map(|id| id.key()).collect::<HashSet<_>>().into_iter().collect()
    }

    /// Whether the request has the cookie, with any value.
    #[must_use]
    pub fn is_sent(self, kind: CookieKind<'_>) -> bool {
        self.sent(kind).next().is_some()
    }

    fn sent<'k>(self, kind: CookieKind<'k>) -> impl Iterator<Item = &'a str> + use<'a, 'k> {
        let settings = self.settings;
        let (security, (suffix, tag)) = (settings.security(kind, self.origin), kind.suffix());
        // Every request runs this code, so the name is compared in parts and not built.
        let own_name = settings.session.cookie_name.as_deref().filter(|_| kind == CookieKind::Session);
        let is_ours = move |name: &str| {
            let Some(name) = name.strip_prefix(security) else { return false };
            if let Some(own_name) = own_name {
                return name == own_name;
            }
            let rest = name.strip_prefix(settings.prefix.as_str());
            rest.and_then(|name| name.strip_prefix(suffix)) == Some(tag)
        };
        pairs(self.headers).filter(move |(name, _)| is_ours(name)).map(|(_, value)| value)
    }

    /// Returns the flow cookies of the request: tag and value.
    #[must_use]
    pub fn flows(self) -> Vec<(String, String)> {
        let prefix = self.name(CookieKind::Flow(""));
        pairs(self.headers)
            .filter_map(|(key, value)| Some((key.strip_prefix(&prefix)?.to_owned(), value.to_owned())))
            .collect()
    }

    /// Returns a `Set-Cookie` value. Without `max_age` (seconds) the cookie lasts until the browser closes.
    #[must_use]
    pub fn set(self, kind: CookieKind<'_>, value: &str, max_age: Option<i64>) -> HeaderValue {
        self.write(kind, self.settings.domain_for(kind, self.origin), value, max_age)
    }

    fn write(
        self,
        kind: CookieKind<'_>,
        domain: Option<&str>,
        value: &str,
        max_age: Option<i64>,
    ) -> HeaderValue {
        let options = (kind == CookieKind::Session).then_some(&self.settings.session);
        let mut cookie = Cookie::build((self.name(kind), value))
            .path(options.map_or("/", |options| options.path.as_str()).to_owned())
            .http_only(true)
            .same_site(options.map_or(SameSite::Lax, |options| options.same_site))
            .secure(options.and_then(|options| options.secure).unwrap_or(self.origin.is_https()));
        if let Some(domain) = domain {
            cookie = cookie.domain(domain.to_owned());
        }
        if let Some(seconds) = max_age {
            cookie = cookie.max_age(cookie::time::Duration::seconds(seconds));
        }
        HeaderValue::try_from(cookie.to_string()).unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    /// Returns a `Set-Cookie` value that removes the cookie.
    #[must_use]
    pub fn clear(self, kind: CookieKind<'_>) -> HeaderValue {
        self.set(kind, "", Some(0))
    }

    /// Returns the `Set-Cookie` values that remove the cookie and all other cookies of that name: for the
    /// host alone, and for each parent domain up to the registrable one. A neighbour may have planted a
    /// cookie there, or `AUTH_COOKIE_DOMAIN` may have changed.
    #[must_use]
    pub fn clear_everywhere(self, kind: CookieKind<'_>) -> Vec<HeaderValue> {
        let mut cleared = vec![self.clear(kind)];
        cleared.extend(self.clear_elsewhere(kind));
        cleared
    }

    /// Like [`clear_everywhere`](Self::clear_everywhere), but keeps the cookie itself.
    #[must_use]
    pub fn clear_elsewhere(self, kind: CookieKind<'_>) -> Vec<HeaderValue> {
        // A browser accepts a `__Host-` cookie for a whole host only, so there is no other scope.
        if self.settings.security(kind, self.origin) == "__Host-" {
            return Vec::new();
        }
        let own = self.settings.domain_for(kind, self.origin);
        let scopes = [None].into_iter().chain(self.origin.parent_domains().map(Some));
        let others = scopes.filter(|scope| *scope != own).take(MAX_SCOPES);
        others.map(|scope| self.write(kind, scope, "", Some(0))).collect()
    }
}

/// Returns the pairs of a request's cookie lines. A neighbour on the same domain may add lines with any
/// bytes. Pairs that are not ASCII are skipped; the others stay.
fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b';'))
        .filter(|pair| pair.is_ascii())
        .filter_map(|pair| std::str::from_utf8(pair).ok()?.trim().split_once('='))
}

#[cfg(test)]
#[path = "jar_tests.rs"]
mod tests;
