use super::*;

const GOOD: &str = r#"
    [[app]]
    client_id = "games"
    name = "Games"
    origins = ["http://localhost:4201"]

    [[app]]
    client_id = "previews"
    name = "Previews"
    preview = true
    origins = ["https://pr-*.preview.example"]
    backchannel_logout_path = "/auth/backchannel-logout"
    [app.providers.staff]
    client_id = "client-of-previews"
"#;

#[test]
fn a_registered_origin_finds_its_app_and_a_look_alike_finds_none() {
    let registry = Registry::parse(GOOD, |_| None).unwrap();
    let find = |text: &str| registry.find(&Origin::parse(text).unwrap()).map(|app| app.client_id.clone());
    assert_eq!(find("http://localhost:4201").as_deref(), Some("games"));
    assert_eq!(find("https://pr-1.preview.example").as_deref(), Some("previews"));
    for text in [
        "http://localhost:4202",
        "https://localhost:4201",
        "http://localhost",
        "http://localhost.evil.example:4201",
        "http://evillocalhost:4201",
        "https://pr-1.preview.example.evil.example",
    ] {
        assert_eq!(find(text), None, "{text}");
    }
}

#[test]
fn a_broken_entry_is_refused_by_name() {
    let message = |text: &str| Registry::parse(text, |_| None).unwrap_err().to_string();
    assert!(message("[[app]]\nclient_id='a'\nname='A'\norigins=[]").contains("has no origins"));
    assert!(message("[[app]]\nclient_id='a'\nname='A'\norigins=['http://x/y']").contains("http://x/y"));
    assert!(message("[[app]]\nclient_id='a'\nname='A'\norigin=['http://x']").contains("origin"));
    assert!(message(&format!("{GOOD}{GOOD}")).contains("listed twice"));
    for id in ["", "a b", "a/b", "ä", &"a".repeat(65)] {
        let entry = format!("[[app]]\nclient_id='{id}'\nname='A'\norigins=['http://x']");
        assert!(message(&entry).contains("client_id must"), "{id}");
    }
}

fn with(lines: &str) -> Result<Registry, String> {
    let text = format!("[[app]]\nclient_id='a'\nname='A'\n{lines}");
    let secret =
        |name: &str| (name == "A_SECRET").then(|| "a secret of at least thirty-two bytes".to_owned());
    Registry::parse(&text, secret).map_err(|error| error.to_string())
}

#[test]
fn a_back_channel_is_https_and_public_or_on_this_machine_with_its_app() {
    let local =
        |uri: &str| with(&format!("origins=['http://a.localhost:1']\nbackchannel_logout_uri='{uri}'"));
    let remote = |uri: &str| with(&format!("origins=['https://a.example']\nbackchannel_logout_uri='{uri}'"));
    for uri in ["http://a.localhost:1/x", "http://127.0.0.1:9/x", "https://a.example/x"] {
        assert!(local(uri).is_ok(), "{uri}");
    }
    assert!(remote("https://a.example/auth/backchannel-logout").is_ok());
    for uri in [
        "http://a.example/x",
        "http://localhost/x",
        "https://localhost/x",
        "https://127.0.0.1/x",
        "https://10.0.0.1/x",
        "https://169.254.169.254/x",
        "https://[fd00::1]/x",
        "https://[::ffff:10.0.0.1]/x",
        "https://user@a.example/x",
        "https://a.example/x#y",
        "ftp://a.example/x",
        "/x",
    ] {
        let refused = remote(uri).unwrap_err();
        assert!(refused.contains("backchannel_logout_uri"), "{uri}: {refused}");
    }
    let event = with("origins=['https://a.example']\nbrowser_event_uri='https://10.0.0.1/x'").unwrap_err();
    assert!(event.contains("browser_event_uri"), "{event}");
    let allowed = "origins=['https://a.example']\nbackchannel_logout_uri='https://10.0.0.1/x'\nallow_private_network=true";
    assert!(with(allowed).is_ok());
}

