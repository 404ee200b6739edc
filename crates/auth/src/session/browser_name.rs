//! A short display name for a browser, from its `User-Agent`.
//!
//! The name only helps users to recognise their devices in a list, so a few names are enough.
//! Nothing is verified: a `User-Agent` can claim anything. The shown text comes from the tables
//! here, never from the header.

/// Header substrings and the browsers they mean. The order matters: nearly every browser also claims to be
/// Chrome, and Chrome claims to be Safari.
const BROWSERS: [(&str, &str); 17] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("OPiOS/", "Opera"),
    ("OPT/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("YaBrowser/", "Yandex Browser"),
    ("DuckDuckGo/", "DuckDuckGo"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
];

/// Header substrings and the systems they mean. The order matters: phones also name the
/// system they derive from.
const SYSTEMS: [(&str, &str); 9] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
    ("FreeBSD", "FreeBSD"),
    ("OpenBSD", "OpenBSD"),
];

/// Returns a name such as "Firefox on Linux" or "Chrome on Android"; "Unknown browser" if
/// nothing is recognised.
pub(super) fn browser_name(user_agent: Option<&str>) -> String {
    let user_agent = user_agent.unwrap_or_default();
    let first =
        |names: &[(&str, &'static str)]| Some(names.iter().find(|(mark, _)| user_agent.contains(mark))?.1);
    let browser = first(&BROWSERS).unwrap_or("Unknown browser");
    match first(&SYSTEMS) {
        Some(system) => format!("{browser} on {system}"),
        None => browser.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_browsers_are_known_by_name_and_system() {
        for (user_agent, name) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 \
                 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
                 HeadlessChrome/140.0.0.0 Safari/537.36",
                "Chrome on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.5 Safari/605.1.15",
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like \
                 Gecko) CriOS/140.0.0.0 Mobile/15E148 Safari/604.1",
                "Chrome on iPhone",
            ),
            (
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/140.0.0.0 Safari/537.36 OPR/124.0.0.0",
                "Opera on ChromeOS",
            ),
            ("curl/8.14.1", "curl"),
        ] {
            assert_eq!(browser_name(Some(user_agent)), name);
        }
    }

    #[test]
    fn an_unknown_browser_is_called_unknown_and_never_quoted() {
        assert_eq!(browser_name(None), "Unknown browser");
        assert_eq!(browser_name(Some("")), "Unknown browser");
        assert_eq!(browser_name(Some("<script>alert(1)</script>")), "Unknown browser");
        assert_eq!(browser_name(Some("Brand New/1.0 (Linux)")), "Unknown browser on Linux");
    }
}
