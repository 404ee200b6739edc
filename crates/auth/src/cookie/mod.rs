//! The cookies: their names, and the attributes they always carry.

mod id;
mod options;

pub use id::SessionId;
pub use options::{SameSite, SessionOptions};

use crate::origin::Origin;
use crate::store::SessionKey;
use axum::response::AppendHeaders;
use cookie::Cookie;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use std::collections::HashSet;

/// Most well-formed values of one cookie name that are looked at. A browser has one; a neighbour on the same
/// domain can plant one for each parent domain and each parent of the path.
pub(crate) const MAX_CANDIDATES: usize = 16;

/// Most other scopes in which a cookie is cleared at a time.
const MAX_SCOPES: usize = 4;

/// Which of our cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieKind<'a> {
    /// The session's id; shared across the cookie domain where one is set.
    Session,
    /// Ties one sign-in under way to this browser; host-only, a few minutes long. Each flow has its
    /// own, told apart by the text here, so two tabs cannot overwrite each other's.
    Flow(&'a str),
    /// Whether this browser session has tried to sign in silently; shared as far as the session is.
    Silent,
    /// That somebody ended the session here, and nobody has signed in by hand since; shared as far as the
    /// session is. A cookie of its own, so that no answer that was slow can write over it.
    Ended,
    /// The same, for this host alone: no neighbour on the same domain can name it. (One that fills the
    /// browser's cookie jar can still push it out.)
    EndedHere,
    /// The provider this browser signed in with last, where there are several.
    Provider,
    /// What identity calls this browser, for as long as it runs; host-only.
    Browser,
    /// Identity's reference for this browser, as long-lived as a session; host-only.
    BrowserReference,
}

impl<'a> CookieKind<'a> {
    /// What follows the app's name, and the tag after it.
    fn suffix(self) -> (&'static str, &'a str) {
        match self {
            Self::Session => (".session", ""),
            Self::Flow(tag) => (".flow.", tag),
            Self::Silent => (".silent", ""),
            Self::Ended => (".ended", ""),
            Self::EndedHere => (".ended_here", ""),
            Self::Provider => (".provider", ""),
            Self::Browser => (".browser", ""),
            Self::BrowserReference => (".browser_ref", ""),
        }
    }
}

/// How an app names and scopes its cookies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieSettings {
    /// Ports do not separate cookie jars, so each app's cookies carry its name.
    pub prefix: String,
    /// `AUTH_COOKIE_DOMAIN` without its leading dot; used only on origins that lie under it.
    pub domain: Option<String>,
    /// How the session's own cookie differs from the others.
    pub session: SessionOptions,
}

impl CookieSettings {
    /// The cookie's name at `origin`. https: `__Host-` or, with a domain, `__Secure-`
    /// (RFC 6265bis §4.1.3); plain http, for development, has no prefix.
    #[must_use]
    pub fn name(&self, kind: CookieKind<'_>, origin: &Origin) -> String {
        let security = self.security(kind, origin);
        if let (CookieKind::Session, Some(name)) = (kind, &self.session.cookie_name) {
            return format!("{security}{name}");
        }
        let (suffix, tag) = kind.suffix();
        format!("{security}{}{suffix}{tag}", self.prefix)
    }

