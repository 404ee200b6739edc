//! An app's word to identity that a sign-in is complete.

use crate::{http::HttpClient, logout::Identity};
use secrecy::ExposeSecret;
use url::form_urlencoded;

impl Identity {
    /// Gives identity's receipt back at `POST /auth/signed-in`. What is lost here costs a waiting tab of another
    /// app its coming back by itself, and nothing else: there is no second try.
    pub(crate) async fn confirm_sign_in(&self, http: &HttpClient, receipt: &str) {
        let Some(secret) = &self.client().client_secret else { return };
        let form = form_urlencoded::Serializer::new(String::new()).append_pair("receipt", receipt).finish();
        let url = self.client().issuer.join("/auth/signed-in");
        let client = (self.client().client_id.as_str(), secret.expose_secret());
        match http.send(http.post_form(&url, form, Some(client))).await {
            Ok(answer) if answer.status().is_success() => {}
            Ok(answer) => {
                tracing::warn!(status = answer.status().as_u16(), "identity did not take a receipt");
            }
            Err(error) => tracing::warn!(%error, "identity did not take a receipt"),
        }
    }
}
