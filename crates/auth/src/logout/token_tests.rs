use super::*;
use crate::message::{Expected, Verified, verify};

const TYPE: &str = LogoutToken::TYPE;
const EVENT: &str = LogoutToken::EVENT.unwrap();

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use openidconnect::{
    JsonWebKeyId, PrivateSigningKey,
    core::{
        CoreEdDsaPrivateSigningKey, CoreHmacKey, CoreJsonWebKey, CoreJsonWebKeySet, CoreJwsSigningAlgorithm,
    },
};
use serde_json::{Value, json};

const KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEILP5X9fZhvrPN4UPZgnqgESXxleikfyESWaE0vNSYnWx\n\
    -----END PRIVATE KEY-----\n";
const NOW: i64 = 1_800_000_000;

fn key(kid: &str) -> CoreEdDsaPrivateSigningKey {
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(KEY, Some(JsonWebKeyId::new(kid.into()))).unwrap()
}

fn good() -> Value {
    json!({
        "iss": "https://op.example", "aud": "client", "sub": "alice", "sid": "s1", "jti": "j1",
        "iat": NOW, "exp": NOW + 120, "events": { EVENT: {} },
    })
}

/// The claims of a good token with `changes`; `null` removes a claim.
fn claims(changes: &Value) -> Value {
    let mut claims = good();
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

fn signed(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn token(header: &Value, claims: &Value) -> String {
    signed(header, claims, |bytes| key("k1").sign(&CoreJwsSigningAlgorithm::EdDsa, bytes).unwrap())
}

fn header() -> Value {
    json!({"alg": "EdDSA", "kid": "k1", "typ": TYPE})
}

fn check_at(token: &str, from: Sender, now: i64) -> Result<Verified<LogoutToken>, TokenRule> {
    let jwks = CoreJsonWebKeySet::new(vec![key("k1").as_verification_key(), other_key()]);
    let expected = Expected {
        issuer: "https://op.example",
        audience: "client",
        from,
        tolerance: TimeDelta::seconds(30),
    };
    verify(token, expected, &jwks, DateTime::from_timestamp(now, 0).unwrap())
}

fn other_key() -> CoreJsonWebKey {
    key("k2").as_verification_key()
}

fn check(token: &str) -> Result<Verified<LogoutToken>, TokenRule> {
    check_at(token, Sender::Identity, NOW)
}

#[test]
fn a_good_token_tells_whose_session_ended() {
    let read = check(&token(&header(), &good())).unwrap();
    assert_eq!(read.provider_issuer, "https://op.example");
    assert_eq!((read.sid.as_deref(), read.sub.as_deref()), (Some("s1"), Some("alice")));
    for changes in [json!({"sid": null}), json!({"sub": null}), json!({"aud": ["other", "client"]})] {
        assert!(check(&token(&header(), &claims(&changes))).is_ok(), "{changes}");
    }
}

#[test]
fn a_providers_token_is_compared_with_its_id_tokens_to_the_second() {
    let at = |seconds| LogoutTime::IssuedBefore(DateTime::from_timestamp(seconds, 0).unwrap());
    for iat in [json!(NOW), json!(NOW as f64 + 0.75)] {
        // Claims that only identity may send have no effect in a provider's token.
        let changes = json!({"iat": iat, "toe": NOW - 60, "signed_at": NOW, "browser": "b1"});
        let read = check_at(&token(&header(), &claims(&changes)), Sender::Provider, NOW + 20).unwrap();
        assert_eq!((read.until, read.browser.clone()), (at(NOW + 1), None), "{iat}");
    }
}

#[test]
fn the_age_in_identitys_token_is_subtracted_from_our_clock() {
    let until = |changes: Value| {
        check_at(&token(&header(), &claims(&changes)), Sender::Identity, NOW + 20).unwrap().until
    };
    let ago = |milliseconds| {
        LogoutTime::Begun(DateTime::from_timestamp_millis((NOW + 20) * 1000 - milliseconds).unwrap())
    };
    for (toe, signed_at, age) in [
        (json!(NOW), json!(NOW), 0),
        (json!(NOW as f64 - 0.25), json!(NOW), 250),
        (json!(NOW - 3_600), json!(NOW as f64 + 0.001), 3_600_001),
        // Never negative, even if a clock was set back between the event and the signature.
        (json!(NOW + 5), json!(NOW), 0),
        (json!(null), json!(NOW), 0),
        (json!(NOW - 60), json!(null), 0),
    ] {
        assert_eq!(until(json!({"toe": toe, "signed_at": signed_at})), ago(age), "{toe} {signed_at}");
    }
}

#[test]
fn identity_names_the_narrowest_scope_it_can() {
    let scope = |changes: Value| {
        let read = check(&token(&header(), &claims(&changes))).unwrap();
        match read.scope().unwrap() {
            LogoutScope::ProviderSession(sid) => format!("session {sid}"),
            LogoutScope::Browser { subject, browser } => format!("{subject} in {browser}"),
            LogoutScope::Subject(subject) => format!("all of {subject}"),
        }
    };
    assert_eq!(scope(json!({"browser": "b1"})), "session s1");
    assert_eq!(scope(json!({"sid": null, "browser": "b1"})), "alice in b1");
    assert_eq!(scope(json!({"sid": null})), "all of alice");
    for changes in [json!({"sid": null, "sub": null, "browser": "b1"}), json!({"sub": null, "sid": null})] {
        let refused = check(&token(&header(), &claims(&changes))).unwrap_err();
        assert_eq!(refused, TokenRule::MissingSubject, "a browser alone names no user");
    }
}

#[test]
fn each_broken_claim_is_refused_by_its_own_name() {
    use TokenRule as E;
    for (changes, expected) in [
        (json!({"iss": "https://evil.example"}), E::Issuer),
        (json!({"iss": "https://op.example/"}), E::Issuer),
        (json!({"aud": "other"}), E::Audience),
        (json!({"aud": ["other"]}), E::Audience),
        (json!({"aud": []}), E::Audience),
        (json!({"aud": null}), E::Claim("aud")),
        (json!({"nonce": "n"}), E::Nonce),
        (json!({"nonce": 1}), E::Nonce),
        (json!({"nbf": NOW + 31}), E::NotYetValid),
        (json!({"sid": ""}), E::Claim("sid")),
        (json!({"sub": "x".repeat(256)}), E::Claim("sub")),
        (json!({"jti": "x".repeat(256)}), E::Claim("jti")),
        (json!({"events": null}), E::Events),
        (json!({"events": {}}), E::Events),
        (json!({"events": {"http://schemas.openid.net/event/other": {}}}), E::Events),
        (json!({"events": { EVENT: true }}), E::Events),
        (json!({"sid": null, "sub": null}), E::MissingSubject),
        (json!({"jti": null}), E::Claim("jti")),
        (json!({"jti": 7}), E::Claim("jti")),
        (json!({"iat": null}), E::Claim("iat")),
        (json!({"iat": "now"}), E::Claim("iat")),
        (json!({"exp": null}), E::Claim("exp")),
        (json!({"sid": 7}), E::Claim("sid")),
        (json!({"sub": ["alice"]}), E::Claim("sub")),
        (json!({"exp": i64::MAX}), E::Claim("exp")),
        (json!({"exp": NOW + 200}), E::Expired),
        (json!({"toe": "long ago", "signed_at": NOW}), E::Claim("toe")),
        (json!({"toe": [NOW]}), E::Claim("toe")),
        (json!({"toe": NOW, "signed_at": true}), E::Claim("signed_at")),
        (json!({"browser": 7}), E::Claim("browser")),
        (json!({"browser": ""}), E::Claim("browser")),
        (json!({"browser": "x".repeat(256)}), E::Claim("browser")),
    ] {
        assert_eq!(check(&token(&header(), &claims(&changes))).unwrap_err(), expected, "{changes}");
    }
}

#[test]
fn an_id_token_is_no_logout_token() {
    let id_token = json!({
        "iss": "https://op.example", "aud": "client", "sub": "alice", "sid": "s1",
        "iat": NOW, "exp": NOW + 300, "jti": "x",
    });
    let header = json!({"alg": "EdDSA", "kid": "k1"});
    assert_eq!(check_at(&token(&header, &id_token), Sender::Provider, NOW).unwrap_err(), TokenRule::Events);
    assert_eq!(check(&token(&header, &id_token)).unwrap_err(), TokenRule::Type);
}

#[test]
fn identity_must_send_the_typ_and_a_provider_may_omit_it() {
    let with = |typ: Value| token(&claims_header(typ), &good());
    for typ in [json!(null), json!("JWT")] {
        assert_eq!(check(&with(typ.clone())).unwrap_err(), TokenRule::Type, "{typ}");
        assert!(check_at(&with(typ.clone()), Sender::Provider, NOW).is_ok(), "{typ}");
    }
    for typ in ["at+jwt", "secevent+jwt", ""] {
        assert_eq!(check_at(&with(json!(typ)), Sender::Provider, NOW).unwrap_err(), TokenRule::Type, "{typ}");
    }
    assert!(check(&with(json!("LOGOUT+JWT"))).is_ok(), "media types are case-insensitive");
}

fn claims_header(typ: Value) -> Value {
    let mut header = header();
    header["typ"] = typ;
    header
}

#[test]
fn the_clocks_may_differ_by_at_most_half_a_minute() {
    let token = token(&header(), &good());
    assert!(check_at(&token, Sender::Identity, NOW - 30).is_ok());
    assert_eq!(check_at(&token, Sender::Identity, NOW - 31).unwrap_err(), TokenRule::NotYetValid);
    assert!(check_at(&token, Sender::Identity, NOW + 149).is_ok());
    assert_eq!(check_at(&token, Sender::Identity, NOW + 150).unwrap_err(), TokenRule::Expired);
}

#[test]
fn a_missing_or_symmetric_signature_is_refused() {
    let none = signed(&json!({"alg": "none", "kid": "k1", "typ": TYPE}), &good(), |_| Vec::new());
    assert_eq!(check(&none).unwrap_err(), TokenRule::Algorithm);
    // The classic confusion: the public key's bytes as an HMAC secret.
    let public = serde_json::to_value(key("k1").as_verification_key()).unwrap();
    let secret = URL_SAFE_NO_PAD.decode(public["x"].as_str().unwrap()).unwrap();
    let hs256 = signed(&json!({"alg": "HS256", "kid": "k1", "typ": TYPE}), &good(), |bytes| {
        CoreHmacKey::new(secret).sign(&CoreJwsSigningAlgorithm::HmacSha256, bytes).unwrap()
    });
    assert_eq!(check(&hs256).unwrap_err(), TokenRule::Algorithm);
    let unknown = token(&json!({"alg": "XY", "kid": "k1", "typ": TYPE}), &good());
    assert_eq!(check(&unknown).unwrap_err(), TokenRule::Algorithm);
    let mismatched = token(&json!({"alg": "RS256", "kid": "k1", "typ": TYPE}), &good());
    assert_eq!(check(&mismatched).unwrap_err(), TokenRule::Signature);
}

#[test]
fn only_the_key_with_the_tokens_kid_verifies_it() {
    let other = token(&json!({"alg": "EdDSA", "kid": "k3", "typ": TYPE}), &good());
    assert_eq!(check(&other).unwrap_err(), TokenRule::UnknownKey);
    let unnamed = token(&json!({"alg": "EdDSA", "typ": TYPE}), &good());
    assert_eq!(check(&unnamed).unwrap_err(), TokenRule::UnknownKey, "there are two keys");
    let changed = token(&header(), &good());
    let (signed, _) = changed.rsplit_once('.').unwrap();
    let elsewhere = token(&header(), &claims(&json!({"sid": "s2"})));
    let (_, signature) = elsewhere.rsplit_once('.').unwrap();
    assert_eq!(check(&format!("{signed}.{signature}")).unwrap_err(), TokenRule::Signature);
    let critical = token(&json!({"alg": "EdDSA", "kid": "k1", "typ": TYPE, "crit": ["b64"]}), &good());
    assert_eq!(check(&critical).unwrap_err(), TokenRule::Malformed);
}

#[test]
fn text_that_is_no_token_is_malformed() {
    for text in ["", ".", "..", "a.b", "a.b.c", "e30.e30.", &"A".repeat(5000)] {
        assert_eq!(check(text).unwrap_err(), TokenRule::Malformed, "{text}");
    }
}

#[test]
fn only_identity_may_speak_for_another_issuer() {
    let claims =
        claims(&json!({"sub_id": {"format": "iss_sub", "iss": "https://victim.example", "sub": "a"}}));
    let token = token(&header(), &claims);
    assert_eq!(check_at(&token, Sender::Identity, NOW).unwrap().provider_issuer, "https://victim.example");
    assert_eq!(check_at(&token, Sender::Provider, NOW).unwrap().provider_issuer, "https://op.example");
}