    fn security(&self, kind: CookieKind<'_>, origin: &Origin) -> &'static str {
        match (origin.is_https(), self.domain_for(kind, origin)) {
            (false, _) => "",
            // `__Host-` is for a whole host.
            (true, None) if kind != CookieKind::Session || self.session.path == "/" => "__Host-",
            (true, _) => "__Secure-",
        }
    }

    fn domain_for(&self, kind: CookieKind<'_>, origin: &Origin) -> Option<&str> {
        let is_shared = matches!(kind, CookieKind::Session | CookieKind::Silent | CookieKind::Ended);
        let domain = self.domain.as_deref().filter(|_| is_shared)?;
        let under =
            origin.host().strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        under.then_some(domain)
    }

    /// Whether the session's cookie at `origin` goes to its neighbours on the same domain too.
    #[must_use]
    pub fn is_shared(&self, origin: &Origin) -> bool {
        self.domain_for(CookieKind::Session, origin).is_some()
    }

    /// A cookie's values in a request, as they came; of the session's only those that could be ids. More than
    /// one only when a neighbour on the same domain planted another, or the cookie's domain has moved.
    pub fn values<'a>(
        &'a self,
        kind: CookieKind<'a>,
        origin: &Origin,
        headers: &'a HeaderMap,
    ) -> impl Iterator<Item = &'a str> + use<'a> {
        let is_well_formed =
            move |value: &str| kind != CookieKind::Session || SessionId::parse(value).is_some();
        // Every request comes through here, nearly always with one value: nothing is allocated for it.
        let (mut seen, mut count) = ([""; MAX_CANDIDATES + 1], 0);
        let is_new = move |value: &&'a str| {
            let is_new = is_well_formed(value) && !seen[..count].contains(value);
            if let Some(place) = seen.get_mut(count).filter(|_| is_new) {
                *place = *value;
                count += 1;
            }
            is_new
        };
        self.sent(kind, origin, headers).filter(is_new).take(MAX_CANDIDATES + 1)
    }

    /// Every session id in a request when there are more than are looked at; else none.
    pub(crate) fn all_sessions(&self, origin: &Origin, headers: &HeaderMap) -> Vec<SessionKey> {
        if self.values(CookieKind::Session, origin, headers).count() <= MAX_CANDIDATES {
            return Vec::new();
        }
        let ids = self.sent(CookieKind::Session, origin, headers).filter_map(SessionId::parse);
        ids.map(|id| id.key()).collect::<HashSet<_>>().into_iter().collect()
    }

    /// Whether a request brings the cookie at all, whatever its value.
    #[must_use]
    pub fn is_sent(&self, kind: CookieKind<'_>, origin: &Origin, headers: &HeaderMap) -> bool {
        self.sent(kind, origin, headers).next().is_some()
    }

    fn sent<'a>(
        &'a self,
        kind: CookieKind<'a>,
        origin: &Origin,
        headers: &'a HeaderMap,
    ) -> impl Iterator<Item = &'a str> + use<'a> {
        let (security, (suffix, tag)) = (self.security(kind, origin), kind.suffix());
        // Every request comes through here: the name is compared in parts and not built.
        let own_name = self.session.cookie_name.as_deref().filter(|_| kind == CookieKind::Session);
        let is_ours = move |name: &str| {
            let Some(name) = name.strip_prefix(security) else { return false };
            if let Some(own_name) = own_name {
                return name == own_name;
            }
            let rest = name.strip_prefix(self.prefix.as_str());
            rest.and_then(|name| name.strip_prefix(suffix)) == Some(tag)
        };
        pairs(headers).filter(move |(name, _)| is_ours(name)).map(|(_, value)| value)
    }

    /// The flow cookies in a request: their tags and values.
    #[must_use]
    pub fn flows(&self, origin: &Origin, headers: &HeaderMap) -> Vec<(String, String)> {
        let prefix = self.name(CookieKind::Flow(""), origin);
        pairs(headers)
            .filter_map(|(key, value)| Some((key.strip_prefix(&prefix)?.to_owned(), value.to_owned())))
            .collect()
    }

    /// A `Set-Cookie` value; without `max_age` (seconds) the cookie lasts as long as the browser runs.
    #[must_use]
    pub fn set(
        &self,
        kind: CookieKind<'_>,
        origin: &Origin,
        value: &str,
        max_age: Option<i64>,
    ) -> HeaderValue {
        self.write(kind, origin, self.domain_for(kind, origin), value, max_age)
    }

    fn write(
        &self,
        kind: CookieKind<'_>,
        origin: &Origin,
        domain: Option<&str>,
        value: &str,
        max_age: Option<i64>,
    ) -> HeaderValue {
        let name = self.name(kind, origin);
        let options = (kind == CookieKind::Session).then_some(&self.session);
        let mut cookie = Cookie::build((name, value))
            .path(options.map_or("/", |options| options.path.as_str()).to_owned())
            .http_only(true)
            .same_site(options.map_or(SameSite::Lax, |options| options.same_site))
            .secure(options.and_then(|options| options.secure).unwrap_or(origin.is_https()));
        if let Some(domain) = domain {
            cookie = cookie.domain(domain.to_owned());
        }
        if let Some(seconds) = max_age {
            cookie = cookie.max_age(cookie::time::Duration::seconds(seconds));
        }
        HeaderValue::try_from(cookie.to_string()).unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    /// A `Set-Cookie` value that removes the cookie.
    #[must_use]
    pub fn clear(&self, kind: CookieKind<'_>, origin: &Origin) -> HeaderValue {
        self.set(kind, origin, "", Some(0))
    }

    /// The `Set-Cookie` values that remove the cookie, and every other of its name that could stand in its way:
    /// for the host alone, and for each parent domain up to the registrable one. A neighbour may have planted
    /// one, or `AUTH_COOKIE_DOMAIN` may have been another.
    #[must_use]
    pub fn clear_everywhere(&self, kind: CookieKind<'_>, origin: &Origin) -> Vec<HeaderValue> {
        let mut cleared = vec![self.clear(kind, origin)];
        cleared.extend(self.clear_elsewhere(kind, origin));
        cleared
    }

    /// The same without the cookie itself.
    #[must_use]
    pub fn clear_elsewhere(&self, kind: CookieKind<'_>, origin: &Origin) -> Vec<HeaderValue> {
        // A browser takes a `__Host-` cookie for a whole host only, so there is no other.
        if self.security(kind, origin) == "__Host-" {
            return Vec::new();
        }
        let own = self.domain_for(kind, origin);
        let scopes = [None].into_iter().chain(origin.parent_domains().map(Some));
        let others = scopes.filter(|scope| *scope != own).take(MAX_SCOPES);
        others.map(|scope| self.write(kind, origin, scope, "", Some(0))).collect()
    }
}

