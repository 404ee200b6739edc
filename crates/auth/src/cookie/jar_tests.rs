use super::*;
use crate::cookie::SessionOptions;

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
    let value = settings(domain).at(&origin(at), &HeaderMap::new()).set(CookieKind::Session, "x", Some(60));
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
fn session_options_apply_to_the_session_cookie_only() {
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
        settings.at(&at(text), &HeaderMap::new()).set(kind, "x", Some(60)).to_str().unwrap().to_owned()
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
    assert_eq!(settings.at(&here, &headers).values(CookieKind::Session).collect::<Vec<_>>(), [b]);
}

#[test]
fn the_cookie_domain_applies_only_to_hosts_under_it() {
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
    let value = settings.at(&at, &HeaderMap::new()).set(CookieKind::Flow("ab"), "x", Some(600));
    assert_eq!(value, "main.flow.ab=x; HttpOnly; SameSite=Lax; Path=/; Max-Age=600");
    let mut headers = HeaderMap::new();
    headers.append(header::COOKIE, "main.flow.ab=x; main.session=y; other.flow.cd=z".parse().unwrap());
    assert_eq!(settings.at(&at, &headers).flows(), [("ab".to_owned(), "x".to_owned())]);
}

#[test]
fn the_silent_cookie_has_the_scope_of_the_session_cookie() {
    let set = |kind: CookieKind<'_>, domain: Option<&str>, at: &str| {
        settings(domain)
            .at(&origin(at), &HeaderMap::new())
            .set(kind, "tried", None)
            .to_str()
            .unwrap()
            .to_owned()
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

/// A well-formed session id.
fn id(letter: &str) -> String {
    letter.repeat(42) + "A"
}

fn sessions(headers: &HeaderMap) -> Vec<String> {
    let (settings, at) = (settings(None), origin("http://localhost:4201"));
    settings.at(&at, headers).values(CookieKind::Session).map(ToOwned::to_owned).collect()
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
        |headers: &HeaderMap| settings.at(&origin("http://localhost:4201"), headers).excess_sessions().len();
    for _ in 0..100 {
        headers.append(header::COOKIE, format!("main.session={b}").parse().unwrap());
    }
    assert_eq!(sessions(&headers), [&*a, &*c, &*b], "a repeated value counts once");
    assert_eq!(all(&headers), 0);
    for letter in 'A'..='Z' {
        headers.append(header::COOKIE, format!("main.session={}", id(&letter.to_string())).parse().unwrap());
    }
    assert_eq!(sessions(&headers).len(), MAX_CANDIDATES + 1);
    assert_eq!(all(&headers), 29, "a sign-out ends all of them");
}

#[test]
fn malformed_pairs_and_ids_are_skipped() {
    let real = id("a");
    for junk in [
        &b"greeting=gr\xc3\xbc\xc3\x9f dich"[..],
        b"greeting=\xff\xfe",
        b"main.session=",
        b"main.session=x; main.session=y; main.session=z; main.session=1; main.session=2",
        b"main.session=\xe4",
        b"=; ;;; a",
    ] {
        for line in [[junk, b"; main.session=", real.as_bytes()], [b"main.session=", real.as_bytes(), b"; "]]
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
        let cleared =
            settings(domain).at(&origin(at), &HeaderMap::new()).clear_everywhere(CookieKind::Session);
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