#[test]
fn an_app_authenticates_with_its_own_secret_only() {
    let registry = with("origins=['https://a.example']\nclient_secret_env='A_SECRET'").unwrap();
    let secret = "a secret of at least thirty-two bytes";
    assert!(registry.authenticate("a", secret).is_some());
    for (id, secret) in
        [("b", secret), ("a", ""), ("a", "a secret of at least thirty-two byteS"), ("", secret)]
    {
        assert!(registry.authenticate(id, secret).is_none());
    }
    let without = with("origins=['https://a.example']").unwrap();
    assert!(without.authenticate("a", "").is_none(), "an app without a secret does not accept an empty one");
    assert!(
        with("origins=['https://a.example']\nclient_secret_env='B'")
            .unwrap_err()
            .contains("B, which is not set")
    );
}

#[test]
fn an_app_may_ask_a_provider_for_more_but_not_for_parameters_of_the_flow() {
    let app =
        |lines: &str| with(&format!("origins=['http://a.localhost:1']\n[app.providers.staff]\n{lines}"));
    let registry =
        app("scopes='openid groups'\nparams='audience=https://api.example&acr_values=phr'").unwrap();
    let request = &registry.get("a").unwrap().requests["staff"];
    assert_eq!(request.scopes.as_deref(), Some("openid groups"));
    let params: Vec<_> = request.params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(params, [("audience", "https://api.example"), ("acr_values", "phr")]);
    for wrong in [
        "params='state=x'",
        "params='redirect_uri=https://evil.example'",
        "params='prompt=none'",
        "scope='openid'",
    ] {
        assert!(app(wrong).is_err(), "{wrong}");
    }
}

fn staff_and_github() -> Vec<ProviderConfig> {
    let vars = [
        ("PUBLIC_URL", "http://localhost:4200"),
        ("AUTH_SECRET", "a secret of at least thirty-two bytes"),
        ("SESSION_STORE_URL", "memory:"),
        ("AUTH_STAFF_ID", "client"),
        ("AUTH_STAFF_ISSUER", "https://id.example"),
        ("AUTH_GITHUB_ID", "client"),
    ];
    let vars = vars.map(|(name, value)| (name.to_owned(), value.to_owned()));
    auth::config::Config::from_vars("identity", vars).unwrap().providers
}

#[test]
fn what_an_app_asks_for_must_fit_a_provider_of_identity() {
    let providers = staff_and_github();
    let check = |provider: &str, scopes: &str| {
        let lines =
            format!("origins=['http://a.localhost:1']\n[app.providers.{provider}]\nscopes='{scopes}'");
        with(&lines).unwrap().check(&[], &providers).map_err(|error| error.to_string())
    };
    assert_eq!(check("staff", "openid groups"), Ok(()));
    assert_eq!(check("github", "read:org"), Ok(()));
    for (provider, scopes) in [("staff", "groups"), ("staff", ""), ("unknown", "openid"), ("github", "a  b")]
    {
        let error = check(provider, scopes).unwrap_err();
        assert!(error.starts_with(&format!("app \"a\": providers.{provider}")), "{error}");
    }
}

/// An entry of previews with these further lines, and a provider table.
fn previews(origins: &str, lines: &str, provider: &str) -> Result<Registry, String> {
    with(&format!("preview=true\norigins=[{origins}]\n{lines}\n{provider}"))
}

const CLIENT: &str = "[app.providers.staff]\nclient_id='client-of-previews'";

#[test]
fn a_preview_has_a_pattern_and_nothing_that_acts_on_other_apps() {
    let pattern = "'https://pr-*.preview.example'";
    assert!(previews(pattern, "backchannel_logout_path='/auth/backchannel-logout'", CLIENT).is_ok());
    for (lines, problem) in [
        ("handoff=true\nclient_secret_env='A_SECRET'", "has no handoff"),
        ("backchannel_logout_uri='https://pr-1.preview.example/x'", "has no handoff"),
        ("browser_event_uri='https://pr-1.preview.example/x'", "has no handoff"),
        ("backchannel_logout_path='https://evil.example/x'", "must be a path"),
        ("backchannel_logout_path='//evil.example/x'", "must be a path"),
        ("backchannel_logout_path='/a/../../b'", "must be a path"),
        ("backchannel_logout_path='/a?b'", "must be a path"),
        ("backchannel_logout_path=''", "must be a path"),
    ] {
        let refused = previews(pattern, lines, CLIENT).unwrap_err();
        assert!(refused.starts_with("app \"a\": ") && refused.contains(problem), "{lines}: {refused}");
    }
    let exact = previews("'https://pr-*.preview.example','https://preview.example'", "", CLIENT).unwrap_err();
    assert!(exact.contains("must have a *"), "{exact}");
    let ordinary = with("origins=['https://pr-*.preview.example']").unwrap_err();
    assert!(ordinary.contains("needs preview = true"), "{ordinary}");
    let path = with("origins=['https://a.example']\nbackchannel_logout_path='/x'").unwrap_err();
    assert!(path.contains("needs preview = true"), "{path}");
}