/// The `Set-Cookie` headers of a response.
pub fn set_cookies(
    cookies: Vec<HeaderValue>,
) -> AppendHeaders<impl Iterator<Item = (HeaderName, HeaderValue)>> {
    AppendHeaders(cookies.into_iter().map(|cookie| (header::SET_COOKIE, cookie)))
}

/// The pairs of a request's cookie lines. Anybody on the same domain may add to these, in any bytes: what is no
/// visible ASCII is no cookie of ours, and does not take the others with it.
fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b';'))
        .filter(|pair| pair.is_ascii())
        .filter_map(|pair| std::str::from_utf8(pair).ok()?.trim().split_once('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Origin {
        Origin::parse(text).unwrap()
    }

    fn settings(domain: Option<&str>) -> CookieSettings {
        CookieSettings {
            prefix: "main".into(),
            domain: domain.map(Into::into),
            session: SessionOptions::default(),
        }
    }

    fn session_cookie(domain: Option<&str>, at: &str) -> String {
        let value = settings(domain).set(CookieKind::Session, &origin(at), "x", Some(60));
        value.to_str().unwrap().to_owned()
    }

    #[test]
    fn development_has_plain_names_and_https_has_prefixes() {
        assert_eq!(
            session_cookie(None, "http://localhost:4201"),
            "main.session=x; HttpOnly; SameSite=Lax; Path=/; Max-Age=60"
        );
        assert_eq!(
            session_cookie(None, "https://app.example"),
            "__Host-main.session=x; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60"
        );
        assert_eq!(
            session_cookie(Some("wow.example"), "https://games.wow.example"),
            "__Secure-main.session=x; HttpOnly; SameSite=Lax; Secure; Path=/; Domain=wow.example; Max-Age=60"
        );
    }

    #[test]
    fn the_sessions_cookie_is_as_it_was_asked_for_and_the_others_are_not() {
        let options = SessionOptions {
            cookie_name: Some("my_app_session".into()),
            same_site: SameSite::Strict,
            path: "/app".into(),
            secure: Some(true),
            ..SessionOptions::default()
        };
        let settings = CookieSettings { session: options, ..settings(None) };
        let at = |text: &str| origin(text);
        let set = |kind: CookieKind<'_>, text: &str| {
            settings.set(kind, &at(text), "x", Some(60)).to_str().unwrap().to_owned()
        };
        assert_eq!(
            set(CookieKind::Session, "http://localhost:4201"),
            "my_app_session=x; HttpOnly; SameSite=Strict; Secure; Path=/app; Max-Age=60"
        );
        assert_eq!(
            set(CookieKind::Session, "https://app.example"),
            "__Secure-my_app_session=x; HttpOnly; SameSite=Strict; Secure; Path=/app; Max-Age=60"
        );
        assert_eq!(
            set(CookieKind::Flow("a"), "https://app.example"),
            "__Host-main.flow.a=x; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60"
        );
        let mut headers = HeaderMap::new();
        let [a, b, c] = ["a", "b", "c"].map(id);
        let line = format!("main.session={a}; my_app_session={b}; xmy_app_session={c}");
        headers.append(header::COOKIE, line.parse().unwrap());
        let here = origin("http://localhost:4201");
        assert_eq!(settings.values(CookieKind::Session, &here, &headers).collect::<Vec<_>>(), [b]);
    }

    #[test]
    fn the_domain_applies_only_under_it() {
        for (at, shared) in [
            ("http://games.wow.localhost:4201", true),
            ("http://wow.localhost", true),
            ("http://localhost:4201", false),
            ("http://evilwow.localhost", false),
            ("http://wow.localhost.evil.example", false),
        ] {
            assert_eq!(session_cookie(Some("wow.localhost"), at).contains("Domain"), shared, "{at}");
        }
    }

    #[test]
    fn a_flow_cookie_is_never_shared_and_found_by_its_tag() {
        let at = origin("http://games.wow.localhost:4201");
        let settings = settings(Some("wow.localhost"));
        let value = settings.set(CookieKind::Flow("ab"), &at, "x", Some(600));
        assert_eq!(value, "main.flow.ab=x; HttpOnly; SameSite=Lax; Path=/; Max-Age=600");
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "main.flow.ab=x; main.session=y; other.flow.cd=z".parse().unwrap());
        assert_eq!(settings.flows(&at, &headers), [("ab".to_owned(), "x".to_owned())]);
    }

    #[test]
    fn what_was_tried_is_known_as_far_as_the_session_reaches_and_for_as_long_as_the_browser_runs() {
        let set = |kind: CookieKind<'_>, domain: Option<&str>, at: &str| {
            settings(domain).set(kind, &origin(at), "tried", None).to_str().unwrap().to_owned()
        };
        assert_eq!(
            set(CookieKind::Silent, None, "https://app.example"),
            "__Host-main.silent=tried; HttpOnly; SameSite=Lax; Secure; Path=/"
        );
        assert_eq!(
            set(CookieKind::Silent, Some("wow.localhost"), "http://games.wow.localhost:4201"),
            "main.silent=tried; HttpOnly; SameSite=Lax; Path=/; Domain=wow.localhost"
        );
        let provider = set(CookieKind::Provider, Some("wow.localhost"), "http://games.wow.localhost:4201");
        assert!(!provider.contains("Domain"));
    }

    /// An id as far as its form goes.
    fn id(letter: &str) -> String {
        letter.repeat(42) + "A"
    }

    fn sessions(headers: &HeaderMap) -> Vec<String> {
        let (settings, at) = (settings(None), origin("http://localhost:4201"));
        settings.values(CookieKind::Session, &at, headers).map(ToOwned::to_owned).collect()
    }

    #[test]
    fn only_the_named_cookie_is_read_and_a_flood_is_capped() {
        let [a, b, c] = ["a", "b", "c"].map(id);
        let mut headers = HeaderMap::new();
        let line = format!("other=1; main.session={a}; xmain.session={b}");
        headers.append(header::COOKIE, line.parse().unwrap());
        headers.append(header::COOKIE, format!("main.session={c}").parse().unwrap());
        assert_eq!(sessions(&headers), [&*a, &*c]);
        let settings = settings(None);
        let all =
            |headers: &HeaderMap| settings.all_sessions(&origin("http://localhost:4201"), headers).len();
        for _ in 0..100 {
            headers.append(header::COOKIE, format!("main.session={b}").parse().unwrap());
        }
        assert_eq!(sessions(&headers), [&*a, &*c, &*b], "the same one again is no further one");
        assert_eq!(all(&headers), 0);
        for letter in 'A'..='Z' {
            headers
                .append(header::COOKIE, format!("main.session={}", id(&letter.to_string())).parse().unwrap());
        }
        assert_eq!(sessions(&headers).len(), MAX_CANDIDATES + 1);
        assert_eq!(all(&headers), 29, "a sign-out ends what is not looked at");
    }

    #[test]
    fn odd_pairs_and_values_that_are_no_ids_are_passed_over() {
        let real = id("a");
        for junk in [
            &b"greeting=gr\xc3\xbc\xc3\x9f dich"[..],
            b"greeting=\xff\xfe",
            b"main.session=",
            b"main.session=x; main.session=y; main.session=z; main.session=1; main.session=2",
            b"main.session=\xe4",
            b"=; ;;; a",
        ] {
            for line in
                [[junk, b"; main.session=", real.as_bytes()], [b"main.session=", real.as_bytes(), b"; "]]
            {
                let line = [line.concat().as_slice(), if line[0] == junk { b"" } else { junk }].concat();
                let mut headers = HeaderMap::new();
                headers.append(header::COOKIE, HeaderValue::from_bytes(&line).unwrap());
                assert_eq!(sessions(&headers), [&*real], "{}", String::from_utf8_lossy(&line));
            }
        }
    }

    #[test]
    fn clearing_covers_every_parent_domain_up_to_the_registrable_one() {
        let domains = |domain: Option<&str>, at: &str| -> Vec<String> {
            let cleared = settings(domain).clear_everywhere(CookieKind::Session, &origin(at));
            let domain_of = |cookie: &HeaderValue| {
                let text = cookie.to_str().unwrap();
                assert!(text.contains("Max-Age=0"), "{text}");
                text.split("Domain=").nth(1).map_or("-", |rest| rest.split(';').next().unwrap()).to_owned()
            };
            cleared.iter().map(domain_of).collect()
        };
        assert_eq!(
            domains(Some("b.example"), "https://c.a.b.example"),
            ["b.example", "-", "c.a.b.example", "a.b.example"]
        );
        assert_eq!(
            domains(None, "http://games.wow.localhost:4201"),
            ["-", "games.wow.localhost", "wow.localhost"]
        );
        assert_eq!(domains(None, "http://localhost:4201"), ["-"]);
        assert_eq!(domains(None, "http://127.0.0.1:4201"), ["-"]);
        assert_eq!(domains(None, "https://app.example"), ["-"], "__Host- has no other scope");
    }
}
