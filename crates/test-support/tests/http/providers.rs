//! Several providers side by side, with different settings: two OpenID Connect issuers, one like Entra ID for
//! several tenants, and one like Apple.

use dev_provider::{ALICE_TENANT, BOB_TENANT, ClientAuth, Config, Personality};
use http::StatusCode;
use serde_json::json;
use std::{collections::BTreeMap, convert::Infallible, future::ready, sync::Arc};
use test_support::{
    App, AppOptions, Browser, CLIENT_SECRET, Configure, Page, TestProvider, app_routes, bind,
};
use url::Url;

/// A P-256 key that only tests use, and its public half.
const KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgBG0hskblSXXIlkLF\n\
    xNkp4jWDxL111giEfrG9NvoD2N6hRANCAATarJeLJ2cjVUuoFE1aBM49BZEm28K0\n\
    TEQjHrTRuLvhSpnI1JsXGNmqQE0OGCWgmKXf5Ycz7ReKiB8LmNYr0WIF\n\
    -----END PRIVATE KEY-----\n";
const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----\n\
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2qyXiydnI1VLqBRNWgTOPQWRJtvC\n\
    tExEIx600bi74UqZyNSbFxjZqkBNDhgloJil3+WHM+0XiogfC5jWK9FiBQ==\n\
    -----END PUBLIC KEY-----\n";

/// Providers beside `demo`, by their id at the app.
struct World {
    app: App,
    providers: BTreeMap<&'static str, TestProvider>,
    browser: Browser,
}

/// A provider: its id, its settings, and the app's settings for it, without `AUTH_<NAME>_`. The issuer has this
/// path.
struct Setup {
    id: &'static str,
    provider: fn(&mut Config),
    issuer_path: &'static str,
    app: &'static [(&'static str, &'static str)],
}

const STAFF: Setup =
    Setup { id: "staff", provider: |_| {}, issuer_path: "", app: &[("NAME", "Staff account")] };

const ENTRA: Setup = Setup {
    id: "entra",
    provider: |config| {
        config.personality = Personality::Entra;
        config.prompt_values = None;
    },
    issuer_path: "/organizations/v2.0",
    app: &[("TENANTS", ALICE_TENANT)],
};

const APPLE: Setup = Setup {
    id: "apple",
    provider: |config| {
        config.personality = Personality::Apple;
        config.prompt_values = None;
        config.clients[0].client_auth = ClientAuth::AppleJwt {
            team_id: "TEAM".into(),
            key_id: "KEY".into(),
            public_key_pem: PUBLIC_KEY.into(),
        };
    },
    issuer_path: "",
    app: &[("SECRET", ""), ("TEAM_ID", "TEAM"), ("KEY_ID", "KEY"), ("PRIVATE_KEY", KEY)],
};

async fn world(setups: &[Setup], more: &[(&str, &str)]) -> World {
    world_with(setups, more, Arc::new(|builder| builder)).await
}

async fn world_with(setups: &[Setup], more: &[(&str, &str)], configure: Configure) -> World {
    let socket = bind().await;
    let origin: Url = format!("http://localhost:{}", socket.1).parse().unwrap();
    let demo = TestProvider::start(&[&origin]).await;
    let mut vars = vec![];
    let mut providers = BTreeMap::new();
    for setup in setups {
        let callback = origin.join(&format!("/auth/callback/{}", setup.id)).unwrap();
        let provider = TestProvider::start_with(&[&origin], |config| {
            config.clients[0].redirect_uris.push(callback);
            (setup.provider)(config);
        })
        .await;
        let issuer = format!("{}{}", provider.issuer.as_str().trim_end_matches('/'), setup.issuer_path);
        let name = |what: &str| format!("AUTH_{}_{what}", setup.id.to_ascii_uppercase());
        vars.extend([
            (name("ID"), "demo".to_owned()),
            (name("SECRET"), CLIENT_SECRET.to_owned()),
            (name("ISSUER"), issuer),
        ]);
        vars.retain(|(known, _)| !setup.app.iter().any(|(what, _)| name(what) == *known));
        vars.extend(setup.app.iter().map(|(what, value)| (name(what), (*value).to_owned())));
        providers.insert(setup.id, provider);
    }
    vars.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let vars = vars.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    let options = AppOptions { vars, configure, ..AppOptions::default() };
    let app = App::start(socket, &demo.issuer, demo.clock.clone(), options, app_routes).await;
    providers.insert("demo", demo);
    World { app, providers, browser: Browser::new() }
}

