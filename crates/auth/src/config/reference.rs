//! Every setting, with its default, unit and example. The configuration reads exactly these variables, and
//! `docs/configuration.md`, `.env.example` and `--help-env` are written from this table.

/// One setting of a program.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The environment variable. `AUTH_<NAME>_…` exists once for each provider.
    pub name: &'static str,
    /// The subject, under which documents list the setting.
    pub subject: Subject,
    /// What the setting does, as a sentence. Markdown.
    pub meaning: &'static str,
    /// The value if the variable is not set.
    pub default: DefaultValue,
    /// The unit or the form of the value.
    pub unit: &'static str,
    /// A valid value.
    pub example: &'static str,
    /// Whether the value is secret. A secret can be read from a file, named by `<VARIABLE>_FILE`.
    pub is_secret: bool,
}

/// The subjects of the settings, in the order of the documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The app, its addresses and its store.
    App,
    /// One provider. These settings exist for each name.
    Provider,
    /// All providers.
    AllProviders,
    /// Sessions and cookies.
    Sessions,
    /// The identity app, and the app's client there.
    Identity,
    /// Network connections.
    Connections,
}

impl Subject {
    /// All subjects, in order.
    pub const ALL: [Self; 6] =
        [Self::App, Self::Provider, Self::AllProviders, Self::Sessions, Self::Identity, Self::Connections];

    /// The heading of the subject.
    #[must_use]
    pub const fn heading(self) -> &'static str {
        match self {
            Self::App => "The app",
            Self::Provider => "Each provider",
            Self::AllProviders => "All providers",
            Self::Sessions => "Sessions and cookies",
            Self::Identity => "The identity app",
            Self::Connections => "Connections",
        }
    }
}

/// The value of a setting that is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultValue {
    /// The setting is required.
    Required,
    /// This value.
    Value(&'static str),
    /// No single value; the text says what happens.
    Otherwise(&'static str),
}

impl DefaultValue {
    /// The default as a text for documents.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Value(text) | Self::Otherwise(text) => text,
        }
    }
}

/// The beginning of a setting's name that stands for each provider.
pub const EACH_PROVIDER: &str = "AUTH_<NAME>_";

