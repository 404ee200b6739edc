use super::*;

fn decide_about(click: &Click<'_>) -> Decision {
    decide(click, &["/", "/public", "/login", "/ssr-login", "/ssr-logout", "/signed-out", "/blog/:slug"])
}

const PLAIN: Click<'_> = Click {
    here_origin: "http://localhost:4201",
    here: "/",
    origin: "http://localhost:4201",
    path: "/dashboard",
    search: "",
    hash: "",
    target: "",
    download: false,
    modified: false,
};

#[test]
fn a_plain_click_to_a_protected_page_checks_the_session_first() {
    assert_eq!(decide_about(&PLAIN), Decision::CheckSession("/dashboard".to_owned()));
}

#[test]
fn the_return_path_keeps_the_query_and_the_fragment() {
    let click = Click { search: "?tab=2", hash: "#top", ..PLAIN };
    assert_eq!(decide_about(&click), Decision::CheckSession("/dashboard?tab=2#top".to_owned()));
}

#[test]
fn links_to_public_pages_and_to_the_sign_in_endpoints_are_untouched() {
    for path in
        ["/", "/public", "/login", "/ssr-login", "/ssr-logout", "/signed-out", "/blog/one", "/auth/signin"]
    {
        assert_eq!(decide_about(&Click { path, ..PLAIN }), Decision::Follow, "{path}");
    }
}

#[test]
fn a_link_that_only_looks_public_checks_the_session() {
    for path in ["/public/secret", "/Public", "/authors", "/login/", "/blog", "/blog/one/two"] {
        assert_eq!(decide_about(&Click { path, ..PLAIN }), Decision::CheckSession(path.to_owned()));
    }
}

#[test]
fn links_to_other_origins_are_untouched() {
    for origin in ["http://localhost:4200", "https://localhost:4201", "null"] {
        assert_eq!(decide_about(&Click { origin, ..PLAIN }), Decision::Follow, "{origin}");
    }
}

#[test]
fn clicks_that_open_elsewhere_are_untouched() {
    assert_eq!(decide_about(&Click { modified: true, ..PLAIN }), Decision::OpenElsewhere);
    assert_eq!(decide_about(&Click { download: true, ..PLAIN }), Decision::OpenElsewhere);
    assert_eq!(decide_about(&Click { target: "_blank", ..PLAIN }), Decision::OpenElsewhere);
    assert_ne!(decide_about(&Click { target: "_self", ..PLAIN }), Decision::OpenElsewhere);
}

#[test]
fn a_fragment_link_is_untouched_within_the_page_and_checked_elsewhere() {
    let same = Click { here: "/dashboard", hash: "#number", ..PLAIN };
    assert_eq!(decide_about(&same), Decision::Follow);
    let other = Click { here: "/session", hash: "#number", ..PLAIN };
    assert_eq!(decide_about(&other), Decision::CheckSession("/dashboard#number".to_owned()));
}

#[test]
fn only_local_paths_are_accepted() {
    for path in ["/", "/a", "/a?b=//c", "/a#b"] {
        assert_eq!(local_path(path), Some(path));
    }
    let wrong = [
        "",
        "a",
        "//evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "https://evil.example",
        "javascript:x",
        "/\t/evil.example",
        "/a\r\nb",
    ];
    for path in wrong {
        assert_eq!(local_path(path), None, "{path:?}");
    }
}

#[test]
fn a_callback_survives_the_query_string() {
    let pages = auth_types::Pages::default();
    assert_eq!(pages.login_url("/a?b=c&d=é"), "/login?callbackUrl=%2Fa%3Fb%3Dc%26d%3D%C3%A9");
    assert_eq!(sign_in_url("/"), "/auth/signin?callbackUrl=%2F");
}
