//! The provider's redirect back to the app (RFC 6749 §4.1.2, RFC 9207 §2).

use super::FlowError;
use crate::origin::UniqueParams;
use secrecy::SecretString;

/// The parameters of `GET /auth/callback/{provider}`.
#[derive(Debug)]
pub struct Callback {
    /// The issuer (`iss`), if the provider sent it.
    pub iss: Option<String>,
    /// A code, or the provider's refusal.
    pub outcome: Outcome,
}

/// A code, or a refusal.
#[derive(Debug)]
pub enum Outcome {
    /// The code, which can be exchanged once.
    Code(SecretString),
    /// The provider's `error`.
    Refused(FlowError),
}

impl Callback {
    /// Reads the parameters; unknown ones are ignored (RFC 6749 §4.1.2: "MUST ignore").
    ///
    /// # Errors
    /// [`FlowError::InvalidState`] without a `state`, or with neither a code nor an error;
    /// [`FlowError::MalformedCallback`] with both.
    pub fn read(params: &UniqueParams) -> Result<Self, FlowError> {
        params.get("state").filter(|state| !state.is_empty()).ok_or(FlowError::InvalidState)?;
        let outcome = match (params.get("code").filter(|code| !code.is_empty()), params.get("error")) {
            (Some(code), None) => Outcome::Code(SecretString::from(code)),
            (None, Some(error)) => Outcome::Refused(match error {
                // The second name is Apple's.
                "access_denied" | "user_cancelled_authorize" => FlowError::AccessDenied,
                "login_required"
                | "interaction_required"
                | "consent_required"
                | "account_selection_required"
                // Google's older answer to `prompt=none`.
                | "immediate_failed" => FlowError::LoginRequired,
                "temporarily_unavailable" | "server_error" => {
                    FlowError::Unavailable(crate::provider::Unavailable)
                }
                _ => FlowError::ProviderRefused,
            }),
            // Identity sends the visitor back without an answer when the record of a sign-in is gone.
            (None, None) => return Err(FlowError::InvalidState),
            (Some(_), Some(_)) => return Err(FlowError::MalformedCallback),
        };
        Ok(Self { iss: params.get("iss").map(ToOwned::to_owned), outcome })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Callback, FlowError> {
        Callback::read(&UniqueParams::parse(query.as_bytes()).unwrap())
    }

    #[test]
    fn a_callback_has_either_a_code_or_an_error() {
        assert!(matches!(read("state=s&code=c").unwrap().outcome, Outcome::Code(_)));
        let refused = |query: &str| match read(query).unwrap().outcome {
            Outcome::Refused(error) => error.to_string(),
            Outcome::Code(_) => panic!("{query}"),
        };
        assert_eq!(refused("state=s&error=access_denied"), "access_denied");
        assert_eq!(refused("state=s&error=interaction_required"), "login_required");
        assert_eq!(refused("state=s&error=<script>"), "provider_refused");
        for query in ["state=s", "state=s&code="] {
            assert!(matches!(read(query), Err(FlowError::InvalidState)), "{query}");
        }
        assert!(matches!(read("state=s&code=c&error=access_denied"), Err(FlowError::MalformedCallback)));
    }

    #[test]
    fn without_a_state_there_is_no_flow() {
        for query in ["code=c", "state=&code=c"] {
            assert!(matches!(read(query), Err(FlowError::InvalidState)), "{query}");
        }
    }
}
