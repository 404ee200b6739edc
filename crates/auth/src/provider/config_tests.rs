use super::*;
use crate::provider::checks::OF_THE_FLOW;

fn configured(id: &str, issuer: Option<&str>) -> Result<ProviderConfig, String> {
    ProviderConfig::new(id, Preset::find(id).unwrap(), "client", Credentials::Public, issuer)
}

fn oidc() -> ProviderConfig {
    configured("oidc", Some("https://op.example")).unwrap()
}

#[test]
fn only_a_provider_without_a_fixed_address_needs_an_issuer() {
    for id in ["google", "gitlab", "github", "discord", "apple"] {
        assert!(configured(id, None).is_ok(), "{id}");
    }
    for id in ["demo", "auth0", "keycloak", "okta", "entra", "zitadel", "authentik", "cognito", "oidc"] {
        assert!(configured(id, None).unwrap_err().contains("missing"), "{id}");
        assert!(configured(id, Some("https://op.example/tenant/")).is_ok(), "{id}");
    }
}

#[test]
fn an_issuer_is_https_except_on_this_machine() {
    assert!(configured("oidc", Some("http://op.example")).is_err());
    assert!(configured("oidc", Some("http://localhost.evil.example")).is_err());
    assert!(configured("oidc", Some("http://auth.wow.localhost:4300")).is_ok());
    for bad in ["op.example", "ftp://op.example", "https://op.example?x", "https://op.example#x"] {
        assert!(configured("oidc", Some(bad)).is_err(), "{bad}");
    }
}

#[test]
fn an_address_that_tenants_share_needs_their_list() {
    for tenant in ["common", "organizations"] {
        let issuer = format!("https://login.microsoftonline.com/{tenant}/v2.0");
        for id in ["entra", "oidc"] {
            let error = configured(id, Some(&issuer)).unwrap_err();
            assert!(error.contains("serves every tenant") && error.contains("TENANTS"), "{error}");
        }
    }
    for host in ["login.partner.microsoftonline.cn", "login.microsoftonline.us", "login.windows.net"] {
        let error = configured("oidc", Some(&format!("https://{host}/common/v2.0"))).unwrap_err();
        assert!(error.contains("serves every tenant"), "{error}");
    }
    let one = "https://login.microsoftonline.com/11111111-1111-1111-1111-111111111111/v2.0";
    assert!(!configured("entra", Some(one)).unwrap().has_tenants());
    for named in ["consumers", "contoso.onmicrosoft.com", ""] {
        let error = configured("entra", Some(&format!("https://login.microsoftonline.com/{named}/v2.0")))
            .unwrap_err();
        assert!(error.contains("tenant's id"), "{error}");
    }
    // Another provider may have a realm of that name.
    assert!(configured("keycloak", Some("https://id.example/common")).is_ok());
}

#[test]
fn an_unverified_address_is_never_trusted_with_several_tenants() {
    let issuer = "https://login.microsoftonline.com/common/v2.0";
    let tenants = ["11111111-1111-1111-1111-111111111111".to_owned()];
    let entra = Preset::find("entra").unwrap();
    let mut config = ProviderConfig::with_tenants(
        "entra",
        entra,
        "client",
        Credentials::Public,
        (Some(issuer), tenants.as_slice()),
    )
    .unwrap();
    assert_eq!(config.check(), Ok(()));
    config.trusts_email = true;
    assert_eq!(config.check().unwrap_err().0, "TRUST_EMAIL");
}

#[test]
fn the_parameters_of_the_flow_cannot_be_configured() {
    for name in OF_THE_FLOW {
        let params = vec![(name.to_owned(), "x".to_owned())];
        assert_eq!(ProviderConfig { params, ..oidc() }.check().unwrap_err().0, "PARAMS", "{name}");
    }
    for (name, value) in [
        ("prompt", "none"),
        ("prompt", "login none"),
        ("max_age", "1h"),
        ("", "x"),
        ("a", "\r\nb"),
        ("a\n", "b"),
    ] {
        let params = vec![(name.to_owned(), value.to_owned())];
        assert_eq!(ProviderConfig { params, ..oidc() }.check().unwrap_err().0, "PARAMS", "{name}={value}");
    }
    let pairs = |names: [&str; 2]| names.map(|name| (name.to_owned(), "x".to_owned())).to_vec();
    assert!(ProviderConfig { params: pairs(["audience", "audience"]), ..oidc() }.check().is_err());
    for names in [["audience", "acr_values"], ["resource", "resource"], ["prompt", "ui_hint"]] {
        assert_eq!(ProviderConfig { params: pairs(names), ..oidc() }.check(), Ok(()), "{names:?}");
    }
}

#[test]
fn scopes_and_icons_are_checked() {
    for scopes in ["", "profile", "openid  email", " openid", "openid \"x\"", "openid\nemail"] {
        assert_eq!(
            ProviderConfig { scopes: scopes.into(), ..oidc() }.check().unwrap_err().0,
            "SCOPES",
            "{scopes}"
        );
    }
    for icon in ["https://evil.example/x.svg", "//evil.example", "icon.svg", "/a b\n", "javascript:alert(1)"]
    {
        let icon = Some(icon.to_owned());
        assert_eq!(
            ProviderConfig { icon: icon.clone(), ..oidc() }.check().unwrap_err().0,
            "ICON",
            "{icon:?}"
        );
    }
    let icon = Some("/icons/staff.svg".to_owned());
    assert_eq!(ProviderConfig { icon, ..oidc() }.check(), Ok(()));
}

#[test]
fn an_id_is_safe_in_paths_and_cookies() {
    for id in ["staff", "okta2", "a_b-c"] {
        assert!(is_provider_id(id), "{id}");
    }
    for id in ["", "Staff", "a/b", "a.b", "ä", "a b", &"a".repeat(33)] {
        assert!(!is_provider_id(id), "{id}");
    }
}