impl World {
    async fn begin(&mut self, id: &str, fields: &[(&str, &str)]) -> Page {
        let fields = [&[("callbackUrl", "/protected")], fields].concat();
        self.browser.post(&self.app.at(&format!("/auth/signin/{id}")), &fields).await
    }

    /// Goes through a provider as `user`; returns the provider's answer.
    async fn at_provider(&mut self, id: &str, user: &str) -> Page {
        let begun = self.begin(id, &[]).await;
        let login = self.browser.follow(begun).await;
        self.providers[id].continue_as(&mut self.browser, &login, user).await
    }

    /// Signs in; returns the answer of the app's callback.
    async fn sign_in(&mut self, id: &str, user: &str) -> Page {
        let answer = self.at_provider(id, user).await;
        let next = match answer.location() {
            Some(next) => next,
            None => self.post_answer(&answer, &self.origin_of(id)).await.location().unwrap(),
        };
        self.browser.get(&next).await
    }

    fn origin_of(&self, id: &str) -> String {
        self.providers[id].issuer.origin().ascii_serialization()
    }

    /// Posts the form of a provider that answers by form post, as a browser does: without the app's cookies.
    async fn post_answer(&self, answer: &Page, origin: &str) -> Page {
        let names = ["code", "state", "error", "user"];
        let fields = names.into_iter().filter_map(|name| Some((name, answer.field(name)?)));
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.post_form("apple", origin, &body).await
    }

