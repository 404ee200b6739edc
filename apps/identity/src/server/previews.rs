//! Which pull-request previews are told of a logout, and by which names.
//!
//! A preview runs code that is not reviewed yet. So it hears only of the provider sessions, and of the users, that have
//! signed in there, and it knows a browser by another reference than the other apps do.

use super::registry::RegisteredClient;
use auth::{
    logout::{LogoutNotice, is_identifier},
    origin::UniqueParams,
    store::{OriginStore, StoreError},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use hkdf::Hkdf;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// The previews in which one user, or one provider session, can have signed in at once.
const MAX_ORIGINS: usize = 20;

/// A session that began at a preview, as the preview reports it.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    issuer: String,
    subject: String,
    sid: Option<String>,
}

impl SignedIn {
    /// Reads the fields `iss`, `sub` and `sid` of `POST /auth/signed-in`. `None` if one is missing or malformed.
    pub(crate) fn read(form: &UniqueParams) -> Option<Self> {
        let text = |name: &str| form.get(name).filter(|text| is_identifier(text)).map(ToOwned::to_owned);
        Some(Self { issuer: text("iss")?, subject: text("sub")?, sid: text("sid") })
    }
}

/// Remembers that this session began at `origin`, until `until`. Returns `false` if the user has signed in at too many
/// others.
///
/// # Errors
/// [`StoreError`] when the store does not answer.
pub(crate) async fn remember(
    store: &dyn OriginStore,
    app: &RegisteredClient,
    (origin, session): (&str, &SignedIn),
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let subject = name(app, &session.issuer, "sub", &session.subject);
    let sid = session.sid.as_ref().map(|sid| name(app, &session.issuer, "sid", sid));
    let mut is_remembered = true;
    for name in std::iter::once(subject).chain(sid) {
        is_remembered &= store.remember_origin(&name, origin, until, now, MAX_ORIGINS).await?;
    }
    Ok(is_remembered)
}

/// The origins of the previews that `notice` concerns.
///
/// # Errors
/// [`StoreError`] when the store does not answer.
pub(crate) async fn concerned(
    store: &dyn OriginStore,
    app: &RegisteredClient,
    notice: &LogoutNotice<'_>,
    now: DateTime<Utc>,
) -> Result<Vec<String>, StoreError> {
    let name = match (notice.sid, notice.sub) {
        (Some(sid), _) => name(app, notice.provider_issuer, "sid", sid),
        (None, Some(subject)) => name(app, notice.provider_issuer, "sub", subject),
        (None, None) => return Ok(Vec::new()),
    };
    store.origins_of(&name, now).await
}

/// The name under which the store keeps the origins: it shows neither the user nor the session.
fn name(app: &RegisteredClient, issuer: &str, kind: &str, value: &str) -> String {
    let hash = Sha256::digest(format!("{kind} {} {issuer} {value}", issuer.len()));
    format!("{} {}", app.client_id, URL_SAFE_NO_PAD.encode(hash))
}

/// The browser reference for an app. Previews get another one than the other apps, derived with HKDF-SHA256 (RFC 5869
/// §2.3), so that they cannot link their users with those of production.
#[expect(clippy::expect_used, reason = "16 bytes is a valid HKDF-SHA256 output length")]
pub(crate) fn reference_for(app: &RegisteredClient, reference: &str, secret: &SecretString) -> String {
    if app.preview.is_none() {
        return reference.to_owned();
    }
    let mut bytes = [0; 16];
    let info = [b"browser reference v1 ".as_slice(), app.client_id.as_bytes(), b" ", reference.as_bytes()];
    Hkdf::<Sha256>::new(None, secret.expose_secret().as_bytes())
        .expand_multi_info(&info, &mut bytes)
        .expect("16 bytes from HKDF");
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::registry::Registry;
    use auth::store::MemoryStore;
    use chrono::TimeDelta;

    fn registry() -> Registry {
        let text = "[[app]]\nclient_id = 'shop'\nname = 'Shop'\norigins = ['https://shop.example.com']\n\
                    [[app]]\nclient_id = 'previews'\nname = 'Previews'\npreview = true\n\
                    origins = ['https://pr-*.preview.example']\nbackchannel_logout_path = '/auth/backchannel-logout'";
        Registry::parse(text, |_| None).unwrap()
    }

    fn session(subject: &str, sid: Option<&str>) -> SignedIn {
        SignedIn { issuer: "https://id.example".into(), subject: subject.into(), sid: sid.map(Into::into) }
    }

    #[tokio::test]
    async fn a_preview_hears_only_of_the_sessions_that_began_there() {
        let (store, registry, now) = (MemoryStore::new(), registry(), DateTime::UNIX_EPOCH);
        let app = registry.get("previews").unwrap();
        let until = now + TimeDelta::hours(1);
        for (origin, session) in [
            ("https://pr-1.preview.example", session("alice", Some("s1"))),
            ("https://pr-2.preview.example", session("alice", Some("s1"))),
            ("https://pr-2.preview.example", session("bob", None)),
        ] {
            assert!(remember(&store, app, (origin, &session), until, now).await.unwrap());
        }
        let concerned = async |issuer: &str, sid: Option<&str>, sub: Option<&str>| {
            let notice = LogoutNotice { provider_issuer: issuer, sid, sub, browser: None, happened_at: now };
            concerned(&store, app, &notice, now).await.unwrap()
        };
        let (issuer, both) =
            ("https://id.example", ["https://pr-1.preview.example", "https://pr-2.preview.example"]);
        assert_eq!(concerned(issuer, Some("s1"), Some("alice")).await, both);
        assert_eq!(concerned(issuer, None, Some("alice")).await, both);
        assert_eq!(concerned(issuer, None, Some("bob")).await, ["https://pr-2.preview.example"]);
        for (issuer, sid, sub) in [
            (issuer, Some("s2"), Some("alice")),
            (issuer, Some("alice"), None),
            (issuer, None, Some("carol")),
            (issuer, None, None),
            ("https://other.example", Some("s1"), Some("alice")),
        ] {
            assert_eq!(concerned(issuer, sid, sub).await, [""; 0], "{issuer} {sid:?} {sub:?}");
        }
    }

    #[tokio::test]
    async fn one_user_cannot_fill_the_list_of_another() {
        let (store, registry, now) = (MemoryStore::new(), registry(), DateTime::UNIX_EPOCH);
        let app = registry.get("previews").unwrap();
        let until = now + TimeDelta::hours(1);
        let mut kept = 0;
        for number in 0..MAX_ORIGINS + 5 {
            let origin = format!("https://pr-{number}.preview.example");
            let mallory = session("mallory", Some("m1"));
            kept += usize::from(remember(&store, app, (&origin, &mallory), until, now).await.unwrap());
        }
        assert_eq!(kept, MAX_ORIGINS);
        let alice = session("alice", Some("s1"));
        assert!(remember(&store, app, ("https://pr-99.preview.example", &alice), until, now).await.unwrap());
    }

    #[test]
    fn previews_know_a_browser_by_another_reference() {
        let (registry, secret) = (registry(), SecretString::from("a secret"));
        let [shop, previews] = ["shop", "previews"].map(|id| registry.get(id).unwrap());
        assert_eq!(reference_for(shop, "reference", &secret), "reference");
        let of_previews = reference_for(previews, "reference", &secret);
        assert!(is_identifier(&of_previews) && of_previews != "reference");
        assert_eq!(reference_for(previews, "reference", &secret), of_previews);
        assert_ne!(reference_for(previews, "another", &secret), of_previews);
    }
}
