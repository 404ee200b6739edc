//! The Content-Security-Policy of a page.

/// Builds the policy. Only listed sources load, and scripts run only with this response's `nonce`. Forms lead only
/// to this app; frames only to this app and to `frames`.
///
/// Chromium also applies `form-action` to the redirects after a form. So endpoints that may lead elsewhere answer a form
/// with a page that goes on, and no list of origins is needed. Browsers apply `frame-src` to the redirects of a frame.
/// Entries that are not plain `http` or `https` origins are left out: a configuration mistake must not add a directive.
///
/// `reload_port` allows the WebSocket of `cargo leptos watch`, and is `None` in production.
#[must_use]
pub fn content_security_policy(nonce: &str, frames: &[String], reload_port: Option<u32>) -> String {
    let frames = with_own(frames);
    let reload = reload_port.map(|port| format!(" ws://*:{port}")).unwrap_or_default();
    // `wasm-unsafe-eval` allows WebAssembly; `strict-dynamic` lets the nonced script import modules.
    format!(
        "default-src 'none'; \
         script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; \
         style-src 'self'; \
         img-src 'self' data: https:; \
         connect-src 'self'{reload}; \
         manifest-src 'self'; \
         frame-src {frames}; \
         form-action 'self'; \
         frame-ancestors 'none'; \
         base-uri 'none'"
    )
}

/// `'self'`, and the entries that are origins.
fn with_own(origins: &[String]) -> String {
    let origins = origins.iter().map(String::as_str).filter(|origin| is_origin(origin));
    std::iter::once("'self'").chain(origins).collect::<Vec<_>>().join(" ")
}

/// Returns whether `text` is a scheme, a host and an optional port, and nothing else.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| {
        !host.is_empty()
            && host
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directive<'a>(policy: &'a str, name: &str) -> Option<&'a str> {
        policy.split("; ").find_map(|directive| directive.strip_prefix(name)).map(str::trim)
    }

    #[test]
    fn scripts_need_the_nonce_and_nothing_is_inline() {
        let policy = content_security_policy("abc123==", &[], None);
        assert_eq!(
            directive(&policy, "script-src"),
            Some("'nonce-abc123==' 'strict-dynamic' 'wasm-unsafe-eval'")
        );
        assert_eq!(directive(&policy, "default-src"), Some("'none'"));
        assert_eq!(directive(&policy, "frame-ancestors"), Some("'none'"));
        assert_eq!(directive(&policy, "base-uri"), Some("'none'"));
        assert!(!policy.contains("unsafe-inline"));
    }

    #[test]
    fn forms_lead_to_this_app_and_frames_to_the_named_origins() {
        let policy = content_security_policy("n", &["http://localhost:4200".to_owned()], None);
        assert_eq!(directive(&policy, "form-action"), Some("'self'"));
        assert_eq!(directive(&policy, "frame-src"), Some("'self' http://localhost:4200"));
    }

    #[test]
    fn only_origins_get_in() {
        let wrong = [
            "https://good.example/path",
            "https://good.example; script-src *",
            "https://good.example\r\nSet-Cookie: a=b",
            "https://user@good.example",
            "https://*",
            "javascript:alert(1)",
            "'unsafe-inline'",
            "https://",
            "",
        ]
        .map(str::to_owned);
        let policy = content_security_policy("n", &wrong, None);
        assert_eq!(directive(&policy, "frame-src"), Some("'self'"));
        assert!(!policy.contains(['\r', '\n', '*']));
    }

    #[test]
    fn the_reload_socket_is_open_only_while_watching() {
        assert_eq!(directive(&content_security_policy("n", &[], None), "connect-src"), Some("'self'"));
        assert_eq!(
            directive(&content_security_policy("n", &[], Some(4211)), "connect-src"),
            Some("'self' ws://*:4211")
        );
    }
}
