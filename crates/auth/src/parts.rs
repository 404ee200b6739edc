//! The parts of an app's state. A handler takes the part it uses, as `State<Sessions>`. A handler that begins or ends a
//! sign-in needs most of them, and takes [`Auth`].

use crate::{
    Auth, Pages,
    builder::Site,
    clock::Clock,
    config::IdentityOrigins,
    cookie::CookieSettings,
    events::Streams,
    flow::Flows,
    grants::Grants,
    http::HttpClient,
    logout::Identity,
    origin::{Origin, PublicUrls, TrustedProxies},
    provider::Provider,
    random::Random,
    refresh::Refresher,
    routes::AddressLimits,
    seal::Keyring,
    session::{AppDataType, Sessions},
    sign_in_events::Browsers,
};
use axum::extract::FromRef;
use std::sync::Arc;

/// A method for each part.
macro_rules! parts {
    ($($(#[$doc:meta])* $visible:vis $name:ident: $part:ty;)*) => {
        impl Auth {
            $($(#[$doc])*
            #[must_use]
            $visible fn $name(&self) -> &$part {
                &self.0.$name
            })*
        }
    };
}

parts! {
    /// How the app calls itself.
    pub app_name: String;
    /// The origins this process answers for.
    pub public_urls: Arc<PublicUrls>;
    /// Where the identity app is; empty in direct mode.
    pub identity_origins: IdentityOrigins;
    /// Cookie names and scope.
    pub cookie_settings: Arc<CookieSettings>;
    /// The configured providers, in order.
    pub providers: Arc<[Provider]>;
    /// Where the app has its pages.
    pub pages: Arc<Pages>;
    /// The sessions.
    pub sessions: Sessions;
    /// Fresh access tokens.
    pub refresher: Refresher;
    /// The open event streams.
    pub streams: Streams;
    /// Sign-ins and sign-outs under way.
    pub flows: Flows;
    /// What is handed out and taken once.
    pub grants: Grants;
    /// What seals values that leave this process.
    pub keyring: Keyring;
    /// The one client for what this process asks of others.
    pub http: HttpClient;
    /// The clock.
    pub clock: Clock;
    /// Where unguessable values come from.
    pub random: Random;
    /// The browsers that can be told of sign-ins elsewhere.
    pub(crate) browsers: Browsers;
    /// The identity app, where this app is registered there.
    pub(crate) identity: Option<Identity>;
    /// Further origins that a sign-in form leads through.
    pub(crate) form_action_origins: Vec<Origin>;
    /// Whose `X-Forwarded-For` is believed.
    pub(crate) trusted_proxies: TrustedProxies;
    /// The shares of client addresses.
    pub(crate) address_limits: AddressLimits;
    /// The type of the app's own data.
    pub(crate) app_data: Option<AppDataType>;
    /// What is the app's own.
    pub(crate) site: Site;
}

/// A handler may take this part alone.
macro_rules! from_auth {
    ($($part:ty: $name:ident;)*) => {
        $(impl FromRef<Auth> for $part {
            fn from_ref(auth: &Auth) -> Self {
                auth.$name().clone()
            }
        })*
    };
}

from_auth! {
    Sessions: sessions;
    Refresher: refresher;
    Streams: streams;
    Flows: flows;
    Grants: grants;
    Browsers: browsers;
    Clock: clock;
    Arc<Pages>: pages;
    Arc<[Provider]>: providers;
    Arc<CookieSettings>: cookie_settings;
    Arc<PublicUrls>: public_urls;
    IdentityOrigins: identity_origins;
    Site: site;
}
