//! What a store still holds of a user once the session has ended: read from the database, not through the store.

use super::*;
use futures::future::BoxFuture;
use sqlx::{Connection, Row};

/// In every field that an ended session must not have.
const PERSONAL: &str = "Personal-4711";

/// Reads everything that the store holds, as text.
type Dump<'a> = Box<dyn Fn() -> BoxFuture<'a, String> + Send + Sync + 'a>;

fn personal_record(seed: u64) -> SessionRecord {
    let user = User {
        name: Some(PERSONAL.into()),
        email: Some(format!("{PERSONAL}@mail.example")),
        picture: Some(format!("https://pictures.example/{PERSONAL}")),
    };
    SessionRecord {
        public_id: format!("public-{seed}"),
        user,
        // As long as an app's data and a provider's tokens can be, so that a database keeps them apart from the row.
        data: format!("{{\"note\":\"{PERSONAL}{}{PERSONAL}\"}}", "x".repeat(3_900)),
        sealed_tokens: [PERSONAL.as_bytes(), &[1; 6_000], PERSONAL.as_bytes()].concat(),
        user_agent: Some(PERSONAL.into()),
        // Each its own, because a logout refuses later sign-ins that began before it.
        browser: Some(format!("b{seed}")),
        ..record(&format!("user-{seed}"), Some(&format!("s{seed}")))
    }
}

/// How often `dump` contains the marker, as text or in hexadecimal.
fn count(dump: &str) -> usize {
    let hex: String = PERSONAL.bytes().map(|byte| format!("{byte:02x}")).collect();
    dump.matches(PERSONAL).count() + dump.to_lowercase().matches(&hex).count()
}

/// Ends sessions in every way, and looks for what should be gone.
async fn every_end_forgets(store: &dyn Store, dump: Dump<'_>) {
    for (seed, way) in
        ["sign-out", "idle", "device", "others", "sid", "user", "browser"].into_iter().enumerate()
    {
        let key = key(seed as u64);
        store.create(&key, &personal_record(seed as u64), at(0)).await.unwrap();
        assert!(count(&dump().await) >= 7, "{way}: the dump shows a live session");
        let (user, sid, browser) = (format!("user-{seed}"), format!("s{seed}"), format!("b{seed}"));
        let of_user = |which| store.end_of_user(ISSUER, &user, which, EndReason::Revoked, at(1));
        let log_out = |scope| store.log_out(logout(scope, 1), at(1));
        let ended = match way {
            // A session that expired keeps its fields until it is swept, a day later.
            "expired" => store.sweep(at(600 + 24 * 3600)).await.unwrap() > 0,
            "sign-out" => store.end(&key, EndReason::SignedOut, at(1)).await.unwrap(),
            "idle" => store.end_idle(&key, at(0), at(1)).await.unwrap(),
            "device" => of_user(SessionFilter::PublicId(&format!("public-{seed}"))).await.unwrap() == [key],
            "others" => of_user(SessionFilter::AllBut(&super::key(99))).await.unwrap() == [key],
            "sid" => log_out(LogoutScope::ProviderSession(&sid)).await.unwrap() == [key],
            "user" => log_out(LogoutScope::Subject(&user)).await.unwrap() == [key],
            _ => {
                let scope = LogoutScope::Browser { subject: &user, browser: &browser };
                log_out(scope).await.unwrap() == [key]
            }
        };
        assert!(ended, "{way}");
        assert_eq!(count(&dump().await), 0, "{way}");
    }
}

#[tokio::test]
async fn sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("sessions.db").display());
    let store = SqliteStore::open(&url).await.unwrap();
    let dump: Dump<'_> = Box::new(|| {
        Box::pin(async {
            // The bytes of the files, which could also hold what no query returns. A sweep comes every five minutes.
            store.sweep(at(0)).await.unwrap();
            let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
            let bytes = [read("sessions.db"), read("sessions.db-wal")].concat();
            String::from_utf8_lossy(&bytes).into_owned()
        })
    });
    every_end_forgets(&store, dump).await;
}

#[tokio::test]
async fn postgres() {
    let url = postgres_url().await;
    let store = PostgresStore::open(&url).await.unwrap();
    let dump: Dump<'_> = Box::new(|| {
        Box::pin(async {
            let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
            let rows = sqlx::query("SELECT row_to_json(sessions)::text FROM sessions");
            let rows = rows.fetch_all(&mut connection).await.unwrap();
            rows.iter().map(|row| row.get::<String, _>(0)).collect()
        })
    });
    every_end_forgets(&store, dump).await;
}

#[tokio::test]
async fn redis() {
    let (url, prefix) = (server("TEST_REDIS_URL"), format!("test-{}", URL_SAFE_NO_PAD.encode(random())));
    let store = RedisStore::open_with_prefix(&url, &prefix).await.unwrap();
    let client = ::redis::Client::open(url).unwrap();
    let dump: Dump<'_> = Box::new(|| {
        Box::pin(async {
            let mut connection = client.get_multiplexed_async_connection().await.unwrap();
            let pattern = format!("{prefix}:session:*");
            let keys: Vec<String> =
                ::redis::cmd("KEYS").arg(pattern).query_async(&mut connection).await.unwrap();
            let mut text = String::new();
            for key in keys {
                let fields: Vec<Vec<u8>> =
                    ::redis::cmd("HGETALL").arg(key).query_async(&mut connection).await.unwrap();
                fields.iter().for_each(|field| text.push_str(&String::from_utf8_lossy(field)));
            }
            text
        })
    });
    every_end_forgets(&store, dump).await;
}
