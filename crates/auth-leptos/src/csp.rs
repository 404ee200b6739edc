//! The Content-Security-Policy of a page.

/// Builds the policy. Only listed sources load, scripts run only with this response's `nonce`, and forms and
/// frames lead only to this app and to the origins in `form_action`.
///
/// Chromium also applies `form-action` to the redirects after a form, so a page with a sign-in form lists
/// identity and the provider. `frame-src` lists the same origins, because the hidden frame of the session
/// check also follows redirects. Entries of `form_action` that are not plain `http` or `https` origins are
/// left out: a configuration mistake must not add a directive.
///
/// `reload_port` allows the WebSocket of `cargo leptos watch`, and is `None` in production.
#[must_use]
pub fn content_security_policy(nonce: &str, form_action: &[String], reload_port: Option<u32>) -> String {
    let mut forms = String::from("'self'");
    for origin in form_action.iter().filter(|origin| is_origin(origin)) {
        forms.push(' ');
        forms.push_str(origin);
    }
    let reload = reload_port.map(|port| format!(" ws://*:{port}")).unwrap_or_default();
    // `wasm-unsafe-eval` allows WebAssembly; `strict-dynamic` lets the nonced script import modules.
    format!(
        "default-src 'none'; \
         script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; \
         style-src 'self'; \
         img-src 'self' data: https:; \
         connect-src 'self'{reload}; \
         manifest-src 'self'; \
         frame-src {forms}; \
         form-action {forms}; \
         frame-ancestors 'none'; \
         base-uri 'none'"
    )
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
    fn forms_lead_to_this_app_and_to_the_named_origins() {
        let origins = ["http://localhost:4200".to_owned(), "http://auth.wow.localhost:4300".to_owned()];
        let policy = content_security_policy("n", &origins, None);
        assert_eq!(
            directive(&policy, "form-action"),
            Some("'self' http://localhost:4200 http://auth.wow.localhost:4300")
        );
        assert_eq!(directive(&policy, "frame-src"), directive(&policy, "form-action"));
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
        assert_eq!(directive(&policy, "form-action"), Some("'self'"));
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
