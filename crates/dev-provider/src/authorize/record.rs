//! The last authorization request, for assertions of a test in the same process.

use crate::DevProvider;
use crate::federated::RETURNED;
use crate::params::Params;
use std::collections::BTreeMap;

/// Parameters that are recorded without their values.
const HIDDEN: [&str; 4] = ["state", "nonce", "code_challenge", "id_token_hint"];

impl DevProvider {
    /// Returns the parameters of the last authorization request, refused requests included. The value of
    /// `state`, `nonce`, `code_challenge` and `id_token_hint` is `present`. A parameter that was empty or
    /// sent twice is missing.
    #[must_use]
    pub fn last_authorization(&self) -> Option<BTreeMap<String, String>> {
        self.state().last_authorization.clone()
    }

    pub(super) fn record_authorization(&self, params: &Params) {
        let shown = |(name, value): (&str, &str)| {
            let value = if HIDDEN.contains(&name) { "present" } else { value };
            (name.to_owned(), value.to_owned())
        };
        let sent = params.iter().filter(|(name, _)| *name != RETURNED);
        self.state().last_authorization = Some(sent.map(shown).collect());
    }
}
