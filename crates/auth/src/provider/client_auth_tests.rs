use super::*;
use p256::ecdsa::{VerifyingKey, signature::Verifier};

const KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgBG0hskblSXXIlkLF\n\
    xNkp4jWDxL111giEfrG9NvoD2N6hRANCAATarJeLJ2cjVUuoFE1aBM49BZEm28K0\n\
    TEQjHrTRuLvhSpnI1JsXGNmqQE0OGCWgmKXf5Ycz7ReKiB8LmNYr0WIF\n\
    -----END PRIVATE KEY-----\n";

fn key() -> Arc<ClientKey> {
    Arc::new(ClientKey::from_pem(KEY, Some("k1".to_owned())).unwrap())
}

fn authenticate(credentials: &Credentials, supports_basic: bool) -> ClientAuthentication {
    let context = AssertionContext {
        client_id: "client",
        issuer: "https://op.example",
        token_endpoint: "https://op.example/token",
        now: DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
        random: &Random::seeded(1),
    };
    credentials.authenticate(supports_basic, &context)
}

fn field<'a>(authentication: &'a ClientAuthentication, name: &str) -> Option<&'a str> {
    authentication.fields.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_str())
}

/// Header and claims of a JWT whose signature is right.
fn read(jwt: &str) -> (Value, Value) {
    let (signed, signature) = jwt.rsplit_once('.').unwrap();
    let secret = p256::SecretKey::from_pkcs8_pem(KEY).unwrap();
    let verifying = VerifyingKey::from(&SigningKey::from(secret));
    let signature = Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    verifying.verify(signed.as_bytes(), &signature).unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let decode = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    (decode(header), decode(claims))
}

#[test]
fn a_secret_goes_where_the_metadata_or_the_configuration_say() {
    let secret = |method| Credentials::Secret { secret: "s3cret".into(), method };
    for (method, supports_basic, is_basic) in [
        (None, true, true),
        (None, false, false),
        (Some(SecretMethod::Basic), false, true),
        (Some(SecretMethod::Post), true, false),
    ] {
        let sent = authenticate(&secret(method), supports_basic);
        assert_eq!(sent.basic.is_some(), is_basic, "{method:?}");
        assert_eq!(field(&sent, "client_secret"), (!is_basic).then_some("s3cret"));
        assert_eq!(field(&sent, "client_id"), (!is_basic).then_some("client"));
    }
}

#[test]
fn a_public_client_sends_its_id_only() {
    let sent = authenticate(&Credentials::Public, true);
    assert_eq!(sent.fields, [("client_id", "client".to_owned())]);
    assert!(sent.basic.is_none());
}

#[test]
fn a_signed_assertion_names_the_client_and_is_short_lived() {
    for (audience, expected) in [
        (AssertionAudience::TokenEndpoint, "https://op.example/token"),
        (AssertionAudience::Issuer, "https://op.example"),
    ] {
        let sent = authenticate(&Credentials::PrivateKeyJwt { key: key(), audience }, true);
        assert_eq!(field(&sent, "client_assertion_type"), Some(JWT_BEARER));
        let (header, claims) = read(field(&sent, "client_assertion").unwrap());
        assert_eq!((header["alg"].as_str(), header["kid"].as_str()), (Some("ES256"), Some("k1")));
        assert_eq!(
            (&claims["iss"], &claims["sub"], &claims["aud"]),
            (&json!("client"), &json!("client"), &json!(expected))
        );
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 300);
        assert_eq!(claims["jti"].as_str().unwrap().len(), 43);
        assert!(field(&sent, "client_secret").is_none());
    }
}

#[test]
fn apples_secret_is_signed_by_the_team_for_the_issuer() {
    let sent = authenticate(&Credentials::Apple { team_id: "TEAM".into(), key: key() }, true);
    let (_, claims) = read(field(&sent, "client_secret").unwrap());
    assert_eq!(
        (&claims["iss"], &claims["sub"], &claims["aud"]),
        (&json!("TEAM"), &json!("client"), &json!("https://op.example"))
    );
    assert!(sent.basic.is_none());
}

#[test]
fn only_private_keys_are_read_and_nothing_of_them_is_shown() {
    for wrong in ["", "hunter2", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
        let error = ClientKey::from_pem(wrong, None).unwrap_err();
        assert!(error.contains("PEM") && !error.contains("hunter2"), "{error}");
    }
    assert_eq!(format!("{:?}", key()), "ClientKey(ES256)");
}
