//! The closed set of named refusals.

use crate::{jws::TOKEN_RULES, message::SignedMessage};
use std::{collections::BTreeSet, sync::LazyLock};

/// The label of a refusal that is not in the set, such as one of the app.
pub(super) const OTHER: &str = "other";

/// The names of refusals that are no broken rule of a token.
const NAMES: &[&str] = &[
    "access_denied",
    "ambiguous_path",
    "another_user",
    "bad_token_answer",
    "body_too_large",
    "client_mismatch",
    "client_refused",
    "cross_site_fetch",
    "cross_site_origin",
    "form_expected",
    "form_post_origin",
    "handoff_failed",
    "handoff_not_configured",
    "invalid_client",
    "invalid_grant",
    "invalid_parameters",
    "invalid_receipt",
    "invalid_request",
    "invalid_choice",
    "invalid_scope",
    "invalid_state",
    "invalid_ticket",
    "invalid_token",
    "invalid_user_data",
    "issuer_mismatch",
    "issuer_missing",
    "logged_out_meanwhile",
    "login_required",
    "malformed_callback",
    "misdirected_request",
    "no_refresh_token",
    "no_such_session",
    "no_way_to_sign_out",
    "not_a_frame",
    "not_for_previews",
    "pkce_required",
    "provider_not_for_previews",
    "provider_refused",
    "provider_unavailable",
    "refused",
    "request_timeout",
    "session_ended",
    "session_unavailable",
    "signed_out",
    "store_unavailable",
    "temporarily_unavailable",
    "ticket_used",
    "token_expired",
    "too_many_requests",
    "too_many_streams",
    "unauthorized_client",
    "unknown_app",
    "unknown_issuer",
    "unknown_provider",
    "unregistered_source_url",
    "upgrade_not_supported",
    "user_data_too_large",
    "websocket_origin",
    "wrong_client",
];

/// All names: those above, and each rule of each kind of token.
static ALL: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let kinds = [
        "id_token",
        crate::logout::LogoutToken::NAME,
        crate::sign_in_events::BrowserEvent::NAME,
        crate::handoff::SessionQuery::NAME,
    ];
    let rules = kinds.iter().flat_map(|kind| TOKEN_RULES.iter().map(move |rule| format!("{kind}_{rule}")));
    NAMES.iter().map(|name| (*name).to_owned()).chain(rules).collect()
});

/// The name in the set that a refusal's text begins with, up to a colon: `handoff_failed: malformed` is
/// `handoff_failed`. `None` for a text that names no refusal.
pub(super) fn find(text: &str) -> Option<&'static str> {
    let name = text.split(':').next().unwrap_or_default();
    ALL.get(name).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        flow::FlowError,
        handoff::{FailureCause, HandoffError},
        jws::TokenRule,
        provider::Unavailable,
        store::StoreError,
    };

    #[test]
    fn every_named_error_is_in_the_set() {
        let store = || StoreError("down".into());
        for error in [
            FlowError::InvalidState,
            FlowError::IssuerMissing,
            FlowError::IssuerMismatch,
            FlowError::MalformedCallback,
            FlowError::AccessDenied,
            FlowError::LoginRequired,
            FlowError::ProviderRefused,
            FlowError::InvalidGrant,
            FlowError::ClientRefused,
            FlowError::AnotherUser,
            FlowError::BadTokenAnswer,
            FlowError::IdToken(TokenRule::Nonce),
            FlowError::IdToken(TokenRule::Claim("sub")),
            FlowError::Unavailable(Unavailable),
            FlowError::UnknownProvider,
            FlowError::NoWayToSignOut,
            FlowError::Refused,
            FlowError::LoggedOutMeanwhile,
            FlowError::Store(store()),
        ] {
            assert!(find(&error.to_string()).is_some(), "{error}");
        }
        for error in [
            HandoffError::InvalidState,
            HandoffError::TokenExpired,
            HandoffError::Failed(FailureCause::BadAnswer),
            HandoffError::Refused,
            HandoffError::Store(store()),
        ] {
            assert!(find(&error.to_string()).is_some(), "{error}");
        }
        assert_eq!(find("logout_token_replayed"), Some("logout_token_replayed"));
    }

    #[test]
    fn a_text_that_names_no_refusal_is_not_in_the_set() {
        for text in ["", "id_token_", "id_token_x", "invalid_state\n", "/path", "no answer: timed out"] {
            assert_eq!(find(text), None, "{text:?}");
        }
    }
}
