//! Identity's half: the handle and the reference of a browser, the receipts, and the events to every app.

use super::{BrowserHandle, Receipt};
use crate::server::{
    messages::Messenger,
    previews::{self, SignedIn},
    registry::{RegisteredClient, Registry},
};
use auth::{
    Auth,
    cookie::CookieKind,
    origin::Origin,
    request_id::carry,
    seal::Purpose,
    sign_in_events::{AppHandle, BrowserEvent, BrowserKey, HANDLE_PARAM, RECEIPT_PARAM, REFERENCE_PARAM},
    store::StoreError,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;
use url::Url;

/// A delay before the events, so that the app that signs in finishes first. Apps that share its session then
/// need no sign-in.
const HEAD_START: Duration = Duration::from_millis(200);
/// The timeout for an app's answer. Best effort, no retry: without the event, the waiting tabs of that app do
/// not resume automatically.
const TIMEOUT: Duration = Duration::from_secs(2);

/// How long a receipt is valid: the time for the app to complete the sign-in.
const RECEIPT_LIFETIME: TimeDelta = TimeDelta::minutes(2);

/// Sends sign-in events to the apps; cheap to clone.
#[derive(Clone)]
pub(crate) struct Announcer(Arc<Inner>);

struct Inner {
    auth: Auth,
    registry: Arc<Registry>,
    messenger: Messenger,
}

impl Announcer {
    /// Creates an announcer for the apps of `registry`.
    pub(crate) fn new(auth: &Auth, registry: Arc<Registry>, messenger: Messenger) -> Self {
        Self(Arc::new(Inner { auth: auth.clone(), registry, messenger }))
    }

    /// The handle of the browser that sent the request. A new handle comes with the cookie to set.
    #[must_use]
    pub(crate) fn browser(
        &self,
        origin: &Origin,
        headers: &HeaderMap,
    ) -> (BrowserHandle, Option<HeaderValue>) {
        let (jar, random) = (self.0.auth.cookies(origin, headers), self.0.auth.random());
        match self.known_browser(origin, headers) {
            Some(handle) => (handle, None),
            None => {
                let handle = BrowserHandle::generate(random);
                let cookie = jar.set(CookieKind::Browser, &handle.expose(), None);
                (handle, Some(cookie))
            }
        }
    }

    /// The handle that the browser already has.
    #[must_use]
    pub(crate) fn known_browser(&self, origin: &Origin, headers: &HeaderMap) -> Option<BrowserHandle> {
        let jar = self.0.auth.cookies(origin, headers);
        jar.values(CookieKind::Browser).find_map(BrowserHandle::parse)
    }

    /// Returns the browser reference, and the cookie that keeps it for as long as a session can last. If the
    /// provider has no `sid`, a sign-out names the sessions of this browser by the reference and the user.
    #[must_use]
    pub(crate) fn reference(&self, origin: &Origin, headers: &HeaderMap) -> (String, HeaderValue) {
        let auth = &self.0.auth;
        let known = self.known_reference(origin, headers);
        let reference = known.unwrap_or_else(|| URL_SAFE_NO_PAD.encode(auth.random().bytes::<16>()));
        let max_age = Some(auth.sessions().longest_seconds());
        let cookie = auth.cookies(origin, headers).set(CookieKind::BrowserReference, &reference, max_age);
        (reference, cookie)
    }

    /// The reference that the browser already has.
    fn known_reference(&self, origin: &Origin, headers: &HeaderMap) -> Option<String> {
        let is_reference = |value: &&str| URL_SAFE_NO_PAD.decode(value).is_ok_and(|bytes| bytes.len() == 16);
        let mut values = self.0.auth.cookies(origin, headers).values(CookieKind::BrowserReference);
        values.find(is_reference).map(ToOwned::to_owned)
    }

    /// Adds the handle and the reference of the browser to the redirect `back` to the app. Returns the cookie
    /// of the reference.
    #[must_use]
    pub(crate) fn add_browser(
        &self,
        browser: &BrowserHandle,
        app: &RegisteredClient,
        (origin, headers): (&Origin, &HeaderMap),
        back: &mut Url,
    ) -> HeaderValue {
        let handle = self.handle_for(browser, app);
        let (reference, cookie) = self.reference(origin, headers);
        back.query_pairs_mut().append_pair(HANDLE_PARAM, &handle.expose()).append_pair(
            REFERENCE_PARAM,
            &previews::reference_for(app, &reference, self.0.messenger.secret()),
        );
        cookie
    }

    /// For a redirect in a frame: adds the reference that the browser already has, at the canonical origin
    /// only. Never creates a handle or a reference.
    pub(crate) fn add_reference_in_frame(&self, origin: &Origin, headers: &HeaderMap, back: &mut Url) {
        let is_canonical = self.0.auth.public_urls().canonical() == origin.to_string();
        if let Some(reference) = self.known_reference(origin, headers).filter(|_| is_canonical) {
            back.query_pairs_mut().append_pair(REFERENCE_PARAM, &reference);
        }
    }

    /// Adds a receipt to the redirect `back` to the app. The app returns the receipt once the sign-in is
    /// complete ([`redeem_receipt`](Self::redeem_receipt)). Without a receipt, identity cannot know whether the sign-in
    /// is complete: a link on a foreign page may have begun the flow, and the app then refuses the sign-in.
    pub(crate) fn add_receipt(&self, receipt: &Receipt, app: &RegisteredClient, back: &mut Url) {
        let Inner { auth, .. } = &*self.0;
        let plain = receipt.to_bytes(auth.random().bytes(), auth.clock().now() + RECEIPT_LIFETIME);
        let sealed = auth.keyring().seal(Purpose::Receipt, app.client_id.as_bytes(), &plain);
        back.query_pairs_mut().append_pair(RECEIPT_PARAM, &URL_SAFE_NO_PAD.encode(sealed));
    }

    /// Takes a receipt back: the sign-in in that browser is complete. Every app is told. A sign-in at a preview is told to
    /// no app: unreviewed code could claim it. Its origin is remembered for the logout. Returns `false` for a receipt that is
    /// used, expired, malformed or was issued to another app.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub(crate) async fn redeem_receipt(
        &self,
        app: &RegisteredClient,
        receipt: &str,
        session: Option<&SignedIn>,
    ) -> Result<bool, StoreError> {
        let auth = &self.0.auth;
        let opened = URL_SAFE_NO_PAD
            .decode(receipt)
            .ok()
            .and_then(|sealed| auth.keyring().open(Purpose::Receipt, app.client_id.as_bytes(), &sealed).ok());
        let Some((expires_at, read)) = opened.as_deref().and_then(Receipt::read) else { return Ok(false) };
        let id: [u8; 32] = Sha256::new().chain_update("receipt").chain_update(receipt).finalize().into();
        if auth.clock().now() >= expires_at || !auth.sessions().use_id(&id, expires_at).await? {
            return Ok(false);
        }
        if app.preview.is_none() {
            // The time at which identity passed the sign-in on: the app completed it just after that.
            self.notify_apps(&read.browser, expires_at - RECEIPT_LIFETIME, &read.provider);
        } else if let Some(session) = session {
            self.remember_preview(app, &read.origin, session).await?;
        }
        Ok(true)
    }

    /// Remembers the origin of a preview for as long as a session can last, so that the preview is told of logouts.
    async fn remember_preview(
        &self,
        app: &RegisteredClient,
        origin: &str,
        session: &SignedIn,
    ) -> Result<(), StoreError> {
        let auth = &self.0.auth;
        let now = auth.clock().now();
        let until = now + TimeDelta::seconds(auth.sessions().longest_seconds());
        if !previews::remember(&*auth.app_origins(), app, (origin, session), until, now).await? {
            tracing::warn!(app = app.client_id, origin, "too many previews: this one is not told of logouts");
        }
        Ok(())
    }

    /// Tells every app about a sign-in in this browser, at this time and with this provider. Returns at once.
    pub(crate) fn notify_apps(&self, browser: &BrowserHandle, signed_in_at: DateTime<Utc>, provider: &str) {
        for app in self.0.registry.iter() {
            let Some(uri) = app.browser_event_uri.clone() else { continue };
            let (announcer, app, handle) = (self.clone(), app.clone(), self.handle_for(browser, app));
            let provider = provider.to_owned();
            tokio::spawn(carry(async move {
                sleep(HEAD_START).await;
                let age = announcer.0.auth.clock().now() - signed_in_at;
                let claims = event_claims(&handle.key(), age, &provider);
                match announcer.0.messenger.send::<BrowserEvent>(&app, &uri, claims, TIMEOUT).await {
                    Ok(_) => tracing::debug!(app = app.client_id, "sign-in event delivered"),
                    Err(error) => {
                        tracing::info!(app = app.client_id, %error, "sign-in event not delivered");
                    }
                }
            }));
        }
    }

    fn handle_for(&self, browser: &BrowserHandle, app: &RegisteredClient) -> AppHandle {
        browser.for_app(&app.client_id, self.0.messenger.secret())
    }
}

/// The claims of a browser event, beyond those that every message has.
pub(crate) fn event_claims(browser: &BrowserKey, age: TimeDelta, provider: &str) -> Value {
    let mut claims =
        json!({ BrowserEvent::BROWSER: browser.to_text(), BrowserEvent::AGE: age.num_milliseconds().max(0) });
    if !provider.is_empty() {
        claims[BrowserEvent::PROVIDER] = provider.into();
    }
    claims
}
