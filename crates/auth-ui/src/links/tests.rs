use super::*;

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
fn a_plain_click_to_a_protected_page_asks_first() {
    assert_eq!(decide(&PLAIN), Decision::Ask("/dashboard".to_owned()));
}

#[test]
fn the_query_is_kept_to_come_back_to_and_the_fragment_is_not() {
    let click = Click { search: "?tab=2", hash: "#top", ..PLAIN };
    assert_eq!(decide(&click), Decision::Ask("/dashboard?tab=2".to_owned()));
}

#[test]
fn links_to_public_pages_and_to_the_sign_in_endpoints_are_untouched() {
    for path in ["/", "/public", "/login", "/ssr-login", "/ssr-logout", "/signed-out", "/auth/signin"] {
        assert_eq!(decide(&Click { path, ..PLAIN }), Decision::LeaveAlone, "{path}");
    }
}

#[test]
fn a_link_that_only_looks_public_asks() {
    for path in ["/public/secret", "/Public", "/authors", "/login/"] {
        assert_eq!(decide(&Click { path, ..PLAIN }), Decision::Ask(path.to_owned()));
    }
}

#[test]
fn links_to_other_origins_are_untouched() {
    for origin in ["http://localhost:4200", "https://localhost:4201", "null"] {
        assert_eq!(decide(&Click { origin, ..PLAIN }), Decision::LeaveAlone, "{origin}");
    }
}

#[test]
fn clicks_that_open_elsewhere_are_untouched() {
    assert_eq!(decide(&Click { modified: true, ..PLAIN }), Decision::LeaveAlone);
    assert_eq!(decide(&Click { download: true, ..PLAIN }), Decision::LeaveAlone);
    assert_eq!(decide(&Click { target: "_blank", ..PLAIN }), Decision::LeaveAlone);
    assert_ne!(decide(&Click { target: "_self", ..PLAIN }), Decision::LeaveAlone);
}

#[test]
fn a_fragment_of_the_same_page_is_untouched_and_of_another_page_asks() {
    let same = Click { here: "/dashboard", hash: "#number", ..PLAIN };
    assert_eq!(decide(&same), Decision::LeaveAlone);
    let other = Click { here: "/session", hash: "#number", ..PLAIN };
    assert_eq!(decide(&other), Decision::Ask("/dashboard".to_owned()));
}

#[test]
fn only_local_paths_come_back() {
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
    assert_eq!(login_url("/a?b=c&d=é"), "/login?callbackUrl=%2Fa%3Fb%3Dc%26d%3D%C3%A9");
    assert_eq!(sign_in_url("/"), "/auth/signin?callbackUrl=%2F");
}
