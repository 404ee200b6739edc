//! The parts of an app's state. A handler extracts only the part it uses, such as `State<Sessions>`. A
//! handler that begins or ends a sign-in needs most parts, and takes [`Auth`].

use crate::{
    Auth, Pages,
    builder::Site,
    clock::Clock,
    config::IdentityOrigins,
    cookie::CookieSettings,
    events::Streams,
    flow::Flows,
    flow_trace::FlowTraces,
    grants::Grants,
    http::HttpClient,
    logout::Identity,
    metrics::Metrics,
    origin::{PublicUrls, TrustedProxies},
    provider::Provider,
    random::Random,
    refresh::Refresher,
    robots::Robots,
    routes::AddressLimits,
    seal::Keyring,
    session::{AppDataType, Sessions},
    sign_in_events::Browsers,
};
use auth_types::Accent;
use axum::extract::FromRef;
use std::sync::Arc;

/// Defines an accessor for each part.
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
    /// The app's display name.
    pub app_name: String;
    /// The sentence at the top of every page (`AUTH_NOTICE`).
    pub notice: Option<String>;
    /// The app's colour (`APP_ACCENT`).
    pub accent: Accent;
    /// Whether search engines may list the app.
    pub(crate) robots: Robots;
    /// The traces of flows, while `AUTH_FLOW_TRACE` is on.
    pub(crate) traces: Option<FlowTraces>;
    /// The origins this process answers for.
    pub public_urls: Arc<PublicUrls>;
    /// The origins of the identity app; empty in direct mode.
    pub identity_origins: IdentityOrigins;
    /// Cookie names and scope.
    pub cookie_settings: Arc<CookieSettings>;
    /// The configured providers, in order.
    pub providers: Arc<[Provider]>;
    /// The paths of the app's pages.
    pub pages: Arc<Pages>;
    /// The sessions.
    pub sessions: Sessions;
    /// Renews access tokens.
    pub refresher: Refresher;
    /// The open event streams.
    pub streams: Streams;
    /// Sign-ins and sign-outs under way.
    pub flows: Flows;
    /// Short-lived credentials.
    pub grants: Grants;
    /// The keys that seal values before they leave this process.
    pub keyring: Keyring;
    /// The client for requests to other apps of the suite; they carry the id of the request that causes them.
    pub http: HttpClient;
    /// The app's metrics. An app can add its own.
    pub metrics: Metrics;
    /// The clock.
    pub clock: Clock;
    /// The source of random values.
    pub random: Random;
    /// The handles and tickets of browsers that wait for a sign-in elsewhere.
    pub(crate) browsers: Browsers;
    /// The identity app, if this app is registered there.
    pub(crate) identity: Option<Identity>;
    /// The proxies whose `X-Forwarded-For` is trusted.
    pub(crate) trusted_proxies: TrustedProxies;
    /// The rate limits per client address.
    pub(crate) address_limits: AddressLimits;
    /// The type of the app's session data.
    pub(crate) app_data: Option<AppDataType>;
    /// The app's pages, style sheet, policy and body limits.
    pub(crate) site: Site;
}

/// Lets handlers extract each part with `State`.
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
