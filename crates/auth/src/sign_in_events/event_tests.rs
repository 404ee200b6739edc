use super::*;
use crate::{
    jws::testing::TestKey,
    logout::LogoutToken,
    message::{Expected, Verified, verify},
};
use serde_json::{Value, json};

const ISSUER: &str = "https://identity.example";
const TYPE: &str = BrowserEvent::TYPE;
const EVENT: &str = BrowserEvent::EVENT.unwrap();

fn own() -> TestKey {
    TestKey::new(1)
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn browser() -> BrowserKey {
    BrowserKey::from_bytes([7; 32])
}

fn good() -> Value {
    json!({
        "iss": ISSUER, "aud": "partner", "iat": now().timestamp(), "exp": now().timestamp() + 30, "jti": "one",
        "browser": browser().to_text(), "events": { EVENT: {} },
    })
}

/// A good token with `changes` to its claims; `null` removes a claim.
fn with(changes: &Value) -> String {
    let mut claims = good();
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    own().sign(TYPE, &claims)
}

fn check_at(text: &str, now: DateTime<Utc>) -> Result<Verified<BrowserEvent>, TokenRule> {
    verify(text, Expected::from_identity(ISSUER, "partner"), &own().published(), now)
}

fn refused(text: &str) -> TokenRule {
    check_at(text, now()).unwrap_err()
}

#[test]
fn an_app_reads_what_identity_signed() {
    let event = check_at(&with(&json!({})), now()).unwrap();
    assert_eq!((event.browser, event.jti.as_str()), (browser(), "one"));
    assert_eq!(event.age, TimeDelta::zero(), "an older identity says no age");
    let old = check_at(&with(&json!({ "age_ms": 1500 })), now()).unwrap();
    assert_eq!(old.age, TimeDelta::milliseconds(1500));
    assert!(event.expires_at > now());
}

#[test]
fn each_broken_rule_is_refused_by_its_name() {
    use TokenRule::*;
    let seconds = now().timestamp();
    for (changes, error) in [
        (json!({ "iss": "https://evil.example" }), Issuer),
        (json!({ "aud": "games" }), Audience),
        (json!({ "aud": null }), Claim("aud")),
        (json!({ "iat": seconds + 31 }), NotYetValid),
        (json!({ "exp": seconds - 31 }), Expired),
        (json!({ "events": null }), Events),
        (json!({ "events": { "http://schemas.openid.net/event/backchannel-logout": {} } }), Events),
        (json!({ "browser": "short" }), Claim("browser")),
        (json!({ "browser": null }), Claim("browser")),
        (json!({ "age_ms": -1 }), Claim("age_ms")),
        (json!({ "age_ms": "1" }), Claim("age_ms")),
        (json!({ "age_ms": 4_294_967_296_u64 }), Claim("age_ms")),
        (json!({ "jti": null }), Claim("jti")),
        (json!({ "exp": seconds + 61 }), Expired),
    ] {
        assert_eq!(refused(&with(&changes)), error, "{changes}");
    }
    assert_eq!(refused("a.b"), Malformed);
    assert_eq!(check_at(&with(&json!({})), now() + TimeDelta::seconds(61)).unwrap_err(), Expired);
}

#[test]
fn another_key_a_changed_text_and_no_signature_are_refused() {
    let foreign = TestKey::new(2).sign(TYPE, &good());
    assert_eq!(refused(&foreign), TokenRule::UnknownKey);
    let text = with(&json!({}));
    let (signed, signature) = text.rsplit_once('.').unwrap();
    let other = with(&json!({ "jti": "two" }));
    let (other, _) = other.rsplit_once('.').unwrap();
    assert_eq!(refused(&format!("{other}.{signature}")), TokenRule::Signature);
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let none = URL_SAFE_NO_PAD.encode(json!({ "alg": "none", "typ": TYPE }).to_string());
    let (_, claims) = signed.split_once('.').unwrap();
    assert_eq!(refused(&format!("{none}.{claims}.")), TokenRule::Algorithm);
}

#[test]
fn a_logout_token_is_no_event() {
    let mut claims = good();
    claims["events"] = json!({ LogoutToken::EVENT.unwrap(): {}, EVENT: {} });
    assert_eq!(refused(&own().sign(LogoutToken::TYPE, &claims)), TokenRule::Type);
}