#[test]
fn the_pattern_of_previews_leaves_one_label_open_below_a_domain_of_one_owner() {
    for refused in [
        "https://*.com",
        "https://pr-*.co.uk",
        "https://pr-*.github.io",
        "https://pr-*.vercel.app",
        "https://preview.*.example.com",
        "https://pr-*-*.preview.example",
        "https://*",
    ] {
        let error = previews(&format!("'{refused}'"), "", CLIENT).unwrap_err();
        assert!(error.contains("may have one *") || error.contains("must"), "{refused}: {error}");
    }
    for fine in
        ["https://pr-*.preview.example", "https://*.mine.github.io", "http://pr-*.preview.localhost:1"]
    {
        assert!(previews(&format!("'{fine}'"), "", CLIENT).is_ok(), "{fine}");
    }
}

#[test]
fn previews_are_apart_from_production() {
    let check = |pattern: &str, provider: &str| {
        let text = format!(
            "[[app]]\nclient_id='shop'\nname='Shop'\norigins=['https://shop.example.com']\n\
             client_secret_env='SHOP'\n[app.providers.staff]\nclient_id='client-of-shop'\n\
             [[app]]\nclient_id='a'\nname='A'\npreview=true\norigins=['{pattern}']\n{provider}"
        );
        let identity = [Origin::parse("https://identity.example.org").unwrap()];
        let secret = |name: &str| {
            let owner = if name == "COPY" { "SHOP" } else { name };
            Some(format!("{owner}: a secret of at least thirty-two bytes"))
        };
        let registry = Registry::parse(&text, secret).unwrap();
        registry.check(&identity, &staff_and_github()).map_err(|error| error.to_string())
    };
    assert_eq!(check("https://pr-*.preview.example", CLIENT), Ok(()));
    assert_eq!(check("https://pr-*.preview.example", &format!("client_secret_env='OWN'\n{CLIENT}")), Ok(()));
    let copied = format!("client_secret_env='COPY'\n{CLIENT}");
    for (pattern, provider, problem) in [
        ("https://pr-*.example.com", CLIENT, "is on the site of https://shop.example.com"),
        ("https://pr-*.preview.example.com", CLIENT, "is on the site of https://shop.example.com"),
        ("https://pr-*.example.org", CLIENT, "is on the site of https://identity.example.org"),
        ("https://pr-*.preview.example", "", "needs [app.providers.NAME]"),
        (
            "https://pr-*.preview.example",
            "[app.providers.staff]\nscopes='openid'",
            "needs [app.providers.NAME]",
        ),
        (
            "https://pr-*.preview.example",
            "[app.providers.staff]\nclient_id='client'",
            "a client of production",
        ),
        ("http://pr-*.example.com", CLIENT, "must be https"),
        ("http://pr-*.preview.example", CLIENT, "must be https"),
        (
            "https://pr-*.preview.example",
            "[app.providers.staff]\nclient_id='client-of-shop'",
            "a client of production",
        ),
        ("https://pr-*.preview.example", copied.as_str(), "has the secret of shop"),
    ] {
        let refused = check(pattern, provider).unwrap_err();
        assert!(refused.starts_with("app \"a\": ") && refused.contains(problem), "{pattern}: {refused}");
    }
}

#[test]
fn a_preview_is_told_of_logouts_at_its_own_origin_only() {
    let lines = "backchannel_logout_path='/auth/backchannel-logout'";
    let registry = previews("'https://pr-*.preview.example'", lines, CLIENT).unwrap();
    let address = |origin| registry.get("a").unwrap().logout_address(origin).map(String::from);
    let there = address(Some("https://pr-7.preview.example"));
    assert_eq!(there.as_deref(), Some("https://pr-7.preview.example/auth/backchannel-logout"));
    for other in [None, Some("https://evil.example"), Some("https://pr-1.x.preview.example"), Some("x")] {
        assert_eq!(address(other), None, "{other:?}");
    }
    assert!(registry.get("a").unwrap().may_use("staff"));
    assert!(!registry.get("a").unwrap().may_use("guests"));
}
