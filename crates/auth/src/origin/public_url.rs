//! Origins: exact ones, and patterns with one `*` for preview deployments.

use std::{fmt, sync::Arc};
use url::{Host, Url};

/// `scheme://host[:port]`, in lower case and without a default port: the serialisation of RFC 6454 §6.2.
///
/// Cheap to clone, because every request carries an origin.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin(Arc<Url>);

/// Why a text was refused as an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// Not a URL at all.
    #[error("is not a URL")]
    NotAUrl,
    /// Neither http nor https.
    #[error("must begin with http:// or https://")]
    Scheme,
    /// The text is not a canonical origin: it has user info, a path, query, fragment, capitals, a default
    /// port, control characters or the like.
    #[error("must be written as scheme://host[:port]")]
    NotCanonical,
    /// A `*` is outside the first label, or no domain of one owner follows.
    #[error(
        "may have one * in its first label only, before a domain that belongs to one owner (not a public suffix)"
    )]
    Wildcard,
}

impl Origin {
    /// Parses an origin in its canonical form; one trailing `/` is tolerated.
    ///
    /// Text that a URL parser would silently repair is refused: the app must compare exactly what the browser
    /// will see.
    ///
    /// # Errors
    /// An [`OriginError`] that names the problem.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        let url = Url::parse(text).map_err(|_| OriginError::NotAUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(OriginError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(OriginError::NotCanonical);
        }
        let origin = Self(Arc::new(url));
        if text.strip_suffix('/').unwrap_or(text) == origin.to_string() {
            Ok(origin)
        } else {
            Err(OriginError::NotCanonical)
        }
    }

    /// Host name, without the port.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Whether cookies of this origin can be `Secure` and carry a `__Host-` prefix.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// How close another origin is; greater is closer. The same host is closest, then the number of shared
    /// domain labels counts.
    pub fn closeness(&self, other: &Self) -> (bool, usize) {
        let labels = self.host().rsplit('.').zip(other.host().rsplit('.'));
        (self.host() == other.host(), labels.take_while(|(own, theirs)| own == theirs).count())
    }

    /// Returns the URL of a path at this origin. All URLs of the suite's own apps are built this way.
    ///
    /// `path` begins with `/` and may have a query.
    #[must_use]
    pub fn join(&self, path: &str) -> Url {
        debug_assert!(path.starts_with('/') && !path.starts_with("//"));
        self.0.join(path).unwrap_or_else(|_| Url::clone(&self.0))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://{}", self.0.scheme(), self.0.authority())
    }
}

/// An exact origin, or one with a `*` in its first label (`https://pr-*.preview.example`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginPattern {
    text: String,
    pattern: Pattern,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    Exact(Origin),
    /// The text before and after the `*`.
    Wildcard(String, String),
}