const fn setting(
    (subject, name): (Subject, &'static str),
    meaning: &'static str,
    default: DefaultValue,
    unit: &'static str,
    example: &'static str,
) -> Setting {
    Setting { name, subject, meaning, default, unit, example, is_secret: false }
}

const fn secret(setting: Setting) -> Setting {
    Setting { is_secret: true, ..setting }
}

use DefaultValue::{Otherwise, Required, Value};
use Subject::{AllProviders, App, Connections, Identity, Provider, Sessions};

/// All settings that [`Config`](super::Config) reads, by subject.
#[rustfmt::skip]
pub const SETTINGS: &[Setting] = &[
    setting((App, "PUBLIC_URL"),
        "The origins that this process answers for; the first is canonical. One `*` label is allowed, for previews.",
        Required, "origins, comma-separated", "https://app.example.com"),
    setting((App, "APP_NAME"),
        "The app's name on its pages.",
        Otherwise("the program's name"), "text", "Games"),
    setting((App, "APP_ACCENT"),
        "The app's colour on its pages and in its icon, so that its tabs can be told from those of other apps.",
        Value("blue"), "blue, green, plum, amber, teal or slate", "green"),
    setting((App, "AUTH_NOTICE"),
        "A sentence that stands at the top of every page, as text without markup.",
        Otherwise("none"), "one line, at most 300 characters", "This is a test system."),
    setting((App, "AUTH_ROBOTS"),
        "Whether search engines may list the app. 0: every answer has `X-Robots-Tag: noindex, nofollow`, and \
         `/robots.txt` disallows all pages.",
        Value("1"), "1 or 0", "0"),
    setting((App, "AUTH_FLOW_TRACE"),
        "Whether the app records the steps and times of each sign-in, refresh, sign-out and handoff, so that its pages can \
         show them to their visitor (`Auth::flow_traces`). A trace holds no token, code, id or name. For demos.",
        Value("0"), "1 or 0", "1"),
    secret(setting((App, "AUTH_SECRET"),
        "Keys for cookies and for tokens in the store are derived from this secret. Replicas, and apps that share a \
         session, have the same secret.",
        Required, "32 bytes or more", "the output of `openssl rand -base64 48`")),
    secret(setting((App, "AUTH_SECRET_1"),
        "An older secret, which still opens what it sealed; up to `AUTH_SECRET_9`, newest first. Remove an older secret \
         once no session needs it.",
        Otherwise("none"), "32 bytes or more", "the secret that was used until now")),
    secret(setting((App, "SESSION_STORE_URL"),
        "The session store: `sqlite://PATH`, `postgres://…`, `redis://…` or `memory:`. Replicas, and apps that share a \
         session, have the same store.",
        Required, "URL", "sqlite://data/sessions.db")),
    setting((App, "AUTH_STORE_MIGRATE"),
        "Whether the start brings the schema of the store up to date. With 0, run `main migrate` or `identity migrate` \
         before an update; a start with an older schema is refused.",
        Value("1"), "1 or 0", "0"),

    setting((Provider, "AUTH_<NAME>_ID"),
        "The app's client id at the provider. Setting it enables the provider NAME. NAME has capital letters, digits \
         and `_`, at most 32. In URLs, the provider's id is NAME in lower case, as in `/auth/callback/staff`.",
        Otherwise("the provider is off"), "text", "client-1"),
    secret(setting((Provider, "AUTH_<NAME>_SECRET"),
        "The client secret at the provider, or `AUTH_<NAME>_SECRET_FILE` with the path of a file.",
        Otherwise("none: a public client, which relies on PKCE"), "text", "the secret from the provider's console")),
    setting((Provider, "AUTH_<NAME>_ISSUER"),
        "The issuer, exactly as the provider's metadata spell it. For `github`: the address of the server.",
        Otherwise("that of the preset; required if the preset has none"), "URL", "https://id.example.com/realms/main"),
    setting((Provider, "AUTH_<NAME>_PRESET"),
        "The kind of provider, with the facts that this project knows about it: `demo`, `auth0`, `google`, `keycloak`, \
         `okta`, `entra`, `gitlab`, `zitadel`, `authentik`, `cognito`, `discord`, `apple`, `oidc` or `github`.",
        Otherwise("the preset called NAME, else `oidc`"), "name of a preset", "keycloak"),
    setting((Provider, "AUTH_<NAME>_NAME"),
        "The name on the button, after the words `Sign in with`.",
        Otherwise("that of the preset; NAME if there is no preset called NAME"), "text", "Staff account"),
    setting((Provider, "AUTH_<NAME>_ICON"),
        "An image beside the name on the button.",
        Otherwise("none"), "path of the app", "/icons/staff.svg"),
    setting((Provider, "AUTH_<NAME>_SCOPES"),
        "The requested scopes. If set, exactly these scopes are requested.",
        Otherwise("`openid profile email`, or those of the preset; `offline_access` too where the provider's metadata \
                   offer it (not for `apple`, `authentik`, `cognito`, `discord` and `keycloak`)"),
        "scopes, space-separated", "openid profile email groups"),
    setting((Provider, "AUTH_<NAME>_PARAMS"),
        "Further parameters of the authorization request, such as `audience`, `resource`, `prompt`, `acr_values` or \
         `max_age`, percent-encoded as in a URL. The parameters of the flow (`state`, `redirect_uri`, …) are refused.",
        Otherwise("none, or those of the preset"), "query string", "audience=https://api.example.com&acr_values=phr"),
    setting((Provider, "AUTH_<NAME>_AUDIENCES"),
        "Further audiences that an ID token may name beside this client. The token's `azp` must then be this client.",
        Otherwise("none"), "texts, comma-separated", "project-1,https://api.example.com"),
    setting((Provider, "AUTH_<NAME>_TRUST_EMAIL"),
        "Whether an email address counts as verified if the provider sends no `email_verified`. `false` from the \
         provider stays false. Refused for Entra ID with several tenants.",
        Value("0"), "1 or 0", "1"),
    setting((Provider, "AUTH_<NAME>_SILENT"),
        "Whether the provider may be asked with `prompt=none`. It is never asked if its metadata list \
         `prompt_values_supported` without `none`.",
        Otherwise("`1`, or `0` for `apple`, `discord`, `github` and `zitadel`"), "1 or 0", "0"),
    setting((Provider, "AUTH_<NAME>_CLIENT_AUTH"),
        "How the app authenticates: `client_secret_basic`, `client_secret_post`, `private_key_jwt` or `none`.",
        Otherwise("with a private key `private_key_jwt`; with a secret as the provider's metadata say; else `none`"),
        "name of a method", "client_secret_post"),
    secret(setting((Provider, "AUTH_<NAME>_PRIVATE_KEY"),
        "The private key for `private_key_jwt` and for Apple: P-256 or RSA. The two characters `\\n` count as a line \
         break.",
        Otherwise("none"), "PEM", "-----BEGIN PRIVATE KEY-----\\n…")),
    setting((Provider, "AUTH_<NAME>_KEY_ID"),
        "The id of the private key (`kid`). Apple requires it.",
        Otherwise("none"), "text", "ABC123DEFG"),
    setting((Provider, "AUTH_<NAME>_ASSERTION_AUDIENCE"),
        "What the JWT of `private_key_jwt` names as its audience: `token_endpoint` or `issuer`.",
        Value("token_endpoint"), "one of two words", "issuer"),
    setting((Provider, "AUTH_<NAME>_TEAM_ID"),
        "Apple: the id of the developer team.",
        Otherwise("none; required by the preset `apple`"), "text", "DEF123GHIJ"),
    setting((Provider, "AUTH_<NAME>_TENANTS"),
        "Entra ID: the ids of the tenants that may sign in, if the issuer is `…/common/v2.0` or `…/organizations/v2.0`.",
        Otherwise("none; then the issuer must name one tenant"), "ids, comma-separated",
        "11111111-1111-1111-1111-111111111111"),
    setting((Provider, "AUTH_<NAME>_TOKEN_TIMEOUT"),
        "As `AUTH_TOKEN_TIMEOUT`, for this provider.",
        Otherwise("`AUTH_TOKEN_TIMEOUT`"), "seconds", "60"),
    setting((Provider, "AUTH_<NAME>_CLOCK_TOLERANCE"),
        "As `AUTH_CLOCK_TOLERANCE`, for this provider.",
        Otherwise("`AUTH_CLOCK_TOLERANCE`"), "seconds", "60"),

    setting((AllProviders, "AUTH_PROVIDERS"),
        "The order of the providers on the sign-in page. It must name every enabled provider, also the embedded `demo`.",
        Otherwise("the names of presets, in the order of `AUTH_<NAME>_PRESET`; then other names by alphabet"), "ids, comma-separated", "staff,google"),
    setting((AllProviders, "AUTH_ALLOWED_EMAIL_DOMAINS"),
        "The domains of email addresses that may sign in, compared exactly: `example.com` does not include \
         `sub.example.com`. The provider must have verified the address.",
        Otherwise("every user may sign in"), "domains, comma-separated", "example.com,example.org"),
    setting((AllProviders, "AUTH_TOKEN_TIMEOUT"),
        "The time limit for a token endpoint. A request of a user waits for 5 seconds at most.",
        Value("30"), "seconds", "60"),
    setting((AllProviders, "AUTH_CLOCK_TOLERANCE"),
        "The accepted difference to a provider's clock.",
        Value("30"), "seconds", "60"),

    setting((Sessions, "AUTH_COOKIE_DOMAIN"),
        "The domain whose apps share the session cookie. It applies to requests under this domain only.",
        Otherwise("the cookie belongs to one host"), "domain", ".example.com"),
    setting((Sessions, "AUTH_SESSION_MAX_AGE"),
        "A session ends after this time without a visit. Each visit begins the time again.",
        Value("2592000"), "seconds", "604800"),
    setting((Sessions, "AUTH_SESSION_ABSOLUTE_AGE"),
        "A session ends after this time in any case.",
        Otherwise("`7776000`, or `AUTH_SESSION_MAX_AGE` if that is longer"), "seconds", "2592000"),
    setting((Sessions, "AUTH_IDLE_TIMEOUT"),
        "A session ends after this time without activity of the user; a warning appears 60 seconds before. Apps that \
         share a session use the same value.",
        Otherwise("off"), "seconds", "1800"),
    setting((Sessions, "AUTH_REVALIDATE_INTERVAL"),
        "How often a session in use is checked with the provider. 0 never checks.",
        Value("900"), "seconds", "300"),
    setting((Sessions, "AUTH_MAX_UNCHECKED_AGE"),
        "The time that a session may go without a successful check. After that, requests get 503 until a check succeeds. A \
         session without anything to ask the provider with ends.",
        Otherwise("off"), "seconds", "86400"),
    setting((Sessions, "AUTH_SESSION_CACHE_AGE"),
        "The maximum age of a session in a process's cache. 0 asks the store at every request.",
        Value("5"), "seconds", "0"),
    setting((Sessions, "AUTH_MAX_SESSIONS_PER_USER"),
        "The sessions that one user may have. Beyond this number, a new sign-in ends the oldest session.",
        Value("100"), "a number", "10"),

    setting((Identity, "AUTH_REDIRECT_PROXY_URL"),
        "An app: the addresses of the identity app, each with `/auth`. The first is canonical. Frames use the nearest.",
        Otherwise("none: the app signs in at the provider directly"), "URLs, comma-separated",
        "https://identity.example.com/auth"),
    setting((Identity, "AUTH_IDENTITY_ID"),
        "An app: its `client_id` in identity's registry, for single logout and handoff.",
        Otherwise("none"), "text", "games"),
    secret(setting((Identity, "AUTH_IDENTITY_SECRET"),
        "An app: its secret at identity. It is the value of the variable that `client_secret_env` in the registry names.",
        Otherwise("none"), "32 bytes or more", "the secret that identity knows for this app")),
    setting((Identity, "AUTH_IDENTITY_ISSUER"),
        "An app: the origin that identity signs its messages with.",
        Otherwise("the first origin of `AUTH_REDIRECT_PROXY_URL`"), "origin", "https://identity.example.com"),
    setting((Identity, "APPS_FILE"),
        "The identity app: the registry of apps, as `apps/identity/apps.toml`.",
        Otherwise("none; required by identity"), "path", "/etc/onesession/apps.toml"),

    setting((Connections, "AUTH_TRUSTED_PROXIES"),
        "Your reverse proxies: addresses and networks whose `X-Forwarded-For` names the client. Their \
         `X-Request-Id` and `traceparent` are accepted too.",
        Otherwise("none"), "addresses, comma-separated", "10.0.0.0/8,192.0.2.7"),
    setting((Connections, "AUTH_MAX_CONNECTIONS"),
        "The open connections of a process; never more than its file descriptors allow.",
        Value("20000"), "a number", "5000"),
    setting((Connections, "AUTH_HOST_ADDRESSES"),
        "For tests and private networks: the addresses of hosts that the system's resolver does not know, or knows by \
         another address. This process connects to them directly, also to an internal address. `*.` at the beginning of \
         a name stands for every name below. A port applies to URLs without a port.",
        Otherwise("none"), "name=address, comma-separated", "identity.example.com=10.0.0.5,*.apps.example.com=10.0.0.6:8443"),
    setting((Connections, "SSL_CERT_FILE"),
        "For tests and private networks: the certificates of the authorities that this process trusts when it connects \
         to others, in place of the system's.",
        Otherwise("the system's certificates"), "path of a PEM file", "/etc/ssl/certs/ca-certificates.crt"),
    setting((Connections, "AUTH_DRAIN_TIME"),
        "After SIGTERM, the time in which the process still serves and `/readyz` answers 503 `draining`. Longer than the \
         proxy's interval between two health checks. Event streams move to other replicas within this time.",
        Value("0"), "seconds", "15"),
    setting((Connections, "AUTH_SHUTDOWN_GRACE"),
        "The time for requests under way to finish, after the listener has closed.",
        Value("10"), "seconds", "30"),
    setting((Connections, "AUTH_METRICS_ADDR"),
        "The address that answers `GET /metrics` for Prometheus. It has no access control: choose an address that only \
         your monitoring reaches. Each process has its own, so `make run` does not pass it on.",
        Otherwise("metrics are off"), "host:port", "127.0.0.1:9464"),
    setting((Connections, "AUTH_LOG_FORMAT"),
        "The form of log lines on standard error: `text`, or `json` with one object a line.",
        Otherwise("`text` on a terminal, else `json`; `make run` sets `text`"), "text or json", "json"),
    setting((Connections, "RUST_LOG"),
        "What is logged, as in the crate `tracing-subscriber`.",
        Value("info"), "filter", "info,auth=debug"),
];

/// The settings that an app with Leptos reads besides: those of cargo-leptos.
#[rustfmt::skip]
pub const LEPTOS_SETTINGS: &[Setting] = &[
    setting((App, "LEPTOS_SITE_ADDR"),
        "The address that the server listens on.",
        Otherwise("`127.0.0.1`, with the program's port"), "host:port", "0.0.0.0:8080"),
    setting((App, "LEPTOS_SITE_ROOT"),
        "The folder with the style sheet, the scripts and the WebAssembly.",
        Otherwise("`site/` and the program's name, beside the program's folder `bin`; in a repository `target/site/` and \
                   the name"), "path", "/opt/onesession/site/main"),
    setting((App, "LEPTOS_ENV"),
        "`PROD` for a released build: browsers then keep the files of a version.",
        Value("DEV"), "PROD or DEV", "PROD"),
];

/// The names of the settings of each provider, without `AUTH_<NAME>_`.
pub(super) fn of_each_provider() -> impl Iterator<Item = &'static str> {
    SETTINGS.iter().filter_map(|setting| setting.name.strip_prefix(EACH_PROVIDER))
}

