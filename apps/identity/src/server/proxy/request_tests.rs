use super::*;
use crate::server::proxy::flow::ProxiedFlow;

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn registry() -> Registry {
    Registry::parse("[[app]]\nclient_id='games'\nname='Games'\norigins=['http://localhost:4201']", |_| None)
        .unwrap()
}

fn request(source: &str, rest: &str) -> Result<ProxyRequest, ProxyRequestError> {
    let source: String = url::form_urlencoded::byte_serialize(source.as_bytes()).collect();
    let query = format!(
        "source_url={source}&provider=demo&state=s&nonce=n&code_challenge={CHALLENGE}&code_challenge_method=S256{rest}"
    );
    ProxyRequest::read(query.as_bytes(), &registry())
}

#[test]
fn a_registered_app_may_pass() {
    for source in ["http://localhost:4201", "http://localhost:4201/"] {
        let request = request(source, "&prompt=none").unwrap();
        assert_eq!(request.source.to_string(), "http://localhost:4201");
        assert_eq!(request.hints.iter().collect::<Vec<_>>(), [("prompt", "none")]);
    }
}

#[test]
fn every_other_source_is_refused() {
    for source in [
        "http://localhost:4202",
        "http://localhost",
        "https://localhost:4201",
        "http://localhost:4201.evil.example",
        "http://evil.example/http://localhost:4201",
        "http://evil.example#http://localhost:4201",
        "http://localhost:4201@evil.example",
        "http://user@localhost:4201",
        "http://localhost:4201/path",
        "http://localhost:4201?x",
        "http://localhost.evil.example:4201",
        "//localhost:4201",
        "\\\\localhost:4201",
        "//evil",
        "\\evil",
        "javascript:alert(1)",
        "",
    ] {
        assert_eq!(request(source, ""), Err(ProxyRequestError::SourceUrl), "{source}");
    }
    for source in ["http://localhost:4201\r\n", "http://local\thost:4201", "http://localhost:4201\0"] {
        assert!(matches!(request(source, ""), Err(ProxyRequestError::Params(_))), "{source:?}");
    }
}

#[test]
fn provider_parameters_cannot_be_overridden_or_doubled() {
    for rest in [
        "&scope=all",
        "&redirect_uri=https://evil.example",
        "&client_id=other",
        "&response_type=token",
        "&response_mode=fragment",
        "&request=x",
        "&state=t",
        "&source_url=http://localhost:4201",
    ] {
        assert!(
            matches!(request("http://localhost:4201", rest), Err(ProxyRequestError::Params(_))),
            "{rest}"
        );
    }
}

#[test]
fn pkce_is_required() {
    let read = |query: &str| {
        ProxyRequest::read(
            format!("source_url=http://localhost:4201&state=s&nonce=n{query}").as_bytes(),
            &registry(),
        )
    };
    for query in [
        "",
        "&code_challenge=x&code_challenge_method=plain",
        "&code_challenge=x&code_challenge_method=S256",
        &format!("&code_challenge={CHALLENGE}"),
    ] {
        let error = read(query).unwrap_err();
        assert!(matches!(error, ProxyRequestError::Pkce), "{query}");
    }
    assert_eq!(read("&code_challenge_method=S256"), Err(ProxyRequestError::Malformed));
}

#[test]
fn the_answer_goes_back_with_the_apps_own_state() {
    let proxied = ProxiedFlow::new(&request("http://localhost:4201", "").unwrap(), "demo".into(), None);
    let answer = UniqueParams::parse(b"code=c%26d&state=identitys&iss=https://op.example").unwrap();
    assert_eq!(
        proxied.back("demo", &answer, &registry()).unwrap().as_str(),
        "http://localhost:4201/auth/callback/demo?code=c%26d&iss=https%3A%2F%2Fop.example&state=s"
    );
    assert_eq!(proxied.back("demo", &answer, &Registry::default()), None, "an app that left the registry");
    assert_eq!(proxied.back("google", &answer, &registry()), None, "another provider's answer");
}
