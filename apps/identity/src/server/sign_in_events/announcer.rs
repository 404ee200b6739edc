//! Identity's half: the browser's handle, and telling every app that somebody signed in there.

use super::BrowserHandle;
use crate::server::{
    registry::{RegisteredClient, Registry},
    signing::SigningKeys,
};
use auth::{
    Auth,
    config::ConfigError,
    cookie::CookieKind,
    http::HttpClient,
    origin::Origin,
    seal::Purpose,
    sign_in_events::{AppHandle, BrowserEvent, BrowserKey, HANDLE_PARAM, RECEIPT_PARAM, REFERENCE_PARAM},
    store::StoreError,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, HeaderValue};
use secrecy::SecretString;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::{sync::Arc, time::Duration};
use tokio::time::{sleep, timeout};
use url::{Url, form_urlencoded};

/// The app that signs in is to be finished first: apps that share its session then need no sign-in themselves.
const HEAD_START: Duration = Duration::from_millis(200);
/// How long an app may take to answer. There is no second try: a tab that comes back late has found out by
/// itself, or its user has.
const LIMIT: Duration = Duration::from_secs(2);

/// How long an app may take to complete a sign-in.
const RECEIPT_LIFETIME: TimeDelta = TimeDelta::minutes(2);

/// What tells the apps; cheap to clone.
#[derive(Clone)]
pub(crate) struct Announcer(Arc<Inner>);

struct Inner {
    auth: Auth,
    registry: Arc<Registry>,
    keys: SigningKeys,
    secret: SecretString,
    /// For the apps outside the network.
    http: HttpClient,
}

impl Announcer {
    /// What tells the apps of `registry` that somebody signed in in a browser.
    ///
    /// # Errors
    /// A [`ConfigError`] when TLS has no roots, or there is no secret.
    pub(crate) fn new(auth: &Auth, registry: Arc<Registry>) -> Result<Self, ConfigError> {
        let http = HttpClient::public_addresses_only()
            .map_err(|error| ConfigError::new("SSL_CERT_FILE", error.to_string()))?;
        let newest = auth.secrets().first().cloned();
        let secret = newest.ok_or_else(|| ConfigError::new("AUTH_SECRET", "is missing"))?;
        let keys = SigningKeys::new(auth.secrets());
        Ok(Self(Arc::new(Inner { auth: auth.clone(), registry, keys, secret, http })))
    }

