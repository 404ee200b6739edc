//! Asking identity to tell the others.

use super::Identity;
use crate::{clock::Clock, http::HttpClient, store::LogoutScope};
use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use secrecy::ExposeSecret;
use std::time::Duration;
use url::form_urlencoded;

/// What a logout token tells: whose session ended, at which provider, and when.
#[derive(Clone, Copy, Debug)]
pub struct LogoutNotice<'a> {
    /// The provider.
    pub provider_issuer: &'a str,
    /// Its session; `None`: all of the user's, or those in one browser.
    pub sid: Option<&'a str>,
    /// The user.
    pub sub: Option<&'a str>,
    /// Identity's reference for the browser in which they signed out.
    pub browser: Option<&'a str>,
    /// When it took place, by the clock of who tells it. Others are told how long ago that was.
    pub happened_at: DateTime<Utc>,
}

impl<'a> LogoutNotice<'a> {
    /// Whose sessions it means, where that is one browser at most. `None` when it names the user alone: an app speaks
    /// for the browser it was used in, and the user's other browsers are not signed out with it.
    #[must_use]
    pub fn scope_in_browser(&self) -> Option<LogoutScope<'a>> {
        LogoutScope::of(self.sid, self.sub, self.browser)
            .filter(|scope| !matches!(scope, LogoutScope::Subject(_)))
    }
}

/// Tells the other apps that somebody signed out at this one.
pub trait NotifyApps: Send + Sync {
    /// Tells them, or notes that they have to be told. What goes wrong is logged; the session has ended already.
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

/// How often it is tried.
const TRIES: u32 = 3;
/// The pause after the first failure, doubled after the second.
const PAUSE: Duration = Duration::from_secs(1);

impl Identity {
    /// Asks identity's `POST /auth/logout` to tell every registered app. What is lost here, the apps
    /// learn when they revalidate.
    async fn announce(&self, http: &HttpClient, clock: &Clock, notice: LogoutNotice<'_>) {
        let Some(secret) = &self.client().client_secret else {
            tracing::warn!("AUTH_IDENTITY_SECRET is not set: the other apps are not told of this sign-out");
            return;
        };
        let fields = [("iss", Some(notice.provider_issuer)), ("sid", notice.sid), ("sub", notice.sub)];
        let fields = fields.into_iter().chain([("browser", notice.browser)]);
        let fields: Vec<_> = fields.filter_map(|(name, value)| Some((name, value?))).collect();
        let url = self.client().issuer.join("/auth/logout");
        let client = (self.client().client_id.as_str(), secret.expose_secret());
        let mut pause = PAUSE;
        for _ in 0..TRIES {
            let age = (clock.now() - notice.happened_at).num_milliseconds().max(0).to_string();
            let form = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(&fields)
                .append_pair("age", &age)
                .finish();
            match http.send(http.post_form(&url, form, Some(client))).await {
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
