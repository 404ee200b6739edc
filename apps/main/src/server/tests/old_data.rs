//! Data of an earlier version opens with this version: each database in the data folder of commit 88a80a5
//! (see `tests/fixtures/README.md`), with its sessions, their data and their tokens.

use super::*;
use auth::{
    clock::Clock,
    config::Config,
    cookie::SessionId,
    session::{Session, SessionState},
};
use axum::body::{Body, to_bytes};
use http::Request;
use std::{fs, path::Path};
use tower::ServiceExt;

/// Alice's sessions: the name of the database, which is also the name of its secret, and her session cookie.
const SESSIONS: [(&str, &str); 3] = [
    ("wow", "G4K9bxx1NSxuOWbeHjh7PFiXwbzi7zN53PqHaPmFViU"),
    ("partner", "DSlIUAbXHoDWRN_ugkZU8iSt8HAelCFbCtx2_1EFrow"),
    ("identity", "AIwxvrDrj98Cx9lfE7_MFUfP1uGnr_v2xPuuVUWwMBc"),
];

/// One minute after Alice signed in, before the sessions expire.
const THEN: &str = "2026-11-25T20:48:40Z";

/// Opens the app on a copy of the database `name`, in `folder`.
async fn opened(name: &str, folder: &Path) -> Auth {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/data-88a80a5");
    let database = folder.join(format!("{name}.db"));
    fs::copy(fixture.join(format!("{name}.db")), &database).unwrap();
    let vars = [
        ("PUBLIC_URL", "http://localhost:4201".to_owned()),
        ("AUTH_SECRET", fs::read_to_string(fixture.join("secrets").join(name)).unwrap()),
        ("AUTH_DEMO_ID", "demo".to_owned()),
        ("AUTH_DEMO_ISSUER", "http://auth.wow.localhost:11300".to_owned()),
        ("SESSION_STORE_URL", format!("sqlite://{}", database.display())),
    ];
    let vars = vars.map(|(name, value)| (name.to_owned(), value));
    let builder = Auth::builder(Config::from_vars("main", vars).unwrap());
    configure(builder).clock(Clock::fixed(THEN.parse().unwrap())).build().await.unwrap()
}

#[tokio::test]
async fn a_data_folder_of_an_earlier_version_opens_with_its_sessions() {
    let folder = tempfile::tempdir().unwrap();
    let options = leptos_options("main", ([127, 0, 0, 1], 0).into());
    for (name, cookie) in SESSIONS {
        let auth = opened(name, folder.path()).await;
        let request = Request::get("/auth/session")
            .header("host", "localhost:4201")
            .header("cookie", format!("main.session={cookie}"));
        let answer = router(&auth, &options).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let body = to_bytes(answer.into_body(), 10_000).await.unwrap();
        let session: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(session["user"]["email"], "alice@example.com", "{name}: {session}");
        let number = session["user"]["favourite_number"].as_i64();
        assert_eq!(number, (name == "wow").then_some(42), "{name}: {session}");

        let found = auth.sessions().resolve(cookie).await.unwrap();
        let SessionState::SignedIn(Session { key, record, .. }) = found else { panic!("{name}: {found:?}") };
        assert_eq!(SessionId::parse(cookie).unwrap().key(), key);
        let tokens = auth.sessions().tokens(&key, &record).unwrap();
        assert!(tokens.refresh_token.is_some() && tokens.id_token.is_some(), "{name}");
    }
}
