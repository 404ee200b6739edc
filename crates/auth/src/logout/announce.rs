//! Asking identity to tell the others, for a provider that does not by itself.

use super::{Identity, LogoutNotice};
use crate::http::HttpClient;
use secrecy::ExposeSecret;
use std::time::Duration;
use url::form_urlencoded;

/// How often it is tried.
const TRIES: u32 = 3;
/// The pause after the first failure, doubled after the second.
const PAUSE: Duration = Duration::from_secs(1);

impl Identity {
    /// Asks identity's `POST /auth/logout` to tell every registered app. What is lost here, the apps
    /// learn when they revalidate.
    pub async fn announce(&self, http: &HttpClient, notice: LogoutNotice<'_>) {
        let Some(secret) = &self.client().client_secret else {
            tracing::warn!("AUTH_IDENTITY_SECRET is not set: the other apps are not told of this sign-out");
            return;
        };
        let fields = [("iss", Some(notice.provider_issuer)), ("sid", notice.sid), ("sub", notice.sub)];
        let fields = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let url = self.client().issuer.join("/auth/logout");
        let client = (self.client().client_id.as_str(), secret.expose_secret());
        let mut pause = PAUSE;
        for _ in 0..TRIES {
            match http.send(http.post_form(&url, form.clone(), Some(client))).await {
                Ok(answer) if answer.status().is_success() => return,
                Ok(answer) => {
                    tracing::warn!(status = answer.status().as_u16(), "identity did not announce a sign-out");
                }
                Err(error) => tracing::warn!(%error, "identity did not announce a sign-out"),
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }
}
