//! Visitors' failures at the token endpoint.

use super::VisitorFault;
use crate::DevProvider;
use crate::client::Client;
use crate::params::Params;
use crate::random::fingerprint;
use crate::state::{Grant, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

impl DevProvider {
    /// Applies the failure of the browser whose sign-in led to this request's code or refresh token: waits, or
    /// returns a response to send instead of the real one. Uses nothing up. Call it only for an authenticated
    /// client, so that the rate limit counts every wrong secret.
    pub(crate) async fn apply_visitor_fault(&self, client: &Client, params: &Params) -> Option<Response> {
        match self.fault_of_request(client, params)? {
            VisitorFault::SlowProvider => {
                self.visitor_faults().delay().await;
                None
            }
            VisitorFault::ProviderFails => {
                tracing::info!(
                    failure = VisitorFault::ProviderFails.name(),
                    "token request failed on purpose"
                );
                Some(StatusCode::SERVICE_UNAVAILABLE.into_response())
            }
            VisitorFault::RefusedRedirectUri | VisitorFault::SignInCancelled | VisitorFault::SessionLost => {
                None
            }
        }
    }

    fn fault_of_request(&self, client: &Client, params: &Params) -> Option<VisitorFault> {
        let now = self.now();
        let state = self.state();
        let grant = match params.get("grant_type")? {
            "authorization_code" => &state.codes.get(&fingerprint(params.get("code")?), now)?.grant,
            "refresh_token" => {
                let token = state.refresh_tokens.get(&fingerprint(params.get("refresh_token")?), now)?;
                state.families.get(&token.family, now)?
            }
            _ => return None,
        };
        (grant.client_id == client.client_id).then(|| self.fault_of_grant(&state, grant))?
    }

    /// Ends the session of a grant if its browser has [`VisitorFault::SessionLost`], and switches the failure
    /// off. The clients get no logout token, because a provider that has lost a session knows no clients.
    pub(crate) fn loses_session(&self, state: &mut State, grant: &Grant) -> bool {
        if self.fault_of_grant(state, grant) != Some(VisitorFault::SessionLost) {
            return false;
        }
        let session = state.end_session(&grant.sid, false);
        if let Some(id) = session.and_then(|session| session.fault_id) {
            self.visitor_faults().switch_off(&id);
        }
        true
    }

    fn fault_of_grant(&self, state: &State, grant: &Grant) -> Option<VisitorFault> {
        let now = self.now();
        let id = state.sessions.get(&grant.sid, now)?.fault_id?;
        Some(self.visitor_faults().get(&id, now)?.fault)
    }
}
