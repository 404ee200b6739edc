use super::*;
use crate::suite::Domains;

fn secrets() -> Secrets {
    let secret = |name: &str| name.repeat(32);
    Secrets {
        wow: secret("w"),
        partner: secret("p"),
        identity: secret("i"),
        identity_clients: ["g", "s", "p"].map(secret),
        demo_client: secret("d"),
        preview_client: secret("v"),
        demo_preview_client: secret("e"),
    }
}

fn shared(variables: &[(&str, &str)]) -> SharedEnv {
    SharedEnv::of(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

/// Returns the environment of `process` in a plan changed by `change`.
fn environment_with(
    process: Process,
    shared: &SharedEnv,
    change: impl FnOnce(&mut Plan<'_>),
) -> BTreeMap<String, String> {
    let secrets = secrets();
    let mut plan = plan(&secrets, shared);
    change(&mut plan);
    plan.environment(process)
}

fn environment(process: Process) -> BTreeMap<String, String> {
    environment_with(process, &SharedEnv::default(), |_| {})
}

fn plan<'a>(secrets: &'a Secrets, shared: &'a SharedEnv) -> Plan<'a> {
    Plan {
        root: Path::new("/repo"),
        data_dir: Path::new("/repo/data"),
        registry: PathBuf::from("/repo/apps/identity/apps.toml"),
        addresses: Addresses::new(0),
        release: false,
        partner_direct: false,
        partner: None,
        faults: false,
        live_demo: None,
        previews: false,
        host_addresses: &[],
        secrets,
        shared,
        settings: &[],
    }
}

#[test]
fn another_program_gets_partners_settings_and_finds_its_own_site() {
    let own = environment_with(Process::Partner, &SharedEnv::default(), |plan| {
        plan.partner = Some(Path::new("/elsewhere/app"));
    });
    let mut partner = environment(Process::Partner);
    assert!(partner.remove("LEPTOS_SITE_ROOT").is_some());
    assert_eq!(own, partner);
}

#[test]
fn main_has_the_articles_origin_and_an_origin_below_the_shared_domain() {
    let env = environment(Process::Main);
    assert_eq!(env["PUBLIC_URL"], "http://localhost:4201,http://games.wow.localhost:4201");
    assert_eq!(env["LEPTOS_SITE_ADDR"], "127.0.0.1:4201");
    assert_eq!(env["LEPTOS_SITE_ROOT"], "/repo/target/site/main");
    assert_eq!(
        env["AUTH_REDIRECT_PROXY_URL"],
        "http://localhost:4200/auth,http://identity.wow.localhost:4200/auth"
    );
    assert_eq!(env["AUTH_DEMO_ISSUER"], "http://auth.wow.localhost:4300");
    assert_eq!(env["APP_NAME"], "Games");
}

#[test]
fn games_and_store_share_cookie_secret_and_store() {
    let (games, store) = (environment(Process::Main), environment(Process::Store));
    for name in ["AUTH_COOKIE_DOMAIN", "AUTH_SECRET", "SESSION_STORE_URL"] {
        assert_eq!(games[name], store[name], "{name}");
    }
    assert_eq!(store["AUTH_REDIRECT_PROXY_URL"], games["AUTH_REDIRECT_PROXY_URL"]);
    assert_eq!(store["AUTH_IDLE_TIMEOUT"], "1800");
    assert!(!games.contains_key("AUTH_IDLE_TIMEOUT"));
}

#[test]
fn partner_shares_nothing_with_the_other_domain() {
    let (games, partner) = (environment(Process::Main), environment(Process::Partner));
    for name in ["AUTH_SECRET", "SESSION_STORE_URL", "PUBLIC_URL"] {
        assert_ne!(games[name], partner[name], "{name}");
    }
    assert!(!partner.contains_key("AUTH_COOKIE_DOMAIN"));
    assert_eq!(partner["AUTH_REDIRECT_PROXY_URL"], games["AUTH_REDIRECT_PROXY_URL"]);
}

#[test]
fn identity_has_the_registry_and_no_proxy() {
    let env = environment(Process::Identity);
    assert_eq!(env["APPS_FILE"], "/repo/apps/identity/apps.toml");
    assert_eq!(env["LEPTOS_SITE_ROOT"], "/repo/target/site/identity");
    assert!(!env.contains_key("AUTH_REDIRECT_PROXY_URL"));
}

#[test]
fn direct_mode_removes_the_proxy_from_partner_only() {
    let direct =
        |process| environment_with(process, &SharedEnv::default(), |plan| plan.partner_direct = true);
    assert!(!direct(Process::Partner).contains_key("AUTH_REDIRECT_PROXY_URL"));
    assert!(direct(Process::Store).contains_key("AUTH_REDIRECT_PROXY_URL"));
}

#[test]
fn an_offset_reaches_every_address() {
    for process in Process::ALL {
        let env = environment_with(process, &SharedEnv::default(), |plan| {
            plan.addresses = Addresses::new(1000);
        });
        for (name, value) in env {
            assert!(!value.contains(":42") && !value.contains(":4300"), "{process} {name}={value}");
        }
    }
}

#[test]
fn the_provider_accepts_only_identitys_callbacks() {
    let (secrets, shared) = (secrets(), SharedEnv::default());
    let arguments = plan(&secrets, &shared).arguments(Process::Provider);
    let values = |flag: &str| -> Vec<&str> {
        let pairs = arguments.windows(2).filter(|pair| pair[0] == flag);
        pairs.map(|pair| pair[1].as_str()).collect()
    };
    assert_eq!(
        values("--redirect-uri"),
        ["http://localhost:4200/auth/callback/demo", "http://identity.wow.localhost:4200/auth/callback/demo"]
    );
    assert_eq!(
        values("--post-logout-redirect-uri"),
        [
            "http://localhost:4200/auth/logout/callback",
            "http://identity.wow.localhost:4200/auth/logout/callback"
        ]
    );
    assert_eq!(values("--issuer"), ["http://auth.wow.localhost:4300"]);
    assert!(!arguments.contains(&"--faults".to_owned()));
}

#[test]
fn visitors_can_try_failures_and_go_back_to_any_app() {
    let domains = Domains { shared: "wow.test".into(), partner: "partner.test".into() };
    let (secrets, shared) = (secrets(), SharedEnv::default());
    let mut plan = plan(&secrets, &shared);
    let origins = |plan: &Plan<'_>| -> Vec<String> {
        let arguments = plan.arguments(Process::Provider);
        assert!(arguments.contains(&"--visitor-faults".to_owned()));
        let pairs = arguments.windows(2).filter(|pair| pair[0] == "--app-origin");
        pairs.map(|pair| pair[1].clone()).collect()
    };
    assert_eq!(
        origins(&plan),
        [
            "http://localhost:4200",
            "http://identity.wow.localhost:4200",
            "http://localhost:4201",
            "http://games.wow.localhost:4201",
            "http://store.wow.localhost:4202",
            "http://partner.localhost:4203",
        ]
    );
    plan.addresses = Addresses::new(0).behind_proxy(Some(&domains));
    plan.live_demo = Some("A demo.");
    assert_eq!(
        origins(&plan),
        [
            "https://identity.wow.test",
            "https://games.wow.test",
            "https://store.wow.test",
            "https://partner.test"
        ]
    );
}

#[test]
fn apps_and_provider_share_a_client_secret_that_is_not_an_argument() {
    let (secrets, shared) = (secrets(), SharedEnv::default());
    let plan = plan(&secrets, &shared);
    let provider = plan.environment(Process::Provider);
    assert_eq!(provider["DEV_PROVIDER_CLIENT_SECRET"], environment(Process::Main)["AUTH_DEMO_SECRET"]);
    assert!(!plan.arguments(Process::Provider).contains(&secrets.demo_client));
}

#[test]
fn a_configured_provider_reaches_every_app_and_replaces_the_demo_provider() {
    let metrics = ("AUTH_METRICS_ADDR", "127.0.0.1:9464");
    let shared = shared(&[("AUTH_AUTH0_ID", "abc"), ("AUTH_SECRET", "mine"), metrics]);
    for process in [Process::Identity, Process::Main, Process::Store, Process::Partner] {
        let env = environment_with(process, &shared, |_| {});
        assert_eq!(env["AUTH_AUTH0_ID"], "abc");
        assert_eq!(env["AUTH_SECRET"], "mine");
        assert!(!env.contains_key("AUTH_DEMO_ID"));
        assert!(!env.contains_key(metrics.0), "one address is for one process");
    }
}

#[test]
fn a_setting_overrides_all_other_values_for_one_process() {
    let shared = shared(&[("AUTH_SESSION_MAX_AGE", "60")]);
    let settings =
        [Setting { process: Process::Main, name: "AUTH_SESSION_MAX_AGE".into(), value: "2".into() }];
    let secrets = secrets();
    let plan = Plan { settings: &settings, ..plan(&secrets, &shared) };
    assert_eq!(plan.environment(Process::Main)["AUTH_SESSION_MAX_AGE"], "2");
    assert_eq!(plan.environment(Process::Store)["AUTH_SESSION_MAX_AGE"], "60");
}

#[test]
fn a_live_demo_reaches_the_provider_and_every_app() {
    let (secrets, shared) = (secrets(), SharedEnv::default());
    let plan = Plan { live_demo: Some("A demo."), ..plan(&secrets, &shared) };
    let arguments = plan.arguments(Process::Provider);
    assert!(arguments.contains(&"--public-demo".to_owned()));
    assert!(arguments.windows(2).any(|pair| pair == ["--notice", "A demo."]));
    for process in [Process::Identity, Process::Main, Process::Store, Process::Partner] {
        let env = plan.environment(process);
        assert_eq!((&*env["AUTH_NOTICE"], &*env["AUTH_ROBOTS"]), ("A demo.", "0"), "{process}");
        assert!(!environment(process).contains_key("AUTH_ROBOTS"), "{process}");
    }
}

#[test]
fn settings_of_the_shell_do_not_leak_into_an_app() {
    assert!(is_inherited("PATH") && is_inherited("RUST_LOG"));
    for name in ["AUTH_SECRET", "PUBLIC_URL", "LEPTOS_SITE_ADDR", "SESSION_STORE_URL"] {
        assert!(!is_inherited(name), "{name}");
    }
}

#[test]
fn behind_a_proxy_the_apps_have_https_origins_and_share_their_cookie_domain() {
    let domains = Domains { shared: "wow.test".into(), partner: "partner.test".into() };
    let (secrets, shared) = (secrets(), SharedEnv::default());
    let mut plan = plan(&secrets, &shared);
    plan.addresses = Addresses::new(0).behind_proxy(Some(&domains));
    let games = plan.environment(Process::Main);
    assert_eq!(games["PUBLIC_URL"], "https://games.wow.test");
    assert_eq!(games["AUTH_COOKIE_DOMAIN"], ".wow.test");
    assert_eq!(games["AUTH_REDIRECT_PROXY_URL"], "https://identity.wow.test/auth");
    assert_eq!(games["LEPTOS_SITE_ADDR"], "127.0.0.1:4201");
    assert!(plan.arguments(Process::Provider).contains(&"https://auth.wow.test".to_owned()));
}
