//! Tells the other apps of a sign-out, by asking identity.

use super::Identity;
use crate::{clock::Clock, http::HttpClient, store::LogoutScope};
use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use secrecy::ExposeSecret;
use std::time::Duration;
use url::form_urlencoded;

/// A sign-out to tell other apps of: the sessions to end, the provider, and the time.
#[derive(Clone, Copy, Debug)]
pub struct LogoutNotice<'a> {
    /// The provider's `iss`.
    pub provider_issuer: &'a str,
    /// The provider's `sid`. `None`: all sessions of the user, or those in one browser.
    pub sid: Option<&'a str>,
    /// The user's `sub`.
    pub sub: Option<&'a str>,
    /// Identity's reference for the browser where the user signed out.
    pub browser: Option<&'a str>,
    /// When the sign-out took place, by this process's clock. Other apps get the age instead of the time.
    pub happened_at: DateTime<Utc>,
}

impl<'a> LogoutNotice<'a> {
    /// Returns the scope of the sign-out, if the scope is one browser at most. `None` if the notice names
    /// only the user: an app may sign out the browser that it was used in, but not the user's other browsers.
    #[must_use]
    pub fn scope_in_browser(&self) -> Option<LogoutScope<'a>> {
        LogoutScope::of(self.sid, self.sub, self.browser)
            .filter(|scope| !matches!(scope, LogoutScope::Subject(_)))
    }
}

/// Tells the other apps that a user signed out at this app.
pub trait NotifyApps: Send + Sync {
    /// Tells the other apps, or records the notice for later delivery. Errors are only logged, because the
    /// session has already ended.
    fn notify<'a>(
        &'a self,
        http: &'a HttpClient,
        clock: &'a Clock,
        notice: LogoutNotice<'a>,
    ) -> BoxFuture<'a, ()>;
}

impl NotifyApps for Identity {
    fn notify<'a>(
        &'a self,
        http: &'a HttpClient,
        clock: &'a Clock,
        notice: LogoutNotice<'a>,
    ) -> BoxFuture<'a, ()> {
        Box::pin(self.announce(http, clock, notice))
    }
}

/// Maximum number of attempts.
const TRIES: u32 = 3;
/// The pause after the first failure. The pause doubles after each failure.
const PAUSE: Duration = Duration::from_secs(1);

impl Identity {
    /// Asks identity's `POST /auth/logout` to tell every registered app. Best effort: after [`TRIES`]
    /// failures, the apps notice the sign-out only when they revalidate.
    async fn announce(&self, http: &HttpClient, clock: &Clock, notice: LogoutNotice<'_>) {
        let Some(secret) = &self.client().client_secret else {
            tracing::warn!("AUTH_IDENTITY_SECRET is not set; other apps not told of this sign-out");
            return;
        };
        let fields = [("iss", Some(notice.provider_issuer)), ("sid", notice.sid), ("sub", notice.sub)];
        let fields = fields.into_iter().chain([("browser", notice.browser)]);
        let fields: Vec<_> = fields.filter_map(|(name, value)| Some((name, value?))).collect();
        let url = self.client().issuer.join("/auth/logout");
        let client = (self.client().client_id.as_str(), secret.expose_secret());
        let mut pause = PAUSE;
        for attempt in 1..=TRIES {
            let age = (clock.now() - notice.happened_at).num_milliseconds().max(0).to_string();
            let form = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(&fields)
                .append_pair("age", &age)
                .finish();
            match http.send(http.post_form(&url, form, Some(client))).await {
                Ok(answer) if answer.status().is_success() => return,
                Ok(answer) => {
                    tracing::warn!(
                        status = answer.status().as_u16(),
                        "sign-out notice not accepted by identity"
                    );
                }
                Err(error) => tracing::warn!(%error, "sign-out notice not accepted by identity"),
            }
            if attempt < TRIES {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
        }
    }
}
