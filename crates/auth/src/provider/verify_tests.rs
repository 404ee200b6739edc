use super::*;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use openidconnect::core::CoreJwsSigningAlgorithm;
use openidconnect::{JsonWebKeyId, PrivateSigningKey, core::CoreEdDsaPrivateSigningKey};
use serde_json::json;

const KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEILP5X9fZhvrPN4UPZgnqgESXxleikfyESWaE0vNSYnWx\n\
    -----END PRIVATE KEY-----\n";
const NOW: i64 = 1_800_000_000;

fn key(kid: &str) -> CoreEdDsaPrivateSigningKey {
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(KEY, Some(JsonWebKeyId::new(kid.into()))).unwrap()
}

/// The claims of a valid token, with `changes` applied; a `null` removes a claim.
fn claims(changes: Value) -> Value {
    let mut claims = json!({
        "iss": "https://op.example", "aud": ["client"], "sub": "alice", "sid": "s1",
        "nonce": "n", "iat": NOW, "exp": NOW + 300,
    });
    let Value::Object(changes) = changes else { panic!("an object") };
    for (name, value) in changes {
        claims[name] = value;
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

fn token(header: &Value, claims: &Value) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = key("k1").sign(&CoreJwsSigningAlgorithm::EdDsa, signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn good_header() -> Value {
    json!({"alg": "EdDSA", "kid": "k1"})
}

fn check_at(token: &str, now: i64) -> Result<IdToken, TokenRule> {
    check_with(token, now, &[])
}

fn check_with(token: &str, now: i64, audiences: &[String]) -> Result<IdToken, TokenRule> {
    let jwks = CoreJsonWebKeySet::new(vec![key("k1").as_verification_key()]);
    let tolerance = TimeDelta::seconds(30);
    let issuers = Issuers::one(openidconnect::IssuerUrl::new("https://op.example".into()).unwrap());
    let expected = Expected {
        issuers: &issuers,
        client_id: "client",
        audiences,
        nonce: Some("n"),
        max_age: None,
        tolerance,
    };
    verify(token, &expected, &jwks, DateTime::from_timestamp(now, 0).unwrap())
}

fn check(changes: Value) -> Result<IdToken, TokenRule> {
    check_at(&token(&good_header(), &claims(changes)), NOW)
}

#[test]
fn a_valid_token_identifies_the_user() {
    let claims = check(json!({})).unwrap();
    assert_eq!((claims.subject.as_str(), claims.sid.as_deref()), ("alice", Some("s1")));
    assert!(check(json!({"azp": "client", "sid": null})).is_ok());
}

#[test]
fn each_broken_claim_is_refused_by_its_own_name() {
    for (changes, expected) in [
        (json!({"iss": "https://evil.example"}), TokenRule::Issuer),
        (json!({"iss": "https://op.example/"}), TokenRule::Issuer),
        (json!({"aud": ["other"]}), TokenRule::Audience),
        (json!({"aud": []}), TokenRule::Audience),
        (json!({"aud": ["client", "other"]}), TokenRule::Audience),
        (json!({"azp": "other"}), TokenRule::Audience),
        (json!({"nonce": "another flow's"}), TokenRule::Nonce),
        (json!({"nonce": null}), TokenRule::Nonce),
        (json!({"nbf": NOW + 31}), TokenRule::NotYetValid),
        (json!({"sub": ""}), TokenRule::Subject),
        (json!({"sub": "x".repeat(256)}), TokenRule::Subject),
        (json!({"sub": "x".repeat(300_000)}), TokenRule::Subject),
        (json!({"sid": ""}), TokenRule::Subject),
        (json!({"sub": null}), TokenRule::Claim("sub")),
        (json!({"sub": 42}), TokenRule::Claim("sub")),
        (json!({"iss": ["https://op.example"]}), TokenRule::Claim("iss")),
        (json!({"aud": null}), TokenRule::Claim("aud")),
        (json!({"aud": {"client": true}}), TokenRule::Claim("aud")),
        (json!({"aud": ["client", 1]}), TokenRule::Claim("aud")),
        (json!({"azp": ["client"]}), TokenRule::Claim("azp")),
        (json!({"nonce": ["n"]}), TokenRule::Claim("nonce")),
        (json!({"exp": null}), TokenRule::Claim("exp")),
        (json!({"exp": "1800000300"}), TokenRule::Claim("exp")),
        (json!({"iat": true}), TokenRule::Claim("iat")),
        (json!({"nbf": "now"}), TokenRule::Claim("nbf")),
        (json!({"auth_time": "now"}), TokenRule::Claim("auth_time")),
        (json!({"acr": 2}), TokenRule::Claim("acr")),
        (json!({"amr": "pwd"}), TokenRule::Claim("amr")),
        (json!({"sid": 7}), TokenRule::Claim("sid")),
    ] {
        assert_eq!(check(changes.clone()).unwrap_err(), expected, "{changes}");
    }
}

#[test]
fn a_clock_may_be_off_by_at_most_half_a_minute() {
    let token = token(&good_header(), &claims(json!({})));
    assert!(check_at(&token, NOW - 30).is_ok());
    assert_eq!(check_at(&token, NOW - 31).unwrap_err(), TokenRule::NotYetValid);
    assert!(check_at(&token, NOW + 329).is_ok());
    assert_eq!(check_at(&token, NOW + 330).unwrap_err(), TokenRule::Expired);
}

#[test]
fn a_foreign_key_or_a_changed_token_is_refused() {
    let unknown = token(&json!({"alg": "EdDSA", "kid": "k2"}), &claims(json!({})));
    assert_eq!(check_at(&unknown, NOW).unwrap_err(), TokenRule::UnknownKey);
    let good = token(&good_header(), &claims(json!({})));
    let bob = URL_SAFE_NO_PAD.encode(claims(json!({"sub": "bob"})).to_string());
    let parts: Vec<_> = good.split('.').collect();
    let swapped = format!("{}.{bob}.{}", parts[0], parts[2]);
    assert_eq!(check_at(&swapped, NOW).unwrap_err(), TokenRule::Signature);
}

#[test]
fn an_unsigned_or_symmetric_token_is_refused() {
    for algorithm in ["none", "HS256", "HS512"] {
        let token = token(&json!({"alg": algorithm, "kid": "k1"}), &claims(json!({})));
        assert_eq!(check_at(&token, NOW).unwrap_err(), TokenRule::Algorithm, "{algorithm}");
    }
    let unsigned = token(&json!({"alg": "none"}), &claims(json!({})));
    let unsigned = format!("{}.", unsigned.rsplit_once('.').unwrap().0);
    assert!(check_at(&unsigned, NOW).is_err());
}

#[test]
fn text_that_is_not_a_token_is_malformed() {
    for text in ["", "a.b.c", "eyJ", "...."] {
        assert_eq!(check_at(text, NOW).unwrap_err(), TokenRule::Malformed, "{text}");
    }
}

#[test]
fn times_may_have_fractions_and_profile_claims_any_shape() {
    let now = 1_800_000_000.0;
    let odd = json!({
        "iat": now - 0.5, "exp": now + 300.25, "nbf": now, "auth_time": now - 10.75, "amr": ["pwd"], "acr": "1",
        "name": null, "email": ["a"], "email_verified": "true", "updated_at": "yesterday", "address": "a street",
        "phone_number_verified": 1, "locale": {}, "sub": "x".repeat(255),
    });
    assert_eq!(check(odd).unwrap().issued_at.timestamp_millis(), 1_799_999_999_500);
    assert!(check(json!({"aud": "client"})).is_ok());
}

#[test]
fn a_token_of_another_kind_is_refused() {
    for typ in ["logout+jwt", "application/logout+jwt", "at+jwt", "AT+JWT"] {
        let token = token(&json!({"alg": "EdDSA", "kid": "k1", "typ": typ}), &claims(json!({})));
        assert_eq!(check_at(&token, NOW).unwrap_err(), TokenRule::Type, "{typ}");
    }
    let plain = token(&json!({"alg": "EdDSA", "kid": "k1", "typ": "JWT"}), &claims(json!({})));
    assert!(check_at(&plain, NOW).is_ok());
}

#[test]
fn a_further_audience_needs_trust_and_our_azp() {
    let trusted = ["project".to_owned()];
    let check = |changes: Value, audiences: &[String]| {
        check_with(&token(&good_header(), &claims(changes)), NOW, audiences).err()
    };
    let both = json!({"aud": ["client", "project"], "azp": "client"});
    assert_eq!(check(both.clone(), &trusted), None);
    assert_eq!(check(json!({"aud": "client"}), &trusted), None);
    for (changes, audiences) in [
        (both, &[][..]),
        (json!({"aud": ["client", "project"]}), &trusted),
        (json!({"aud": ["client", "project"], "azp": "project"}), &trusted),
        (json!({"aud": ["client", "project", "other"], "azp": "client"}), &trusted),
        (json!({"aud": ["project"], "azp": "client"}), &trusted),
        (json!({"aud": ["client"], "azp": "project"}), &trusted),
    ] {
        assert_eq!(check(changes.clone(), audiences), Some(TokenRule::Audience), "{changes}");
    }
}

#[test]
fn a_token_of_several_tenants_names_its_tenant_and_the_issuer_of_that_tenant() {
    let [ours, theirs] = ["11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"];
    let at = |tenant: &str| format!("https://login.microsoftonline.com/{tenant}/v2.0");
    let shared = openidconnect::IssuerUrl::new(at("common")).unwrap();
    let issuers = Issuers::of_tenants(shared, &[ours.to_owned()]).unwrap();
    let check = |issuer: &str, tid: Value| {
        let token = token(&good_header(), &claims(json!({"iss": issuer, "tid": tid})));
        let expected = Expected {
            issuers: &issuers,
            client_id: "client",
            audiences: &[],
            nonce: Some("n"),
            max_age: None,
            tolerance: TimeDelta::seconds(30),
        };
        let jwks = CoreJsonWebKeySet::new(vec![key("k1").as_verification_key()]);
        verify(&token, &expected, &jwks, DateTime::from_timestamp(NOW, 0).unwrap()).err()
    };
    assert_eq!(check(&at(ours), json!(ours)), None);
    for (issuer, tid) in [
        (at(theirs), json!(theirs)),
        (at(ours), json!(theirs)),
        (at(theirs), json!(ours)),
        (at(ours), Value::Null),
        (at("common"), json!(ours)),
        (at("{tenantid}"), json!("{tenantid}")),
    ] {
        assert_eq!(check(&issuer, tid.clone()), Some(TokenRule::Issuer), "{issuer} {tid}");
    }
    assert_eq!(check(&at(ours), json!([ours])), Some(TokenRule::Claim("tid")));
}

#[test]
fn a_max_age_needs_a_recent_auth_time() {
    let issuers = Issuers::one(openidconnect::IssuerUrl::new("https://op.example".into()).unwrap());
    let check = |auth_time: Value| {
        let token = token(&good_header(), &claims(json!({"auth_time": auth_time})));
        let expected = Expected {
            issuers: &issuers,
            client_id: "client",
            audiences: &[],
            nonce: Some("n"),
            max_age: Some(TimeDelta::seconds(60)),
            tolerance: TimeDelta::seconds(30),
        };
        let jwks = CoreJsonWebKeySet::new(vec![key("k1").as_verification_key()]);
        verify(&token, &expected, &jwks, DateTime::from_timestamp(NOW, 0).unwrap()).err()
    };
    assert_eq!(check(json!(NOW - 60)), None);
    assert_eq!(check(json!(NOW - 89)), None);
    for old in [json!(NOW - 91), json!(0), Value::Null] {
        assert_eq!(check(old.clone()), Some(TokenRule::Claim("auth_time")), "{old}");
    }
}
