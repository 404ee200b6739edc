//! Identity's half: the browser's handle, and telling every app that somebody signed in there.

use super::{AppHandle, BrowserEvent, BrowserHandle, HANDLE_PARAM};
use crate::{
    Auth,
    clock::Clock,
    http::HttpClient,
    logout::SigningKeys,
    origin::{Origin, RegisteredClient, Registry},
    random::Random,
    session::CookieKind,
};
use http::{HeaderMap, HeaderValue};
use secrecy::SecretString;
use std::{sync::Arc, time::Duration};
use tokio::time::{sleep, timeout};
use url::{Url, form_urlencoded};

/// The app that signs in is finished first: whoever shares its session then needs no sign-in of their own.
const HEAD_START: Duration = Duration::from_millis(200);
/// How long an app may take to answer. There is no second try: a tab that comes back late has found out by
/// itself, or its user has.
const LIMIT: Duration = Duration::from_secs(2);

/// What tells the apps; cheap to clone.
#[derive(Clone)]
pub struct Announcer(Arc<Inner>);

struct Inner {
    auth: Auth,
    registry: Arc<Registry>,
    keys: SigningKeys,
    secret: SecretString,
    /// For the apps outside the network.
    http: HttpClient,
}

impl Announcer {
    pub(crate) fn new(
        auth: Auth,
        registry: Arc<Registry>,
        keys: SigningKeys,
        secret: SecretString,
        http: HttpClient,
    ) -> Self {
        Self(Arc::new(Inner { auth, registry, keys, secret, http }))
    }

    /// The browser that a request comes from; with the cookie to set where it had no handle yet.
    #[must_use]
    pub fn browser(&self, origin: &Origin, headers: &HeaderMap) -> (BrowserHandle, Option<HeaderValue>) {
        let (cookies, random) = (&self.0.auth.cookies, &self.0.auth.random);
        let known = cookies.values(CookieKind::Browser, origin, headers).find_map(BrowserHandle::parse);
        match known {
            Some(handle) => (handle, None),
            None => {
                let handle = BrowserHandle::generate(random);
                let cookie = cookies.set(CookieKind::Browser, origin, &handle.expose(), None);
                (handle, Some(cookie))
            }
        }
    }

    /// Adds the app's handle to the redirect that leads back to it.
    pub fn pass_on(&self, browser: &BrowserHandle, app: &RegisteredClient, back: &mut Url) {
        let handle = self.handle_for(browser, app);
        back.query_pairs_mut().append_pair(HANDLE_PARAM, &handle.expose());
    }

    /// Tells every app that somebody signed in in this browser. Returns at once.
    pub fn signed_in(&self, browser: &BrowserHandle) {
        for app in self.0.registry.iter() {
            let Some(uri) = app.browser_event_uri.clone() else { continue };
            let (announcer, app, handle) = (self.clone(), app.clone(), self.handle_for(browser, app));
            tokio::spawn(async move {
                sleep(HEAD_START).await;
                match announcer.post(&app, &uri, &handle).await {
                    Ok(()) => tracing::debug!(app = app.client_id, "told an app of a sign-in"),
                    Err(reason) => {
                        tracing::info!(app = app.client_id, reason, "an app was not told of a sign-in");
                    }
                }
            });
        }
    }

    fn handle_for(&self, browser: &BrowserHandle, app: &RegisteredClient) -> AppHandle {
        browser.for_app(&app.client_id, &self.0.secret)
    }

    async fn post(&self, app: &RegisteredClient, uri: &Url, handle: &AppHandle) -> Result<(), String> {
        let Inner { auth, keys, .. } = &*self.0;
        let (clock, random): (&Clock, &Random) = (&auth.clock, &auth.random);
        let issuer = auth.public_urls.canonical();
        let token =
            BrowserEvent::sign(keys, issuer, &app.client_id, &handle.key(), &random.token(), clock.now());
        let form =
            form_urlencoded::Serializer::new(String::new()).append_pair("event_token", &token).finish();
        let http = if app.allow_private_network { &auth.http } else { &self.0.http };
        match timeout(LIMIT, http.send(http.post_form(uri, form, None))).await {
            Err(_) => Err("it took too long".into()),
            Ok(Err(error)) => Err(error.to_string()),
            Ok(Ok(answer)) if answer.status().is_success() => Ok(()),
            Ok(Ok(answer)) => Err(format!("it answered {}", answer.status().as_u16())),
        }
    }
}
