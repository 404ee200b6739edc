//! Fills a store with realistic sessions.

mod redis;
mod sqlite;

use crate::{cli::StoreKind, problem::Problem};
use auth::{
    clock::Clock,
    cookie::SessionId,
    random::Random,
    seal::{Keyring, Purpose},
    session::{SessionKey, SessionPolicy, SessionRecord, Tokens, User},
};
use chrono::TimeDelta;
use secrecy::SecretString;
use std::{io, io::Write, path::Path};

/// Lengths of Google's tokens, in characters.
const ACCESS_TOKEN: usize = 200;
const REFRESH_TOKEN: usize = 100;
const ID_TOKEN: usize = 900;

/// Generates sessions and fills a store with them.
pub(crate) struct Seeder {
    keyring: Keyring,
    random: Random,
    clock: Clock,
    made: u32,
    ids: String,
}

/// A session to store.
pub(crate) struct Seed {
    key: SessionKey,
    record: SessionRecord,
}

impl Seeder {
    /// Creates a seeder for an app with this `AUTH_SECRET`.
    pub(crate) fn new(secret: &str) -> Self {
        let random = Random::system();
        let keyring = Keyring::new(&[SecretString::from(secret)], random.clone());
        Self { keyring, random, clock: Clock::system(), made: 0, ids: String::new() }
    }

    /// Fills the store up to `total` sessions and writes all their ids to `file`, without separators.
    pub(crate) async fn fill(
        &mut self,
        (kind, url): (StoreKind, &str),
        total: u32,
        file: &Path,
    ) -> Result<(), Problem> {
        let mut keys: Vec<(SessionKey, u32)> = (self.made..total).map(|number| self.key(number)).collect();
        // Inserting in key order lets a B-tree grow at its end only.
        keys.sort_unstable_by(|one, other| one.0.as_bytes().cmp(other.0.as_bytes()));
        // Build one session at a time: a million at once would need gigabytes.
        let seeds = keys.into_iter().map(|(key, number)| self.seed(key, number));
        match kind {
            StoreKind::Sqlite => sqlite::fill(url, seeds).await?,
            StoreKind::Redis => redis::fill(url, seeds).await?,
        }
        self.made = self.made.max(total);
        io::BufWriter::new(std::fs::File::create(file)?).write_all(self.ids.as_bytes())?;
        Ok(())
    }

    /// Returns the id of the first session, encoded as the value of the session cookie.
    pub(crate) fn first_id(&self) -> &str {
        self.nth_id(0)
    }

    /// Returns about `count` ids, evenly spread over all sessions.
    pub(crate) fn sample(&self, count: u32) -> impl Iterator<Item = &str> {
        let step = (self.made / count).max(1);
        (0..self.made).step_by(step as usize).map(|number| self.nth_id(number))
    }

    fn nth_id(&self, number: u32) -> &str {
        let width = self.ids.len() / self.made.max(1) as usize;
        let from = number as usize * width;
        self.ids.get(from..from + width).unwrap_or_default()
    }

    fn key(&mut self, number: u32) -> (SessionKey, u32) {
        let id = SessionId::generate(&self.random);
        self.ids.push_str(&id.expose());
        (id.key(), number)
    }

    fn seed(&self, key: SessionKey, number: u32) -> Seed {
        let now = self.clock.now();
        let policy = SessionPolicy::default();
        let absolute_expires_at = policy.absolute_expires_at(now);
        // Far in the future: the app must not contact a provider during a measurement.
        let tokens_expire_at = Some(now + TimeDelta::days(1));
        let tokens = Tokens {
            access_token: Some(token(ACCESS_TOKEN)),
            access_expires_at: tokens_expire_at,
            refresh_token: Some(token(REFRESH_TOKEN)),
            id_token: Some(token(ID_TOKEN)),
        };
        let plain = serde_json::to_vec(&tokens).unwrap_or_default();
        let record = SessionRecord {
            begun_at: now,
            browser: None,
            public_id: self.random.token(),
            user: User {
                name: Some(format!("Person {number}")),
                email: Some(format!("person-{number}@people.example")),
                picture: Some(format!("https://pictures.example/{number}.png")),
            },
            provider: "oidc".into(),
            issuer: crate::server::ISSUER.into(),
            subject: format!("person|{number}"),
            sid: Some(self.random.token()),
            issued_at: now,
            created_at: now,
            last_seen_at: now,
            checked_at: now,
            expires_at: policy.retained_until(now, absolute_expires_at),
            absolute_expires_at,
            data: "{}".into(),
            sealed_tokens: self.keyring.seal(Purpose::Tokens, key.as_bytes(), &plain),
            tokens_expire_at,
            user_agent: Some("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0".into()),
        };
        Seed { key, record }
    }
}

/// Returns a placeholder token with the length of a real token.
fn token(length: usize) -> SecretString {
    ".".repeat(length).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use auth::store::{self, SessionState};

    const SECRET: &str = "a secret of at least thirty-two bytes";

    #[tokio::test]
    async fn a_sqlite_store_is_filled_with_live_sessions_in_two_steps() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("sessions.db").display());
        let file = folder.path().join("ids");
        let mut seeder = Seeder::new(SECRET);
        for total in [3, 40] {
            seeder.fill((StoreKind::Sqlite, &url), total, &file).await.unwrap();
            let ids = std::fs::read_to_string(&file).unwrap();
            assert_eq!(ids.len(), 43 * total as usize);
            let store = store::open(&url).await.unwrap();
            for number in 0..total {
                let id = SessionId::parse(seeder.nth_id(number)).unwrap();
                let found = store.load(&id.key(), Clock::system().now()).await.unwrap();
                let SessionState::SignedIn(record) = found else { panic!("{number}: {found:?}") };
                assert_eq!(record.subject, format!("person|{number}"));
                let opened = seeder.keyring.open(Purpose::Tokens, id.key().as_bytes(), &record.sealed_tokens);
                assert!(opened.is_ok(), "{number}");
            }
        }
    }

    #[test]
    fn a_sample_is_spread_over_all_sessions() {
        let mut seeder = Seeder::new(SECRET);
        for number in 0..10 {
            seeder.key(number);
        }
        seeder.made = 10;
        assert_eq!(seeder.sample(5).count(), 5);
        assert_eq!(seeder.sample(100).count(), 10);
        assert_eq!(seeder.sample(5).next(), Some(seeder.first_id()));
    }
}