    /// The browser that a request comes from; with the cookie to set where it had no handle yet.
    #[must_use]
    pub(crate) fn browser(
        &self,
        origin: &Origin,
        headers: &HeaderMap,
    ) -> (BrowserHandle, Option<HeaderValue>) {
        let (cookies, random) = (&self.0.auth.cookies(), &self.0.auth.random());
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

    /// The reference by which a sign-out names this browser where the provider has no `sid`, with the cookie that
    /// keeps it for as long as a session can last.
    #[must_use]
    pub(crate) fn reference(&self, origin: &Origin, headers: &HeaderMap) -> (String, HeaderValue) {
        let auth = &self.0.auth;
        let known = self.known_reference(origin, headers);
        let reference = known.unwrap_or_else(|| URL_SAFE_NO_PAD.encode(auth.random().bytes::<16>()));
        let seconds = Some(auth.sessions().longest_seconds());
        let cookie = auth.cookies().set(CookieKind::BrowserReference, origin, &reference, seconds);
        (reference, cookie)
    }

    /// The reference of a browser that has one already.
    fn known_reference(&self, origin: &Origin, headers: &HeaderMap) -> Option<String> {
        let is_reference = |value: &&str| URL_SAFE_NO_PAD.decode(value).is_ok_and(|bytes| bytes.len() == 16);
        let mut values = self.0.auth.cookies().values(CookieKind::BrowserReference, origin, headers);
        values.find(is_reference).map(ToOwned::to_owned)
    }

    /// Adds what the app is to know of the browser to the redirect that leads back to it; with the cookies to set.
    #[must_use]
    pub(crate) fn pass_on(
        &self,
        browser: &BrowserHandle,
        app: &RegisteredClient,
        (origin, headers): (&Origin, &HeaderMap),
        back: &mut Url,
    ) -> HeaderValue {
        let handle = self.handle_for(browser, app);
        let (reference, cookie) = self.reference(origin, headers);
        back.query_pairs_mut()
            .append_pair(HANDLE_PARAM, &handle.expose())
            .append_pair(REFERENCE_PARAM, &reference);
        cookie
    }

    /// In a frame: adds the reference if this is the origin that keeps it and the browser has one. Nothing is made
    /// there.
    pub(crate) fn pass_on_in_frame(&self, origin: &Origin, headers: &HeaderMap, back: &mut Url) {
        let is_canonical = self.0.auth.public_urls().canonical() == origin.to_string();
        if let Some(reference) = self.known_reference(origin, headers).filter(|_| is_canonical) {
            back.query_pairs_mut().append_pair(REFERENCE_PARAM, &reference);
        }
    }

    /// Adds a receipt to the redirect that leads back to the app: once the sign-in is complete there, the app
    /// gives it back ([`confirmed`](Self::confirmed)). Identity cannot know it otherwise: a link on a foreign page
    /// may have begun the flow, and such a flow ends with no sign-in at the app.
    pub(crate) fn add_receipt(&self, browser: &BrowserHandle, app: &RegisteredClient, back: &mut Url) {
        let Inner { auth, .. } = &*self.0;
        let id: [u8; 16] = auth.random().bytes();
        let expires_at = (auth.clock().now() + RECEIPT_LIFETIME).timestamp_millis().to_be_bytes();
        let plain = [id.as_slice(), &expires_at, browser.expose().as_bytes()].concat();
        let sealed = auth.keyring().seal(Purpose::Receipt, app.client_id.as_bytes(), &plain);
        back.query_pairs_mut().append_pair(RECEIPT_PARAM, &URL_SAFE_NO_PAD.encode(sealed));
    }

    /// An app gives a receipt back: a sign-in in that browser is complete, and every app is told. Once, and
    /// only from the app it was given to; `false` for everything else.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub(crate) async fn confirmed(&self, app: &RegisteredClient, receipt: &str) -> Result<bool, StoreError> {
        let auth = &self.0.auth;
        let opened = URL_SAFE_NO_PAD
            .decode(receipt)
            .ok()
            .and_then(|sealed| auth.keyring().open(Purpose::Receipt, app.client_id.as_bytes(), &sealed).ok());
        let Some((expires_at, browser)) = opened.as_deref().and_then(read_receipt) else { return Ok(false) };
        let id: [u8; 32] = Sha256::new().chain_update("receipt").chain_update(receipt).finalize().into();
        if auth.clock().now() >= expires_at || !auth.sessions().use_id(&id, expires_at).await? {
            return Ok(false);
        }
        self.signed_in(&browser);
        Ok(true)
    }

    /// Tells every app that somebody signed in in this browser. Returns at once.
    pub(crate) fn signed_in(&self, browser: &BrowserHandle) {
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
        let issuer = auth.public_urls().canonical();
        let token = event_token(
            keys,
            issuer,
            &app.client_id,
            &handle.key(),
            &auth.random().token(),
            auth.clock().now(),
        );
        let form =
            form_urlencoded::Serializer::new(String::new()).append_pair("event_token", &token).finish();
        let http = if app.allow_private_network { auth.http() } else { &self.0.http };
        match timeout(LIMIT, http.send(http.post_form(uri, form, None))).await {
            Err(_) => Err("it took too long".into()),
            Ok(Err(error)) => Err(error.to_string()),
            Ok(Ok(answer)) if answer.status().is_success() => Ok(()),
            Ok(Ok(answer)) => Err(format!("it answered {}", answer.status().as_u16())),
        }
    }
}

/// An event from `issuer` for the app `audience`, signed.
pub(crate) fn event_token(
    keys: &SigningKeys,
    issuer: &str,
    audience: &str,
    browser: &BrowserKey,
    jti: &str,
    now: DateTime<Utc>,
) -> String {
    let claims = json!({
        "iss": issuer,
        "aud": audience,
        "iat": now.timestamp(),
        "exp": (now + BrowserEvent::LIFETIME).timestamp(),
        "jti": jti,
        "browser": browser.to_text(),
        "events": { BrowserEvent::EVENT: {} },
    });
    keys.sign(BrowserEvent::TYPE, &claims)
}

fn read_receipt(plain: &[u8]) -> Option<(DateTime<Utc>, BrowserHandle)> {
    let millis = i64::from_be_bytes(plain.get(16..24)?.try_into().ok()?);
    let browser = BrowserHandle::parse(std::str::from_utf8(plain.get(24..)?).ok()?)?;
    Some((DateTime::from_timestamp_millis(millis)?, browser))
}