    async fn post_form(&self, id: &str, origin: &str, body: &str) -> Page {
        let headers = [
            ("accept", "text/html"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("sec-fetch-site", "cross-site"),
            ("origin", origin),
        ];
        let url = self.app.at(&format!("/auth/callback/{id}"));
        Browser::new().send(http::Method::POST, &url, &headers, body).await
    }

    async fn user(&mut self) -> serde_json::Value {
        self.browser.get(&self.app.at("/auth/session")).await.json()["user"].clone()
    }

    fn asked(&self, id: &str) -> BTreeMap<String, String> {
        self.providers[id].provider.last_authorization().unwrap()
    }
}

#[tokio::test]
async fn four_providers_of_three_kinds_stand_side_by_side() {
    let mut world = world(&[STAFF, ENTRA, APPLE], &[("AUTH_PROVIDERS", "staff,apple,entra,demo")]).await;
    let listed = world.browser.get(&world.app.at("/auth/providers")).await.json();
    let names: Vec<_> =
        listed.as_object().unwrap().values().map(|provider| provider["name"].clone()).collect();
    assert_eq!(
        names,
        [json!("Apple"), json!("Demo provider"), json!("Microsoft Entra ID"), json!("Staff account")]
    );
    for id in ["demo", "staff", "entra", "apple"] {
        world.browser = Browser::new();
        assert_eq!(world.sign_in(id, "alice").await.path(), "/protected", "{id}");
        let session = world.app.auth.sessions();
        let cookie = world.browser.cookie(&world.app.url, "app.session").unwrap();
        let state = session.resolve(&cookie).await.unwrap();
        assert_eq!(state.session().unwrap().record.provider, id);
        assert!(world.user().await["email"].as_str().unwrap().starts_with("alice@"), "{id}");
    }
    // The same address at another provider is another user.
    assert_eq!(world.sign_in("staff", "alice").await.path(), "/protected");
}

#[tokio::test]
async fn a_callback_of_one_provider_does_not_finish_the_flow_of_another() {
    let mut world = world(&[STAFF], &[]).await;
    let answer = world.at_provider("staff", "alice").await.location().unwrap();
    let mixed_up: Url = answer.as_str().replace("/callback/staff", "/callback/demo").parse().unwrap();
    let refused = world.browser.get(&mixed_up).await;
    assert!(refused.path().starts_with("/login?error=invalid_state"), "{}", refused.path());
}

#[tokio::test]
async fn only_listed_tenants_sign_in_and_their_addresses_are_not_trusted() {
    let mut world = world(&[ENTRA], &[]).await;
    assert_eq!(world.sign_in("entra", "alice").await.path(), "/protected");
    let cookie = world.browser.cookie(&world.app.url, "app.session").unwrap();
    let state = world.app.auth.sessions().resolve(&cookie).await.unwrap();
    assert!(state.session().unwrap().record.issuer.ends_with(&format!("/{ALICE_TENANT}/v2.0")));

    world.browser = Browser::new();
    let refused = world.sign_in("entra", "bob").await;
    assert_eq!(refused.path(), "/login?error=invalid_id_token&callbackUrl=%2Fprotected", "{BOB_TENANT}");
    assert_eq!(world.user().await, serde_json::Value::Null);
}

#[tokio::test]
async fn an_answer_by_form_post_becomes_the_same_callback_without_the_unsigned_user() {
    let mut world = world(&[APPLE], &[]).await;
    let answer = world.at_provider("apple", "alice").await;
    assert!(answer.status == StatusCode::OK && answer.field("user").is_some(), "{}", answer.body);
    let asked = world.asked("apple");
    assert_eq!(
        (asked["scope"].as_str(), asked["response_mode"].as_str()),
        ("openid name email", "form_post")
    );
    assert!(!asked.contains_key("prompt"));

    let turned = world.post_answer(&answer, &world.origin_of("apple")).await;
    assert_eq!((turned.status, turned.set_cookies().len()), (StatusCode::SEE_OTHER, 0));
    let next = turned.location().unwrap();
    let names: Vec<_> = next.query_pairs().map(|(name, _)| name.into_owned()).collect();
    assert_eq!((next.path(), names), ("/auth/callback/apple", vec!["code".to_owned(), "state".to_owned()]));
    // Another browser cannot use the answer.
    assert!(Browser::new().get(&next).await.path().starts_with("/login?error=invalid_state"));
    assert_eq!(world.browser.get(&next).await.path(), "/protected");
}

#[tokio::test]
async fn a_form_from_elsewhere_is_refused_and_changes_nothing() {
    let mut world = world(&[APPLE, STAFF], &[]).await;
    let answer = world.at_provider("apple", "alice").await;
    let own = world.app.url.origin().ascii_serialization();
    let apple = world.origin_of("apple");
    for origin in
        [own.as_str(), "https://evil.example", "null", "", &format!("{apple}/"), &apple.to_uppercase()]
    {
        let refused = world.post_answer(&answer, origin).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{origin}");
    }
    for body in ["code=c", "state=&code=c", "state=a&state=b", &format!("state=s&code={}", "a".repeat(5_000))]
    {
        assert_eq!(world.post_form("apple", &apple, body).await.status, StatusCode::BAD_REQUEST, "{body}");
    }
    // A provider that redirects may not post, and nor may any other origin.
    let staff = world.origin_of("staff");
    assert_eq!(world.post_form("staff", &staff, "state=s&code=c").await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.post_form("staff", &own, "state=s&code=c").await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(
        world.post_form("nobody", &own, "state=s&code=c").await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
    // The visitor's flow is still good.
    let next = world.post_answer(&answer, &apple).await.location().unwrap();
    assert_eq!(world.browser.get(&next).await.path(), "/protected");
}

#[tokio::test]
async fn a_user_who_cancels_at_apple_gets_the_error_and_the_way_back() {
    let mut world = world(&[APPLE], &[]).await;
    let begun = world.begin("apple", &[]).await;
    let state =
        begun.location().unwrap().query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let body = format!("state={state}&error=user_cancelled_authorize");
    let next = world.post_form("apple", &world.origin_of("apple"), &body).await.location().unwrap();
    assert_eq!(world.browser.get(&next).await.path(), "/login?error=access_denied&callbackUrl=%2Fprotected");
}

#[tokio::test]
async fn a_signed_assertion_authenticates_the_app() {
    const KEYED: Setup = Setup {
        id: "keyed",
        provider: |config| {
            let public_key_pem = PUBLIC_KEY.into();
            config.clients[0].client_auth = ClientAuth::PrivateKeyJwt { public_key_pem };
        },
        issuer_path: "",
        app: &[("SECRET", ""), ("PRIVATE_KEY", KEY)],
    };
    const PUBLIC: Setup = Setup {
        id: "public",
        provider: |config| config.clients[0].client_auth = ClientAuth::None,
        issuer_path: "",
        app: &[("SECRET", "")],
    };
    const POST: Setup = Setup {
        id: "post",
        provider: |_| {},
        issuer_path: "",
        app: &[("CLIENT_AUTH", "client_secret_post")],
    };
    let by_issuer = Setup {
        id: "issuer",
        app: &[("SECRET", ""), ("PRIVATE_KEY", KEY), ("ASSERTION_AUDIENCE", "issuer")],
        ..KEYED
    };
    let mut world = world(&[KEYED, PUBLIC, POST, by_issuer], &[]).await;
    for id in ["keyed", "public", "post", "issuer"] {
        world.browser = Browser::new();
        assert_eq!(world.sign_in(id, "alice").await.path(), "/protected", "{id}");
        let renewed = world.browser.post(&world.app.at("/api/renew-token"), &[]).await;
        assert_eq!(renewed.status, StatusCode::OK, "{id}: {}", renewed.body);
    }
}

#[tokio::test]
async fn a_wrong_key_signs_no_user_in_and_ends_no_session() {
    const KEYED: Setup = Setup {
        id: "keyed",
        provider: |config| {
            let other = "-----BEGIN PUBLIC KEY-----\n\
                MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEPIprsNseDJWUiEWWj/LhR7yGqX8N\n\
                7VH+W/dtmXmTxKX5y2oJ6Cz95RnQ/0fdXqIQyICDiiwalRjIyzbaRRR/rw==\n\
                -----END PUBLIC KEY-----\n";
            config.clients[0].client_auth = ClientAuth::PrivateKeyJwt { public_key_pem: other.into() };
        },
        issuer_path: "",
        app: &[("SECRET", ""), ("PRIVATE_KEY", KEY)],
    };
    let mut world = world(&[KEYED], &[]).await;
    assert_eq!(world.sign_in("demo", "alice").await.path(), "/protected");
    assert!(world.sign_in("keyed", "bob").await.path().starts_with("/login?error="));
    assert!(world.user().await["email"].as_str().unwrap().starts_with("alice@"));
}

#[tokio::test]
async fn scopes_and_parameters_are_settings_and_the_form_cannot_change_them() {
    const TUNED: Setup = Setup {
        id: "tuned",
        provider: |_| {},
        issuer_path: "",
        app: &[
            ("SCOPES", "openid email"),
            (
                "PARAMS",
                "audience=https://api.example&resource=urn:a&resource=urn:b&acr_values=phr&prompt=login",
            ),
        ],
    };
    const NO_OFFLINE: Setup = Setup {
        id: "plain",
        provider: |config| {
            config.scopes_supported = Some(["openid", "email", "profile"].map(str::to_owned).to_vec());
        },
        issuer_path: "",
        app: &[],
    };
    let mut world = world(&[TUNED, NO_OFFLINE], &[]).await;
    world.begin("tuned", &[]).await;
    let begun = world.begin("tuned", &[]).await;
    world.browser.follow(begun).await;
    let asked = world.asked("tuned");
    for (name, value) in [
        ("scope", "openid email"),
        ("audience", "https://api.example"),
        ("acr_values", "phr"),
        ("prompt", "login"),
    ] {
        assert_eq!(asked.get(name).map(String::as_str), Some(value), "{name}");
    }
    // A prompt of the flow goes before the configured one.
    let begun = world.begin("tuned", &[("prompt", "select_account")]).await;
    let prompts: Vec<_> = begun
        .location()
        .unwrap()
        .query_pairs()
        .filter(|(name, _)| name == "prompt")
        .map(|(_, value)| value.into_owned())
        .collect();
    assert_eq!(prompts, ["select_account"]);
    for field in ["scope", "audience", "resource", "acr_values", "redirect_uri", "client_id", "max_age"] {
        assert_eq!(world.begin("tuned", &[(field, "x")]).await.status, StatusCode::BAD_REQUEST, "{field}");
    }
    // `offline_access` is requested where the metadata offer it.
    for (id, scope) in [("demo", "openid profile email offline_access"), ("plain", "openid profile email")] {
        let begun = world.begin(id, &[]).await;
        world.browser.follow(begun).await;
        assert_eq!(world.asked(id)["scope"], scope, "{id}");
    }
}

#[tokio::test]
async fn a_further_audience_is_trusted_by_setting_only() {
    const PROJECT: Setup = Setup {
        id: "project",
        provider: |config| config.extra_audience = Some("project-1".into()),
        issuer_path: "",
        app: &[("AUDIENCES", "project-1")],
    };
    let strict = Setup { id: "strict", app: &[], ..PROJECT };
    let mut world = world(&[PROJECT, strict], &[]).await;
    assert_eq!(world.sign_in("project", "alice").await.path(), "/protected");
    let refused = world.sign_in("strict", "alice").await;
    assert_eq!(refused.path(), "/login?error=invalid_id_token&callbackUrl=%2Fprotected");
}

#[tokio::test]
async fn an_unverified_address_counts_by_setting_only() {
    const ONE_TENANT: Setup =
        Setup { id: "entra", issuer_path: "/11111111-1111-1111-1111-111111111111/v2.0", app: &[], ..ENTRA };
    let trusting = Setup { app: &[("TRUST_EMAIL", "1")], ..ONE_TENANT };
    for (setup, is_verified) in [(ONE_TENANT, false), (trusting, true)] {
        let limited = [("AUTH_ALLOWED_EMAIL_DOMAINS", "example.com")];
        let checked: Configure = Arc::new(|builder| {
            let domains = builder.config().email_domains.clone();
            builder.sign_in(move |attempt| ready(Ok::<_, Infallible>(domains.check(&attempt))))
        });
        let mut world = world_with(&[setup], &limited, checked).await;
        let path = world.sign_in("entra", "alice").await.path();
        let expected =
            if is_verified { "/protected" } else { "/login?error=refused&callbackUrl=%2Fprotected" };
        assert_eq!(path, expected);
    }
}

#[tokio::test]
async fn a_provider_without_silent_sign_in_is_not_asked_unless_by_hand() {
    const PLAIN: Setup = Setup {
        id: "plain",
        provider: |config| config.prompt_values = Some(["login", "create"].map(str::to_owned).to_vec()),
        issuer_path: "",
        app: &[],
    };
    let switched_off = Setup { provider: |_| {}, app: &[("SILENT", "0")], ..PLAIN };
    for setup in [PLAIN, switched_off] {
        let mut world = world(&[setup], &[("AUTH_DEMO_SILENT", "0")]).await;
        let page = world.app.at("/protected");
        let way = world.browser.open(&page).await;
        assert_eq!(way.last().unwrap().body, "sign-in page");
        assert!(world.providers["plain"].provider.last_authorization().is_none());
        // The visitor may try again, and is not sent away.
        assert_eq!(world.browser.open(&page).await.last().unwrap().body, "sign-in page");
        assert_eq!(world.sign_in("plain", "alice").await.path(), "/protected");
    }
}
