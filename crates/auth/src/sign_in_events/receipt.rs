//! Tells identity that a sign-in is complete.

use crate::{http::HttpClient, logout::Identity, routes::custom::BegunSession};
use secrecy::ExposeSecret;
use url::form_urlencoded;

impl Identity {
    /// Sends identity's receipt back to `POST /auth/signed-in`. Best effort, no retry: on failure, waiting
    /// tabs in other apps do not resume automatically.
    pub(crate) async fn confirm_sign_in(&self, http: &HttpClient, receipt: &str, session: &BegunSession) {
        let Some(secret) = &self.client().client_secret else { return };
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("receipt", receipt)
            .append_pair("iss", &session.issuer)
            .append_pair("sub", &session.subject)
            .extend_pairs(session.sid.iter().map(|sid| ("sid", sid)))
            .finish();
        let url = self.client().issuer.join("/auth/signed-in");
        let client = (self.client().client_id.as_str(), secret.expose_secret());
        match http.send(http.post_form(&url, form, Some(client))).await {
            Ok(answer) if answer.status().is_success() => {}
            Ok(answer) => {
                tracing::warn!(status = answer.status().as_u16(), "sign-in receipt not accepted by identity");
            }
            Err(error) => tracing::warn!(%error, "sign-in receipt not accepted by identity"),
        }
    }
}
