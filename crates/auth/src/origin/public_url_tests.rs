use super::*;

#[test]
fn an_origin_reads_back_as_written() {
    for text in
        ["http://localhost:4201", "https://app.example", "http://[::1]:8080", "https://app.example:8443"]
    {
        assert_eq!(Origin::parse(text).unwrap().to_string(), text);
    }
    assert_eq!(Origin::parse("https://app.example/").unwrap().to_string(), "https://app.example");
}

#[test]
fn text_that_a_url_parser_would_repair_is_refused() {
    for text in [
        "https://user@app.example",
        "https://user:pass@app.example",
        "https://app.example@evil.example",
        "https://APP.example",
        "https://app.example:443",
        "https://app.example/path",
        "https://app.example?x",
        "https://app.example#x",
        "https://app.example\\evil",
        "https:\\\\app.example",
        "https:/app.example",
        "https:app.example",
        " https://app.example",
        "https://app.exa\tmple",
        "https://app.example\r\n",
        "https://app.example//",
        "https://äpp.example",
        "https://app%2eexample",
        "http://0x7f.1",
    ] {
        assert_eq!(Origin::parse(text), Err(OriginError::NotCanonical), "{text:?}");
    }
    for text in ["", "//evil.example", "\\evil", "app.example", "/"] {
        assert_eq!(Origin::parse(text), Err(OriginError::NotAUrl), "{text:?}");
    }
    for text in
        ["javascript:alert(1)", "data:text/html,x", "ftp://app.example", "file:///etc", "localhost:4201"]
    {
        assert_eq!(Origin::parse(text), Err(OriginError::Scheme), "{text:?}");
    }
}

#[test]
fn a_pattern_covers_exactly_one_label() {
    let pattern = OriginPattern::parse("https://pr-*.preview.example").unwrap();
    let path_matches = |text: &str| pattern.matches(&Origin::parse(text).unwrap());
    assert!(path_matches("https://pr-12.preview.example"));
    assert!(path_matches("https://pr-a-b.preview.example"));
    for text in [
        "https://pr-.preview.example",
        "https://pr-1.evil.preview.example",
        "https://preview.example",
        "http://pr-1.preview.example",
        "https://pr-1.preview.example:8443",
        "https://pr-1.preview.example.evil.example",
        "https://evil.example",
    ] {
        assert!(!path_matches(text), "{text}");
    }
}

#[test]
fn a_pattern_cannot_cover_a_top_level_domain_or_hide_elsewhere() {
    for text in [
        "https://*.example",
        "https://pr-*.co.uk",
        "https://pr-*.github.io",
        "https://*",
        "https://app.*.example.com",
        "https://*-*.preview.example",
        "https://app.example:*",
        "*://app.preview.example",
    ] {
        assert!(OriginPattern::parse(text).is_err(), "{text}");
    }
}

#[test]
fn only_a_listed_host_has_an_origin() {
    let urls = PublicUrls::parse("http://localhost:4201, https://pr-*.preview.example").unwrap();
    let origin = |host: &str| urls.origin_for_host(host).map(|origin| origin.to_string());
    assert_eq!(origin("localhost:4201").as_deref(), Some("http://localhost:4201"));
    assert_eq!(origin("LOCALHOST:4201").as_deref(), Some("http://localhost:4201"));
    assert_eq!(origin("pr-7.preview.example").as_deref(), Some("https://pr-7.preview.example"));
    for host in
        ["localhost", "localhost:80", "evil.example", "", "localhost:4201@evil.example", "localhost:4201/x"]
    {
        assert_eq!(origin(host), None, "{host:?}");
    }
}

#[test]
fn the_default_port_names_the_same_host() {
    let urls = "https://app.example, http://plain.example, https://pr-*.preview.example, https://[::1], http://x.example:8080";
    let urls = PublicUrls::parse(urls).unwrap();
    let origin = |host: &str| urls.origin_for_host(host).map(|origin| origin.to_string());
    for (host, named) in [
        ("app.example:443", "https://app.example"),
        ("APP.example:443", "https://app.example"),
        ("plain.example:80", "http://plain.example"),
        ("pr-7.preview.example:443", "https://pr-7.preview.example"),
        ("[::1]:443", "https://[::1]"),
        ("x.example:8080", "http://x.example:8080"),
    ] {
        assert_eq!(origin(host).as_deref(), Some(named), "{host}");
    }
    for host in [
        "app.example:80",
        "app.example:0443",
        "app.example:",
        "app.example:443:443",
        "plain.example:443",
        "x.example:8080:80",
        "x.example",
        ":443",
        "[::1]:443:443",
    ] {
        assert_eq!(origin(host), None, "{host}");
    }
}