/// The setting that a variable belongs to.
pub(super) fn find(variable: &str) -> Option<&'static Setting> {
    let is_older_secret =
        |name: &str| matches!(name.strip_prefix("AUTH_SECRET_").map(str::as_bytes), Some([b'1'..=b'9']));
    let name = if is_older_secret(variable) { "AUTH_SECRET_1" } else { variable };
    let exact = SETTINGS.iter().find(|setting| setting.name == name);
    exact.or_else(|| {
        let (_, what) = split(variable)?;
        SETTINGS.iter().find(|setting| setting.name.strip_prefix(EACH_PROVIDER) == Some(what))
    })
}

/// Splits the variable of a provider, such as `AUTH_STAFF_KEY_ID`, into its name and the setting: `STAFF` and
/// `KEY_ID`. The longest setting counts.
pub(super) fn split(variable: &str) -> Option<(&str, &'static str)> {
    if SETTINGS.iter().any(|setting| setting.name == variable) {
        return None;
    }
    let rest = variable.strip_prefix("AUTH_")?;
    of_each_provider()
        .filter_map(|what| {
            let name = rest.strip_suffix(what)?.strip_suffix('_')?;
            (!name.is_empty()).then_some((name, what))
        })
        .max_by_key(|(_, what)| what.len())
}