impl OriginPattern {
    /// Parses an exact origin or a pattern.
    ///
    /// # Errors
    /// An [`OriginError`]. A `*` must be in the first label, and what follows must not be a public suffix
    /// (publicsuffix.org), below which anyone can create hosts.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        let Some((before, after)) = text.split_once('*') else {
            let origin = Origin::parse(text)?;
            return Ok(Self { text: origin.to_string(), pattern: Pattern::Exact(origin) });
        };
        let sample = Origin::parse(&format!("{before}x{after}"))?;
        let in_first_label = before.split_once("://").is_some_and(|(_, label)| !label.contains('.'));
        let host = sample.host();
        let is_owned = host.split_once('.').is_some_and(|(_, parent)| psl::domain_str(parent).is_some());
        let is_domain = matches!(sample.0.host(), Some(Host::Domain(_)));
        if !in_first_label || !is_owned || !is_domain || after.contains('*') {
            return Err(OriginError::Wildcard);
        }
        let after = after.strip_suffix('/').unwrap_or(after);
        let pattern = Pattern::Wildcard(before.into(), after.into());
        Ok(Self { text: format!("{before}*{after}"), pattern })
    }

    /// Returns the origin if there is no `*`.
    #[must_use]
    pub fn exact(&self) -> Option<&Origin> {
        match &self.pattern {
            Pattern::Exact(origin) => Some(origin),
            Pattern::Wildcard(..) => None,
        }
    }

    /// The host, without the port; that of a pattern has the `*`.
    pub(crate) fn host(&self) -> &str {
        let Pattern::Exact(origin) = &self.pattern else {
            let rest = self.text.split_once("://").map_or("", |(_, rest)| rest);
            return rest.split_once(':').map_or(rest, |(host, _)| host);
        };
        origin.host()
    }

    /// Whether the scheme is https.
    pub(crate) fn is_https(&self) -> bool {
        self.text.starts_with("https://")
    }

    /// Whether `origin` equals the exact origin, or has letters, digits and hyphens in place of the `*`.
    #[must_use]
    pub fn matches(&self, origin: &Origin) -> bool {
        match &self.pattern {
            Pattern::Exact(exact) => exact == origin,
            Pattern::Wildcard(before, after) => origin
                .to_string()
                .strip_prefix(before.as_str())
                .and_then(|rest| rest.strip_suffix(after.as_str()))
                .is_some_and(|label| {
                    !label.is_empty()
                        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                }),
        }
    }

    /// Returns the origin that a `Host` header names, if this pattern matches.
    fn origin_for_host(&self, host: &str) -> Option<Origin> {
        match &self.pattern {
            // Every request runs this branch, so it neither allocates nor parses.
            Pattern::Exact(origin) => {
                let host = without_default_port(origin.0.scheme(), host);
                host.eq_ignore_ascii_case(origin.0.authority()).then(|| origin.clone())
            }
            Pattern::Wildcard(before, _) => {
                let scheme = before.split_once("://")?.0;
                let host = without_default_port(scheme, host);
                let origin = Origin::parse(&format!("{scheme}://{}", host.to_ascii_lowercase())).ok()?;
                self.matches(&origin).then_some(origin)
            }
        }
    }
}

/// Returns the host without the default port of the scheme: both name the same origin (RFC 9110 §4.2.3). Some proxies add
/// that port.
fn without_default_port<'a>(scheme: &str, host: &'a str) -> &'a str {
    let port = if scheme == "https" { ":443" } else { ":80" };
    match host.strip_suffix(port) {
        // In brackets, colons belong to the address.
        Some(name) if name.ends_with(']') || !name.contains(':') => name,
        _ => host,
    }
}

impl fmt::Display for OriginPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// The origins this process answers for (`PUBLIC_URL`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrls(Vec<OriginPattern>);

impl PublicUrls {
    /// Parses a comma-separated list of origins and patterns.
    ///
    /// # Errors
    /// The first invalid entry, with the reason. An empty list counts as [`OriginError::NotAUrl`].
    pub fn parse(list: &str) -> Result<Self, (String, OriginError)> {
        let entries = list
            .split(',')
            .map(str::trim)
            .map(|entry| OriginPattern::parse(entry).map_err(|error| (entry.to_owned(), error)))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self(entries))
    }

    /// The entries, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &OriginPattern> {
        self.0.iter()
    }

    /// Whether at least one origin is https.
    pub(crate) fn any_is_https(&self) -> bool {
        self.iter().any(OriginPattern::is_https)
    }

    /// Whether all origins are https.
    pub(crate) fn all_are_https(&self) -> bool {
        self.iter().all(OriginPattern::is_https)
    }

    /// The canonical origin as text: the first exact origin, else the first pattern.
    #[must_use]
    pub fn canonical(&self) -> &str {
        let exact = self.0.iter().find(|pattern| pattern.exact().is_some());
        exact.or(self.0.first()).map_or("", |pattern| &pattern.text)
    }

    /// The canonical origin; `None` if all entries are patterns.
    #[must_use]
    pub fn canonical_origin(&self) -> Option<&Origin> {
        self.0.iter().find_map(OriginPattern::exact)
    }

    /// The origins without a `*`.
    pub fn exact(&self) -> impl Iterator<Item = &Origin> {
        self.0.iter().filter_map(OriginPattern::exact)
    }

    /// Returns the origin that a request with this `Host` header came to; `None` for a
    /// host that is not listed.
    ///
    /// The scheme comes from the list, never from the request: a reverse proxy may end TLS, and any client
    /// can write `X-Forwarded-*`.
    #[must_use]
    pub fn origin_for_host(&self, host: &str) -> Option<Origin> {
        self.0.iter().find_map(|pattern| pattern.origin_for_host(host))
    }
}

impl fmt::Display for PublicUrls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        formatter.write_str(&list.join(", "))
    }
}

#[cfg(test)]
#[path = "public_url_tests.rs"]
mod tests;
